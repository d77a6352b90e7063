/** One name, two machines: a disk that was copied, a configuration that was. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { reconcile } from '../../src/reconcile.ts';
import { document, type RemoteNode, remoteNode } from './support/remote-node.ts';

let node: RemoteNode;
let folder: string;

beforeAll(async () => {
  node = await remoteNode();
  folder = mkdtempSync(join(tmpdir(), 'netloom-name-'));
  expect((await node.pass()).enforced?.remaining.steps).toEqual([]);
});
afterAll(async () => {
  await node?.end();
  rmSync(folder, { recursive: true, force: true });
});

test('two machines of one name find each other out, and the one that is left is well again', async () => {
  const copy = join(folder, 'copied-state');
  const [boot, file] = ['/proc/sys/kernel/random/boot_id', join(folder, 'boot')];
  writeFileSync(file, '0b5e2f5c-1d2e-4f3a-9b4c-000000000001\n');
  const config = { ...node.config, status: { ...node.config.status, pushesPerMinute: 100_000 } };
  const status = async () => parse(await node.bare.show('netloom-status', 'nodes/n1.yaml')) as { boot: string; conditions: { type: string; reason: string }[] };
  let turn = 0;
  /** What one of the two publishes after a commit. */
  const speak = async (stateDir: string, isCopy: boolean) => {
    turn += 1;
    await node.grow({ [`more-${turn}.yaml`]: document('Interface', `more-${turn}`, '{ network: lan, node: n1, attach: { tap: {} } }') });
    if (isCopy) execFileSync('mount', ['--bind', file, boot]);
    try {
      // Its turn to push may be seconds away.
      await expect.poll(async () => (await reconcile({ ...config, stateDir }, { command: 'test' })).published?.result, { timeout: 30_000 }).toBe('news');
    } finally {
      if (isCopy) execFileSync('umount', [boot]);
    }
    const { boot: mark, conditions } = await status();
    return { mark, ready: conditions.find(({ type }) => type === 'Ready')?.reason };
  };
  const first = await speak(config.stateDir, false);
  expect(first.ready).toBe('AsWanted');
  cpSync(config.stateDir, copy, { recursive: true, verbatimSymlinks: true });
  const cloned = await speak(copy, true);
  expect([cloned.mark === first.mark, cloned.ready]).toEqual([false, 'AsWanted']);
  expect(await speak(config.stateDir, false)).toEqual({ mark: first.mark, ready: 'NameTaken' });
  expect(await speak(copy, true)).toEqual({ mark: cloned.mark, ready: 'NameTaken' });
  await speak(config.stateDir, false);
  expect(await speak(config.stateDir, false)).toEqual(first);
});

/** The first pass of another version of netloom: two builds, one kernel. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bundleInto } from '../../.ci/build.mjs';
import { type RunResult, run } from '../../src/host/exec.ts';
import { ROOT } from '../house/tree.ts';
import { document, type RemoteNode, remoteNode } from './support/remote-node.ts';

const NEW = '9.9.9';
let node: RemoteNode;
let home: string;
let config: string;

beforeAll(async () => {
  node = await remoteNode({ 'fix.yaml': document('Interface', 'fix', '{ network: lan, node: n1, attach: { tap: { ifname: fix0 } } }') });
  home = join(node.bare.root, 'netloom');
  mkdirSync(home);
  for (const part of ['schemas', 'package.json']) cpSync(join(ROOT, part), join(home, part), { recursive: true });
  await bundleInto(join(home, 'dist'), NEW);
  config = join(node.bare.root, 'node.json');
  writeFileSync(config, JSON.stringify(node.config));
});
afterAll(() => node?.end());

// The version of this checkout has enforced last, and nothing differs.
beforeEach(async () => {
  writeFileSync(join(node.config.stateDir, 'version'), '');
  await node.pass();
  expect(enforcedBy()).toBe(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version);
});

function enforcedBy(): string {
  return readFileSync(join(node.config.stateDir, 'version'), 'utf8').trim();
}

/** The new version. */
async function netloom(...args: readonly string[]): Promise<RunResult> {
  return run(process.execPath, [join(home, 'dist', 'netloom.js'), ...args, '--config', config], { timeoutMs: 120_000 });
}

const mtu = (): string => /mtu (\d+)/.exec(execFileSync('ip', ['link', 'show', 'dev', 'fix0'], { encoding: 'utf8' }))?.[1] ?? '';
const isThere = (): boolean => execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' }).includes(' fix0: ');

test('with nothing to do is noted, and the next repairs without a word', async () => {
  expect((await netloom('reconcile')).exitCode).toBe(0);
  expect(enforcedBy()).toBe(NEW);
  execFileSync('ip', ['link', 'set', 'dev', 'fix0', 'mtu', '1300']);
  expect((await netloom('reconcile')).exitCode).toBe(0);
  expect(mtu()).toBe('1550');
});

test('that only adds goes ahead', async () => {
  execFileSync('ip', ['link', 'del', 'dev', 'fix0']);
  expect((await netloom('plan', '--detailed-exitcode')).exitCode).toBe(2);
  expect((await netloom('reconcile')).exitCode).toBe(0);
  expect([isThere(), enforcedBy()]).toEqual([true, NEW]);
});

test('that changes anything waits, and says what and why it cannot tell; one word is good for this plan alone, and once', async () => {
  execFileSync('ip', ['link', 'set', 'dev', 'fix0', 'mtu', '1300']);
  const before = enforcedBy();
  const planned = await netloom('plan', '--detailed-exitcode');
  expect([planned.exitCode, planned.stderr]).toEqual([
    5,
    expect.stringContaining(`netloom ${NEW} is about to enforce here for the first time, after ${before}`),
  ]);
  const held = await netloom('reconcile');
  expect([held.exitCode, held.stderr]).toEqual([5, expect.stringContaining('what is to be repaired cannot be told apart; if that is meant: netloom approve ')]);
  expect([mtu(), enforcedBy()]).toEqual(['1300', before]);
  // Its turn to push may be a moment away.
  const status = async (): Promise<string> => ((await netloom('reconcile')).exitCode === 5 ? node.bare.show('netloom-status', 'nodes/n1.yaml') : 'no 5');
  await expect.poll(status, { timeout: 60_000 }).toContain('"type": "Ready", "status": false, "reason": "NeedsApproval"');
  const waiting = await netloom('approve');
  const hash = /netloom approve ([0-9a-f]{16})/.exec(waiting.stdout)?.[1] ?? '';
  expect([waiting.exitCode, waiting.stdout]).toEqual([5, expect.stringContaining('Interface default/fix: change tap link:/fix0 (mtu)')]);
  // One thing more is another plan.
  expect((await netloom('approve', hash)).exitCode).toBe(0);
  execFileSync('ip', ['link', 'set', 'dev', 'fix0', 'txqueuelen', '7', 'mtu', '1301']);
  expect((await netloom('reconcile')).exitCode).toBe(5);
  execFileSync('ip', ['link', 'set', 'dev', 'fix0', 'mtu', '1300']);
  expect([(await netloom('reconcile')).exitCode, mtu(), enforcedBy()]).toEqual([0, '1550', NEW]);
  expect((await netloom('approve')).stdout).toContain('Nothing waits');
  for (const name of [`approved-${hash}`, 'upgrading', 'asked-upgrade']) expect(existsSync(join(node.config.stateDir, 'control', `${name}.json`))).toBe(false);
});

test('where nobody knows which version enforced, it goes ahead; so does a saved plan of the new one', async () => {
  execFileSync('ip', ['link', 'set', 'dev', 'fix0', 'mtu', '1300']);
  const file = join(node.bare.root, 'saved.plan');
  expect((await netloom('plan', '--out', file)).exitCode).toBe(0);
  expect([(await netloom('apply', file)).exitCode, mtu(), enforcedBy()]).toEqual([0, '1550', NEW]);
  execFileSync('ip', ['link', 'set', 'dev', 'fix0', 'mtu', '1300']);
  writeFileSync(join(node.config.stateDir, 'version'), '');
  expect([(await netloom('reconcile')).exitCode, mtu()]).toEqual([0, '1550']);
});

/** An armed pass that takes longer than the time to confirm it: it goes on while what answered before answers, and is taken back when that does not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadJournal } from '../../src/pass/journal.ts';
import { links } from '../host/lab.ts';
import { ROOT } from '../house/tree.ts';
import { document, type RemoteNode, remoteNode } from './support/remote-node.ts';
import { type StandIn, standIn } from './support/stand-in.ts';

/** Long enough for a loaded machine to ask four times. */
const CONFIRM_S = 8;

let node: RemoteNode;
let folder: string;
/** Holds each batch of acts of `ip` while there is a file `hold`. */
let gate: StandIn;

beforeAll(async () => {
  node = await remoteNode();
  folder = mkdtempSync(join(tmpdir(), 'netloom-long-'));
  writeFileSync(join(folder, 'node.yaml'), JSON.stringify(node.config));
  gate = standIn(
    'ip',
    'case " $* " in *" -j "*) ;; *" -batch "*) if [ -e $folder/hold ]; then : >$folder/met; while [ -e $folder/hold ]; do sleep 0.02; done; fi;; esac',
  );
  expect((await node.pass()).enforced?.remaining.steps).toEqual([]);
});
beforeEach(() => {
  node.proxy.spoil();
  rmSync(join(gate.folder, 'met'), { force: true });
});
afterAll(async () => {
  gate?.remove();
  await node?.end();
  rmSync(folder, { recursive: true, force: true });
});

/** A pass, armed, whose first batch is held; how it ends. */
async function held(name: string): Promise<{ readonly ended: Promise<{ readonly code: number | null; readonly said: string }>; isThere(): boolean }> {
  await node.grow({ [`${name}.yaml`]: document('Interface', name, `{ network: lan, node: n1, attach: { tap: { ifname: ${name} } } }`) });
  writeFileSync(join(gate.folder, 'hold'), '');
  const child = spawn(
    process.execPath,
    [join(ROOT, 'dist/netloom.js'), 'reconcile', '--confirm-timeout', `${CONFIRM_S}s`, '--config', join(folder, 'node.yaml')],
    {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code, said }));
  for (const end = Date.now() + 60_000; !existsSync(join(gate.folder, 'met')); await sleep(5)) if (Date.now() > end) throw new Error(`no batch: ${said}`);
  return { ended, isThere: () => child.exitCode === null && child.signalCode === null };
}

const letGo = (): void => rmSync(join(gate.folder, 'hold'), { force: true });

test('it goes on while what answered before answers', async () => {
  const pass = await held('slow');
  await sleep((CONFIRM_S + 3) * 1000);
  expect([pass.isThere(), (await loadJournal(node.config.stateDir))?.phase]).toEqual([true, 'applying']);
  letGo();
  const { code, said } = await pass.ended;
  expect(code, said).toBe(0);
  expect(links()).toContain('slow');
  const confirm = spawn(process.execPath, [join(ROOT, 'dist/netloom.js'), 'confirm', '--config', join(folder, 'node.yaml')]);
  expect(await once(confirm, 'close')).toEqual([0, null]);
});

test('it is taken back in time when that does not', async () => {
  const pass = await held('cut-off');
  node.proxy.spoil(async () => 'stall');
  const { code } = await pass.ended;
  expect(code).toBeNull();
  letGo();
  for (const end = Date.now() + 60_000; (await loadJournal(node.config.stateDir)) !== null && Date.now() < end; ) await sleep(50);
  expect(links()).not.toContain('cut-off');
  expect(links()).toContain('slow');
});

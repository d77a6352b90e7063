/** The gateway node of the example leaves: everything that it had in the kernel, below its folders and among its processes. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunResult, run } from '../../src/host/exec.ts';
import { labDown } from '../../src/lab/down.ts';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { type Lab, repositoryOf } from '../../src/lab/lab.ts';
import { castOf } from '../../src/lab/topology.ts';
import { labUp } from '../../src/lab/up.ts';
import { loadFolder } from '../../src/pass/local.ts';
import { ROOT } from '../house/tree.ts';
import { type Row, settledDump } from '../kernel/support/dump.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';
import { told } from './support-git.ts';

const base = mkdtempSync(join(tmpdir(), 'netloom-leave-'));
const home = join(base, 'n1');
const folder = join(ROOT, 'example-repo');
let lab: Lab;
let n1: TestNode;

beforeAll(async () => {
  const { catalog } = await loadFolder(folder, null);
  if (catalog === null) throw new Error('the example is not valid');
  lab = await labUp({ dir: join(base, 'lab'), definitions: { folder, cast: castOf(catalog) }, home: ROOT });
  n1 = nodeOf('n1', holderOf(lab, 'n1'), lab.nodes[0]?.address ?? '', lab.dir);
});
afterAll(async () => {
  await labDown(join(base, 'lab'));
  rmSync(base, { recursive: true, force: true });
});

const place = ['--config', join(home, 'etc/node.yaml'), '--state-dir', join(home, 'state'), '--runtime-dir', join(home, 'run')];
const netloom = (...args: readonly string[]): Promise<RunResult> => labRun(lab, 'n1', ['netloom', ...args, ...place], { timeoutMs: 100_000 });
// The others need not know of it here; who waits for them would wait for ever.
const joined = async (): Promise<RunResult> => told(await netloom('join', lab.url, '--node', 'n1', '--timeout', '1s'), [75]);

/** The kernel, but for the settings that stay, and the addresses that it gives to the cards by itself, in its own time. */
async function kernel(): Promise<readonly Row[]> {
  const rows = await settledDump({ tool: (argv, stdin) => n1.ok(argv, stdin) });
  return rows.filter(({ text }) => !/forward|bridge-nf-call|fe80::/.test(text));
}

const ours = async (): Promise<number> => (await n1.json('-N link show')).filter(({ group }: { group?: string }) => group === '97' || group === '98').length;

/** Begins to leave, and is killed while its links go; true when that was in the middle. */
async function leaveKilled(): Promise<boolean> {
  const all = await ours();
  const stop = new AbortController();
  const leaving = labRun(lab, 'n1', ['netloom', 'leave', '--yes', ...place], { stop: stop.signal }).then(
    () => true,
    () => false,
  );
  const ended = leaving.then(() => 0);
  while ((await Promise.race([ours(), ended])) === all) await sleep(5);
  stop.abort('the test');
  await leaving;
  return (await ours()) > 0;
}

describe('a gateway node with guests, services and floating addresses', () => {
  test('joins with the definition that is there, leaves when asked to, also after a kill in the middle: its kernel is as it was, and nothing of it is left', async () => {
    const before = await kernel();
    const join1 = await joined();
    expect(join1.stdout).toContain('Node n1 is in the definitions: nodes/n1.yaml');
    expect(join1.stdout).toMatch(/^n1: 10\.2\.1\.11 on eth0, mtu 9000, gateway, at [0-9a-f]{10}$/m);
    expect(await kernel()).not.toEqual(before);
    expect(await n1.ok(['pgrep', '-f', `${home}/run/networks`])).not.toBe('');

    const unasked = await netloom('leave');
    expect([unasked.exitCode, unasked.stderr]).toEqual([1, expect.stringContaining('nothing was removed')]);
    expect(unasked.stdout).toMatch(/^Plan: 0 to add, 0 to change, \d{2,} to destroy/m);
    expect(unasked.stdout).toContain('Interfaces placed on n1, which lose their network here: bakery/backup, bakery/lb-1, museum/guide-1');
    expect(unasked.stdout).toContain('Networks whose router is on n1: bakery/');

    let inTheMiddle = await leaveKilled();
    for (let tries = 1; !inTheMiddle && tries < 5; tries += 1) {
      await joined();
      inTheMiddle = await leaveKilled();
    }
    expect(inTheMiddle).toBe(true);
    const left = told(await netloom('leave', '--yes'), [0]);
    expect(left.stdout).toMatch(/^links of group 97 or 98, .* none$/m);
    expect(left.stdout).toContain('published that n1 has left');
    expect(left.stdout).toMatch(/Nothing of netloom is left on this machine\.$/m);
    expect(await kernel()).toEqual(before);
    expect(existsSync(home) ? readdirSync(home, { recursive: true }) : []).toEqual(['etc']);
    const { stdout } = await run('git', [`--git-dir=${repositoryOf(lab.dir)}`, 'show', 'netloom-status:events/n1.jsonl'], { okCodes: [0] });
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ operation: 'left', object: 'Node n1' });
    const again = told(await netloom('leave', '--yes'), [0]);
    expect(again.stdout).toContain("Nothing in the kernel of this machine is netloom's.");
  });
});

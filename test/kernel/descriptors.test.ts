/** Descriptors that run out: from the start of a pass, and in the middle of it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { links, sh } from '../host/lab.ts';
import { RUNTIME_DIR } from './support/definitions.ts';
import { type Ended, type Run, runProgram } from './support/program.ts';
import { document, type RemoteNode, remoteNode } from './support/remote-node.ts';

let node: RemoteNode;
let folder: string;

beforeAll(async () => {
  node = await remoteNode();
  folder = mkdtempSync(join(tmpdir(), 'netloom-few-'));
  expect((await node.pass()).enforced?.remaining.steps).toEqual([]);
});
afterAll(async () => {
  await node?.end();
  rmSync(folder, { recursive: true, force: true });
});

const program = (config: object, how: Run = {}): Promise<Ended> => runProgram(join(folder, 'node.yaml'), config, how);

/** The next pass does all of it, and the one after that has nothing to do. */
async function expectHealed(): Promise<void> {
  const { pulled, enforced } = await node.pass();
  expect([pulled.refusal, enforced?.remaining.steps]).toEqual([null, []]);
  expect((await node.pass()).enforced?.plan.steps).toEqual([]);
}

/** The same guest comes and goes, so that each pass has something to do. */
let isThere = false;
async function oneMoreOrLess(): Promise<void> {
  isThere = !isThere;
  await node.grow({ 'few.yaml': isThere ? document('Interface', 'few', '{ network: lan, node: n1, attach: { tap: {} } }') : null });
}

/** A pass that has no more than some descriptors: nothing goes, nothing is half written, and it says what it lacks. True when all was done. */
async function expectSound(most: number, pass: () => Promise<Ended>): Promise<boolean> {
  await oneMoreOrLess();
  const before = links();
  const { code, said } = await pass();
  const gone = before.filter(name => !links().includes(name));
  const torn = readdirSync(node.config.stateDir, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.json') && !isJson(name));
  expect([most, torn, gone.length <= (isThere ? 0 : 1) ? [] : gone]).toEqual([most, [], []]);
  if (code !== 0) expect([most, said]).toEqual([most, expect.stringMatching(/too many open files|EMFILE|Error 24/i)]);
  expect(said).not.toContain('This is a mistake');
  return code === 0;
}

function isJson(name: string): boolean {
  try {
    return typeof JSON.parse(readFileSync(join(node.config.stateDir, name), 'utf8')) === 'object';
  } catch {
    return false;
  }
}

const from = (most: number) => expectSound(most, () => program(node.config, { wrap: ['prlimit', `--nofile=${most}`] }));

test('too few from the start: it ends with an error that says so, down to where Node.js itself does not start', async () => {
  // Half of them go while our own code is loaded.
  let [few, enough] = [32, 160];
  expect(await from(enough)).toBe(true);
  while (enough - few > 4) {
    const most = Math.floor((few + enough) / 2);
    if (await from(most)) enough = most;
    else few = most;
  }
  await expectHealed();
});

test('too few in the middle, at each number from none to enough: it ends with an error that says so, or does without', async () => {
  const fates: boolean[] = [];
  const left = async (spare: number): Promise<boolean> => {
    const done = await expectSound(spare, () => shortOf(spare));
    fates.push(done);
    return done;
  };
  for (let spare = 0; spare < 16; spare++) await left(spare);
  expect(await left(100)).toBe(true);
  expect(fates.filter(done => !done).length).toBeGreaterThanOrEqual(3);
  await expectHealed();
});

/** A pass that waits for its remote, and then finds so many descriptors left. */
async function shortOf(spare: number): Promise<Ended> {
  const asked = node.proxy.asked.length;
  let go = (): void => undefined;
  const gate = new Promise<void>(resolve => {
    go = resolve;
  });
  node.proxy.spoil(async (_, real) => gate.then(real));
  const ended = program(node.config);
  while (node.proxy.asked.length === asked) await sleep(5);
  const pid = /"pid":(\d+)/.exec(readFileSync(join(RUNTIME_DIR, 'lock'), 'utf8'))?.[1] ?? '';
  const used = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let most = 0;
  for (let free = 0; free < spare || used.has(most); most++) if (!used.has(most)) free++;
  sh(`prlimit --pid ${pid} --nofile=${most}`);
  node.proxy.spoil();
  go();
  return ended;
}

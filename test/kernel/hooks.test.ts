/** Hooks on a real node: they are told what became of networks and guests, once, and hold no pass up. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { takeLock } from '../../src/host/lock.ts';
import { loadHookResults } from '../../src/pass/hook-results.ts';
import { runHooks } from '../../src/pass/run-hooks.ts';
import { type NetEvent, parseEvents } from '../../src/report/events.ts';
import type { HookEvent } from '../../src/report/hook-event.ts';
import { program } from './support/hook-program.ts';
import { document, type RemoteNode, remoteNode } from './support/remote-node.ts';

let node: RemoteNode;
let told: string;
let lines: string[];

beforeAll(async () => {
  node = await remoteNode();
  told = join(node.bare.root, 'told');
});
afterAll(() => node?.end());

beforeEach(() => {
  lines = [];
  forget();
  rmSync(node.config.hooks.dir, { recursive: true, force: true });
  mkdirSync(node.config.hooks.dir, { mode: 0o755 });
});

/** The node passes without hooks, and again with those that are there: what it has is told. */
async function settled(...hooks: readonly (() => unknown)[]): Promise<void> {
  await node.pass();
  for (const make of hooks) make();
  await node.pass();
  expect(kept('queue')).toEqual([]);
}

/** Passes until one has published: its turn to push may be a moment away. */
async function pushes(): Promise<void> {
  await expect.poll(async () => (await node.pass()).published?.result, { timeout: 60_000 }).toBe('news');
}

const tap = (name: string): Record<string, string> => ({ [`${name}.yaml`]: document('Interface', name, '{ network: lan, node: n1, attach: { tap: {} } }') });

const hook = (name: string, script: string) => program(node.config.hooks.dir, name, script);
const recorder = () => hook('10-tell', `cat >>${told}; echo "$NETLOOM_EVENT $NETLOOM_KIND $NETLOOM_NAMESPACE/$NETLOOM_NAME" >>${told}.env`);
const never = new AbortController().signal;
const drain = (withinMs = 60_000, stop = never) =>
  runHooks({ config: node.config, stop, withinMs, say: (level, line) => void lines.push(`${level}: ${line}`) });
const heard = (): readonly HookEvent[] =>
  existsSync(told)
    ? readFileSync(told, 'utf8')
        .trim()
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line))
    : [];
const words = () => heard().map(({ event, kind, namespace, name }) => `${event} ${kind} ${namespace}/${name}`);
function forget(): void {
  for (const file of [told, `${told}.env`]) rmSync(file, { force: true });
}
const kept = (part: string): readonly string[] =>
  existsSync(join(node.config.stateDir, 'hooks', part)) ? readdirSync(join(node.config.stateDir, 'hooks', part)) : [];
const published = async (): Promise<readonly NetEvent[]> => parseEvents(await node.bare.show('netloom-status', 'events/n1.jsonl'));

test('a life is told from allocation to deletion, each event once, with devices and addresses that are there', async () => {
  recorder();
  await node.pass();
  expect(await drain()).toBe(0);
  const [lan, vm, web] = ['Network default/lan', 'Interface default/vm', 'Interface default/web'];
  expect(words()).toEqual(['allocated', 'created', 'ready'].flatMap(event => [lan, vm, web].map(object => `${event} ${object}`)));
  expect(readFileSync(`${told}.env`, 'utf8').trim().split('\n')).toEqual(words());
  const made = heard().find(({ event, name }) => event === 'created' && name === 'vm');
  expect(made).toMatchObject({ addresses: [expect.stringMatching(/^10\.0\.0\./)], network: 'default/lan', nodes: ['n1'], node: 'n1', hostname: 'vm' });
  expect(execFileSync('ip', ['-o', 'link', 'show', 'dev', made?.devices[0] ?? '-'], { encoding: 'utf8' })).toContain(made?.devices[0]);
  forget();
  await node.pass();
  await drain();
  expect([heard(), kept('queue')]).toEqual([[], []]);
  await node.grow({
    'vm.yaml': null,
    'web.yaml': document('Interface', 'web', '{ network: lan, node: n1, address: 10.0.0.77, attach: { netns: { name: g1 } } }'),
  });
  await node.pass();
  await drain();
  expect(words()).toEqual(['deleted Interface default/vm', `changed ${lan}`, `changed ${web}`]);
  expect(heard()[0]).toMatchObject({ addresses: made?.addresses, mac: made?.mac, uuid: made?.uuid, devices: [] });
  expect(heard()[2]).toMatchObject({ addresses: ['10.0.0.77'], before: { addresses: [expect.stringMatching(/^10\.0\.0\./)] } });
  forget();
  await node.grow({ 'web.yaml': document('Interface', 'web', '{ network: lan, node: n1, attach: { tap: { owner: nobody-of-this-name } } }') });
  await node.pass();
  await drain();
  expect(heard().find(({ event, kind }) => event === 'failed' && kind === 'Interface')).toMatchObject({ name: 'web', reason: 'UnknownUser' });
  await node.grow({ 'web.yaml': null });
});

test('what became of them is in the events, in the log and kept; what went well makes no push of its own', async () => {
  await settled(recorder, () => hook('20-fails', 'echo first; printf "no route to \\033[31mhost\\n" >&2; exit 3'));
  await node.grow(tap('b'));
  await node.pass();
  await drain();
  expect(words()).toContain('created Interface default/b');
  expect(lines.filter(line => line.includes('created Interface'))).toEqual([
    'info: hook 10-tell: done (created Interface default/b)',
    'warn: hook 20-fails: exit 3: no route to ?[31mhost (created Interface default/b)',
  ]);
  expect(readFileSync(join(node.config.stateDir, 'hooks', 'output', '20-fails'), 'utf8')).toBe('first\nno route to \x1b[31mhost\n');
  await pushes();
  const found = (await published()).filter(({ object, operation }) => object === 'Interface default/b' && operation === 'tell created');
  expect(found).toMatchObject([
    { message: 'hook 10-tell: done', type: 'status', network: 'default/lan' },
    { message: 'hook 20-fails: exit 3: no route to ?[31mhost', extra: { status: 'failed' } },
  ]);
  expect((await loadHookResults(node.config.stateDir)).events).toEqual([]);
  rmSync(join(node.config.hooks.dir, '20-fails'));
  await node.grow({ 'b.yaml': null });
  await pushes();
  await drain();
  expect((await loadHookResults(node.config.stateDir)).events).toMatchObject([{ message: 'hook 10-tell: done' }, { message: 'hook 10-tell: done' }]);
  expect((await node.pass()).published?.result).toBe('silent');
  expect(kept('results')).toHaveLength(1);
});

test('a hook that hangs holds no pass up, and others are told all the same, later', async () => {
  const go = join(node.bare.root, 'go');
  const hangs = `[ "$NETLOOM_EVENT $NETLOOM_NAME" != "allocated c" ] || { touch ${go}.hangs; while [ ! -e ${go} ]; do sleep 0.05; done; }`;
  await settled(recorder, () => hook('05-hangs', hangs));
  await node.grow(tap('c'));
  await node.pass();
  const config = { ...node.config, hooks: { ...node.config.hooks, timeout: '10m' } };
  const running = runHooks({ config, stop: never, withinMs: Number.POSITIVE_INFINITY, say: (_, line) => void lines.push(line) });
  await expect.poll(() => existsSync(`${go}.hangs`), { timeout: 60_000 }).toBe(true);
  await node.grow(tap('d'));
  expect((await node.pass()).enforced?.remaining.steps).toEqual([]);
  // Whoever tells now leaves it to the one that hangs.
  expect([await drain(), words(), lines]).toEqual([0, [], []]);
  writeFileSync(go, '');
  expect(await running).toBe(0);
  for (const name of ['c', 'd'])
    expect(words().filter(line => line.endsWith(`/${name}`))).toEqual(['allocated', 'created', 'ready'].map(event => `${event} Interface default/${name}`));
});

test('one pass gives them a limited time; what is left is told by the next, from where it was', async () => {
  await settled(recorder, () => hook('20-slow', 'sleep 0.3'));
  await node.grow(tap('e'));
  await node.pass();
  // On a busy machine the time may be over before the first program begins.
  let left = await drain(100);
  for (let tries = 0; tries < 100 && words().length === 0; tries += 1) left = await drain(100);
  expect([words().length, left > 0]).toEqual([1, true]);
  // 10-tell has heard of an event that 20-slow has not: it is not told it again.
  while ((await drain(100)) > 0);
  expect(words().filter(line => line.endsWith('/e'))).toEqual(['allocated', 'created', 'ready'].map(event => `${event} Interface default/e`));
  expect([new Set(words()).size, kept('queue')]).toEqual([words().length, []]);
});

test('who is asked to stop leaves what is not told to the next', async () => {
  const stop = new AbortController();
  await settled(() => hook('10-tell', `cat >>${told}; [ -e ${told}.go ] || exec sleep 600`));
  await node.grow(tap('f'));
  await node.pass();
  const running = drain(60_000, stop.signal);
  await expect.poll(() => heard().length, { timeout: 60_000 }).toBe(1);
  stop.abort('SIGTERM');
  const left = await running;
  writeFileSync(`${told}.go`, '');
  expect(await drain()).toBe(0);
  expect(words()).toHaveLength(left + 1);
  expect(words()[0]).toBe(words()[1]);
});

test('a node that is killed before it has remembered tells again', async () => {
  await settled(recorder);
  const memory = join(node.config.stateDir, 'hooks', 'memory.json');
  const before = readFileSync(memory, 'utf8');
  await node.grow(tap('g'));
  await node.pass();
  await drain();
  const once = words();
  expect(once).toContain('created Interface default/g');
  writeFileSync(memory, before);
  forget();
  await node.pass();
  await drain();
  expect(words()).toEqual(once);
});

test('with git down what was made is told, and while hooks run nobody has the lock of the node', async () => {
  await settled(recorder);
  await node.grow({ 'h.yaml': document('Interface', 'h', '{ network: lan, node: n1, attach: { netns: { name: g3 } } }') });
  await node.pass();
  await drain();
  expect(words()).toEqual(['allocated Interface default/h', 'changed Network default/lan']);
  forget();
  await node.proxy.close();
  execFileSync('ip', ['netns', 'add', 'g3']);
  const result = await node.pass(1000);
  expect([result.published, result.enforced?.remaining.steps]).toEqual([null, []]);
  const running = drain();
  (await takeLock(node.config.runtimeDir, 'test')).release();
  await running;
  expect(words()).toEqual(['created Interface default/h']);
});

/** SIGTERM, SIGINT and SIGHUP: a pass ends at a safe point, says so, leaves nothing behind, and the next one goes on; a second one ends it at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { links, sh } from '../host/lab.ts';
import { ROOT } from '../house/tree.ts';
import { RUNTIME_DIR } from './support/definitions.ts';
import { expectDump, settledDump } from './support/dump.ts';
import { processes } from './support/kills.ts';
import { document, type RemoteNode, remoteNode } from './support/remote-node.ts';
import { type StandIn, standIn } from './support/stand-in.ts';

/** A pass that hangs hits this; nothing here waits for it otherwise. */
const LATE_MS = 60_000;

let node: RemoteNode;
let folder: string;
/** Holds each batch of `ip` while there is a file `hold`. */
let gate: StandIn;

beforeAll(async () => {
  node = await remoteNode();
  folder = mkdtempSync(join(tmpdir(), 'netloom-ends-'));
  writeFileSync(join(folder, 'node.yaml'), JSON.stringify(node.config));
  gate = standIn('ip', 'case " $* " in *" -batch "*) if [ -e $folder/hold ]; then : >$folder/met; while [ -e $folder/hold ]; do sleep 0.02; done; fi;; esac');
  expect((await node.pass()).enforced?.remaining.steps).toEqual([]);
});
beforeEach(() => node.proxy.spoil());
afterAll(async () => {
  gate?.remove();
  await node?.end();
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  said(): string;
}

function start(args: readonly string[]): Running {
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'netloom.js'), ...args, '--config', join(folder, 'node.yaml')], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { child, ended: once(child, 'close').then(([code, signal]) => ({ code, signal })), said: () => said };
}

async function until(what: string, { child, said }: Running, met: () => boolean): Promise<void> {
  for (const end = Date.now() + LATE_MS; !met(); await sleep(5)) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`${what}: it ended with ${child.exitCode}: ${said()}`);
  }
}

let turn = 0;
async function grow(): Promise<void> {
  turn += 1;
  await node.grow({ [`more-${turn}.yaml`]: document('Interface', `more-${turn}`, '{ network: lan, node: n1, attach: { tap: {} } }') });
}

/** No process but those before it, nobody has the lock, nothing is half written. */
async function expectNothingLeft(before: ReadonlyMap<number, string>): Promise<void> {
  const strangers = (): readonly string[] => [...processes()].flatMap(([pid, command]) => (before.has(pid) ? [] : [command]));
  for (let tries = 0; tries < 500 && strangers().length > 0; tries++) await sleep(10);
  expect(strangers()).toEqual([]);
  sh(`flock --nonblock ${join(RUNTIME_DIR, 'lock')} true`);
  const names = [node.config.stateDir, RUNTIME_DIR].flatMap(dir => readdirSync(dir, { recursive: true }) as string[]);
  expect(names.filter(name => name.endsWith('.tmp') || name.startsWith('armed'))).toEqual([]);
}

async function expectHealed(): Promise<void> {
  const { pulled, enforced } = await node.pass();
  expect([pulled.refusal, enforced?.remaining.steps]).toEqual([null, []]);
  expect((await node.pass()).enforced?.plan.steps).toEqual([]);
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const WATCH = ['watch', '--poll', '1s', '--interval', '1h'] as const;

describe.each<readonly [string, readonly string[], number]>([
  ['reconcile', ['reconcile'], 75],
  ['watch', WATCH, 0],
])('%s, while the remote says nothing', (_, args, code) => {
  test.each(SIGNALS)('%s: it ends at once, without a change', async signal => {
    await grow();
    const before = await settledDump({ exact: true });
    const others = processes();
    const asked = node.proxy.asked.length;
    node.proxy.spoil(async () => 'stall');
    const running = start(args);
    await until('nothing was asked', running, () => node.proxy.asked.length > asked);
    const since = performance.now();
    running.child.kill(signal);
    expect(await running.ended).toEqual({ code, signal: null });
    // The remote would have been waited for a minute.
    expect(performance.now() - since).toBeLessThan(30_000);
    expect(running.said()).toContain(`stopped by ${signal}`);
    await expectNothingLeft(others);
    await expectDump(before, { exact: true });
    node.proxy.spoil();
    await expectHealed();
  });
});

/** A program of which a batch is held: what it has to change, it has begun to change. */
async function inTheMiddle(args: readonly string[]): Promise<Running> {
  await grow();
  if (args[0] === 'apply') {
    await node.pass();
    for (const name of links().filter(each => each.startsWith('tap-'))) sh(`ip link del dev ${name}`);
  }
  writeFileSync(join(gate.folder, 'hold'), '');
  const running = start(args);
  await until('no batch', running, () => existsSync(join(gate.folder, 'met')));
  return running;
}

/** Sends a signal, and waits until it was heard: from then on it does what it always does. What began goes on. */
async function ask(running: Running, signal: (typeof SIGNALS)[number]): Promise<void> {
  running.child.kill(signal);
  const isHeld = (): boolean => {
    const status = readFileSync(`/proc/${running.child.pid}/status`, 'utf8');
    const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
    return ((caught >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
  };
  await until(`${signal} was not heard`, running, () => !isHeld());
  expect(running.child.exitCode).toBeNull();
}

function letGo(): void {
  for (const name of ['hold', 'met']) rmSync(join(gate.folder, name), { force: true });
}

describe.each<readonly [string, readonly string[], number]>([
  ['apply', ['apply'], 75],
  ['reconcile', ['reconcile'], 75],
  ['watch', WATCH, 0],
])('%s, while the kernel is changed', (name, args, code) => {
  test.each(name === 'apply' ? SIGNALS : (['SIGTERM'] as const))(
    '%s: the act that runs is finished, no other is begun, and the next pass goes on',
    async signal => {
      const others = processes();
      const running = await inTheMiddle(args);
      running.child.kill(signal);
      // It waits for what it began.
      await sleep(200);
      expect(running.child.exitCode).toBeNull();
      letGo();
      expect(await running.ended).toEqual({ code, signal: null });
      expect(running.said()).toMatch(/stopped (by SIG\w+: )?between two acts|stopped by SIG/);
      await expectNothingLeft(others);
      await expectHealed();
    },
  );

  test('a second signal ends it at once, its children too', async () => {
    const others = processes();
    const running = await inTheMiddle(args);
    await ask(running, 'SIGTERM');
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: null, signal: 'SIGTERM' });
    letGo();
    await expectNothingLeft(others);
    await expectHealed();
  });
});

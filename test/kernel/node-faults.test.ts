/** What a node itself may lack or get wrong: room, the time of day, a kernel that stands still, one pass at a time, secrets kept. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasProgram } from '../../src/host/exec.ts';
import { serveGit } from '../../src/lab/git-server.ts';
import { enforce } from '../../src/pass/enforce.ts';
import { reconcile } from '../../src/reconcile.ts';
import { links, sh } from '../host/lab.ts';
import { describeWhere } from '../support/needs.ts';
import { given, RUNTIME_DIR } from './support/definitions.ts';
import { expectDump, type Row, settledDump } from './support/dump.ts';
import { converge, freshNode, planned } from './support/node.ts';
import { type Ended, type Run, runProgram } from './support/program.ts';
import { document, type RemoteNode, remoteNode } from './support/remote-node.ts';

let node: RemoteNode;
let folder: string;

beforeAll(async () => {
  node = await remoteNode();
  folder = mkdtempSync(join(tmpdir(), 'netloom-faults-'));
  expect((await node.pass()).enforced?.remaining.steps).toEqual([]);
});
beforeEach(() => node.proxy.spoil());
afterAll(async () => {
  await node?.end();
  rmSync(folder, { recursive: true, force: true });
});

const program = (config: object, how: Run = {}): Promise<Ended> => runProgram(join(folder, 'node.yaml'), config, how);

let turn = 0;
/** A revision with one guest more; its name. */
async function grow(): Promise<string> {
  turn += 1;
  const name = `more-${turn}`;
  await node.grow({ [`${name}.yaml`]: document('Interface', name, '{ network: lan, node: n1, attach: { tap: {} } }') });
  return name;
}

/** The next pass does all of it, and the one after that has nothing to do. */
async function expectHealed(pass = node.pass): Promise<void> {
  const { pulled, enforced } = await pass();
  expect([pulled.refusal, enforced?.remaining.steps]).toEqual([null, []]);
  expect((await pass()).enforced?.plan.steps).toEqual([]);
}

describe('a state directory', () => {
  let disk: string;
  const mount = (...words: readonly string[]): string => execFileSync('mount', words, { encoding: 'utf8' });
  const there = () => reconcile({ ...node.config, stateDir: join(disk, 'state') }, { command: 'test' });

  beforeAll(async () => {
    disk = join(folder, 'disk');
    mkdirSync(disk);
    mount('-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk);
    expect((await there()).enforced?.remaining.steps).toEqual([]);
  });
  afterAll(() => execFileSync('umount', ['-l', disk]));

  test.each([
    [
      'that is full',
      () => void writeFileSync(join(disk, 'ballast'), Buffer.alloc(execFree(disk))),
      () => rmSync(join(disk, 'ballast')),
      /no-space|disk is full|disk-full|room/i,
    ],
    ['without inodes', () => mount('-o', `remount,nr_inodes=${inodes(disk)}`, disk), () => mount('-o', 'remount,nr_inodes=100000', disk), /space|room/i],
    ['that may only be read', () => mount('-o', 'remount,ro', disk), () => mount('-o', 'remount,rw', disk), /read-only/i],
  ])('%s ends a pass before the first change of the kernel; then it heals', async (_, spoil, mend, words) => {
    const before = await settledDump({ exact: true });
    await grow();
    spoil();
    const ended = await there().then(
      ({ pulled, enforced }) => `${pulled.refusal?.reason} ${pulled.refusal?.message} ${enforced?.outcomes.length}`,
      (error: Error) => String(error),
    );
    expect(ended).toMatch(words);
    await expectDump(before, { exact: true });
    mend();
    await expectHealed(there);
  });
});

function execFree(path: string): number {
  return Number(execFileSync('stat', ['-f', '-c', '%a', path], { encoding: 'utf8' })) * 4096;
}

function inodes(path: string): number {
  const [all, free] = execFileSync('stat', ['-f', '-c', '%c %d', path], { encoding: 'utf8' }).split(' ').map(Number);
  return (all ?? 0) - (free ?? 0);
}

describe('a clock', () => {
  const shim = (years: number): string => `
    const offset = ${years} * 365.25 * 86_400_000;
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...args) { args.length === 0 ? super(Real.now() + offset) : super(...args); }
      static now() { return Real.now() + offset; }
    };`;
  test.each([-10, 10])('that is %d years off changes nothing of what is made and given', async years => {
    const file = join(folder, `clock${years}.mjs`);
    writeFileSync(file, shim(years));
    const before: readonly Row[] = await settledDump({ exact: true });
    const allocated = (): Promise<string> => node.bare.git('grep', '-hE', '^(vxid|uuid|  - )', 'netloom-status', '--', 'allocations');
    const numbers = await allocated();
    expect(await program(node.config, { env: { NODE_OPTIONS: `--import ${file}` } })).toMatchObject({ code: 0 });
    await expectDump(before, { exact: true });
    expect(await allocated()).toBe(numbers);
    const name = await grow();
    expect(await program(node.config, { env: { NODE_OPTIONS: `--import ${file}` } })).toMatchObject({ code: 0 });
    expect(await node.bare.git('grep', '-h', name, 'netloom-status', '--', 'allocations')).toContain(name);
    await expectHealed();
    // With the clock right again, others see that it was heard of now.
    expect(await node.bare.git('show', 'netloom-status:nodes/n1.yaml')).toMatch(new RegExp(`^heard: "?${new Date().getUTCFullYear()}-`, 'm'));
  });
});

test('of thirty reconcilers at once one applies; the others name it and touch nothing', async () => {
  await grow();
  // The first waits for the remote, and holds the lock meanwhile.
  let go = (): void => undefined;
  const gate = new Promise<void>(resolve => {
    go = resolve;
  });
  node.proxy.spoil(async (_, real) => gate.then(real));
  const first = program(node.config);
  const holder = (): string => /"pid":(\d+)/.exec(readFileSync(join(RUNTIME_DIR, 'lock'), 'utf8'))?.[1] ?? '';
  while (holder() === '') await sleep(10);
  const others = await Promise.all(Array.from({ length: 29 }, () => program(node.config)));
  for (const { code, said } of others) {
    expect(code).toBe(75);
    expect(said).toContain(`pid ${holder()} (netloom reconcile`);
  }
  go();
  expect(await first).toMatchObject({ code: 0 });
  await expectHealed();
});

/** At once, on one node; a hundred in a night. */
const MANY = process.env['NETLOOM_NIGHT'] === undefined ? 20 : 100;

test('of many applies at once one at a time is at it: one does what is to be done, the others find it done or say who is at it', {
  timeout: 600_000,
}, async () => {
  const before = await settledDump();
  const [tap = ''] = links().filter(name => name.startsWith('tap-'));
  sh(`ip link del dev ${tap}`);
  const all = await Promise.all(Array.from({ length: MANY }, () => program(node.config, { args: ['apply'] })));
  const did = all.map(({ code, said }) => (code === 0 ? (/^(\d+) done/m.exec(said)?.[1] ?? said) : said.replace(/pid \d+ .*$/s, 'pid')));
  expect(new Set(all.map(({ code }) => code))).toEqual(new Set(all.some(({ code }) => code === 75) ? [0, 75] : [0]));
  expect(did.filter(what => /^[1-9]/.test(what))).toHaveLength(1);
  expect(did.filter(what => !/^\d+$/.test(what) && !/^netloom: this node's lock .* is held by (another process|pid)/.test(what))).toEqual([]);
  await expectDump(before);
  await expectHealed();
});

test('links that vanish between plan and apply are made again in the same pass', async () => {
  await freshNode();
  const wish = given({ networks: { lan: '{ cidr: 10.9.0.0/24 }' }, interfaces: { vm: '{ network: lan, node: n1 }', web: '{ network: lan, node: n1 }' } });
  await converge(wish);
  const [tap = '', other = ''] = links().filter(name => name.startsWith('tap-'));
  const bridge = links().find(name => name.startsWith('br-vxlan-')) ?? '';
  // Both are to be put right; then one of them is gone, and the bridge of the other.
  for (const name of [tap, other]) sh(`ip link set dev ${name} mtu 1400`);
  let round = 0;
  const before = async (): Promise<void> => {
    round += 1;
    if (round === 1) for (const name of [tap, bridge]) sh(`ip link del dev ${name}`);
  };
  const enforced = await enforce(await planned(wish), { before });
  expect(enforced.outcomes.map(({ status }) => status)).toContain('failed');
  for (const { status, error } of enforced.outcomes) if (status === 'failed') expect(error).toMatch(/Cannot find device|does not exist|No such device/);
  expect([enforced.rounds > 1, enforced.remaining.steps]).toEqual([true, []]);
  expect(links()).toEqual(expect.arrayContaining([tap, other, bridge]));
});

describeWhere(hasProgram('strace') ? '' : 'strace', 'a secret', () => {
  const CANARY = 'c4nary-T0ken-5f1e';
  const forms = [
    CANARY,
    encodeURIComponent(CANARY),
    Buffer.from(CANARY).toString('base64').replace(/=+$/, ''),
    Buffer.from(`robot:${CANARY}`).toString('base64').replace(/=+$/, ''),
  ];
  const found = (text: string): readonly string[] => forms.filter(form => text.includes(form));

  /** All that is left of a pass: what it said, what it ran with which words and environment, and what it wrote. */
  async function traces(config: object, env: object, args: readonly string[] = ['reconcile']): Promise<Ended & { readonly left: string }> {
    const file = join(folder, 'trace');
    const { code, said } = await program(config, { wrap: ['strace', '-f', '-v', '-s', '10000', '-e', 'trace=execve', '-o', file], env, args });
    // The first is the program itself, with what it was given.
    const ran = readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => !line.includes('dist/netloom.js'))
      .join('\n');
    const stateDir = (config as { stateDir: string }).stateDir;
    const files = [stateDir, RUNTIME_DIR]
      .map(dir => execFileSync('sh', ['-c', 'find "$1" -type f -exec cat {} +', 'sh', dir], { encoding: 'latin1' }))
      .join('\n');
    return { code, said, left: `${said}\n${ran}\n${files}` };
  }

  test('in a file, a credential, a url, the environment, the configuration is in nothing that a pass says, runs, writes or publishes', async () => {
    const server = await serveGit({ root: node.bare.root, auth: { username: 'robot', password: CANARY } });
    const secret = join(folder, 'secret');
    writeFileSync(secret, `${CANARY}\n`, { mode: 0o600 });
    const url = `${server.url}/repo.git`;
    const basic = { type: 'basic', username: 'robot' };
    const stateDir = join(folder, 'state');
    const config = { ...node.config, stateDir };
    const env = { NETLOOM_TOKEN: CANARY, GIT_ASKPASS: CANARY, HTTPS_TOKEN: CANARY };
    const channels: readonly (readonly [object, object, boolean])[] = [
      [{ ...config, repo: { ...config.repo, url, auth: { ...basic, file: secret } } }, env, true],
      [{ ...config, repo: { ...config.repo, url, auth: { ...basic, credential: 'secret' } } }, { ...env, CREDENTIALS_DIRECTORY: folder }, true],
      // Not as it should be: somebody wrote it into the wrong place.
      [{ ...config, repo: { ...config.repo, url: url.replace('//', `//robot:${CANARY}@`) } }, env, false],
      [{ ...config, repo: { ...config.repo, url, auth: { ...basic, password: CANARY } } }, env, false],
      [{ ...config, repo: { ...config.repo, url: url.replace(/\d+\/repo/, '1/repo'), auth: { ...basic, file: secret } } }, env, false],
    ];
    for (const [wrong, environment, isFine] of channels) {
      const { code, said, left } = await traces(wrong, environment);
      expect([code === 0, said === '' ? 'silent' : found(left)]).toEqual([isFine, []]);
    }
    const published = await node.bare.git('log', '-p', '--all');
    expect(found(published)).toEqual([]);
    await server.close();
  });
});

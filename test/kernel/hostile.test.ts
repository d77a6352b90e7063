/** Definitions full of hostile text on a real kernel, under strace: what is run, what is written, what the tools made of it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasProgram } from '../../src/host/exec.ts';
import { loadFiles } from '../load/diagnose.ts';
import { TEXTS } from '../load/hostile-fields.ts';
import { describeWhere } from '../support/needs.ts';
import { RUNTIME_DIR, UNDERLAY } from './support/definitions.ts';
import { freshNode } from './support/node.ts';
import { type Local, local } from './support/program.ts';

/** A gateway with a network that leases, and a guest that is reached from outside; `say` writes wherever text is free. */
function definitions(say: (key: string) => object, options: readonly object[]): string {
  const doc = (kind: string, name: string, spec: object): string =>
    JSON.stringify({ apiVersion: 'netloom.dev/v1', kind, metadata: { name, ...say('metadata') }, spec });
  return [
    doc('Cluster', 'test', { underlay: { mtu: 1600 } }),
    doc('Node', 'n1', { underlay: { address: UNDERLAY }, gateway: true }),
    doc('AddressPool', 'edge', { cidr: '198.51.100.0/24', device: 'eth1', reserved: [{ addresses: '198.51.100.9', ...say('comment') }] }),
    doc('Network', 'lan', { cidr: '10.0.0.0/24', dns: true, reservations: [{ addresses: '10.0.0.9', ...say('comment') }], dhcpOptions: options }),
    doc('Interface', 'web', { network: 'lan', node: 'n1', attach: { netns: { name: 'g1' } }, ...say('instance') }),
    doc('FloatingIP', 'front', { interface: 'web' }),
  ].join('\n---\n');
}

/** What the schemas let through: as much as fits in one, and the rest in others. */
const taken = TEXTS.filter(text => loadFiles({ 'all.yaml': definitions(key => (key === 'metadata' ? { labels: { a: text } } : {}), []) }).catalog !== null);
const ALL = taken.join(' ');
const hostile = (key: string): object => {
  if (key === 'metadata') return { labels: { '; id': ALL }, annotations: { '$(id)': ALL } };
  return {
    [key]: taken
      .filter(text => !/[\n\r\0]/.test(text))
      .join(' ')
      .slice(0, 250),
  };
};
const tame = (): object => ({});
const isValid = (options: readonly object[]): boolean => loadFiles({ 'all.yaml': definitions(tame, options) }).catalog !== null;
const OPTIONS = TEXTS.map((value, nth) => ({ code: 224 + (nth % 30), value }))
  .filter(option => isValid([option]))
  .filter(({ code }, at, all) => all.findIndex(other => other.code === code) === at);

let place: Local;
let folder: string;

beforeAll(async () => {
  await freshNode();
  place = local(undefined, RUNTIME_DIR);
  folder = mkdtempSync(join(tmpdir(), 'netloom-strace-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await freshNode();
});

function run(command: 'plan' | 'apply', ...more: readonly string[]): ReturnType<typeof spawnSync> {
  const [program, ...args] = place.argv(command, ...more);
  return spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 });
}

/** Applies under strace, which would go on as long as the services that were started; what it wrote. */
async function traced(): Promise<string> {
  const file = join(folder, 'trace');
  const calls = 'execve,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mknod,mknodat';
  const child = spawn('strace', ['-f', '-q', '-s', '100000', '-e', `trace=${calls}`, '-o', file, ...place.argv('apply')], {
    stdio: 'ignore',
  });
  const ended = once(child, 'close');
  const text = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const isOver = (): boolean => new RegExp(`^${/^\d+/.exec(text())?.[0]} +\\+{3} exited`, 'm').test(text());
  for (const until = Date.now() + 60_000; Date.now() < until && child.exitCode === null && !isOver(); ) await sleep(50);
  child.kill('SIGKILL');
  await ended;
  return text();
}

const define = (text: string): void => writeFileSync(join(place.folder, 'all.yaml'), text);

describeWhere(hasProgram('strace') ? '' : 'strace', 'a gateway whose definitions are hostile wherever text is free', () => {
  let trace = '';

  test('gets exactly the kernel that tame ones make', () => {
    expect([taken.length, OPTIONS.length]).toEqual([expect.toSatisfy((n: number) => n > 20), expect.toSatisfy((n: number) => n > 10)]);
    define(definitions(tame, []));
    expect(run('apply')).toMatchObject({ status: 0 });
    define(definitions(hostile, []));
    expect(run('plan', '--detailed-exitcode')).toMatchObject({ status: 0 });
  });

  test('is made by known programs, none of them a shell, that are told nothing hostile', async () => {
    define(definitions(hostile, OPTIONS));
    trace = await traced();
    const commands = [...trace.matchAll(/execve\("([^"]*)", \[(.*?)\], /g)].map(([, program = '', argv = '']) => ({ program, argv }));
    const names = new Set(commands.map(({ program }) => program.replace(/^.*\//, '')));
    for (const name of names)
      expect(['node', 'setpriv', 'flock', 'ip', 'bridge', 'nft', 'nsenter', 'getent', 'sysctl', 'dnsmasq', 'conntrack']).toContain(name);
    expect(names).toContain('dnsmasq');
    for (const { argv } of commands.slice(1)) expect(argv).not.toMatch(/[;`|<>*~!\\]|\$\(|-batch \$|etc\/passwd|flush ruleset|add-mask/);
  });

  test('writes into the two directories, and nothing anywhere else', () => {
    const written = [...trace.matchAll(/ (?:open|openat|creat)\((?:AT_FDCWD, )?"([^"]*)", ([A-Z_|]*)/g)]
      .filter(([, , flags = '']) => /O_(WRONLY|RDWR|CREAT)/.test(flags))
      .map(([, path = '']) => path);
    const made = [...trace.matchAll(/ (?:mkdir|rename|link|symlink|mknod)\w*\((?:AT_FDCWD, )?"([^"]*)"/g)].map(([, path = '']) => path);
    const within = [place.stateDir, place.runtimeDir, '/proc/', '/sys/', '/dev/', '/run/netns/'];
    const outside = [...written, ...made].filter(path => !within.some(prefix => path === prefix || path.startsWith(prefix.replace(/\/?$/, '/'))));
    expect(outside).toEqual([]);
    expect(written.some(path => path.startsWith(`${place.runtimeDir}/networks/`))).toBe(true);
  });

  test('reads back as wanted: nft and dnsmasq took every value for what it is', () => {
    expect(run('plan', '--detailed-exitcode')).toMatchObject({ status: 0 });
    const tables = spawnSync('nft', ['-j', 'list', 'ruleset'], { encoding: 'utf8' }).stdout;
    expect(tables).not.toMatch(/passwd|flush|add-mask/);
    const texts = spawnSync('find', [place.runtimeDir, '-name', '*conf*', '-exec', 'cat', '{}', '+'], { encoding: 'utf8' }).stdout;
    expect(texts).toContain('dhcp-option');
    // A value is one word of one line, whatever is in it.
    for (const line of texts.split('\n').filter(each => /passwd|conf-file|flush/.test(each)))
      expect(line).toMatch(/^dhcp-option(-force)?=[^"]*"([^"\\]|\\["\\])*"$/);
  });
});

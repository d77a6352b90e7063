/** The commands that look, as the built program, against a real git server: abbreviations, selectors, tombstones, and `--watch` through all that a remote does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseLedger } from '../../src/allocate/ledger-files.ts';
import { type GitServer, serveGit } from '../../src/lab/git-server.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import { parseStatusFile, statusFile } from '../../src/report/node-report.ts';
import { reportedCluster } from '../bench/reported.ts';
import { ROOT } from '../house/tree.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';

const STATUS = 'netloom-status';
/** A machine under load needs long; nothing waits for it otherwise. */
const LATE_MS = 60_000;

const doc = (kind: string, meta: string, spec: string): string => `apiVersion: netloom.dev/v1\nkind: ${kind}\nmetadata: { ${meta} }\nspec: { ${spec} }\n`;
const guest = (name: string, role: string): string =>
  doc('Interface', `name: ${name}, namespace: acme, labels: { role: ${role} }`, 'network: shop, node: n2, attach: { tap: {} }');
const FIXED = [
  doc('Cluster', 'name: look', ''),
  doc('Node', 'name: n1', 'underlay: { address: 10.9.0.1, device: eth0 }, gateway: true'),
  doc('Node', 'name: n2', 'underlay: { address: 10.9.0.2, device: eth0 }'),
  doc('AddressPool', 'name: edge', 'cidr: 192.0.2.0/26, device: eth1'),
];
const SHOP = [doc('Network', 'name: shop, namespace: acme', 'cidr: 10.0.0.0/24'), guest('web-1', 'web'), guest('web-2', 'web'), guest('db-1', 'db')];

let bare: Bare;
let server: GitServer;
let files: ReadonlyMap<string, string> = new Map();
const argvOf = (args: readonly string[]): string[] => [join(ROOT, 'dist', 'netloom.js'), ...args, '--repo', `${server.url}/repo.git`];
const envOf = () => ({ PATH: '/usr/sbin:/usr/bin:/sbin:/bin', XDG_CACHE_HOME: join(bare.root, 'cache') });

/** Pushes definitions, and what all nodes say when they have done them; `silently`: they have not yet. */
async function define(docs: readonly string[], silently = false): Promise<void> {
  const text = docs.join('---\n');
  const revision = await bare.grow('main', { 'all.yaml': text });
  if (silently) return;
  const folder = join(bare.root, 'definitions');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'all.yaml'), text);
  const before = files.size === 0 ? EMPTY_LEDGER : parseLedger(files).ledger;
  files = await reportedCluster(folder, revision, before);
  await bare.grow(STATUS, Object.fromEntries(files));
}

/** Node n2 says of an interface what it did not. */
async function fails(key: string): Promise<string> {
  const read = parseStatusFile(files.get('nodes/n2.yaml') ?? '');
  if ('problem' in read) throw new Error(read.problem.message);
  const { interfaces } = read.report;
  const failed = { digest: interfaces[key]?.digest ?? '', state: 'error', reason: 'UnknownUser', message: 'no user alice' } as const;
  const text = statusFile({ ...read.report, interfaces: { ...interfaces, [key]: failed } });
  files = new Map([...files, ['nodes/n2.yaml', text]]);
  return bare.grow(STATUS, { 'nodes/n2.yaml': text });
}

async function run(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const child = start(...args);
  const [code] = await once(child.process, 'close');
  return { code, out: child.out(), err: child.err() };
}

interface Started {
  readonly process: ChildProcess;
  out(): string;
  err(): string;
  until(what: string, met: () => boolean): Promise<void>;
}

function start(...args: readonly string[]): Started {
  const child = spawn(process.execPath, argvOf(args), { env: envOf(), stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const until = async (what: string, met: () => boolean): Promise<void> => {
    for (const end = Date.now() + LATE_MS; !met(); await sleep(20)) {
      if (Date.now() > end || child.exitCode !== null)
        throw new Error(`${what} did not come; ended with ${child.exitCode}: ${said.out.slice(-2000)}${said.err}`);
    }
  };
  return { process: child, out: () => said.out, err: () => said.err, until };
}

const ajv = new Ajv2020({ strict: false, validateFormats: false });
for (const name of ['status-objects', 'events', 'watch-event', 'status']) {
  ajv.addSchema(JSON.parse(readFileSync(join(ROOT, 'schemas', 'output', `${name}.json`), 'utf8')), name);
}

function lines(text: string) {
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => {
      const value = JSON.parse(line);
      ajv.validate('watch-event', value);
      expect(ajv.errors ?? []).toEqual([]);
      return value;
    });
}

beforeAll(async () => {
  bare = await makeBare();
  server = await serveGit({ root: bare.root });
  await define([...FIXED, ...SHOP]);
});
afterAll(async () => {
  await server?.close();
  await bare?.remove();
});

describe('get', () => {
  test('kinds and names are abbreviated, and labels select', async () => {
    expect(await run('get', 'if', 'db', '-n', 'acme', '-o', 'name')).toMatchObject({ code: 0, out: 'interface/acme/db-1\n', err: '' });
    const several = await run('get', 'interf', 'web', '-n', 'acme');
    expect([several.code, several.err]).toEqual([1, expect.stringContaining('acme/web-1, acme/web-2')]);
    const chosen = await run('get', 'net,if', '-A', '-l', 'role in (web,db),role!=db', '-o', 'name');
    expect(chosen.out).toBe('interface/acme/web-1\ninterface/acme/web-2\n');
    const wrong = await run('get', 'if', '-l', 'role=web)');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('at character 9:\n  role=web)\n          ^ ")" where')]);
  });

  test('a table says how old it is beside it, JSON in it', async () => {
    const { out, err } = await run('get', 'interfaces', '-A', '--sort-by', 'address', '-L', 'role');
    expect(out.split('\n').map(line => line.split(/ +/).at(-1))).toEqual(['ROLE', 'db', 'web', 'web', '']);
    expect(err).toMatch(/^as of status branch [0-9a-f]{10}, \d+[smhd] old; definitions [0-9a-f]{10}; 2 nodes heard within \d+s\n$/);
    const list = JSON.parse((await run('get', 'all', '-A', '-o', 'json')).out);
    expect([ajv.validate('status-objects', list), list.asOf.statusCommit]).toEqual([true, await bare.tip(STATUS)]);
  });

  test('what was worked out before is used for the same only: a change of definitions shows at once, a broken cache is none', async () => {
    const stateNow = async (): Promise<string> => JSON.parse((await run('get', 'network', 'shop', '-n', 'acme', '-o', 'json')).out).status.state;
    expect(await stateNow()).toBe('created');
    await define([...FIXED, ...SHOP.map(text => text.replace('10.0.0.0/24', '10.0.0.0/24, mtu: 1400'))], true);
    expect(await stateNow()).toBe('degraded');
    await define([...FIXED, ...SHOP]);
    const view = join(bare.root, 'cache', 'netloom', 'view');
    const cache = join(view, readdirSync(view)[0] ?? '', 'cache');
    expect(readdirSync(cache).sort()).toEqual(['digests.json', 'ledger.json', 'parsed.json', 'reports.json']);
    for (const [i, name] of readdirSync(cache).entries()) writeFileSync(join(cache, name), i % 2 === 0 ? 'null' : '{"made":1,"value":[[');
    expect(await stateNow()).toBe('created');
  });
});

describe('--watch', () => {
  test('tells what comes, changes and goes with the commit, waits for a remote that is away, and ends at Ctrl-C', async () => {
    const watched = start('get', 'if', '-n', 'acme', '-l', 'role=web', '--watch', '-o', 'json', '--poll', '200ms');
    await watched.until('what is there', () => lines(watched.out()).length === 2);
    const tip = await fails('acme/web-1');
    await watched.until('a change', () => lines(watched.out()).length === 3);
    expect(lines(watched.out())[2]).toMatchObject({ type: 'MODIFIED', statusCommit: tip, object: { metadata: { name: 'web-1' }, status: { state: 'error' } } });
    const port = Number(new URL(server.url).port);
    await server.close();
    await watched.until('a remark', () => watched.err().includes('looking again every 200ms'));
    server = await serveGit({ root: bare.root, port });
    await watched.until('news of the remote', () => watched.err().includes('the remote answers again'));
    await define([...FIXED, ...SHOP.filter(text => !text.includes('web-2'))]);
    await watched.until('what goes', () => lines(watched.out()).some(({ type }) => type === 'DELETED'));
    expect(lines(watched.out()).at(-1)).toMatchObject({ object: { metadata: { name: 'web-2' }, status: { state: 'deleted' } } });
    // Twice where the end of the server cut an answer short.
    expect(watched.err().match(/looking again/g)?.length).toBeLessThanOrEqual(2);
    watched.process.kill('SIGINT');
    expect(await once(watched.process, 'close')).toEqual([0, null]);
  });

  test('a look at a remote without news is one listing, and asks for no object', async () => {
    const watched = start('status', '--watch', '--poll', '200ms');
    await watched.until('a screen', () => watched.out().includes('As of'));
    const before = server.requests.length;
    await watched.until('two more looks', () => server.requests.length >= before + 2);
    watched.process.kill('SIGTERM');
    expect((await once(watched.process, 'close'))[0]).toBe(0);
    const asked = server.requests.slice(before).map(({ method, url }) => `${method} ${url}`);
    expect(new Set(asked)).toEqual(new Set(['GET /repo.git/info/refs?service=git-upload-pack']));
    expect(watched.out().match(/As of/g)).toHaveLength(1);
  });

  test('events as they happen, one a line; a reader that goes away is no error', async () => {
    const watched = start('events', '-n', 'acme', '--watch', '-o', 'json', '--limit', '1', '--poll', '200ms');
    await watched.until('the newest', () => lines(watched.out()).length === 1);
    const happens = (name: string) => {
      const event = {
        at: new Date().toISOString(),
        node: 'n2',
        object: `Interface acme/${name}`,
        type: 'drift',
        operation: 'create tap device',
        phase: 'finish',
        durationMs: 1,
      };
      files = new Map([...files, ['events/n2.jsonl', `${files.get('events/n2.jsonl')}${JSON.stringify({ ...event, message: '', revision: '' })}\n`]]);
      return bare.grow(STATUS, { 'events/n2.jsonl': files.get('events/n2.jsonl') ?? '' });
    };
    const tip = await happens('web-1');
    await watched.until('an event', () => lines(watched.out()).length === 2);
    expect(lines(watched.out())[1]).toMatchObject({ type: 'ADDED', statusCommit: tip, object: { object: 'Interface acme/web-1', type: 'drift' } });
    watched.process.stdout?.destroy();
    await happens('db-1');
    expect(await once(watched.process, 'close')).toEqual([0, null]);
    expect(watched.err()).toBe('');
  });
});

test('status: who is behind, what was repaired, what to do next; 2 while something is not Ready', async () => {
  expect((await run('status')).code).toBe(0);
  await fails('acme/web-1');
  const { code, out } = await run('status');
  expect(code).toBe(2);
  expect(out).toMatch(/^n2 +\d+ +\d+s ago +create tap device, Interface acme\/db-1$/m);
  expect(out).toMatch(/Next:\n {2}netloom describe interface acme\/web-1\n/);
  const record = JSON.parse((await run('status', '-o', 'json')).out);
  expect([ajv.validate('status', record), ajv.errors]).toEqual([true, null]);
});

test('what was removed is listed, and its record stays readable without the floating gateway that it had', async () => {
  await define(FIXED);
  const { out } = await run('get', '--deleted', '-A');
  expect(out).toMatch(/^Network +acme +shop +deleted +10\.0\.0\.0\/24 +\S+Z +\S+Z +\S+Z +all\.yaml:\d+$/m);
  expect(out).toMatch(/^Interface +acme +web-2 +deleted +10\.0\.0\.\d+ /m);
  const { status } = JSON.parse((await run('get', 'network', 'acme/shop', '-o', 'json')).out);
  expect(status).toMatchObject({ state: 'deleted', floatingGateway: null, uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  expect(Date.parse(status.quarantinedUntil) - Date.parse(status.removed)).toBe(300_000);
  expect((await run('get', 'networks', '-A', '-o', 'name')).out).toBe('');
});

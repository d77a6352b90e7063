import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { type GitServer, serveGit } from '../../src/lab/git-server.ts';
import { openRepo } from '../../src/repo/open.ts';
import type { Oid, Repo, RepoError } from '../../src/repo/repo.ts';
import { type Fault, type FaultServer, faultServer, type Reply } from '../repo/support/fault-server.ts';
import { AT, AUTHOR, type Bare, makeBare } from '../repo/support/remote.ts';

const DEADLINE = 600;
/** Where it is not the deadline that ends it: a loaded machine may take longer than that. */
const PATIENT = 15_000;

let bare: Bare;
let real: GitServer;
let proxy: FaultServer;
let clones = 0;
const open = (more: { maxBytes?: number; deadlineMs?: number } = {}): Repo =>
  openRepo({ url: `${proxy.url}/repo.git`, dir: join(bare.root, `clone-${clones++}`), deadlineMs: DEADLINE, ...more });

beforeAll(async () => {
  bare = await makeBare();
  await bare.grow('main', { 'networks/blue.yaml': 'kind: Network\n' });
  await bare.grow('netloom-status', { 'nodes/a.yaml': 'ready: true\n' });
  real = await serveGit({ root: bare.root });
  proxy = await faultServer(real.url);
});
beforeEach(() => proxy.spoil());
afterAll(async () => {
  await proxy.close();
  await real.close();
  await bare.remove();
});

async function failure(promise: Promise<unknown>): Promise<RepoError> {
  const error = await promise.then(
    value => new Error(`no error: ${String(value)}`),
    (reason: unknown) => reason as RepoError,
  );
  expect(error).toMatchObject({ name: 'RepoError', url: `${proxy.url}/repo.git` });
  return error as RepoError;
}

const isListing = (url: string): boolean => url.includes('info/refs');
const onListing =
  (spoil: (reply: Reply) => Reply | 'reset' | 'stall'): Fault =>
  async (asked, pass) =>
    isListing(asked.url) ? spoil(await pass()) : pass();
const onUpload =
  (spoil: (reply: Reply) => Reply | 'reset' | 'stall'): Fault =>
  async (asked, pass) =>
    isListing(asked.url) ? pass() : spoil(await pass());
const page = (status: number, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: Buffer.from('<html><title>Sign in</title></html>'),
});

const LISTING_FAULTS: readonly (readonly [string, Fault, string])[] = [
  ['says nothing', async () => 'stall', 'timeout'],
  ['stops in the middle and keeps the line', onListing(reply => ({ ...reply, cutAt: 100, end: 'stall' })), 'timeout'],
  ['hangs up before it answers', async () => 'reset', 'unreachable'],
  ['hangs up in the middle', onListing(reply => ({ ...reply, cutAt: 100, end: 'reset' })), 'truncated'],
  ['sends less than it promised', onListing(reply => ({ ...reply, cutAt: 100, end: 'short' })), 'truncated'],
  ['sends a page', async () => page(200), 'not-git'],
  [
    'sends a page as if it were a listing',
    async () => ({ ...page(200), headers: { 'content-type': 'application/x-git-upload-pack-advertisement' } }),
    'not-git',
  ],
  ['sends a listing as if it were a page', onListing(reply => ({ ...reply, headers: page(200).headers })), 'not-git'],
  ['sends an empty listing', onListing(reply => ({ ...reply, body: Buffer.alloc(0) })), 'truncated'],
  ['sends the service line only', onListing(reply => ({ ...reply, body: reply.body.subarray(0, 34) })), 'truncated'],
  [
    'sends the listing of another service',
    onListing(reply => ({
      ...reply,
      body: Buffer.from(reply.body.toString('latin1').replace('001e# service=git-upload-pack', '001f# service=git-receive-pack'), 'latin1'),
    })),
    'not-git',
  ],
  ['does not want our credentials', async () => page(401), 'unauthorized'],
  ['does not allow it', async () => page(403), 'forbidden'],
  ['does not know the repository', async () => page(404), 'not-found'],
  ['had the repository once', async () => page(410), 'not-found'],
  ['is broken', async () => page(500), 'unreachable'],
  ['is being restarted', async () => page(503, { 'retry-after': '30' }), 'unreachable'],
  ['sends us to another host', async () => page(302, { location: 'http://elsewhere.invalid/repo.git/info/refs?service=git-upload-pack' }), 'redirected'],
  ['sends us nowhere', async () => page(302), 'redirected'],
  ['sends us round in circles', async asked => page(302, { location: asked.url }), 'redirected'],
];

describe('a poll ends in time, with the right code, when the server', () => {
  test.each(LISTING_FAULTS)('%s', async (_, fault, code) => {
    proxy.spoil(fault);
    const started = Date.now();
    const error = await failure(open().tips(['main', 'netloom-status']));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`${proxy.url}/repo.git`);
    expect(Date.now() - started).toBeLessThan(DEADLINE + 400);
  });
});

test('the server’s wish to be left alone is passed on in seconds', async () => {
  proxy.spoil(async () => page(429, { 'retry-after': '17' }));
  expect(await failure(open().tips(['main']))).toMatchObject({ code: 'rate-limited', retryAfterS: 17 });
  proxy.spoil(async () => page(403, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }));
  const error = await failure(open().tips(['main']));
  expect(error.code).toBe('rate-limited');
  expect(error.retryAfterS).toBeGreaterThan(55);
  expect(error.retryAfterS).toBeLessThanOrEqual(60);
});

test('a redirect on the same host is followed, and remembered for what is sent next', async () => {
  proxy.spoil(async (asked, pass) => {
    if (asked.url.startsWith('/old-name.git')) return { ...page(301), headers: { location: asked.url.replace('old-name', 'repo') } };
    return pass();
  });
  const repo = openRepo({ url: `${proxy.url}/old-name.git`, dir: join(bare.root, 'renamed') });
  const tip = (await repo.tips(['main'])).get('main') as Oid;
  await repo.sync('main', tip);
  expect(await repo.list(tip, '')).toHaveLength(1);
});

test('nothing listens: unreachable, with what to check', async () => {
  const gone = await faultServer(real.url);
  await gone.close();
  const error = (await openRepo({ url: `${gone.url}/repo.git`, dir: join(bare.root, 'gone') })
    .tips(['main'])
    .catch((reason: unknown) => reason)) as RepoError;
  expect(error).toMatchObject({ code: 'unreachable', message: expect.stringContaining('nothing listens there') as string });
});

test('a name that cannot be looked up does not hold a poll beyond its deadline', async () => {
  const repo = openRepo({ url: 'http://git.invalid/repo.git', dir: join(bare.root, 'nowhere'), deadlineMs: DEADLINE });
  const started = Date.now();
  const error = (await repo.tips(['main']).catch((reason: unknown) => reason)) as RepoError;
  // How fast it is known depends on the machine's resolver.
  expect(['unreachable', 'timeout']).toContain(error.code);
  expect(error.url).toBe('http://git.invalid/repo.git');
  expect(Date.now() - started).toBeLessThan(DEADLINE + 400);
});

test('a certificate that nobody signed is a matter of tls, and the clock is named', async () => {
  const tls = await faultServer(real.url, { tls: true });
  const repo = openRepo({ url: `${tls.url}/repo.git`, dir: join(bare.root, 'tls') });
  await expect(repo.tips(['main'])).rejects.toMatchObject({ code: 'tls', message: expect.stringContaining('clock') as string });
  expect(tls.asked).toEqual([]);
  const plain = openRepo({ url: `${proxy.url.replace('http:', 'https:')}/repo.git`, dir: join(bare.root, 'tls') });
  await expect(plain.tips(['main'])).rejects.toMatchObject({ code: 'tls' });
  await tls.close();
});

test('a repository of other hashes is said to be one', async () => {
  const wide = join(bare.root, 'wide.git');
  await run('git', ['init', '--quiet', '--bare', '--object-format=sha256', wide], { okCodes: [0] });
  const commit = 'commit refs/heads/main\ncommitter p <p@x> 1795000000 +0000\ndata 1\nx\nM 100644 inline a\ndata 1\na\n';
  await run('git', [`--git-dir=${wide}`, 'fast-import', '--quiet'], { stdin: commit, okCodes: [0] });
  const repo = openRepo({ url: `${proxy.url}/wide.git`, dir: join(bare.root, 'wide') });
  await expect(repo.tips(['main'])).rejects.toMatchObject({ code: 'other', message: expect.stringContaining('sha256') as string });
});

describe('what came before stays readable, and no half commit is taken, when a fetch', () => {
  const empty = Buffer.from(
    '0008NAK\n0025\x01PACK\0\0\0\x02\0\0\0\0\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e0000',
    'latin1',
  );
  const flip = (body: Buffer): Buffer => {
    const bytes = Buffer.from(body);
    const at = bytes.indexOf('PACK') + 20;
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    return bytes;
  };
  const oids = async (...names: readonly string[]): Promise<string[]> => (await bare.git('rev-parse', ...names)).split('\n');
  const onUploadAsync =
    (make: () => Promise<Buffer>): Fault =>
    async (asked, pass) => {
      const reply = await pass();
      return isListing(asked.url) ? reply : { ...reply, body: await make() };
    };
  /** An answer of upload-pack with these objects and no others. */
  const packOf = async (objects: readonly string[]): Promise<Buffer> => {
    const { stdout } = await run('git', [`--git-dir=${bare.path}`, 'pack-objects', '--quiet', '--stdout'], {
      stdin: `${objects.join('\n')}\n`,
      asBuffer: true,
      okCodes: [0],
    });
    const length = (stdout.length + 5).toString(16).padStart(4, '0');
    return Buffer.concat([Buffer.from(`0008NAK\n${length}\x01`), stdout, Buffer.from('0000')]);
  };
  const FETCH_FAULTS: readonly (readonly [string, Fault, string])[] = [
    ['brings an empty pack', onUpload(reply => ({ ...reply, body: empty })), 'corrupt'],
    ['brings the commit alone', onUploadAsync(async () => packOf(await oids('main'))), 'corrupt'],
    [
      'brings commit and trees but no blob',
      onUploadAsync(async () => packOf([...(await oids('main')), ...(await oids('main^{tree}', 'main:networks'))])),
      'corrupt',
    ],
    ['brings no pack', onUpload(reply => ({ ...reply, body: Buffer.from('0008NAK\n0000') })), 'corrupt'],
    ['brings a spoiled pack', onUpload(reply => ({ ...reply, body: flip(reply.body) })), 'truncated'],
    ['brings nothing', onUpload(reply => ({ ...reply, body: Buffer.alloc(0) })), 'truncated'],
    ['is cut early', onUpload(reply => ({ ...reply, cutAt: 10, end: 'close' })), 'truncated'],
    ['is cut late', onUpload(reply => ({ ...reply, cutAt: reply.body.length - 1, end: 'close' })), 'truncated'],
    ['is cut between its last two packets', onUpload(reply => ({ ...reply, cutAt: reply.body.length - 4, end: 'close' })), 'truncated'],
    ['stalls', onUpload(() => 'stall'), 'timeout'],
    ['is reset', onUpload(() => 'reset'), 'unreachable'],
    ['is answered by a page', onUpload(() => page(200)), 'not-git'],
    ['is not allowed', onUpload(() => page(403)), 'forbidden'],
    [
      'is redirected',
      // Whoever followed would get the pack.
      async (asked, pass) => (isListing(asked.url) || asked.url.endsWith('?again') ? pass() : page(307, { location: '/repo.git/git-upload-pack?again' })),
      'redirected',
    ],
    ['hears an error', onUpload(reply => ({ ...reply, body: Buffer.from('0028ERR upload-pack: not our ref 1234567') })), 'no-branch'],
  ];

  test.each(FETCH_FAULTS)('%s', async (_, fault, code) => {
    const repo = open({ deadlineMs: code === 'timeout' ? DEADLINE : PATIENT });
    const before = (await repo.tips(['main'])).get('main') as Oid;
    await repo.sync('main', before);
    const next = await bare.grow('main', { 'networks/blue.yaml': `kind: Network # ${code} ${Math.random()}\n` });
    proxy.spoil(fault);
    expect((await failure(repo.sync('main', next))).code).toBe(code);
    const [entry] = await repo.list(before, '');
    expect((await repo.read([entry?.oid as Oid])).size).toBe(1);
    const all = repo.list(next, '').then(entries => repo.read(entries.map(({ oid }) => oid)));
    await expect(all).rejects.toMatchObject({ code: 'corrupt' });
    proxy.spoil();
    await repo.sync('main', next);
    expect(await repo.list(next, 'networks')).toHaveLength(1);
  });
});

describe('the remote’s branch stays where it was when a push', () => {
  const PUSH_FAULTS: readonly (readonly [string, Fault, string])[] = [
    ['is not allowed', async (asked, pass) => (asked.url.includes('receive-pack') ? page(403) : pass()), 'forbidden'],
    ['is not listened to', async asked => (isListing(asked.url) ? 'stall' : page(500)), 'timeout'],
    ['meets a cut listing', onListing(reply => ({ ...reply, cutAt: reply.body.length - 4, end: 'close' })), 'truncated'],
    ['is answered by a page', async (asked, pass) => (isListing(asked.url) ? pass() : page(200)), 'not-git'],
    ['is reset', async (asked, pass) => (isListing(asked.url) ? pass() : 'reset'), 'unreachable'],
  ];

  test.each(PUSH_FAULTS)('%s', async (_, fault, code) => {
    const repo = open({ deadlineMs: code === 'timeout' ? DEADLINE : PATIENT });
    const tip = (await repo.tips(['netloom-status'])).get('netloom-status') as Oid;
    await repo.sync('netloom-status', tip);
    const oid = (await repo.commit({ parent: tip, edits: new Map([['nodes/b.yaml', `${code}\n`]]), author: AUTHOR, message: 'b', at: AT })) as Oid;
    proxy.spoil(fault);
    expect((await failure(repo.push({ oid, branch: 'netloom-status', expect: tip }))).code).toBe(code);
    expect(await bare.tip('netloom-status')).toBe(tip);
  });
});

test('more bytes than allowed are not taken', async () => {
  await bare.grow('big', { 'noise.bin': Array.from({ length: 3000 }, () => Math.random().toString(36)).join('\n') });
  const repo = open({ maxBytes: 20_000 });
  const tip = (await repo.tips(['big'])).get('big') as Oid;
  expect((await failure(repo.sync('big', tip))).code).toBe('too-large');
});

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitServer, serveGit } from '../../src/lab/git-server.ts';
import { openRepo } from '../../src/repo/open.ts';
import type { Oid } from '../../src/repo/repo.ts';
import { send } from '../../src/repo/request.ts';
import { AT, AUTHOR, type Bare, makeBare } from './support/remote.ts';

let bare: Bare;
let server: GitServer;
const auth = { username: 'robot', password: 'secret' };

beforeAll(async () => {
  bare = await makeBare();
  server = await serveGit({ root: bare.root, auth });
});
afterAll(async () => {
  await server.close();
  await bare.remove();
});

/** What the server was asked while `work` ran. */
async function asked(work: () => Promise<unknown>): Promise<string[]> {
  const before = server.requests.length;
  await work();
  // The log is written when an answer has left, which the client may know a moment earlier.
  await new Promise(resolve => setTimeout(resolve, 30));
  return server.requests.slice(before).map(({ method, url, status }) => `${method} ${url} ${status}`);
}

const LISTING = 'GET /repo.git/info/refs?service=git-upload-pack 200';

test('a poll with nothing new is one request for both branches, also in a new process and with credentials', async () => {
  const main = await bare.grow('main', { 'a.yaml': 'a\n' });
  const status = await bare.grow('netloom-status', { 'b.yaml': 'b\n' });
  const poll = async (): Promise<void> => {
    const [definitions, ledger] = ['one', 'two'].map(name => openRepo({ url: `${server.url}/repo.git`, dir: join(bare.root, name), auth }));
    const tips = await definitions?.tips(['main', 'netloom-status']);
    expect(tips).toEqual(
      new Map([
        ['main', main],
        ['netloom-status', status],
      ]),
    );
    await definitions?.sync('main', main);
    await ledger?.sync('netloom-status', status);
    expect(await definitions?.list(main, '')).toHaveLength(1);
    expect(await ledger?.list(status, '')).toHaveLength(1);
  };
  expect((await asked(poll)).length).toBeLessThanOrEqual(4);
  expect(await asked(poll)).toEqual([LISTING]);
});

test('what is new is one more request, and only the news travel', async () => {
  const noise = Array.from({ length: 400 }, (_, at) => [`d${at % 10}/n${at}.yaml`, `${at} ${Math.random()} ${Math.random()} ${Math.random()}\n`] as const);
  const first = await bare.grow('many', Object.fromEntries(noise));
  const repo = openRepo({ url: `${server.url}/repo.git`, dir: join(bare.root, 'many'), auth });
  await repo.sync('many', first);
  const whole = server.requests.at(-1)?.bytesOut ?? 0;
  for (let round = 0; round < 3; round++) {
    const next = await bare.grow('many', { 'd1/n1.yaml': `${round}\n` });
    const requests = await asked(async () => {
      await repo.tips(['many']);
      await repo.sync('many', next);
    });
    expect(requests).toEqual([LISTING, 'POST /repo.git/git-upload-pack 200']);
    expect(server.requests.at(-1)?.bytesOut).toBeLessThan(whole / 10);
  }
});

test('a push is a listing and an upload', async () => {
  const repo = openRepo({ url: `${server.url}/repo.git`, dir: join(bare.root, 'push'), auth });
  const oid = (await repo.commit({ parent: null, edits: new Map([['a', 'a']]), author: AUTHOR, message: 'm', at: AT })) as Oid;
  const requests = await asked(() => repo.push({ oid, branch: 'pushed', expect: null }));
  expect(requests).toEqual(['GET /repo.git/info/refs?service=git-receive-pack 200', 'POST /repo.git/git-receive-pack 200']);
  // What we pushed ourselves need not be fetched.
  expect(await asked(() => repo.sync('pushed', oid))).toEqual([]);
});

test('a server with a very long listing is asked for the branches by name, once it is known', async () => {
  const tip = await bare.grow('main', { 'long.yaml': 'x\n' });
  const packed = join(bare.path, 'packed-refs');
  const before = await readFile(packed, 'utf8').catch(() => '# pack-refs with: peeled fully-peeled sorted \n');
  const pulls = Array.from({ length: 20_000 }, (_, at) => `${tip} refs/pull/${String(at).padStart(5, '0')}/head\n`).join('');
  await writeFile(packed, before + pulls);
  const dir = join(bare.root, 'long');
  const poll = async (): Promise<void> => {
    const tips = await openRepo({ url: `${server.url}/repo.git`, dir, auth }).tips(['main', 'absent']);
    expect(tips).toEqual(
      new Map([
        ['main', tip],
        ['absent', null],
      ]),
    );
  };
  const BY_NAME = 'POST /repo.git/git-upload-pack 200';
  expect(await asked(poll)).toEqual([LISTING, BY_NAME]);
  expect(await asked(poll)).toEqual([BY_NAME]);
  const repo = openRepo({ url: `${server.url}/repo.git`, dir, auth });
  expect(await asked(() => repo.sync('main', tip))).toEqual([BY_NAME, BY_NAME]);
  expect(await repo.list(tip, '')).not.toEqual([]);
  await writeFile(packed, before);
});

test('a request that cannot be made is refused once: no timer is left that ends what never was', async () => {
  const uncaught: unknown[] = [];
  const hear = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', hear);
  try {
    const request = { method: 'GET', url: `${server.url}/repo.git/info/refs`, headers: { authorization: 'two\nlines' }, contentType: 'none' } as const;
    await expect(send('here', request, { until: Date.now() + 20, maxBytes: 1000 })).rejects.toThrow(/header/i);
    await new Promise(resolve => setTimeout(resolve, 100));
  } finally {
    process.off('uncaughtException', hear);
  }
  expect(uncaught).toEqual([]);
});

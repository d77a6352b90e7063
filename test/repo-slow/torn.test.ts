import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type GitServer, serveGit } from '../../src/lab/git-server.ts';
import { openRepo } from '../../src/repo/open.ts';
import type { Oid, Repo } from '../../src/repo/repo.ts';
import { AT, AUTHOR, type Bare, makeBare } from '../repo/support/remote.ts';

let bare: Bare;
let server: GitServer;
let first: Oid;
let tip: Oid;
let clones = 0;

const files = (round: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`d${at % 7}/n${at}.yaml`, `${round} ${at} ${'x'.repeat(300)}\n`]));

beforeAll(async () => {
  bare = await makeBare();
  server = await serveGit({ root: bare.root });
  first = await bare.grow('main', files(0));
  tip = await bare.grow('main', files(1));
});
afterAll(async () => {
  await server.close();
  await bare.remove();
});

describe.each(['http', 'the git binary'])('over %s', way => {
  let dir: string;
  let url: string;
  const open = (): Repo => openRepo({ url, dir, deadlineMs: 20_000 });

  beforeEach(() => {
    url = way === 'http' ? `${server.url}/repo.git` : bare.path;
    dir = join(bare.root, `clone-${clones++}`);
  });

  async function expectWhole(repo: Repo): Promise<void> {
    const entries = await repo.list(tip, '');
    const blobs = await repo.read(entries.map(entry => entry.oid));
    expect(blobs.size).toBe(120);
    expect(Buffer.from(blobs.get(entries[0]?.oid as Oid) as Uint8Array).toString()).toMatch(/^1 0 x+\n$/);
  }

  test('what a killed writer has left half done is thrown away, and its lock with it', async () => {
    const repo = open();
    await repo.sync('main', first);
    await writeFile(join(dir, 'clone/left-over'), '');
    // What a process leaves that dies between two writes; pid 1 has another start time than this.
    await writeFile(join(dir, 'lock'), '1 999999999999 0\n');
    await writeFile(join(dir, 'writing'), '');
    await open().sync('main', tip);
    expect(await readdir(join(dir, 'clone'))).not.toContain('left-over');
    expect((await readdir(dir)).filter(name => name !== 'gitconfig')).toEqual(['clone']);
    await expectWhole(open());
  });

  test('a writer waits for the other, and says for whom when it takes too long', async () => {
    const other = spawn('sleep', ['60']);
    onTestFinished(() => void other.kill());
    const start = (await readFile(`/proc/${other.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[19];
    await mkdir(dir);
    await writeFile(join(dir, 'lock'), `${other.pid} ${start} 0\n`);
    const repo = openRepo({ url, dir, deadlineMs: 300 });
    await expect(repo.sync('main', tip)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining(`in use by process ${other.pid}`) as string,
    });
    setTimeout(() => void rm(join(dir, 'lock')), 200);
    await open().sync('main', tip);
    await expectWhole(open());
  });

  test('two writers of one clone do not tear it', async () => {
    const write = async (index: number): Promise<void> => {
      const repo = open();
      await repo.sync('main', index % 2 === 0 ? tip : first);
      await repo.commit({ parent: null, edits: new Map([['a', `${index}`]]), author: AUTHOR, message: 'm', at: AT });
    };
    await Promise.all(Array.from({ length: 6 }, (_, index) => write(index)));
    const repo = open();
    await repo.sync('main', tip);
    await expectWhole(repo);
  });

  const DAMAGE: readonly (readonly [string, (clone: string) => Promise<void>, 'at the sync' | 'at the first read'])[] = [
    ['its packs are empty', clone => eachPack(clone, /pack$/, path => truncate(path, 0)), 'at the sync'],
    ['its packs are cut short', clone => eachPack(clone, /pack$/, async path => truncate(path, (await stat(path)).size - 7)), 'at the sync'],
    ['its packs are gone', clone => eachPack(clone, /pack$/, path => rm(path)), 'at the sync'],
    ['the indexes of its packs are empty', clone => eachPack(clone, /idx$/, async path => truncate(path, 0)), 'at the sync'],
    [
      'the indexes of its packs are garbage',
      clone => eachPack(clone, /idx$/, async path => writeFile(path, Buffer.alloc((await stat(path)).size, 7))),
      'at the first read',
    ],
    ['all objects are gone', clone => rm(join(clone, 'objects'), { recursive: true }), 'at the sync'],
    ['its branch is garbage', clone => writeFile(join(clone, 'refs/heads/main'), '\0\0\0garbage'), 'at the sync'],
    ['its branch is empty', clone => writeFile(join(clone, 'refs/heads/main'), ''), 'at the sync'],
    ['its branch names a commit that is nowhere', clone => writeFile(join(clone, 'refs/heads/main'), `${'d'.repeat(40)}\n`), 'at the sync'],
    ['its HEAD is garbage', clone => writeFile(join(clone, 'HEAD'), '???'), 'at the first read'],
    ['its configuration is garbage', clone => writeFile(join(clone, 'config'), '[[['), 'at the first read'],
    ['its shallow file is garbage', clone => writeFile(join(clone, 'shallow'), 'x\n'.repeat(9)), 'at the first read'],
    ['our own notes are garbage', clone => writeFile(join(clone, 'netloom.json'), '{"whole": 3'), 'at the sync'],
    ['it is a file', async clone => rm(clone, { recursive: true }).then(() => writeFile(clone, '')), 'at the sync'],
  ];

  test.each(DAMAGE)('a clone is read whole after a sync although %s', async (_, damage) => {
    await open().sync('main', first);
    await damage(join(dir, 'clone'));
    const repo = open();
    await repo.sync('main', tip);
    await expectWhole(repo);
    await repo.sync('main', first);
    expect(await repo.list(first, '')).toHaveLength(120);
  });

  test.each(DAMAGE)(
    'with nothing new to fetch, it is seen at the sync, or said at the first read and mended by the next sync, that %s',
    async (_, damage, seen) => {
      await open().sync('main', tip);
      await damage(join(dir, 'clone'));
      const repo = open();
      await repo.sync('main', tip);
      const first = await expectWhole(repo).catch((error: unknown) => error);
      if (seen === 'at the sync') expect(first).toBeUndefined();
      else if (first !== undefined) expect(first).toMatchObject({ name: 'RepoError', code: 'corrupt' });
      await repo.sync('main', tip);
      await expectWhole(open());
    },
  );

  test('damage that is met while reading is said, and mended by the next sync', async () => {
    await open().sync('main', tip);
    // The same name and size, so that only reading can tell.
    await eachPack(join(dir, 'clone'), /pack$/, async path => {
      const bytes = await readFile(path);
      await writeFile(path, bytes.fill(0xaa, 40, bytes.length - 20));
    });
    const repo = open();
    await repo.sync('main', tip);
    await expect(repo.list(tip, '')).rejects.toMatchObject({ name: 'RepoError', code: 'corrupt' });
    await repo.sync('main', tip);
    await expectWhole(repo);
  });

  test('a commit that an empty remote cannot have sent is missing, not assumed', async () => {
    await expect(open().list(tip, '')).rejects.toMatchObject({ name: 'RepoError', code: 'corrupt' });
    await expect(open().commit({ parent: tip, edits: new Map([['a', 'a']]), author: AUTHOR, message: 'm', at: AT })).rejects.toMatchObject({ code: 'corrupt' });
  });
});

async function eachPack(clone: string, names: RegExp, work: (path: string) => Promise<void>): Promise<void> {
  const folder = join(clone, 'objects/pack');
  const found = (await readdir(folder)).filter(name => names.test(name));
  expect(found).not.toEqual([]);
  for (const name of found) {
    await chmod(join(folder, name), 0o600);
    await work(join(folder, name));
  }
}

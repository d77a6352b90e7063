import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitServer, serveGit } from '../../src/lab/git-server.ts';
import { type Program, printed, program } from '../host/program.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';

let bare: Bare;
let server: GitServer;
let puller: Program;

beforeAll(async () => {
  bare = await makeBare();
  server = await serveGit({ root: bare.root });
  puller = await program(`
    import { openRepo } from '../../src/repo/open.ts';
    const [url, dir, small, big, other] = process.argv.slice(2);
    const repo = openRepo({ url, dir });
    const said = async work => console.log(await work().then(value => JSON.stringify(value ?? 'ok'), error => error.name + ' ' + error.code + ' ' + /room/.test(error.message)));
    await said(() => repo.sync('small', small));
    await said(() => repo.sync('big', big));
    await said(async () => (await repo.list(small, '')).length);
    await said(() => repo.sync('small', other));
    await said(async () => (await repo.list(other, '')).length);
  `);
});
afterAll(async () => {
  puller.remove();
  await server.close();
  await bare.remove();
});

test.each(['http', 'the git binary'])('over %s, a full disk is said to be one, and what was there stays readable', async way => {
  const small = await bare.grow('small', { 'a.yaml': 'a\n' }, { root: true });
  const big = await bare.grow('big', { 'noise.bin': Array.from({ length: 80_000 }, () => Math.random().toString(36)).join('\n') });
  const other = await bare.grow('small', { 'b.yaml': 'b\n' });
  const disk = join(bare.root, `disk-${way}`);
  await mkdir(disk);
  // A disk of its own that goes with the process.
  const wrap = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o size=400k tmpfs "$0" && exec "$@"', disk];
  const url = way === 'http' ? `${server.url}/repo.git` : bare.path;
  const child = puller.start([url, join(disk, 'clone'), small, big, other], wrap);
  expect((await printed(child)).trim().split('\n')).toEqual(['"ok"', 'RepoError disk-full true', '1', '"ok"', '2']);
});

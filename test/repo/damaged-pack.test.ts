import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serveGit } from '../../src/lab/git-server.ts';
import { openRepo } from '../../src/repo/open.ts';
import { makeBare } from './support/remote.ts';

test('a commit that the index of a damaged pack takes for another one is damage, and not what somebody signed', async () => {
  const bare = await makeBare();
  const server = await serveGit({ root: bare.root });
  const dir = join(bare.root, 'clone');
  const repo = openRepo({ url: `${server.url}/repo.git`, dir, deadlineMs: 15_000 });
  await repo.sync('main', await bare.grow('main', { 'a.yaml': '0\n' }));
  const one = await bare.grow('main', { 'a.yaml': '1\n' });
  const two = await bare.grow('main', { 'a.yaml': '2\n' });
  await repo.sync('main', two);
  const packs = join(dir, 'clone/objects/pack');
  for (const name of (await readdir(packs)).filter(each => each.endsWith('.idx'))) await swapOffsets(join(packs, name), one, two);
  const fresh = openRepo({ url: `${server.url}/repo.git`, dir, deadlineMs: 15_000 });
  await expect(fresh.bytes(one)).rejects.toMatchObject({ name: 'RepoError', code: 'corrupt' });
  // Everything that is asked for is there: only that it was met tells that this clone is of no use.
  await fresh.sync('main', two);
  expect(Buffer.from(await fresh.bytes(two)).toString()).toContain(`parent ${one}`);
  await server.close();
  await bare.remove();
});

/** Index version 2 (gitformat-pack): header, fan-out, names, checksums, offsets. */
async function swapOffsets(path: string, one: string, two: string): Promise<void> {
  const index = await readFile(path);
  const count = index.readUInt32BE(8 + 255 * 4);
  const names = Array.from({ length: count }, (_, at) => index.toString('hex', 1032 + 20 * at, 1052 + 20 * at));
  const [a, b] = [one, two].map(oid => 1032 + 24 * count + 4 * names.indexOf(oid));
  if (a === undefined || b === undefined || !names.includes(one) || !names.includes(two)) return;
  const [at, bt] = [index.readUInt32BE(a), index.readUInt32BE(b)];
  index.writeUInt32BE(bt, a);
  index.writeUInt32BE(at, b);
  createHash('sha1')
    .update(index.subarray(0, -20))
    .digest()
    .copy(index, index.length - 20);
  await writeFile(path, index);
}

import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { entriesOf } from '../../src/repo/iso-store.ts';
import { absentObjects, packedBlobs } from '../../src/repo/pack-index.ts';
import { type Bare, makeBare } from './support/remote.ts';

let bare: Bare;

beforeAll(async () => {
  bare = await makeBare();
  const long = randomBytes(120_000).toString('hex');
  for (let round = 0; round < 12; round++) {
    const similar = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`n${at}.yaml`, `${'kind: Network\n'.repeat(60)}name: ${at}-${round}\n`]));
    // Copies of more than 64 KiB, from far inside the base.
    await bare.grow('main', { ...similar, 'long.bin': `${round}${long.slice(round)}${round}`, 'empty.yaml': '' });
  }
});
afterAll(() => bare.remove());

test.each([
  ['by distance', 'true'],
  ['by name', 'false'],
])('objects that say %s what they differ from read as git reads them', async (_, byDistance) => {
  await bare.git('-c', `repack.useDeltaBaseOffset=${byDistance}`, 'repack', '-adfq', '--depth=50', '--window=50');
  const chains = await bare.git('verify-pack', '-sv', `${bare.path}/objects/pack/${await packName()}`);
  expect(chains).toMatch(/chain length = 3:/);
  const objects = (await bare.git('cat-file', '--batch-all-objects', '--batch-check')).split('\n').map(line => line.split(' '));
  const blobs = objects.filter(([, type]) => type === 'blob').map(([oid]) => oid as string);
  const read = await packedBlobs(bare.path, blobs);
  expect(read.size).toBe(blobs.length);
  expect(blobs.length).toBeGreaterThan(200);
  for (const [oid, , size] of objects) if (read.has(oid as string)) expect(String(read.get(oid as string)?.length)).toBe(size);
  expect(await absentObjects(bare.path, [...objects.map(([oid]) => oid as string), 'f'.repeat(40)])).toEqual(['f'.repeat(40)]);
});

test('what is asked for as a blob and is none is an error, what is not packed is left out', async () => {
  await expect(packedBlobs(bare.path, [await bare.git('rev-parse', 'main^{tree}')])).rejects.toThrow('another content');
  expect(await packedBlobs(bare.path, ['f'.repeat(40)])).toEqual(new Map());
});

test.each(['pack', 'idx'])('a clone whose %s is torn holds nothing, whatever the rest of it says', async ending => {
  const torn = await makeBare();
  try {
    const tip = await torn.grow('main', { 'a.yaml': 'a: 1\n' });
    await torn.git('repack', '-adq');
    const folder = `${torn.path}/objects/pack`;
    const name = (await readdir(folder)).find(each => each.endsWith(`.${ending}`)) ?? '';
    expect(await absentObjects(torn.path, [tip])).toEqual([]);
    // The last byte is of the checksum, which nobody needs who only reads objects.
    const bytes = await readFile(`${folder}/${name}`);
    await chmod(`${folder}/${name}`, 0o600);
    await writeFile(`${folder}/${name}`, bytes.subarray(0, -1));
    await expect(absentObjects(torn.path, [tip])).rejects.toThrow('torn');
  } finally {
    await torn.remove();
  }
});

test('an object that becomes much more than what came is not unpacked, nor a tree that names itself many times listed', async () => {
  const bomb = await makeBare();
  try {
    await bomb.grow('main', { 'zeros.yaml': '\0'.repeat(64 * 1024 * 1024 + 1) });
    await bomb.git('repack', '-adq');
    await expect(packedBlobs(bomb.path, [await bomb.git('rev-parse', 'main:zeros.yaml')])).rejects.toMatchObject({ code: 'too-large' });
    await bomb.grow('wide', Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`${n}.yaml`, 'x: 1\n'])), { root: true });
    let tree = await bomb.git('rev-parse', 'wide^{tree}');
    const nested = Array.from({ length: 1000 }, (_, n) => `040000 tree ${tree}\t${String(n).padStart(4, '0')}\n`).join('');
    tree = (await run('git', [`--git-dir=${bomb.path}`, 'mktree'], { stdin: nested, okCodes: [0] })).stdout.trim();
    const commit = await bomb.git('-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit-tree', '-m', 'bomb', tree);
    await expect(entriesOf({ gitdir: bomb.path, cache: {} }, commit)).rejects.toMatchObject({ code: 'too-large' });
  } finally {
    await bomb.remove();
  }
});

async function packName(): Promise<string> {
  return (await readdir(`${bare.path}/objects/pack`)).find(name => name.endsWith('.idx')) ?? '';
}

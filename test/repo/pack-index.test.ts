import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

async function packName(): Promise<string> {
  return (await readdir(`${bare.path}/objects/pack`)).find(name => name.endsWith('.idx')) ?? '';
}

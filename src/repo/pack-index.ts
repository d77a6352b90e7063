/** Which objects a clone has, without reading them: the indexes of its packs (gitformat-pack, version 2), each pack checked. */
import { createHash } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from './repo.ts';

/**
 * Those of `oids` that are in no sound pack and not loose. A pack counts when its bytes have the checksum that it and its
 * index name: a torn file is found here and not when somebody reads from its end.
 */
export async function absentObjects(gitdir: string, oids: readonly Oid[]): Promise<readonly Oid[]> {
  const packed = await packedObjects(gitdir);
  const unpacked = oids.filter(oid => !packed.has(oid));
  const loose = await Promise.all(unpacked.map(oid => isLoose(gitdir, oid)));
  return unpacked.filter((_, index) => !loose[index]);
}

async function packedObjects(gitdir: string): Promise<ReadonlySet<Oid>> {
  const folder = join(gitdir, 'objects/pack');
  const all = new Set<Oid>();
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.idx')) continue;
    const index = await readFile(join(folder, name));
    const pack = await readFile(join(folder, name.replace(/idx$/, 'pack')));
    for (const oid of objectsOf(index, pack, name)) all.add(oid);
  }
  return all;
}

function objectsOf(index: Buffer, pack: Buffer, name: string): Oid[] {
  const sound = index.length >= 8 + 1024 + 40 && index.readUInt32BE(0) === 0xff744f63 && index.readUInt32BE(4) === 2 && isSealed(index) && isSealed(pack);
  if (!sound || !pack.subarray(-20).equals(index.subarray(-40, -20))) throw new Error(`the pack ${name} or its index is torn`);
  const count = index.readUInt32BE(8 + 255 * 4);
  const names = index.toString('hex', 8 + 1024, 8 + 1024 + count * 20);
  return Array.from({ length: count }, (_, at) => names.slice(at * 40, at * 40 + 40));
}

/** True when the last 20 bytes are the sha-1 of all before. */
function isSealed(bytes: Buffer): boolean {
  return bytes.length > 20 && createHash('sha1').update(bytes.subarray(0, -20)).digest().equals(bytes.subarray(-20));
}

async function isLoose(gitdir: string, oid: Oid): Promise<boolean> {
  return access(join(gitdir, 'objects', oid.slice(0, 2), oid.slice(2))).then(
    () => true,
    () => false,
  );
}

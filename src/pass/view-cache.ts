/** What commands that look worked out before, by the ids of what it was made of. A cache: a file that is broken, or of another netloom, is none. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { readTextIfThere, writeAtomic } from '../host/files.ts';
import { schemasHash } from '../load/schema.ts';
import type { Oid, Repo, TreeEntry } from '../repo/repo.ts';
import { version } from './program.ts';

/** Raised when what is kept changes its shape. */
const FORMAT = 1;

/** What was kept under a name for this key; null for none. */
export async function cached<T>(dir: string, name: string, key: string): Promise<T | null> {
  try {
    const text = await readTextIfThere(pathOf(dir, name));
    if (text === null) return null;
    const kept = JSON.parse(text) as { made: string; key: string; value: T };
    return kept.made === fingerprint() && kept.key === key ? kept.value : null;
  } catch (error) {
    if (error instanceof HostError || error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Keeps it for the next look; where nothing can be written, that costs the next one time. */
export async function keepCached(dir: string, name: string, key: string, value: unknown): Promise<void> {
  try {
    await writeAtomic(pathOf(dir, name), JSON.stringify({ made: fingerprint(), key, value }));
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
  }
}

/** What is made of texts, by path: only of those that were not there at the last look are the blobs read. */
export async function madeOfBlobs<T>(dir: string, name: string, from: Pick<Repo, 'read'>, entries: readonly TreeEntry[], make: (text: string) => T) {
  const known = new Map((await cached<readonly (readonly [Oid, T])[]>(dir, name, '')) ?? []);
  const fresh = entries.map(entry => entry.oid).filter(oid => !known.has(oid));
  const decoder = new TextDecoder();
  for (const [oid, bytes] of fresh.length === 0 ? [] : await from.read(fresh)) known.set(oid, make(decoder.decode(bytes)));
  const found = new Map(entries.flatMap(({ path, oid }) => (known.has(oid) ? [[path, known.get(oid) as T] as const] : [])));
  if (fresh.length > 0) {
    const now = new Set(entries.map(entry => entry.oid));
    await keepCached(
      dir,
      name,
      '',
      [...known].filter(([oid]) => now.has(oid)),
    );
  }
  return found;
}

/** One key for what everything listed here says. */
export function keyOfContent(parts: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\n');
  return hash.digest('hex');
}

function pathOf(dir: string, name: string): string {
  return join(dir, 'cache', `${name}.json`);
}

// What another netloom made may be of another shape, or compiled in another way.
function fingerprint(): string {
  return keyOfContent([`view ${FORMAT} ${version()}`, schemasHash()]);
}

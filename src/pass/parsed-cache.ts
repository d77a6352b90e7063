/** Definitions that were parsed before are not parsed again: 98 % of loading is parsing. A cache: losing it costs time only. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { readTextIfThere, writeAtomic } from '../host/files.ts';
import { type Loaded, load } from '../load/load.ts';
import type { ParsedFile } from '../load/parse-file.ts';
import { schemasHash } from '../load/schema.ts';
import type { SourceEntry, SourceFile } from '../load/source.ts';
import type { Catalog } from '../objects/object.ts';
import { version } from './program.ts';

/** What was loaded, and sentences about a cache that is of no use. */
export interface CachedLoad extends Loaded {
  readonly remarks: readonly string[];
}

/**
 * Loads the files of a revision, or the entries of a tree with the files that were read of it; without a state directory
 * nothing is kept. A cache that cannot be read or written costs time and a remark, nothing else.
 */
export async function loadCached(
  stateDir: string | null,
  files: readonly SourceFile[],
  entries: readonly SourceEntry[] = files,
  before?: Catalog,
): Promise<CachedLoad> {
  const bytes = new Map(files.map(file => [file.path, file.bytes]));
  if (stateDir === null) return { ...load({ entries, bytesOf: name => bytes.get(name) ?? null, before }), remarks: [] };
  const path = join(stateDir, 'cache', 'parsed.json');
  const remarks: string[] = [];
  const known = (await spared(remarks, () => knownFiles(path))) ?? new Map<string, ParsedFile>();
  const loaded = load({ entries, bytesOf: name => bytes.get(name) ?? null, known, before });
  if (!sameKeys(known, loaded.parsed)) {
    await spared(remarks, () => writeAtomic(path, JSON.stringify({ made: fingerprint(), files: [...loaded.parsed] })));
  }
  return { ...loaded, remarks };
}

async function spared<T>(remarks: string[], attempt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    remarks.push(`the cache of parsed definitions is of no use: ${error.message}; the next pass parses every file again`);
    return undefined;
  }
}

async function knownFiles(path: string): Promise<ReadonlyMap<string, ParsedFile>> {
  const text = await readTextIfThere(path);
  if (text === null) return new Map();
  try {
    const kept = JSON.parse(text) as { made: string; files: [string, ParsedFile][] };
    return kept.made === fingerprint() ? new Map(kept.files) : new Map();
  } catch {
    return new Map();
  }
}

// What was parsed by another netloom may have been held to other schemas.
function fingerprint(): string {
  return createHash('sha256').update(`parsed 2 ${version()} ${schemasHash()}`).digest('hex');
}

function sameKeys(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const key of b.keys()) if (!a.has(key)) return false;
  return true;
}

/** A folder of definitions instead of a remote: development, and `netloom plan --local`. The ledger stays in the state directory. */

import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Allocation } from '../allocate/allocate.ts';
import { isDefinitions } from '../load/entries.ts';
import type { Loaded } from '../load/load.ts';
import type { SourceFile } from '../load/source.ts';
import { EMPTY_LEDGER } from '../model/ledger.ts';
import type { Catalog } from '../objects/object.ts';
import { decide } from './decide.ts';
import { loadKeptLedger, saveKeptLedger } from './kept.ts';
import { loadCached } from './parsed-cache.ts';

/** Loads the definitions of a folder. */
export async function loadFolder(dir: string, stateDir: string): Promise<Loaded> {
  return loadCached(stateDir, readFolder(dir));
}

/** Allocates against the ledger in the state directory; `keep` writes the next one there before anything uses it. */
export async function settleLocally(catalog: Catalog, stateDir: string, keep: boolean): Promise<Allocation> {
  const kept = (await loadKeptLedger(stateDir))?.ledger ?? EMPTY_LEDGER;
  const decided = decide(catalog, kept, new Date());
  if (keep && decided.ledger !== kept) await saveKeptLedger(stateDir, { tip: null, ledger: decided.ledger });
  return decided;
}

// Links are listed, never followed: load refuses them by their mode.
function readFolder(dir: string, below = ''): readonly SourceFile[] {
  return readdirSync(join(dir, below), { withFileTypes: true }).flatMap(entry => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name === '.git' || entry.name === 'node_modules') return [];
    if (entry.isDirectory()) return readFolder(dir, path);
    if (!isDefinitions(path)) return [];
    const isLink = lstatSync(join(dir, path)).isSymbolicLink();
    const bytes = isLink ? new Uint8Array() : readFileSync(join(dir, path));
    return [{ path, mode: isLink ? '120000' : '100644', id: blobOid(bytes), bytes }];
  });
}

/** Git's name for a content. */
function blobOid(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

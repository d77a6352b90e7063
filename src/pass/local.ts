/** A folder of definitions instead of a remote: development, and `netloom plan --local`. The ledger stays in the state directory. */

import type { Allocation } from '../allocate/allocate.ts';
import type { SourceEntry, SourceFile } from '../load/source.ts';
import { EMPTY_LEDGER } from '../model/ledger.ts';
import type { Catalog } from '../objects/object.ts';
import { decide } from './decide.ts';
import { blobId, identified, listFolder, readIn } from './folder.ts';
import { loadKeptLedger, saveKeptLedger } from './kept.ts';
import { type CachedLoad, loadCached } from './parsed-cache.ts';

/** Loads the definitions of a folder; without a state directory every file is parsed anew. */
export async function loadFolder(dir: string, stateDir: string | null, before?: Catalog): Promise<CachedLoad & { readonly files: readonly SourceFile[] }> {
  const files: SourceFile[] = [];
  const entries = listFolder(dir).map((found): SourceEntry => {
    const bytes = found.stamp === '' ? null : readIn(dir, found.path);
    if (bytes === null) return identified(found, '');
    const entry = identified(found, blobId(bytes));
    files.push({ ...entry, bytes });
    return entry;
  });
  return { ...(await loadCached(stateDir, files, entries, before)), files };
}

/** Allocates against the ledger in the state directory; `keep` writes the next one there before anything uses it. */
export async function settleLocally(catalog: Catalog, stateDir: string, keep: boolean): Promise<Allocation> {
  const kept = (await loadKeptLedger(stateDir))?.ledger ?? EMPTY_LEDGER;
  const decided = decide(catalog, kept, new Date());
  if (keep && decided.ledger !== kept) await saveKeptLedger(stateDir, { tip: null, ledger: decided.ledger });
  return decided;
}

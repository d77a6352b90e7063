/** What this node keeps, for commands that must work while git is out of reach. */
import type { Ledger } from '../model/ledger.ts';
import type { Catalog } from '../objects/object.ts';
import { loadGood, loadKeptLedger } from './kept.ts';
import { loadCached } from './parsed-cache.ts';

/** Definitions and ledger of the revision that is enforced here; null where there are none, or where we may not read them. */
export async function seeKept(stateDir: string): Promise<{ readonly catalog: Catalog; readonly ledger: Ledger } | null> {
  try {
    const [good, kept] = [await loadGood(stateDir), await loadKeptLedger(stateDir)];
    if (good === null || kept === null) return null;
    const { catalog } = await loadCached(null, good.files);
    return catalog === null ? null : { catalog, ledger: kept.ledger };
  } catch {
    return null; // not ours to read: a look from a person's account
  }
}

/** What this node accepted last: definitions and ledger, without asking any remote. */
import { HostError } from '../host/errors.ts';
import type { Ledger } from '../model/ledger.ts';
import type { Catalog } from '../objects/object.ts';
import { loadGood, loadKeptLedger } from './kept.ts';
import { loadCached } from './parsed-cache.ts';

/** Both, or null where there are none yet, or where they are not ours to read. */
export async function knownHere(stateDir: string): Promise<{ readonly catalog: Catalog; readonly ledger: Ledger } | null> {
  try {
    const [good, kept] = [await loadGood(stateDir), await loadKeptLedger(stateDir)];
    const catalog = good === null ? null : (await loadCached(stateDir, good.files)).catalog;
    return catalog === null || kept === null ? null : { catalog, ledger: kept.ledger };
  } catch (error) {
    if (error instanceof HostError && error.code === 'not-permitted') return null;
    throw error;
  }
}

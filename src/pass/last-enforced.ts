/**
 * What this node's kernel was last brought to, and what before that: definitions and ledger, as hard links of the files that were
 * kept then. What is kept as good may be newer: accepted, and not enforced yet.
 */
import { join } from 'node:path';
import { isAnythingKept, isKept, keepTogether } from '../host/generation.ts';
import { dropUsedApprovals } from './control.ts';
import { definitionsIn, GOOD, type Good, KEPT_FILES, type KeptLedger, ledgerIn, loadGood } from './kept.ts';
import { forgetTakenOver } from './taken-over.ts';
import { noteEnforcedBy } from './upgrade-consent.ts';

/** Definitions with the ledger that they ran with; null for what there was none of. */
export interface KeptState {
  readonly good: Good | null;
  readonly ledger: KeptLedger | null;
}

const LAST = 'enforced';
const BEFORE = 'enforced-before';

/** Paths of the files of the last enforced state: what a journal keeps of it. */
export function lastEnforcedFiles(stateDir: string): readonly string[] {
  return KEPT_FILES.map(name => join(stateDir, LAST, name));
}

/**
 * Ahead of everything that a pass accepts: a node that enforced nothing yet says so, and one that was updated from a netloom
 * which kept no such record takes the good state for it.
 */
export async function openRecord(stateDir: string): Promise<void> {
  if (!(await isAnythingKept(join(stateDir, LAST)))) await keepState(stateDir);
}

/** The kernel has been brought to what is good now, by this version. Writes nothing when that is known. */
export async function keepEnforced(stateDir: string): Promise<void> {
  await keepState(stateDir);
  await forgetTakenOver(stateDir);
  await noteEnforcedBy(stateDir);
}

async function keepState(stateDir: string): Promise<void> {
  const last = join(stateDir, LAST);
  const sources = KEPT_FILES.map(name => join(stateDir, GOOD, name));
  if (await isKept(last, sources)) return;
  const [now, was] = [await loadGood(stateDir), await definitionsIn(last)];
  const isOther = was !== null && (was.revision !== now?.revision || was.path !== now.path);
  await keepTogether(last, sources, join(stateDir, BEFORE), isOther);
  await dropUsedApprovals(stateDir);
}

/** The definitions that were enforced last; `good`, which is not read again, where it is them. null: nothing was. */
export async function enforcedAsGood(stateDir: string, good: Good | null): Promise<Good | null> {
  const sources = KEPT_FILES.map(name => join(stateDir, GOOD, name));
  return (await isKept(join(stateDir, LAST), sources)) ? good : definitionsIn(join(stateDir, LAST));
}

/** null parts: nothing was enforced. */
export function lastEnforced(stateDir: string): Promise<KeptState> {
  return stateIn(join(stateDir, LAST));
}

/** The state of the revision before that one. */
export function enforcedBefore(stateDir: string): Promise<KeptState> {
  return stateIn(join(stateDir, BEFORE));
}

/** What is kept in a folder. */
export async function stateIn(folder: string): Promise<KeptState> {
  const [good, ledger] = await Promise.all([definitionsIn(folder), ledgerIn(folder)]);
  return { good, ledger };
}

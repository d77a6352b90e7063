/**
 * What a node keeps besides git and the kernel: the last good definitions and the ledger they ran with, apart from the
 * disposable clones. Losing them costs no address and no object.
 */
import { join } from 'node:path';
import { readTextIfThere, remove, writeAtomic } from '../host/files.ts';
import type { SourceFile } from '../load/source.ts';
import type { Ledger } from '../model/ledger.ts';

/** The newest revision that was whole and valid: what is enforced when git is down or the next one is bad. */
export interface Good {
  /** Commit; '' for a local folder. */
  readonly revision: string;
  /** Folder of the definitions in it: with another one the same commit says something else. */
  readonly path: string;
  readonly files: readonly SourceFile[];
}

/** The ledger as it was last read from, or published to, the status branch. */
export interface KeptLedger {
  /** Tip of the status branch that it was read from; null when there was none. */
  readonly tip: string | null;
  readonly ledger: Ledger;
}

const FORMAT = 1;

/** Where both are kept, below the state directory, and the files there. */
export const GOOD = 'good';
export const KEPT_FILES = ['definitions.json', 'ledger.json'] as const;

/** The last good definitions; null on a new node. A torn or foreign file counts as absent: git has it all. */
export function loadGood(stateDir: string): Promise<Good | null> {
  return definitionsIn(join(stateDir, GOOD));
}

/** The definitions that are kept in a folder; null where there are none. */
export async function definitionsIn(folder: string): Promise<Good | null> {
  const kept = await readJson<{ format: number; revision: string; path?: string; files: { path: string; mode: string; id: string; text: string }[] }>(
    join(folder, KEPT_FILES[0]),
  );
  if (kept === null || kept.format !== FORMAT) return null;
  const encoder = new TextEncoder();
  return { revision: kept.revision, path: kept.path ?? '', files: kept.files.map(({ text, ...entry }) => ({ ...entry, bytes: encoder.encode(text) })) };
}

/** Keeps a revision; only one without errors may get here. */
export async function saveGood(stateDir: string, good: Good): Promise<void> {
  const decoder = new TextDecoder();
  const files = good.files.map(({ path, mode, id, bytes }) => ({ path, mode, id, text: decoder.decode(bytes) }));
  await writeAtomic(join(stateDir, GOOD, KEPT_FILES[0]), JSON.stringify({ format: FORMAT, revision: good.revision, path: good.path, files }));
}

/** The ledger that the last good definitions ran with; null on a new node. */
export function loadKeptLedger(stateDir: string): Promise<KeptLedger | null> {
  return ledgerIn(join(stateDir, GOOD));
}

/** The ledger that is kept in a folder; null where there is none. */
export async function ledgerIn(folder: string): Promise<KeptLedger | null> {
  const kept = await readJson<{ format: number } & KeptLedger>(join(folder, KEPT_FILES[1]));
  return kept === null || kept.format !== FORMAT ? null : { tip: kept.tip, ledger: kept.ledger };
}

/** Keeps the ledger beside the definitions. */
export async function saveKeptLedger(stateDir: string, kept: KeptLedger): Promise<void> {
  await writeAtomic(join(stateDir, GOOD, KEPT_FILES[1]), JSON.stringify({ format: FORMAT, ...kept }));
}

/** Both as they were at another time; null takes one away. */
export async function restoreKept(stateDir: string, good: Good | null, ledger: KeptLedger | null): Promise<void> {
  if (ledger === null) await remove(join(stateDir, GOOD, KEPT_FILES[1]));
  else await saveKeptLedger(stateDir, ledger);
  if (good === null) await remove(join(stateDir, GOOD, KEPT_FILES[0]));
  else await saveGood(stateDir, good);
}

async function readJson<T>(path: string): Promise<T | null> {
  const text = await readTextIfThere(path);
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}

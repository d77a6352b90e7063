/**
 * The journal of an armed change: on disk before the first change, gone when the change is confirmed or taken back. Who finds one
 * and is not the pass that wrote it knows that nobody confirmed.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { bootId, bootSeconds, type ProcessMark } from '../host/boot.ts';
import { codeOfErrno, errnoOf, HostError } from '../host/errors.ts';
import { ensureFolder, readTextIfThere, remove, syncFolder, writeAtomic } from '../host/files.ts';
import { linkInto } from '../host/generation.ts';
import { stopWatcher } from '../host/watcher.ts';
import type { Resource } from '../kinds/kind.ts';
import { type KeptState, lastEnforcedFiles, stateIn } from './last-enforced.ts';
import type { Probe } from './probes.ts';

/** arming: nobody watches yet, and nothing was changed. applying: the pass is at it. applied: it waits for a person. undoing: it is taken back. confirmed: all is well, and only the journal is left. */
type Phase = 'arming' | 'applying' | 'applied' | 'undoing' | 'confirmed';

export interface Journal {
  readonly format: 1;
  /** Eight hexadecimal digits. */
  readonly id: string;
  readonly phase: Phase;
  readonly node: string;
  readonly runtimeDir: string;
  /** Commit that is being enforced; '' for a local folder. */
  readonly revision: string;
  readonly boot: string;
  /** Seconds since that boot at which it is taken back. */
  readonly deadlineS: number;
  /** Who confirms: the probes, or a person. */
  readonly confirm: 'probes' | 'person';
  /** The pass that changes the kernel. */
  readonly pass: ProcessMark;
  /** What of the plan meets the way, for people. */
  readonly touches: readonly string[];
  /** Settings of the node as they were: no definition knows them. */
  readonly settings: readonly Resource[];
  /** Those that worked before the change. */
  readonly probes: readonly Probe[];
  /** Why it is taken back; with phase undoing. */
  readonly why?: string;
}

const FOLDER = 'armed';
const FILE = 'journal.json';

/** The journal of this node; null where nothing is armed. Throws HostError for one that cannot be read. */
export async function loadJournal(stateDir: string): Promise<Journal | null> {
  const path = join(stateDir, FOLDER, FILE);
  const text = await readTextIfThere(path);
  if (text === null) return null;
  try {
    const journal = JSON.parse(text) as Journal;
    if (journal.format === 1) return journal;
  } catch {
    // Told below: it was written whole, so somebody else wrote it.
  }
  throw new HostError('invalid', `${path} is no journal of this version of netloom: remove ${join(stateDir, FOLDER)} when the node is as it should be`);
}

/** What comes back when the change is not confirmed. */
export function stateBefore(stateDir: string): Promise<KeptState> {
  return stateIn(join(stateDir, FOLDER));
}

/** Writes a journal with the state that was enforced last, whole or not at all. Throws HostError. */
export async function openJournal(stateDir: string, journal: Journal): Promise<void> {
  const folder = join(stateDir, FOLDER);
  const fresh = `${folder}.${randomUUID().slice(0, 8)}`;
  try {
    await ensureFolder(stateDir);
    for (const left of await readdir(stateDir)) if (left.startsWith(`${FOLDER}.`)) await remove(join(stateDir, left));
    await linkInto(fresh, lastEnforcedFiles(stateDir));
    await writeAtomic(join(fresh, FILE), JSON.stringify(journal));
    await rename(fresh, folder);
    await syncFolder(stateDir);
  } catch (error) {
    await remove(fresh).catch(() => undefined);
    if (error instanceof HostError) throw error;
    throw new HostError(codeOfErrno(error), `cannot write the journal ${folder}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** The same journal, further on. */
export async function turnPage(stateDir: string, journal: Journal, next: Partial<Pick<Journal, 'phase' | 'why' | 'deadlineS'>>): Promise<Journal> {
  const turned = { ...journal, ...next };
  await writeAtomic(join(stateDir, FOLDER, FILE), JSON.stringify(turned));
  return turned;
}

/** It is over, for its watcher too. The one act that ends it is a rename. */
export async function disarm(stateDir: string, { id, runtimeDir }: Pick<Journal, 'id' | 'runtimeDir'>): Promise<void> {
  await closeJournal(stateDir);
  await stopWatcher(id, runtimeDir);
}

async function closeJournal(stateDir: string): Promise<void> {
  const folder = join(stateDir, FOLDER);
  const gone = `${folder}.${randomUUID().slice(0, 8)}`;
  try {
    await rename(folder, gone);
    await syncFolder(stateDir);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw new HostError(codeOfErrno(error), `cannot remove the journal ${folder}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  await remove(gone);
}

/** True when it is past its deadline, or of another boot. */
export function isExpired({ boot, deadlineS }: Pick<Journal, 'boot' | 'deadlineS'>): boolean {
  return boot !== bootId() || bootSeconds() >= deadlineS;
}

/** Seconds that are left. */
export function secondsLeft(journal: Pick<Journal, 'boot' | 'deadlineS'>): number {
  return isExpired(journal) ? 0 : journal.deadlineS - bootSeconds();
}

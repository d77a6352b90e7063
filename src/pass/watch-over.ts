/**
 * The process that outlives a pass: it waits for the deadline of one journal, and takes back what nobody confirmed by then, also
 * from a pass that hangs. While it waits it is small: what enforces is loaded when it is needed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { bootSeconds, killMarked } from '../host/boot.ts';
import { HostError } from '../host/errors.ts';
import { type Lock, takeLock } from '../host/lock.ts';
import { disarm, type Journal, loadJournal, secondsLeft } from './journal.ts';

const LOOK_MS = 1_000;
const LOCK_MS = 50;
/** How long a pass that takes its own change back may take longer than its deadline. */
const GRACE_S = 30;
const TRIES = 30;
const LONGEST_WAIT_MS = 30_000;

/** Ends when the journal is over, or at once when another one watches over it. `say` is told when it watches, and of what fails. */
export async function watchOver(stateDir: string, id: string, say: (line: string) => void): Promise<void> {
  const journal = await current(stateDir, id);
  if (journal === null) return;
  const only = await alone(journal.runtimeDir);
  say(`watching ${id}`);
  if (only === null) return;
  try {
    await untilDeadline(stateDir, id);
    for (let tries = 1; tries <= TRIES; tries += 1) {
      if (await isOver(stateDir, id, say)) return;
      await sleep(Math.min(LONGEST_WAIT_MS, 250 * 2 ** tries));
    }
  } finally {
    only.release();
  }
}

async function alone(runtimeDir: string): Promise<Lock | null> {
  try {
    return await takeLock(runtimeDir, 'netloom undo', 'watcher');
  } catch (error) {
    if (error instanceof HostError && error.code === 'locked') return null;
    throw error;
  }
}

async function current(stateDir: string, id: string): Promise<Journal | null> {
  const journal = await loadJournal(stateDir);
  return journal?.id === id && journal.phase !== 'confirmed' ? journal : null;
}

async function untilDeadline(stateDir: string, id: string): Promise<void> {
  for (let journal = await current(stateDir, id); journal !== null; journal = await current(stateDir, id)) {
    const left = secondsLeft(journal);
    if (left <= 0) return;
    await sleep(Math.min(LOOK_MS, left * 1000));
  }
}

async function isOver(stateDir: string, id: string, say: (line: string) => void): Promise<boolean> {
  try {
    const lock = await lockOrKill(stateDir, id);
    if (lock === null) return true;
    try {
      const journal = await current(stateDir, id);
      if (journal === null) return true;
      if (journal.phase === 'arming') {
        await disarm(stateDir, journal);
        return true;
      }
      const [{ takeBack }, { whyUnconfirmed }] = await Promise.all([import('./take-back.ts'), import('./armed.ts')]);
      say((await takeBack(stateDir, journal, whyUnconfirmed(journal), null)).message);
      return true;
    } finally {
      lock.release();
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    say(error.message);
    return false;
  }
}

// null: it is over. Whoever else holds the lock (a pass that has found the journal itself) is waited for.
async function lockOrKill(stateDir: string, id: string): Promise<Lock | null> {
  for (;;) {
    const journal = await current(stateDir, id);
    if (journal === null) return null;
    const isLate = journal.phase === 'arming' || journal.phase === 'applying' || bootSeconds() > journal.deadlineS + GRACE_S;
    if (isLate) killMarked(journal.pass);
    try {
      return await takeLock(journal.runtimeDir, 'netloom undo');
    } catch (error) {
      if (!(error instanceof HostError) || error.code !== 'locked') throw error;
      await sleep(LOCK_MS);
    }
  }
}

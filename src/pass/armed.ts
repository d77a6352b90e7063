/** What is found armed before anything else is done: a journal says what became of the pass that wrote it. */
import { HostError } from '../host/errors.ts';
import { takeLock } from '../host/lock.ts';
import { isWatched, startWatcher } from '../host/watcher.ts';
import { confirm, watcherOf } from './guard.ts';
import { disarm, isExpired, type Journal, loadJournal, secondsLeft } from './journal.ts';
import { takeBack } from './take-back.ts';

/**
 * Needs the node's lock, so whoever wrote the journal is not at it any more: what nobody confirmed is taken back. Throws HostError
 * `locked` while a person may still confirm; whoever watched over it does again then.
 */
export async function settleArmed(stateDir: string): Promise<void> {
  const journal = await loadJournal(stateDir);
  if (journal === null) return;
  if (journal.phase === 'confirmed') return confirm(stateDir, journal);
  if (journal.phase === 'arming') return disarm(stateDir, journal);
  if (journal.phase === 'applied' && !isExpired(journal)) {
    if (!(await isWatched(journal.id, journal.runtimeDir))) await startWatcher(watcherOf(stateDir, journal));
    throw new HostError('locked', `${waitingText(journal)}; until then nothing else is done`);
  }
  await takeBack(stateDir, journal, whyUnconfirmed(journal), null);
}

/** `netloom confirm` within 42 s, or the previous state comes back. */
export function waitingText(journal: Journal): string {
  return `revision ${journal.revision.slice(0, 10)} waits for netloom confirm: within ${Math.round(secondsLeft(journal))} s, or the previous state comes back`;
}

/** Why a journal is still there when nobody is at it. */
export function whyUnconfirmed(journal: Pick<Journal, 'phase' | 'boot' | 'deadlineS' | 'touches'>): string {
  const after = journal.touches.length === 0 ? '' : `, after: ${journal.touches.join(', ')}`;
  if (journal.phase === 'applied') return `nobody confirmed it in time${after}`;
  return isExpired(journal) ? `it was not confirmed in time${after}` : `the pass was ended before it was confirmed${after}`;
}

/** A person says that what is enforced stays; the journal that this ended, or null where nothing waits. Throws HostError `invalid` when it is too late. */
export async function confirmArmed(stateDir: string, runtimeDir: string): Promise<Journal | null> {
  const lock = await takeLock(runtimeDir, 'netloom confirm');
  try {
    const journal = await loadJournal(stateDir);
    if (journal === null) return null;
    if (journal.phase === 'undoing' || (journal.phase !== 'confirmed' && isExpired(journal))) {
      throw new HostError('invalid', `it is too late: revision ${journal.revision.slice(0, 10)} is taken back`);
    }
    if (journal.phase === 'applying')
      throw new HostError('invalid', 'the pass that made this change was ended before it was done: the previous state comes back');
    await confirm(stateDir, journal);
    return journal;
  } finally {
    lock.release();
  }
}

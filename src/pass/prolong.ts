/**
 * A pass that takes long is none that hangs: while it is at work, and what answered before still answers, the deadline of its
 * journal moves on. Killed, stopped or cut off, it moves nothing, and is taken back in time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { bootSeconds } from '../host/boot.ts';
import { HostError } from '../host/errors.ts';
import type { Journal } from './journal.ts';

export interface ProlongArgs {
  /** From now to the deadline, each time that it moves; milliseconds. It is looked at four times as often. */
  readonly forMs: number;
  /** True while nothing is lost that worked before; told how long it may take, in milliseconds. */
  readonly isWell: (mostMs: number) => Promise<boolean>;
  /** Writes the journal with another deadline. */
  readonly turn: (journal: Journal, next: Pick<Journal, 'deadlineS'>) => Promise<Journal>;
}

/** Begins at once. What it gives ends it, and says where the journal is then; nothing is written after that. */
export function prolong(journal: Journal, { forMs, isWell, turn }: ProlongArgs): () => Promise<Journal> {
  const over = new AbortController();
  const ended = new Promise<false>(resolve => over.signal.addEventListener('abort', () => resolve(false)));
  let page = journal;
  const watching = (async () => {
    for (;;) {
      await sleep(forMs / 4, undefined, { signal: over.signal, ref: false }).catch(() => undefined);
      if (over.signal.aborted) return;
      if (await Promise.race([isWell(forMs / 4), ended])) page = await turn(page, { deadlineS: bootSeconds() + forMs / 1000 });
    }
  })().catch((error: unknown) => {
    // Then it stays where it is: the previous state comes back sooner than it must.
    if (!(error instanceof HostError)) throw error;
  });
  return async () => {
    over.abort();
    await watching;
    return page;
  };
}

/**
 * When to run a pass: at a new commit, and after an interval. An event only says "look again": what is to be done is found out by the
 * pass itself. One thing at a time, and none is begun once somebody asked to stop.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Times {
  /** Between two looks at the remote. */
  readonly pollMs: number;
  /** Between two passes when nothing is new: drift is repaired. */
  readonly intervalMs: number;
}

export interface Work {
  /** What the remote has now; another value is news. Throws when it does not answer. */
  look(): Promise<string>;
  /** False: what is new could not be had; the next look tries again. */
  pass(): Promise<boolean>;
  /** What else is done at each look, after the pass. Its failures are its own: they delay no pass. */
  also(): Promise<void>;
  /** A look or a pass that failed: it is tried again, later each time. */
  failed(error: unknown): void;
}

const LONGEST_MS = 15 * 60_000;

/** What a watch remembers. */
interface State {
  seen: string | null;
  passedAt: number;
  failures: number;
  /** Looks at which nothing else is done, and how many came after the last failure of it. */
  left: number;
  alsoFailures: number;
}

/** Runs until `stop` is aborted; the work that goes on then is waited for. The first pass runs at once. */
export async function watch({ pollMs, intervalMs }: Times, work: Work, stop: AbortSignal): Promise<void> {
  const state: State = { seen: null, passedAt: Number.NEGATIVE_INFINITY, failures: 0, left: 0, alsoFailures: 0 };
  while (!stop.aborted) {
    const isHeard = await lookAndPass(state, intervalMs, work, stop);
    if (isHeard && !stop.aborted) await doAlso(state, work);
    await sleep(waitMs(pollMs, state.failures, Math.random()), undefined, { signal: stop }).catch(() => undefined);
  }
}

// True when the remote answered.
async function lookAndPass(state: State, intervalMs: number, work: Work, stop: AbortSignal): Promise<boolean> {
  const isDue = (): boolean => performance.now() - state.passedAt >= intervalMs;
  const pass = async (): Promise<boolean> => {
    state.passedAt = performance.now();
    return work.pass();
  };
  try {
    const now = await work.look();
    if ((now !== state.seen || isDue()) && !stop.aborted) state.seen = (await pass()) ? now : null;
    state.failures = state.seen === now ? 0 : state.failures + 1;
    return true;
  } catch (error) {
    if (stop.aborted) return false;
    state.failures += 1;
    work.failed(error);
    // Git may be down: what is in force is repaired all the same.
    if (isDue()) await pass().catch(work.failed);
    return false;
  }
}

async function doAlso(state: State, work: Work): Promise<void> {
  if (state.left > 0) {
    state.left -= 1;
    return;
  }
  try {
    await work.also();
    state.alsoFailures = 0;
  } catch (error) {
    state.alsoFailures += 1;
    state.left = 2 ** Math.min(state.alsoFailures, 6);
    work.failed(error);
  }
}

/** A fifth more or less, so that nodes spread; doubled for each failure in a row. `random` is from 0 to 1. */
export function waitMs(pollMs: number, failures: number, random: number): number {
  return Math.round(Math.min(LONGEST_MS, pollMs * 2 ** Math.min(failures, 10)) * (0.8 + 0.4 * random));
}

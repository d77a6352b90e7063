/**
 * When to run a pass: at a new commit, after an interval, and when somebody wakes it. An event only says "look again": what is to be done
 * is found out by the pass itself. One thing at a time, and none is begun once somebody asked to stop.
 */
import type { Bell } from './bell.ts';

export interface Times {
  /** Between two looks at the remote. */
  readonly pollMs: number;
  /** Between two passes when nothing is new: drift is repaired. */
  readonly intervalMs: number;
  /** However often it is woken to look, the remote is asked no more often than this; a second. */
  readonly leastMs?: number;
}

export interface Work {
  /** What the remote has now; another value is news. Throws when it does not answer. */
  look(): Promise<string>;
  /** `why` is for people. What it found the remote to have, as `look` says it; null: what is new could not be had, and the next look tries again. */
  pass(why: readonly string[]): Promise<string | null>;
  /** What else is done at each look, after the pass. Its failures are its own: they delay no pass. */
  also(): Promise<void>;
  /** A look or a pass that failed: it is tried again, later each time. */
  failed(error: unknown): void;
}

const LONGEST_MS = 15 * 60_000;
const LEAST_MS = 1_000;

/** What a watch remembers. */
interface State {
  seen: string | null;
  passedAt: number;
  /** When the remote was asked last, and when it is asked next. */
  lookedAt: number;
  lookAt: number;
  failures: number;
  /** Who woke it to look, and was not answered yet. */
  why: readonly string[];
  /** Looks at which nothing else is done, and how many came after the last failure of it. */
  left: number;
  alsoFailures: number;
}

/** Runs until `stop` is aborted; the work that goes on then is waited for. The first pass runs at once, whatever the remote does. */
export async function watch(times: () => Times, work: Work, bell: Bell, stop: AbortSignal): Promise<void> {
  const never = Number.NEGATIVE_INFINITY;
  const state: State = { seen: null, passedAt: never, lookedAt: never, lookAt: never, failures: 0, why: [], left: 0, alsoFailures: 0 };
  if (!stop.aborted) await passNow(state, ['start'], work, stop);
  // It has asked the remote.
  state.lookAt = performance.now() + waitMs(times().pollMs, 0, Math.random());
  await bell.heard(state.lookAt - performance.now(), stop);
  while (!stop.aborted) {
    const asked = bell.take();
    if (asked.passes.length > 0) await passNow(state, asked.passes, work, stop);
    if (asked.looks.length > 0) hurry(state, asked.looks, times());
    if (performance.now() >= state.lookAt && !stop.aborted) await lookAround(state, times(), work, stop);
    await bell.heard(state.lookAt - performance.now(), stop);
  }
}

function hurry(state: State, looks: readonly string[], { leastMs = LEAST_MS }: Times): void {
  state.why = [...new Set([...state.why, ...looks])];
  state.lookAt = Math.min(state.lookAt, state.lookedAt + leastMs);
}

// What changed here is put right without asking the remote first: it may be slow, or down.
async function passNow(state: State, why: readonly string[], work: Work, stop: AbortSignal): Promise<void> {
  state.passedAt = performance.now();
  try {
    state.seen = await work.pass(why);
  } catch (error) {
    if (stop.aborted) return;
    // The next look owes it.
    state.passedAt = Number.NEGATIVE_INFINITY;
    work.failed(error);
  }
}

async function lookAround(state: State, { pollMs, intervalMs }: Times, work: Work, stop: AbortSignal): Promise<void> {
  state.lookedAt = performance.now();
  const { why } = state;
  state.why = [];
  const isHeard = await lookAndPass(state, intervalMs, why, work, stop);
  if (isHeard && !stop.aborted) await doAlso(state, work);
  state.lookAt = performance.now() + waitMs(pollMs, state.failures, Math.random());
}

// True when the remote answered.
async function lookAndPass(state: State, intervalMs: number, why: readonly string[], work: Work, stop: AbortSignal): Promise<boolean> {
  const isDue = (): boolean => performance.now() - state.passedAt >= intervalMs;
  const pass = async (news: readonly string[]): Promise<string | null> => {
    state.passedAt = performance.now();
    return work.pass(news);
  };
  try {
    const now = await work.look();
    if ((now !== state.seen || isDue()) && !stop.aborted) state.seen = await pass(now === state.seen ? ['interval'] : ['commit', ...why]);
    state.failures = state.seen === null ? state.failures + 1 : 0;
    return true;
  } catch (error) {
    if (stop.aborted) return false;
    state.failures += 1;
    work.failed(error);
    // Git may be down: what is in force is repaired all the same.
    if (isDue()) await pass(['interval']).catch(work.failed);
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

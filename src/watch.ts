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
  pass(): Promise<void>;
  /** What else is done at each look, after the pass. */
  also(): Promise<void>;
  /** A look or a pass that failed: it is tried again, later each time. */
  failed(error: unknown): void;
}

const LONGEST_MS = 15 * 60_000;

/** Runs until `stop` is aborted; the work that goes on then is waited for. The first pass runs at once. */
export async function watch({ pollMs, intervalMs }: Times, work: Work, stop: AbortSignal): Promise<void> {
  let seen: string | null = null;
  let passedAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  while (!stop.aborted) {
    try {
      const now = await work.look();
      const isDue = now !== seen || performance.now() - passedAt >= intervalMs;
      if (isDue && !stop.aborted) {
        passedAt = performance.now();
        await work.pass();
        seen = now;
      }
      if (!stop.aborted) await work.also();
      failures = 0;
    } catch (error) {
      failures += 1;
      work.failed(error);
      // Git may be down: what is in force is repaired all the same.
      if (performance.now() - passedAt >= intervalMs && !stop.aborted) {
        passedAt = performance.now();
        await work.pass().catch(work.failed);
      }
    }
    await pause(waitMs(pollMs, failures), stop);
  }
}

/** A fifth more or less, so that nodes spread; doubled for each failure in a row. */
function waitMs(pollMs: number, failures: number): number {
  return Math.min(LONGEST_MS, pollMs * 2 ** Math.min(failures, 10)) * (0.8 + 0.4 * Math.random());
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
}

/** Waiting: jitter, so that nodes that start together do not stay together, and full-jitter back-off for lost races. Who is asked to stop waits no longer. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits a random time up to `mostMs`. */
export async function jitter(mostMs: number, stop?: AbortSignal): Promise<void> {
  await pause(Math.random() * mostMs, stop);
}

/** Waits before try `attempt` (from 1): random up to 100 ms doubled each time, at most `capMs`. */
export async function backOff(attempt: number, stop?: AbortSignal, capMs = 8_000): Promise<void> {
  await jitter(Math.min(capMs, 100 * 2 ** attempt), stop);
}

/** Waits so long, or until it is asked to stop. */
export async function pause(ms: number, stop: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, stop === undefined ? {} : { signal: stop }).catch(() => undefined);
}

/** Waiting: jitter, so that nodes that start together do not stay together, and full-jitter back-off for lost races. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits a random time up to `mostMs`. */
export async function jitter(mostMs: number): Promise<void> {
  await sleep(Math.random() * mostMs);
}

/** Waits before try `attempt` (from 1): random up to 100 ms doubled each time, at most `capMs`. */
export async function backOff(attempt: number, capMs = 8_000): Promise<void> {
  await sleep(Math.random() * Math.min(capMs, 100 * 2 ** attempt));
}

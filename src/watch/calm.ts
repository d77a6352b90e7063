/** Many events to few rings: after a moment of quiet, after a while under a steady stream, and not for ever at full speed. */

export interface CalmTimes {
  /** How long nothing must come, and how long that is waited for. */
  readonly quietMs: number;
  readonly longestMs: number;
  /** So many rings may follow one another at once, and one more for each such time. */
  readonly burst: number;
  readonly refillMs: number;
}

export interface Calm {
  /** What it is about is told of the first since the last ring. */
  news(what?: string): void;
  close(): void;
}

/** `ring` is called for whatever came, later. */
export function newCalm(ring: (first: string) => void, { quietMs, longestMs, burst, refillMs }: CalmTimes): Calm {
  let timer: NodeJS.Timeout | undefined;
  let since = 0;
  let first = '';
  let left = burst;
  let countedAt = performance.now();
  // When the next may be rung: now, or with the next refill.
  const allowedAt = (now: number): number => {
    const refills = Math.floor((now - countedAt) / refillMs);
    left = Math.min(burst, left + refills);
    countedAt = left === burst ? now : countedAt + refills * refillMs;
    return left > 0 ? now : countedAt + refillMs;
  };
  const fire = (): void => {
    timer = undefined;
    const wait = allowedAt(performance.now()) - performance.now();
    if (wait > 0) {
      timer = setTimeout(fire, wait);
      return;
    }
    left -= 1;
    ring(first);
  };
  return {
    news: (what = '') => {
      const now = performance.now();
      // What waits for a refill is rung with it.
      if (timer !== undefined && left === 0) return;
      if (timer === undefined) [since, first] = [now, what];
      clearTimeout(timer);
      timer = setTimeout(fire, Math.max(0, Math.min(quietMs, since + longestMs - now)));
    },
    close: () => clearTimeout(timer),
  };
}

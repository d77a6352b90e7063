/**
 * How sources of events (a listener, the kernel, files) wake the loop. They say that something may have changed, never what is to be done,
 * and they may ring as often as they like: what is rung before the loop comes to it counts once.
 */

/** What the loop does when it is woken: ask the remote what it has, and pass at news; or pass, whatever the remote has. */
export type Need = 'look' | 'pass';

export interface Bell {
  /** Wakes the loop, or lets it go round once more when it is at work. `reason` is a few words for the log (`webhook of 192.0.2.7`). */
  wake(reason: string, need?: Need): void;
  /** What was asked since the last time, each reason once; from now on it is forgotten. */
  take(): Asked;
  /** Resolves after that time, when it is rung (also when it has been already), or when `stop` is aborted. */
  heard(ms: number, stop: AbortSignal): Promise<void>;
}

export interface Asked {
  readonly looks: readonly string[];
  readonly passes: readonly string[];
}

/** More reasons than a line of the log tells are not kept. */
const MOST_REASONS = 16;

export function newBell(): Bell {
  let asked: Record<Need, Set<string>> = { look: new Set(), pass: new Set() };
  let rung: () => void = () => undefined;
  const isRung = (): boolean => asked.look.size + asked.pass.size > 0;
  return {
    wake: (reason, need = 'look') => {
      if (asked[need].size < MOST_REASONS) asked[need].add(reason);
      rung();
    },
    take: () => {
      const { look, pass } = asked;
      asked = { look: new Set(), pass: new Set() };
      return { looks: [...look], passes: [...pass] };
    },
    heard: (ms, stop) =>
      new Promise(done => {
        const end = (): void => {
          clearTimeout(timer);
          stop.removeEventListener('abort', end);
          rung = () => undefined;
          done();
        };
        const timer = setTimeout(end, Math.max(0, ms));
        stop.addEventListener('abort', end);
        rung = end;
        if (isRung() || stop.aborted) end();
      }),
  };
}

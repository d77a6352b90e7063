/** What a watch tells systemd: when it is ready, what it does, and that it lives, as long as it really gets on. */
import type { Notifier } from '../host/notify.ts';
import type { Work } from './loop.ts';

/** The loop goes round more often than this, and no look or pass takes so long: who does not is hung, and is told no longer to live. */
const LONGEST_MS = 30 * 60_000;

export interface Alive {
  /** The same work, told of as it goes. */
  told(work: Work): Work;
  /** One line of what it does. */
  status(text: string): void;
  /** The configuration was read anew. */
  reloaded(): void;
  /** No more is begun. */
  stopping(): void;
  close(): void;
}

export function beAlive(notifier: Notifier, longestMs = LONGEST_MS): Alive {
  let gotOnAt = performance.now();
  let isReady = false;
  const { say, watchdogMs } = notifier;
  const live = (): void => {
    if (performance.now() - gotOnAt < longestMs) say('WATCHDOG=1');
  };
  const timer = watchdogMs === null ? undefined : setInterval(live, watchdogMs / 2);
  const status = (text: string): void => say(`STATUS=${text}`);
  const during = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    gotOnAt = performance.now();
    status(what);
    try {
      return await work();
    } finally {
      gotOnAt = performance.now();
    }
  };
  return {
    status,
    told: work => ({
      look: () => during('asks the remote what is new', work.look),
      also: () => during('plans branches', work.also),
      failed: work.failed,
      pass: async why => {
        try {
          return await during(`runs a pass: ${why.join(', ')}`, () => work.pass(why));
        } finally {
          if (!isReady) say('READY=1');
          isReady = true;
        }
      },
    }),
    reloaded: () => {
      say('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
      say('READY=1');
    },
    stopping: () => say('STOPPING=1', 'STATUS=ends'),
    close: () => clearInterval(timer),
  };
}

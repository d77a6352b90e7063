/** What every `netloom watch` has around its work: ears, a bell, systemd's manager, and an end when it is asked to end. */
import { holdSignals } from '../host/interruption.ts';
import { openNotifier } from '../host/notify.ts';
import type { Resource } from '../kinds/kind.ts';
import { type Alive, beAlive } from '../watch/alive.ts';
import { type Bell, newBell } from '../watch/bell.ts';
import { newCalm } from '../watch/calm.ts';
import { listenToFiles, type Watched } from '../watch/files.ts';
import { listenToKernel } from '../watch/kernel.ts';
import { type Interest, interestIn } from '../watch/kernel-news.ts';
import { type Times, type Work, watch } from '../watch/loop.ts';

export interface Frame {
  readonly wake: Bell['wake'];
  /** Aborted when it is asked to end. */
  readonly stop: AbortSignal;
  readonly alive: Alive;
  /** After each pass: what this node has of ours; null where that is not known. */
  passed(resources: readonly Resource[] | null): void;
}

export interface Service {
  readonly times: () => Times;
  readonly warn: (error: unknown) => void;
  /** Which files wake it; asked for anew after each pass. */
  readonly watched: (wake: Bell['wake']) => readonly Watched[];
  readonly work: (frame: Frame) => Work;
  /** What goes on beside the loop has ended; called once the loop has. */
  readonly ended?: () => Promise<void>;
}

/** A deleted bridge is back in under a second; who changes things for ever is followed every few seconds. */
const KERNEL_TIMES = { quietMs: 100, longestMs: 1_000, burst: 10, refillMs: 5_000 };

/** Runs until a signal comes; that signal. */
export async function serveWatch({ times, warn, watched, work, ended }: Service): Promise<NodeJS.Signals | null> {
  const alive = beAlive(await openNotifier());
  // A pass ends between two acts by itself; here the next one is not begun.
  const signals = holdSignals();
  const bell = newBell();
  let interest: Interest | null = null;
  const kernel = newCalm(what => bell.wake(`kernel: ${what.slice(0, 120)}`, 'pass'), KERNEL_TIMES);
  const ears = listenToKernel({ interest: () => interest, news: kernel.news, failed: warn });
  const files = await listenToFiles(warn);
  const passed = (resources: readonly Resource[] | null): void => {
    interest = resources === null ? null : interestIn(resources);
    files.follow(watched(bell.wake));
  };
  passed(null);
  await watch(times, alive.told(work({ wake: bell.wake, stop: signals.stop, alive, passed })), bell, signals.stop);
  alive.stopping();
  kernel.close();
  alive.close();
  await Promise.all([ears.close(), files.close(), ended?.()]);
  signals.release();
  return signals.signal();
}

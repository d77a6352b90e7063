/** `--watch`: looks again and again, with one listing of the remote each time, until Ctrl-C; a remote that is away is waited for. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lookout, Seen } from '../pass/view.ts';
import { durationOption } from './duration-option.ts';
import { CommandError, EXIT, type ExitCode, explain } from './exit.ts';
import { say } from './terminal.ts';
import { lookoutOf, type ViewOptions } from './view-source.ts';

/** Silence is news too, and no commit tells of it. */
const AGAIN_MS = 30_000;
const LEAST_MS = 200;

export interface FollowOptions extends Pick<ViewOptions, 'config' | 'repo' | 'statusBranch'> {
  /** Time between two listings. */
  readonly poll: string;
}

export interface Follow {
  /** Told what is seen first, and whenever the branches have moved or half a minute went by. */
  readonly tell: (seen: Seen) => Promise<void> | void;
  /** True: told each time, with nothing but the clock moved: for a screen that shows ages. */
  readonly ticks?: boolean;
}

/** Exit 0 at Ctrl-C. A first look that fails is an error, as without --watch. */
export async function follow(options: FollowOptions, { tell, ticks = false }: Follow): Promise<ExitCode> {
  const pollMs = durationOption('--poll', options.poll);
  if (pollMs < LEAST_MS) throw new CommandError(`--poll ${options.poll} is too often for a remote`, { hint: `${LEAST_MS}ms at least` });
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  const told = async (seen: Seen): Promise<void> => {
    await tell(seen);
    await seen.keep();
  };
  const watched: Watched = { eyes: await lookoutOf(options, stop.signal), remarks: '', trouble: '' };
  try {
    watched.last = await lookAgain(watched);
    await told(watched.last.seen);
    while (await pause(pollMs, stop.signal)) {
      const found = await quietly(watched, options.poll);
      if (found !== null && (found.isNew || ticks)) await told(found.seen);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
  }
  return EXIT.fine;
}

interface Last {
  readonly seen: Seen;
  /** Where the branches were. */
  readonly at: string;
  readonly lookedAt: number;
}

interface Watched {
  readonly eyes: Lookout;
  last?: Last;
  /** What was said last, so that it is not said again. */
  remarks: string;
  trouble: string;
}

/** What is there now; null while the remote does not answer, which is said once. */
async function quietly(watched: Watched, poll: string): Promise<{ readonly seen: Seen; readonly isNew: boolean } | null> {
  try {
    const before = watched.last;
    watched.last = await lookAgain(watched);
    if (watched.trouble !== '') say('the remote answers again');
    watched.trouble = '';
    return { seen: watched.last.seen, isNew: watched.last.lookedAt !== before?.lookedAt };
  } catch (error) {
    if (!(error instanceof Error && (error.name === 'RepoError' || error.name === 'HostError'))) throw error;
    // One sort of trouble is told once, whatever words the system finds for it each time.
    const trouble = String((error as Error & { code?: unknown }).code ?? error.message);
    if (trouble !== watched.trouble && trouble !== 'stopped') say(`${explain(error).text}\n  looking again every ${poll}`);
    watched.trouble = trouble;
    return null;
  }
}

async function lookAgain(watched: Watched): Promise<Last> {
  const { eyes, last } = watched;
  const tips = await eyes.tips();
  const at = `${tips.main} ${tips.status}`;
  const now = performance.now();
  if (last !== undefined && last.at === at && now - last.lookedAt < AGAIN_MS) {
    return { ...last, seen: { ...last.seen, now: `${new Date().toISOString().slice(0, 19)}Z` } };
  }
  const seen = await eyes.see(tips);
  const remarks = seen.remarks.join('\n');
  if (remarks !== watched.remarks) say(remarks);
  watched.remarks = remarks;
  return { seen, at, lookedAt: now };
}

/** False when it was ended. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

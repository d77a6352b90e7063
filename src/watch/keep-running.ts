/** A child that is to run as long as we do: started again when it ends, later each time that it did not live long. */
import type { LongChild } from '../host/spawn-long.ts';

export interface Kept {
  /** Ends it; resolves when it is gone. */
  close(): Promise<void>;
}

export interface KeepArgs {
  /** It runs again: whatever it would have told meanwhile was not heard. */
  news(): void;
  /** It ended, or could not be started. */
  failed(error: unknown): void;
}

const FIRST_MS = 200;
const LONGEST_MS = 5 * 60_000;
/** Who lived so long is started anew as if for the first time. */
const LONG_LIFE_MS = 60_000;

export function keepRunning(start: () => LongChild, { news, failed }: KeepArgs): Kept {
  let child: LongChild | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let waitMs = FIRST_MS;
  const again = (error: unknown): void => {
    child = null;
    if (isClosed) return;
    failed(error);
    timer = setTimeout(() => begin() && news(), waitMs);
    waitMs = Math.min(LONGEST_MS, waitMs * 2);
  };
  const begin = (): boolean => {
    const since = performance.now();
    try {
      const now = start();
      child = now;
      void now.ended.then(({ exitCode, signal }) => {
        if (performance.now() - since > LONG_LIFE_MS) waitMs = FIRST_MS;
        again(new Error(`${now.command} ended with ${signal ?? exitCode}${textOf(now.stderr())}; it is started again`));
      });
      return true;
    } catch (error) {
      again(error);
      return false;
    }
  };
  begin();
  return {
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await child?.stop();
    },
  };
}

function textOf(stderr: string): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return last === '' ? '' : `: ${last}`;
}

/** `netloom watch --local`: a folder of definitions is applied whenever it changes; what is wrong in the middle of editing is told, and changes nothing. */
import type { Work } from '../watch/loop.ts';
import { applyHere } from './apply-command.ts';
import { fateExit } from './confirm-words.ts';
import { EXIT, explain } from './exit.ts';
import type { NodeOptions } from './node-context.ts';
import type { Frame } from './serve-watch.ts';
import { say } from './terminal.ts';

export interface LocalWork {
  readonly work: (frame: Frame) => Work;
  readonly warn: (error: unknown) => void;
  readonly end: (signal: NodeJS.Signals | null) => void;
}

/** A folder has no news of its own: files wake it, and the interval. */
const NO_NEWS = '';

export function localWork(options: NodeOptions): LocalWork {
  const warn = (error: unknown): void => say(explain(error).text);
  const work = ({ passed }: Frame): Work => ({
    look: async () => NO_NEWS,
    also: async () => undefined,
    failed: warn,
    pass: async () => {
      try {
        const { guarded } = await applyHere(options, { isQuiet: true });
        fateExit(guarded);
        passed(guarded.enforced.compiled.resources);
      } catch (error) {
        // Whoever edits is not done: the next change is looked at, not this one again.
        if (explain(error).exitCode !== EXIT.invalid) throw error;
        warn(error);
      }
      return NO_NEWS;
    },
  });
  return { work, warn, end: signal => say(`stopped by ${signal}`) };
}

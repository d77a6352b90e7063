/** Hooks after a pass, as commands run them: results go to the log, or to the person at the terminal. */
import { holdSignals } from '../host/interruption.ts';
import { parseDuration } from '../model/duration.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { runHooks } from '../pass/run-hooks.ts';
import { logger } from './log.ts';
import { say } from './terminal.ts';

/**
 * Tells the hooks what waits, without the node's lock. One pass gives them the time that one hook may take, and what has begun then; the
 * rest waits for the next pass. A signal ends the one that runs.
 */
export async function tellHooks(config: NodeConfig): Promise<void> {
  const signals = holdSignals();
  try {
    const withinMs = parseDuration(config.hooks.timeout) ?? 0;
    const left = await runHooks({ config, stop: signals.stop, withinMs, say: hookVoice(config) });
    if (left > 0) hookVoice(config)('warn', `${left} events wait for hooks: the next pass goes on`);
  } finally {
    signals.release();
  }
}

/** Where a line about hooks goes. */
function hookVoice({ node }: Pick<NodeConfig, 'node'>): (level: 'info' | 'warn', line: string) => void {
  if (process.stderr.isTTY === true) return (_, line) => say(line);
  const log = logger(node);
  return (level, line) => log[level](line);
}

/** Hooks beside the passes of a service: none waits for them. */
export interface HooksBeside {
  /** There may be something to tell. */
  start(): void;
  /** Resolves when nobody is told anything any more; after `stop` that is soon. */
  ended(): Promise<void>;
}

/** Tells the hooks in the background, one run at a time, until `stop` is aborted. `failed`: what kept it from doing so. */
export function hooksBeside(config: () => NodeConfig, stop: AbortSignal, failed: (error: unknown) => void): HooksBeside {
  let running: Promise<void> | null = null;
  let isAsked = false;
  const run = async (): Promise<void> => {
    while (isAsked && !stop.aborted) {
      isAsked = false;
      const now = config();
      await runHooks({ config: now, stop, withinMs: Number.POSITIVE_INFINITY, say: hookVoice(now) }).catch(failed);
    }
    running = null;
  };
  return {
    start: () => {
      isAsked = true;
      running ??= run();
    },
    ended: async () => {
      await running;
    },
  };
}

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
export function hookVoice({ node }: Pick<NodeConfig, 'node'>): (level: 'info' | 'warn', line: string) => void {
  if (process.stderr.isTTY === true) return (_, line) => say(line);
  const log = logger(node);
  return (level, line) => log[level](line);
}

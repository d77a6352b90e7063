/** `netloom watch`: passes at new commits and after an interval, until SIGTERM or SIGINT. */
import { join } from 'node:path';
import { type PlannedBranches, planBranches } from '../pass/plan-branches.ts';
import { openRemote, readTips } from '../pass/remote.ts';
import { reconcile } from '../reconcile.ts';
import { watch } from '../watch.ts';
import { loadConfig } from './config.ts';
import { durationOption } from './duration-option.ts';
import { CommandError, EXIT, type ExitCode, explain } from './exit.ts';
import { logger } from './log.ts';
import { tellPass } from './reconcile-command.ts';

interface Options {
  readonly config: string;
  readonly poll: string;
  readonly interval: string;
  readonly planBranches?: string;
}

/** Exit 0 when it was asked to stop. */
export async function watchCommand(options: Options): Promise<ExitCode> {
  const config = loadConfig(options.config);
  const times = { pollMs: durationOption('--poll', options.poll), intervalMs: durationOption('--interval', options.interval) };
  const prefix = prefixOf(options.planBranches);
  const remote = await openRemote(config, join(config.stateDir, 'branches', 'clone'));
  const log = logger(config.node);
  const planned: PlannedBranches = new Map();
  const stop = new AbortController();
  const ask = (): void => stop.abort();
  // A pass ends between two acts by itself; here the next one is not begun.
  process.on('SIGTERM', ask);
  process.on('SIGINT', ask);
  const work = {
    look: async () => (await readTips(remote)).main ?? '',
    pass: async () => tellPass(config, await reconcile(config, { command: 'netloom watch' })),
    also: async () => {
      if (prefix !== null) for (const line of await planBranches(config, prefix, planned)) log.info(line);
    },
    failed: (error: unknown) => log.warn(explain(error).text),
  };
  await watch(times, work, stop.signal);
  return EXIT.fine;
}

// Only what git itself can list in one request.
function prefixOf(pattern: string | undefined): string | null {
  if (pattern === undefined) return null;
  if (/^[^*?[\]]+\*$/.test(pattern)) return pattern.slice(0, -1);
  throw new CommandError(`--plan-branches ${pattern}: it is the beginning of branches' names and a star`, { hint: "such as 'pr/*'" });
}

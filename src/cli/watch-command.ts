/** `netloom watch`: passes at new commits and after an interval, until it is asked to end. */
import { holdSignals } from '../host/interruption.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { openForBranches, type PlannedBranches, planBranches } from '../pass/plan-branches.ts';
import { reconcile } from '../reconcile.ts';
import type { Oid } from '../repo/repo.ts';
import { newBell } from '../watch/bell.ts';
import { type Work, watch } from '../watch/loop.ts';
import { loadConfig } from './config.ts';
import { durationOption } from './duration-option.ts';
import { CommandError, EXIT, type ExitCode, explain } from './exit.ts';
import { logger } from './log.ts';
import { tellPass } from './reconcile-command.ts';
import { type HooksBeside, hooksBeside } from './tell-hooks.ts';

interface Options {
  readonly config: string;
  readonly poll: string;
  readonly interval: string;
  readonly planBranches?: string;
}

const SHORTEST_MS = 1_000;

/** Exit 0 when it was asked to stop. */
export async function watchCommand(options: Options): Promise<ExitCode> {
  const config = loadConfig(options.config);
  const times = { pollMs: interval('--poll', options.poll), intervalMs: interval('--interval', options.interval) };
  const prefix = prefixOf(options.planBranches);
  // A pass ends between two acts by itself; here the next one is not begun.
  const signals = holdSignals();
  const log = logger(config.node);
  const hooks = hooksBeside(config, signals.stop, error => log.warn(explain(error).text));
  await watch(times, await workOf(config, prefix, hooks, signals.stop), newBell(), signals.stop);
  await hooks.ended();
  log.info(`stopped by ${signals.signal()}`);
  signals.release();
  return EXIT.fine;
}

async function workOf(config: NodeConfig, prefix: string | null, hooks: HooksBeside, stop: AbortSignal): Promise<Work> {
  const remote = await openForBranches(config, stop);
  const log = logger(config.node);
  const planned: PlannedBranches = new Map();
  let listed: ReadonlyMap<string, Oid> = new Map();
  return {
    look: async () => {
      // One listing tells of the main branch and of those to be planned.
      listed = await remote.definitions.branches([remote.branch, ...(prefix === null ? [] : [prefix])]);
      return listed.get(remote.branch) ?? '';
    },
    pass: async why => {
      log.debug({ why }, 'a pass begins');
      const result = await reconcile(config, { command: 'netloom watch' });
      tellPass(config, result);
      hooks.start();
      return result.pulled.refusal?.condition !== 'FetchFailed';
    },
    also: async () => {
      if (prefix === null) return;
      for (const line of await planBranches(config, remote, { prefix, listed }, planned)) log.info(line);
    },
    failed: (error: unknown) => log.warn(explain(error).text),
  };
}

// Often enough to load nobody, seldom enough for a timer.
function interval(name: string, text: string): number {
  const ms = durationOption(name, text);
  if (ms >= SHORTEST_MS && ms <= LONGEST_MS) return ms;
  throw new CommandError(`${name} ${text} is ${ms < SHORTEST_MS ? 'less than a second' : 'more than a week'}`, { hint: 'such as 15s or 5m' });
}

/** Timers of Node.js overflow, and then fire at once, past 24.8 days; longer than this nobody means. */
const LONGEST_MS = 7 * 24 * 3_600_000;

// Only what git itself can list in one request.
function prefixOf(pattern: string | undefined): string | null {
  if (pattern === undefined) return null;
  if (/^[^*?[\]]+\*$/.test(pattern)) return pattern.slice(0, -1);
  throw new CommandError(`--plan-branches ${pattern}: it is the beginning of branches' names and a star`, { hint: "such as 'pr/*'" });
}

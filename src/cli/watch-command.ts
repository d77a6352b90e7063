/** `netloom watch`: passes at new commits, at changes of the kernel and of files, and after an interval, until it is asked to end. */
import { join, resolve } from 'node:path';
import type { NodeConfig } from '../model/node-config.ts';
import { parseAddress } from '../repo/address.ts';
import type { Bell } from '../watch/bell.ts';
import { refsOf, type Watched } from '../watch/files.ts';
import type { Times } from '../watch/loop.ts';
import { durationOption } from './duration-option.ts';
import { CommandError, EXIT, type ExitCode, explain } from './exit.ts';
import { type KeptConfig, keepConfig } from './kept-config.ts';
import { listenFor } from './listen-for.ts';
import { logger } from './log.ts';
import { checkNodeOption, type NodeOptions } from './node-context.ts';
import { serveWatch } from './serve-watch.ts';
import { type HooksBeside, hooksBeside } from './tell-hooks.ts';
import { localWork } from './watch-local.ts';
import { remoteWork } from './watch-work.ts';

interface Options extends NodeOptions {
  readonly poll?: string;
  readonly interval?: string;
  readonly planBranches?: string;
}

const SHORTEST_MS = 1_000;

/** Exit 0 when it was asked to stop. */
export async function watchCommand(options: Options): Promise<ExitCode> {
  return options.local === undefined ? watchRemote(options) : watchLocal(options, options.local);
}

async function watchRemote(options: Options): Promise<ExitCode> {
  checkNodeOption(options);
  const prefix = prefixOf(options.planBranches);
  let reloaded: () => void = () => undefined;
  const kept = keepConfig(options.config, {
    check: config => void timesOf(options, config),
    changed: () => {
      reloaded();
      log.info(`${options.config} is read anew`);
    },
    broken: error => log.error(`what was configured before stays in force: ${explain(error).text}`),
  });
  const log = logger(kept.now().node);
  const warn = (error: unknown): void => log.warn(explain(error).text);
  let hooks: HooksBeside | null = null;
  let wake: Bell['wake'] = () => undefined;
  const listener = await listenFor(
    kept.now,
    (reason, need) => wake(reason, need),
    line => log.warn(line),
  );
  const signal = await serveWatch({
    times: () => timesOf(options, kept.now()),
    warn,
    watched: wake => watchedBy(options.config, kept, wake),
    work: frame => {
      reloaded = frame.alive.reloaded;
      wake = frame.wake;
      hooks = hooksBeside(kept.now, frame.stop, warn);
      return remoteWork({ kept, prefix, frame, hooks });
    },
    ended: async () => {
      await Promise.all([hooks?.ended(), listener?.close()]);
    },
  });
  log.info(`stopped by ${signal}`);
  return EXIT.fine;
}

async function watchLocal(options: Options, dir: string): Promise<ExitCode> {
  if (options.planBranches !== undefined) throw new CommandError('a folder has no branches', { hint: 'leave out --plan-branches, or --local' });
  const times = timesOf(options, {});
  const { work, warn, end } = localWork(options);
  const signal = await serveWatch({
    times: () => times,
    warn,
    watched: wake => [{ path: resolve(dir), changed: () => wake(`${dir} changed`, 'pass') }],
    work,
  });
  end(signal);
  return EXIT.fine;
}

// Beside configuration, secrets and keys: what people say on this node, and branches of a repository on this machine.
function watchedBy(path: string, kept: KeptConfig, wake: Bell['wake']): readonly Watched[] {
  const { hooks, stateDir, repo } = kept.now();
  const files = [path, ...kept.files(), hooks.dir, join(stateDir, 'control')].map(file => ({ path: file, changed: () => wake(`${file} changed`, 'pass') }));
  return [...files, ...localRefs(repo.url).map(ref => ({ path: ref, changed: () => wake('a branch moved', 'look') }))];
}

// Of a remote on this machine; what is none is told by the pass.
function localRefs(url: string): readonly string[] {
  try {
    const address = parseAddress(url);
    return address.kind === 'path' ? refsOf(address.path) : [];
  } catch {
    return [];
  }
}

// A configuration that is read anew may say something else; what was typed stays.
function timesOf({ poll, interval }: Options, config: Pick<NodeConfig, 'watch'>): Times {
  return {
    pollMs: duration(poll === undefined ? 'watch.poll' : '--poll', poll ?? config.watch?.poll ?? '15s'),
    intervalMs: duration(interval === undefined ? 'watch.interval' : '--interval', interval ?? config.watch?.interval ?? '5m'),
  };
}

// Often enough to load nobody, seldom enough for a timer.
function duration(name: string, text: string): number {
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

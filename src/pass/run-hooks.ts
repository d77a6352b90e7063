/**
 * Tells hooks what waits in the queue: one event after the other, each to all programs in the order of their names. Without the node's lock,
 * under one of its own, so that a program that hangs holds no pass up; and for a limited time where somebody waits.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { readTextIfThere, remove, writeAtomic } from '../host/files.ts';
import { type Hook, hooksIn, runHook } from '../host/hooks.ts';
import { takeLock } from '../host/lock.ts';
import { parseDuration } from '../model/duration.ts';
import type { NodeConfig } from '../model/node-config.ts';
import type { NetEvent } from '../report/events.ts';
import type { HookEvent } from '../report/hook-event.ts';
import { keepHookResults, resultEvent, resultText } from './hook-results.ts';
import { hookFolder, type Waiting, waitingText } from './hooks.ts';

/** So many events wait; a node whose hooks cannot follow drops the oldest. */
const MOST_WAITING = 10_000;
/** How often, at least, is written down what has been told: after a crash what came since is told again. */
const CHECKPOINT_MS = 2_000;

export interface RunArgs {
  readonly config: Pick<NodeConfig, 'stateDir' | 'runtimeDir' | 'hooks'>;
  /** Aborted: what runs is asked to end, and told again by the next. */
  readonly stop: AbortSignal;
  /** No program is begun later than this after the first; what is left waits. */
  readonly withinMs: number;
  /** A line for the log. */
  readonly say: (level: 'info' | 'warn', line: string) => void;
}

/** How many events are left. Throws HostError for this node's disk. */
export async function runHooks(args: RunArgs): Promise<number> {
  const { hooks, refused } = hooksIn(args.config.hooks.dir);
  for (const line of refused) args.say('warn', line);
  if (queueOf(args).length === 0) return 0;
  let lock: Awaited<ReturnType<typeof takeLock>>;
  try {
    lock = await takeLock(args.config.runtimeDir, 'netloom hooks', 'hooks.lock');
  } catch (error) {
    // Who has it tells what we have put there too.
    if (error instanceof HostError && error.code === 'locked') return 0;
    throw error;
  }
  try {
    return await tellAll(args, hooks);
  } finally {
    lock.release();
  }
}

async function tellAll(args: RunArgs, hooks: readonly Hook[]): Promise<number> {
  const until = performance.now() + args.withinMs;
  const isOver = (): boolean => args.stop.aborted || performance.now() >= until;
  const results: NetEvent[] = [];
  const { stateDir } = args.config;
  // What passes add meanwhile comes after; where there is no hook any more nobody is told.
  for (let [file] = queueOf(args); file !== undefined && !isOver(); [file] = queueOf(args)) {
    const path = file;
    await tellFile(await readQueue(path), { args, hooks, results, isOver, save: rest => save(path, rest, stateDir, results) });
  }
  return dropOldest(args);
}

async function save(file: string, rest: readonly Waiting[], stateDir: string, results: NetEvent[]): Promise<void> {
  await keepHookResults(stateDir, results.splice(0));
  await (rest.length === 0 ? remove(file) : writeAtomic(file, waitingText(rest)));
}

interface Telling {
  readonly args: RunArgs;
  readonly hooks: readonly Hook[];
  readonly results: NetEvent[];
  readonly isOver: () => boolean;
  readonly save: (rest: readonly Waiting[]) => Promise<void>;
}

async function tellFile(all: readonly Waiting[], telling: Telling): Promise<void> {
  let saved = performance.now();
  for (const [index, waiting] of all.entries()) {
    const after = await tellOne(waiting, telling);
    const rest = [...(after === null ? [] : [{ ...waiting, after }]), ...all.slice(index + 1)];
    if (after !== null) return telling.save(rest);
    if (performance.now() - saved > CHECKPOINT_MS) {
      await telling.save(rest);
      saved = performance.now();
    }
  }
  await telling.save([]);
}

// null: all were told; else the last that was.
async function tellOne({ event, after }: Waiting, { args, hooks, results, isOver }: Telling): Promise<string | null> {
  let last = after;
  for (const hook of hooks.filter(({ name }) => name > after)) {
    if (isOver()) return last;
    const timeoutMs = parseDuration(args.config.hooks.timeout) ?? 30_000;
    const run = await runHook(hook, { env: environment(event), stdin: `${JSON.stringify(event)}\n`, timeoutMs, stop: args.stop });
    if (run.isStopped) return last;
    last = hook.name;
    results.push(resultEvent(hook.name, event, run));
    await writeAtomic(join(hookFolder(args.config.stateDir, 'output'), hook.name), run.output).catch(ignoreFull);
    args.say(run.trouble === '' ? 'info' : 'warn', `${resultText(hook.name, run)} (${event.event} ${event.kind} ${objectOf(event)})`);
  }
  return null;
}

// It is a convenience: the result itself is kept where a full disk is told.
function ignoreFull(error: unknown): void {
  if (!(error instanceof HostError)) throw error;
}

/** All that a program gets beside LC_ALL and PATH: enough to turn away from what it has no business with. */
function environment(event: HookEvent): Readonly<Record<string, string>> {
  const { event: what, kind, namespace, name, uuid, node } = event;
  return {
    NETLOOM_EVENT: what,
    NETLOOM_KIND: kind,
    NETLOOM_NAMESPACE: namespace,
    NETLOOM_NAME: name,
    NETLOOM_UUID: uuid,
    NETLOOM_NODE: node,
  };
}

function objectOf({ namespace, name }: HookEvent): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

function queueOf({ config: { stateDir } }: RunArgs): readonly string[] {
  const folder = hookFolder(stateDir, 'queue');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(name => name.endsWith('.jsonl'))
    .sort()
    .map(name => join(folder, name));
}

// A line that is none was cut by a disk that lied: the rest counts.
async function readQueue(file: string): Promise<readonly Waiting[]> {
  return ((await readTextIfThere(file)) ?? '').split('\n').flatMap((line): Waiting[] => {
    try {
      const waiting = JSON.parse(line) as Waiting;
      return typeof waiting.after === 'string' && typeof waiting.event?.event === 'string' ? [waiting] : [];
    } catch {
      return [];
    }
  });
}

// How many wait after that.
async function dropOldest(args: RunArgs): Promise<number> {
  const files = queueOf(args);
  const counts = await Promise.all(files.map(async file => (await readQueue(file)).length));
  let waiting = counts.reduce((sum, count) => sum + count, 0);
  for (const [index, file] of files.entries()) {
    if (waiting <= MOST_WAITING) break;
    waiting -= counts[index] ?? 0;
    await remove(file);
    args.say('warn', `${counts[index]} events are told to no hook: more than ${MOST_WAITING} wait, and the hooks do not follow`);
  }
  return waiting;
}

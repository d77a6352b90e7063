/** What became of hooks, as events of the objects that they were told of: a file for each run of some, until a pass has published them. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTextIfThere, remove, writeAtomic } from '../host/files.ts';
import type { HookRun } from '../host/hooks.ts';
import { appendEvents, type NetEvent, parseEvents } from '../report/events.ts';
import type { HookEvent } from '../report/hook-event.ts';
import { hookFolder } from './hooks.ts';

/** Where a node cannot publish for long, the newest are kept. */
const MOST_EVENTS = 500;
const MOST_FILES = 20;

export interface HookResults {
  readonly events: readonly NetEvent[];
  /** They are published. */
  drop(): Promise<void>;
}

/** Those that were not published yet. */
export async function loadHookResults(stateDir: string): Promise<HookResults> {
  const files = filesIn(stateDir);
  const texts = await Promise.all(files.map(file => readTextIfThere(file)));
  return {
    events: texts.flatMap(text => parseEvents(text ?? '')),
    drop: async () => {
      for (const file of files) await remove(file);
    },
  };
}

/** Keeps results; the oldest files beyond some go. */
export async function keepHookResults(stateDir: string, events: readonly NetEvent[]): Promise<void> {
  if (events.length === 0) return;
  const name = `${new Date().toISOString().replaceAll(/[^0-9]/g, '')}-${process.pid}.jsonl`;
  await writeAtomic(join(hookFolder(stateDir, 'results'), name), appendEvents('', events, MOST_EVENTS, 0));
  for (const file of filesIn(stateDir).slice(0, -MOST_FILES)) await remove(file);
}

/** `hook 10-dns: exit 3: no route to host`, as an event of what it was told of. */
export function resultEvent(hook: string, { kind, namespace, name, event, node, network, revision }: HookEvent, run: HookRun): NetEvent {
  const key = namespace === '' ? name : `${namespace}/${name}`;
  const within = kind === 'Network' ? key : network;
  return {
    at: new Date().toISOString(),
    node,
    object: `${kind} ${key}`,
    ...(within === undefined ? {} : { network: within }),
    type: 'status',
    operation: `tell ${event}`,
    phase: 'finish',
    durationMs: run.durationMs,
    message: resultText(hook, run),
    revision,
    ...(run.trouble === '' ? {} : { extra: { status: 'failed' } }),
  };
}

/** What became of one run, in a line. */
export function resultText(hook: string, { trouble, output }: HookRun): string {
  if (trouble === '') return `hook ${hook}: done`;
  const last = output.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return `hook ${hook}: ${trouble}${last === '' ? '' : `: ${printable(last).slice(0, 200)}`}`;
}

// A line of a log, not the commands of a terminal.
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}

function filesIn(stateDir: string): readonly string[] {
  const folder = hookFolder(stateDir, 'results');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(name => name.endsWith('.jsonl'))
    .sort()
    .map(name => join(folder, name));
}

/**
 * What hooks are to be told after a pass: found under the node's lock, from what the node told them last, and put into a queue. They are
 * run later, without the lock (run-hooks.ts), so that no pass waits for one.
 *
 * `hooks/` in the state directory: `memory.json` (what was told), `queue/` (a file of events for each pass that has some), `results/` (of
 * programs that ran, until they are published), `output/` (what each printed last).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readTextIfThere, remove, writeAtomic } from '../host/files.ts';
import { hooksIn } from '../host/hooks.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { RepoError } from '../repo/repo.ts';
import type { HookEvent, HookMemory } from '../report/hook-event.ts';
import { type HookNews, type HookSituation, hookNews, isReadyIn } from '../report/hook-news.ts';
import { wantedDigests } from './digests.ts';
import { GOOD, KEPT_FILES } from './kept.ts';
import { type Remote, readTexts } from './remote.ts';
import { formerlyOf } from './report.ts';
import type { Telling, Told } from './tell.ts';
import { reportsIn } from './view.ts';

type Sides = Pick<NodeConfig, 'stateDir' | 'hooks'>;

const FORMAT = 1;

interface Kept {
  readonly format: typeof FORMAT;
  /** Of the status branch, when readiness was last asked for. */
  readonly tip: string | null;
  readonly objects: HookMemory;
}

/** An event that waits for the hooks that come after `after` by name; '' for all. */
export interface Waiting {
  readonly event: HookEvent;
  readonly after: string;
}

/** A folder below the state directory. */
export function hookFolder(stateDir: string, part: 'queue' | 'results' | 'output'): string {
  return join(stateDir, 'hooks', part);
}

/**
 * Ahead of everything that a pass accepts: a node that enforced nothing yet remembers that nothing was told. One that did, and has got its
 * first hook since, takes what is there for told.
 */
export async function openHookMemory({ stateDir, hooks }: Sides): Promise<void> {
  const isNew = !existsSync(memoryFile(stateDir)) && !existsSync(join(stateDir, GOOD, KEPT_FILES[0]));
  if (isNew && hooksIn(hooks.dir).hooks.length > 0) await save(stateDir, { format: FORMAT, tip: null, objects: {} });
}

/** Puts into the queue what a pass is to tell. A node without hooks remembers nothing. Under the node's lock. Throws HostError for a full disk. */
export async function queueForHooks({ stateDir, hooks }: Sides, remote: Remote, told: Told, telling: Telling): Promise<void> {
  if (hooksIn(hooks.dir).hooks.length === 0) {
    if (existsSync(memoryFile(stateDir))) await remove(memoryFile(stateDir));
    return;
  }
  const kept = await load(stateDir);
  const { news, tip } = await newsOf(kept, remote, told, telling);
  const next: Kept = { format: FORMAT, tip, objects: news.memory };
  if (JSON.stringify(kept) === JSON.stringify(next)) return;
  // First the events: told twice is better than never.
  if (news.events.length > 0) await writeQueue(stateDir, news.events);
  await save(stateDir, next);
}

/** A file of events in the queue, after all that are there. */
async function writeQueue(stateDir: string, events: readonly HookEvent[]): Promise<void> {
  const name = `${new Date().toISOString().replaceAll(/[^0-9]/g, '')}-${process.pid}.jsonl`;
  await writeAtomic(join(hookFolder(stateDir, 'queue'), name), waitingText(events.map(event => ({ event, after: '' }))));
}

/** The text of a file in the queue. */
export function waitingText(all: readonly Waiting[]): string {
  return all.map(waiting => `${JSON.stringify(waiting)}\n`).join('');
}

// Others are asked only when something waits for them, and when one of them, or this node, has said something new.
async function newsOf(kept: Kept | null, remote: Remote, told: Told, telling: Telling): Promise<{ readonly news: HookNews; readonly tip: string | null }> {
  const before = kept?.objects ?? null;
  const asked: string[] = [];
  const situation: HookSituation = {
    catalog: told.catalog,
    ledger: told.settled.ledger,
    report: telling.report,
    leftovers: leftoversOf(told),
    revision: told.pulled.good?.revision ?? '',
    time: new Date().toISOString(),
    isReady: definition => asked.push(definition) < 0,
  };
  const alone = hookNews(before, situation);
  const seen = kept?.tip ?? null;
  const tip = tipAfter(told, telling);
  if (asked.length === 0 || tip === null || (tip === seen && alone.events.length === 0)) return { news: alone, tip: seen };
  const isReady = await readiness(remote, tip, situation);
  return isReady === null ? { news: alone, tip: seen } : { news: hookNews(before, { ...situation, isReady }), tip };
}

// The status branch as this pass left it; null where it was not reached.
function tipAfter({ settled }: Told, { published }: Telling): string | null {
  if (published === null) return null;
  return published.result === 'news' || published.result === 'silent' ? published.tip : settled.tip;
}

async function readiness(remote: Remote, tip: string, { catalog, ledger, report, revision, time }: HookSituation): Promise<HookSituation['isReady'] | null> {
  try {
    await remote.status.sync(remote.statusBranch, tip);
    const texts = await readTexts(remote.status, tip, 'nodes');
    const reports = new Map([...reportsIn(new Map([...texts].map(([path, text]) => [`nodes/${path}`, text]))), [report.node, report]]);
    return isReadyIn({ catalog, ledger, reports, wanted: wantedDigests(catalog, ledger, node => reports.get(node)?.facts), revision, now: time });
  } catch (error) {
    if (error instanceof RepoError) return null;
    throw error;
  }
}

function leftoversOf({ enforced: { remaining }, settled }: Told): ReadonlySet<string> {
  const formerly = formerlyOf(settled.ledger);
  const staying = [...remaining.steps.filter(({ verb }) => verb === 'delete'), ...remaining.held.filter(({ from }) => from.length === 0)];
  return new Set(staying.map(({ from, ref }) => from[0]?.definition ?? formerly(ref)));
}

function memoryFile(stateDir: string): string {
  return join(stateDir, 'hooks', 'memory.json');
}

async function load(stateDir: string): Promise<Kept | null> {
  try {
    const kept = JSON.parse((await readTextIfThere(memoryFile(stateDir))) ?? 'null') as Kept | null;
    return kept?.format === FORMAT && typeof kept.objects === 'object' ? kept : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

async function save(stateDir: string, kept: Kept): Promise<void> {
  await writeAtomic(memoryFile(stateDir), JSON.stringify(kept));
}

/** What others change back for ever, from pass to pass: a small file that tells how often it was put right lately, and what is left alone. */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { readTextIfThere, remove, writeAtomic } from '../host/files.ts';
import { KINDS } from '../kinds/index.ts';
import type { Resource } from '../kinds/kind.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { afterPass, type Contest, type Contests, contestText, repairsIn } from '../plan/contest.ts';
import type { Enforced } from './enforce.ts';
import { bootMark } from './voice.ts';
import { note } from './word.ts';

const FORMAT = 1;

export interface KeptContests {
  /** Of all that was wanted when something was changed last: with another one, what a pass does may be what is new; '' where that is not known. */
  readonly wanted: string;
  readonly contests: Contests;
}

const NOTHING: KeptContests = { wanted: '', contests: new Map() };

/** Nothing where nothing was kept in this boot, or nothing that can be read. */
export async function loadContests(stateDir: string): Promise<KeptContests> {
  const text = await readTextIfThere(fileOf(stateDir));
  if (text === null) return NOTHING;
  try {
    const kept = JSON.parse(text) as { format: number; boot: string; wanted: string; contests: [string, Contest][] };
    return kept.format === FORMAT && kept.boot === bootMark() ? { wanted: kept.wanted, contests: new Map(kept.contests) } : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** Keeps what a pass put right and left alone, and notes an event for what it leaves alone from now on. Writes only what is new. */
export async function keepContests(config: Pick<NodeConfig, 'node' | 'stateDir'>, before: KeptContests, enforced: Enforced): Promise<void> {
  const { contests = before.contests, outcomes, compiled, remaining } = enforced;
  const wanted = outcomes.length === 0 ? before.wanted : markOf(compiled.resources);
  const contested = remaining.contested ?? [];
  const next = afterPass(contests, repairedBy(enforced, before, wanted !== before.wanted), contested, Date.now());
  if (textOf({ wanted, contests: next }) === textOf(before)) return;
  await writeAtomic(fileOf(config.stateDir), textOf({ wanted, contests: next }));
  for (const each of contested) {
    const key = `${each.ref} ${each.field}`;
    if (before.contests.get(key)?.leftAt === undefined && next.get(key)?.leftAt !== undefined) await note(config, 'leave alone', contestText(each));
  }
}

// Where something else is wanted than before, only what was put right before counts: the rest may be what is new.
function repairedBy({ plan, outcomes, compiled }: Enforced, { contests }: KeptContests, hasNews: boolean): ReturnType<typeof repairsIn> {
  const done = new Set(outcomes.flatMap(({ status, step }) => (status === 'done' ? [step.ref] : [])));
  const isKnown = (ref: string, field: string, want: string): boolean => contests.get(`${ref} ${field}`)?.want === want;
  return repairsIn(plan.steps, compiled.resources, KINDS).filter(({ ref, field, want }) => done.has(ref) && (!hasNews || isKnown(ref, field, want)));
}

/** A person says that it is settled: everything is put right again. How many things were left alone. */
export async function dropContests(stateDir: string): Promise<number> {
  const { wanted, contests } = await loadContests(stateDir);
  if (wanted === '') await remove(fileOf(stateDir));
  else if (contests.size > 0) await writeAtomic(fileOf(stateDir), textOf({ wanted, contests: new Map() }));
  return [...contests.values()].filter(({ leftAt }) => leftAt !== undefined).length;
}

function textOf({ wanted, contests }: KeptContests): string {
  return `${JSON.stringify({ format: FORMAT, boot: bootMark(), wanted, contests: [...contests] })}\n`;
}

function markOf(resources: readonly Resource[]): string {
  return hash('sha256', JSON.stringify(resources.map(({ ref, spec }) => [ref, spec]))).slice(0, 16);
}

function fileOf(stateDir: string): string {
  return join(stateDir, 'contests.json');
}

/** What others change back for ever, from pass to pass: a small file that tells how often it was put right lately, and what is left alone. */
import { join } from 'node:path';
import { readTextIfThere, remove, writeAtomic } from '../host/files.ts';
import { KINDS } from '../kinds/index.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { afterPass, type Contest, type Contests, contestText, repairsIn } from '../plan/contest.ts';
import type { Enforced } from './enforce.ts';
import { bootMark } from './voice.ts';
import { note } from './word.ts';

const FORMAT = 1;

/** None where nothing was kept in this boot, or nothing that can be read. */
export async function loadContests(stateDir: string): Promise<Contests> {
  const text = await readTextIfThere(fileOf(stateDir));
  if (text === null) return new Map();
  try {
    const { format, boot, contests } = JSON.parse(text) as { format: number; boot: string; contests: [string, Contest][] };
    return format === FORMAT && boot === bootMark() ? new Map(contests) : new Map();
  } catch {
    return new Map();
  }
}

/**
 * Keeps what a pass put right and left alone, and notes an event for what it leaves alone from now on. Writes only what is new.
 *
 * @param hasNews  what it did may be what a new revision asks for: nothing of it counts
 */
export async function keepContests(config: Pick<NodeConfig, 'node' | 'stateDir'>, before: Contests, enforced: Enforced, hasNews = false): Promise<void> {
  const { contests = before, plan, outcomes, compiled, remaining } = enforced;
  const done = new Set(outcomes.flatMap(({ status, step }) => (status === 'done' ? [step.ref] : [])));
  const repaired = hasNews ? [] : repairsIn(plan.steps, compiled.resources, KINDS).filter(({ ref }) => done.has(ref));
  const contested = remaining.contested ?? [];
  const next = afterPass(contests, repaired, contested, Date.now());
  const text = (all: Contests): string => JSON.stringify([...all]);
  if (text(next) === text(before)) return;
  if (next.size === 0) await remove(fileOf(config.stateDir));
  else await writeAtomic(fileOf(config.stateDir), `${JSON.stringify({ format: FORMAT, boot: bootMark(), contests: [...next] })}\n`);
  for (const each of contested) {
    const key = `${each.ref} ${each.field}`;
    if (before.get(key)?.leftAt === undefined && next.get(key)?.leftAt !== undefined) await note(config, 'leave alone', contestText(each));
  }
}

/** A person says that it is settled: everything is put right again. How many things were left alone. */
export async function dropContests(stateDir: string): Promise<number> {
  const left = [...(await loadContests(stateDir)).values()].filter(({ leftAt }) => leftAt !== undefined).length;
  await remove(fileOf(stateDir));
  return left;
}

function fileOf(stateDir: string): string {
  return join(stateDir, 'control', 'contests.json');
}

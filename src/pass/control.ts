/**
 * What people told this node, apart from git: a file each below `control/` in the state directory. They survive a reboot and
 * every commit; losing them loses a word, never an object.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { readTextIfThere, remove, writeAtomic } from '../host/files.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { appendEvents, type NetEvent, parseEvents } from '../report/events.ts';

/** A node that cannot publish for long keeps the newest. */
const MOST_NOTED = 500;

/** What waits for a word: deletions of the revision that was refused last, or the first plan of another version of netloom. */
export interface Asked {
  /** Absent: deletions. */
  readonly about?: 'upgrade';
  readonly hash: string;
  /** The refused commit. */
  readonly revision: string;
  readonly why: string;
  /** A line each. */
  readonly deletions: readonly string[];
}

/** One sentence: what waits, and how it is approved on this node. */
export function askedText({ hash, why }: Asked): string {
  return `nothing was changed: ${why}; if that is meant: netloom approve ${hash}`;
}

/** Somebody's word on this node. */
export interface Word {
  readonly by: string;
  /** ISO 8601, UTC, seconds. */
  readonly since: string;
}

export interface Approval extends Word {
  readonly hash: string;
  /** Of one that let deletions through which are not enforced yet: the revision that they were counted from. It holds for no others. */
  readonly usedFrom?: string;
}

/** This node applies nothing until somebody resumes it. */
export interface Suspension extends Word {
  /** '' for none. */
  readonly reason: string;
}

/** Null where it is not suspended. */
export async function loadSuspension(stateDir: string): Promise<Suspension | null> {
  return readWord<Suspension>(stateDir, 'suspended');
}

/** Suspends, or resumes with null. */
export async function saveSuspension(stateDir: string, suspension: Suspension | null): Promise<void> {
  await (suspension === null ? remove(fileOf(stateDir, 'suspended')) : writeWord(stateDir, 'suspended', suspension));
}

/** `by ada: the card is replaced`. */
export function suspensionText({ by, reason }: Suspension): string {
  return `by ${by}${reason === '' ? '' : `: ${reason}`}`;
}

/** Why a pass applies nothing on this node; false where it does. */
export function idleness({ mode }: Pick<NodeConfig, 'mode'>, suspension: Suspension | null): false | 'observe' | 'suspended' {
  if (suspension !== null) return 'suspended';
  return mode === 'observe' ? 'observe' : false;
}

/** Null where nothing of that waits. */
export async function loadAsked(stateDir: string, about: 'deletions' | 'upgrade' = 'deletions'): Promise<Asked | null> {
  return readWord<Asked>(stateDir, ASKED[about]);
}

/** Keeps what waits, or that nothing does; writes only what is new. */
export async function saveAsked(stateDir: string, asked: Asked | null, about: 'deletions' | 'upgrade' = 'deletions'): Promise<void> {
  const kept = await loadAsked(stateDir, about);
  if (JSON.stringify(kept) === JSON.stringify(asked)) return;
  await (asked === null ? remove(fileOf(stateDir, ASKED[about])) : writeWord(stateDir, ASKED[about], asked));
}

const ASKED = { deletions: 'asked', upgrade: 'asked-upgrade' } as const;

/** The version whose first plan somebody let go ahead, and that has not come to its end yet; null for none. */
export async function loadUpgrade(stateDir: string): Promise<{ readonly to: string } | null> {
  return readWord(stateDir, 'upgrading');
}

/** Keeps it, or that it has come to its end; writes only what is new. */
export async function saveUpgrade(stateDir: string, upgrade: { readonly to: string } | null): Promise<void> {
  const kept = await loadUpgrade(stateDir);
  if (kept?.to === upgrade?.to) return;
  await (upgrade === null ? remove(fileOf(stateDir, 'upgrading')) : writeWord(stateDir, 'upgrading', upgrade));
}

/** The approval of these deletions; null where nobody gave it, or where this is not ours to read. */
export async function loadApproval(stateDir: string, hash: string): Promise<Approval | null> {
  const approval = await readWord<Approval>(stateDir, `approved-${hash}`);
  return approval?.hash === hash ? approval : null;
}

export async function saveApproval(stateDir: string, approval: Approval): Promise<void> {
  await writeWord(stateDir, `approved-${approval.hash}`, approval);
}

/** An approval is good for once: what was let through is enforced now. */
export async function dropUsedApprovals(stateDir: string): Promise<void> {
  const folder = join(stateDir, 'control');
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const hash = /^approved-([0-9a-f]+)\.json$/.exec(name)?.[1];
    if (hash !== undefined && (await loadApproval(stateDir, hash))?.usedFrom !== undefined) await remove(fileOf(stateDir, `approved-${hash}`));
  }
}

/** Events of what people did here, and of passes that did not publish; the next pass that publishes tells of them. */
export async function loadNoted(stateDir: string): Promise<readonly NetEvent[]> {
  return parseEvents((await readTextIfThere(join(stateDir, 'control', 'events.jsonl'))) ?? '');
}

/** Keeps an event until it is published. */
export async function noteEvent(stateDir: string, event: NetEvent): Promise<void> {
  await noteEvents(stateDir, [event]);
}

/** Keeps events of a pass that could not publish them, or must not yet. */
export async function noteEvents(stateDir: string, events: readonly NetEvent[]): Promise<void> {
  if (events.length === 0) return;
  const file = join(stateDir, 'control', 'events.jsonl');
  await writeAtomic(file, appendEvents((await readTextIfThere(file)) ?? '', events, MOST_NOTED, 0));
}

/** These are published: what was noted meanwhile stays. */
export async function dropNoted(stateDir: string, published: readonly NetEvent[]): Promise<void> {
  if (published.length === 0) return;
  const told = new Set(published.map(event => JSON.stringify(event)));
  const left = (await loadNoted(stateDir)).filter(event => !told.has(JSON.stringify(event)));
  const file = join(stateDir, 'control', 'events.jsonl');
  await (left.length === 0 ? remove(file) : writeAtomic(file, appendEvents('', left, MOST_NOTED, 0)));
}

/** A file below `control/`, as JSON; null where it is none, or is none that can be read. */
async function readWord<T extends object>(stateDir: string, name: string): Promise<T | null> {
  try {
    const text = await readTextIfThere(fileOf(stateDir, name));
    const value: unknown = text === null ? null : JSON.parse(text);
    return typeof value === 'object' ? (value as T | null) : null;
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof HostError && error.code === 'not-permitted')) return null;
    throw error;
  }
}

async function writeWord(stateDir: string, name: string, value: object): Promise<void> {
  await writeAtomic(fileOf(stateDir, name), `${JSON.stringify(value)}\n`);
}

function fileOf(stateDir: string, name: string): string {
  return join(stateDir, 'control', `${name}.json`);
}

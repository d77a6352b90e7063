/**
 * What this node took over of somebody else's since it enforced a state last, as it was before: on disk ahead of the act. No definition
 * knows that, so a change that is taken back gives it back by this (`give-back.ts`), and deletes none of it.
 */
import { join } from 'node:path';
import { bootId } from '../host/boot.ts';
import { readTextIfThere, remove, writeAtomic } from '../host/files.ts';
import { type OwnReading, readOwn } from '../host/read.ts';
import { KINDS } from '../kinds/index.ts';
import type { Observed, Ref } from '../kinds/kind.ts';
import type { LinkSet, Op } from '../kinds/op.ts';
import type { Step } from '../kinds/step.ts';
import type { Plan } from '../plan/plan.ts';
import type { Prepared } from './enforce.ts';

/** A link that was taken over. */
export interface TakenLink {
  readonly ref: Ref;
  /** Whatever it is called, it is this one for as long as the kernel runs. */
  readonly ifindex: number;
  /** Name, group and alias as they were, where they became others. */
  readonly back: LinkSet;
}

/** What undoes one step that was done on what was taken over. */
export interface Undoing {
  readonly title: string;
  readonly ref: Ref;
  readonly ops: readonly Op[];
  /** All of these must still be there; empty for the node's filters. */
  readonly on: readonly Ref[];
}

export interface TakenOver {
  readonly boot: string;
  readonly links: readonly TakenLink[];
  /** In the order in which it was done. */
  readonly steps: readonly Undoing[];
}

const FILE = 'taken-over.json';

/** Nothing where the file is lost, damaged or of another boot: links are gone with their kernel. */
export async function loadTakenOver(stateDir: string): Promise<TakenOver> {
  const nothing = { boot: bootId(), links: [], steps: [] };
  const text = await readTextIfThere(join(stateDir, FILE));
  if (text === null) return nothing;
  try {
    const found = JSON.parse(text) as TakenOver;
    return found.boot === nothing.boot ? found : nothing;
  } catch {
    return nothing;
  }
}

/** Ahead of the first change of a round. Throws HostError. */
export async function noteTakenOver(stateDir: string, plan: Plan, prepared: Pick<Prepared, 'plan' | 'observed' | 'compiled'>): Promise<void> {
  const adopts = plan.steps.filter(({ verb }) => verb === 'adopt');
  if (adopts.length === 0) return;
  // A later round starts from what nobody kept.
  const steps = plan === prepared.plan ? plan.steps : adopts;
  const fresh = takenBy(steps, prepared, (await readOwn()).links);
  const known = await loadTakenOver(stateDir);
  const old = known.links.filter(({ ifindex }) => !fresh.links.some(link => link.ifindex === ifindex));
  await writeAtomic(join(stateDir, FILE), JSON.stringify({ ...known, links: [...old, ...fresh.links], steps: [...known.steps, ...fresh.steps] }));
}

/** What steps take over of these links, and what undoes the steps that stand on it. */
export function takenBy(steps: readonly Step[], from: Pick<Prepared, 'observed' | 'compiled'>, links: OwnReading['links']): Omit<TakenOver, 'boot'> {
  const adopts = steps.filter(({ verb }) => verb === 'adopt');
  return { links: adopts.flatMap(step => linkBefore(step, links)), steps: undoings(steps, from, new Set(adopts.map(({ ref }) => ref))) };
}

/** What was taken over is part of what is enforced, or was given back. */
export async function forgetTakenOver(stateDir: string): Promise<void> {
  await remove(join(stateDir, FILE));
}

/** The rows that are ours, but for what is about to be taken over, was since the last state, or stands on such. */
export function oursBefore(observed: readonly Observed[], { links }: Pick<TakenOver, 'links'>): readonly Observed[] {
  const theirs = new Set([...observed.filter(({ adopted }) => adopted !== undefined), ...links].map(({ ref }) => ref));
  return observed.filter(row => row.owner === 'ours' && !theirs.has(row.ref) && standsOn(row, theirs).length === 0);
}

function linkBefore({ ref, ops, changes }: Step, links: OwnReading['links']): readonly TakenLink[] {
  const [op] = ops;
  const link = op?.op === 'link-set' ? links.find(({ ifname }) => ifname === op.name) : undefined;
  const was = new Map(changes.map(({ field, have }) => [field, have]));
  if (link === undefined) return [];
  const back = {
    group: Number(was.get('group') ?? link.group),
    ...(was.has('name') ? { name: String(was.get('name')) } : {}),
    ...(was.has('alias') ? { alias: sayable(String(was.get('alias') ?? '')) } : {}),
  };
  return [{ ref, ifindex: link.ifindex, back }];
}

// Whoever made the link may have said what no line of a batch can say.
function sayable(alias: string): string {
  return /[\p{Cc}'"\\#]/u.test(alias) ? '' : alias;
}

function undoings(steps: readonly Step[], { observed, compiled }: Pick<Prepared, 'observed' | 'compiled'>, adopted: ReadonlySet<Ref>): readonly Undoing[] {
  const have = new Map(observed.map(row => [row.ref, row]));
  const want = new Map(compiled.resources.map(one => [one.ref, one]));
  return steps.flatMap(step => {
    const thing = step.verb === 'make' ? want.get(step.ref) : have.get(step.ref);
    if (thing === undefined || step.verb === 'adopt') return [];
    const on = adopted.has(step.ref) ? [step.ref] : standsOn(thing, adopted, have);
    // Filters name ports, so they follow before the names do.
    const isMeant = on.length > 0 || (adopted.size > 0 && step.kind === 'nft');
    const ops = isMeant ? undoing(step, thing.spec) : [];
    return ops.length === 0 ? [] : [{ title: step.title, ref: step.ref, ops, on }];
  });
}

/** Fields are set as they were, entries that went come back, and those that came go; links of ours go by the way back itself. */
function undoing({ verb, kind: name, changes }: Step, spec: object): readonly Op[] {
  const kind = KINDS.get(name);
  if (kind === undefined) return [];
  // What was not said at all (a vxlan device's local address) cannot be unsaid.
  const fields = changes.flatMap(({ field, have }) => (have === undefined || have === '' ? [] : [field]));
  if (verb === 'update') return fields.length === 0 ? [] : kind.update(spec, fields);
  const ops = verb === 'make' ? kind.remove(spec) : kind.create(spec);
  return ops.every(({ op }) => ENTRIES.has(op)) ? ops : [];
}

const ENTRIES: ReadonlySet<Op['op']> = new Set([
  'flood-append',
  'flood-del',
  'vtep-replace',
  'vtep-del',
  'fdb-replace',
  'fdb-del',
  'neigh-replace',
  'neigh-del',
  'nft-del',
  'nft-replace',
]);

// An entry goes with the port that it leads to, and that with its link.
function standsOn({ kind, spec }: Thing, refs: ReadonlySet<Ref>, things: ReadonlyMap<Ref, Thing> = new Map()): readonly Ref[] {
  return (KINDS.get(kind)?.ties(spec) ?? []).flatMap(({ to, when }) => {
    if (when !== 'goes') return [];
    const below = things.get(to);
    return refs.has(to) ? [to] : below === undefined ? [] : standsOn(below, refs, things);
  });
}

type Thing = Pick<Observed, 'kind' | 'spec'>;

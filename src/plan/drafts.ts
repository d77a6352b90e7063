/** The steps of a plan before they have an order: which things get an op of their own, and which ops. */
import { updateImpact } from '../kinds/impact.ts';
import type { Adopted, AnyKind, Fate, Impact, Origin, Ref } from '../kinds/kind.ts';
import type { Op } from '../kinds/op.ts';
import type { Change, Step } from '../kinds/step.ts';
import type { Again } from './again.ts';
import { equal } from './compare.ts';
import { firstTies, type Going } from './going.ts';
import { isMissing, type Settled } from './hold.ts';
import { haveKind, type Item, type World } from './world.ts';

/** A step that does not know yet what it needs: told when the order is known. */
export type Draft = Omit<Step, 'needs'> & { needs: readonly number[] };

export const NO_NEEDS: readonly number[] = [];

/** Drafts sorted by ref, a deletion before the make that replaces it; each found by its item. */
export interface Drafts {
  readonly list: readonly Draft[];
  deletionOf(item: Item): number | undefined;
  /** The make or update of an item. */
  sayingOf(item: Item): number | undefined;
  /** What makes an item ours that somebody else made. */
  adoptionOf(item: Item): number | undefined;
}

/** Drafts every step of the plan. */
export function draftSteps(world: World, settled: Settled, again: Again): Drafts {
  const list: Draft[] = [];
  // By the index of the item; -1: none.
  const deletions = new Int32Array(world.items.length).fill(-1);
  const sayings = new Int32Array(world.items.length).fill(-1);
  const adoptions = new Map<Item, number>();
  const { going } = settled;
  for (const item of world.items) {
    const isHeld = settled.holds.has(item);
    if (going.any && going.rootsOf(item)[0] === item) {
      deletions[item.index] = list.length;
      list.push(deletion(world, item, isHeld, going));
    }
    if (item.want === undefined || isHeld) continue;
    const isMade = isMissing(item) || going.goes(item);
    const adoption = isMade ? undefined : adopting(item);
    if (adoption !== undefined) adoptions.set(item, list.push(adoption) - 1);
    const saying = isMade ? making(world, item, going) : updating(item, again.get(item));
    if (saying !== undefined) sayings[item.index] = list.push(saying) - 1;
  }
  return {
    list,
    deletionOf: item => known(deletions[item.index]),
    sayingOf: item => known(sayings[item.index]),
    adoptionOf: item => adoptions.get(item),
  };
}

function known(draft: number | undefined): number | undefined {
  return draft === -1 ? undefined : draft;
}

type Spec = Readonly<Record<string, unknown>>;

function deletion(world: World, item: Item, isHeld: boolean, going: Going): Draft {
  const kind = haveKind(world.kinds, item);
  const comesBack = item.want !== undefined && !isHeld;
  return {
    verb: 'delete',
    kind: kind.name,
    title: kind.title,
    ref: item.ref,
    ops: item.have === undefined ? [] : kind.remove(item.have.spec),
    from: item.want?.from ?? former(item) ?? living(world, item),
    changes: [],
    replacing: comesBack,
    ...because(comesBack ? causeOf(world, item, going) : undefined),
    impact: deletionImpact(world, item),
    needs: NO_NEEDS,
  };
}

function deletionImpact(world: World, { kind, have, want }: Item): Impact {
  const wanted = (ref: Ref): object | undefined => world.wantedAs(ref)[0]?.want?.spec;
  return (have === undefined || want !== undefined ? undefined : kind.impact.gone?.(have.spec, wanted)) ?? kind.impact.delete;
}

// No place: the definition is gone from the files.
function former({ have }: Item): readonly Origin[] | undefined {
  return have?.formerly === undefined ? undefined : [{ definition: have.formerly, at: { file: '', line: 0, col: 0 } }];
}

/** Whose part it is, of what it hangs on and what is wanted: the flood entry of a node that left a network is the network's. */
function living(world: World, item: Item): readonly Origin[] {
  const carriers = world.haveTies(item).flatMap(tie => (tie.when === 'goes' ? world.wantedAs(tie.to) : []));
  return carriers.find(carrier => carrier.want !== undefined && carrier.want.from.length > 0)?.want?.from ?? [];
}

function making(world: World, item: Item, going: Going): Draft {
  const { kind, want, have } = item;
  const replacing = going.goes(item);
  const spec = (want?.spec ?? {}) as Spec;
  const changes = allChanges(kind, spec, have?.kind === want?.kind ? (have?.spec as Spec | undefined) : undefined);
  return {
    verb: 'make',
    kind: kind.name,
    title: kind.title,
    ref: item.ref,
    ops: kind.create(spec),
    from: want?.from ?? [],
    changes,
    replacing,
    ...because(replacing ? causeOf(world, item, going) : undefined),
    impact: replacing ? kind.impact.delete : makingImpact(world, item, going),
    needs: NO_NEEDS,
  };
}

// What stands on a new link, or in a new namespace, meets no packets yet.
function makingImpact(world: World, { kind, wantTies }: Item, going: Going): Impact {
  if (kind.impact.make === 'no-traffic') return 'no-traffic';
  const isNew = (item: Item): boolean => isMissing(item) && !going.goes(item);
  const stands = wantTies.filter(tie => tie.when === 'goes' || tie.when === 'first');
  return stands.some(tie => world.wantedAs(tie.to).some(isNew)) ? 'no-traffic' : kind.impact.make;
}

/** What makes a thing go that need not go for its own sake: what takes it along, or what it is taken away before. */
function causeOf(world: World, item: Item, going: Going): Ref | undefined {
  const isOwn = item.want?.kind !== item.have?.kind || (item.differs?.fixed.length ?? 0) > 0;
  if (isOwn) return undefined;
  const roots = going.rootsOf(item);
  if (roots[0] !== item) return roots[0]?.ref;
  const name = firstTies(world, item).find(going.lost);
  const holders = name === undefined ? [] : world.observedAs(name);
  return holders.flatMap(holder => going.rootsOf(holder))[0]?.ref;
}

/** Somebody else's thing gets our marks, and its name; what else differs is an ordinary update after it. */
function adopting({ kind, want, have, ref }: Item): Draft | undefined {
  if (want === undefined || have?.adopted === undefined) return undefined;
  if (kind.adopt === undefined) throw new Error(`bug: nothing takes over ${ref}`);
  const spec = want.spec as Spec;
  const present = { ...have.spec, name: have.adopted.name } as Spec;
  const fields: readonly string[] = ['name', ...kind.adopt.fields];
  const changes = fields.map(field => ({ field, want: spec[field], have: present[field] })).filter(differs);
  const about = { kind: kind.name, title: kind.title, ref, from: want.from, was: wasText(have.adopted, String(spec['name'])) };
  return { verb: 'adopt', ...about, ops: kind.adopt.ops(spec, have.adopted), changes, replacing: false, impact: 'no-traffic', needs: NO_NEEDS };
}

// `vxlan100, no group`: the name only where it becomes another.
function wasText({ name, group }: Adopted, now: string): string {
  const mark = group === '0' ? 'no group' : `group ${group}`;
  return name === now ? mark : `${name}, ${mark}`;
}

function updating(item: Item, disturber: Ref | undefined): Draft | undefined {
  const { kind, have } = item;
  const marks: readonly string[] = have?.adopted === undefined ? [] : (kind.adopt?.fields ?? []);
  const live = (item.differs?.live ?? []).filter(field => !marks.includes(field));
  return live.length === 0 && disturber === undefined ? undefined : update(item, live, disturber);
}

// No packet meets what nothing of ours stands on yet.
function loud({ kind, have }: Item, live: readonly string[]): readonly string[] {
  const quiet: readonly string[] = have?.adopted === undefined ? [] : (kind.adopt?.quiet ?? []);
  return live.filter(field => !quiet.includes(field));
}

function update(item: Item, live: readonly string[], disturber: Ref | undefined): Draft | undefined {
  const { kind, want, have, ref } = item;
  const spec = (want?.spec ?? {}) as Spec;
  const said = disturber === undefined ? live : liveFields(kind, spec);
  const ops: readonly Op[] = kind.update(spec, said as string[]);
  if (ops.length === 0 && live.length === 0) return undefined;
  const present = (have?.spec ?? {}) as Spec;
  return {
    verb: 'update',
    kind: kind.name,
    title: kind.title,
    ref,
    ops,
    from: want?.from ?? [],
    changes: live.map(field => ({ field, want: spec[field], have: present[field], ...told(kind, field, spec, have?.spec) })),
    replacing: false,
    ...because(disturber),
    impact: updateImpact(kind, loud(item, live), spec, present),
    needs: NO_NEEDS,
  };
}

function told(kind: AnyKind, field: string, want: Spec, have: object | undefined): Pick<Change, 'told'> {
  const lines = have === undefined ? undefined : kind.tell?.(field, want, have);
  return lines === undefined ? {} : { told: lines };
}

function because(cause: Ref | undefined): { readonly because?: Ref } {
  return cause === undefined ? {} : { because: cause };
}

const FATES = new WeakMap<object, readonly (readonly [string, Fate])[]>();

// The same few tables of fields are asked for ten thousands of specs.
function fatesOf(kind: AnyKind): readonly (readonly [string, Fate])[] {
  const known = FATES.get(kind.fields);
  if (known !== undefined) return known;
  const fates = Object.entries(kind.fields as Readonly<Record<string, Fate>>);
  FATES.set(kind.fields, fates);
  return fates;
}

/** Managed live fields, in the order in which the kind declares them. */
function liveFields(kind: AnyKind, want: Spec): readonly string[] {
  return fatesOf(kind).flatMap(([field, fate]) => (fate === 'live' && want[field] !== undefined ? [field] : []));
}

function allChanges(kind: AnyKind, want: Spec, have: Spec | undefined): readonly Change[] {
  const changes: Change[] = [];
  for (const [field, fate] of fatesOf(kind)) {
    if (want[field] === undefined || fate === 'policy' || isBornWith(kind, field, want, have)) continue;
    // What cannot be read does not differ; what was read shows what it was.
    const before = fate === 'covered' ? (have === undefined ? undefined : want[field]) : have?.[field];
    const change: Change = { field, want: want[field], have: before };
    changes.push(fate === 'fixed' && have !== undefined && differs(change) ? { ...change, forces: true as const } : change);
  }
  return changes;
}

// A new one has it without a word, and what it replaces had it too.
function isBornWith(kind: AnyKind, field: string, want: Spec, have: Spec | undefined): boolean {
  const born = (kind.birth as Spec | undefined)?.[field];
  return born !== undefined && equal(born, want[field]) && (have === undefined || equal(born, have[field]));
}

/** True when a change is one: replacements also list what stays as it was. */
export function differs(change: Change): boolean {
  return !equal(change.want, change.have);
}

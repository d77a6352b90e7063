/** What is wanted and what is there, side by side: one item for each ref, found by every name that ties may use. */
import type { AnyKind, Kinds, Observed, Origin, Ref, Resource, Tie } from '../kinds/kind.ts';
import { type Difference, difference, equal } from './compare.ts';

/** A ref that is wanted, there, or both. */
export interface Item {
  /** Its place among all items, which are sorted by ref. */
  readonly index: number;
  readonly ref: Ref;
  readonly want: Resource | undefined;
  readonly have: Observed | undefined;
  /** Of `want`, else of `have`. */
  readonly kind: AnyKind;
  /** Wanted and there: what differs. Another kind under the same ref is not compared. */
  readonly differs: Difference | undefined;
  readonly wantTies: readonly Tie[];
}

export interface World {
  readonly items: readonly Item[];
  readonly kinds: Kinds;
  /** The item with this ref; groups are not looked at. */
  at(ref: Ref): Item | undefined;
  /** Wanted items that answer to a name, by ref or by group. */
  wantedAs(name: Ref): readonly Item[];
  /** Observed items that answer to a name, by ref or by group. */
  observedAs(name: Ref): readonly Item[];
  /** Every name under which an item is known, as wanted and as it is. */
  namesOf(item: Item): readonly Ref[];
  haveTies(item: Item): readonly Tie[];
}

const NO_TIES: readonly Tie[] = [];

/** Joins both sides by ref. The order of the inputs does not matter. Throws a Bug for one ref that is wanted in two ways. */
export function makeWorld(want: readonly Resource[], have: readonly Observed[], kinds: Kinds): World {
  const wanted = foldWanted(want);
  const observed = foldObserved(have);
  const refs = [...wanted.keys()];
  for (const ref of observed.keys()) if (!wanted.has(ref)) refs.push(ref);
  refs.sort();
  const items = refs.map((ref, index) => makeItem(index, ref, wanted.get(ref), observed.get(ref), kinds));
  return indexed(items, kinds);
}

function makeItem(index: number, ref: Ref, want: Resource | undefined, have: Observed | undefined, kinds: Kinds): Item {
  const kind = kindOf(kinds, (want ?? have)?.kind ?? '', ref);
  const differs = want !== undefined && have !== undefined && want.kind === have.kind ? difference(kind, want.spec, have.spec, have.unknown) : undefined;
  return { index, ref, want, have, kind, differs, wantTies: want === undefined ? NO_TIES : kind.ties(want.spec) };
}

/** The kind with this name; a Bug when the table has none. */
export function kindOf(kinds: Kinds, name: string, ref: Ref): AnyKind {
  const kind = kinds.get(name);
  if (kind === undefined) throw new Error(`bug: ${ref} is of the kind ${name}, which is not in the table of kinds`);
  return kind;
}

function indexed(items: readonly Item[], kinds: Kinds): World {
  const byRef = new Map<Ref, Item>();
  const wantGroups = new Map<Ref, Item[]>();
  const haveGroups = new Map<Ref, Item[]>();
  for (const item of items) {
    byRef.set(item.ref, item);
    if (item.want !== undefined) for (const name of item.kind.groups?.(item.want.spec) ?? []) add(wantGroups, name, item);
    if (item.have !== undefined) for (const name of haveKind(kinds, item).groups?.(item.have.spec) ?? []) add(haveGroups, name, item);
  }
  const ties: (readonly Tie[] | undefined)[] = new Array(items.length);
  const haveTies = (item: Item) => {
    if (item.have === undefined) return NO_TIES;
    const known = ties[item.index] ?? haveKind(kinds, item).ties(item.have.spec);
    ties[item.index] = known;
    return known;
  };
  return {
    items,
    kinds,
    at: ref => byRef.get(ref),
    wantedAs: name => found(byRef.get(name), 'want', wantGroups.get(name)),
    observedAs: name => found(byRef.get(name), 'have', haveGroups.get(name)),
    namesOf: item => namesOf(item, kinds),
    haveTies,
  };
}

const NOBODY: readonly Item[] = [];

function found(exact: Item | undefined, side: 'want' | 'have', members: readonly Item[] | undefined): readonly Item[] {
  if (exact?.[side] === undefined) return members ?? NOBODY;
  return members === undefined ? [exact] : [exact, ...members.filter(item => item !== exact)];
}

function namesOf(item: Item, kinds: Kinds): readonly Ref[] {
  const names: Ref[] = [item.ref];
  if (item.want !== undefined) names.push(...(item.kind.groups?.(item.want.spec) ?? []));
  if (item.have !== undefined) names.push(...(haveKind(kinds, item).groups?.(item.have.spec) ?? []));
  return names.length === 1 ? names : [...new Set(names)];
}

/** The kind that an item is of now, which may be another than the wanted one. */
export function haveKind(kinds: Kinds, item: Item): AnyKind {
  return item.have === undefined || item.want === undefined || item.want.kind === item.have.kind ? item.kind : kindOf(kinds, item.have.kind, item.ref);
}

/** Adds to a list that is made when it is first needed. */
export function add<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** One resource for each ref, with all origins. Throws a Bug for one ref that is wanted in two ways. */
export function foldWanted(want: readonly Resource[]): Map<Ref, Resource> {
  const folded = new Map<Ref, Resource>();
  let shared: Map<Ref, Resource[]> | undefined;
  for (const resource of want) {
    const first = folded.get(resource.ref);
    if (first === undefined) folded.set(resource.ref, resource);
    else {
      if (first.kind !== resource.kind || !equal(first.spec, resource.spec)) throw new Error(wantedTwice(first, resource));
      shared ??= new Map();
      if (!shared.has(first.ref)) shared.set(first.ref, [first]);
      add(shared, first.ref, resource);
    }
  }
  for (const [ref, sharers] of shared ?? []) folded.set(ref, withAllOrigins(sharers));
  return folded;
}

function wantedTwice(a: Resource, b: Resource): string {
  const [one, other] = [a, b].map(r => `${r.from[0]?.definition ?? 'nobody'} as ${r.kind} ${JSON.stringify(r.spec)}`).sort();
  return `bug: ${a.ref} is wanted in two ways: by ${one} and by ${other}`;
}

function withAllOrigins(sharers: readonly Resource[]): Resource {
  const ordered = [...sharers].sort((a, b) => compare(originKey(a.from[0]), originKey(b.from[0])));
  const from = new Map(ordered.flatMap(resource => resource.from).map(origin => [originKey(origin), origin]));
  return { ...(ordered[0] as Resource), from: [...from.values()] };
}

function originKey(origin: Origin | undefined): string {
  return origin === undefined ? '' : `${origin.definition}\n${origin.at.file}\n${origin.at.line}\n${origin.at.col}`;
}

// The kernel keeps refs apart. Should a reader say one twice, what is foreign counts: it is left alone.
function foldObserved(have: readonly Observed[]): Map<Ref, Observed> {
  const folded = new Map<Ref, Observed>();
  for (const observed of have) {
    const first = folded.get(observed.ref);
    if (first === undefined || compare(weight(observed), weight(first)) < 0) folded.set(observed.ref, observed);
  }
  return folded;
}

function weight(observed: Observed): string {
  return `${{ foreign: 0, ours: 1, common: 2 }[observed.owner]} ${observed.kind} ${JSON.stringify(observed.spec)}`;
}

/** By code units, so that the order is the same on every machine. */
export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

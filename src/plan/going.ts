/** What leaves the kernel: by an op of its own, or along with what it hangs on. Computed from observed ties only, as the kernel does it. */
import type { Ref, Tie } from '../kinds/kind.ts';
import { add, type Item, type World } from './world.ts';

/** What goes when some things are deleted or replaced. */
export interface Going {
  readonly any: boolean;
  /** True when it leaves, whether it comes back or not. */
  goes(item: Item): boolean;
  /** The items whose deletion takes this one: itself when it has an op of its own; empty when it stays. By ref. */
  rootsOf(item: Item): readonly Item[];
  /** True when something has this name now, and nothing that has it stays. */
  lost(name: Ref): boolean;
}

/** Which items hang on a name: those that it takes along, and those that must be taken away before it. */
export type Hanging = ReadonlyMap<Ref, readonly Hung[]>;

interface Hung {
  readonly item: Item;
  readonly when: 'goes' | 'first';
}

/** Reads the ties that matter when something goes. `first` counts as it is and as it is wanted. */
export function whatHangs(world: World): Hanging {
  const hanging = new Map<Ref, Hung[]>();
  for (const item of world.items) {
    for (const tie of world.haveTies(item)) if (tie.when === 'goes') add(hanging, tie.to, { item, when: 'goes' });
    for (const name of firstTies(world, item)) add(hanging, name, { item, when: 'first' });
  }
  return hanging;
}

/** The names that an item, which is there, must be taken away before. */
export function firstTies(world: World, item: Item): readonly Ref[] {
  if (item.have === undefined) return [];
  const isFirst = (tie: Tie) => tie.when === 'first';
  const observed = world.haveTies(item).filter(isFirst);
  const wanted = item.wantTies.filter(isFirst);
  return observed.length + wanted.length === 0 ? NO_NAMES : [...new Set([...observed, ...wanted].map(tie => tie.to))];
}

const NO_NAMES: readonly Ref[] = [];
const NO_ITEMS: readonly Item[] = [];

/**
 * Follows the ties from what leaves. `leaving` is sorted by ref. What must be taken away first, and is not held, gets an op
 * of its own; what the kernel takes along gets none.
 */
export function whatGoes(world: World, leaving: readonly Item[], hanging: () => Hanging, isHeld: (item: Item) => boolean): Going {
  if (leaving.length === 0) return { any: false, goes: () => false, rootsOf: () => NO_ITEMS, lost: () => false };
  const gone = new Uint8Array(world.items.length);
  const lost = (name: Ref) => {
    const holders = world.observedAs(name);
    return holders.length > 0 && holders.every(item => gone[item.index] === 1);
  };
  const canBeTaken = (item: Item) => item.have?.owner === 'ours' && !isHeld(item);
  const all = [...leaving];
  for (const item of all) gone[item.index] = 1;
  for (const item of all) {
    for (const name of world.namesOf(item)) {
      for (const hung of hanging().get(name) ?? []) {
        if (gone[hung.item.index] === 1 || (hung.when === 'first' && !canBeTaken(hung.item)) || !lost(name)) continue;
        gone[hung.item.index] = 1;
        all.push(hung.item);
      }
    }
  }
  const takenAway = (item: Item) => canBeTaken(item) && firstTies(world, item).some(lost);
  const roots = findRoots(world, all, hanging(), lost, takenAway);
  return { any: true, goes: item => gone[item.index] === 1, rootsOf: memoRoots(world, gone, roots, lost), lost };
}

/** Which of the leaving need an op: what is taken away first, and what nothing else takes along. */
function findRoots(world: World, all: readonly Item[], hanging: Hanging, lost: (name: Ref) => boolean, takenAway: (item: Item) => boolean): Uint8Array {
  const roots = new Uint8Array(world.items.length);
  const reached = new Uint8Array(world.items.length);
  const sweep = (root: Item) => {
    roots[root.index] = 1;
    const queue = [root];
    reached[root.index] = 1;
    for (const item of queue) {
      for (const name of world.namesOf(item)) {
        for (const hung of hanging.get(name) ?? []) {
          if (hung.when !== 'goes' || reached[hung.item.index] === 1 || !lost(name)) continue;
          reached[hung.item.index] = 1;
          queue.push(hung.item);
        }
      }
    }
  };
  const ordered = [...all].sort(byRef);
  const swept = (item: Item) => world.haveTies(item).some(tie => tie.when === 'goes' && lost(tie.to));
  for (const item of ordered) if (takenAway(item) || !swept(item)) sweep(item);
  // Things that take each other along, such as two ends of one cable: the first of them gets the op.
  for (const item of ordered) if (reached[item.index] === 0) sweep(item);
  return roots;
}

function memoRoots(world: World, gone: Uint8Array, roots: Uint8Array, lost: (name: Ref) => boolean): (item: Item) => readonly Item[] {
  const known = new Map<Item, readonly Item[]>();
  const takers = (item: Item) => world.haveTies(item).flatMap(tie => (tie.when === 'goes' && lost(tie.to) ? world.observedAs(tie.to) : NO_ITEMS));
  const rootsOf = (item: Item): readonly Item[] => {
    if (gone[item.index] === 0) return NO_ITEMS;
    const before = known.get(item);
    if (before !== undefined) return before;
    const isRoot = roots[item.index] === 1;
    // Set before the way up, which two things that take each other along would never end.
    known.set(item, isRoot ? [item] : NO_ITEMS);
    if (!isRoot) known.set(item, [...new Set(takers(item).flatMap(rootsOf))].sort(byRef));
    return known.get(item) ?? NO_ITEMS;
  };
  return rootsOf;
}

function byRef(a: Item, b: Item): number {
  return a.index - b.index;
}

/** Compares what is wanted with what is there and says what to do about it, in which order. Generic: it knows the contract of kinds and no kind. */
import type { Kinds, Observed, Resource } from '../kinds/kind.ts';
import type { Step } from '../kinds/step.ts';
import { whatIsSaidAgain } from './again.ts';
import { type Draft, type Drafts, draftSteps, NO_NEEDS } from './drafts.ts';
import { type Edge, edgesOf } from './edges.ts';
import { isAsWanted } from './glance.ts';
import { bystanders, type Settled, settle } from './hold.ts';
import { orderOf } from './order.ts';
import type { Held, Plan, Swept } from './plan.ts';
import { add, haveKind, type Item, makeWorld, type World } from './world.ts';

/**
 * Plans the way from `have` to `want`.
 *
 * @param want   in any order; the same ref twice with equal specs folds into one with all origins
 * @param have   all that was read, foreign and common things included, in any order
 * @param kinds  every kind that occurs in either
 * @returns      the same plan for any order of the inputs; empty when nothing is to do.
 *               Throws a Bug for one ref wanted in two ways, an unknown kind, and a cycle of ties.
 */
export function diff(want: readonly Resource[], have: readonly Observed[], kinds: Kinds): Plan {
  const isFarOff = have.length < want.length / 2;
  return !isFarOff && isAsWanted(want, have, kinds) ? NOTHING : wholeDiff(want, have, kinds);
}

const NOTHING: Plan = { steps: [], swept: [], bystanders: [], held: [] };

/** The whole comparison, also where a glance would do. */
export function wholeDiff(want: readonly Resource[], have: readonly Observed[], kinds: Kinds): Plan {
  const world = makeWorld(want, have, kinds);
  const settled = settle(world);
  const drafts = draftSteps(world, settled, whatIsSaidAgain(world, settled));
  const edges = edgesOf(world, settled, drafts);
  return {
    steps: inOrder(drafts, edges, orderOf(drafts.list, edges)),
    swept: whatIsSwept(world, settled),
    bystanders: whoStandsBy(world, settled),
    held: whatIsHeld(world, settled),
  };
}

function inOrder(drafts: Drafts, edges: readonly Edge[], order: readonly number[]): readonly Step[] {
  const position = new Int32Array(order.length);
  order.forEach((draft, at) => {
    position[draft] = at;
  });
  const needs = new Map<number, number[]>();
  for (const { before, after, soft } of edges) if (!soft) add(needs, after, position[before] ?? 0);
  return order.map(index => {
    const step = drafts.list[index] as Draft;
    step.needs = ascending(needs.get(index));
    return step;
  });
}

function ascending(numbers: readonly number[] = NO_NEEDS): readonly number[] {
  return numbers.length < 2 ? numbers : [...new Set(numbers)].sort((a, b) => a - b);
}

function whatIsSwept(world: World, { going, holds }: Settled): Plan['swept'] {
  if (!going.any) return [];
  return world.items.flatMap(item => {
    const root = going.rootsOf(item)[0];
    if (item.have?.owner !== 'ours' || root === undefined || root === item || (item.want !== undefined && !holds.has(item))) return [];
    return [sweptBy(world, item, root)];
  });
}

function sweptBy(world: World, item: Item, root: Item): Swept {
  const kind = haveKind(world.kinds, item);
  return { kind: kind.name, title: kind.title, ref: item.ref, by: root.ref };
}

function whoStandsBy(world: World, { going }: Settled): Plan['bystanders'] {
  const by = new Map<Item, Swept>();
  for (const { item, roots } of bystanders(world, going)) {
    const root = roots[0];
    if (root !== undefined && !by.has(item)) by.set(item, sweptBy(world, item, root));
  }
  return [...by.values()];
}

function whatIsHeld(world: World, { going, holds }: Settled): readonly Held[] {
  const ordered = [...holds].sort(([a], [b]) => a.index - b.index);
  return ordered.flatMap(([item, hold]) => {
    // Its own deletion was held back, and it goes all the same, along with something else: it is listed there.
    if (item.want === undefined && going.goes(item)) return [];
    const kind = item.want === undefined ? haveKind(world.kinds, item) : item.kind;
    return [{ ...hold, kind: kind.name, title: kind.title, ref: item.ref, from: item.want?.from ?? [] }];
  });
}

/** What stays, but may be disturbed by a change near it: all its live fields are said anew, in the same round. */
import type { Ref } from '../kinds/kind.ts';
import { isMissing, type Settled } from './hold.ts';
import { add, type Item, type World } from './world.ts';

/** By item that is said anew: the ref of what disturbs it. */
export type Again = ReadonlyMap<Item, Ref>;

/**
 * Follows `again` ties, as they are and as they are wanted, from everything that is made, updated, replaced or deleted. What
 * is said anew may disturb what ties to it in turn.
 */
export function whatIsSaidAgain(world: World, settled: Settled): Again {
  const disturbed = world.items.filter(item => changes(item, settled));
  const again = new Map<Item, Ref>();
  if (disturbed.length === 0) return again;
  const tied = againTies(world, settled);
  if (tied.size === 0) return again;
  const seen = new Set(disturbed);
  for (const item of disturbed) {
    for (const name of world.namesOf(item)) {
      for (const other of tied.get(name) ?? []) {
        if (other === item || again.has(other)) continue;
        again.set(other, item.ref);
        if (!seen.has(other)) disturbed.push(other);
        seen.add(other);
      }
    }
  }
  return again;
}

/** True when it is made, updated, replaced or deleted for a reason of its own. */
function changes(item: Item, { holds, going }: Settled): boolean {
  if (going.goes(item)) return true;
  if (item.want === undefined || holds.has(item)) return false;
  return isMissing(item) || (item.differs?.live.length ?? 0) > 0;
}

function againTies(world: World, { holds, going }: Settled): Map<Ref, Item[]> {
  const tied = new Map<Ref, Item[]>();
  for (const item of world.items) {
    if (item.want === undefined || item.have === undefined || holds.has(item) || going.goes(item) || isMissing(item)) continue;
    for (const tie of item.wantTies) if (tie.when === 'again') add(tied, tie.to, item);
    for (const tie of world.haveTies(item))
      if (tie.when === 'again' && !item.wantTies.some(t => t.when === 'again' && t.to === tie.to)) add(tied, tie.to, item);
  }
  return tied;
}

/** What a plan must leave alone, and why: a foreign thing in the way, a tie to nothing, a guest that would be cut off, what nobody could read. */
import type { Observed, Ref, Tie } from '../kinds/kind.ts';
import { type Going, type Hanging, whatGoes, whatHangs } from './going.ts';
import type { Held } from './plan.ts';
import { add, haveKind, type Item, type World } from './world.ts';

/** Why one item is held; `Held` without what the item itself tells. */
export interface Hold {
  readonly why: Held['why'];
  readonly on: Ref;
  readonly claim?: string;
  readonly holder?: Observed;
}

export type Holds = Map<Item, Hold>;

export interface Settled {
  readonly holds: ReadonlyMap<Item, Hold>;
  readonly going: Going;
}

/**
 * Decides what is held and what goes. Each hold may keep further things from going, and what stays or goes may hold
 * further ones: holds only grow, so this ends; without any hold it is one round.
 */
export function settle(world: World): Settled {
  const holds: Holds = new Map();
  const spared = whatIsSpared(world);
  let hangs: Hanging | undefined;
  const hanging = () => {
    hangs ??= whatHangs(world);
    return hangs;
  };
  holdConflicts(world, holds);
  holdUnread(world, holds);
  for (;;) {
    const leaving = world.items.filter(item => leaves(item) && !holds.has(item) && !spared.has(item));
    const going = whatGoes(world, leaving, hanging, item => holds.has(item));
    const before = holds.size;
    holdInUse(world, going, holds);
    if (holds.size === before) holdBlocked(world, going, holds);
    if (holds.size === before) holdUnmet(world, going, holds);
    if (holds.size > 0) holdWhatHangs(world, hanging(), spared, holds);
    if (holds.size === before) return { holds, going };
  }
}

/** Ours, and either not wanted or to be replaced. */
function leaves(item: Item): boolean {
  if (item.have?.owner !== 'ours') return false;
  return item.want === undefined || item.want.kind !== item.have.kind || (item.differs?.fixed.length ?? 0) > 0;
}

/** True when it is to be made although it is not taken away: nothing is there, or what is common is there in another way. */
export function isMissing(item: Item): boolean {
  if (item.want === undefined) return false;
  if (item.have === undefined) return true;
  return item.have.owner === 'common' && (item.want.kind !== item.have.kind || (item.differs?.fixed.length ?? 0) > 0);
}

/** Claims that an item takes anew: those of the wanted one that the present one has not. */
export function freshClaims(world: World, item: Item): readonly string[] {
  if (item.want === undefined) return [];
  const wanted = item.kind.claims(item.want.spec);
  if (item.have === undefined || wanted.length === 0) return wanted;
  const present = new Set(haveKind(world.kinds, item).claims(item.have.spec));
  return wanted.filter(claim => !present.has(claim));
}

function whatIsSpared(world: World): ReadonlySet<Item> {
  const spared = new Set<Item>();
  if (![...world.kinds.values()].some(kind => kind.spares !== undefined)) return spared;
  for (const item of world.items) {
    const { have } = item;
    if (item.want !== undefined || have?.owner !== 'ours') continue;
    const isSpared = (tie: Tie) => {
      const host = tie.when === 'goes' ? world.at(tie.to) : undefined;
      return host?.want !== undefined && host.kind.spares?.(host.want.spec, have) === true;
    };
    if (world.haveTies(item).some(isSpared)) spared.add(item);
  }
  return spared;
}

function holdConflicts(world: World, holds: Holds): void {
  const taken = claimsOf(
    world,
    world.items.filter(item => item.have?.owner === 'foreign'),
  );
  for (const item of world.items) {
    if (item.want === undefined) continue;
    if (item.have?.owner === 'foreign') holds.set(item, hangsOnKept(world, item) ?? { why: 'conflict', on: item.ref, holder: item.have });
    else if (taken.size > 0 && (isMissing(item) || leaves(item))) holdTaken(world, item, taken, holds);
  }
}

// What is in or on a thing that was to be taken over, and is not, is told with that.
function hangsOnKept(world: World, item: Item): Hold | undefined {
  const carrier = world.haveTies(item).find(({ to, when }) => when === 'goes' && world.at(to)?.have?.kept !== undefined);
  return carrier === undefined ? undefined : { why: 'depends', on: carrier.to };
}

function holdTaken(world: World, item: Item, taken: ReadonlyMap<string, readonly Item[]>, holds: Holds): void {
  for (const claim of freshClaims(world, item)) {
    const holder = taken.get(claim)?.[0];
    if (holder?.have === undefined) continue;
    holds.set(item, { why: 'conflict', on: holder.ref, claim, holder: holder.have });
    return;
  }
}

/**
 * Of what is in a thing that could not be read nothing is known: not whether what is wanted in it is there, nor what would go
 * with it. What stands outside, and is as wanted as far as that can be seen, is not held.
 */
function holdUnread(world: World, holds: Holds): void {
  const unread = new Map(world.items.flatMap(item => (item.have?.unread === undefined ? [] : [[item.ref, item.have] as const])));
  if (unread.size === 0) return;
  for (const item of world.items) {
    const ref = holds.has(item) ? undefined : unreadOf(world, item, unread);
    const holder = ref === undefined ? undefined : unread.get(ref);
    if (holder !== undefined) holds.set(item, { why: 'unread', on: holder.ref, holder });
  }
}

function unreadOf(world: World, item: Item, unread: ReadonlyMap<Ref, Observed>): Ref | undefined {
  if (item.want === undefined) return leaves(item) ? item.ref : undefined;
  const wanted = item.wantTies.map(tie => tie.to);
  // It was moved in there, or out of where it should be.
  const strayed = world.haveTies(item).find(({ to }) => unread.has(to) && !wanted.includes(to))?.to;
  return strayed ?? (isMissing(item) || leaves(item) ? wanted.find(to => unread.has(to)) : undefined);
}

/** The claims of items as they are now. */
export function claimsOf(world: World, items: Iterable<Item>): ReadonlyMap<string, readonly Item[]> {
  const claims = new Map<string, Item[]>();
  for (const item of items) {
    if (item.have === undefined) continue;
    for (const claim of haveKind(world.kinds, item).claims(item.have.spec)) add(claims, claim, item);
  }
  return claims;
}

/** The foreign thing hangs on, or stands in, something that goes. */
export function bystanders(world: World, going: Going): readonly { readonly item: Item; readonly tie: Tie; readonly roots: readonly Item[] }[] {
  if (!going.any) return [];
  const found = [];
  for (const item of world.items) {
    if (item.have?.owner !== 'foreign') continue;
    for (const tie of world.haveTies(item)) {
      const roots = world.observedAs(tie.to).flatMap(holder => (holder === item ? [] : going.rootsOf(holder)));
      if (roots.length > 0) found.push({ item, tie, roots });
    }
  }
  return found;
}

function holdInUse(world: World, going: Going, holds: Holds): void {
  for (const { item, roots } of bystanders(world, going)) {
    const { have } = item;
    if (have === undefined || haveKind(world.kinds, item).carries?.(have.spec) === false) continue;
    for (const root of roots) if (!holds.has(root)) holds.set(root, { why: 'in-use', on: item.ref, holder: have });
  }
}

/**
 * What is not wanted and hangs on a held thing stays with it: under a guest it would otherwise be taken away piece by piece,
 * and a piece may be a part of it, as one end of a cable is.
 */
function holdWhatHangs(world: World, hanging: Hanging, spared: ReadonlySet<Item>, holds: Holds): void {
  // Walks over what it adds as well.
  for (const [item, hold] of holds) {
    if (item.have === undefined) continue;
    for (const name of world.namesOf(item)) {
      for (const { item: hung, when } of hanging.get(name) ?? []) {
        if (when !== 'goes' || hung.want !== undefined || hung.have?.owner !== 'ours' || spared.has(hung) || holds.has(hung)) continue;
        holds.set(hung, hold.why === 'in-use' ? hold : { why: 'depends', on: item.ref });
      }
    }
  }
}

/** What is held cannot be taken away first, so what it should be taken away before cannot go. It stays as it is: wanted ties do not count. */
function holdBlocked(world: World, going: Going, holds: Holds): void {
  if (!going.any) return;
  for (const item of [...holds.keys()]) {
    if (item.have?.owner !== 'ours') continue;
    for (const tie of world.haveTies(item)) {
      const roots = tie.when === 'first' ? world.observedAs(tie.to).flatMap(going.rootsOf) : [];
      for (const root of roots) if (!holds.has(root)) holds.set(root, { why: 'depends', on: item.ref });
    }
  }
}

/** Ties to nothing wait, ties to held things depend; and what depends is held in turn. */
function holdUnmet(world: World, going: Going, holds: Holds): void {
  // What is held keeps its scarce names.
  const stayers = claimsOf(
    world,
    [...holds.keys()].filter(item => item.have?.owner === 'ours' && !going.goes(item)),
  );
  const unmet = (item: Item): Hold | undefined => {
    if (item.want === undefined || holds.has(item)) return undefined;
    for (const tie of item.wantTies) {
      const hold = unmetTie(world, going, holds, tie);
      if (hold !== undefined) return hold;
    }
    if (stayers.size === 0 || !(isMissing(item) || going.goes(item))) return undefined;
    const holder = freshClaims(world, item).flatMap(claim => stayers.get(claim) ?? [])[0];
    return holder === undefined ? undefined : { why: 'depends', on: holder.ref };
  };
  const queue: Item[] = [];
  const look = (item: Item) => {
    const hold = unmet(item);
    if (hold === undefined) return;
    holds.set(item, hold);
    queue.push(item);
  };
  for (const item of world.items) look(item);
  if (queue.length === 0) return;
  const tied = new Map<Ref, Item[]>();
  for (const item of world.items) for (const tie of item.wantTies) add(tied, tie.to, item);
  for (const item of queue) for (const name of world.namesOf(item)) for (const other of tied.get(name) ?? []) look(other);
}

function unmetTie(world: World, going: Going, holds: Holds, tie: Tie): Hold | undefined {
  if (tie.optional === true) return undefined;
  const exact = world.at(tie.to);
  if (exact?.want !== undefined && !holds.has(exact)) return undefined;
  const wanted = world.wantedAs(tie.to);
  if (wanted.some(item => !holds.has(item))) return undefined;
  const heldOne = wanted[0];
  if (world.observedAs(tie.to).some(item => item.want === undefined && !going.goes(item))) return undefined;
  if (heldOne !== undefined) return { why: 'depends', on: heldOne.ref };
  // Only the order was asked for: where there is nothing, there is nothing to wait for.
  return tie.when === 'after' ? undefined : { why: 'waiting', on: tie.to };
}

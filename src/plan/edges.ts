/** What must be done before what. Five rules over ties and claims; none names a kind. */
import type { Drafts } from './drafts.ts';
import { claimsOf, freshClaims, type Settled } from './hold.ts';
import type { Item, World } from './world.ts';

/**
 * `before` is done ahead of `after`, both indexes of drafts. A hard one is also a need: when `before` fails, `after` is
 * skipped. A soft one is only order, and is dropped where it would close a cycle.
 */
export interface Edge {
  readonly before: number;
  readonly after: number;
  readonly soft: boolean;
}

type Connect = (before: number | undefined, after: number | undefined, soft?: boolean) => void;

/** All edges between the drafts, in the order of the drafts. */
export function edgesOf(world: World, settled: Settled, drafts: Drafts): readonly Edge[] {
  const edges: Edge[] = [];
  const connect: Connect = (before, after, soft = false) => {
    if (before !== undefined && after !== undefined && before !== after) edges.push({ before, after, soft });
  };
  const freed = freedClaims(world, settled);
  for (const item of world.items) {
    const saying = drafts.sayingOf(item);
    connect(drafts.adoptionOf(item), saying);
    if (saying !== undefined) {
      afterItsTies(world, settled, drafts, item, connect);
      if (drafts.list[saying]?.verb === 'make') afterWhatMakesRoom(world, settled, drafts, item, freed, connect);
    }
    if (settled.going.any && item.have !== undefined) beforeWhatItHeld(world, settled, drafts, item, connect);
  }
  return edges;
}

/** Made after all it ties to, and said after what disturbs it. */
function afterItsTies(world: World, { going }: Settled, drafts: Drafts, item: Item, connect: Connect): void {
  const saying = drafts.sayingOf(item);
  for (const tie of item.wantTies) {
    for (const held of world.wantedAs(tie.to)) {
      // Before that it is somebody else's, and may have another name.
      connect(drafts.adoptionOf(held), saying);
      const said = drafts.sayingOf(held);
      if (tie.early && said !== undefined && drafts.list[said]?.verb === 'update') {
        connect(saying, said, true);
        continue;
      }
      // A failed update leaves the thing there, so it holds nobody up, unless the order itself was asked for.
      const isHard = said !== undefined && (drafts.list[said]?.verb === 'make' || tie.when === 'after');
      connect(said, saying, !isHard);
    }
    if (tie.when !== 'again' || !going.any) continue;
    for (const gone of world.observedAs(tie.to)) for (const root of going.rootsOf(gone)) connect(drafts.deletionOf(root), saying, true);
  }
}

/** Made after what took it is gone, and after who has its scarce names has freed them. */
function afterWhatMakesRoom(world: World, { going }: Settled, drafts: Drafts, item: Item, freed: ReadonlyMap<string, readonly Item[]>, connect: Connect): void {
  const making = drafts.sayingOf(item);
  for (const root of going.rootsOf(item)) connect(drafts.deletionOf(root), making);
  if (freed.size === 0) return;
  for (const claim of freshClaims(world, item)) {
    for (const holder of freed.get(claim) ?? []) for (const root of going.rootsOf(holder)) connect(drafts.deletionOf(root), making);
  }
}

/** Who lets go goes before what it held is removed. A tie to what is swept along is a tie to what sweeps it. */
function beforeWhatItHeld(world: World, { going }: Settled, drafts: Drafts, item: Item, connect: Connect): void {
  const deletion = drafts.deletionOf(item);
  const stays = !going.goes(item);
  const letsGo = deletion ?? (stays ? drafts.sayingOf(item) : undefined);
  for (const tie of world.haveTies(item)) {
    if (stays && item.wantTies.some(wanted => wanted.to === tie.to)) continue;
    const targets = world.observedAs(tie.to).flatMap(held => going.rootsOf(held).map(drafts.deletionOf));
    if (letsGo !== undefined) for (const target of targets) connect(letsGo, target, stays || tie.when === 'again');
    if (letsGo !== undefined || tie.when !== 'after') continue;
    // It goes along with something: that goes first, since the order was asked for.
    for (const taker of going.rootsOf(item)) for (const target of targets) connect(drafts.deletionOf(taker), target, true);
  }
}

/** Scarce names that something which goes has now. */
function freedClaims(world: World, { going }: Settled): ReadonlyMap<string, readonly Item[]> {
  return claimsOf(
    world,
    world.items.filter(item => going.goes(item)),
  );
}

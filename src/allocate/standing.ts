/** The ledger as allocation sees it: well-formed, each object once, without what its memory has let go. */
import type { AddressEntry, InterfaceEntry, Ledger, NetworkEntry, PoolEntry, PoolHolder } from '../model/ledger.ts';
import type { Clock } from './clock.ts';
import { HOLDERS, type HolderKind } from './pools.ts';
import { type Shaped, shapeNetwork, shapePool } from './shape.ts';

/** One interface, and the network whose entry holds it. */
export interface Berth {
  readonly network: string;
  readonly entry: InterfaceEntry;
}

/** A FloatingIP or RoutedIP, and the pool whose entry holds it. */
export interface HolderBerth {
  readonly pool: string;
  readonly entry: PoolHolder;
}

export interface Standing {
  /** Live ones and tombstones; field values that were damaged are '' or 0. */
  readonly networks: ReadonlyMap<string, NetworkEntry>;
  /** By key; of an object that stands in two networks the live one, then the older. */
  readonly interfaces: ReadonlyMap<string, Berth>;
  readonly pools: ReadonlyMap<string, PoolEntry>;
  /** By definition: `FloatingIP default/web`. */
  readonly holders: ReadonlyMap<string, HolderBerth>;
  /** Networks (by key) and pools (by name) whose entry was not as it must be, and is to be written anew. */
  readonly damaged: ReadonlySet<string>;
  /** What new objects begin to count with. */
  readonly incarnations: number;
}

/** Reads a ledger that may be stale, hand-edited or broken; never throws. Time alone changes nothing that is kept. */
export function standing(ledger: Ledger, clock: Clock): Standing {
  let incarnations = Number.isSafeInteger(ledger.incarnations) ? Math.max(0, ledger.incarnations ?? 0) : 0;
  const tidy: Tidy = {
    clock,
    forget: gone => {
      incarnations = Math.max(incarnations, gone + 1);
    },
  };
  const damaged = new Set<string>();
  const networks = readAll(
    ledger.networks,
    shapeNetwork,
    entry => tidyNetwork(entry, tidy),
    damaged,
    entry => [entry.interfaces],
  );
  const pools = readAll(
    ledger.pools,
    shapePool,
    entry => tidyPool(entry, tidy),
    damaged,
    entry => [entry.floating, entry.routed],
  );
  const interfaces = onceEach(
    [...networks].flatMap(([network, { interfaces: all }]) => Object.entries(all).map(([id, entry]) => [id, network, entry] as const)),
  );
  const holders = onceEach([...pools].flatMap(([pool, entry]) => holdersIn(entry).map(([id, holder]) => [id, pool, holder] as const)));
  return {
    networks,
    interfaces: new Map([...interfaces].map(([id, { at, entry }]) => [id, { network: at, entry }])),
    pools,
    holders: new Map([...holders].map(([id, { at, entry }]) => [id, { pool: at, entry }])),
    damaged,
    incarnations,
  };
}

interface Tidy {
  readonly clock: Clock;
  readonly forget: (incarnation: number) => void;
}

function readAll<T extends { readonly removed?: string }>(
  raw: Readonly<Record<string, T>> | undefined,
  shape: (raw: unknown, key: string) => Shaped<T>,
  tidied: (entry: T) => T | null,
  damaged: Set<string>,
  inside: (entry: T) => readonly Readonly<Record<string, Kept>>[],
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const key of Object.keys(raw ?? {}).sort()) {
    const { entry, problems } = shape(raw?.[key], key);
    if (problems.length > 0 || (entry.removed !== undefined && inside(entry).some(hasLive))) damaged.add(key);
    const kept = tidied(entry);
    if (kept !== null) found.set(key, kept);
  }
  return found;
}

/** An entry without what is forgotten, and with quarantine that has run out as `remembered`; null when all of it is forgotten. */
function tidyNetwork(entry: NetworkEntry, tidy: Tidy): NetworkEntry | null {
  const isGone = entry.removed !== undefined && tidy.clock.isForgotten(entry.removed);
  if (isGone) tidy.forget(entry.incarnation);
  const interfaces = keptOf(entry.interfaces, entry, isGone, tidy);
  if (isGone) return null;
  return { ...entry, since: dated(entry.since, tidy), interfaces, addresses: tidyAddresses(entry.addresses, tidy) };
}

function tidyPool(entry: PoolEntry, tidy: Tidy): PoolEntry | null {
  const isGone = entry.removed !== undefined && tidy.clock.isForgotten(entry.removed);
  const [floating, routed] = [keptOf(entry.floating, entry, isGone, tidy), keptOf(entry.routed, entry, isGone, tidy)];
  if (isGone) return null;
  return { ...entry, since: dated(entry.since, tidy), floating, routed, addresses: tidyAddresses(entry.addresses, tidy) };
}

type Kept = InterfaceEntry | PoolHolder;

function hasLive(all: Readonly<Record<string, Kept>>): boolean {
  return Object.values(all).some(({ removed }) => removed === undefined);
}

// Nothing lives in a network or pool that is gone.
function keptOf<T extends Kept>(
  all: Readonly<Record<string, T>>,
  above: { readonly removed?: string },
  isGone: boolean,
  tidy: Tidy,
): Readonly<Record<string, T>> {
  const kept: [string, T][] = [];
  for (const [id, each] of Object.entries(all)) {
    const removed = each.removed ?? above.removed;
    if (isGone || (removed !== undefined && tidy.clock.isForgotten(removed))) tidy.forget(each.incarnation ?? 0);
    else kept.push([id, { ...each, since: dated(each.since, tidy), ...(removed === undefined ? {} : { removed }) }]);
  }
  return Object.fromEntries(kept);
}

function tidyAddresses(addresses: readonly AddressEntry[], tidy: Tidy): readonly AddressEntry[] {
  const { clock } = tidy;
  return addresses.flatMap((entry): readonly AddressEntry[] => {
    const address = { ...entry, since: dated(entry.since, tidy) };
    if (address.type !== 'quarantine' && address.type !== 'remembered') return [address];
    if (clock.isForgotten(address.since)) return [];
    return [address.type === 'quarantine' && !clock.isQuarantined(address.since) ? { ...address, type: 'remembered' } : address];
  });
}

// A damaged instant counts as now: nothing is older by accident, and nothing is forgotten by it.
function dated(since: string, { clock }: Tidy): string {
  return since === '' ? clock.now : since;
}

function holdersIn(entry: PoolEntry): readonly (readonly [string, PoolHolder])[] {
  const kinds = Object.keys(HOLDERS) as HolderKind[];
  return kinds.flatMap(kind => Object.entries(entry[kind]).map(([key, holder]) => [`${HOLDERS[kind]} ${key}`, holder] as const));
}

interface Found<T> {
  readonly at: string;
  readonly entry: T;
}

function onceEach<T extends Kept>(all: readonly (readonly [id: string, at: string, entry: T])[]): ReadonlyMap<string, Found<T>> {
  const found = new Map<string, Found<T>>();
  for (const [id, at, entry] of all) {
    const other = found.get(id);
    found.set(id, other === undefined ? { at, entry } : firstOf(other, { at, entry }));
  }
  return found;
}

function firstOf<T extends Kept>(a: Found<T>, b: Found<T>): Found<T> {
  const rank = ({ entry, at }: Found<T>): string => `${entry.removed === undefined ? 0 : 1} ${entry.since} ${at}`;
  return rank(a) <= rank(b) ? a : b;
}

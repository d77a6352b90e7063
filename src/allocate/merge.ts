/** The published ledger against this node's copy: what the remote lost is said again, for what lives. */
import { compareIps } from '../model/ip.ts';
import type { AddressEntry, InterfaceEntry, Ledger, NetworkEntry, PoolEntry, PoolHolder } from '../model/ledger.ts';
import { isInstance } from './addresses.ts';
import { isHeld } from './pools.ts';
import { startOf } from './space.ts';

/**
 * The remote's ledger, and from the node's own copy: live networks, interfaces, pools and holders of their addresses that
 * are nowhere in it (a file was deleted, the branch was rewound or could not be read), and those that it allocated anew
 * meanwhile although they live. Everything else is as the remote says. Two that now hold one value are told apart by
 * `allocate`: the older keeps it.
 *
 * @param unreadable  keys of networks and names of pools whose file has a problem: of these the copy counts whole, tombstones included
 * @returns           the very value `remote` when nothing was lost
 */
export function mergeLedger(remote: Ledger, local: Ledger, unreadable: readonly string[] = []): Ledger {
  const guests = new Set(Object.values(remote.networks).flatMap(entry => Object.keys(entry.interfaces)));
  const networks = mergeAll(remote.networks, local.networks, (theirs, mine, key) => mergeNetwork(theirs, mine, guests, unreadable.includes(key)));
  const holders = new Set(Object.values(remote.pools ?? {}).flatMap(entry => [...idsIn('floating', entry), ...idsIn('routed', entry)]));
  const pools = mergeAll(remote.pools ?? {}, local.pools ?? {}, (theirs, mine, key) => mergePool(theirs, mine, holders, unreadable.includes(key)));
  const isForgetful = (local.incarnations ?? 0) > (remote.incarnations ?? 0);
  if (networks === remote.networks && (pools === remote.pools || Object.keys(pools).length === 0) && !isForgetful) return remote;
  const incarnations = Math.max(local.incarnations ?? 0, remote.incarnations ?? 0);
  return { networks, ...(Object.keys(pools).length === 0 ? {} : { pools }), ...(incarnations === 0 ? {} : { incarnations }) };
}

type All<T> = Readonly<Record<string, T>>;

// The very `remote` when nothing of it was lost.
function mergeAll<T>(remote: All<T>, local: All<T>, merged: (theirs: T | undefined, mine: T, key: string) => T | undefined): All<T> {
  const found = Object.entries(local).flatMap(([key, mine]) => {
    const entry = merged(remote[key], mine, key);
    return entry === undefined || entry === remote[key] ? [] : [[key, entry] as const];
  });
  return found.length === 0 ? remote : sorted({ ...remote, ...Object.fromEntries(found) });
}

function mergeNetwork(theirs: NetworkEntry | undefined, mine: NetworkEntry, known: ReadonlySet<string>, isUnreadable: boolean): NetworkEntry | undefined {
  if (theirs === undefined && isUnreadable) return mine;
  if (mine.removed !== undefined) return theirs;
  const missing = missingOf(mine.interfaces, theirs?.interfaces, id => known.has(id));
  if (theirs === undefined) return withInterfaces({ ...mine, interfaces: {}, addresses: mine.addresses.filter(each => !isInstance(each)) }, mine, missing);
  const head = isRemade(theirs, mine) ? { ...theirs, uuid: mine.uuid, vxid: mine.vxid, since: mine.since, ...partsOf(theirs, mine) } : theirs;
  return missing.length === 0 ? head : withInterfaces(head, mine, missing);
}

function mergePool(theirs: PoolEntry | undefined, mine: PoolEntry, known: ReadonlySet<string>, isUnreadable: boolean): PoolEntry | undefined {
  if (theirs === undefined && isUnreadable) return mine;
  if (mine.removed !== undefined) return theirs;
  const floating = missingOf(mine.floating, theirs?.floating, id => known.has(`floating ${id}`));
  const routed = missingOf(mine.routed, theirs?.routed, id => known.has(`routed ${id}`));
  if (theirs !== undefined && floating.length + routed.length === 0) return theirs;
  // Floating gateways stand in the entries of networks; allocation lists them again.
  const head = theirs ?? { ...mine, floating: {}, routed: {}, addresses: mine.addresses.filter(each => !isHeld(each)) };
  return {
    ...head,
    floating: sorted({ ...head.floating, ...Object.fromEntries(floating) }),
    routed: sorted({ ...head.routed, ...Object.fromEntries(routed) }),
    addresses: withHeld(head.addresses, mine.addresses, [...floating, ...routed], isHeld),
  };
}

function idsIn(kind: 'floating' | 'routed', entry: PoolEntry): readonly string[] {
  return Object.keys(entry[kind]).map(id => `${kind} ${id}`);
}

type Kept = NetworkEntry | InterfaceEntry | PoolHolder;

/** Live ones of mine that are nowhere in the remote's ledger, or there anew. */
function missingOf<T extends InterfaceEntry | PoolHolder>(
  mine: All<T>,
  theirs: All<T> | undefined,
  isKnown: (id: string) => boolean,
): readonly (readonly [string, T])[] {
  return Object.entries(mine).filter(([id, each]) => {
    const found = theirs?.[id];
    return each.removed === undefined && (found === undefined ? !isKnown(id) : isRemade(found, each));
  });
}

// The same incarnation of a live object, but younger than what this node runs with: it was allocated anew after a loss.
function isRemade(theirs: Kept, mine: Kept): boolean {
  return theirs.removed === undefined && (theirs.incarnation ?? 0) === (mine.incarnation ?? 0) && mine.since < theirs.since;
}

function partsOf(theirs: NetworkEntry, mine: NetworkEntry): Pick<NetworkEntry, 'router' | 'floatingGateway'> {
  return {
    ...(theirs.router === undefined || mine.router === undefined ? {} : { router: { ...theirs.router, mac: mine.router.mac } }),
    ...(theirs.floatingGateway?.pool === mine.floatingGateway?.pool && mine.floatingGateway !== undefined ? { floatingGateway: mine.floatingGateway } : {}),
  };
}

/** `into` with these interfaces of `mine`, and the addresses that they hold. */
function withInterfaces(into: NetworkEntry, mine: NetworkEntry, found: readonly (readonly [string, InterfaceEntry])[]): NetworkEntry {
  const addresses = withHeld(into.addresses, mine.addresses, found, isInstance);
  return { ...into, interfaces: sorted({ ...into.interfaces, ...Object.fromEntries(found) }), addresses };
}

function withHeld(
  into: readonly AddressEntry[],
  mine: readonly AddressEntry[],
  found: readonly (readonly [string, { readonly address?: string }])[],
  isGuest: (entry: AddressEntry) => boolean,
): readonly AddressEntry[] {
  const held = new Set(found.flatMap(([, { address }]) => address ?? []));
  return [...into, ...mine.filter(entry => isGuest(entry) && held.has(entry.address))].sort((a, b) => compareIps(startOf(a), startOf(b)));
}

function sorted<T>(map: All<T>): All<T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

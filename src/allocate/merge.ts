/** The published ledger against this node's copy: what the remote lost is said again, for what lives. */
import { compareIps } from '../model/ip.ts';
import type { InterfaceEntry, Ledger, NetworkEntry } from '../model/ledger.ts';

/**
 * The remote's ledger, and from the node's own copy: live networks and live interfaces that are nowhere in it (a file was
 * deleted, the branch was rewound or could not be read), and those that it allocated anew meanwhile although they live.
 * Everything else is as the remote says. Two that now hold one value are told apart by `allocate`: the older keeps it.
 *
 * @param unreadable  keys of networks whose file has a problem: of these the copy counts whole, tombstones included
 * @returns           the very value `remote` when nothing was lost
 */
export function mergeLedger(remote: Ledger, local: Ledger, unreadable: readonly string[] = []): Ledger {
  const networks: Record<string, NetworkEntry> = { ...remote.networks };
  const known = new Set(Object.values(remote.networks).flatMap(entry => Object.keys(entry.interfaces)));
  let isLost = (local.incarnations ?? 0) > (remote.incarnations ?? 0);
  for (const [key, mine] of Object.entries(local.networks)) {
    const merged = mergeNetwork(remote.networks[key], mine, known, unreadable.includes(key));
    if (merged === undefined || merged === remote.networks[key]) continue;
    networks[key] = merged;
    isLost = true;
  }
  if (!isLost) return remote;
  const incarnations = Math.max(local.incarnations ?? 0, remote.incarnations ?? 0);
  const sorted = Object.fromEntries(Object.entries(networks).sort(([a], [b]) => (a < b ? -1 : 1)));
  return incarnations === 0 ? { networks: sorted } : { networks: sorted, incarnations };
}

function mergeNetwork(theirs: NetworkEntry | undefined, mine: NetworkEntry, known: ReadonlySet<string>, isUnreadable: boolean): NetworkEntry | undefined {
  if (theirs === undefined && isUnreadable) return mine;
  if (mine.removed !== undefined) return theirs;
  const missing = Object.entries(mine.interfaces).filter(([id, iface]) => iface.removed === undefined && isMissing(id, iface, theirs, known));
  if (theirs === undefined) return withInterfaces({ ...mine, interfaces: {}, addresses: ownAddresses(mine) }, mine, missing);
  const head = isRemade(theirs, mine) ? { ...theirs, uuid: mine.uuid, vxid: mine.vxid, since: mine.since, ...routerOf(theirs, mine) } : theirs;
  return missing.length === 0 ? head : withInterfaces(head, mine, missing);
}

function isMissing(id: string, mine: InterfaceEntry, theirs: NetworkEntry | undefined, known: ReadonlySet<string>): boolean {
  const found = theirs?.interfaces[id];
  return found === undefined ? !known.has(id) : isRemade(found, mine);
}

// The same incarnation of a live object, but younger than what this node runs with: it was allocated anew after a loss.
function isRemade(theirs: NetworkEntry | InterfaceEntry, mine: NetworkEntry | InterfaceEntry): boolean {
  return theirs.removed === undefined && theirs.incarnation === mine.incarnation && mine.since < theirs.since;
}

function routerOf(theirs: NetworkEntry, mine: NetworkEntry): Pick<NetworkEntry, 'router'> {
  return theirs.router === undefined || mine.router === undefined ? {} : { router: { ...theirs.router, mac: mine.router.mac } };
}

function ownAddresses(entry: NetworkEntry): NetworkEntry['addresses'] {
  return entry.addresses.filter(address => address.type !== 'instance');
}

/** `into` with these interfaces of `mine`, and the addresses that they hold. */
function withInterfaces(into: NetworkEntry, mine: NetworkEntry, found: readonly (readonly [string, InterfaceEntry])[]): NetworkEntry {
  const held = new Set(found.flatMap(([, iface]) => iface.address ?? []));
  const addresses = [...into.addresses, ...mine.addresses.filter(address => address.type === 'instance' && held.has(address.address))].sort((a, b) =>
    compareIps(a.address, b.address),
  );
  const interfaces = { ...into.interfaces, ...Object.fromEntries(found) };
  return { ...into, interfaces: Object.fromEntries(Object.entries(interfaces).sort(([a], [b]) => (a < b ? -1 : 1))), addresses };
}

/** Identities and addresses, written down: the entries of the next ledger. Field order is that of the files (shape.ts). */
import type { Cidr } from '../model/ip.ts';
import type { InterfaceEntry, NetworkEntry } from '../model/ledger.ts';
import { routerMac } from '../model/names.ts';
import { listAddresses, releaseAddresses, routerAddress, shareAddresses, usableCidr } from './addresses.ts';
import type { Context } from './context.ts';
import type { InterfaceIdentity, NetworkIdentity } from './identities.ts';

/** A network that is decided, but for the tombstones in it. */
export interface Decided {
  readonly network: NetworkIdentity;
  readonly cidr: Cidr | null;
  /** Interfaces that are in it from now on. */
  readonly guests: readonly InterfaceIdentity[];
  /** By interface key. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** Gives the guests of a network their addresses. A new one that gets none stays out; one that lives stays in without. */
export function decideNetwork(network: NetworkIdentity, wanting: readonly InterfaceIdentity[], ctx: Context): Decided {
  const cidr = usableCidr(network, ctx);
  const addresses = cidr === null ? new Map<string, string>() : shareAddresses(network, cidr, wanting, ctx);
  const guests = wanting.filter(guest => {
    const { address, key } = guest.ask;
    if (address === 'none' || addresses.has(key)) return true;
    const isLive = guest.before !== undefined && guest.before.entry.removed === undefined;
    if (cidr !== null) return isLive;
    if (address === 'auto') return true;
    ctx.pend(`Interface ${key}`, 'AddressInvalid', `address ${address} is asked for, and Network ${network.ask.key} has no cidr`);
    return isLive;
  });
  return { network, cidr, guests, addresses };
}

/** The entry of a network that is there. `tombs` are its interfaces that went away. */
export function liveEntry({ network, cidr, guests, addresses }: Decided, tombs: Readonly<Record<string, InterfaceEntry>>, ctx: Context): NetworkEntry {
  const { ask, uuid, vxid, incarnation, before } = network;
  const interfaces: Record<string, InterfaceEntry> = { ...tombs };
  const held = new Map<string, InterfaceIdentity>();
  for (const guest of guests) {
    const address = addresses.get(guest.ask.key);
    if (address !== undefined) held.set(address, guest);
    interfaces[guest.ask.key] = interfaceEntry(guest, address, ctx);
  }
  return {
    namespace: ask.namespace,
    name: ask.name,
    uuid,
    vxid,
    incarnation,
    since: before?.since ?? ctx.clock.now,
    from: ask.from,
    ...(cidr === null ? {} : { cidr: cidr.text, router: { address: routerAddress(cidr), mac: routerMac(vxid) } }),
    interfaces: sorted(interfaces),
    addresses: listAddresses(network, cidr, held, ctx),
  };
}

/** The tombstone of a network that went away, now or earlier. */
export function buriedEntry(entry: NetworkEntry, tombs: Readonly<Record<string, InterfaceEntry>>, ctx: Context): NetworkEntry {
  const { from, cidr, router, interfaces: _, addresses, ...head } = entry;
  return {
    ...head,
    removed: entry.removed ?? ctx.clock.now,
    from,
    ...(cidr === undefined ? {} : { cidr }),
    ...(router === undefined ? {} : { router }),
    interfaces: sorted(tombs),
    addresses: releaseAddresses(addresses, ctx),
  };
}

/** The tombstone of an interface. */
export function buriedInterface(entry: InterfaceEntry, ctx: Context): InterfaceEntry {
  const { from, ...head } = entry;
  return { ...head, removed: entry.removed ?? ctx.clock.now, from };
}

function interfaceEntry({ ask, uuid, mac, incarnation, before }: InterfaceIdentity, address: string | undefined, ctx: Context): InterfaceEntry {
  return {
    uuid,
    mac,
    ...(ask.node === undefined ? {} : { node: ask.node }),
    ...(address === undefined ? {} : { address }),
    incarnation,
    since: before?.entry.since ?? ctx.clock.now,
    from: ask.from,
  };
}

function sorted<T>(map: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

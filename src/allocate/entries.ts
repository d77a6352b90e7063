/** Identities and addresses, written down: the entries of the next ledger. Field order is that of the files (shape.ts). */
import type { Cidr } from '../model/ip.ts';
import type { GatewayEntry, InterfaceEntry, NetworkEntry } from '../model/ledger.ts';
import { routerMac } from '../model/names.ts';
import { guestClaims, isInstance, networkSpace, routerAddress, usableCidr } from './addresses.ts';
import type { Context } from './context.ts';
import type { InterfaceIdentity, NetworkIdentity } from './identities.ts';
import { type Claim, listSpace, releaseSpace, shareSpace } from './space.ts';

/** A network that is decided, but for the tombstones in it. */
export interface Decided {
  readonly network: NetworkIdentity;
  readonly cidr: Cidr | null;
  /** Interfaces that are in it from now on. */
  readonly guests: readonly InterfaceIdentity[];
  /** By interface key. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** Where a network's router is, and the address of a pool that its NAT uses. */
export interface WayOut {
  readonly gateway?: GatewayEntry | undefined;
  readonly floatingGateway?: { readonly pool: string; readonly address: string } | undefined;
}

/** Gives the guests of a network their addresses. A new one that gets none stays out; one that lives stays in without. */
export function decideNetwork(network: NetworkIdentity, wanting: readonly InterfaceIdentity[], ctx: Context): Decided {
  const cidr = usableCidr(network, ctx);
  const claims = wanting.flatMap(guest => guestClaims(guest, ctx));
  const given = shareSpace(networkSpace(network, cidr), claims, ctx);
  const addresses = new Map([...given].map(([definition, address]) => [definition.slice('Interface '.length), address]));
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
export function liveEntry(decided: Decided, way: WayOut, tombs: Readonly<Record<string, InterfaceEntry>>, ctx: Context): NetworkEntry {
  const { network, cidr, guests, addresses } = decided;
  const { ask, uuid, vxid, incarnation, before } = network;
  const interfaces: Record<string, InterfaceEntry> = { ...tombs };
  const held = new Map<string, Claim>();
  for (const guest of guests) {
    const address = addresses.get(guest.ask.key);
    if (address !== undefined) for (const claim of guestClaims(guest, ctx)) held.set(address, claim);
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
    ...(way.gateway === undefined ? {} : { gateway: way.gateway }),
    ...(way.floatingGateway === undefined ? {} : { floatingGateway: way.floatingGateway }),
    interfaces: sorted(interfaces),
    addresses: listSpace(networkSpace(network, cidr), held, ctx),
  };
}

/** The tombstone of a network that went away, now or earlier. */
export function buriedEntry(entry: NetworkEntry, tombs: Readonly<Record<string, InterfaceEntry>>, ctx: Context): NetworkEntry {
  const { from, cidr, router, gateway, floatingGateway, interfaces: _, addresses, ...head } = entry;
  return {
    ...head,
    removed: entry.removed ?? ctx.clock.now,
    from,
    ...(cidr === undefined ? {} : { cidr }),
    ...(router === undefined ? {} : { router }),
    // Where it goes when it comes back.
    ...(gateway === undefined ? {} : { gateway: { node: gateway.node, since: gateway.since } }),
    ...(floatingGateway === undefined ? {} : { floatingGateway }),
    interfaces: sorted(tombs),
    addresses: releaseSpace(addresses, isInstance, ctx),
  };
}

/** The tombstone of an interface. */
export function buriedInterface(entry: InterfaceEntry, ctx: Context): InterfaceEntry {
  const { from, migrating: _, ...head } = entry;
  return { ...head, removed: entry.removed ?? ctx.clock.now, from };
}

function interfaceEntry({ ask, uuid, mac, incarnation, before }: InterfaceIdentity, address: string | undefined, ctx: Context): InterfaceEntry {
  return {
    uuid,
    mac,
    ...(ask.node === undefined ? {} : { node: ask.node }),
    ...(ask.migrateTo === undefined ? {} : { migrating: { to: ask.migrateTo, since: movingSince(ask.migrateTo, before?.entry, ctx) } }),
    ...(address === undefined ? {} : { address }),
    incarnation,
    since: before?.entry.since ?? ctx.clock.now,
    from: ask.from,
  };
}

function movingSince(to: string, before: InterfaceEntry | undefined, ctx: Context): string {
  return before?.removed === undefined && before?.migrating?.to === to ? before.migrating.since : ctx.clock.now;
}

function sorted<T>(map: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The addresses of one network: who gets which, and the list that people see. */
import { type Cidr, compareIps, contains, ipFromBigInt, nthAddress, parseCidr } from '../model/ip.ts';
import type { AddressEntry, NetworkEntry } from '../model/ledger.ts';
import { type Context, holderName } from './context.ts';
import type { InterfaceIdentity, NetworkIdentity } from './identities.ts';
import { type Seeker, share } from './share.ts';

/** Network, router, one guest and broadcast at least; what is smaller is refused. */
const SMALLEST = 4n;

/** The cidr that a network's addresses come from; null for pure layer 2, and for a cidr that cannot be used (pending). */
export function usableCidr({ ask }: NetworkIdentity, ctx: Context): Cidr | null {
  if (ask.cidr === undefined) return null;
  const cidr = parseCidr(ask.cidr);
  if (cidr !== null && hasRoom(cidr)) return cidr;
  ctx.pend(`Network ${ask.key}`, 'CidrInvalid', `${ask.cidr} is no cidr with room for a router and a guest`);
  return null;
}

/** True when a network's own addresses, its router and a guest find room. */
export function hasRoom(cidr: Cidr): boolean {
  return cidr.last - cidr.first + 1n >= SMALLEST;
}

/** The router's address: the first one after the network's own. */
export function routerAddress(cidr: Cidr): string {
  return nthAddress(cidr, 1);
}

/** Address by interface key. Who asks for none, or gets none (pending), is not in the answer. */
export function shareAddresses(network: NetworkIdentity, cidr: Cidr, guests: readonly InterfaceIdentity[], ctx: Context): ReadonlyMap<string, string> {
  const key = network.ask.key;
  const old = (network.before?.addresses ?? []).filter(entry => contains(cidr, entry.address));
  const fixed = fixedAddresses(key, cidr, old);
  const seekers = guests.flatMap(guest => seekerOf(guest, key, { cidr, old, fixed }, ctx));
  let next = cidr.first + 2n;
  const shares = share({
    seekers,
    fixed,
    former: old.flatMap(entry => formerOf(entry, ctx)),
    // Nothing becomes free while addresses are given out, so the search goes on where it stood.
    pick: (_, free) => {
      for (; next <= cidr.last; next++) if (free(ipFromBigInt(next, cidr.family))) return ipFromBigInt(next, cidr.family);
      return undefined;
    },
  });
  const pins = new Map(seekers.map(({ id, pin }) => [id, pin]));
  for (const [id, { why, by }] of shares.refused) {
    if (why === 'taken') ctx.pend(`Interface ${id}`, 'AddressTaken', `address ${pins.get(id)} is held by ${holderName('Interface', by)}`);
    else ctx.pend(`Interface ${id}`, 'PoolExhausted', `no free address in ${cidr.text} of Network ${key}: all are held or in quarantine`);
  }
  for (const [id, lost] of shares.lost) ctx.lose(`Interface ${id}`, 'address', lost, shares.given.get(id) ?? '');
  return shares.given;
}

/** Every address of a live network that is not free, sorted by number; what was released in this pass is in quarantine. */
export function listAddresses(
  network: NetworkIdentity,
  cidr: Cidr | null,
  held: ReadonlyMap<string, InterfaceIdentity>,
  ctx: Context,
): readonly AddressEntry[] {
  const { ask, uuid, before } = network;
  const old = new Map((before?.addresses ?? []).map(entry => [entry.address, entry]));
  const list = new Map<string, AddressEntry>();
  const add = (address: string, type: AddressEntry['type'], user: string, comment: string): void => {
    const was = old.get(address);
    const since = was?.type === type && was.user === user ? was.since : ctx.clock.now;
    list.set(address, { address, type, user, comment, since });
  };
  if (cidr !== null) {
    add(cidr.network, 'network', '', '');
    add(routerAddress(cidr), 'gateway', `Network ${uuid} ${ask.key}`, ask.from);
    if (cidr.broadcast !== null) add(cidr.broadcast, 'broadcast', '', '');
  }
  for (const [address, guest] of held) add(address, 'instance', userOf(guest.uuid, guest.ask.key), guest.ask.from);
  for (const entry of old.values()) if (!list.has(entry.address)) for (const kept of leave(entry, ctx)) list.set(entry.address, kept);
  return [...list.values()].sort((a, b) => compareIps(a.address, b.address));
}

/** The list of a network that is gone: its guests' addresses are released, its own stay on the tombstone. */
export function releaseAddresses(addresses: readonly AddressEntry[], ctx: Context): readonly AddressEntry[] {
  return addresses.map(entry => (entry.type === 'instance' ? { ...entry, type: 'quarantine', since: ctx.clock.now } : entry));
}

/** How the list names an interface: `Interface <uuid> <namespace>/<name>`. */
export function userOf(uuid: string, key: string): string {
  return `Interface ${uuid} ${key}`;
}

// What nobody holds any more: a guest's goes into quarantine, the network's own of a former cidr just go.
function leave(entry: AddressEntry, ctx: Context): readonly AddressEntry[] {
  if (entry.type === 'instance') return [{ ...entry, type: 'quarantine', since: ctx.clock.now }];
  return entry.type === 'network' || entry.type === 'broadcast' || entry.type === 'gateway' ? [] : [entry];
}

function fixedAddresses(key: string, cidr: Cidr, old: NetworkEntry['addresses']): ReadonlyMap<string, string> {
  const fixed = new Map([
    [cidr.network, `Network ${key} as its own address`],
    [routerAddress(cidr), `the router of Network ${key}`],
  ]);
  if (cidr.broadcast !== null) fixed.set(cidr.broadcast, `Network ${key} as its broadcast address`);
  for (const { address, type, user } of old) {
    if (type === 'reserved' || type === 'floating' || type === 'routed') fixed.set(address, `${type} ${user}`.trim());
  }
  return fixed;
}

function formerOf(entry: AddressEntry, ctx: Context): readonly { value: string; since: string; quarantined: boolean }[] {
  if (entry.type === 'instance') return [{ value: entry.address, since: ctx.clock.now, quarantined: true }];
  if (entry.type !== 'quarantine' && entry.type !== 'remembered') return [];
  return [{ value: entry.address, since: entry.since, quarantined: entry.type === 'quarantine' }];
}

interface Ground {
  readonly cidr: Cidr;
  /** The network's entries inside the cidr. */
  readonly old: readonly AddressEntry[];
  readonly fixed: ReadonlyMap<string, string>;
}

function seekerOf(guest: InterfaceIdentity, network: string, ground: Ground, ctx: Context): readonly Seeker<string>[] {
  const { ask, before, uuid } = guest;
  if (ask.address === 'none') return [];
  const here = before?.network === network ? before.entry : undefined;
  const own = here?.address !== undefined && contains(ground.cidr, here.address) ? here.address : undefined;
  const isLive = here !== undefined && here.removed === undefined;
  // Its own address under the new cidr may be the router's or the broadcast: then it has none.
  const has = isLive && own !== undefined && !ground.fixed.has(own) ? own : undefined;
  const had = [...(own !== undefined && !isLive ? [own] : []), ...remembered(userOf(uuid, ask.key), ground.old)];
  const seeker = { id: ask.key, since: before?.entry.since ?? ctx.clock.now, ...(has === undefined ? { had } : { has }) };
  if (ask.address === 'auto') return [seeker];
  if (contains(ground.cidr, ask.address)) return [{ ...seeker, pin: ask.address }];
  ctx.pend(`Interface ${ask.key}`, 'AddressInvalid', `address ${ask.address} is not in ${ground.cidr.text} of Network ${network}`);
  return has === undefined ? [] : [seeker];
}

/** The addresses that were this user's, the last one first. */
function remembered(user: string, old: readonly AddressEntry[]): readonly string[] {
  return old
    .filter(entry => entry.user === user && (entry.type === 'quarantine' || entry.type === 'remembered'))
    .sort((a, b) => Number(a.since < b.since) - Number(a.since > b.since) || compareIps(a.address, b.address))
    .map(entry => entry.address);
}

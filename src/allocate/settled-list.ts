/** The glance at a list of addresses: is it just what it must be? */
import { type Cidr, canonicalIp } from '../model/ip.ts';
import type { AddressEntry } from '../model/ledger.ts';
import type { ReservedRange } from '../objects/object.ts';
import { isInstant } from './shape.ts';
import { rangeText } from './space.ts';

/** What a list must hold, as `<type> <user>` by address. */
export interface Wanted {
  readonly own: ReadonlyMap<string, string>;
  readonly users: ReadonlyMap<string, string>;
  readonly reserved: readonly ReservedRange[];
}

/** What a space has for itself. */
export function ownUsers(range: Cidr, router: string, user: string): Map<string, string> {
  const own = new Map([
    [range.network, 'network '],
    [router, `gateway ${user}`],
  ]);
  if (range.broadcast !== null) own.set(range.broadcast, 'broadcast ');
  return own;
}

/** True when the list has all that is wanted, each address once, and else only what was released. */
export function listsExactly(addresses: readonly AddressEntry[], { own, users, reserved }: Wanted): boolean {
  const listed = new Set<string>();
  const ranges = new Set(reserved.map(rangeText).filter(range => !own.has(range) && !users.has(range)));
  let used = 0;
  for (const { address, type, user, since } of addresses) {
    if (listed.has(address) || typeof since !== 'string' || !isInstant(since)) return false;
    listed.add(address);
    const wanted = users.get(address) ?? own.get(address);
    const isReserved = type === 'reserved' && user === '' && ranges.has(address);
    if (users.has(address) && own.has(address)) return false;
    if (wanted === `${type} ${user}` || isReserved) used += 1;
    else if (wanted !== undefined || ranges.has(address) || !isReleased(type) || canonicalIp(address) !== address) return false;
  }
  return used === users.size + own.size + ranges.size;
}

/** True when nobody holds anything in the list of a tombstone, and each address is there once. */
export function isReleasedList(addresses: readonly AddressEntry[], isGuest: (entry: AddressEntry) => boolean): boolean {
  return addresses.every(entry => !isGuest(entry)) && new Set(addresses.map(({ address }) => address)).size === addresses.length;
}

/** True when the instants of an entry are some. */
export function isMarked({ since, removed }: { readonly since: unknown; readonly removed?: unknown }): boolean {
  return typeof since === 'string' && isInstant(since) && (removed === undefined || (typeof removed === 'string' && isInstant(removed)));
}

/** True for maps and lists. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isReleased(type: AddressEntry['type']): boolean {
  return type === 'quarantine' || type === 'remembered';
}

/** `netloom addresses NETWORK|POOL`: every address of a network or a pool that is not free. */
import { compareIps, contains } from '../model/ip.ts';
import type { AddressEntry, AddressType } from '../model/ledger.ts';
import { formatPlace } from '../model/place.ts';
import { API_VERSION } from './record-head.ts';
import { startOf } from './room.ts';
import type { Listing } from './rows.ts';
import type { View } from './state.ts';

export interface AddressRecord {
  /** Of a reserved range both ends: `10.0.0.50-10.0.0.99`. */
  readonly address: string;
  readonly type: AddressType;
  /** `<kind> <uuid> <namespace>/<name>`; '' for the network's or pool's own. */
  readonly user: string;
  /** Definition file:line; '' for none. */
  readonly comment: string;
  readonly since: string;
}

export interface AddressList {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'AddressList';
  /** `namespace/name`; null for a pool's list. */
  readonly network: string | null;
  /** Name of the pool; null for a network's list. */
  readonly pool: string | null;
  readonly cidr: string | null;
  readonly items: readonly AddressRecord[];
}

/**
 * The addresses of a network, sorted by number; null when the ledger does not know it. Quarantine that has run out by now
 * shows as remembered, and a place is the definition's own where it is still there: the ledger brings both up to date later.
 */
export function addressList(key: string, view: View, quarantineMs: number): AddressList | null {
  const entry = view.ledger.networks[key];
  if (entry === undefined) return null;
  const items = told(entry.addresses, entry.cidr, view, quarantineMs);
  return { apiVersion: API_VERSION, kind: 'AddressList', network: key, pool: null, cidr: entry.cidr ?? null, items };
}

/** The same for a pool, by name. */
export function poolAddressList(name: string, view: View, quarantineMs: number): AddressList | null {
  const entry = view.ledger.pools?.[name];
  if (entry === undefined) return null;
  const items = told(entry.addresses, entry.cidr, view, quarantineMs);
  return { apiVersion: API_VERSION, kind: 'AddressList', network: null, pool: name, cidr: entry.cidr, items };
}

/** Everything of a pool that is not free, as the ledger has it, sorted by number. */
export function poolAddresses(name: string, view: View): readonly AddressEntry[] {
  return told(view.ledger.pools?.[name]?.addresses ?? [], undefined, view, Number.POSITIVE_INFINITY);
}

/** `address,type,user,comment`, as table and CSV show them. */
export function addressRows(list: AddressList): Listing {
  return { columns: ['address', 'type', 'user', 'comment'], rows: list.items.map(item => [item.address, item.type, item.user, item.comment]) };
}

function told(entries: readonly AddressEntry[], cidr: string | undefined, view: View, quarantineMs: number): readonly AddressRecord[] {
  const ranOut = (since: string): boolean => Date.parse(view.now) - Date.parse(since) >= quarantineMs;
  return entries
    .filter(item => cidr === undefined || contains(cidr, startOf(item)))
    .map(item => {
      const type = item.type === 'quarantine' && ranOut(item.since) ? 'remembered' : item.type;
      return { address: item.address, type, user: item.user, comment: placeOf(item.user, view) ?? item.comment, since: item.since };
    })
    .sort((a, b) => compareIps(startOf(a), startOf(b)));
}

/** The definition that an entry's user is: the last word is its key. */
function placeOf(user: string, { catalog }: View): string | null {
  const [kind = '', ...rest] = user.split(' ');
  const key = rest.at(-1) ?? '';
  const all = { Interface: catalog.interfaces, Network: catalog.networks, FloatingIP: catalog.floatingIPs, RoutedIP: catalog.routedIPs };
  const def = Object.hasOwn(all, kind) ? all[kind as keyof typeof all].get(key) : undefined;
  return def === undefined ? null : formatPlace({ ...def.at, col: 0 });
}

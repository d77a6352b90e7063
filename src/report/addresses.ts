/** `netloom addresses NETWORK`: every address of a network that is not free. */
import { compareIps, contains } from '../model/ip.ts';
import type { AddressType } from '../model/ledger.ts';
import { formatPlace } from '../model/place.ts';
import { API_VERSION } from './records.ts';
import type { Listing } from './rows.ts';
import type { View } from './state.ts';

export interface AddressRecord {
  readonly address: string;
  readonly type: AddressType;
  /** `<kind> <uuid> <namespace>/<name>`; '' for the network's own. */
  readonly user: string;
  /** Definition file:line; '' for none. */
  readonly comment: string;
  readonly since: string;
}

export interface AddressList {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'AddressList';
  /** `namespace/name`. */
  readonly network: string;
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
  const ranOut = (since: string): boolean => Date.parse(view.now) - Date.parse(since) >= quarantineMs;
  const items = entry.addresses
    .filter(({ address }) => entry.cidr === undefined || contains(entry.cidr, address))
    .map(item => {
      const type = item.type === 'quarantine' && ranOut(item.since) ? 'remembered' : item.type;
      return { address: item.address, type, user: item.user, comment: placeOf(item.user, view) ?? item.comment, since: item.since };
    })
    .sort((a, b) => compareIps(a.address, b.address));
  return { apiVersion: API_VERSION, kind: 'AddressList', network: key, cidr: entry.cidr ?? null, items };
}

/** `address,type,user,comment`, as table and CSV show them. */
export function addressRows(list: AddressList): Listing {
  return { columns: ['address', 'type', 'user', 'comment'], rows: list.items.map(item => [item.address, item.type, item.user, item.comment]) };
}

function placeOf(user: string, { catalog }: View): string | null {
  const [kind, , key = ''] = user.split(' ');
  const def = kind === 'Interface' ? catalog.interfaces.get(key) : kind === 'Network' ? catalog.networks.get(key) : undefined;
  return def === undefined ? null : formatPlace({ ...def.at, col: 0 });
}

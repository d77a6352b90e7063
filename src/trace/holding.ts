/** Who has an address or a MAC in one entry of the ledger, as that entry stood at some time. */
import { compareIps } from '../model/ip.ts';
import type { AddressEntry, AddressType, NetworkEntry, PoolEntry } from '../model/ledger.ts';
import { poolMac } from '../model/names.ts';

/** What is asked for: an address (canonical) or a MAC (lower case). */
export type Needle = { readonly ip: string } | { readonly mac: string };

/** A file of the ledger: a network's, or a pool's. */
export type Space = { readonly network: string; readonly entry: NetworkEntry } | { readonly pool: string; readonly entry: PoolEntry };

export interface Holding {
  readonly address: string | null;
  readonly type: Exclude<AddressType, 'quarantine' | 'remembered'>;
  /** `Interface bakery/web-1`; '' for the network's or pool's own. */
  readonly object: string;
  readonly mac: string | null;
  /** null: none, or (of what leads elsewhere) told by the network that it leads into. */
  readonly node: string | null;
  /** The ledger's own word: since when it is known by that entry. */
  readonly since: string;
  /** Where its definition stands or stood: `networks/blue.yaml:3`; '' for none. */
  readonly place: string;
}

/** Tombstones hold nothing: an address in quarantine or in memory is nobody's. At most one holding of an address; a router has one MAC, a guest another. */
export function holdingsIn(space: Space, needle: Needle): readonly Holding[] {
  if ('pool' in space) return poolHoldings(space.entry, needle);
  const { entry } = space;
  if ('mac' in needle) return macHoldings(entry, space.network, needle.mac);
  return entry.addresses.filter(item => isAt(item, needle.ip)).flatMap(item => networkHolding(entry, space.network, item, needle.ip));
}

/** True for a text of the ledger in which the needle may be: what is not written there need not be parsed. Ranges name no address in them. */
export function mayHold(text: string, needle: Needle): boolean {
  if ('mac' in needle) return text.includes(needle.mac) || text.includes(ipOfPoolMac(needle.mac) ?? '\0');
  return text.includes(needle.ip) || /[0-9a-f]-[0-9a-f]*[.:][0-9a-f.:]+/.test(text);
}

function networkHolding(entry: NetworkEntry, key: string, item: AddressEntry, ip: string): readonly Holding[] {
  const { type, since } = item;
  if (type === 'quarantine' || type === 'remembered') return [];
  const head = { address: ip, type, since, place: item.comment };
  const user = objectOf(item.user);
  if (type === 'gateway') return [{ ...head, object: `Network ${key}`, mac: entry.router?.mac ?? null, node: entry.gateway?.node ?? null }];
  const guest = user.startsWith('Interface ') ? entry.interfaces[user.slice('Interface '.length)] : undefined;
  return [{ ...head, object: user, mac: guest?.mac ?? null, node: guest?.node ?? null }];
}

function macHoldings(entry: NetworkEntry, key: string, mac: string): readonly Holding[] {
  const guests = Object.entries(entry.interfaces).flatMap(([id, guest]): Holding[] =>
    guest.mac !== mac || guest.removed !== undefined
      ? []
      : [{ address: guest.address ?? null, type: 'instance', object: `Interface ${id}`, mac, node: guest.node ?? null, since: guest.since, place: guest.from }],
  );
  const { router, gateway, since, removed } = entry;
  if (router?.mac !== mac || removed !== undefined) return guests;
  return [...guests, { address: router.address, type: 'gateway', object: `Network ${key}`, mac, node: gateway?.node ?? null, since, place: entry.from }];
}

function poolHoldings(entry: PoolEntry, needle: Needle): readonly Holding[] {
  const ip = 'ip' in needle ? needle.ip : ipOfPoolMac(needle.mac);
  if (ip === null) return [];
  return entry.addresses.flatMap((item): readonly Holding[] => {
    const { type, since, user } = item;
    if (!isAt(item, ip) || type === 'quarantine' || type === 'remembered') return [];
    // A MAC stands for an address that somebody uses.
    if ('mac' in needle && user === '') return [];
    const mac = user === '' || type === 'routed' ? null : macOf(ip);
    return [{ address: ip, type, object: objectOf(user), mac, node: null, since, place: item.comment }];
  });
}

function isAt({ address }: AddressEntry, ip: string): boolean {
  const [first = '', last] = address.split('-');
  if (last === undefined) return first === ip;
  return first.includes(':') === ip.includes(':') && compareIps(first, ip) <= 0 && compareIps(ip, last) <= 0;
}

// `Interface <uuid> <key>`, `FloatingIP <key>`.
function objectOf(user: string): string {
  const words = user.split(' ');
  return words.length < 2 ? '' : `${words[0]} ${words.at(-1)}`;
}

function macOf(ip: string): string | null {
  return ip.includes(':') ? null : poolMac(ip);
}

// `02:01:<IPv4>`, as poolMac makes it.
function ipOfPoolMac(mac: string): string | null {
  const bytes = mac.split(':').map(byte => Number.parseInt(byte, 16));
  const ip = bytes.slice(2).join('.');
  return bytes.length === 6 && poolMac(ip) === mac ? ip : null;
}

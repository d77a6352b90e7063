/** Who says which address and name belong to a MAC: DHCP servers, their leases, and neighbours that somebody spoke to. */
import type { Dnsmasq, Inventory, Room } from '../host/inventory.ts';
import { canonicalIp, ipFamily } from '../model/ip.ts';
import { canonicalMac } from '../model/mac.ts';

/** What is known of the MACs of one network. */
export interface Clues {
  /** In the order of trust: reserved, leased, spoken to. */
  readonly byMac: ReadonlyMap<string, Clue>;
}

export interface Clue {
  /** IPv4 and IPv6, without those that a link gives itself. */
  readonly addresses: readonly string[];
  readonly name?: string;
  /** What contradicts itself: then nothing is sure. */
  readonly doubt?: string;
}

/** From the DHCP servers and the neighbour tables of one network. */
export function cluesOf(servers: readonly Dnsmasq[], neighbours: Room['known']): Clues {
  const reserved = servers.flatMap(({ hosts }) => hosts.flatMap(hostClue));
  const leased = servers.flatMap(({ leases }) => leases.flatMap(leaseClue));
  const found = gathered([...reserved, ...leased, ...neighbours.flatMap(({ ip, mac }) => clue(mac, [ip], undefined))]);
  const holders = holdersOf(found);
  const [byHosts, byLeases] = [gathered(reserved), gathered(leased)];
  const byMac = new Map<string, Clue>();
  for (const [mac, each] of found) {
    const doubt = apart(byHosts.get(mac), byLeases.get(mac)) ?? shared(each, holders);
    byMac.set(mac, doubt === undefined ? each : { ...each, doubt });
  }
  return { byMac };
}

// The first name counts, and every address.
function gathered(clues: readonly (readonly [string, Clue])[]): ReadonlyMap<string, Clue> {
  const found = new Map<string, Clue>();
  for (const [mac, each] of clues) {
    const before = found.get(mac);
    found.set(mac, { ...each, ...before, addresses: [...new Set([...(before?.addresses ?? []), ...each.addresses])] });
  }
  return found;
}

function holdersOf(found: ReadonlyMap<string, Clue>): ReadonlyMap<string, readonly string[]> {
  const holders = new Map<string, string[]>();
  for (const [mac, { addresses }] of found) for (const address of addresses) holders.set(address, [...(holders.get(address) ?? []), mac]);
  return holders;
}

function apart(reserved: Clue | undefined, leased: Clue | undefined): string | undefined {
  const [host, lease] = [reserved, leased].map(each => (each?.addresses ?? []).filter(ip => ipFamily(ip) === 4));
  const other = host?.length === 0 ? undefined : lease?.find(ip => !host?.includes(ip));
  return other === undefined ? undefined : `${host?.join(', ')} is reserved for it, and ${other} is leased to it`;
}

function shared({ addresses }: Clue, holders: ReadonlyMap<string, readonly string[]>): string | undefined {
  const address = addresses.find(each => (holders.get(each)?.length ?? 0) > 1);
  return address === undefined ? undefined : `${address} is said to be that of ${holders.get(address)?.join(' and of ')}`;
}

/** MACs that are known and end like this one, whose first byte is not the guest's own. */
export function endingLike({ byMac }: Clues, nearMac: string): readonly string[] {
  return [...byMac.keys()].filter(mac => mac.slice(2) === nearMac.slice(2) && !mac.startsWith('fe:'));
}

// dnsmasq takes the words of a reservation in any order; a MAC comes first with all who write such files.
function hostClue(line: string): readonly (readonly [string, Clue])[] {
  const words = line.split(',').map(word => word.trim());
  const mac = words.map(canonicalMac).find(each => each !== null);
  const ips = words.map(word => (word.startsWith('[') ? word.slice(1, -1) : word)).filter(word => canonicalIp(word) !== null);
  const name = words.find(word => /^[A-Za-z][\w.-]*$/.test(word) && !/^(set|tag|id|ignore|infinite):?/.test(word));
  return mac === undefined ? [] : clue(mac, ips, name);
}

function leaseClue(line: string): readonly (readonly [string, Clue])[] {
  const [, mac = '', ip = '', name] = line.split(' ');
  return clue(mac, [ip], name === '*' ? undefined : name);
}

function clue(text: string, ips: readonly string[], name: string | undefined): readonly (readonly [string, Clue])[] {
  const mac = canonicalMac(text);
  const addresses = ips.flatMap(ip => canonicalIp(ip) ?? []).filter(ip => !ip.startsWith('fe80:'));
  return mac === null ? [] : [[mac, { addresses, ...(name === undefined ? {} : { name }) }]];
}

/** The DHCP servers of a network: in its router's namespace, or listening on its bridge. */
export function serversOf({ dnsmasqs }: Inventory, netns: string | undefined, bridge: string | undefined): readonly Dnsmasq[] {
  return dnsmasqs.filter(server => {
    if (netns !== undefined && server.netns === netns) return true;
    return bridge !== undefined && server.netns === '' && server.options.some(option => option === `interface=${bridge}` || option === `i${bridge}`);
  });
}

/** True where a server gives addresses, and where it answers for names. */
export function serves(server: Dnsmasq): { readonly dhcp: boolean; readonly dns: boolean } {
  const has = (text: string): boolean => server.options.some(option => option === text || option.startsWith(`${text}=`));
  return { dhcp: has('dhcp-range'), dns: !server.options.includes('port=0') };
}

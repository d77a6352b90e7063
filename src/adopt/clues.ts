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
  readonly address?: string;
  readonly name?: string;
}

/** From the DHCP servers and the neighbour tables of one network. */
export function cluesOf(servers: readonly Dnsmasq[], neighbours: Room['known']): Clues {
  const found = [
    ...servers.flatMap(({ hosts }) => hosts.flatMap(hostClue)),
    ...servers.flatMap(({ leases }) => leases.flatMap(leaseClue)),
    ...neighbours.flatMap(({ ip, mac }) => clue(mac, ip, undefined)),
  ];
  const byMac = new Map<string, Clue>();
  for (const [mac, each] of found) byMac.set(mac, { ...each, ...byMac.get(mac) });
  return { byMac };
}

/** MACs that are known and end like this one, whose first byte is not the guest's own. */
export function endingLike({ byMac }: Clues, nearMac: string): readonly string[] {
  return [...byMac.keys()].filter(mac => mac.slice(2) === nearMac.slice(2) && !mac.startsWith('fe:'));
}

// dnsmasq takes the words of a reservation in any order; a MAC comes first with all who write such files.
function hostClue(line: string): readonly (readonly [string, Clue])[] {
  const words = line.split(',').map(word => word.trim());
  const mac = words.map(canonicalMac).find(each => each !== null);
  const ip = words.map(word => canonicalIp(word.startsWith('[') ? word.slice(1, -1) : word)).find(each => each !== null && ipFamily(each) === 4);
  const name = words.find(word => /^[A-Za-z][\w.-]*$/.test(word) && !/^(set|tag|id|ignore|infinite):?/.test(word));
  return mac === undefined ? [] : clue(mac, ip ?? undefined, name);
}

function leaseClue(line: string): readonly (readonly [string, Clue])[] {
  const [, mac = '', ip = '', name] = line.split(' ');
  return clue(mac, ip, name === '*' ? undefined : name);
}

function clue(text: string, ip: string | undefined, name: string | undefined): readonly (readonly [string, Clue])[] {
  const mac = canonicalMac(text);
  const address = ip === undefined ? null : canonicalIp(ip);
  if (mac === null) return [];
  return [[mac, { ...(address === null || ipFamily(address) !== 4 ? {} : { address }), ...(name === undefined ? {} : { name }) }]];
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

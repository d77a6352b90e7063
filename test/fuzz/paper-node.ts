/** A node on paper: its namespaces with all that is in them, its files, its services. */
import { textHash } from '../../src/kinds/file.ts';
import type { PortSet, ServiceRun } from '../../src/kinds/op.ts';
import type { FdbRow, NeighRow, NftJson, ProxyRow, RouteRow, RuleRow } from '../../src/kinds/rows.ts';
import { parseCidr } from '../../src/model/ip.ts';

export interface PaperLink {
  readonly ifindex: number;
  readonly type: 'bridge' | 'vxlan' | 'veth' | 'tap' | 'card';
  name: string;
  mac: string;
  mtu: number;
  alias: string;
  group: number;
  up: boolean;
  genmode: string;
  master: string;
  /** Of a bridge, a vxlan or a tap, as `ip -d` names them. */
  readonly of: Record<string, unknown>;
  /** As a port; emptied when it joins a bridge. */
  port: PortSet;
  /** Of a veth. */
  peer?: { readonly netns: string; readonly link: PaperLink };
  /** A bridge whose mtu was set after its birth keeps it. */
  keepsMtu: boolean;
  /** Made by an act. */
  readonly isOurs: boolean;
  addresses: { readonly ip: string; readonly prefix: number }[];
}

/** A network namespace. */
export interface Room {
  readonly links: Map<string, PaperLink>;
  routes: RouteRow[];
  neighs: NeighRow[];
  proxies: ProxyRow[];
  rules: RuleRow[];
  fdb: FdbRow[];
  /** `<family> <name>` -> rows. */
  readonly tables: Map<string, readonly NftJson[]>;
  readonly settings: Map<string, string>;
}

export interface PaperNode {
  readonly rooms: Map<string, Room>;
  readonly files: Map<string, string>;
  readonly services: Map<string, ServiceRun>;
  made: number;
}

/** What no kernel would do, or what netloom must not do: a plan never gets here. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

export function emptyRoom(): Room {
  return { links: new Map(), routes: [], neighs: [], proxies: [], rules: [], fdb: [], tables: new Map(), settings: new Map() };
}

export function roomOf(node: PaperNode, netns: string): Room {
  const room = node.rooms.get(netns);
  if (room === undefined) throw new Refused(`there is no namespace ${netns}`);
  return room;
}

export function linkOf(room: Room, name: string): PaperLink {
  const link = room.links.get(name);
  if (link === undefined) throw new Refused(`there is no link ${name}`);
  return link;
}

export function hasSetting(room: Room, key: string): boolean {
  const [, , what, link = ''] = key.split('/');
  return !(what === 'conf' || what === 'neigh') || link === 'all' || link === 'default' || room.links.has(link);
}

/** Services without something that they stand on: none, after a pass. */
export function unserved(node: PaperNode): readonly string[] {
  return [...node.services.values()].flatMap(({ id, netns, links }) =>
    links.filter(name => (node.rooms.get(netns)?.links.get(name)?.addresses.length ?? 0) === 0).map(name => `${id} has no address on ${netns}/${name}`),
  );
}

/** SHA-256 of each file. */
export function hashes({ files }: PaperNode): readonly { readonly path: string; readonly hash: string }[] {
  return [...files].map(([path, text]) => ({ path, hash: textHash(text) }));
}

/** Routes that the kernel would not take: to the subnet of an address it makes one by itself. None is there after a pass. */
export function shadowed(node: PaperNode): readonly string[] {
  return [...node.rooms].flatMap(([netns, { links, routes }]) => {
    const subnets = new Set([...links.values()].flatMap(({ addresses }) => addresses.map(({ ip, prefix }) => parseCidr(`${ip}/${prefix}`)?.text)));
    return routes
      .filter(({ dst, table, metric }) => table === '254' && metric === 0 && subnets.has(dst))
      .map(({ dst }) => `the route to ${dst} in ${netns}/ is the kernel's own`);
  });
}

/**
 * What a lab looks like, as a value: which nodes, on which underlay, with which guests. Pure.
 */
import { HostError } from '../host/errors.ts';
import { compareIps, ipFromBigInt, parseCidr, parseIp } from '../model/ip.ts';
import { nodesOf } from '../objects/mesh.ts';
import type { Catalog } from '../objects/object.ts';
import { type Uplink, uplinksOf } from './outside.ts';

/** What definitions say about a cluster, as far as a lab needs it. */
export interface Cast {
  /** `device` is where the node has its underlay address. */
  readonly nodes: readonly { readonly name: string; readonly address: string; readonly device?: string; readonly mtu?: number }[];
  /** Where a node says nothing. */
  readonly underlayMtu: number;
  /** Namespaces that interfaces attach to. */
  readonly guests: readonly { readonly node: string; readonly netns: string }[];
  /** Ways to the outside; absent = none. */
  readonly uplinks?: readonly Uplink[];
}

export interface LabNode {
  readonly name: string;
  readonly device: string;
  /** Of the underlay, without prefix length. */
  readonly address: string;
  readonly mtu: number;
  /** Names of guests' namespaces in it, sorted. */
  readonly guests: readonly string[];
}

export interface Topology {
  /** All nodes and the git server are on-link to each other in it. */
  readonly underlay: string;
  /** Address of the git server, in the underlay. */
  readonly server: string;
  /** Sorted by address. */
  readonly nodes: readonly LabNode[];
  /** Ways to the outside. */
  readonly uplinks: readonly Uplink[];
}

/** What a catalog says about a lab. */
export function castOf(catalog: Catalog): Cast {
  const nodes = [...catalog.nodes.values()].map(node => ({ name: node.name, ...node.spec.underlay }));
  const guests = [...catalog.interfaces.values()].flatMap(iface => {
    const { netns } = iface.spec.attach;
    return netns === undefined ? [] : nodesOf(iface).map(node => ({ node, netns: netns.name }));
  });
  return { nodes, guests, underlayMtu: catalog.cluster.spec.underlay.mtu, uplinks: uplinksOf(catalog) };
}

/** The lab for these definitions. Throws HostError `invalid` when they have no nodes or no common underlay. */
export function topologyOf(cast: Cast): Topology {
  const { underlay, server } = commonUnderlay(cast.nodes.map(node => node.address));
  const nodes = cast.nodes.map(node => ({
    name: node.name,
    device: node.device ?? 'eth0',
    address: node.address,
    mtu: node.mtu ?? cast.underlayMtu,
    guests: [...new Set(cast.guests.filter(guest => guest.node === node.name).map(guest => guest.netns))].sort(),
  }));
  return { underlay, server, nodes: nodes.sort((a, b) => compareIps(a.address, b.address)), uplinks: cast.uplinks ?? [] };
}

/** Wider, and the lab's underlay would swallow addresses that guests and networks have. */
const WIDEST = 8;

/**
 * The longest prefix, /24 or /64 at most, that has all addresses as hosts and one address to spare for the git server, which
 * gets the last of these.
 */
export function commonUnderlay(addresses: readonly string[]): { readonly underlay: string; readonly server: string } {
  const [first, ...others] = addresses.map(text => parseIp(text));
  if (!first) throw new HostError('invalid', 'the definitions have no Node: a lab makes one node for each');
  const family = first.family;
  if (others.some(other => other?.family !== family)) throw new HostError('invalid', 'the underlay addresses of the nodes are not of one family');
  const used = new Set(addresses.map(text => parseIp(text)?.value));
  for (let prefix = family === 4 ? 24 : 64; prefix >= WIDEST; prefix -= 1) {
    const range = parseCidr(`${first.text}/${prefix}`);
    if (range === null) break;
    // The first address is the subnet's own (IPv4) or that of any router (IPv6); the last of IPv4 is the broadcast.
    const last = family === 4 ? range.last - 1n : range.last;
    if ([...used].some(value => value === undefined || value <= range.first || value > last)) continue;
    for (let server = last; server > range.first; server -= 1n) {
      if (!used.has(server)) return { underlay: range.text, server: ipFromBigInt(server, family) };
    }
  }
  throw new HostError('invalid', `the underlay addresses ${addresses.join(', ')} are too far apart for a lab: they must be in one /${WIDEST}`);
}

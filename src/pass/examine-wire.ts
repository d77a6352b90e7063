/** Asks the other nodes by the wire between them: echoes of two sizes, and datagrams to their VXLAN port. */
import type { Evidence, Peer } from '../doctor/evidence.ts';
import { inTurns } from '../host/in-turns.ts';
import { echo } from '../host/probe.ts';
import { probeVxlan } from '../host/vxlan-probe.ts';
import { ipFamily } from '../model/ip.ts';
import { formatPlace } from '../model/place.ts';
import { membersOf, networkMtu, overhead, type Placed } from '../objects/mesh.ts';
import type { NetworkDef, NodeDef } from '../objects/object.ts';

/** Another node, and what both carry. */
export interface Neighbour {
  readonly node: NodeDef;
  readonly networks: readonly NetworkDef[];
}

/** The nodes with which this one shares some of the networks, by name. */
export function neighboursOf(self: NodeDef, networks: readonly NetworkDef[], placed: Placed): readonly Neighbour[] {
  const found = new Map<string, { node: NodeDef; networks: NetworkDef[] }>();
  for (const network of networks) {
    for (const node of membersOf(network, placed)) {
      if (node.name === self.name) continue;
      const known = found.get(node.name) ?? { node, networks: [] };
      known.networks.push(network);
      found.set(node.name, known);
    }
  }
  return [...found.values()].sort((a, b) => (a.node.name < b.node.name ? -1 : 1));
}

/** What the wire must carry for the largest of the networks; 0 for none. */
export function neededMtu(networks: readonly NetworkDef[], { catalog }: Placed): number {
  return networks.length === 0 ? 0 : Math.max(...networks.map(network => networkMtu(network, catalog))) + overhead(catalog);
}

/** What is known of a peer from the wire alone. */
export type Wire = Omit<Peer, 'version' | 'ours' | 'macs'>;

/** Asks all of them at once; `from` is this node's underlay address, null where it has none. */
export async function askNeighbours(all: readonly Neighbour[], from: string | null, port: number, placed: Placed): Promise<readonly Wire[]> {
  return inTurns(all, MOST, async ({ node, networks }) => {
    const { address } = node.spec.underlay;
    const bytes = neededMtu(networks, placed);
    const head = { node: node.name, address, place: formatPlace({ ...node.at, col: 0 }), networks: networks.map(({ key }) => key) };
    if (from === null) {
      const why = 'this node has no underlay';
      return { ...head, small: why, whole: { bytes, why }, vxlan: { answer: 'untried', why } as const };
    }
    const headers = ipFamily(address) === 6 ? 48 : 28;
    const [small, whole, vxlan] = await Promise.all([patient(address, 56), patient(address, bytes - headers), probeVxlan(from, address, port, VXLAN_MS)]);
    return { ...head, small, whole: { bytes, why: whole }, vxlan };
  });
}

const VXLAN_MS = 3_000;
const TRIES = 3;
/** At once; each is a few processes. */
const MOST = 16;

// One packet may get lost, and a busy node may be late.
async function patient(address: string, bytes: number): Promise<string | null> {
  let why = '';
  for (let again = 0; again < TRIES; again += 1) {
    const { ms, why: told } = await echo(address, bytes);
    if (ms !== null) return null;
    why = told;
  }
  return why;
}

/** This node's own end of the wire. */
export function ownUnderlay(
  self: NodeDef,
  nodes: Iterable<NodeDef>,
  cards: Cards,
  needed: number,
  port: number,
): Omit<Evidence['underlay'], 'rivals' | 'ownMacs'> {
  const { address, device } = self.spec.underlay;
  const card = cards.find(({ addresses }) => addresses.includes(address));
  const here = new Set(cards.flatMap(({ addresses }) => addresses));
  const other = card === undefined ? [...nodes].find(node => here.has(node.spec.underlay.address)) : undefined;
  const isLikely = (ip: string): boolean => ipFamily(ip) === ipFamily(address) && !ip.startsWith('127.');
  return {
    address,
    ...(device === undefined ? {} : { device }),
    found: card === undefined ? null : { device: card.ifname, mtu: card.mtu, isUp: card.isUp },
    instead: cards.filter(({ isOurs }) => !isOurs).flatMap(({ ifname, addresses }) => addresses.filter(isLikely).map(ip => ({ device: ifname, address: ip }))),
    other: other?.name ?? null,
    neededMtu: needed,
    port,
  };
}

/** Links of the node, as far as they matter here. */
export type Cards = readonly {
  readonly ifname: string;
  readonly mtu: number;
  readonly isUp: boolean;
  readonly addresses: readonly string[];
  /** By its name. */
  readonly isOurs: boolean;
}[];

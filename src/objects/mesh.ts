/** Who takes part in a network, and how its mesh is set: questions that several kinds of definition ask. */
import { ipFamily } from '../model/ip.ts';
import type { Catalog, InterfaceDef, NetworkDef, NodeDef, NodeView } from './object.ts';
import { hasRouter, routedIPsOf } from './services.ts';

/** What VXLAN adds to a frame: outer Ethernet is not counted, the inner one is (RFC 7348, section 5). */
const OVERHEAD = { 4: 50, 6: 70 } as const;

/** The definitions, and where the ledger has put routers. */
export type Placed = Pick<NodeView, 'catalog' | 'ledger'>;

/** Names of the nodes that have an interface's port: its own, and while its guest is moved the one where it goes. */
export function nodesOf({ spec: { node, migrateTo } }: InterfaceDef): readonly string[] {
  if (node === undefined) return [];
  return migrateTo === undefined ? [node] : [node, migrateTo];
}

/** True when `node` has the interface's port. */
export function isOn({ spec }: InterfaceDef, node: string): boolean {
  return spec.node === node || (spec.node !== undefined && spec.migrateTo === node);
}

/** True while a guest is moved: it may be on either of two nodes, and nothing pins its MAC to one. */
export function isMigrating(iface: InterfaceDef): boolean {
  return nodesOf(iface).length > 1;
}

/** The nodes that carry a network: those of its placed interfaces, and those of its router. By name. */
export function membersOf(network: NetworkDef, placed: Placed): readonly NodeDef[] {
  const names = new Set(routerNodes(network, placed));
  for (const iface of placed.catalog.interfacesOf.get(network.key) ?? []) for (const name of nodesOf(iface)) names.add(name);
  return [...names].sort().flatMap(name => placed.catalog.nodes.get(name) ?? []);
}

/**
 * Names of the nodes that carry a network's router: one; two while it moves, first the one that the others send to, which
 * is the former one until the new one has taken over.
 */
export function routerNodes(network: NetworkDef, { catalog, ledger }: Placed): readonly string[] {
  const gateway = hasRouter(network, catalog) ? ledger.networks[network.key]?.gateway : undefined;
  if (gateway === undefined) return [];
  return [...(gateway.former === undefined ? [] : [gateway.former]), gateway.node].filter(name => catalog.nodes.has(name));
}

/** True when `node` carries the network's router. */
export function carriesRouter(network: NetworkDef, view: NodeView): boolean {
  return routerNodes(network, view).includes(view.node.name);
}

/** The networks that `node` carries, by key. */
export function networksOf(node: NodeDef, placed: Placed): readonly NetworkDef[] {
  return [...placed.catalog.networks.values()].filter(network => isMember(network, node, placed));
}

/** True when `node` carries `network`. */
export function isMember(network: NetworkDef, node: NodeDef, placed: Placed): boolean {
  if (routerNodes(network, placed).includes(node.name)) return true;
  return (placed.catalog.interfacesOf.get(network.key) ?? []).some(iface => isOn(iface, node.name));
}

/** The mtu of a network, one number everywhere: its own, else the smallest declared underlay mtu less what VXLAN adds. */
export function networkMtu(network: NetworkDef, catalog: Catalog): number {
  return network.spec.mtu ?? declaredUnderlayMtu(catalog) - overhead(catalog);
}

/** The smallest underlay mtu that is declared: of each node its own, else the Cluster's. */
export function declaredUnderlayMtu(catalog: Catalog): number {
  const common = catalog.cluster.spec.underlay.mtu;
  if (catalog.nodes.size === 0) return common;
  let smallest = Number.POSITIVE_INFINITY;
  for (const node of catalog.nodes.values()) smallest = Math.min(smallest, node.spec.underlay.mtu ?? common);
  return smallest;
}

/** Bytes that VXLAN adds on this cluster's underlay: 50 over IPv4, 70 over IPv6. */
export function overhead(catalog: Catalog): number {
  for (const node of catalog.nodes.values()) return OVERHEAD[ipFamily(node.spec.underlay.address) === 6 ? 6 : 4];
  return OVERHEAD[4];
}

/** True when the mesh learns addresses from traffic instead of being programmed. */
export function learns(network: NetworkDef, catalog: Catalog): boolean {
  return network.spec.mesh?.learning ?? catalog.cluster.spec.mesh.learning;
}

/**
 * True when nodes answer ARP for known neighbours. Suppression swallows gratuitous ARP and duplicate detection, so it is
 * off where an address may move by itself: an interface with address exceptions, a routed address, or a mesh that learns.
 */
export function suppresses(network: NetworkDef, catalog: Catalog): boolean {
  if (learns(network, catalog) || routedIPsOf(network, catalog).length > 0) return false;
  return !(catalog.interfacesOf.get(network.key) ?? []).some(iface => iface.spec.allowedAddresses.length > 0);
}

/** Interfaces of any network that are placed on this node, with what was allocated to them; those without an allocation are left out. */
export function localInterfaces(view: NodeView): readonly { readonly iface: InterfaceDef; readonly network: NetworkDef }[] {
  const found: { iface: InterfaceDef; network: NetworkDef }[] = [];
  for (const network of view.catalog.networks.values()) {
    for (const iface of view.catalog.interfacesOf.get(network.key) ?? []) if (isOn(iface, view.node.name)) found.push({ iface, network });
  }
  return found;
}

/** What a network's router serves, and through which pool and node: the questions that checks, asks and compiling share. */
import { nthAddress, parseCidr } from '../model/ip.ts';
import { grouped } from './grouped.ts';
import type { AddressPoolDef, Catalog, FloatingIPDef, InterfaceDef, NetworkDef, NodeDef, RoutedIPDef } from './object.ts';
import { hasPools, poolOf } from './tenancy.ts';

export type Egress = 'nat' | 'routed' | 'none';

const GATEWAYS = new WeakMap<Catalog, readonly NodeDef[]>();

/** The nodes that may carry routers, by name: asked for each network many times, found once. */
export function gatewayNodes(catalog: Catalog): readonly NodeDef[] {
  const known = GATEWAYS.get(catalog) ?? [...catalog.nodes.values()].filter(node => node.spec.gateway).sort((a, b) => (a.name < b.name ? -1 : 1));
  GATEWAYS.set(catalog, known);
  return known;
}

/** True when the network has a router: it has an IPv4 cidr, and there is a node to carry it. */
export function hasRouter(network: NetworkDef, catalog: Catalog): boolean {
  return isIpv4(network) && gatewayNodes(catalog).length > 0;
}

function isIpv4({ spec }: NetworkDef): boolean {
  // Its schema let it be nothing but a prefix of one of the two families.
  return spec.cidr !== undefined && !spec.cidr.includes(':');
}

/** How the network reaches the outside: what it says, else NAT where there are a router and a pool. */
export function egressOf(network: NetworkDef, catalog: Catalog): Egress {
  if (!hasRouter(network, catalog) || !hasPools(network.namespace, catalog)) return 'none';
  return network.spec.egress ?? (network.spec.nat === false ? 'none' : 'nat');
}

/** True when the network's router answers DHCP. */
export function servesDhcp(network: NetworkDef, catalog: Catalog): boolean {
  return hasRouter(network, catalog) && network.spec.dhcp !== false;
}

/** True when the network's router answers DNS. */
export function servesDns(network: NetworkDef, catalog: Catalog): boolean {
  return hasRouter(network, catalog) && network.spec.dns === true;
}

/** True when guests are told to send everything else to the router. */
export function isDefaultRouter(network: NetworkDef, catalog: Catalog): boolean {
  const said = network.spec.defaultRoute ?? 'auto';
  return said === 'auto' ? egressOf(network, catalog) !== 'none' : said && hasRouter(network, catalog);
}

/** The pool's router: what it says, else its first address. */
export function poolGateway({ spec }: AddressPoolDef): string {
  return spec.gateway ?? firstHost(spec.cidr);
}

function firstHost(cidr: string): string {
  const range = parseCidr(cidr);
  return range === null || range.family !== 4 ? '' : nthAddress(range, 1);
}

/** Names of the nodes that serve a pool, sorted; those that are no gateway nodes are left out. */
export function nodesOfPool(pool: AddressPoolDef, catalog: Catalog): readonly string[] {
  const all = gatewayNodes(catalog).map(node => node.name);
  return pool.spec.gateways === undefined ? all : all.filter(name => pool.spec.gateways?.includes(name));
}

/** The network card (or the machine's own bridge) by which a pool leaves a node. */
export function egressDevice(pool: AddressPoolDef, node: NodeDef): { readonly device?: string; readonly bridge?: string } {
  const own = node.spec.egress?.find(each => each.pool === pool.name);
  const { device = pool.spec.device, bridge = pool.spec.bridge } = own ?? {};
  return { ...(device === undefined ? {} : { device }), ...(bridge === undefined ? {} : { bridge }) };
}

/** The pools that a network uses: for its NAT, and by the floating and routed addresses that lead into it. By name. */
export function poolsOfNetwork(network: NetworkDef, catalog: Catalog): readonly AddressPoolDef[] {
  const found = new Map<string, AddressPoolDef>();
  const add = (pool: AddressPoolDef | undefined): void => void (pool === undefined || found.set(pool.name, pool));
  if (egressOf(network, catalog) !== 'none') add(poolOf(network, catalog));
  for (const floating of floatingIPsOf(network, catalog)) add(poolOf(floating, catalog));
  for (const routed of routedIPsOf(network, catalog)) add(poolOf(routed, catalog));
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Nodes that could carry the network's router: they serve every pool that it uses, and are not cordoned. Sorted. */
export function gatewayCandidates(network: NetworkDef, catalog: Catalog): readonly string[] {
  const pools = poolsOfNetwork(network, catalog).map(pool => nodesOfPool(pool, catalog));
  return gatewayNodes(catalog)
    .filter(node => !node.spec.cordon && pools.every(names => names.includes(node.name)))
    .map(node => node.name);
}

/** What leads into networks, by the network's key: asked for each of a thousand networks, made once. */
interface Inbound {
  readonly floating: ReadonlyMap<string, readonly FloatingIPDef[]>;
  readonly routed: ReadonlyMap<string, readonly RoutedIPDef[]>;
}

const INBOUND = new WeakMap<Catalog, Inbound>();

function inboundOf(catalog: Catalog): Inbound {
  const known = INBOUND.get(catalog);
  if (known !== undefined) return known;
  const made = {
    floating: grouped(catalog.floatingIPs.values(), floating => targetOf(floating, catalog)?.network.key ?? ''),
    routed: grouped(catalog.routedIPs.values(), routed => `${routed.namespace}/${routed.spec.network}`),
  };
  INBOUND.set(catalog, made);
  return made;
}

/** FloatingIPs that lead to an interface of the network, by key. */
export function floatingIPsOf(network: NetworkDef, catalog: Catalog): readonly FloatingIPDef[] {
  return inboundOf(catalog).floating.get(network.key) ?? [];
}

/** The interface that a FloatingIP leads to, and its network. */
export function targetOf(floating: FloatingIPDef, catalog: Catalog): { readonly iface: InterfaceDef; readonly network: NetworkDef } | undefined {
  if (floating.spec.interface === undefined) return undefined;
  const iface = catalog.interfaces.get(`${floating.namespace}/${floating.spec.interface}`);
  const network = iface === undefined ? undefined : catalog.networks.get(`${iface.namespace}/${iface.spec.network}`);
  return iface === undefined || network === undefined ? undefined : { iface, network };
}

/** RoutedIPs of the network, by key. */
export function routedIPsOf(network: NetworkDef, catalog: Catalog): readonly RoutedIPDef[] {
  return inboundOf(catalog).routed.get(network.key) ?? [];
}

/** The domain of a namespace's guests: `blue.netloom`. */
export function domainOf(namespace: string, catalog: Catalog): string {
  return `${namespace}.${catalog.cluster.spec.zone}`;
}

/** The name by which DHCP and DNS know a guest: its hostname, else its instance where that can be a name, else the Interface's. */
export function hostnameOf(iface: InterfaceDef): string {
  const { hostname, instance } = iface.spec;
  if (hostname !== undefined) return hostname;
  return instance !== undefined && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(instance) ? instance : iface.name;
}

/** The resolvers that a network asks, or that its guests are told: its own, else the Cluster's. */
export function upstreamsOf(network: NetworkDef, catalog: Catalog): readonly string[] {
  return network.spec.dnsUpstreams ?? catalog.cluster.spec.dnsUpstreams ?? [];
}

/** How pools leave a node: the egress bridge of each network card, and which of the pools' addresses are here. */
import type { EgressEnd } from '../kinds/nft-guard.ts';
import { egressBridgeName, poolMac } from '../model/names.ts';
import { carriesRouter, routerNodes } from './mesh.ts';
import type { AddressPoolDef, NetworkDef, NodeView } from './object.ts';
import { egressDevice, egressOf, floatingIPsOf, nodesOfPool, routedIPsOf } from './services.ts';
import { poolOf } from './tenancy.ts';

/** One pool's way out of this node. */
export interface WayOut {
  readonly pool: AddressPoolDef;
  /** ifname of the bridge that addresses of the pool are on. */
  readonly bridge: string;
  /** False: the bridge is the machine's own. */
  readonly ours: boolean;
  /** ifname of the network card; absent for a bridge of the machine. */
  readonly device?: string;
  readonly mtu: number;
}

const USUAL_MTU = 1500;

/** The way out of a pool on this node; undefined where the node does not serve it, or nothing says by which card. */
export function wayOut(pool: AddressPoolDef, view: NodeView): WayOut | undefined {
  if (!nodesOfPool(pool, view.catalog).includes(view.node.name)) return undefined;
  const { device, bridge } = egressDevice(pool, view.node);
  const name = bridge ?? device;
  if (name === undefined) return undefined;
  const mtu = view.facts.egress?.[name]?.mtu ?? USUAL_MTU;
  if (bridge !== undefined) return { pool, bridge, ours: false, mtu };
  return { pool, bridge: egressBridgeName(name), ours: true, device: name, mtu };
}

/** The ways out of this node, by pool. */
function waysOut(view: NodeView): readonly WayOut[] {
  return [...view.catalog.pools.values()].flatMap(pool => wayOut(pool, view) ?? []);
}

/** An address of a pool that is in use: whose network it leads to. */
export interface PoolAddress {
  readonly address: string;
  /** What answers for it on the egress bridge: a routed address has no link of its own, its network's gateway end does. */
  readonly mac: string;
  readonly network: NetworkDef;
}

/** Addresses of a pool that networks use: their gateways, floating and routed ones. */
export function usedAddresses(pool: AddressPoolDef, { catalog, ledger }: NodeView): readonly PoolAddress[] {
  const entry = ledger.pools?.[pool.name];
  const found: PoolAddress[] = [];
  for (const network of catalog.networks.values()) {
    const gateway = ledger.networks[network.key]?.floatingGateway;
    const add = (address: string | undefined, by = address): void =>
      void (address === undefined || by === undefined || found.push({ address, mac: poolMac(by), network }));
    if (gateway?.pool === pool.name) add(gateway.address);
    for (const each of floatingIPsOf(network, catalog)) if (poolOf(each, catalog) === pool) add(live(entry?.floating[each.key]));
    for (const each of routedIPsOf(network, catalog)) if (poolOf(each, catalog) === pool) add(live(entry?.routed[each.key]), gateway?.address);
  }
  return found;
}

/** The address of a holder that is not removed. */
export function live(holder: { readonly address: string; readonly removed?: string } | undefined): string | undefined {
  return holder?.removed === undefined ? holder?.address : undefined;
}

/** A network of this node that is routed without NAT, and the address in the pool that leads to it. */
export interface RoutedNetwork {
  readonly network: NetworkDef;
  readonly cidr: string;
  readonly via: string;
}

/** Networks of this node whose own addresses leave it by a pool. */
export function routedNetworks(pool: AddressPoolDef, view: NodeView): readonly RoutedNetwork[] {
  return [...view.catalog.networks.values()].flatMap(network => {
    const via = view.ledger.networks[network.key]?.floatingGateway;
    const { cidr } = network.spec;
    if (cidr === undefined || via?.pool !== pool.name || egressOf(network, view.catalog) !== 'routed' || !carriesRouter(network, view)) return [];
    return [{ network, cidr, via: via.address }];
  });
}

/** The node that an address of a pool is on now: the first of its network's router nodes; this one as soon as it has taken over. */
export function nodeOfAddress({ network }: PoolAddress, view: NodeView): string | undefined {
  return view.taken?.has(network.key) ? view.node.name : routerNodes(network, view)[0];
}

/**
 * What the node's root table says about its egress bridges: one entry for each bridge, with all its pools. Nothing about a
 * bridge of the machine: by that one the node itself may be reached. Of a bridged one nothing passes through the node.
 */
export function egressEnds(view: NodeView): readonly EgressEnd[] {
  const ends = new Map<string, { sources: string[]; masquerade: { device: string; cidr: string }[] }>();
  for (const way of waysOut(view)) {
    if (!way.ours) continue;
    const end = ends.get(way.bridge) ?? { sources: [], masquerade: [] };
    ends.set(way.bridge, end);
    if (way.pool.spec.mode !== 'bridged') end.sources.push(way.pool.spec.cidr, ...routedNetworks(way.pool, view).map(routed => routed.cidr));
    if (way.pool.spec.mode === 'masquerade' && way.device !== undefined) end.masquerade.push({ device: way.device, cidr: way.pool.spec.cidr });
  }
  return [...ends].map(([bridge, end]) => ({ bridge, ...end }));
}

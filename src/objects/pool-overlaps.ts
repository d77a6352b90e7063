/** Prefixes that the outside knows, once each: pools and routed networks. And the pools that a network with NAT could not reach. */
import { type Cidr, hostBitsSet, overlaps, parseCidr } from '../model/ip.ts';
import { beside, error, titled } from './finding.ts';
import { grouped } from './grouped.ts';
import type { AddressPoolDef, Catalog, Finding, NetworkDef } from './object.ts';
import { meetings, reservationOf } from './ranges.ts';
import { egressOf, nodesOfPool, poolsOfNetwork } from './services.ts';
import { poolOf } from './tenancy.ts';
import { firstInside, underlayAddresses } from './underlay.ts';

interface Known {
  readonly on: AddressPoolDef | NetworkDef;
  readonly cidr: Cidr;
}

const PATH = ['spec', 'cidr'];

export function checkPoolOverlaps(catalog: Catalog): readonly Finding[] {
  const routed = [...catalog.networks.values()].filter(network => egressOf(network, catalog) === 'routed');
  const known = [...catalog.pools.values(), ...routed].flatMap(withCidr);
  return [...meetings(known).map(meeting), ...underlay(known, catalog), ...inside(catalog), ...hostEnds(known, catalog)];
}

function withCidr(on: AddressPoolDef | NetworkDef): readonly Known[] {
  const cidr = on.spec.cidr === undefined ? null : parseCidr(on.spec.cidr);
  return cidr === null || cidr.family !== 4 || hostBitsSet(cidr) ? [] : [{ on, cidr }];
}

function meeting([{ on, cidr }, other]: readonly [Known, Known]): Finding {
  const what = (known: Known): string => `${known.on.kind === 'Network' ? 'routed ' : ''}${titled(known.on)}`;
  const message = `${what({ on, cidr })} ${cidr.text} overlaps ${what(other)} ${other.cidr.text}`;
  return error('network-overlap', on, PATH, message, { hint: `choose a prefix outside ${other.cidr.text}`, related: beside(other.on, ...PATH) });
}

/** Whoever has a route to such a prefix would send the underlay's packets there. A bridged pool is a network that exists: there, reserving them is enough. */
function underlay(known: readonly Known[], { nodes }: Catalog): readonly Finding[] {
  const addresses = underlayAddresses(nodes);
  return known.flatMap(({ on, cidr }) => {
    const reserved = on.kind === 'AddressPool' && 'mode' in on.spec && on.spec.mode === 'bridged' ? on.spec.reserved : undefined;
    const node = firstInside(cidr, addresses, each => reservationOf(each.spec.underlay.address, reserved) >= 0);
    if (node === null) return [];
    const { address } = node.spec.underlay;
    const bridged = 'mode' in on.spec && on.spec.mode === 'bridged';
    const hint = bridged ? `reserve ${address}, or choose another prefix` : "choose a prefix outside of the underlay's addresses";
    const message = `${titled(on)} ${cidr.text} holds ${address}, the underlay address of ${titled(node)}`;
    return [error('network-overlap', on, PATH, message, { hint, related: beside(node, 'spec', 'underlay', 'address') })];
  });
}

/**
 * A node that routes a prefix has its way there by the egress bridge; its own end in a network of the same addresses would be
 * another one, which nothing passes. A bridged pool is routed by nobody here.
 */
function hostEnds(known: readonly Known[], catalog: Catalog): readonly Finding[] {
  const ends = [...catalog.interfaces.values()].filter(({ spec }) => spec.attach.host !== undefined && spec.node !== undefined);
  if (ends.length === 0) return [];
  const routed = known.flatMap(each => routersOf(each, catalog).map(node => ({ ...each, node, iface: null })));
  const hosts = ends.flatMap(iface => {
    const on = catalog.networks.get(`${iface.namespace}/${iface.spec.network}`);
    const cidr = on?.spec.cidr === undefined ? null : parseCidr(on.spec.cidr);
    return on === undefined || cidr === null ? [] : [{ on, cidr, node: iface.spec.node ?? '', iface }];
  });
  const byNode = grouped<(typeof routed)[number] | (typeof hosts)[number]>([...routed, ...hosts], ({ node }) => node);
  return [...byNode.values()]
    .flatMap(each => meetings(each))
    .flatMap(([one, two]) => {
      const [end, other] = one.iface === null ? [two, one] : [one, two];
      if (end.iface === null || other.iface !== null) return [];
      const message = `Node ${end.node} would be a host in ${end.cidr.text}, and leads what comes from outside for ${other.cidr.text} of ${titled(other.on)} to a router`;
      const hint = 'place it on a node that does not serve the pool, attach it otherwise, or choose another cidr';
      return [error('network-overlap', end.iface, ['spec', 'attach', 'host'], message, { hint, related: beside(other.on, ...PATH) })];
    });
}

/** The nodes that have a route to it. */
function routersOf({ on }: Known, catalog: Catalog): readonly string[] {
  const pool = on.kind === 'AddressPool' ? (on as AddressPoolDef) : poolOf(on as NetworkDef, catalog);
  return pool === undefined || pool.spec.mode === 'bridged' ? [] : nodesOfPool(pool, catalog);
}

/** A router cannot have one prefix on both sides. */
function inside(catalog: Catalog): readonly Finding[] {
  return [...catalog.networks.values()].flatMap(on => {
    const cidr = on.spec.cidr === undefined ? null : parseCidr(on.spec.cidr);
    if (cidr === null || egressOf(on, catalog) !== 'nat') return [];
    return poolsOfNetwork(on, catalog).flatMap(pool => {
      if (!overlaps(cidr, pool.spec.cidr)) return [];
      const message = `${titled(on)} ${cidr.text} overlaps ${titled(pool)} ${pool.spec.cidr}, by which it reaches the outside`;
      return [error('network-overlap', on, PATH, message, { hint: `choose a cidr outside ${pool.spec.cidr}`, related: beside(pool, ...PATH) })];
    });
  });
}

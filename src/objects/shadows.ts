/** Prefixes that definitions bring onto a node itself: what lies in one of them the node looks for there, and nowhere else. */
import { contains } from '../model/ip.ts';
import { titled } from './finding.ts';
import type { Catalog, NodeDef } from './object.ts';
import { egressOf, gatewayCandidates, nodesOfPool } from './services.ts';

export interface Shadow {
  /** `Interface red/back`: what brings it. */
  readonly definition: string;
  readonly cidr: string;
}

/** All of a node: networks that it is a host in, pools that leave it but for bridged ones, networks that are routed through it. */
export function shadowsOn(node: NodeDef, catalog: Catalog): readonly Shadow[] {
  const networks = [...catalog.networks.values()];
  return [
    ...[...catalog.interfaces.values()].flatMap(iface => {
      const cidr = catalog.networks.get(`${iface.namespace}/${iface.spec.network}`)?.spec.cidr;
      return iface.spec.attach.host === undefined || iface.spec.node !== node.name || cidr === undefined ? [] : [{ definition: titled(iface), cidr }];
    }),
    ...[...catalog.pools.values()].flatMap(pool =>
      pool.spec.mode !== 'bridged' && nodesOfPool(pool, catalog).includes(node.name) ? [{ definition: titled(pool), cidr: pool.spec.cidr }] : [],
    ),
    ...networks.flatMap(network => {
      const { cidr } = network.spec;
      const isRouted = cidr !== undefined && egressOf(network, catalog) === 'routed' && gatewayCandidates(network, catalog).includes(node.name);
      return isRouted ? [{ definition: titled(network), cidr }] : [];
    }),
  ];
}

/** The first that holds an address; undefined when none does. */
export function shadowOf(address: string, shadows: readonly Shadow[]): Shadow | undefined {
  return shadows.find(({ cidr }) => contains(cidr, address));
}

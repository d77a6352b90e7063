/** What FloatingIP and RoutedIP have in common: the pool, the pinned address, the node that carries the network. */
import { contains, parseCidr } from '../model/ip.ts';
import { takenInPool } from './address-pool-check.ts';
import { beside, error, titled } from './finding.ts';
import type { Catalog, Finding, FloatingIPDef, NetworkDef, RoutedIPDef } from './object.ts';
import { noGatewayNode, poolFindings } from './references.ts';
import { egressOf, gatewayNodes, nodesOfPool, poolGateway } from './services.ts';
import { hasPools, poolOf } from './tenancy.ts';

type Holder = FloatingIPDef | RoutedIPDef;

/** Pool and pinned address. */
export function holderFindings(self: Holder, catalog: Catalog): readonly Finding[] {
  return [...poolFindings(self, catalog, ['spec']), ...pinned(self, catalog)];
}

function pinned(self: Holder, catalog: Catalog): readonly Finding[] {
  const { address } = self.spec;
  const pool = poolOf(self, catalog);
  const range = pool === undefined ? null : parseCidr(pool.spec.cidr);
  if (address === undefined || pool === undefined || range === null) return [];
  const path = ['spec', 'address'];
  const hint = `choose another one of ${range.text}, or leave it out to have one allocated`;
  if (!contains(range, address)) {
    const message = `address ${address} is outside of ${range.text}, the cidr of ${titled(pool)}`;
    return [error('address-outside-pool', self, path, message, { hint, related: beside(pool, 'spec', 'cidr') })];
  }
  const taken = takenInPool(address, pool, poolGateway(pool));
  if (taken === null) return [];
  return [error('address-reserved', self, path, `address ${address} is ${taken.why} of ${titled(pool)}`, { hint, related: beside(pool, ...taken.path) })];
}

/** The network that the address leads into must have a way out, on a node that serves the pool. `path`: what leads there. */
export function wayOutFindings(self: Holder, path: Finding['path'], network: NetworkDef, egress: readonly string[], catalog: Catalog): readonly Finding[] {
  if (gatewayNodes(catalog).length === 0) return [noGatewayNode(self, path, `${titled(self)} needs a node that carries it`)];
  if (network.spec.cidr === undefined) {
    const related = beside(network);
    return [
      error('needs-cidr', self, path, `${titled(network)} has no cidr, so no router: no address leads into it`, {
        hint: 'give the network an IPv4 cidr',
        related,
      }),
    ];
  }
  if (network.spec.cidr.includes(':')) {
    const related = beside(network, 'spec', 'cidr');
    return [
      error('needs-cidr', self, path, `${titled(network)} has an IPv6 cidr: addresses of a pool are IPv4`, {
        hint: 'use a network with an IPv4 cidr',
        related,
      }),
    ];
  }
  const actual = egressOf(network, catalog);
  // Without any pool the pool is what is wrong, and is told.
  if (!egress.includes(actual) && hasPools(self.namespace, catalog)) {
    const field = network.spec.egress === undefined ? 'nat' : 'egress';
    const message = `${titled(network)} has egress ${actual}, so ${titled(self)} cannot lead into it`;
    return [error('target-without-egress', self, path, message, { hint: `give the network egress: ${egress[0]}`, related: beside(network, 'spec', field) })];
  }
  return servedByPin(self, path, network, catalog);
}

function servedByPin(self: Holder, path: Finding['path'], network: NetworkDef, catalog: Catalog): readonly Finding[] {
  const { gateway } = network.spec;
  const pool = poolOf(self, catalog);
  const isGateway = gateway !== undefined && catalog.nodes.get(gateway)?.spec.gateway === true;
  if (!isGateway || pool === undefined || nodesOfPool(pool, catalog).includes(gateway)) return [];
  const message = `${titled(network)} is carried by Node ${gateway}, which does not serve ${titled(pool)}`;
  const hint = `add ${gateway} to the gateways of ${titled(pool)}, or use another pool`;
  const related = [...beside(network, 'spec', 'gateway'), ...beside(pool, 'spec', 'gateways')];
  return [error('pool-not-served', self, self.spec.pool === undefined ? path : ['spec', 'pool'], message, { hint, related })];
}

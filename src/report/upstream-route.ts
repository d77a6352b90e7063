/** What a router upstream must be told, so that answers find a network whose addresses leave as they are. */
import type { NetworkDef } from '../objects/object.ts';
import { egressDevice, egressOf } from '../objects/services.ts';
import { poolOf } from '../objects/tenancy.ts';
import type { View } from './state.ts';

/**
 * The line for a Linux router upstream: `ip route add 10.0.0.0/24 via 192.0.2.5`; null where nothing is needed or known. A
 * bridged pool is the network that the upstream router is in, so the network's own address of it is the next hop; in the
 * other modes the gateway node is, by the address of its egress network card, which its report tells.
 */
export function upstreamRoute(network: NetworkDef, { catalog, ledger, reports }: Pick<View, 'catalog' | 'ledger' | 'reports'>): string | null {
  const { cidr } = network.spec;
  const entry = ledger.networks[network.key];
  const pool = poolOf(network, catalog);
  if (cidr === undefined || pool === undefined || entry?.floatingGateway === undefined || egressOf(network, catalog) !== 'routed') return null;
  if (pool.spec.mode === 'bridged') return `ip route add ${cidr} via ${entry.floatingGateway.address}`;
  const node = entry.gateway === undefined ? undefined : catalog.nodes.get(entry.gateway.node);
  if (node === undefined) return null;
  const { device } = egressDevice(pool, node);
  const [address] = device === undefined ? [] : (reports.get(node.name)?.facts?.egress?.[device]?.addresses ?? []).filter(ip => !ip.includes(':'));
  return address === undefined ? `ip route add ${cidr} via ADDRESS-OF-${node.name}` : `ip route add ${cidr} via ${address}`;
}

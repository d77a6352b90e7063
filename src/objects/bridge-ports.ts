/** How many ports the bridges of a node get: Linux stops at 1,023 (BR_MAX_PORTS of linux/if_bridge.h is 1,024, and port 0 is none). */
import { egressBridgeName } from '../model/names.ts';
import { beside, error, titled } from './finding.ts';
import { grouped } from './grouped.ts';
import { nodesOf } from './mesh.ts';
import type { AddressPoolDef, Catalog, Finding, NetworkDef, NodeDef } from './object.ts';
import { egressDevice, egressOf, floatingIPsOf, gatewayCandidates, hasRouter } from './services.ts';
import { poolOf } from './tenancy.ts';

/** The most ports that a bridge can have. */
export const MOST_PORTS = 1023;

/** What both checks tell of a bridge that is too small. */
export function tooMany(ports: number): string {
  return `${ports} ports, and a bridge of Linux has ${MOST_PORTS} at most`;
}

/** Bridges that get more ports than there are, as far as definitions alone say on which node things are. */
export function checkBridgePorts(catalog: Catalog): readonly Finding[] {
  return [...networkBridges(catalog), ...egressBridges(catalog)];
}

function networkBridges(catalog: Catalog): readonly Finding[] {
  return [...catalog.networks.values()].flatMap(network => {
    const all = catalog.interfacesOf.get(network.key) ?? [];
    // Besides the guests there is the VXLAN device.
    if (all.length + 1 < MOST_PORTS) return [];
    return [...grouped(all.flatMap(nodesOf), name => name)].flatMap(([name, here]) => {
      const node = catalog.nodes.get(name);
      const ports = here.length + 1 + (onlyNode(network, catalog) === name ? 1 : 0);
      if (node === undefined || ports <= MOST_PORTS) return [];
      const message = `the bridge of ${titled(network)} on Node ${name} would get ${tooMany(ports)}`;
      return [error('too-many-ports', network, [], message, { hint: 'place some of its interfaces on other nodes', related: beside(node) })];
    });
  });
}

function egressBridges(catalog: Catalog): readonly Finding[] {
  if (catalog.networks.size + catalog.floatingIPs.size < MOST_PORTS) return [];
  const placed = grouped(catalog.networks.values(), network => onlyNode(network, catalog) ?? '');
  return [...placed].flatMap(([name, networks]) => {
    const node = catalog.nodes.get(name);
    if (node === undefined) return [];
    return [...egressPorts(networks, node, catalog)].flatMap(([, { pool, ports }]) => {
      if (ports <= MOST_PORTS) return [];
      const message = `the egress bridge of ${titled(pool)} on Node ${name} would get ${tooMany(ports)}: a network has one there, and a floating address`;
      const hint = 'let another gateway node serve the pool too, or divide it into pools that leave by other network cards';
      return [error('too-many-ports', pool, [], message, { hint, related: beside(node) })];
    });
  });
}

/** The node that must carry a network's router, where the definitions leave no choice. */
function onlyNode(network: NetworkDef, catalog: Catalog): string | undefined {
  if (!hasRouter(network, catalog)) return undefined;
  const [only, ...others] = network.spec.gateway === undefined ? gatewayCandidates(network, catalog) : [network.spec.gateway];
  return others.length === 0 ? only : undefined;
}

/** By name of the bridge: the ports that routers of these networks have in it on a node, and the first pool that leaves by it. */
export function egressPorts(
  networks: Iterable<NetworkDef>,
  node: NodeDef,
  catalog: Catalog,
): ReadonlyMap<string, { readonly pool: AddressPoolDef; readonly ports: number }> {
  const found = new Map<string, { pool: AddressPoolDef; ports: number }>();
  const add = (pool: AddressPoolDef | undefined): void => {
    if (pool === undefined) return;
    const { device, bridge } = egressDevice(pool, node);
    const name = bridge ?? (device === undefined ? undefined : egressBridgeName(device));
    if (name === undefined) return;
    // A card that is bridged is a port too.
    const known = found.get(name) ?? { pool, ports: bridge === undefined && pool.spec.mode === 'bridged' ? 1 : 0 };
    found.set(name, { pool: known.pool, ports: known.ports + 1 });
  };
  for (const network of networks) {
    if (egressOf(network, catalog) !== 'none') add(poolOf(network, catalog));
    for (const floating of floatingIPsOf(network, catalog)) add(poolOf(floating, catalog));
  }
  return found;
}

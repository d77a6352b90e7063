/** What leads from a pool into a network: its floating and routed addresses, as its gateway namespace knows them. */
import type { Allowed, FloatingPath } from '../kinds/nft-gateway.ts';
import type { NetworkEntry } from '../model/ledger.ts';
import { addressMark, floatingNames } from '../model/names.ts';
import { live, wayOut } from './egress.ts';
import type { Placed } from './mesh.ts';
import type { FloatingIPDef, InterfaceDef, NetworkDef, NodeView, RoutedIPDef } from './object.ts';
import { floatingIPsOf, routedIPsOf } from './services.ts';
import { poolOf } from './tenancy.ts';

/** The address that was allocated to a FloatingIP or RoutedIP. */
function poolAddressOf(self: FloatingIPDef | RoutedIPDef, { catalog, ledger }: Placed): string | undefined {
  const entry = ledger.pools?.[poolOf(self, catalog)?.name ?? ''];
  return live(self.kind === 'FloatingIP' ? entry?.floating[self.key] : entry?.routed[self.key]);
}

/** The same, on a node that serves its pool; undefined elsewhere. */
export function addressHere(self: FloatingIPDef | RoutedIPDef, view: NodeView): string | undefined {
  const pool = poolOf(self, view.catalog);
  return pool === undefined || wayOut(pool, view) === undefined ? undefined : poolAddressOf(self, view);
}

/** Addresses of pools that an interface may carry: those of the RoutedIPs that it names. */
export function carriedAddresses(self: InterfaceDef, placed: Placed): readonly string[] {
  return (self.spec.routedIPs ?? []).flatMap(name => {
    const routed = placed.catalog.routedIPs.get(`${self.namespace}/${name}`);
    return (routed === undefined ? undefined : poolAddressOf(routed, placed)) ?? [];
  });
}

/** The network's floating addresses that lead to a guest with an address. */
export function floatingPaths(network: NetworkDef, entry: NetworkEntry, view: NodeView): readonly FloatingPath[] {
  return floatingIPsOf(network, view.catalog).flatMap(floating => {
    const address = addressHere(floating, view);
    const target = targetAddress(floating, entry);
    if (address === undefined || target === undefined) return [];
    const { allow, egress } = floating.spec;
    return [
      {
        address,
        target,
        link: floatingNames(address).inner,
        mark: addressMark(address),
        bothWays: egress === 'floating',
        ...(allow === undefined ? {} : { allow: allow.map(allowed) }),
      },
    ];
  });
}

/** The address of the guest that a FloatingIP leads to. */
export function targetAddress(floating: FloatingIPDef, entry: NetworkEntry): string | undefined {
  const given = entry.interfaces[`${floating.namespace}/${floating.spec.interface}`];
  return given?.removed === undefined ? given?.address : undefined;
}

function allowed({ cidr, protocol, ports }: NonNullable<FloatingIPDef['spec']['allow']>[number]): Allowed {
  return {
    ...(cidr === undefined ? {} : { cidr }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(ports === undefined ? {} : { ports: ports.map(rangeOf) }),
  };
}

function rangeOf(port: number | string): number | { first: number; last: number } {
  if (typeof port === 'number') return port;
  const [first = 0, last = first] = port.split('-').map(Number);
  return first === last ? first : { first, last };
}

/** Addresses of the network's RoutedIPs, sorted by name. */
export function routedAddresses(network: NetworkDef, view: NodeView): readonly string[] {
  return routedIPsOf(network, view.catalog).flatMap(routed => addressHere(routed, view) ?? []);
}

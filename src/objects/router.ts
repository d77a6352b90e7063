/** The router of a network, on its gateway node: a namespace with an end in the network, and one on the way out. */
import { address } from '../kinds/address.ts';
import { announce } from '../kinds/announce.ts';
import { fdb } from '../kinds/fdb.ts';
import type { Origin, Resource } from '../kinds/kind.ts';
import { neigh } from '../kinds/neigh.ts';
import { netns } from '../kinds/netns.ts';
import { nft } from '../kinds/nft.ts';
import { gatewayTable } from '../kinds/nft-gateway.ts';
import { portRef } from '../kinds/refs.ts';
import { route } from '../kinds/route.ts';
import { parseCidr } from '../model/ip.ts';
import type { NetworkEntry } from '../model/ledger.ts';
import { bridgeMac, bridgeName, egressNames, poolMac, vethNames } from '../model/names.ts';
import { type WayOut, wayOut } from './egress.ts';
import { floatingPaths, routedAddresses } from './inbound.ts';
import { learns, networkMtu, routerNodes } from './mesh.ts';
import type { Compiled, NetworkDef, NodeView, Trouble } from './object.ts';
import { namespaceSettings, pairOf } from './pair.ts';
import { egressOf, poolGateway } from './services.ts';
import { servicesPart } from './services-part.ts';
import { poolOf } from './tenancy.ts';
import { originOf, want } from './want.ts';

/** What the parts of a router have in common. */
interface Router {
  readonly self: NetworkDef;
  readonly entry: NetworkEntry;
  readonly view: NodeView;
  readonly from: Origin;
  /** The router's own address and MAC. */
  readonly own: { readonly address: string; readonly mac: string };
  readonly cidr: string;
  /** ifname of the end in the network. */
  readonly inner: string;
}

/** Everything of a network's router on this node. */
export function routerPart(self: NetworkDef, entry: NetworkEntry, view: NodeView, from: Origin): Compiled {
  const { cidr } = self.spec;
  if (cidr === undefined || entry.router === undefined) return { resources: [], troubles: [] };
  const r: Router = { self, entry, view, from, own: entry.router, cidr, inner: vethNames(entry.vxid).inner };
  const out = outside(r);
  const services = servicesPart(self, entry, view, from);
  const space = [want(netns, { name: entry.uuid }, from), ...namespaceSettings(entry.uuid, from)];
  return { resources: [...space, ...inside(r), ...out.resources, table(r), ...services.resources], troubles: [...out.troubles, ...services.troubles] };
}

function inside(r: Router): readonly Resource[] {
  const { entry, view, from, own } = r;
  const names = vethNames(entry.vxid);
  const learning = learns(r.self, view.catalog);
  const bridge = bridgeName(entry.vxid);
  const mtu = networkMtu(r.self, view.catalog);
  return [
    ...pairOf({ names, bridge, netns: entry.uuid, mac: own.mac, mtu, learning, node: view.node.name, announced: false }, from),
    ...(learning ? [] : [want(fdb, { netns: '', bridge, mac: own.mac, link: names.outer, sticky: true }, from)]),
    want(address, { netns: entry.uuid, link: names.inner, ip: own.address, prefix: parseCidr(r.cidr)?.prefix ?? 32 }, from),
    ...guests(r),
  ];
}

// The kernel has one ARP table for all namespaces, 1,024 entries by default: what is known by definition takes none of it.
function guests({ self, entry, view, from, inner }: Router): readonly Resource[] {
  if (learns(self, view.catalog)) return [];
  return (view.catalog.interfacesOf.get(self.key) ?? []).flatMap(iface => {
    const given = entry.interfaces[iface.key];
    if (given?.address === undefined || given.removed !== undefined) return [];
    return [want(neigh, { netns: entry.uuid, link: inner, ip: given.address, mac: given.mac }, from, originOf(iface))];
  });
}

function outside(r: Router): Compiled {
  const { catalog, node } = r.view;
  if (egressOf(r.self, catalog) === 'none') return { resources: [], troubles: [] };
  const pool = poolOf(r.self, catalog);
  const given = r.entry.floatingGateway;
  if (pool === undefined || given?.pool !== pool.name) return fatal(r, 'AllocationPending', 'no address of a pool allocated yet: nothing reaches the outside');
  const way = wayOut(pool, r.view);
  if (way === undefined) return fatal(r, 'EgressMissing', `${node.name} has no way out for AddressPool ${pool.name}`);
  return { resources: pairOutside(r, way, given.address), troubles: [] };
}

function pairOutside({ self, entry, view, from }: Router, way: WayOut, ip: string): readonly Resource[] {
  const names = egressNames(entry.vxid);
  const at = { netns: entry.uuid, link: names.inner };
  const via = poolGateway(way.pool);
  const mac = poolMac(ip);
  return [
    ...pairOf({ names, bridge: way.bridge, netns: entry.uuid, mac, mtu: way.mtu, learning: true, node: view.node.name, announced: true }, from),
    want(address, { ...at, ip, prefix: parseCidr(way.pool.spec.cidr)?.prefix ?? 32 }, from),
    want(route, { netns: entry.uuid, dst: 'default', table: '254', via, link: names.inner }, from),
    ...knownGateway(way, via, at, view, from),
    want(announce, { ...at, ip, mac, target: '', alias: announcedAs(self, view, from), after: [portRef('', names.outer)] }, from),
  ];
}

/**
 * The alias of an announcement. While a router moves here its former node has the same addresses, and a switch finds them
 * where it heard them last: with another alias after the move they are announced again.
 */
export function announcedAs(network: NetworkDef, { catalog, ledger, node }: NodeView, { definition }: Origin): string {
  const [former] = routerNodes(network, { catalog, ledger });
  return `netloom:${definition}${former === undefined || former === node.name ? '' : ` (from ${former})`}`;
}

/** The pool's router as a permanent neighbour, where it is this node itself. */
export function knownGateway(
  way: WayOut,
  ip: string,
  at: { readonly netns: string; readonly link: string },
  view: NodeView,
  from: Origin,
): readonly Resource[] {
  return way.pool.spec.mode === 'bridged' ? [] : [want(neigh, { ...at, ip, mac: bridgeMac(view.node.name, way.bridge) }, from)];
}

function table(r: Router): Resource {
  const { self, entry, view, from, own, cidr, inner } = r;
  const egress = egressOf(self, view.catalog);
  const link = egressNames(entry.vxid).inner;
  const nat = egress === 'nat' ? entry.floatingGateway?.address : undefined;
  const isOut = egress === 'routed' || nat !== undefined;
  const content = {
    inner,
    cidr,
    router: own.address,
    ...(isOut ? { egress: { link, ...(nat === undefined ? {} : { nat }) } } : {}),
    floating: floatingPaths(self, entry, view),
    routed: routedAddresses(self, view),
  };
  return want(nft, { netns: entry.uuid, ...gatewayTable(content) }, from);
}

function fatal({ from }: Router, reason: string, message: string): Compiled {
  const trouble: Trouble = { definition: from.definition, reason, message, fatal: true };
  return { resources: [], troubles: [trouble] };
}

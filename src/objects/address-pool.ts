/** AddressPool: addresses that the outside knows, and the way out. On a gateway node it is the egress bridge. */
import { address } from '../kinds/address.ts';
import { bridge, PLAIN_BRIDGE } from '../kinds/bridge.ts';
import type { Origin, Resource } from '../kinds/kind.ts';
import { OURS } from '../kinds/marks.ts';
import { neigh } from '../kinds/neigh.ts';
import { PLAIN_PORT, port } from '../kinds/port.ts';
import { route } from '../kinds/route.ts';
import { rule } from '../kinds/rule.ts';
import { sysctl } from '../kinds/sysctl.ts';
import { parseCidr } from '../model/ip.ts';
import { bridgeMac, egressTable } from '../model/names.ts';
import { checkAddressPool } from './address-pool-check.ts';
import { poolAsks } from './asks.ts';
import { egressPorts, MOST_PORTS, tooMany } from './bridge-ports.ts';
import { nodeOfAddress, routedNetworks, usedAddresses, type WayOut, wayOut } from './egress.ts';
import { carriesRouter } from './mesh.ts';
import type { AddressPoolDef, Compiled, NodeView, ObjectKind, Trouble } from './object.ts';
import { nodesOfPool, poolGateway } from './services.ts';
import { originOf, want } from './want.ts';

export const addressPool: ObjectKind<AddressPoolDef['spec']> = {
  kind: 'AddressPool',
  plural: 'addresspools',
  scope: 'cluster',
  check: checkAddressPool,
  asks: poolAsks,
  compile,
};

function compile(self: AddressPoolDef, view: NodeView): Compiled {
  const way = wayOut(self, view);
  if (way === undefined) return { resources: [], troubles: [] };
  const from = originOf(self);
  const cut = managementTrouble(way, view, from);
  if (cut !== undefined) return { resources: [], troubles: [cut] };
  const resources = [...(way.ours ? egressBridge(way, view, from) : []), ...(self.spec.mode === 'bridged' ? card(way, from) : routing(way, view, from))];
  return {
    resources,
    troubles: [...deviceTroubles(way, view, from), ...dropTroubles(way, view, from), ...roomTroubles(way, view, from), ...detourTroubles(way, view, from)],
  };
}

function egressBridge(way: WayOut, view: NodeView, from: Origin): readonly Resource[] {
  const name = way.bridge;
  const shape = { stp: false, forwardDelay: 0, snooping: false, ...PLAIN_BRIDGE } as const;
  const link = { netns: '', name, mac: bridgeMac(view.node.name, name), mtu: way.mtu, group: OURS.group, up: true, addrgenmode: 'none' } as const;
  return [
    // Pools that leave by one card share its bridge: its alias names what they have in common.
    want(bridge, { ...link, ...shape, alias: `netloom:Node ${view.node.name}` }, from),
    want(sysctl, { netns: '', key: `net/ipv6/conf/${name}/disable_ipv6`, value: '1' }, from),
    want(sysctl, { netns: '', key: `net/ipv4/conf/${name}/send_redirects`, value: '0' }, from),
  ];
}

/** Modes masquerade and routed: the node itself is the pool's router. */
function routing(way: WayOut, view: NodeView, from: Origin): readonly Resource[] {
  const { pool, bridge: link } = way;
  const prefix = parseCidr(pool.spec.cidr)?.prefix ?? 32;
  const forwarding = want(sysctl, { netns: '', key: 'net/ipv4/ip_forward', value: '1' }, from);
  const here: Resource[] = [forwarding, ...ownWay(way, view, from), want(address, { netns: '', link, ip: poolGateway(pool), prefix }, from)];
  for (const { cidr, via } of routedNetworks(pool, view)) here.push(want(route, { netns: '', dst: cidr, table: '254', via, link }, from));
  for (const used of usedAddresses(pool, view)) {
    const at = nodeOfAddress(used, view);
    if (at === view.node.name) here.push(want(neigh, { netns: '', link, ip: used.address, mac: used.mac }, from));
  }
  return nodesOfPool(pool, view.catalog).length > 1 ? [...here, ...elsewhere(way, view, from)] : here;
}

/** True when the node itself goes to the outside by another link than the pool's card. */
function isAside({ device, pool }: WayOut, { facts }: NodeView): boolean {
  return device !== undefined && pool.spec.mode !== 'bridged' && facts.defaultDevice !== undefined && facts.defaultDevice !== device;
}

/** Where rules of egress bridges stand: before the kernel's own (32766). */
const PRIORITY = 1000;

// What comes out of the bridge takes the card's own default route, and for everything nearer the node's routes.
function ownWay(way: WayOut, view: NodeView, from: Origin): readonly Resource[] {
  const { bridge: link, device } = way;
  const gateway = device === undefined ? undefined : view.facts.egress?.[device]?.gateway;
  if (device === undefined || gateway === undefined || !isAside(way, view)) return [];
  const table = egressTable(link);
  return [
    want(rule, { netns: '', priority: PRIORITY, link, suppress: 0, table: '254' }, from),
    want(rule, { netns: '', priority: PRIORITY + 1, link, table }, from),
    want(route, { netns: '', dst: 'default', table, link: device, ...(gateway === '' ? {} : { via: gateway }) }, from),
  ];
}

// Addresses of the pool that other gateway nodes carry: over the underlay, and answered for on the egress bridge.
function elsewhere(way: WayOut, view: NodeView, from: Origin): readonly Resource[] {
  const routes = usedAddresses(way.pool, view).flatMap(used => {
    const at = nodeOfAddress(used, view);
    const via = at === undefined || at === view.node.name ? undefined : view.catalog.nodes.get(at)?.spec.underlay.address;
    return via === undefined || via.includes(':') ? [] : [want(route, { netns: '', dst: `${used.address}/32`, table: '254', via }, from)];
  });
  const underlay = view.facts.underlay?.device;
  return [
    ...routes,
    want(sysctl, { netns: '', key: `net/ipv4/conf/${way.bridge}/proxy_arp`, value: '1' }, from),
    // What the outside sends by another gateway node comes in by the underlay, and the answer leaves by the card: 1 would drop it.
    ...(underlay === undefined ? [] : [want(sysctl, { netns: '', key: `net/ipv4/conf/${underlay}/rp_filter`, value: '2' }, from)]),
  ];
}

/** Mode bridged: the card is a port of the egress bridge. */
function card(way: WayOut, from: Origin): readonly Resource[] {
  if (!way.ours || way.device === undefined) return [];
  const flags = { ...PLAIN_PORT, learning: true, flood: true, suppress: false, locked: false };
  return [want(port, { ...flags, netns: '', link: way.device, bridge: way.bridge }, from)];
}

function managementTrouble(way: WayOut, view: NodeView, from: Origin): Trouble | undefined {
  if (way.pool.spec.mode !== 'bridged' || way.device === undefined) return undefined;
  const addresses = view.facts.egress?.[way.device]?.addresses ?? [];
  const isUnderlay = view.facts.underlay?.device === way.device;
  if (addresses.length === 0 && !isUnderlay) return undefined;
  const why = isUnderlay ? 'it carries the underlay' : `it has the address ${addresses.join(', ')}`;
  const message = `${way.device} of ${view.node.name} is not put into a bridge: ${why}, and the node would be cut off; name a bridge that holds the address already (bridge: NAME)`;
  return { definition: from.definition, reason: 'WouldCutOff', message, fatal: true };
}

function deviceTroubles(way: WayOut, view: NodeView, from: Origin): readonly Trouble[] {
  const name = way.device ?? way.bridge;
  const found = view.facts.egress?.[name];
  if (found?.up === true) return [];
  const [reason, what] =
    found === undefined ? ['EgressDeviceMissing', `${view.node.name} has no device ${name}`] : ['EgressDeviceDown', `${name} of ${view.node.name} is down`];
  return [{ definition: from.definition, reason, message: `${what}: nothing of the pool reaches the outside`, fatal: true }];
}

function detourTroubles(way: WayOut, view: NodeView, from: Origin): readonly Trouble[] {
  const { device = '', pool } = way;
  const { facts, node } = view;
  const found = facts.egress?.[device];
  if (!isAside(way, view) || found === undefined || found.gateway !== undefined) return [];
  const masked = pool.spec.mode === 'masquerade' ? ', without the address of the card' : '';
  const message = `${device} of ${node.name} has no default route of its own: what leaves the pool takes that of ${facts.defaultDevice}${masked}; give ${device} one, of any metric`;
  return [{ definition: from.definition, reason: 'NotByItsDevice', message, fatal: false }];
}

// Definitions refuse what they can tell; where routers may be on several nodes, it shows when they are.
function roomTroubles({ pool, bridge: name }: WayOut, view: NodeView, from: Origin): readonly Trouble[] {
  const { catalog, node } = view;
  if (catalog.networks.size + catalog.floatingIPs.size < MOST_PORTS) return [];
  const here = [...catalog.networks.values()].filter(network => carriesRouter(network, view));
  const { ports = 0 } = egressPorts(here, node, catalog).get(name) ?? {};
  if (ports <= MOST_PORTS) return [];
  const message = `${name} of ${node.name} would get ${tooMany(ports)}: what does not fit has no way out; let another gateway node serve AddressPool ${pool.name} too`;
  return [{ definition: from.definition, reason: 'BridgeFull', message, fatal: false }];
}

// Every chain at the hook must accept: what another one drops, none of ours can let through.
function dropTroubles({ pool, bridge: name }: WayOut, { facts, node }: NodeView, from: Origin): readonly Trouble[] {
  const chains = facts.forwardDrops ?? [];
  if (pool.spec.mode === 'bridged' || chains.length === 0) return [];
  const what = chains.length === 1 ? `the chain ${chains[0]} drops` : `the chains ${chains.join(', ')} drop`;
  const message = `${what} forwarded packets on ${node.name}: the pool reaches the outside only if what comes from ${name} and goes to it is accepted there`;
  return [{ definition: from.definition, reason: 'ForwardDropped', message, fatal: false }];
}

/** Routes of a guest by its interfaces: what DHCP tells, and what netloom itself puts into a guest's namespace. IPv4 only. */
import type { Origin, Resource } from '../kinds/kind.ts';
import { route } from '../kinds/route.ts';
import { nthAddress, parseCidr } from '../model/ip.ts';
import type { GuestRoute } from './dhcp-option.ts';
import { grouped } from './grouped.ts';
import { nodesOf } from './mesh.ts';
import type { Catalog, InterfaceDef, NodeView } from './object.ts';
import { isDefaultRouter } from './services.ts';
import { want } from './want.ts';

const EVERYWHERE = '0.0.0.0/0';

/** The routes by this interface, in the guest's namespace on this node; none in the node's own. */
export function routesInside(self: InterfaceDef, end: { readonly netns: string; readonly name: string }, view: NodeView, from: Origin): readonly Resource[] {
  if (end.netns === '') return [];
  const at = { netns: end.netns, table: '254', link: end.name };
  return routesBy(self, view.catalog, view.node.name).map(({ to, via }) => want(route, { ...at, dst: to === EVERYWHERE ? 'default' : to, via }, from));
}

/**
 * The routes that a guest has by this interface. Where several of its interfaces lead to one destination, the first of them, by
 * order and name, has the route: a namespace takes one only. Of one that moves, each node has a namespace: `node` says which.
 */
export function routesBy(self: InterfaceDef, catalog: Catalog, node: string | undefined = self.spec.node): readonly GuestRoute[] {
  const earlier = (guestsOf(catalog).get(guestOf(self, node)) ?? []).filter(other => before(other.iface, self));
  const taken = new Set(earlier.flatMap(({ iface }) => offeredBy(iface, catalog)).map(({ to }) => to));
  return offeredBy(self, catalog).filter(({ to }) => !taken.has(to));
}

/** Where the network leads: its static routes, and everywhere by its router, unless one of them does. */
function offeredBy({ namespace, spec }: InterfaceDef, catalog: Catalog): readonly GuestRoute[] {
  const network = catalog.networks.get(`${namespace}/${spec.network}`);
  const range = parseCidr(network?.spec.cidr ?? '');
  if (network === undefined || range === null || range.family !== 4 || spec.address === 'none') return [];
  const statics = (network.spec.routes ?? []).flatMap(({ to, via }) => {
    const dst = parseCidr(to);
    return dst?.family === 4 ? [{ to: dst.text, via }] : [];
  });
  if (!isDefaultRouter(network, catalog) || statics.some(({ to }) => to === EVERYWHERE)) return statics;
  return [{ to: EVERYWHERE, via: nthAddress(range, 1) }, ...statics];
}

function before(a: InterfaceDef, b: InterfaceDef): boolean {
  return a.spec.order === b.spec.order ? a.key < b.key : a.spec.order < b.spec.order;
}

/** Interfaces of one guest: of one instance, else of one namespace of a node. An interface of neither is a guest by itself. */
function guestOf({ namespace, key, spec }: InterfaceDef, node: string | undefined): string {
  if (spec.attach.netns !== undefined) return `netns ${node} ${spec.attach.netns.name}`;
  return spec.instance === undefined ? `interface ${key}` : `instance ${namespace}/${spec.instance}`;
}

interface Card {
  readonly guest: string;
  readonly iface: InterfaceDef;
}

// In a namespace a card that moves is beside the cards of both nodes.
function cardsOf(iface: InterfaceDef): readonly Card[] {
  const guests = new Set([iface.spec.node, ...nodesOf(iface)].map(node => guestOf(iface, node)));
  return [...guests].map(guest => ({ guest, iface }));
}

const GUESTS = new WeakMap<Catalog, ReadonlyMap<string, readonly Card[]>>();

function guestsOf(catalog: Catalog): ReadonlyMap<string, readonly Card[]> {
  const known = GUESTS.get(catalog) ?? grouped([...catalog.interfaces.values()].flatMap(cardsOf), card => card.guest);
  GUESTS.set(catalog, known);
  return known;
}

/** Routes of a guest by its interfaces: what DHCP tells, and what netloom itself puts into a guest's namespace. IPv4 only. */
import type { Origin, Resource } from '../kinds/kind.ts';
import { route } from '../kinds/route.ts';
import { nthAddress, parseCidr } from '../model/ip.ts';
import type { GuestRoute } from './dhcp-option.ts';
import { grouped } from './grouped.ts';
import type { Catalog, InterfaceDef } from './object.ts';
import { isDefaultRouter } from './services.ts';
import { want } from './want.ts';

const EVERYWHERE = '0.0.0.0/0';

/** The routes by this interface, in the guest's namespace; none in the node's own. */
export function routesInside(self: InterfaceDef, end: { readonly netns: string; readonly name: string }, catalog: Catalog, from: Origin): readonly Resource[] {
  if (end.netns === '') return [];
  const at = { netns: end.netns, table: '254', link: end.name };
  return routesBy(self, catalog).map(({ to, via }) => want(route, { ...at, dst: to === EVERYWHERE ? 'default' : to, via }, from));
}

/**
 * The routes that a guest has by this interface. Where several of its interfaces lead to one destination, the first of them, by
 * order and name, has the route: a namespace takes one only.
 */
export function routesBy(self: InterfaceDef, catalog: Catalog): readonly GuestRoute[] {
  const earlier = (guestsOf(catalog).get(guestOf(self)) ?? []).filter(other => before(other, self));
  const taken = new Set(earlier.flatMap(other => offeredBy(other, catalog)).map(({ to }) => to));
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
function guestOf({ namespace, key, spec }: InterfaceDef): string {
  if (spec.attach.netns !== undefined) return `netns ${spec.node} ${spec.attach.netns.name}`;
  return spec.instance === undefined ? `interface ${key}` : `instance ${namespace}/${spec.instance}`;
}

const GUESTS = new WeakMap<Catalog, ReadonlyMap<string, readonly InterfaceDef[]>>();

function guestsOf(catalog: Catalog): ReadonlyMap<string, readonly InterfaceDef[]> {
  const known = GUESTS.get(catalog) ?? grouped(catalog.interfaces.values(), guestOf);
  GUESTS.set(catalog, known);
  return known;
}

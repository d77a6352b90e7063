/** Routes that netloom itself puts into a guest's namespace: what DHCP would have told it. */
import type { Origin, Resource } from '../kinds/kind.ts';
import { route } from '../kinds/route.ts';
import { nthAddress, parseCidr } from '../model/ip.ts';
import { grouped } from './grouped.ts';
import type { Catalog, InterfaceDef, NetworkDef } from './object.ts';
import { isDefaultRouter } from './services.ts';
import { want } from './want.ts';

/** The static routes of the network, and the default route where this is the first interface of its namespace that has one. */
export function routesInside(
  self: InterfaceDef,
  network: NetworkDef,
  end: { readonly netns: string; readonly name: string },
  catalog: Catalog,
  from: Origin,
): readonly Resource[] {
  const range = parseCidr(network.spec.cidr ?? '');
  if (end.netns === '' || range === null || range.family !== 4) return [];
  const at = { netns: end.netns, table: '254', link: end.name };
  const statics = (network.spec.routes ?? []).flatMap(({ to, via }) => {
    const dst = parseCidr(to);
    return dst?.family === 4 ? [want(route, { ...at, dst: dst.prefix === 0 ? 'default' : dst.text, via }, from)] : [];
  });
  if (!hasDefaultRoute(self, network, catalog) || statics.some(({ spec }) => spec.dst === 'default')) return statics;
  return [...statics, want(route, { ...at, dst: 'default', via: nthAddress(range, 1) }, from)];
}

/** True for the interface that gives its guest the default route: the first, by order and name, of those whose network has a router. */
export function hasDefaultRoute(self: InterfaceDef, network: NetworkDef, catalog: Catalog): boolean {
  if (!isRouted(self, network, catalog)) return false;
  const others = guestsOf(catalog).get(guestOf(self)) ?? [];
  return !others.some(other => before(other, self) && isRouted(other, catalog.networks.get(`${other.namespace}/${other.spec.network}`), catalog));
}

function isRouted(iface: InterfaceDef, network: NetworkDef | undefined, catalog: Catalog): boolean {
  return network !== undefined && iface.spec.address !== 'none' && isDefaultRouter(network, catalog);
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

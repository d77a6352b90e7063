/** The table of what users write. */
import type { Place } from '../model/place.ts';
import { addressPool } from './address-pool.ts';
import { cluster } from './cluster.ts';
import { floatingIP } from './floating-ip.ts';
import { iface } from './interface.ts';
import { namespace } from './namespace.ts';
import { network } from './network.ts';
import { node } from './node.ts';
import type { Catalog, Definition, KindName, ObjectKind } from './object.ts';
import { routedIP } from './routed-ip.ts';

// biome-ignore lint/suspicious/noExplicitAny: a table of kinds with different specs; each entry is checked where it is written.
type AnyObjectKind = ObjectKind<any>;

/** Every kind of definition, in the order in which people read them. */
export const OBJECTS: readonly AnyObjectKind[] = [cluster, node, addressPool, namespace, network, iface, floatingIP, routedIP];

const BY_KIND = new Map<string, AnyObjectKind>(OBJECTS.map(object => [object.kind, object]));

/** The kind's own entry. */
export function objectKind(kind: KindName): AnyObjectKind {
  const found = BY_KIND.get(kind);
  if (found === undefined) throw new Error(`bug: no object kind ${kind}`);
  return found;
}

/** All definitions of a catalog, kind by kind. */
export function* definitionsOf(catalog: Catalog): Generator<Definition> {
  yield catalog.cluster;
  yield* catalog.nodes.values();
  yield* catalog.pools.values();
  yield* catalog.namespaces.values();
  yield* catalog.networks.values();
  yield* catalog.interfaces.values();
  yield* catalog.floatingIPs.values();
  yield* catalog.routedIPs.values();
}

/** Where each definition of a catalog stands, asked for as origins name it: `Interface default/web`. */
export function placesOf(catalog: Catalog): (definition: string) => Place | undefined {
  let places: ReadonlyMap<string, Place> | undefined;
  return definition => {
    places ??= new Map([...definitionsOf(catalog)].map(({ kind, key, at }) => [`${kind} ${key}`, at]));
    return places.get(definition);
  };
}

/** How many of everything each node and each tenant has: counted once for a view, asked for each of a hundred nodes. */
import { membersOf, nodesOf } from '../objects/mesh.ts';
import type { Catalog } from '../objects/object.ts';
import type { View } from './state.ts';

export interface Census {
  /** Networks that each node carries. */
  readonly networks: ReadonlyMap<string, number>;
  /** Routers that each node carries. */
  readonly routers: ReadonlyMap<string, number>;
  /** Interfaces that are placed on each node. */
  readonly interfaces: ReadonlyMap<string, number>;
}

const COUNTED = new WeakMap<Catalog, { readonly ledger: View['ledger']; readonly census: Census }>();

/** Counts by node; a node that has none is not in it. */
export function censusOf({ catalog, ledger }: Pick<View, 'catalog' | 'ledger'>): Census {
  const known = COUNTED.get(catalog);
  if (known?.ledger === ledger) return known.census;
  const routers = Object.values(ledger.networks).flatMap(entry => (entry.removed === undefined && entry.gateway !== undefined ? [entry.gateway.node] : []));
  const census = {
    networks: counts([...catalog.networks.values()].flatMap(network => membersOf(network, { catalog, ledger }).map(node => node.name))),
    routers: counts(routers),
    interfaces: counts([...catalog.interfaces.values()].flatMap(nodesOf)),
  };
  COUNTED.set(catalog, { ledger, census });
  return census;
}

/** How often each text is there. */
export function counts(texts: Iterable<string>): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const text of texts) found.set(text, (found.get(text) ?? 0) + 1);
  return found;
}

/** What a namespace may have: what its Namespace says, else what the Cluster says for all. Asked by name, since a namespace needs no document. */
import type { AddressPoolDef, Catalog, Definition, Finding, NamespaceDef } from './object.ts';

export type Quotas = NonNullable<NamespaceDef['spec']['quotas']>;

interface Counted {
  readonly field: keyof Quotas;
  /** What people call one, and several. */
  readonly words: readonly [one: string, several: string];
  readonly all: (catalog: Catalog) => ReadonlyMap<string, Definition>;
}

/** Each kind that has a quota. */
export const COUNTED = [
  { field: 'networks', words: ['network', 'networks'], all: catalog => catalog.networks },
  { field: 'interfaces', words: ['interface', 'interfaces'], all: catalog => catalog.interfaces },
  { field: 'floatingIPs', words: ['floating address', 'floating addresses'], all: catalog => catalog.floatingIPs },
  { field: 'routedIPs', words: ['routed address', 'routed addresses'], all: catalog => catalog.routedIPs },
] as const satisfies readonly Counted[];

/** The most definitions of each kind; a field that is not there has no bound. */
export function quotasOf(namespace: string, { cluster, namespaces }: Catalog): Quotas {
  return { ...cluster.spec.namespaceDefaults?.quotas, ...namespaces.get(namespace)?.spec.quotas };
}

/** Names of the pools that a namespace may use, the one first that is used where none is named; undefined: all. */
export function poolNamesOf(namespace: string, { cluster, namespaces }: Catalog): readonly string[] | undefined {
  return namespaces.get(namespace)?.spec.pools ?? cluster.spec.namespaceDefaults?.pools;
}

/** The declared namespaces that may use a pool, sorted; undefined: none is kept from it. */
export function tenantsOfPool(pool: string, catalog: Catalog): readonly string[] | undefined {
  const names = [...catalog.namespaces.keys()].sort();
  const mayUse = names.filter(name => poolNamesOf(name, catalog)?.includes(pool) !== false);
  return mayUse.length === names.length && catalog.cluster.spec.namespaceDefaults?.pools?.includes(pool) !== false ? undefined : mayUse;
}

/** True when there is a pool that the namespace may use. */
export function hasPools(namespace: string, catalog: Catalog): boolean {
  return catalog.pools.size > 0 && poolNamesOf(namespace, catalog)?.length !== 0;
}

/** The pool that a definition names, else the first of its namespace's list, else the Cluster's default, else the only one; undefined where there is none of these. */
export function poolOf({ namespace, spec }: Pick<Definition<{ readonly pool?: string }>, 'namespace' | 'spec'>, catalog: Catalog): AddressPoolDef | undefined {
  const list = poolNamesOf(namespace, catalog);
  const named = spec.pool ?? (list === undefined ? catalog.cluster.spec.defaultPool : list[0]);
  if (named !== undefined) return catalog.pools.get(named);
  return list === undefined && catalog.pools.size === 1 ? [...catalog.pools.values()][0] : undefined;
}

type Place = Pick<Finding, 'on' | 'path'>;

/** Where it is said which pools a namespace may use; for one that may use all, where that would be said. */
export function poolsPlace(namespace: string, catalog: Catalog): Place {
  return saidAt(namespace, catalog, ['pools']);
}

/** Where a quota of a namespace is said, or would be. */
export function quotaPlace(namespace: string, catalog: Catalog, field: keyof Quotas): Place {
  return saidAt(namespace, catalog, ['quotas', field]);
}

function saidAt(namespace: string, { cluster, namespaces }: Catalog, path: readonly string[]): Place {
  const own = namespaces.get(namespace);
  const isOwn = own !== undefined && path.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], own.spec) !== undefined;
  return isOwn ? { on: own, path: ['spec', ...path] } : { on: cluster, path: ['spec', 'namespaceDefaults', ...path] };
}

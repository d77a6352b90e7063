/** Every check of definitions against each other, in one call: what `validate` runs. Without the code that compiles them. */
import { checkAddressPool } from './address-pool-check.ts';
import { checkAnnotations } from './annotation-check.ts';
import { checkCatalog } from './catalog-checks.ts';
import { checkCluster } from './cluster-check.ts';
import { checkFloatingIP } from './floating-ip-check.ts';
import { checkInterface } from './interface-check.ts';
import { checkNamespace } from './namespace-check.ts';
import { checkNetwork } from './network-check.ts';
import { checkNode } from './node-check.ts';
import type { Catalog, Definition, Finding } from './object.ts';
import { checkRoutedIP } from './routed-ip-check.ts';

/** All that is wrong with a catalog, in no order. `before`: the revision that it is held against: what is wrong is the same, but of what is too many the new is blamed. */
export function checkAll(catalog: Catalog, before?: Catalog): readonly Finding[] {
  return [
    ...checkAnnotations(catalog.cluster, catalog),
    ...checkCluster(catalog.cluster, catalog),
    ...each(catalog.nodes, checkNode, catalog),
    ...each(catalog.pools, checkAddressPool, catalog),
    ...each(catalog.namespaces, checkNamespace, catalog),
    ...each(catalog.networks, checkNetwork, catalog),
    ...each(catalog.interfaces, checkInterface, catalog),
    ...each(catalog.floatingIPs, checkFloatingIP, catalog),
    ...each(catalog.routedIPs, checkRoutedIP, catalog),
    ...checkCatalog(catalog, before),
  ];
}

function each<D extends Definition>(
  definitions: ReadonlyMap<string, D>,
  check: (self: D, catalog: Catalog) => readonly Finding[],
  catalog: Catalog,
): Finding[] {
  const found: Finding[] = [];
  for (const definition of definitions.values()) found.push(...checkAnnotations(definition, catalog), ...check(definition, catalog));
  return found;
}

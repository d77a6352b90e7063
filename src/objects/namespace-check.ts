/** What a schema cannot say about a Namespace, and about the tenant that a definition names. */
import { error, warning } from './finding.ts';
import type { Catalog, Definition, Finding, NamespaceDef } from './object.ts';
import { unknownPools } from './references.ts';
import { suggestion } from './suggest.ts';

export function checkNamespace(self: NamespaceDef, catalog: Catalog): readonly Finding[] {
  return [...unknownPools(self, ['spec', 'pools'], self.spec.pools, catalog), ...mainNetwork(self, catalog)];
}

function mainNetwork(self: NamespaceDef, { cluster }: Catalog): readonly Finding[] {
  if (self.spec.mainNetwork !== true || cluster.spec.namespaceDefaults?.mainNetwork !== undefined) return [];
  const hint = `write the spec of a Network here, or spec.namespaceDefaults.mainNetwork in Cluster ${cluster.name}`;
  return [error('contradiction', self, ['spec', 'mainNetwork'], 'mainNetwork: true, but the Cluster has no template of one', { hint })];
}

/** Who declares tenants wants to hear of one that is not; who declares none is left alone. */
export function tenant(self: Definition, catalog: Catalog): readonly Finding[] {
  const { namespaces } = catalog;
  if (self.namespace === 'default' || namespaces.size === 0 || namespaces.has(self.namespace)) return [];
  const near = suggestion(catalog, self.namespace, namespaces.keys());
  const hint = near === null ? `add a Namespace ${self.namespace}` : `did you mean ${near}?`;
  const missing = { kind: 'Namespace', namespace: '', name: self.namespace } as const;
  return [warning('unknown-reference', self, ['metadata', 'namespace'], `there is no Namespace ${self.namespace}`, { hint, missing })];
}

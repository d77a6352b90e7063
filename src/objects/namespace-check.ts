/** What a schema cannot say about a Namespace, and about the tenant that a definition names. */
import { warning } from './finding.ts';
import type { Catalog, Definition, Finding, NamespaceDef } from './object.ts';
import { suggestion } from './suggest.ts';

export function checkNamespace(_self: NamespaceDef, _catalog: Catalog): readonly Finding[] {
  return [];
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

/** Namespace: a tenant. Names of networks and interfaces are unique within it. */
import { checkNamespace } from './namespace-check.ts';
import type { NamespaceDef, ObjectKind } from './object.ts';

export const namespace: ObjectKind<NamespaceDef['spec']> = {
  kind: 'Namespace',
  plural: 'namespaces',
  scope: 'cluster',
  check: checkNamespace,
  asks: () => [],
  compile: () => ({ resources: [], troubles: [] }),
};

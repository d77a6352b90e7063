/** What a schema cannot say about a Namespace: nothing yet. */
import type { Catalog, Finding, NamespaceDef } from './object.ts';

export function checkNamespace(_self: NamespaceDef, _catalog: Catalog): readonly Finding[] {
  return [];
}

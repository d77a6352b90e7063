/** Definitions and ledger, seen from one node: the kernel state that is wanted there. Pure; CI runs the same code as the node. */
import { createHash } from 'node:crypto';
import type { Resource } from '../kinds/kind.ts';
import { definitionsOf, objectKind } from '../objects/index.ts';
import type { Compiled, NodeView, Trouble } from '../objects/object.ts';

/** What this node's kernel must look like, and what cannot be compiled and why. */
export function compile(view: NodeView): Compiled {
  const resources: Resource[] = [];
  const troubles: Trouble[] = [];
  for (const definition of definitionsOf(view.catalog)) {
    const part = objectKind(definition.kind).compile(definition, view);
    resources.push(...part.resources);
    troubles.push(...part.troubles);
  }
  return { resources, troubles };
}

/**
 * Gives the digest of what definitions are here: the hash of their resources, 16 hex digits; '' when they have none. It does
 * not change with the revision, with where a definition stands in its file, or with other definitions.
 */
export function digestOf(compiled: Compiled): (definitions: readonly string[]) => string {
  const parts = new Map<string, string[]>();
  for (const resource of compiled.resources) {
    const part = `${resource.ref} ${JSON.stringify(resource.spec)}`;
    for (const { definition } of resource.from) {
      const known = parts.get(definition);
      if (known === undefined) parts.set(definition, [part]);
      else known.push(part);
    }
  }
  return definitions => {
    const all = [...new Set(definitions.flatMap(definition => parts.get(definition) ?? []))].sort();
    return all.length === 0 ? '' : createHash('sha256').update(all.join('\n')).digest('hex').slice(0, 16);
  };
}

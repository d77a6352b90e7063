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
 * A digest for each definition that has kernel state here: the hash of its resources, 16 hex digits. It does not change
 * with the revision, with where the definition stands in its file, or with other definitions.
 */
export function digests(compiled: Compiled): ReadonlyMap<string, string> {
  const parts = new Map<string, string[]>();
  for (const resource of compiled.resources) {
    for (const { definition } of resource.from) {
      const part = parts.get(definition) ?? [];
      part.push(`${resource.ref} ${JSON.stringify(resource.spec)}`);
      parts.set(definition, part);
    }
  }
  return new Map([...parts].map(([definition, part]) => [definition, createHash('sha256').update(part.sort().join('\n')).digest('hex').slice(0, 16)]));
}

/** What a revision says of guests that are moved while they run, in a sentence each: only people know where such a guest is. */
import { isMigrating, nodesOf } from '../objects/mesh.ts';
import type { Catalog, InterfaceDef } from '../objects/object.ts';
import type { Remark } from '../review/review.ts';

/** Guests that may move from now on, that have moved, and that stay after all. By key. */
export function migrationRemarks(base: Catalog, head: Catalog): readonly Remark[] {
  return [...head.interfaces.values()].flatMap(now => {
    const before = base.interfaces.get(now.key);
    const message = isMigrating(now) ? begun(now, before) : before !== undefined && isMigrating(before) ? ended(now, before) : null;
    return message === null ? [] : [{ reason: 'Migrating', message: `Interface ${now.key} ${message}` }];
  });
}

function begun(now: InterfaceDef, before: InterfaceDef | undefined): string | null {
  const [from, to] = nodesOf(now);
  if (before !== undefined && isMigrating(before) && nodesOf(before).join() === nodesOf(now).join()) return null;
  return `may move from ${from} to ${to}: both have its port, and what is for it goes to both, until node says where it is and migrateTo is left out`;
}

function ended(now: InterfaceDef, before: InterfaceDef): string {
  const left = nodesOf(before).filter(name => name !== now.spec.node);
  if (now.spec.node === undefined) return `moves no more, and has no node: ${left.join(' and ')} take its port away`;
  if (left.length > 1) return `moves to ${now.spec.node}, and its guest was to be on ${left.join(' or ')}: both take its port away`;
  const how = now.spec.node === before.spec.node ? `stays on ${now.spec.node}` : `has moved to ${now.spec.node}`;
  return `${how}: ${left.join(' and ')} takes its port away, also while its guest is there`;
}

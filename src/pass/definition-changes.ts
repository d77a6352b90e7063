/** What differs between the definitions of two revisions. Where they stand in files, and how they are written, makes no difference. */
import { definitionsOf } from '../objects/index.ts';
import type { Catalog, Definition } from '../objects/object.ts';
import { differenceLines } from '../plan/print-changes.ts';
import type { DefinitionChange } from '../review/review.ts';

/** In the order in which people read kinds, removed ones last; nothing for definitions that say the same. */
export function definitionChanges(base: Catalog, head: Catalog): readonly DefinitionChange[] {
  const before = new Map([...definitionsOf(base)].map(definition => [nameOf(definition), definition]));
  const after = new Map([...definitionsOf(head)].map(definition => [nameOf(definition), definition]));
  const found = [...after].flatMap(([name, is]): readonly DefinitionChange[] => {
    const was = before.get(name);
    if (was === undefined) return [{ definition: name, change: 'added', at: is.at, fields: [] }];
    const fields = differenceLines(said(was), said(is));
    return fields.length === 0 ? [] : [{ definition: name, change: 'changed', at: is.at, fields }];
  });
  const removed = [...before].filter(([name]) => !after.has(name));
  return [...found, ...removed.map(([name, { at }]): DefinitionChange => ({ definition: name, change: 'removed', at, fields: [] }))];
}

function nameOf({ kind, key }: Definition): string {
  return `${kind} ${key}`;
}

// Fields of the spec stand by themselves: everybody knows where they belong.
function said({ labels, annotations, spec }: Definition): object {
  return { ...spec, labels, annotations };
}

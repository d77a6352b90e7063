/** What differs between the definitions of two revisions. Where they stand in files, and how they are written, makes no difference. */
import { definitionsOf } from '../objects/index.ts';
import type { Catalog, Definition } from '../objects/object.ts';
import { differenceLines } from '../plan/print-changes.ts';
import type { DefinitionChange } from '../review/review.ts';
import type { Differing } from '../trace/difference.ts';

/** Both sides of each definition that differs, in the order in which people read kinds, removed ones last. */
export function differing(base: Catalog, head: Catalog): readonly Differing[] {
  const before = new Map([...definitionsOf(base)].map(definition => [nameOf(definition), definition]));
  const after = new Map([...definitionsOf(head)].map(definition => [nameOf(definition), definition]));
  const found = [...after].flatMap(([name, is]): readonly Differing[] => {
    const was = before.get(name);
    const fields = was === undefined ? [] : differenceLines(said(was), said(is));
    return was !== undefined && fields.length === 0 ? [] : [{ definition: name, was, is, fields }];
  });
  const removed = [...before].filter(([name]) => !after.has(name));
  return [...found, ...removed.map(([definition, was]): Differing => ({ definition, was, is: undefined, fields: [] }))];
}

/** The same without the definitions themselves. */
export function definitionChanges(base: Catalog, head: Catalog): readonly DefinitionChange[] {
  return differing(base, head).map(({ definition, was, is, fields }): DefinitionChange => {
    if (is === undefined) return { definition, change: 'removed', at: was.at, fields };
    return { definition, change: was === undefined ? 'added' : 'changed', at: is.at, fields };
  });
}

function nameOf({ kind, key }: Definition): string {
  return `${kind} ${key}`;
}

/** What a definition says, wherever and however it is written. Fields of the spec stand by themselves: everybody knows where they belong. */
export function said({ labels, annotations, spec }: Pick<Definition, 'labels' | 'annotations' | 'spec'>): object {
  return { ...spec, labels, annotations };
}

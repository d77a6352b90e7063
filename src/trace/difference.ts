/** What two revisions of the definitions say differently, in the words of networks: for people and for programs. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { harmless } from '../model/text.ts';
import type { Definition } from '../objects/object.ts';
import type { DifferenceLine } from '../plan/print-changes.ts';
import { wordsOn } from './difference-words.ts';

/** A definition that differs, as it was and as it is; added ones were not, removed ones are not. */
export type Differing = {
  /** `Network default/demo`. */
  readonly definition: string;
  /** What differs in it; only of changed ones. */
  readonly fields: readonly DifferenceLine[];
} & ({ readonly was: Definition | undefined; readonly is: Definition } | { readonly was: Definition; readonly is: undefined });

/** A revision as somebody named it; `commit` is '' for a work tree. */
export interface RevisionPoint {
  readonly name: string;
  readonly commit: string;
}

export interface Difference {
  readonly base: RevisionPoint;
  readonly head: RevisionPoint;
  readonly items: readonly Differing[];
  /** What is wrong with one of the two: then nothing was compared. */
  readonly diagnostics: readonly Diagnostic[];
  /** Which of the two. */
  readonly invalid: RevisionPoint | null;
}

/** Namespace by namespace, what belongs to the cluster first; a line for each thing that changed, and a line of counts. */
export function printDifference({ base, head, items }: Difference): string {
  const first = `Comparing ${pointText(base)} with ${pointText(head)}`;
  if (items.length === 0) return `${first}\n\nNo definition differs.\n`;
  const spaces = [...new Set(items.map(namespaceOf))].sort();
  const parts = spaces.map(space => {
    const lines = items.filter(item => namespaceOf(item) === space).flatMap(linesOf);
    return [space === '' ? 'The cluster' : `Namespace ${space}`, ...lines.map(line => `  ${harmless(line)}`)].join('\n');
  });
  return `${[first, ...parts, counts(items)].join('\n\n')}\n`;
}

/** schemas/output/diff.json. */
export function differenceJson({ base, head, items }: Difference): object {
  return {
    apiVersion: 'netloom.dev/v1',
    kind: 'DefinitionDiff',
    base,
    head,
    items: items.map(item => {
      const { kind, namespace, name, at } = item.is ?? item.was;
      return {
        definition: item.definition,
        kind,
        namespace,
        name,
        change: changeOf(item),
        file: at.file,
        line: at.line,
        says: linesOf(item),
        fields: item.fields,
      };
    }),
  };
}

/** Each line names what it is about, so that any one of them can be passed on. */
export function linesOf(item: Differing): readonly string[] {
  return wordsOn(item).map(({ text, isVerb }) => `${item.definition}${isVerb ? '' : ':'} ${text}`);
}

function changeOf({ was, is }: Differing): 'added' | 'changed' | 'removed' {
  if (is === undefined) return 'removed';
  return was === undefined ? 'added' : 'changed';
}

function namespaceOf({ was, is }: Differing): string {
  return (is ?? was)?.namespace ?? '';
}

function counts(items: readonly Differing[]): string {
  const of = (change: ReturnType<typeof changeOf>): number => items.filter(item => changeOf(item) === change).length;
  return `Definitions: ${of('added')} added, ${of('changed')} changed, ${of('removed')} removed.`;
}

function pointText({ name, commit }: RevisionPoint): string {
  if (commit === '') return `the ${name}`;
  return commit.startsWith(name) && name.length >= 10 ? commit.slice(0, 10) : `${harmless(name)} at ${commit.slice(0, 10)}`;
}

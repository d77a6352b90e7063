/** Nodes that get the same are told once: those with the very same text, and many with texts of the same shape. */
import type { Step } from '../kinds/step.ts';
import { harmless } from '../model/text.ts';
import { differs } from '../plan/drafts.ts';
import { byName } from './telling.ts';

/** What there is to tell about one node. */
export interface Part {
  readonly node: string;
  readonly text: string;
  /** Equal for nodes that differ in addresses, MACs and numbers of guests only. */
  readonly shape: string;
}

export interface Fold {
  /** Sorted; the text is of the first one. */
  readonly nodes: readonly string[];
  readonly text: string;
  /** False: the others differ from the first one in addresses, MACs and numbers. */
  readonly isSame: boolean;
}

/** As many nodes of one shape are told by an example; fewer one by one. */
const MANY = 4;

/** In the order of their first nodes. */
export function fold(parts: readonly Part[]): readonly Fold[] {
  const sorted = [...parts].sort((a, b) => byName(a.node, b.node));
  const byShape = grouped(sorted, ({ shape }) => shape);
  const folds = [...byShape.values()].flatMap(alike => {
    const byText = [...grouped(alike, ({ text }) => text).values()];
    if (byText.length > 1 && alike.length >= MANY) return [foldOf(alike, false)];
    return byText.map(same => foldOf(same, true));
  });
  return folds.sort((a, b) => byName(a.nodes[0] ?? '', b.nodes[0] ?? ''));
}

/** Steps by what is done to which sort of thing, for a network or a sort of definition: without names, values and numbers. */
export function shapeOf(steps: readonly Step[], networkOf: (definition: string) => string | undefined): string {
  const lines = steps.map(step => {
    const definition = step.from[0]?.definition ?? '';
    const owner = networkOf(definition) ?? definition.split(' ')[0];
    const fields = step.verb === 'update' || step.replacing ? step.changes.filter(differs).map(({ field }) => field) : [];
    return `${step.verb} ${step.replacing} ${step.title} ${owner} ${fields.join(',')}`;
  });
  return [...new Set(lines)].sort().join('\n');
}

/** `n1, n2, n3 and 37 more`. */
export function nodeNames(nodes: readonly string[], most = 4): string {
  const names = nodes.map(harmless);
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most - 1).join(', ')} and ${nodes.length - most + 1} more`;
}

function foldOf(parts: readonly Part[], isSame: boolean): Fold {
  return { nodes: parts.map(({ node }) => node), text: parts[0]?.text ?? '', isSame };
}

function grouped(parts: readonly Part[], keyOf: (part: Part) => string): ReadonlyMap<string, readonly Part[]> {
  const groups = new Map<string, Part[]>();
  for (const part of parts) groups.set(keyOf(part), [...(groups.get(keyOf(part)) ?? []), part]);
  return groups;
}

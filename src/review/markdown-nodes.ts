/** The plans of a comment, folded: a section for nodes that get the same, as much of each as there is room for. */
import { harmless } from '../model/text.ts';
import type { Plan } from '../plan/plan.ts';
import { printText } from '../plan/print-text.ts';
import { type Fold, fold, shapeOf } from './fold.ts';
import { code, diffLine, fence, sizeOf } from './markdown-words.ts';
import type { NodeReview, Review } from './review.ts';
import { count, someOf } from './sentences.ts';
import { plansOf, sumOf } from './telling.ts';

/** Room for the line that says what was left out. */
const ROOM = 90;

/** Sections that fit into `most` bytes together; each that is there is whole in its form, however much of its text is left out. */
export function nodeSections(review: Review, most: number): readonly string[] {
  const busy = review.nodes.filter(node => plansOf(node).some(({ steps, held }) => steps.length + held.length > 0));
  const parts = busy.map(node => ({
    node: node.node,
    text: textOf(node, review),
    shape: shapeOf(
      plansOf(node).flatMap(plan => plan.steps),
      review.networkOf,
    ),
  }));
  const folds = fold(parts);
  const counted = new Map(busy.map(node => [node.node, node]));
  const heads = folds.map(one => summaryLine(one, counted));
  // With the empty line before each.
  const bare = heads.map(line => sizeOf(section(line, [])) + 2 + ROOM);
  let left = most - ROOM - bare.reduce((sum, size) => sum + size, 0);
  // Not even the headings fit: then the first ones, and how many more there are.
  let shown = folds.length;
  while (left < 0 && shown > 0) {
    shown -= 1;
    left += bare[shown] ?? 0;
  }
  const sections = heads.slice(0, shown).map((line, index) => {
    const whole = (folds[index]?.text ?? '').trimEnd().split('\n').map(diffLine);
    const lines = within(whole, ROOM + Math.floor(left / (shown - index)));
    left += ROOM - lines.reduce((sum, text) => sum + sizeOf(text) + 1, 0);
    return section(line, lines);
  });
  return shown === folds.length ? sections : [...sections, `And ${count(folds.length - shown, 'more section')}, for which there is no room here.`];
}

function section(line: string, lines: readonly string[]): string {
  return `<details><summary>${line}</summary>\n\n${fence(lines, 'diff')}\n\n</details>`;
}

function textOf({ plan, later, live }: NodeReview, { placeOf }: Review): string {
  const own = live === null || live.agrees || live.lines.length === 0 ? '' : `\nAgainst its live kernel:\n\n${live.lines.map(harmless).join('\n')}\n`;
  return `${planText(plan, later, placeOf)}${own}`;
}

function planText(plan: Plan, later: Plan | null, placeOf: Review['placeOf']): string {
  const now = printText(plan, { placeOf });
  return later === null ? now : `${now}\nLater, when routers have moved:\n\n${printText(later, { placeOf })}`;
}

function summaryLine({ nodes, isSame }: Fold, counted: ReadonlyMap<string, NodeReview>): string {
  const totals = nodes.map(name => sumOf(plansOf(counted.get(name) as NodeReview)));
  const range = (values: readonly number[]): string => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return least === most ? `${least}` : `${least} to ${most}`;
  };
  const [add, change, destroy] = (['add', 'change', 'destroy'] as const).map(key => range(totals.map(total => total[key])));
  const names = someOf(nodes.map(htmlCode), 4);
  const alike = nodes.length === 1 ? '' : isSame ? ', the same on each' : `, alike on each: ${htmlCode(nodes[0] ?? '')} is shown`;
  return `${names}: ${add} to add, ${change} to change, ${destroy} to destroy${alike}`;
}

// Markdown is not read within a summary.
function htmlCode(text: string): string {
  const inside = code(text).slice(1, -1);
  return `<code>${inside.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</code>`;
}

// Whole lines, as many as fit; the last one then says how many do not.
function within(lines: readonly string[], most: number): readonly string[] {
  let used = 0;
  const kept: string[] = [];
  for (const line of lines) {
    used += sizeOf(line) + 1;
    const isLast = kept.length === lines.length - 1;
    if (used > most - (isLast ? 0 : ROOM)) return [...kept, `… ${count(lines.length - kept.length, 'more line')}: netloom plan --all-nodes prints them`];
    kept.push(line);
  }
  return kept;
}

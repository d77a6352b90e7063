/** A plan as lines for a shell: what an operator could paste instead of running apply. */
import { renderOp } from '../kinds/render.ts';
import { harmless } from '../model/text.ts';
import type { Plan } from './plan.ts';
import { heldReason } from './print-held.ts';
import { labelOf } from './summary.ts';

/** One line for each op in the order of execution, under a comment that names the definition. Held things are comments. */
export function printCommands(plan: Plan): string {
  const lines: string[] = [];
  let last: string | undefined;
  for (const step of plan.steps) {
    const definition = step.from[0]?.definition ?? 'no longer defined';
    if (definition !== last) lines.push(`# ${harmless(definition)}`);
    last = definition;
    lines.push(...step.ops.map(renderOp));
  }
  for (const held of plan.held) lines.push(`# held: ${harmless(`${held.title} ${labelOf(held.ref)}`)}: ${heldReason(held)}`);
  if (lines.length === 0) return '# nothing to do\n';
  return `${lines.join('\n')}\n`;
}

/** A plan as the single lines that reach the kernel, so that a pass can be cut after each of them. */
import { OURS } from '../../../src/kinds/marks.ts';
import { lane, type Op } from '../../../src/kinds/op.ts';
import type { Plan } from '../../../src/plan/plan.ts';

/**
 * Acts in the order of execution. Links that are deleted one after the other are doomed first, as the host does it; deleted
 * singly then, so that every mixture of gone and doomed ones is met.
 */
export function linesOf(plan: Plan): readonly Op[] {
  const ops = plan.steps.flatMap(step => step.ops);
  const lines: Op[] = [];
  for (let at = 0; at < ops.length; ) {
    const end = endOfDeletes(ops, at);
    for (const op of ops.slice(at, end - at > 1 ? end : at)) {
      if (op.op === 'link-del') lines.push({ op: 'link-set', netns: op.netns, name: op.name, set: { group: OURS.doomed } });
    }
    const next = Math.max(end, at + 1);
    lines.push(...ops.slice(at, next));
    at = next;
  }
  return lines;
}

function endOfDeletes(ops: readonly Op[], start: number): number {
  let end = start;
  while (ops[end]?.op === 'link-del' && lane(ops[end] as Op) === lane(ops[start] as Op)) end++;
  return end;
}

/** At most `count` of the numbers 0 to `length`, spread evenly, the first and the last among them. */
export function spread(length: number, count: number): readonly number[] {
  if (count > length) return Array.from({ length: length + 1 }, (_, at) => at);
  return Array.from({ length: count }, (_, nth) => Math.round((nth * length) / (count - 1)));
}

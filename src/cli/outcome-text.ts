/** What became of a plan, in sentences. */
import type { Outcome } from '../kinds/step.ts';
import type { Enforced } from '../pass/enforce.ts';
import { heldReason } from '../plan/print-held.ts';

/** One line a failure, one line a difference that is left, and a line that sums up. */
export function outcomeText({ outcomes, remaining, compiled, rounds }: Enforced): string {
  const failed = outcomes.filter(outcome => outcome.status === 'failed');
  const skipped = outcomes.filter(outcome => outcome.status === 'skipped').length;
  const lines = [
    ...failed.map(outcome => `failed: ${outcome.step.verb} ${outcome.step.title} ${outcome.step.ref}: ${outcome.error ?? 'no reason given'}`),
    ...(skipped > 0 ? [`${skipped} skipped, because they need what failed`] : []),
    ...remaining.steps.flatMap(step =>
      step.changes.map(change => `differs: ${step.ref} ${change.field}: want ${shown(change.want)}, have ${shown(change.have)}`),
    ),
    ...remaining.held.map(held => `held: ${held.ref}: ${heldReason(held)}`),
    ...compiled.troubles.map(trouble => `${trouble.definition}: ${trouble.reason}: ${trouble.message}`),
  ];
  const done = outcomes.filter(isDone).length;
  const again = rounds > 1 ? ` in ${rounds} rounds` : '';
  const sum = remaining.steps.length === 0 ? 'the kernel is as wanted' : `${remaining.steps.length} things still differ`;
  return [...lines, `${done} done${again}; ${sum}.`].join('\n');
}

function isDone(outcome: Outcome): boolean {
  return outcome.status === 'done';
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** What a node in mode observe publishes: the plan that it would apply. */
import { placesOf } from '../objects/index.ts';
import type { Catalog } from '../objects/object.ts';
import type { Plan } from '../plan/plan.ts';
import { printText } from '../plan/print-text.ts';

const MOST_LINES = 500;

/** The plan's text in lines, cut where it gets too long for a file that people read. */
export function observedPlan(plan: Plan, catalog: Catalog): readonly string[] {
  if (plan.steps.length === 0 && plan.held.length === 0) return [];
  const lines = printText(plan, { placeOf: placesOf(catalog) })
    .trimEnd()
    .split('\n');
  return lines.length > MOST_LINES
    ? [...lines.slice(0, MOST_LINES), `… and ${lines.length - MOST_LINES} more lines: netloom plan on the node prints them`]
    : lines;
}

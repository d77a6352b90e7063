/** What nodes themselves planned for a branch against their live kernels, beside what was planned for them without any. */
import type { Plan } from '../plan/plan.ts';
import { summaryOf } from '../plan/summary.ts';
import { toJson } from '../plan/to-json.ts';
import { type LivePlan, parseLivePlan } from '../report/live-plan.ts';
import type { LiveWord } from '../review/review.ts';

/**
 * The live plans among the texts of the status branch that are for one of these commits and on top of what is in force; by node. One
 * that would also take back what came after the branch was made says nothing about merging.
 */
export function livePlansIn(texts: ReadonlyMap<string, string>, commits: readonly string[]): ReadonlyMap<string, LivePlan> {
  const found = [...texts].flatMap(([path, text]) => {
    const live = path.startsWith('plans/') ? parseLivePlan(path, text) : null;
    return live !== null && commits.includes(live.commit) && live.contains_base !== false ? [live] : [];
  });
  return new Map(found.sort((a, b) => (a.made < b.made ? -1 : 1)).map(live => [live.node, live]));
}

/** Whether a node's live plan is the one that was made without its kernel. */
export function liveWord(live: LivePlan | undefined, plan: Plan, now: Date): LiveWord | null {
  if (live === undefined) return null;
  const ageSeconds = Math.max(0, Math.floor((now.getTime() - Date.parse(live.made)) / 1000));
  if (live.refusal !== null) return { ageSeconds, agrees: false, says: `it would refuse this: ${live.refusal.reason}: ${live.refusal.message}`, lines: [] };
  const { add, change, destroy } = live.summary ?? {};
  return { ageSeconds, agrees: sameSteps(live, plan), says: `${add} to add, ${change} to change, ${destroy} to destroy`, lines: live.text };
}

// Where the steps are not in the file, their numbers must do.
function sameSteps({ plan: live, summary }: LivePlan, plan: Plan): boolean {
  if (live !== null) return JSON.stringify(stepsOf(live['steps'])) === JSON.stringify(stepsOf((toJson(plan) as Readonly<Record<string, unknown>>)['steps']));
  const mine = summaryOf(plan);
  return (['add', 'change', 'destroy', 'held'] as const).every(field => summary?.[field] === mine[field]);
}

function stepsOf(steps: unknown): readonly string[] {
  const all = Array.isArray(steps) ? (steps as readonly { readonly actions?: unknown; readonly ref?: unknown }[]) : [];
  return all.map(step => `${JSON.stringify(step?.actions)} ${String(step?.ref)}`).sort();
}

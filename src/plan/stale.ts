/** Whether a saved plan can still be carried out: exactly its steps, from exactly what it was made of; else what moved, was and is. */
import type { Ref } from '../kinds/kind.ts';
import type { Step } from '../kinds/step.ts';
import type { Plan } from './plan.ts';
import { fieldsOf, type Made, type PlanSource, type SavedPlan, type SavedStep, savedStep } from './saved-plan.ts';

/** `moved` is not empty; a line each: which, was, is. */
export interface Stale {
  readonly moved: readonly string[];
}

/** What moved in the source: nothing when it is the same revision. */
export function sourceMoved(saved: PlanSource, now: PlanSource): readonly string[] {
  if (saved.revision === now.revision) return [];
  const paths = [...new Set([...Object.keys(saved.files), ...Object.keys(now.files)])].sort().filter(path => saved.files[path] !== now.files[path]);
  const files = paths.map(path => `  ${path}: ${fileWord(saved.files[path], now.files[path])}`);
  const name = saved.local === null ? 'commit' : `definitions in ${saved.local}`;
  return [`${name}: was ${brief(saved.revision)}, is ${brief(now.revision)}`, ...files];
}

function fileWord(was: string | undefined, is: string | undefined): string {
  if (was === undefined) return 'new';
  return is === undefined ? 'removed' : 'changed';
}

function brief(revision: string): string {
  return revision === '' ? 'none' : revision.slice(0, 10);
}

/**
 * The saved steps among those that would be made now, for one round; what else would be done is left out.
 *
 * @param now     planned now, of the same revision
 * @param ledger  allocations now, by definition
 */
export function chooseSteps(saved: SavedPlan, now: Made, ledger: SavedPlan['ledger'], netloom: string): Plan | Stale {
  const kernel = kernelMoved(saved.kernel, now);
  const chosen = saved.steps.map(step => now.plan.steps.findIndex(other => isSame(step, savedStep(other, now.plan))));
  const others = saved.steps.filter((_, at) => chosen[at] === -1);
  const isNeedy = chosen.some(at => now.plan.steps[at]?.needs.some(need => !chosen.includes(need)));
  const doubled = now.plan.steps.filter((step, at) => !chosen.includes(at) && saved.steps.some(({ ref }) => ref === step.ref));
  if (kernel.length === 0 && others.length === 0 && !isNeedy && doubled.length === 0) return subset(now.plan, chosen);
  const definitions = new Set(
    [...others, ...doubled].flatMap(({ ref }) => now.plan.steps.find(step => step.ref === ref)?.from.map(from => from.definition) ?? []),
  );
  const moved = [...kernel, ...ledgerMoved(saved.ledger, ledger, definitions)];
  const words = others.map(step => `  ${step.verb} ${step.ref}: planned, and is not what would be done now`);
  const version = saved.netloom === netloom ? [] : [`netloom: was ${saved.netloom}, is ${netloom}`];
  const needs = isNeedy || doubled.length > 0 ? ['more is to be done with what was planned than was planned'] : [];
  return { moved: [...moved, ...version, ...(others.length > 0 ? ['steps:', ...words] : needs)] };
}

function isSame(a: SavedStep, b: SavedStep): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function kernelMoved(was: SavedPlan['kernel'], { observed }: Made): readonly string[] {
  const have = new Map(observed.map(one => [one.ref, one]));
  return Object.entries(was).flatMap(([ref, before]) => fieldsMoved(ref as Ref, before, fieldsOf(have.get(ref as Ref))));
}

type Fields = Readonly<Record<string, string>> | null;

function fieldsMoved(ref: Ref, was: Fields, is: Fields): readonly string[] {
  if (was === null && is === null) return [];
  if (was === null) return [`${ref}: was not there, is now`];
  if (is === null) return [`${ref}: was there, is gone`];
  const fields = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(field => was[field] !== is[field]);
  return fields.map(field => `${ref} ${field}: was ${was[field] ?? 'none'}, is ${is[field] ?? 'none'}`);
}

const MOST = 20;

// All that is allocated otherwise; what has to do with the steps first.
function ledgerMoved(was: SavedPlan['ledger'], is: SavedPlan['ledger'], about: ReadonlySet<string>): readonly string[] {
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(name => was[name] !== is[name]);
  const sorted = names.sort((a, b) => Number(about.has(b)) - Number(about.has(a)) || (a < b ? -1 : 1));
  return sorted.slice(0, MOST).map(name => `allocation of ${name}: was ${was[name] ?? 'none'}, is ${is[name] ?? 'none'}`);
}

function subset(plan: Plan, chosen: readonly number[]): Plan {
  const order = chosen.toSorted((a, b) => a - b);
  const position = new Map(order.map((at, index) => [at, index]));
  const steps = order.map((at): Step => {
    const step = plan.steps[at] as Step;
    return { ...step, needs: step.needs.flatMap(need => position.get(need) ?? []) };
  });
  const refs = new Set(steps.map(({ ref }) => ref));
  return { ...plan, steps, swept: plan.swept.filter(({ by }) => refs.has(by)), bystanders: plan.bystanders.filter(({ by }) => refs.has(by)) };
}

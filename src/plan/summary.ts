/** A plan in numbers, and in the groups that people read it in. */
import { worst } from '../kinds/impact.ts';
import type { Impact, Origin } from '../kinds/kind.ts';
import type { Step } from '../kinds/step.ts';
import type { Plan } from './plan.ts';
import { add, compare } from './world.ts';

/** How many things a plan takes over, adds, changes, destroys and holds back. */
export interface Summary {
  /** Taken over from somebody else. */
  readonly adopt: number;
  readonly add: number;
  readonly change: number;
  readonly destroy: number;
  readonly held: number;
  /** How packets meet it: the worst of its steps. */
  readonly impact: Impact;
}

/** Counts things, not ops: a replacement is one added and one destroyed, whether it has a deletion of its own or goes along. */
export function summaryOf(plan: Plan): Summary {
  const count = (verb: Step['verb']) => plan.steps.filter(step => step.verb === verb).length;
  const deleted = new Set(plan.steps.filter(step => step.verb === 'delete').map(step => step.ref));
  const takenAlong = plan.steps.filter(step => step.verb === 'make' && step.replacing && !deleted.has(step.ref)).length;
  return {
    adopt: count('adopt'),
    add: count('make'),
    change: count('update'),
    destroy: deleted.size + plan.swept.length + takenAlong,
    held: plan.held.length,
    impact: impactOf(plan.steps),
  };
}

/** How packets meet some steps: the worst of them. */
export function impactOf(steps: readonly Pick<Step, 'impact'>[]): Impact {
  return worst(steps.map(step => step.impact));
}

/** An impact in the words of plans. */
export const IMPACT_WORDS: Readonly<Record<Impact, string>> = {
  'no-traffic': 'no traffic affected',
  'new-flows': 'new connections only',
  'existing-flows': 'existing connections cut',
};

/** What a plan does for one definition. */
export interface Group<T> {
  /** Undefined: for things that no definition wants any more. */
  readonly origin: Origin | undefined;
  readonly members: readonly T[];
}

/** Groups by the first definition, sorted by its name; what has none comes last. Within a group the order stays. */
export function groupsOf<T extends { readonly from: readonly Origin[] }>(members: readonly T[]): readonly Group<T>[] {
  const groups = new Map<string, T[]>();
  for (const member of members) add(groups, member.from[0]?.definition ?? '', member);
  const named = [...groups].map(([name, found]) => ({ name, origin: originOf(found), members: found }));
  return named.sort((a, b) => Number(a.origin === undefined) - Number(b.origin === undefined) || compare(a.name, b.name));
}

// One that stands in a file before one that is only remembered: part of a definition may go while it stays.
function originOf(members: readonly { readonly from: readonly Origin[] }[]): Origin | undefined {
  const defined = members.find(({ from }) => from[0] !== undefined && from[0].at.file !== '');
  return (defined ?? members.find(({ from }) => from.length > 0))?.from[0];
}

/** The name that people know a thing by: its ref without the room of refs, and without the node's own namespace. A file's is its path. */
export function labelOf(ref: string): string {
  const start = ref.indexOf(':') + 1;
  return ref.slice(ref.startsWith('/', start) && !ref.startsWith('file:') ? start + 1 : start);
}

/** A review in the terms in which people ask: what changes, who loses traffic and how, where. One line for a network and all that is in it. */
import { IMPACTS, worst } from '../kinds/impact.ts';
import type { Impact } from '../kinds/kind.ts';
import type { Step } from '../kinds/step.ts';
import type { Plan } from '../plan/plan.ts';
import { type Summary, summaryOf } from '../plan/summary.ts';
import type { DefinitionChange, NodeReview, Review } from './review.ts';

/** A network with its interfaces and addresses, or any other definition by itself. */
export interface Family {
  /** `Network default/demo`, `Node n1`; '' for what nobody defines any more. */
  readonly name: string;
  /** Definitions of it that the two revisions have otherwise. */
  readonly changes: readonly DefinitionChange[];
  readonly impact: Impact;
  /** Whose packets feel that impact; the family itself where it is all of them. */
  readonly hit: readonly string[];
  /** Nodes that do something for it, now or later. */
  readonly nodes: readonly string[];
}

export interface Telling {
  /** The gravest first. */
  readonly families: readonly Family[];
  /** Of all nodes, with what they do later. */
  readonly total: Summary;
  /** Nodes that do something. */
  readonly busy: readonly string[];
}

/** All plans of a node. */
export function plansOf({ plan, later }: NodeReview): readonly Plan[] {
  return later === null ? [plan] : [plan, later];
}

/** Sums a review up. */
export function tellingOf(review: Review): Telling {
  const drafts = new Map<string, Draft>();
  const familyOf = (definition: string): Draft => {
    const name = review.networkOf(definition) ?? definition;
    const known = drafts.get(name) ?? { name, changes: [], hit: new Map(), nodes: new Set() };
    drafts.set(name, known);
    return known;
  };
  for (const change of review.changes) familyOf(change.definition).changes.push(change);
  const spares = sparesIn(review);
  for (const node of review.nodes) {
    for (const step of plansOf(node).flatMap(({ steps }) => steps)) addStep(review, familyOf, spares, node.node, step);
  }
  const busy = review.nodes.filter(node => plansOf(node).some(({ steps }) => steps.length > 0));
  return {
    families: [...drafts.values()].filter(isTold).map(family).sort(gravestFirst),
    total: sumOf(review.nodes.flatMap(plansOf)),
    busy: busy.map(({ node }) => node),
  };
}

interface Draft {
  readonly name: string;
  readonly changes: DefinitionChange[];
  /** The gravest impact on each. */
  readonly hit: Map<string, Impact>;
  readonly nodes: Set<string>;
}

function addStep(review: Review, familyOf: (definition: string) => Draft, spares: Spares, node: string, step: Step): void {
  const impact = step.impact;
  const definition = step.from[0]?.definition ?? '';
  for (const subject of review.subjectsOf(step)) {
    const own = familyOf(isPeer(subject, definition) ? definition : subject);
    own.nodes.add(node);
    if (isPeer(subject, definition) || spares(subject, impact)) continue;
    own.hit.set(subject, worst([impact, own.hit.get(subject) ?? 'no-traffic']));
  }
}

function isTold({ changes, nodes }: Draft): boolean {
  return changes.length > 0 || nodes.size > 0;
}

function family({ name, changes, hit, nodes }: Draft): Family {
  const impact = worst(hit.values());
  const most = [...hit].filter(([, one]) => one === impact).map(([subject]) => subject);
  const removed = changes.some(({ definition, change }) => definition === name && change === 'removed');
  return { name, changes, impact, hit: removed || most.includes(name) ? [name] : most.sort(), nodes: [...nodes].sort(byName) };
}

function gravestFirst(a: Family, b: Family): number {
  return IMPACTS.indexOf(b.impact) - IMPACTS.indexOf(a.impact) || Number(b.changes.length > 0) - Number(a.changes.length > 0) || byName(a.name, b.name);
}

/** n2 before n10. */
export function byName(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Plans in numbers, all together. */
export function sumOf(plans: readonly Plan[]): Summary {
  const all = plans.map(summaryOf);
  const sum = (field: 'adopt' | 'add' | 'change' | 'destroy' | 'held') => all.reduce((total, one) => total + one[field], 0);
  const adopt = sum('adopt');
  return { adopt, add: sum('add'), change: sum('change'), destroy: sum('destroy'), held: sum('held'), impact: worst(all.map(({ impact }) => impact)) };
}

/** The gravest impact of the steps of each definition, on whatever is there already and stays. */
export function impactByDefinition(review: Review): ReadonlyMap<string, Impact> {
  const spares = sparesIn(review);
  const found = new Map<string, Impact>();
  for (const step of review.nodes.flatMap(plansOf).flatMap(({ steps }) => steps)) {
    const definition = step.from[0]?.definition ?? '';
    const impact = step.impact;
    const felt = review.subjectsOf(step).every(subject => isPeer(subject, definition) || spares(subject, impact)) ? 'no-traffic' : impact;
    found.set(definition, worst([felt, found.get(definition) ?? 'no-traffic']));
  }
  return found;
}

// What a network sends to another node goes when no guest of it is there any more; what becomes of the guests is told of them.
function isPeer(subject: string, definition: string): boolean {
  return subject.startsWith('Node ') && !definition.startsWith('Node ');
}

/** True when nobody feels an impact. */
type Spares = (subject: string, impact: Impact) => boolean;

// What is not there yet has no packets to lose, and what goes no connections to be made.
function sparesIn({ changes, networkOf }: Review): Spares {
  const those = (wanted: 'added' | 'removed') => new Set(changes.filter(({ change }) => change === wanted).map(({ definition }) => definition));
  const [added, removed] = [those('added'), those('removed')];
  const isIn = (set: ReadonlySet<string>, subject: string) => set.has(subject) || set.has(networkOf(subject) ?? '');
  return (subject, impact) => impact === 'no-traffic' || isIn(added, subject) || (impact === 'new-flows' && isIn(removed, subject));
}

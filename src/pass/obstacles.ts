/** How each network and interface is on one node, from what was wanted, what was done and what is left. */
import type { Resource } from '../kinds/kind.ts';
import type { Outcome, Step } from '../kinds/step.ts';
import type { ObjectReport } from '../report/node-report.ts';

/** Something that keeps a definition from being as wanted here. */
export interface Obstacle {
  /** `Network default/demo`. */
  readonly definition: string;
  /** waiting: for something that is not netloom's, or for an allocation; not an error. */
  readonly state: 'waiting' | 'degraded' | 'error';
  readonly reason: string;
  readonly message: string;
}

/** What a plan holds back, in the words that this room needs. */
export interface HeldThing {
  readonly why: 'conflict' | 'waiting' | 'depends' | 'in-use';
  readonly ref: string;
  readonly on: string;
  readonly definitions: readonly string[];
}

export interface Leftovers {
  readonly outcomes: readonly Outcome[];
  /** Steps that a plan made after the pass still has. */
  readonly remaining: readonly Step[];
  readonly held: readonly HeldThing[];
  readonly troubles: readonly { readonly definition: string; readonly reason: string; readonly message: string; readonly fatal: boolean }[];
  /** True: nothing was to be applied. */
  readonly observing: boolean;
}

const HELD = {
  conflict: {
    state: 'error',
    reason: 'Conflict',
    say: (ref: string, on: string) => `${ref} is taken by something that is not netloom's (${on}); it is left alone`,
  },
  waiting: { state: 'waiting', reason: 'Waiting', say: (ref: string, on: string) => `${ref} waits for ${on}` },
  'in-use': { state: 'error', reason: 'ForeignPort', say: (ref: string, on: string) => `${ref} stays while ${on} is in it` },
} as const;

/** Everything that is in the way, worst first for each definition. */
export function obstaclesOf(left: Leftovers): readonly Obstacle[] {
  const found: Obstacle[] = left.troubles.map(trouble => ({ ...trouble, state: stateOfTrouble(trouble) }));
  for (const { why, ref, on, definitions } of left.held) {
    if (why === 'depends') continue; // what it depends on is there too
    const { state, reason, say } = HELD[why];
    for (const definition of definitions) found.push({ definition, state, reason, message: say(short(ref), short(on)) });
  }
  const errors = new Map(left.outcomes.filter(one => one.status === 'failed').map(one => [one.step.ref, one.error ?? 'failed']));
  for (const step of left.remaining) {
    const error = errors.get(step.ref);
    const reason = left.observing ? 'ObserveMode' : error === undefined ? 'Drift' : 'ApplyFailed';
    const message = left.observing
      ? `${step.verb} ${short(step.ref)} is planned; mode observe applies nothing`
      : `${step.verb} ${short(step.ref)}: ${error ?? 'still differs after the pass'}`;
    for (const { definition } of step.from) found.push({ definition, state: left.observing ? 'waiting' : 'error', reason, message });
  }
  return found.sort((a, b) => RANK[b.state] - RANK[a.state]);
}

const RANK = { waiting: 0, degraded: 1, error: 2 } as const;

function stateOfTrouble({ fatal, reason }: { readonly fatal: boolean; readonly reason: string }): Obstacle['state'] {
  if (reason === 'AllocationPending' || reason === 'PoolExhausted') return 'waiting';
  return fatal ? 'error' : 'degraded';
}

function short(ref: string): string {
  return ref.slice(ref.indexOf(':') + 1).replace(/^\//, '');
}

/** What of an object there is to report, besides what is in its way. */
export interface Subject {
  readonly definition: string;
  readonly digest: string;
  /** Names of its links here. */
  readonly devices: readonly string[];
  /** Definitions that belong to it: an error of theirs degrades it. */
  readonly also?: ReadonlySet<string>;
}

/** One object's report: its digest, and the worst that is in its way. */
export function objectReport({ definition, digest, devices, also = new Set() }: Subject, obstacles: readonly Obstacle[]): ObjectReport {
  const own = obstacles.find(obstacle => obstacle.definition === definition);
  if (own !== undefined) return { digest, devices, state: own.state, reason: own.reason, message: own.message };
  const inner = obstacles.find(obstacle => also.has(obstacle.definition) && obstacle.state === 'error');
  if (inner !== undefined) return { digest, devices, state: 'degraded', reason: inner.reason, message: `${inner.definition}: ${inner.message}` };
  return { digest, devices, state: 'ready' };
}

/** How many things of each title are wanted here. */
export function inventoryOf(resources: readonly Resource[], titleOf: (kind: string) => string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const resource of resources) {
    const title = titleOf(resource.kind);
    counts[title] = (counts[title] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

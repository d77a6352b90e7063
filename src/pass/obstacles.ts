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
  /** It was left out because of another one, which tells why. */
  readonly follows?: true;
}

/** What a plan holds back, in the words that this room needs. */
export interface HeldThing {
  readonly why: 'conflict' | 'waiting' | 'depends' | 'in-use' | 'unread';
  readonly ref: string;
  readonly on: string;
  readonly definitions: readonly string[];
  /** For `unread`: why. */
  readonly holder?: { readonly unread?: string; readonly kept?: string };
}

export interface Leftovers {
  readonly outcomes: readonly Outcome[];
  /** Steps that a plan made after the pass still has. */
  readonly remaining: readonly Step[];
  readonly held: readonly HeldThing[];
  readonly troubles: readonly { readonly definition: string; readonly reason: string; readonly message: string; readonly fatal: boolean }[];
  /** What differs in suspended networks. */
  readonly left?: readonly { readonly definition: string; readonly ref: string }[] | undefined;
  /** Nothing was to be applied, and why. */
  readonly observing: false | 'observe' | 'suspended';
}

const HELD = {
  conflict: {
    state: 'error',
    reason: 'Conflict',
    say: (ref: string, on: string, why?: string) =>
      why !== undefined
        ? `${short(on)} is not taken over: ${why}`
        : ref === on
          ? `${short(ref)} is there and is not netloom's: it is left alone`
          : `${short(on)} has what ${short(ref)} needs, and is not netloom's: it is left alone`,
  },
  waiting: {
    state: 'waiting',
    reason: 'GuestMissing',
    say: (ref: string, on: string) => `${short(ref)} waits for ${on.startsWith('netns:') ? 'the network namespace ' : ''}${short(on)}`,
  },
  'in-use': { state: 'error', reason: 'ForeignPort', say: (ref: string, on: string) => `${short(ref)} stays while ${short(on)} is in it` },
  unread: {
    state: 'error',
    reason: 'GuestUnreadable',
    say: (_: string, on: string, why = 'could not be read') =>
      `the network namespace ${short(on)} ${why}: nothing is changed there, and the next pass looks again`,
  },
} as const;

/** Everything that is in the way, worst first for each definition. */
export function obstaclesOf(left: Leftovers): readonly Obstacle[] {
  const troubles = left.troubles.map(trouble => ({ ...trouble, state: stateOfTrouble(trouble) }));
  return [...troubles, ...heldObstacles(left), ...remainingObstacles(left), ...suspendedObstacles(left)].sort((a, b) => RANK[b.state] - RANK[a.state]);
}

function heldObstacles({ held: all }: Leftovers): readonly Obstacle[] {
  const byRef = new Map(all.map(one => [one.ref, one]));
  // What is in the way itself speaks before what depends on it.
  const rootsFirst = [...all].sort((a, b) => Number(a.why === 'depends') - Number(b.why === 'depends'));
  return rootsFirst.flatMap(held => {
    const root = rootOf(held, byRef);
    if (root.why === 'depends') return [];
    const { state, reason, say } = HELD[root.why];
    const message = `${root === held ? '' : `${short(held.ref)} needs ${short(root.ref)}: `}${say(root.ref, root.on, root.holder?.unread ?? root.holder?.kept)}`;
    return held.definitions.map(definition => ({ definition, state, reason, message }));
  });
}

function remainingObstacles({ outcomes, remaining, observing }: Leftovers): readonly Obstacle[] {
  const last = new Map(outcomes.map(one => [one.step.ref, one]));
  const isRefused = ({ ref }: Step): boolean => last.get(ref)?.status === 'failed';
  // What was refused itself speaks before what needs it.
  const refusedFirst = remaining
    .filter(step => differs(step) || (last.get(step.ref)?.status ?? 'done') !== 'done')
    .sort((a, b) => Number(isRefused(b)) - Number(isRefused(a)));
  return refusedFirst.flatMap(step => {
    const { status = 'done', error = status } = last.get(step.ref) ?? {};
    const reason = observing ? IDLE[observing].reason : status === 'done' ? 'Drift' : 'ApplyFailed';
    const what = `${step.verb} ${short(step.ref)}`;
    const message = observing ? `${what} is planned; ${IDLE[observing].why}` : `${what}: ${status === 'done' ? 'still differs after the pass' : error}`;
    const follows = status === 'skipped' || (status === 'done' && step.because !== undefined) ? ({ follows: true } as const) : {};
    return step.from.map(({ definition }): Obstacle => ({ definition, state: observing ? 'waiting' : 'error', reason, message, ...follows }));
  });
}

// What would only be said again with something else is as it should be.
function differs({ verb, changes, because }: Step): boolean {
  return verb !== 'update' || changes.length > 0 || because === undefined;
}

function suspendedObstacles({ left = [] }: Leftovers): readonly Obstacle[] {
  const counts = new Map<string, number>();
  for (const { definition } of left) if (definition !== '') counts.set(definition, (counts.get(definition) ?? 0) + 1);
  return [...counts].map(([definition, n]) => {
    const message = `${n} ${n === 1 ? 'thing differs and is' : 'things differ and are'} left alone: the network is suspended in its definition`;
    return { definition, state: 'degraded', reason: 'Suspended', message };
  });
}

const IDLE = {
  observe: { reason: 'ObserveMode', why: 'mode observe applies nothing' },
  suspended: { reason: 'Suspended', why: 'this node is suspended' },
} as const;

// What holds the things that a held one depends on: of each chain the end tells the reason.
function rootOf(held: HeldThing, byRef: ReadonlyMap<string, HeldThing>): HeldThing {
  const seen = new Set<string>();
  let at = held;
  while (at.why === 'depends' && !seen.has(at.ref)) {
    seen.add(at.ref);
    at = byRef.get(at.on) ?? at;
  }
  return at;
}

const RANK = { waiting: 0, degraded: 1, error: 2 } as const;

/** What an allocation lacks: it comes when there is room, a pool, or a node for it. */
const WAITING: ReadonlySet<string> = new Set(['AllocationPending', 'PoolExhausted', 'PoolPending', 'NoGateway']);

function stateOfTrouble({ fatal, reason }: { readonly fatal: boolean; readonly reason: string }): Obstacle['state'] {
  if (WAITING.has(reason)) return 'waiting';
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

/** How many wanted things of each title are there: all but those that are still to be made or held back. */
export function inventoryOf(resources: readonly Resource[], absent: ReadonlySet<string>, titleOf: (kind: string) => string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const resource of resources) {
    if (absent.has(resource.ref)) continue;
    const title = titleOf(resource.kind);
    counts[title] = (counts[title] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

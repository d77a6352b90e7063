/** The numbers of a node: counters that go on from pass to pass, and how things stand after the last one. Losing them is a reset of counters. */
import type { Condition } from './condition.ts';
import type { NodeReport } from './node-report.ts';
import type { Room } from './room.ts';

/** How a pass ended. */
export const PASS_RESULTS = ['ok', 'partly', 'refused', 'waiting', 'reverted', 'unreachable', 'stopped', 'error'] as const;

export type PassEnd = (typeof PASS_RESULTS)[number];

/** Upper bounds of the histogram of durations, in seconds. */
export const DURATION_BOUNDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] as const;

/** How things stand; as of the last pass that came so far. */
export interface Standing {
  readonly mode: string;
  readonly revision: Pick<NodeReport['revision'], 'observed' | 'accepted' | 'applied'>;
  readonly conditions: readonly Pick<Condition, 'type' | 'status'>[];
  /** By kind, by state. */
  readonly objects: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** What still differs. */
  readonly drift: number;
  readonly pendingAllocations: number;
  /** By name. */
  readonly pools: Readonly<Record<string, Room>>;
  /** Networks whose router is here and whose prefix has less than a tenth left. */
  readonly nearlyFullNetworks: number;
}

/** What one pass adds. */
export interface PassFacts {
  readonly version: string;
  readonly node: string;
  readonly end: PassEnd;
  /** Seconds since 1970. */
  readonly at: number;
  readonly durationS: number;
  /** How many acts of each kind of thing were carried out, and how many were refused. */
  readonly operations: readonly { readonly kind: string; readonly isFailed: boolean }[];
  readonly drift: { readonly found: number; readonly repaired: number };
  readonly push: 'pushed' | 'failed' | null;
  readonly isFetchFailed: boolean;
  readonly isSuspended: boolean;
  readonly isHeldBack: boolean;
  /** Waiting for approval: definitions or links that would go, and things that an update would change. */
  readonly waiting: { readonly deletions: number; readonly upgrade: number };
  /** null: the pass did not come so far. */
  readonly standing: Standing | null;
}

export interface Numbers {
  readonly format: 1;
  readonly version: string;
  readonly node: string;
  readonly passes: Readonly<Partial<Record<PassEnd, number>>>;
  readonly lastPassAt: number;
  /** null: none since the numbers began. */
  readonly lastSuccessAt: number | null;
  readonly lastDurationS: number;
  /** A count for each bound, and one for what is longer. */
  readonly durations: { readonly counts: readonly number[]; readonly sum: number };
  /** By `<kind> applied` and `<kind> failed`. */
  readonly operations: Readonly<Record<string, number>>;
  readonly drift: PassFacts['drift'];
  readonly pushes: { readonly pushed: number; readonly failed: number };
  readonly fetchFailures: number;
  readonly isSuspended: boolean;
  readonly isHeldBack: boolean;
  readonly waiting: PassFacts['waiting'];
  readonly standing: Standing | null;
}

/** The numbers after one more pass; null: these are the first. */
export function afterPass(before: Numbers | null, pass: PassFacts): Numbers {
  const { version, node, at, durationS, end, isSuspended, isHeldBack, waiting } = pass;
  const pushes = before?.pushes ?? { pushed: 0, failed: 0 };
  return {
    format: 1,
    version,
    node,
    passes: { ...before?.passes, [end]: (before?.passes[end] ?? 0) + 1 },
    lastPassAt: at,
    lastSuccessAt: end === 'ok' ? at : (before?.lastSuccessAt ?? null),
    lastDurationS: durationS,
    durations: withDuration(before?.durations, durationS),
    operations: withOperations(before?.operations ?? {}, pass.operations),
    drift: { found: (before?.drift.found ?? 0) + pass.drift.found, repaired: (before?.drift.repaired ?? 0) + pass.drift.repaired },
    pushes: pass.push === null ? pushes : { ...pushes, [pass.push]: pushes[pass.push] + 1 },
    fetchFailures: (before?.fetchFailures ?? 0) + (pass.isFetchFailed ? 1 : 0),
    isSuspended,
    isHeldBack,
    waiting,
    standing: pass.standing ?? before?.standing ?? null,
  };
}

function withDuration(before: Numbers['durations'] | undefined, durationS: number): Numbers['durations'] {
  const found = DURATION_BOUNDS.findIndex(bound => durationS <= bound);
  const at = found === -1 ? DURATION_BOUNDS.length : found;
  const counts = [...DURATION_BOUNDS, null].map((_, i) => (before?.counts[i] ?? 0) + (i === at ? 1 : 0));
  return { counts, sum: rounded((before?.sum ?? 0) + durationS) };
}

function withOperations(before: Numbers['operations'], operations: PassFacts['operations']): Numbers['operations'] {
  const counts: Record<string, number> = { ...before };
  for (const { kind, isFailed } of operations) {
    // Both are there from the first on: an alert on an increase misses a counter that begins with one.
    for (const result of ['applied', 'failed']) counts[`${kind} ${result}`] ??= 0;
    const key = `${kind} ${isFailed ? 'failed' : 'applied'}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

/** Conditions of a node: what people and machines ask first. A condition keeps its `since` while nothing about it changes. */

export const CONDITION_TYPES = ['Ready', 'Reconciling', 'Stalled', 'Degraded', 'FetchFailed', 'SourceVerified', 'Suspended'] as const;

/** Reason of the condition Ready of a node that left: its last word. */
export const LEFT = 'Left';

export type ConditionType = (typeof CONDITION_TYPES)[number];

export interface Condition {
  readonly type: ConditionType;
  readonly status: boolean;
  /** CamelCase, stable. */
  readonly reason: string;
  /** One line; names objects, never a time or a revision, so that the same state has the same text. */
  readonly message: string;
  /** ISO 8601 in UTC with seconds: since when it has this status and reason. */
  readonly since: string;
}

/** Something that is not as it should be. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}

/** What a pass came to, as far as conditions tell it. */
export interface PassOutcome {
  /** The remote did not answer as it should; the last good revision is enforced. */
  readonly fetch: Problem | null;
  /** The newest revision was refused; trying the same again does not help. */
  readonly refusal: Problem | null;
  /** Whether the newest revision was signed as this node wants it; null while no signatures are asked for. */
  readonly source: (Problem & { readonly isVerified: boolean }) | null;
  /** No good revision was ever seen here. */
  readonly isEmpty: boolean;
  /** Objects that are not there, or not as wanted, by name in the message. */
  readonly failed: readonly Problem[];
  /** Objects that work, but not as they should. */
  readonly degraded: readonly Problem[];
  /** Steps that are still to be done. */
  readonly remaining: number;
  /** `mode: observe`: planned, and nothing applied. */
  readonly observeOnly: boolean;
  /** Somebody told this node to apply nothing: who and why, and since when. */
  readonly suspended?: { readonly message: string; readonly since: string } | null;
}

/**
 * The conditions after a pass; `previous` is what the node last reported ([] for none). SourceVerified is not among them
 * while signatures are not asked for: it is neither true nor false. Suspended is there only while it is so.
 */
export function conditions(previous: readonly Condition[], outcome: PassOutcome, now: string): readonly Condition[] {
  const say = (type: ConditionType, status: boolean, { reason, message }: Problem): Condition => ({ type, status, reason, message, since: now });
  const yes = (type: ConditionType, problem: Problem | null, otherwise: string): Condition =>
    say(type, problem !== null, problem ?? { reason: otherwise, message: '' });
  const wrong = notReady(outcome);
  return keepSince(previous, [
    say('Ready', wrong === null, wrong ?? { reason: 'AsWanted', message: '' }),
    yes('Reconciling', reconciling(outcome), 'Done'),
    yes('Stalled', outcome.refusal, 'Accepted'),
    yes('Degraded', sum(outcome.degraded), 'None'),
    yes('FetchFailed', outcome.fetch, 'Fetched'),
    ...(outcome.source === null ? [] : [say('SourceVerified', outcome.source.isVerified, outcome.source)]),
    ...suspension(outcome),
  ]);
}

/** `next`, with the `since` of those whose status and reason are as they were. */
export function keepSince(previous: readonly Condition[], next: readonly Condition[]): readonly Condition[] {
  return next.map(condition => {
    const was = conditionOf(previous, condition.type);
    return was !== undefined && was.status === condition.status && was.reason === condition.reason ? { ...condition, since: was.since } : condition;
  });
}

/** The condition of a type; undefined when it is not reported. */
export function conditionOf(all: readonly Condition[], type: ConditionType): Condition | undefined {
  return all.find(condition => condition.type === type);
}

function suspension({ suspended }: PassOutcome): readonly Condition[] {
  return suspended ? [{ type: 'Suspended', status: true, reason: 'Suspended', ...suspended }] : [];
}

function notReady({ isEmpty, failed, remaining, observeOnly, suspended }: PassOutcome): Problem | null {
  if (isEmpty) return { reason: 'NoRevision', message: 'no good revision was ever seen here' };
  const worst = sum(failed);
  if (worst !== null) return worst;
  if (remaining === 0) return null;
  return observeOnly || suspended
    ? { reason: suspended ? 'Suspended' : 'ObserveOnly', message: `${count(remaining, 'change')} planned, none applied` }
    : { reason: 'Differs', message: `${count(remaining, 'thing')} not as wanted` };
}

function reconciling({ remaining, observeOnly, suspended, isEmpty }: PassOutcome): Problem | null {
  return remaining > 0 && !observeOnly && !suspended && !isEmpty ? { reason: 'Progressing', message: `${count(remaining, 'step')} to do` } : null;
}

// The first by message, so that the order in which things failed does not change the text.
function sum(problems: readonly Problem[]): Problem | null {
  const [first, ...rest] = [...problems].sort((a, b) => (a.message < b.message ? -1 : Number(a.message > b.message)));
  if (first === undefined) return null;
  return rest.length === 0 ? first : { reason: first.reason, message: `${first.message} (and ${rest.length} more)` };
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

/** What a plan hands to the host, and what the host hands back: the seam between deciding and doing. */

import type { Difference, Impact, Origin, Ref } from './kind.ts';
import type { Op } from './op.ts';

export interface Change {
  readonly field: string;
  /** `undefined` in `want`: no longer wanted; in `have`: not there. */
  readonly want: unknown;
  readonly have: unknown;
  /** What differs, in the kind's own words; absent where the values tell it. */
  readonly told?: readonly Difference[];
  /** A fixed field that differs: it is why the thing is replaced. */
  readonly forces?: true;
}

/** One resource made, updated, deleted, or taken over (it gets our marks). A replacement is a delete and a make with `replacing`. */
export interface Step {
  readonly verb: 'adopt' | 'make' | 'update' | 'delete';
  readonly kind: string;
  readonly title: string;
  readonly ref: Ref;
  readonly ops: readonly Op[];
  /** Of a thing whose definition is gone: what it was made for, in file '', where that can be read; else empty. */
  readonly from: readonly Origin[];
  /** make: all fields; update: those that differ (none after `again`); delete: none. Fixed fields that forced a replacement are in the make. */
  readonly changes: readonly Change[];
  readonly replacing: boolean;
  /** adopt: what it is now, for people: `vxlan100, no group`. */
  readonly was?: string;
  /** The other thing that makes this step necessary: what took it along, what goes before it comes back, what disturbed it. */
  readonly because?: Ref;
  readonly impact: Impact;
  /** Indexes of earlier steps that must have been done: a failed one skips this one. */
  readonly needs: readonly number[];
}

export type OutcomeStatus = 'done' | 'failed' | 'skipped' | 'unknown';

/** What became of a step. Times are of the batch that carried it. */
export interface Outcome {
  readonly step: Step;
  readonly status: OutcomeStatus;
  /** One line, lower case, for `failed` and `skipped`; with the tool's own words. */
  readonly error?: string;
  /** Stable code from the host's table: `exists`, `no-device`, `not-permitted`, `unsupported`, `timeout`, `other`. */
  readonly code?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
}

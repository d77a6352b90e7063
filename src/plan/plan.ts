/** A plan as a value: what will be done, what goes along, what is held back and why. Made by `diff`, executed by the host. */
import type { Observed, Origin, Ref } from '../kinds/kind.ts';
import type { Step } from '../kinds/step.ts';
import type { Contested } from './contest.ts';
import type { Left } from './freeze.ts';
import type { Ignored } from './ignore.ts';

export interface Plan {
  /** In the order of execution. */
  readonly steps: readonly Step[];
  /** Ours, goes along with a thing that is deleted or replaced, and does not come back: not wanted any more, or held. */
  readonly swept: readonly Swept[];
  /** Foreign things that a delete or replacement of this plan takes along or strands, and that carry no guest: a route over our link. */
  readonly bystanders: readonly Swept[];
  readonly held: readonly Held[];
  /** What differs in fields that are left alone; absent where no rule says so. */
  readonly ignored?: readonly Ignored[];
  /** What differs in suspended networks, and stays; absent where there are none. */
  readonly left?: readonly Left[];
  /** What others keep changing back, and is left alone for a while; absent where there is nothing of that. */
  readonly contested?: readonly Contested[];
}

/** What goes with another thing, without an op of its own. */
export interface Swept {
  readonly kind: string;
  readonly title: string;
  readonly ref: Ref;
  readonly by: Ref;
}

/**
 * conflict: a foreign thing has our ref or claim. waiting: a tie to what nobody wants and nobody has (a guest's namespace
 * that is not there yet; not an error). depends: ties to a held thing, hangs on one, or must be taken away after one.
 * unread: in a namespace that could not be read; the next pass looks again.
 * in-use: a delete or replacement that would cut off something foreign, and what it would have taken along.
 */
export interface Held {
  readonly why: 'conflict' | 'waiting' | 'depends' | 'in-use' | 'unread';
  readonly kind: string;
  readonly title: string;
  readonly ref: Ref;
  readonly from: readonly Origin[];
  /** What it waits for, collides with, depends on, or would strand. */
  readonly on: Ref;
  /** The claim that is taken, for a conflict by claim. */
  readonly claim?: string;
  readonly holder?: Observed;
}

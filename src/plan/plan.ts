/** A plan as a value: what will be done, what goes along, what is held back and why. Made by `diff`, executed by the host. */
import type { Observed, Origin, Ref } from '../kinds/kind.ts';
import type { Step } from '../kinds/step.ts';

export interface Plan {
  /** In the order of execution. */
  readonly steps: readonly Step[];
  /** Ours, goes along with a thing that is deleted or replaced, and is not wanted any more. */
  readonly swept: readonly { readonly kind: string; readonly ref: Ref; readonly by: Ref }[];
  /** Foreign things that a delete or replacement would take along or strand: a guest's port in our bridge. */
  readonly bystanders: readonly { readonly ref: Ref; readonly by: Ref }[];
  readonly held: readonly Held[];
}

/**
 * conflict: a foreign thing has our ref or claim. waiting: a tie to what nobody wants and nobody has (a guest's namespace
 * that is not there yet; not an error). depends: ties to a held thing. in-use: a delete with a foreign bystander.
 */
export interface Held {
  readonly why: 'conflict' | 'waiting' | 'depends' | 'in-use';
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

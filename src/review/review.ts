/**
 * What merging a change would do on every node, as a value: made by `pass/review.ts` without a kernel, told by the other files of
 * this room.
 */
import type { Step } from '../kinds/step.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Place } from '../model/place.ts';
import type { Plan } from '../plan/plan.ts';
import type { DifferenceLine } from '../plan/print-changes.ts';

/** A revision as somebody asked for it. */
export interface Point {
  /** `main`, `HEAD^1`, `work tree`. */
  readonly name: string;
  /** Object name; '' for a work tree. */
  readonly commit: string;
}

/** A definition that one revision has otherwise than the other. */
export interface DefinitionChange {
  /** `Network default/demo`. */
  readonly definition: string;
  readonly change: 'added' | 'changed' | 'removed';
  /** Where it stands; for a removed one where it stood. */
  readonly at: Place;
  /** What differs in it; only of changed ones. */
  readonly fields: readonly DifferenceLine[];
}

/** Something about one object or node that a reader has to know. */
export interface Remark {
  /** CamelCase, stable. */
  readonly reason: string;
  readonly message: string;
}

/** A definition that cannot be made, or not as it should, once the change is merged. */
export interface Obstacle extends Remark {
  readonly definition: string;
}

/** Deletions that somebody must agree to, or that nobody can agree to. */
export interface Consent extends Remark {
  /** What `netloom approve` takes; '' where no approval helps. */
  readonly hash: string;
}

/** A value that the first node to see the change would allocate, change or release. */
export interface WouldBe {
  readonly definition: string;
  readonly change: 'allocate' | 'restore' | 'change' | 'release' | 'forget' | 'repair';
  readonly message: string;
}

/** What a node itself planned for head, against its live kernel. */
export interface LiveWord {
  /** Whole seconds since then. */
  readonly ageSeconds: number;
  /** True: the same steps as without its kernel. */
  readonly agrees: boolean;
  /** Its counts, or why it would refuse head. */
  readonly says: string;
  /** Its plan, as it printed it; text from outside. */
  readonly lines: readonly string[];
}

export interface NodeReview {
  readonly node: string;
  /** When it last reported; null: never. */
  readonly heard: string | null;
  /** Whole seconds since then; null: never. */
  readonly ageSeconds: number | null;
  readonly plan: Plan;
  /** What it does after that, once routers that move have been taken over; null: nothing. */
  readonly later: Plan | null;
  /** null: it has not planned for head. */
  readonly live: LiveWord | null;
  /** What keeps this plan from being sure. */
  readonly caveats: readonly Remark[];
  readonly obstacles: readonly Obstacle[];
}

export interface Review {
  readonly base: Point;
  readonly head: Point;
  /** Folder of the definitions in the repository; '' for its root. */
  readonly root: string;
  /** What is wrong with the definitions at head; with an error among them there are no nodes. */
  readonly diagnostics: readonly Diagnostic[];
  readonly changes: readonly DefinitionChange[];
  /** Why nodes would not follow without a word from a person; null: they would. */
  readonly consent: Consent | null;
  /** Sorted by definition. */
  readonly allocations: readonly WouldBe[];
  /** What would not get all it asks for. */
  readonly pending: readonly Obstacle[];
  /** About all nodes: the status branch, the base. */
  readonly remarks: readonly Remark[];
  /** By name. */
  readonly nodes: readonly NodeReview[];
  /** The network that a definition belongs to, `Network default/demo`; undefined: it stands for itself. */
  readonly networkOf: (definition: string) => string | undefined;
  /** The definitions whose packets meet a step: guests, a peer node (`Node n3`), or what it was made for as a whole. Not empty. */
  readonly subjectsOf: (step: Step) => readonly string[];
  /** Where each definition stands at head. */
  readonly placeOf: (definition: string) => Place | undefined;
}

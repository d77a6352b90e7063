/**
 * The contract of the table `kinds/`: what each kind of kernel state must answer. No I/O, no async, no state. Every other
 * room is generic: planner, host and report know this file and never one kind.
 */
import type { Place } from '../model/place.ts';
import type { Op } from './op.ts';
import type { Rows } from './rows.ts';

/** The kernel's own identity, `link:<netns>/vxlan-2`; what the kernel keeps apart has different refs. */
export type Ref = `${string}:${string}`;

/**
 * Every tie: `to` is there before me, and if it is nowhere I wait.
 * `goes`: the kernel takes me along when `to` goes. `again`: I survive, but may be disturbed when `to` is made, changed or
 * replaced: say all my live fields anew after it. `first`: take me away before `to` goes, bring me back after it is back.
 * `after`: only the order: `to` is made or updated before I am made, and I am gone before it goes.
 */
export interface Tie {
  readonly to: Ref;
  readonly when: 'goes' | 'again' | 'first' | 'after';
  /** True: where `to` is nowhere there is nothing to wait for. */
  readonly optional?: true;
  /** True: I keep open what a change of `to` may close, so where `to` is only changed I am said before it. */
  readonly early?: true;
}

/** The definition that a piece of kernel state comes from. */
export interface Origin {
  /** `Network default/demo`, `Node n1`. */
  readonly definition: string;
  readonly at: Place;
}

/** Kernel state that is wanted on this node. In `spec`, `undefined` means not managed; "must be empty" is a value. */
export interface Resource<S extends object = object> {
  readonly kind: string;
  readonly ref: Ref;
  readonly spec: S;
  /** Not empty; the smallest object that the sharers have in common comes first. */
  readonly from: readonly Origin[];
}

/** `common`: always there (lo, sysctl keys, learned entries): may be set when wanted, is never swept and never a conflict. */
export type Owner = 'ours' | 'foreign' | 'common';

/** Kernel state that was read. */
export interface Observed<S extends object = object> {
  readonly kind: string;
  readonly ref: Ref;
  readonly spec: S;
  readonly owner: Owner;
  /** What is in it could not be read, and why (see `Rows.unread`): nothing is made in it or moved out of it, and it stays. */
  readonly unread?: string;
  /** Fields that could not be read: they are taken to be as wanted. */
  readonly unknown?: readonly string[];
  /** The definition that it was made for, where it can be read: what a plan tells of things that nobody wants any more. */
  readonly formerly?: string;
  /** Somebody else made it, and it is taken over: under which name and in which group the kernel has it now. It counts as ours. */
  readonly adopted?: Adopted;
  /** A definition would take it over; why it is left alone, in one sentence. */
  readonly kept?: string;
}

/** A thing that is taken over, as it is before it gets our marks. */
export interface Adopted {
  /** ifname. */
  readonly name: string;
  /** Digits; `0` in no group. */
  readonly group: string;
}

/**
 * key: identity. live: settable in place. fixed: a change means replace. covered: cannot be read, but a readable field
 * (a hash) changes with it. policy: not kernel state at all, it only steers `spares`, `ties` and how a thing is born.
 */
export type Fate = 'key' | 'live' | 'fixed' | 'covered' | 'policy';

/** How a change meets packets: none lost, only new flows feel it, existing flows lose packets or end. */
export type Impact = 'no-traffic' | 'new-flows' | 'existing-flows';

/** How changes of one kind meet packets: its rows of the table in docs/operations.md, each proven with packets. */
export interface Impacts<S extends object> {
  /** One more beside what is there; what is made on a new thing meets no packets yet. */
  readonly make: Impact;
  /** Also of a replacement, and so of every fixed field. */
  readonly delete: Impact;
  /** Every live field, and no other. */
  readonly fields: { readonly [F in keyof S]?: Impact };
  /** What the values of a field tell, where that is less than the worst; undefined: as `fields` says. */
  told?(field: keyof S & string, want: S, have: Partial<S>): Impact | undefined;
  /** Where what else is wanted (by ref) makes a delete less than the worst; undefined: as `delete` says. */
  gone?(have: S, wanted: (ref: Ref) => object | undefined): Impact | undefined;
}

/** One line of what differs between two values of a field, for people. */
export interface Difference {
  readonly sign: '+' | '-' | '~';
  readonly text: string;
}

/** A value that can be read only when asked for by name. */
export interface Key {
  readonly netns: string;
  readonly sysctl: string;
}

/** Marks and name in one act: at no moment is a thing half ours. */
export interface Adoption<S extends object> {
  /** What the act says. */
  readonly fields: readonly (keyof S & string)[];
  /** Fields whose change no packet meets as long as nothing of ours stands on it. */
  readonly quiet?: readonly (keyof S & string)[];
  ops(want: S, as: Adopted): readonly Op[];
}

/** One kind of kernel state: it writes itself and reads itself back. */
export interface Kind<S extends object> {
  readonly name: string;
  /** What people call it, in plans and in events: `vxlan interface`, `mesh elements`. Several kinds may share one. */
  readonly title: string;
  readonly fields: { readonly [F in keyof S]-?: Fate };
  /** What the kernel gives a new one by itself: a make need not say it, and an update puts it back. */
  readonly birth?: Partial<S>;
  ref(spec: S): Ref;
  ties(spec: S): readonly Tie[];
  /** Further names that others may tie to: an address is one of `addresses:<netns>/<link>/4`. */
  groups?(spec: S): readonly Ref[];
  /** Scarce names, made of key and fixed fields only: `vni:<netns>/<port>/<id>`, `ifname:<netns>/<name>`. A claim held by a foreign thing is a conflict. */
  claims(spec: S): readonly string[];
  /** What must be asked for by name to read a wanted one back. */
  keys?(want: S): readonly Key[];
  /** How a wanted one reads once it is there: without what only steers its making. Absent: as it is wanted. */
  readsAs?(want: S): S;
  /** True for what is there whether wanted or not, and is only set: whoever made it, it is `common`. */
  readonly isAlways?: true;
  /** What is put right however often others change it back (true: all of it): what filters, what nobody else has a business with, and marks. */
  readonly insists?: true | readonly (keyof S & string)[];
  /** All of this kind in one namespace, foreign ones included where they can collide or carry a tie. */
  parse(rows: Rows): readonly Observed<S>[];
  /** A wanted one of mine may tell that something of ours that ties to it is to be left alone (a guest's own addresses on its interface). */
  spares?(want: S, other: Observed): boolean;
  /**
   * False when a foreign one of mine may go along with what it ties to (it is only reported). Otherwise, and where this is
   * absent, it carries a guest: what it ties to is not deleted or replaced (`in-use`).
   */
  carries?(have: S): boolean;
  /** The wanted spec of a thing that many share, with what it says of these links as it is: nothing about them may change. */
  keep?(want: S, have: S, links: ReadonlySet<string>): S;
  /** What differs in a field whose values are too large to be shown whole; without it they are compared part by part. */
  tell?(field: keyof S & string, want: S, have: S): readonly Difference[];
  /** Ops of one lane, where the kernel lets them: each further lane is a process more, and the ops are said in their order all the same. */
  create(want: S): readonly Op[];
  /** `have` holds the fields that differ, as they are; `want` is whole. After `again` every live field is said. */
  update(want: S, changed: readonly (keyof S & string)[]): readonly Op[];
  remove(have: S): readonly Op[];
  /** How one that somebody else made becomes ours, where that can be. */
  readonly adopt?: Adoption<S>;
  readonly impact: Impacts<S>;
}

// biome-ignore lint/suspicious/noExplicitAny: a table of kinds with different specs; each entry is checked where it is written.
export type AnyKind = Kind<any>;

/** Kind by its name. */
export type Kinds = ReadonlyMap<string, AnyKind>;

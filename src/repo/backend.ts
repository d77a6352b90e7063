/** What the two ways to speak git have to offer; the life of the clone around them is in clone.ts, once. */
import type { Edits, Lineage, Oid, TreeEntry } from './repo.ts';

/** `first`: the tip alone; `more`: what is new since the branch's ref here; `deeper`: a thousand older commits too; `whole`: all that the remote has. */
export type FetchHow = 'first' | 'more' | 'deeper' | 'whole';

/** A commit to write; the edits are those that change something, `at` is in milliseconds. */
export interface CommitDraft {
  readonly parent: Oid | null;
  readonly edits: Edits;
  /** `Name <email>`. */
  readonly author: string;
  /** Ends with one newline. */
  readonly message: string;
  readonly at: number;
}

/** The newest commits, so many in a row; or those that another branch of the remote has not. */
export type Bound = { readonly commits: number } | { readonly branch: string };

/** What a push does, as `Repo.push` takes it. */
export interface Swap {
  readonly oid: Oid;
  readonly branch: string;
  readonly expect: Oid | null;
  readonly hear?: (words: string) => void;
}

/** Commits from one backwards. */
export interface History {
  readonly oids: ReadonlySet<Oid>;
  /** True when the clone ends somewhere before the roots. */
  readonly cut: boolean;
  /** Those at which the clone ends: their parents are not here. */
  readonly ends: ReadonlySet<Oid>;
  /** Those that truly have no parents. */
  readonly roots: ReadonlySet<Oid>;
}

/**
 * One way to speak git. `gitdir` is a bare repository, `until` milliseconds since the epoch. Everything throws RepoError;
 * `corrupt` means that what is on our disk (or what the remote sent) does not hold together.
 */
export interface Backend {
  readonly url: string;
  /** Takes our credentials out of what a server said. */
  scrub(text: string): string;
  tips(branches: readonly string[], until: number): Promise<ReadonlyMap<string, Oid | null>>;
  branches(prefixes: readonly string[], until: number): Promise<ReadonlyMap<string, Oid>>;
  init(gitdir: string): Promise<void>;
  /** Brings the objects; the local branch is set by `point`, after they have been checked. */
  fetch(gitdir: string, branch: string, tip: Oid, how: FetchHow, until: number): Promise<void>;
  point(gitdir: string, branch: string, tip: Oid): Promise<void>;
  /** Those that are not there, or lie in a damaged pack. */
  absent(gitdir: string, oids: readonly Oid[]): Promise<readonly Oid[]>;
  /** All files, symlinks and submodules below a commit's root. */
  entries(gitdir: string, commit: Oid): Promise<readonly TreeEntry[]>;
  blobs(gitdir: string, oids: readonly Oid[]): Promise<ReadonlyMap<Oid, Uint8Array>>;
  /** The commit object as it is stored, byte for byte. */
  commitBytes(gitdir: string, oid: Oid): Promise<Uint8Array>;
  lineage(gitdir: string, from: Oid, folder: string): Promise<Lineage>;
  history(gitdir: string, from: Oid, without: readonly Oid[]): Promise<History>;
  write(gitdir: string, draft: CommitDraft): Promise<Oid>;
  /** A commit without parents, with the tree of `of`. */
  writeRoot(gitdir: string, of: Oid, draft: Omit<CommitDraft, 'parent' | 'edits'>): Promise<Oid>;
  /** True when the remote has more history of `tip` than the bound. */
  goesBelow(gitdir: string, tip: Oid, bound: Bound, until: number): Promise<boolean>;
  push(gitdir: string, swap: Swap, until: number): Promise<'ok' | 'stale'>;
}

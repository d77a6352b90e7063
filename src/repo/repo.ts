/** The door to git: one interface over isomorphic-git (http, https) and the git binary (ssh, scp-like, local paths). */

/** 40 hex digits. */
export type Oid = string;

export interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly oid: Oid;
}

export interface CommitInfo {
  readonly oid: Oid;
  readonly parents: readonly Oid[];
  readonly author: string;
  /** First line of the message. */
  readonly subject: string;
  /** Commit time, milliseconds since the epoch. */
  readonly at: number;
}

/** A commit that changed something below a folder. */
export interface FolderChange {
  readonly oid: Oid;
  /** Commit time, milliseconds since the epoch. */
  readonly at: number;
  /** By path below the folder: the blob before and after; null where there is none. */
  readonly files: ReadonlyMap<string, { readonly was: Oid | null; readonly is: Oid | null }>;
}

/** What commits did to a folder, from one backwards along first parents, as far as the clone goes. */
export interface Lineage {
  /** Newest first; those that changed nothing there are left out. */
  readonly changes: readonly FolderChange[];
  /** The oldest commit that is here, and what the folder held then. */
  readonly last: { readonly oid: Oid; readonly at: number; readonly files: ReadonlyMap<string, Oid> };
  /** True when the clone ends there; false when that is the first commit of all. */
  readonly isCut: boolean;
  /** Commits that were walked. */
  readonly walked: number;
}

/** New content by path; null deletes. Paths are below the root of the tree. */
export type Edits = ReadonlyMap<string, string | null>;

export interface Author {
  readonly name: string;
  readonly email: string;
}

/** Every method throws RepoError only; nothing else is thrown for what the world says no to. */
export interface Repo {
  /**
   * Tips of branches, by name, in one request to the remote; null where the branch does not exist.
   * A listing that is not complete is an error, never "no branches".
   */
  tips(branches: readonly string[]): Promise<ReadonlyMap<string, Oid | null>>;
  /** Tips of all branches whose names begin with one of these, in one request. Names are text from outside; ones that git itself would refuse are left out. */
  branches(prefixes: readonly string[]): Promise<ReadonlyMap<string, Oid>>;
  /** Brings the branch's tip and its whole closure here, checked; does nothing when `tip` is here already. */
  sync(branch: string, tip: Oid): Promise<void>;
  /**
   * True when `descendant` is `ancestor` or comes after it. Fetches older history as far as it needs to, at last all; null when
   * the remote's own history is cut before it tells. A fetch that fails throws: no answer is not an answer.
   */
  descends(descendant: Oid, ancestor: Oid): Promise<boolean | null>;
  /**
   * Every commit that `tip` brings and `from` has not: those reachable from `tip` (itself too) and not from `from`, merged branches
   * included, newest first along each line. Fetches older history as far as it needs to; null when the remote's own history is cut
   * before it tells. With history cut after a thousand commits it may name some that `from` has too, never too few.
   */
  brings(tip: Oid, from: Oid): Promise<readonly Oid[] | null>;
  /**
   * What a file said before, newest first, each version once, over the last `most` commits (by their first parents); fetches up to a
   * thousand older commits for it. Empty where it never said anything else.
   */
  past(tip: Oid, path: string, most: number): Promise<readonly Uint8Array[]>;
  /** What commits did below `folder` ('' = all), from one that is here backwards along first parents. Asks nobody. */
  lineage(from: Oid, folder: string): Promise<Lineage>;
  /** Brings a thousand older commits of a branch that was synced; false when the remote has none. */
  deepen(branch: string): Promise<boolean>;
  /** The tip of a branch as it was last synced, or pushed from here; null where it never was. Asks nobody. */
  local(branch: string): Promise<Oid | null>;
  /** Those that are here, of some objects. Asks nobody. */
  here(oids: readonly Oid[]): Promise<ReadonlySet<Oid>>;
  /** Entries below `path` ('' = all), paths relative to it. */
  list(commit: Oid, path: string): Promise<readonly TreeEntry[]>;
  read(oids: readonly Oid[]): Promise<ReadonlyMap<Oid, Uint8Array>>;
  info(commit: Oid): Promise<CommitInfo>;
  /** A commit object byte for byte, as its name says: what a signature is over. */
  bytes(commit: Oid): Promise<Uint8Array>;
  /** A commit on top of `parent` (null = root) with the edits; the oid, or null when nothing differs from the parent. */
  commit(args: { parent: Oid | null; edits: Edits; author: Author; message: string; at: number }): Promise<Oid | null>;
  /** A commit without history that has the tree of a synced one. */
  root(args: { of: Oid; author: Author; message: string; at: number }): Promise<Oid>;
  /**
   * True when a tip's history on the remote is longer than so many commits in a row, or goes back to what another of its branches
   * has; costs the remote a walk, and us next to nothing over http.
   */
  goesBelow(tip: Oid, bound: { readonly commits: number } | { readonly branch: string }): Promise<boolean>;
  /**
   * Compare-and-swap: `expect` is the tip it must replace (null = must not exist). `stale` = lost the race, read again and decide again.
   * `hear` is told what the server said beside its consent: a forge's link to open a pull request.
   */
  push(args: { oid: Oid; branch: string; expect: Oid | null; hear?: (words: string) => void }): Promise<'ok' | 'stale'>;
}

export type RepoErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'stopped'
  | 'tls'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'rate-limited'
  | 'redirected'
  | 'truncated'
  | 'not-git'
  | 'too-large'
  | 'corrupt'
  | 'refused'
  | 'unsupported-url'
  | 'no-branch'
  | 'disk-full'
  | 'host-key'
  | 'not-ours'
  | 'other';

/** The remote, or the clone, said no. */
export class RepoError extends Error {
  readonly code: RepoErrorCode;
  /** The remote's url without credentials. */
  readonly url: string;
  /** Seconds that the server asks to wait. */
  readonly retryAfterS?: number;
  constructor(code: RepoErrorCode, message: string, url: string, options: { cause?: unknown; retryAfterS?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RepoError';
    this.code = code;
    this.url = url;
    if (options.retryAfterS !== undefined) this.retryAfterS = options.retryAfterS;
  }
}

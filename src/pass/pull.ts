/**
 * pull and load: which definitions are to be enforced now. Absence is never evidence: a remote that is down, cut, empty,
 * rewound or invalid leaves the last good revision in force.
 */

import type { Loaded } from '../load/load.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Catalog } from '../objects/object.ts';
import { type CommitInfo, type Oid, type Repo, RepoError } from '../repo/repo.ts';
import { type Approved, whatLived, withheld } from './consent.ts';
import { type Good, saveGood } from './kept.ts';
import { loadCached } from './parsed-cache.ts';
import { type Remote, readTips, type Tips } from './remote.ts';
import { readFiles } from './revision.ts';

/** Why the newest revision is not what is enforced. */
export interface Refusal {
  /** `FetchFailed`: try again later. `Stalled`: the same again will be refused the same way. */
  readonly condition: 'FetchFailed' | 'Stalled';
  /** CamelCase, stable: `Unreachable`, `BranchMissing`, `InvalidDefinitions`, `NoDefinitions`, `HistoryRewritten`, `HistoryUnknown`, `NeedsApproval`, `ProtectedObject`. */
  readonly reason: string;
  readonly message: string;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Pulled {
  /** null when the remote did not answer. */
  readonly tips: Tips | null;
  /** What is to be enforced; null on a new node that never saw a good revision. */
  readonly good: Good | null;
  readonly catalog: Catalog | null;
  readonly warnings: readonly Diagnostic[];
  /** Sentences about this node that change nothing of what is enforced: a cache of no use, a secret that others can read. */
  readonly remarks: readonly string[];
  readonly refusal: Refusal | null;
  /** The commit that is enforced; null when it could not be read. */
  readonly commit: CommitInfo | null;
  /** True when `good` is new in this pass. */
  readonly advanced: boolean;
  /** Deletions of `good` that had to be approved, and were; used up in this pass. */
  readonly approved?: Approved | null;
}

export interface PullArgs {
  readonly remote: Remote;
  readonly stateDir: string;
  readonly good: Good | null;
  /** The node that is to enforce it; null where nobody does (a look): then nobody is asked about deletions. */
  readonly node: string | null;
  /** A commit that may be followed although it does not descend from the good one. */
  readonly accept?: string | undefined;
  /** False: look, but keep nothing (plan). */
  readonly keep: boolean;
}

/** One look at the remote. Throws only for what is wrong with this node (a full disk), never for the remote. */
export async function pull(args: PullArgs): Promise<Pulled> {
  const pulled = await newest(args);
  return { ...pulled, remarks: [...new Set([...args.remote.remarks, ...pulled.remarks])] };
}

async function newest(args: PullArgs): Promise<Pulled> {
  let tips: Tips | null = null;
  try {
    tips = await readTips(args.remote);
    if (tips.main === null) return await fallBack(args, tips, missingBranch(args.remote));
    if (tips.main === args.good?.revision && args.remote.path === args.good.path) return await fallBack(args, tips, null);
    return await advance(args, tips, tips.main);
  } catch (error) {
    if (!(error instanceof RepoError)) throw error;
    const message = error.code === 'disk-full' ? `${error.message} (below ${args.stateDir})` : error.message;
    return await fallBack(args, tips, { condition: 'FetchFailed', reason: reasonOf(error), message, diagnostics: [] });
  }
}

/** What the last good revision says; the files were valid once, so only a newer netloom can find fault with them. */
async function fallBack(args: PullArgs, tips: Tips | null, refusal: Refusal | null, heard: readonly string[] = []): Promise<Pulled> {
  const { good } = args;
  const loaded = good === null ? null : await loadCached(args.stateDir, good.files);
  const commit = good === null || tips === null ? null : await infoOf(args.remote.definitions, good.revision);
  const outdated = good !== null && loaded?.catalog === null ? notGoodAnyMore(good, loaded.diagnostics) : null;
  const remarks = [...heard, ...(loaded?.remarks ?? [])];
  return { tips, good, catalog: loaded?.catalog ?? null, warnings: [], remarks, refusal: refusal ?? outdated, commit, advanced: false };
}

function notGoodAnyMore({ revision }: Good, diagnostics: readonly Diagnostic[]): Refusal {
  const message = `the last good revision ${revision.slice(0, 10)} is not valid for this version of netloom: correct the definitions, or go back to the version before`;
  return { condition: 'Stalled', reason: 'InvalidDefinitions', message, diagnostics };
}

async function advance(args: PullArgs, tips: Tips, tip: Oid): Promise<Pulled> {
  const { remote, good } = args;
  await remote.definitions.sync(remote.branch, tip);
  const astray = good === null || good.revision === '' || isAccepted(tip, args.accept) ? null : await refusalOfHistory(remote, tip, good.revision);
  if (astray !== null) return fallBack(args, tips, astray);
  const asked = args.node === null ? null : { ...args, node: args.node };
  const past = asked === null ? null : await whatLived(asked, tips, tip);
  const { files, entries } = await readFiles(remote.definitions, tip, remote.path);
  const loaded = await loadCached(args.stateDir, files, entries);
  const refusal = refusalOf(remote, tip, loaded);
  if (refusal !== null || loaded.catalog === null) return fallBack(args, tips, refusal, loaded.remarks);
  const consent = asked === null || past === null ? null : await withheld(asked, past, tip, loaded.catalog);
  if (consent?.refusal) return fallBack(args, tips, consent.refusal, loaded.remarks);
  const next: Good = { revision: tip, path: remote.path, files };
  if (args.keep) await saveGood(args.stateDir, next);
  const commit = await infoOf(remote.definitions, tip);
  const { catalog, diagnostics: warnings, remarks } = loaded;
  return { tips, good: next, catalog, warnings, remarks, refusal: null, commit, advanced: true, approved: consent?.approved ?? null };
}

// Seven digits are what git itself prints: fewer may be a slip.
function isAccepted(tip: Oid, accept: string | undefined): boolean {
  return accept !== undefined && accept.length >= 7 && tip.startsWith(accept.toLowerCase());
}

function refusalOf(remote: Remote, tip: Oid, loaded: Pick<Loaded, 'catalog' | 'diagnostics'>): Refusal | null {
  if (loaded.catalog !== null) return null;
  const errors = loaded.diagnostics.filter(isError);
  const empty = errors.length === 1 && errors[0]?.code === 'no-definitions';
  const where = `${remote.branch} at ${tip.slice(0, 10)}`;
  const message = empty
    ? `${where} holds no netloom definition below '${remote.path || '/'}'`
    : `${where} has ${errors.length} ${errors.length === 1 ? 'error' : 'errors'}; the last good revision stays`;
  return { condition: 'Stalled', reason: empty ? 'NoDefinitions' : 'InvalidDefinitions', message, diagnostics: loaded.diagnostics };
}

function missingBranch(remote: Remote): Refusal {
  const message = `the repository has no branch ${remote.branch}: push one, or correct repo.branch in the configuration`;
  return { condition: 'FetchFailed', reason: 'BranchMissing', message, diagnostics: [] };
}

/** null: the tip descends from what is enforced. "Cannot be told" is never "no", nor "yes". */
async function refusalOfHistory(remote: Remote, tip: Oid, from: Oid): Promise<Refusal | null> {
  const [branch, enforced] = [`${remote.branch} at ${tip.slice(0, 10)}`, `the enforced ${from.slice(0, 10)}`];
  const meant = `if that is meant: netloom reconcile --accept ${tip}`;
  const refuse = (condition: Refusal['condition'], reason: string, message: string): Refusal => ({ condition, reason, message, diagnostics: [] });
  try {
    const does = await remote.definitions.descends(tip, from);
    if (does === true) return null;
    if (does === false) return refuse('Stalled', 'HistoryRewritten', `${branch} does not descend from ${enforced}; ${meant}`);
    const cut = `the remote's own history is cut before it tells whether ${branch} descends from ${enforced}, which stays`;
    return refuse('Stalled', 'HistoryUnknown', `${cut}: give the remote its whole history (git fetch --unshallow there), or, ${meant}`);
  } catch (error) {
    if (!(error instanceof RepoError) || error.code === 'corrupt') throw error;
    const failed = `the history that tells whether ${branch} descends from ${enforced} could not be fetched: ${error.message}`;
    return refuse('FetchFailed', 'HistoryUnknown', `${failed}; ${enforced} stays, and the next pass asks again`);
  }
}

function reasonOf(error: RepoError): string {
  return error.code
    .split('-')
    .map(word => word[0]?.toUpperCase() + word.slice(1))
    .join('');
}

async function infoOf(repo: Repo, oid: Oid): Promise<CommitInfo | null> {
  try {
    return await repo.info(oid);
  } catch (error) {
    if (error instanceof RepoError) return null;
    throw error;
  }
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}

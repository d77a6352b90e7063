/**
 * pull and load: which definitions are to be enforced now. Absence is never evidence: a remote that is down, cut, empty,
 * rewound or invalid leaves the last good revision in force.
 */

import { inStage } from '../host/stage.ts';
import type { Loaded } from '../load/load.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Catalog } from '../objects/object.ts';
import { type CommitInfo, type Oid, type Repo, RepoError } from '../repo/repo.ts';
import { type Approved, whatLived, withheld } from './consent.ts';
import { saveAsked } from './control.ts';
import { type HeldBack, refusalFor } from './held-back.ts';
import { refusalOfFirst, refusalOfHistory } from './history.ts';
import { type Good, saveGood } from './kept.ts';
import { loadCached } from './parsed-cache.ts';
import { type Remote, readTips, type Tips } from './remote.ts';
import { readFiles } from './revision.ts';
import { shadowRemarks } from './shadowed.ts';
import { type SourceVerdict, verifySource } from './verify.ts';

/** Why the newest revision is not what is enforced. */
export interface Refusal {
  /** `FetchFailed`: try again later. `Stalled`: the same again will be refused the same way. */
  readonly condition: 'FetchFailed' | 'Stalled';
  /** CamelCase, stable: `Unreachable`, `BranchMissing`, `InvalidDefinitions`, `NoDefinitions`, `HistoryRewritten`, `HistoryUnknown`, `SourceNotVerified`, `NeedsApproval`, `ProtectedObject`. */
  readonly reason: string;
  readonly message: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** True where a person may have let other nodes go ahead, one by one. */
export function isApart(refusal: Refusal | null): boolean {
  return refusal?.reason === 'NeedsApproval' || refusal?.reason === 'HistoryRewritten';
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
  /** True when `good` is new and does not come after what this node had: a person said so. */
  readonly isAccepted: boolean;
  /** Whose signature: of the newest revision, or of the enforced one where nothing newer was judged. null: not asked for, or not to be told. */
  readonly source: SourceVerdict | null;
}

export interface PullArgs {
  readonly remote: Remote;
  readonly stateDir: string;
  readonly good: Good | null;
  /** The node that is to enforce it; null where nobody does (a look): then nobody is asked about deletions, nor what was accepted before. */
  readonly node: string | null;
  /** A commit that is not followed, though the branch leads to it. */
  readonly held?: HeldBack | null;
  /** A commit that may be followed although it does not descend from the good one, or is held back. */
  readonly accept?: string | undefined;
  /** False: look, but keep nothing (plan). */
  readonly keep: boolean;
}

/** One look at the remote. Throws only for what is wrong with this node (a full disk), never for the remote. */
export async function pull(args: PullArgs): Promise<Pulled> {
  const pulled = await newest(args);
  const { remote, node } = args;
  const { tips, catalog } = pulled;
  // With a remote that is down its name would be asked for in vain.
  const shadows = node === null || tips === null || catalog === null ? [] : await shadowRemarks(remote.hosts ?? [], catalog, node);
  return { ...pulled, remarks: [...new Set([...remote.remarks, ...pulled.remarks, ...shadows])] };
}

async function newest(args: PullArgs): Promise<Pulled> {
  let tips: Tips | null = null;
  try {
    tips = await inStage('asking the remote for news', () => readTips(args.remote));
    if (tips.main === null) return await fallBack(args, tips, { refusal: missingBranch(args.remote) });
    const heldBack = isAccepted(tips.main, args.accept) ? null : refusalFor(args.held ?? null, tips.main);
    if (heldBack !== null) return await fallBack(args, tips, { refusal: heldBack });
    if (tips.main === args.good?.revision && args.remote.path === args.good.path) return await stay(args, tips, tips.main);
    return await advance(args, tips, tips.main);
  } catch (error) {
    if (!(error instanceof RepoError)) throw error;
    const message = error.code === 'disk-full' ? `${error.message} (below ${args.stateDir})` : error.message;
    return await fallBack(args, tips, { refusal: { condition: 'FetchFailed', reason: reasonOf(error.code), message, diagnostics: [] } });
  }
}

interface FallBack {
  readonly refusal: Refusal | null;
  readonly heard?: readonly string[];
  /** On the revision that is refused. */
  readonly source?: SourceVerdict | null;
}

/** What the last good revision says; the files were valid once, so only a newer netloom can find fault with them. */
async function fallBack(args: PullArgs, tips: Tips | null, { refusal, heard = [], ...judged }: FallBack): Promise<Pulled> {
  const { good } = args;
  const loaded = good === null ? null : await loadCached(args.stateDir, good.files);
  const commit = good === null || tips === null ? null : await infoOf(args.remote.definitions, good.revision);
  const source = judged.source ?? (good === null || good.revision === '' ? null : await verdictOnEnforced(args, good.revision));
  const doubt = source === null || source.isVerified || good === null ? null : notVerified(`the enforced ${good.revision.slice(0, 10)}`, source);
  const outdated = good !== null && loaded?.catalog === null ? notGoodAnyMore(good, loaded.diagnostics) : null;
  const remarks = [...heard, ...(loaded?.remarks ?? [])];
  const all = { tips, good, catalog: loaded?.catalog ?? null, warnings: [], remarks, commit, advanced: false, isAccepted: false, source };
  return { ...all, refusal: refusal ?? outdated ?? doubt };
}

// What was accepted once stays in force: that its signature counts no more is told, and takes nothing away.
async function verdictOnEnforced({ remote, stateDir }: PullArgs, enforced: Oid): Promise<SourceVerdict | null> {
  try {
    return await verifySource({ remote, stateDir, tip: enforced, since: null, enforced });
  } catch (error) {
    if (error instanceof RepoError) return null;
    throw error;
  }
}

function notVerified(which: string, { message }: SourceVerdict): Refusal {
  return { condition: 'Stalled', reason: 'SourceNotVerified', message: `${which} is not verified: ${message}`, diagnostics: [] };
}

function notGoodAnyMore({ revision }: Good, diagnostics: readonly Diagnostic[]): Refusal {
  const message = `the last good revision ${revision.slice(0, 10)} is not valid for this version of netloom: correct the definitions, or go back to the version before`;
  return { condition: 'Stalled', reason: 'InvalidDefinitions', message, diagnostics };
}

// Nothing new, but the keys may be: the commit is here, or comes here, so that it can be judged again.
async function stay(args: PullArgs, tips: Tips, tip: Oid): Promise<Pulled> {
  const { verify, definitions, branch } = args.remote;
  if (verify !== undefined && verify.mode !== 'none') await definitions.sync(branch, tip);
  if (args.keep && args.node !== null) await saveAsked(args.stateDir, null);
  return fallBack(args, tips, { refusal: null });
}

async function advance(args: PullArgs, tips: Tips, tip: Oid): Promise<Pulled> {
  const { remote, stateDir } = args;
  await inStage('fetching definitions', () => remote.definitions.sync(remote.branch, tip));
  const origin = await originOf(args, tips, tip);
  if (origin.refusal !== null) return fallBack(args, tips, { refusal: origin.refusal });
  const decides = args.node !== null || args.good !== null;
  const source = decides ? await verifySource({ remote, stateDir, tip, since: origin.since, enforced: args.good?.revision || null }) : null;
  if (source?.isVerified === false) return fallBack(args, tips, { refusal: notVerified(`${remote.branch} at ${tip.slice(0, 10)}`, source), source });
  const asked = args.node === null ? null : { ...args, node: args.node };
  const past = asked === null ? null : await whatLived(asked, tips, tip);
  const { files, loaded } = await inStage('reading definitions', async () => {
    const read = await readFiles(remote.definitions, tip, remote.path);
    return { ...read, loaded: await loadCached(stateDir, read.files, read.entries) };
  });
  const refusal = refusalOf(remote, tip, loaded);
  if (refusal !== null || loaded.catalog === null) return fallBack(args, tips, { refusal, heard: loaded.remarks, source });
  const consent = asked === null || past === null ? null : await withheld(asked, past, tip, loaded.catalog);
  if (consent?.refusal) return fallBack(args, tips, { refusal: consent.refusal, heard: loaded.remarks, source });
  const next: Good = { revision: tip, path: remote.path, files };
  if (args.keep) await saveGood(stateDir, next);
  const commit = await infoOf(remote.definitions, tip);
  const { catalog, diagnostics: warnings } = loaded;
  const remarks = [...origin.remarks, ...loaded.remarks];
  const all = { tips, good: next, catalog, warnings, remarks, refusal: null, commit, source };
  return { ...all, advanced: true, isAccepted: isAccepted(tip, args.accept), approved: consent?.approved ?? null };
}

interface Origin {
  readonly refusal: Refusal | null;
  /** What must have been signed comes after this one; null: the tip itself is all that is judged. */
  readonly since: Oid | null;
  readonly remarks: readonly string[];
}

// A person who names the commit vouches for what led to it, not for its own signature.
async function originOf(args: PullArgs, tips: Tips, tip: Oid): Promise<Origin> {
  const { remote, good, node } = args;
  if (isAccepted(tip, args.accept)) return { refusal: null, since: null, remarks: [] };
  if (good !== null && good.revision !== '') {
    const refusal = await refusalOfHistory(remote, tip, { oid: good.revision, name: `the enforced ${good.revision.slice(0, 10)}` });
    return { refusal, since: good.revision, remarks: [] };
  }
  return node === null ? { refusal: null, since: null, remarks: [] } : refusalOfFirst(remote, tips, tip, node);
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

/** What a code of the door to git is as the reason of a refusal: `rate-limited` is `RateLimited`. */
export function reasonOf(code: string): string {
  return code
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

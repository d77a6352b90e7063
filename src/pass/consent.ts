/** Whether a new revision may delete what it deletes on this node: what lived here is asked of the last good definitions, or of the status branch. */
import { judge, type Verdict } from '../consent/judge.ts';
import { type Lived, livedIn, livedOnStatus } from '../consent/lived.ts';
import { countsText, deletionDiagnostics, deletionText, needText, protectedText } from '../consent/tell.ts';
import { PROTECT } from '../model/annotations.ts';
import type { Ledger } from '../model/ledger.ts';
import { definitionsOf } from '../objects/index.ts';
import type { Catalog } from '../objects/object.ts';
import { type Oid, RepoError } from '../repo/repo.ts';
import { type NodeReport, parseStatusFile, statusPath } from '../report/node-report.ts';
import { isSilent } from '../report/state.ts';
import { type Approval, loadApproval, saveApproval, saveAsked } from './control.ts';
import { type Good, loadKeptLedger } from './kept.ts';
import { enforcedAsGood } from './last-enforced.ts';
import { readLedger } from './ledger-branch.ts';
import { loadCached } from './parsed-cache.ts';
import type { Refusal } from './pull.ts';
import { type Remote, readTexts, type Tips } from './remote.ts';
import { readFiles } from './revision.ts';
import { checkStatusTree } from './status-tree.ts';

/** How far back a protection that was lifted is looked for. */
const MOST_COMMITS = 200;

export interface ConsentArgs {
  readonly remote: Remote;
  readonly stateDir: string;
  readonly good: Good | null;
  readonly node: string;
  /** False: use up no approval, keep nothing (plan). */
  readonly keep: boolean;
}

/** What lived on this node until now, and the commit that says so ('' where it is no commit). */
export interface Past {
  readonly lived: Lived;
  readonly from: Oid;
}

/** An approval that let deletions through. */
export interface Approved {
  readonly hash: string;
  /** A person on this node; null: the annotation in the definitions. */
  readonly by: string | null;
  /** `12 of 30 definitions would be deleted (...)`. */
  readonly what: string;
}

/**
 * What lived: what was enforced last, though newer definitions were accepted since (by a pass that was killed or taken back, or in mode
 * observe). Throws RepoError when neither this node nor the status branch can tell. */
export async function whatLived({ remote, stateDir, good, node }: ConsentArgs, tips: Tips, tip: Oid): Promise<Past> {
  for (const known of [await enforcedAsGood(stateDir, good), good]) {
    const { catalog } = known === null ? { catalog: null } : await loadCached(stateDir, known.files);
    if (catalog !== null) return { lived: livedIn(catalog), from: known?.revision ?? '' };
  }
  const kept = await loadKeptLedger(stateDir);
  const { ledger, unreadable } = await readLedger({ remote, kept }, tips.status);
  const reports = await reportsAt(remote, tips.status);
  const own = reports.find(report => report.node === node)?.revision;
  const from = own?.accepted || own?.applied || '';
  const broken = unreadable.map(about => (about.includes('/') ? `Network ${about}` : `AddressPool ${about}`));
  const also = [...broken, ...nodesIn(ledger, reports).map(name => `Node ${name}`)];
  return { lived: livedOnStatus(ledger, also, await catalogAt(remote, tip, from)), from };
}

/**
 * Null: the revision may be enforced. That an approval was used is noted before that; it holds for the same deletions from the same
 * revision until they are enforced, so that a change that is taken back or killed does not use it up.
 */
export async function withheld(
  args: ConsentArgs,
  { lived, from }: Past,
  tip: Oid,
  after: Catalog,
): Promise<{ readonly refusal: Refusal | null; readonly approved: Approved | null }> {
  const { stateDir, keep } = args;
  const verdict = judge(lived, after);
  const still = await protectedStill(args, verdict, from, tip);
  const needs = still.protected.length === 0 && verdict.reasons.length > 0;
  const approval = needs && !verdict.isApprovedThere ? validFrom(from, await loadApproval(stateDir, verdict.hash)) : null;
  const isAsked = needs && !verdict.isApprovedThere && approval === null;
  if (keep)
    await saveAsked(stateDir, isAsked ? { hash: verdict.hash, revision: tip, why: countsText(verdict), deletions: verdict.deletions.map(deletionText) } : null);
  if (still.protected.length > 0) return { refusal: refuse('ProtectedObject', protectedText(still), still, 'protected-object'), approved: null };
  if (isAsked) return { refusal: refuse('NeedsApproval', needText(verdict), verdict, 'needs-approval'), approved: null };
  if (keep && approval !== null) await saveApproval(stateDir, { ...approval, usedFrom: from });
  return { refusal: null, approved: needs && keep ? { hash: verdict.hash, by: approval?.by ?? null, what: countsText(verdict) } : null };
}

function validFrom(from: Oid, approval: Approval | null): Approval | null {
  return approval?.usedFrom === undefined || approval.usedFrom === from ? approval : null;
}

function refuse(reason: string, message: string, verdict: Verdict, code: 'needs-approval' | 'protected-object'): Refusal {
  return { condition: 'Stalled', reason, message: `${message}; the last good revision stays`, diagnostics: deletionDiagnostics(verdict, code) };
}

// A commit between may have taken the annotation off: then a later one may delete, also where this node sees both at once.
async function protectedStill({ remote }: ConsentArgs, verdict: Verdict, from: Oid, tip: Oid): Promise<Verdict> {
  let left = verdict.protected;
  if (left.length === 0 || from === '') return verdict;
  try {
    for (let at = await parentOf(remote, tip), seen = 0; left.length > 0 && at !== undefined && at !== from && seen < MOST_COMMITS; seen += 1) {
      const lifted = await unprotectedAt(remote, at);
      left = left.filter(deletion => !lifted.has(deletion.definition));
      at = await parentOf(remote, at);
    }
  } catch (error) {
    // The history that is here ends before it says that the annotation was taken off.
    if (!(error instanceof RepoError && error.code === 'corrupt')) throw error;
  }
  return { ...verdict, protected: left };
}

// The branch's own way: what a merged branch did on its own was never in force.
async function parentOf({ definitions }: Remote, commit: Oid): Promise<Oid | undefined> {
  return (await definitions.info(commit)).parents[0];
}

async function unprotectedAt({ definitions, path }: Remote, commit: Oid): Promise<ReadonlySet<string>> {
  const { files, entries } = await readFiles(definitions, commit, path);
  const { catalog } = await loadCached(null, files, entries);
  const all = catalog === null ? [] : [...definitionsOf(catalog)];
  return new Set(all.flatMap(({ kind, key, annotations }) => (annotations[PROTECT] === 'true' ? [] : [`${kind} ${key}`])));
}

async function reportsAt(remote: Remote, tip: Oid | null): Promise<readonly NodeReport[]> {
  if (tip === null) return [];
  await remote.status.sync(remote.statusBranch, tip);
  await checkStatusTree(remote, tip);
  const folder = statusPath('').split('/')[0] ?? '';
  return [...(await readTexts(remote.status, tip, folder)).values()].flatMap(text => {
    const parsed = parseStatusFile(text);
    return 'report' in parsed ? [parsed.report] : [];
  });
}

// A report stays after its node: only who was heard of lately, and who carries something, is there.
function nodesIn({ networks }: Ledger, reports: readonly NodeReport[]): readonly string[] {
  const now = new Date().toISOString();
  const live = Object.values(networks).filter(({ removed }) => removed === undefined);
  const carrying = live.flatMap(({ gateway, interfaces }) => [
    ...(gateway === undefined ? [] : [gateway.node]),
    ...Object.values(interfaces).flatMap(({ node, removed }) => (node === undefined || removed !== undefined ? [] : [node])),
  ]);
  return [...new Set([...carrying, ...reports.filter(report => !isSilent(report, now)).map(report => report.node)])];
}

/** The definitions of a commit that this node enforced; null where it is none, or is not in the history of `tip`. */
async function catalogAt({ definitions, path }: Remote, tip: Oid, commit: Oid): Promise<Catalog | null> {
  if (commit === '' || (await definitions.descends(tip, commit)) !== true) return null;
  try {
    const { files, entries } = await readFiles(definitions, commit, path);
    return (await loadCached(null, files, entries)).catalog;
  } catch (error) {
    if (error instanceof RepoError && error.code === 'corrupt') return null;
    throw error;
  }
}

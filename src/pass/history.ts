/** Whether the branch goes on from what was accepted before: here, or, where this node keeps nothing, as the status branch remembers it. */

import { type Oid, RepoError } from '../repo/repo.ts';
import { parseStatusFile } from '../report/node-report.ts';
import type { Refusal } from './pull.ts';
import { type Remote, readTexts, type Tips } from './remote.ts';

/** A commit that the branch must come after, and how messages call it. */
export interface Mark {
  readonly oid: Oid;
  readonly name: string;
}

/** null: the tip descends from the mark. "Cannot be told" is never "no", nor "yes". */
export async function refusalOfHistory(remote: Pick<Remote, 'definitions' | 'branch'>, tip: Oid, { oid, name }: Mark): Promise<Refusal | null> {
  const branch = `${remote.branch} at ${tip.slice(0, 10)}`;
  const meant = `if that is meant: netloom reconcile --accept ${tip}`;
  const refuse = (condition: Refusal['condition'], reason: string, message: string): Refusal => ({ condition, reason, message, diagnostics: [] });
  try {
    const does = await remote.definitions.descends(tip, oid);
    if (does === true) return null;
    if (does === false) return refuse('Stalled', 'HistoryRewritten', `${branch} does not descend from ${name}; ${meant}`);
    const cut = `the remote's own history is cut before it tells whether ${branch} descends from ${name}, which stays`;
    return refuse('Stalled', 'HistoryUnknown', `${cut}: give the remote its whole history (git fetch --unshallow there), or, ${meant}`);
  } catch (error) {
    if (!(error instanceof RepoError) || error.code === 'corrupt') throw error;
    const failed = `the history that tells whether ${branch} descends from ${name} could not be fetched: ${error.message}`;
    return refuse('FetchFailed', 'HistoryUnknown', `${failed}; the next pass asks again`);
  }
}

export interface First {
  readonly refusal: Refusal | null;
  /** From where on commits must be signed: the anchor of the configuration, or what this node had accepted; null where neither is known. */
  readonly since: Oid | null;
  readonly remarks: readonly string[];
}

/**
 * Asked by a node that keeps no revision: a new one, or one that lost its state. The branch must come after the anchor, and after
 * every revision that a node says it accepted: main may have been rewound while this one joins. Throws RepoError.
 */
export async function refusalOfFirst(remote: Remote, tips: Tips, tip: Oid, node: string): Promise<First> {
  const { anchor } = remote.verify ?? {};
  const accepted = await acceptedRevisions(remote, tips.status);
  const marks = [
    ...(anchor === undefined ? [] : [{ oid: anchor, name: `the anchor ${anchor.slice(0, 10)} (repo.verify.anchor)` }]),
    ...[...accepted].map(([oid, nodes]) => ({ oid, name: `${oid.slice(0, 10)}, which ${someOf(nodes)} accepted` })),
  ];
  const since = anchor ?? [...accepted].find(([, nodes]) => nodes.includes(node))?.[0] ?? null;
  for (const mark of marks) {
    const refusal = await refusalOfHistory(remote, tip, mark);
    if (refusal !== null) return { refusal, since, remarks: [] };
  }
  const beginning = `no earlier revision is known, neither here nor on the branch ${remote.statusBranch}: ${tip.slice(0, 10)} is taken as the beginning`;
  return { refusal: null, since, remarks: marks.length === 0 ? [beginning] : [] };
}

/** What each node accepted last, as it published it: commits, with the names of their nodes. Throws RepoError. */
async function acceptedRevisions({ status, statusBranch }: Remote, tip: Oid | null): Promise<ReadonlyMap<Oid, readonly string[]>> {
  const found = new Map<Oid, string[]>();
  if (tip === null) return found;
  await status.sync(statusBranch, tip);
  for (const text of (await readTexts(status, tip, 'nodes')).values()) {
    const parsed = parseStatusFile(text);
    if (!('report' in parsed)) continue;
    const { node, revision } = parsed.report;
    const oid = revision.accepted || revision.applied;
    if (/^[0-9a-f]{40}$/.test(oid)) found.set(oid, [...(found.get(oid) ?? []), node].sort());
  }
  return found;
}

const NAMED = 3;

function someOf(nodes: readonly string[]): string {
  return nodes.length <= NAMED ? nodes.join(', ') : `${nodes.slice(0, NAMED).join(', ')} and ${nodes.length - NAMED} more`;
}

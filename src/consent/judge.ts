/** Whether a revision may delete what it deletes. Law 10: many definitions, or the last of its kind, go only when somebody says so. */
import type { Catalog, KindName } from '../objects/object.ts';
import { type Deletion, deletionsOf, hashOf } from './deletions.ts';
import { approvalsIn, type Guards, type Lived } from './lived.ts';

export interface Verdict {
  readonly deletions: readonly Deletion[];
  /** Of the deletions: what `netloom approve` takes; '' for none. */
  readonly hash: string;
  /** Definitions that lived. */
  readonly of: number;
  /** Why somebody must agree, a phrase each; [] = nobody needs to. */
  readonly reasons: readonly string[];
  /** Deletions of protected definitions: nobody can approve those. */
  readonly protected: readonly Deletion[];
  /** The revision itself brings the approval. */
  readonly isApprovedThere: boolean;
}

/** Judges the way from what lived to a revision. The guards are those of what lived. */
export function judge(lived: Lived, after: Catalog): Verdict {
  const deletions = deletionsOf(lived, after);
  const hash = hashOf(deletions, after.cluster.name);
  return {
    deletions,
    hash,
    of: lived.living.size,
    reasons: [...tooMany(deletions.length, lived.living.size, lived.guards), ...theLast(deletions, after)],
    protected: deletions.filter(deletion => deletion.isProtected),
    isApprovedThere: approvalsIn(after).has(hash) && !lived.approvals.has(hash),
  };
}

/** Why so many deletions are many, a phrase each; [] where they are not. */
export function tooMany(count: number, of: number, { maxDeletions, maxDeletedPercent, percentAbove }: Guards): readonly string[] {
  if (count > maxDeletions) return [`more than ${maxDeletions}`];
  return count > percentAbove && count * 100 > maxDeletedPercent * of ? [`more than ${maxDeletedPercent} %`] : [];
}

function theLast(deletions: readonly Deletion[], after: Catalog): readonly string[] {
  const goes = (kind: KindName): boolean => deletions.some(deletion => deletion.kind === kind && deletion.fate === 'gone');
  const losesGateway = deletions.some(({ kind, fate, wasGateway }) => kind === 'Node' && (fate === 'no-gateway' || (fate === 'gone' && wasGateway)));
  return [
    ...(after.networks.size === 0 && goes('Network') ? ['the last Network'] : []),
    ...(after.nodes.size === 0 && goes('Node') ? ['the last Node'] : []),
    ...(losesGateway && ![...after.nodes.values()].some(node => node.spec.gateway) ? ['the last gateway'] : []),
  ];
}

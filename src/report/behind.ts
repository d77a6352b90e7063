/** Which nodes are behind: what they carry is not what the definitions say now, since when, and why. */
import { conditionOf } from './condition.ts';
import { isSilent, type ObjectState, type View } from './state.ts';

export interface Behind {
  readonly node: string;
  /** Commit of the last revision that is whole in its kernel; '' for none. */
  readonly applied: string;
  /** Commit that the definitions are at. */
  readonly newest: string;
  /** Not before: when the newest commit was made, or when what holds it up began. null: nobody knows. */
  readonly since: string | null;
  readonly reason: string;
  readonly message: string;
}

/**
 * By name. An older revision alone is none: a commit that changes nothing for a node is not told by it. So a node is behind
 * where an object of it is not what it should be, or where it says itself that it cannot follow.
 */
export function behindOf(view: View, objects: Iterable<ObjectState>): readonly Behind[] {
  const late = new Map<string, string>();
  for (const { nodes } of objects) {
    for (const { node, reason, message } of nodes) if ((reason === 'Outdated' || reason === 'Waiting') && !late.has(node)) late.set(node, message);
  }
  return [...view.catalog.nodes.keys()].sort().flatMap(node => {
    const found = heldUp(node, view) ?? (late.has(node) ? { since: view.revisionAt ?? null, reason: 'Waiting', message: late.get(node) ?? '' } : null);
    const applied = view.reports.get(node)?.revision.applied ?? '';
    return found === null ? [] : [{ node, applied, newest: view.revision, ...found }];
  });
}

/** What keeps a node from the newest revision, as it says itself, or because it says nothing any more. */
function heldUp(node: string, view: View): Pick<Behind, 'since' | 'reason' | 'message'> | null {
  const report = view.reports.get(node);
  if (report === undefined || report.revision.applied === view.revision) return null;
  if (isSilent(report, view.now)) return { since: report.heard, reason: 'Silent', message: `last heard ${report.heard}` };
  const why = (['Stalled', 'FetchFailed', 'Suspended'] as const)
    .map(type => conditionOf(report.conditions, type))
    .find(condition => condition?.status === true);
  return why === undefined ? null : { since: why.since, reason: why.reason, message: why.message };
}

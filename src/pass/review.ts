/** Two revisions and the status branch, all read, to what merging would do. Pure but for the rooms' clocks, which it is given. */
import type { Allocation } from '../allocate/allocate.ts';
import { judge } from '../consent/judge.ts';
import { livedIn } from '../consent/lived.ts';
import { countsText, protectedText } from '../consent/tell.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Ledger } from '../model/ledger.ts';
import { placesOf } from '../objects/index.ts';
import type { Catalog } from '../objects/object.ts';
import type { LivePlan } from '../report/live-plan.ts';
import type { NodeReport } from '../report/node-report.ts';
import type { Consent, NodeReview, Obstacle, Point, Remark, Review, WouldBe } from '../review/review.ts';
import { definitionChanges } from './definition-changes.ts';
import { networkOfDefinition } from './events.ts';
import { forecast } from './forecast.ts';
import { migrationRemarks } from './migrations.ts';
import { subjects } from './subjects.ts';

/** What the status branch says. */
export interface StatusSeen {
  /** False: there is none here. */
  readonly isHere: boolean;
  readonly ledger: Ledger;
  /** Networks and pools whose entry cannot be read. */
  readonly unreadable: readonly string[];
  readonly reports: ReadonlyMap<string, NodeReport>;
  /** By node: what it planned for head against its live kernel. */
  readonly live: ReadonlyMap<string, LivePlan>;
  readonly remarks: readonly Remark[];
}

export interface ReviewArgs {
  /** null: head is invalid, so nothing is compared with it. */
  readonly base: { readonly point: Point; readonly catalog: Catalog | null; readonly remarks: readonly Remark[] };
  readonly head: { readonly point: Point; readonly catalog: Catalog | null; readonly diagnostics: readonly Diagnostic[] };
  readonly root: string;
  readonly status: StatusSeen;
  /** Plans for this node alone. */
  readonly only?: string | undefined;
  readonly now: Date;
}

/** The whole review; of an invalid head its diagnostics alone. */
export function reviewOf({ base, head, root, status, only, now }: ReviewArgs): Review {
  const common = { base: base.point, head: head.point, root, diagnostics: head.diagnostics };
  if (base.catalog === null || head.catalog === null) return { ...NOTHING, ...common };
  const [before, after] = [base.catalog, head.catalog];
  const { allocated, before: waiting, nodes } = forecast({ base: before, head: after, now, ...status }, only);
  const networkOf = (definition: string) => networkOfDefinition(definition, after, waiting.ledger) ?? networkOfDefinition(definition, before, waiting.ledger);
  return {
    ...common,
    changes: definitionChanges(before, after),
    consent: consentFor(before, after),
    allocations: [...allocated.changes].map(wouldBe).sort((a, b) => (a.definition < b.definition ? -1 : 1)),
    pending: [...allocated.pending, ...allocated.notes.map(({ code, ...note }) => ({ ...note, reason: camel(code) }))].map(obstacle),
    remarks: [...migrationRemarks(before, after), ...status.remarks, ...base.remarks, ...(status.isHere ? basePending(waiting) : [])],
    // What is the same on all nodes is said once: that nothing is allocated, and that there is no status branch.
    nodes: nodes.map(node => saidOnce(node, new Set(allocated.pending.map(({ definition }) => definition)), status.isHere)),
    networkOf: definition => prefixed(networkOf(definition)),
    subjectsOf: subjects([before, after], [waiting.ledger, allocated.ledger]),
    placeOf: placesOf(after),
  };
}

const NOTHING: Omit<Review, 'base' | 'head' | 'root' | 'diagnostics'> = {
  changes: [],
  consent: null,
  allocations: [],
  pending: [],
  remarks: [],
  nodes: [],
  networkOf: () => undefined,
  subjectsOf: () => [''],
  placeOf: () => undefined,
};

// An approval that a person gave on a node is known there alone.
function consentFor(before: Catalog, after: Catalog): Consent | null {
  const verdict = judge(livedIn(before), after);
  if (verdict.protected.length > 0) return { reason: 'ProtectedObject', message: protectedText(verdict), hash: '' };
  if (verdict.reasons.length === 0 || verdict.isApprovedThere) return null;
  return { reason: 'NeedsApproval', message: `${countsText(verdict)}: ${verdict.reasons.join(', ')}`, hash: verdict.hash };
}

function saidOnce(node: NodeReview, pending: ReadonlySet<string>, hasStatus: boolean): NodeReview {
  return {
    ...node,
    caveats: node.caveats.filter(({ reason }) => hasStatus || reason !== 'NeverHeard'),
    obstacles: node.obstacles.filter(({ definition }) => !pending.has(definition)),
  };
}

function prefixed(network: string | undefined): string | undefined {
  return network === undefined ? undefined : `Network ${network}`;
}

function wouldBe({ definition, change, message }: WouldBe): WouldBe {
  return { definition, change, message };
}

function obstacle({ definition, reason, message }: Obstacle): Obstacle {
  return { definition, reason, message };
}

// `address-lost` is `AddressLost` among reasons.
function camel(code: string): string {
  return code.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function basePending({ changes }: Allocation): readonly Remark[] {
  const news = changes.filter(({ change }) => change !== 'release' && change !== 'forget');
  if (news.length === 0) return [];
  const names = news.slice(0, 3).map(({ definition }) => definition);
  const more = news.length > names.length ? ` and ${news.length - names.length} more` : '';
  return [{ reason: 'BasePending', message: `base itself waits for allocations, of ${names.join(', ')}${more}: its nodes have not caught up yet` }];
}

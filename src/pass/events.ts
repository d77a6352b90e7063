/** Events of a pass: what was allocated, and what was done to which definition. */
import { changesOf } from '../allocate/changes.ts';
import type { Outcome } from '../kinds/step.ts';
import { EMPTY_LEDGER, type Ledger } from '../model/ledger.ts';
import type { Catalog } from '../objects/object.ts';
import { targetOf } from '../objects/services.ts';
import { eventsOf, type NetEvent } from '../report/events.ts';
import { heldBy } from '../report/holders.ts';
import { KIND_OF, type NodeReport, type ObjectPlural } from '../report/node-report.ts';
import type { Enforced } from './enforce.ts';
import type { Pulled } from './pull.ts';
import { formerlyOf } from './report.ts';
import type { Settled } from './settle.ts';

export interface PassEventArgs {
  readonly node: string;
  readonly pulled: Pulled;
  readonly settled: Settled;
  readonly catalog: Catalog;
  readonly enforced: Enforced;
  /** What this node published last, and what it is about to publish. */
  readonly before: NodeReport | null;
  readonly report: NodeReport;
  /** The ledger that the last pass ran with; null on a new node. */
  readonly previous: Ledger | null;
}

/** Oldest first. Nothing was done and nothing allocated: none. */
export function passEvents(args: PassEventArgs): readonly NetEvent[] {
  const { node, pulled, settled, catalog, enforced } = args;
  const revision = pulled.good?.revision ?? '';
  const formerly = formerlyOf(settled.ledger);
  const objectOf = (outcome: Outcome): string => outcome.step.from[0]?.definition ?? formerly(outcome.step.ref);
  const cause = causeOf(args);
  const of = (wanted: NetEvent['type']) => enforced.outcomes.filter(outcome => cause(objectOf(outcome)) === wanted);
  const commit = pulled.commit === null ? null : { author: pulled.commit.author, subject: pulled.commit.subject, at: pulled.commit.at };
  const changed = of('change');
  const fates = fatesOf(args, new Set([...settled.changes.map(change => change.definition), ...changed.map(objectOf)]));
  const context = { node, revision, networkOf: (definition: string) => networkOfDefinition(definition, catalog, settled.ledger) };
  return [
    ...approvalEvents(args, revision),
    ...allocationEvents(node, revision, settled, context.networkOf),
    ...eventsOf(of('drift'), { ...context, cause: 'drift', commit: null }, objectOf),
    ...eventsOf(changed, { ...context, cause: 'change', commit, fates }, objectOf),
  ];
}

// Deletions that went ahead because somebody said so.
function approvalEvents({ node, pulled, settled }: PassEventArgs, revision: string): readonly NetEvent[] {
  if (!pulled.approved) return [];
  const { hash, by, what } = pulled.approved;
  const who = by === null ? 'by the annotation at the Cluster' : `by ${by} on this node`;
  const message = `${hash}, approved ${who}: ${what}`;
  return [
    { at: settled.at, node, object: `Node ${node}`, type: 'audit', operation: 'delete with approval', phase: 'finish', durationMs: null, revision, message },
  ];
}

/**
 * Drift is what had to be done to a definition that this node had reported as made, and that asks for the same now. What a
 * node shares among all its networks follows every change of them, so there only a pass without any news tells of drift.
 */
function causeOf({ pulled, settled, before, report }: PassEventArgs): (definition: string) => 'change' | 'drift' {
  const revision = pulled.good?.revision ?? '';
  const hasNews = pulled.advanced || settled.changes.length > 0 || before === null || before.revision.applied !== revision;
  return definition => {
    const [kind, key = ''] = definition.split(' ');
    const plural = PLURALS.find(each => KIND_OF[each] === kind);
    if (plural === undefined) return hasNews ? 'change' : 'drift';
    const was = before?.[plural][key];
    const wasMade = was?.state === 'ready' || was?.state === 'degraded';
    return wasMade && was.digest === report[plural][key]?.digest ? 'drift' : 'change';
  };
}

const PLURALS = Object.keys(KIND_OF) as readonly ObjectPlural[];

const OPERATIONS = {
  allocate: 'allocate',
  restore: 'give back',
  change: 'change allocation',
  release: 'release',
  forget: 'forget',
  repair: 'repair allocation',
} as const;

function allocationEvents(node: string, revision: string, settled: Settled, networkOf: (definition: string) => string | undefined): readonly NetEvent[] {
  const base = { at: settled.at, node, type: 'change', durationMs: null, revision } as const;
  const made = settled.changes.map(({ definition, change, network: own, message }): NetEvent => {
    const network = own === '' ? networkOf(definition) : own;
    return {
      ...base,
      object: definition,
      ...(network === undefined ? {} : { network }),
      operation: OPERATIONS[change],
      phase: 'finish',
      message,
    };
  });
  const lost = settled.notes.map(
    (note): NetEvent => ({ ...base, object: note.definition, type: 'status', operation: note.code, phase: 'finish', message: note.message }),
  );
  return [...made, ...lost];
}

/** The network that a definition belongs to. Of what has no definition any more the ledger still knows where it was. */
export function networkOfDefinition(definition: string, catalog: Catalog, ledger: Ledger): string | undefined {
  const [kind, key = ''] = definition.split(' ');
  if (kind === 'Network') return key;
  const floating = kind === 'FloatingIP' ? catalog.floatingIPs.get(key) : undefined;
  if (floating !== undefined) return targetOf(floating, catalog)?.network.key;
  const routed = kind === 'RoutedIP' ? catalog.routedIPs.get(key) : undefined;
  if (routed !== undefined) return `${routed.namespace}/${routed.spec.network}`;
  if (kind !== 'Interface') return undefined;
  const iface = catalog.interfaces.get(key);
  if (iface !== undefined) return `${iface.namespace}/${iface.spec.network}`;
  return Object.keys(ledger.networks).find(network => ledger.networks[network]?.interfaces[key] !== undefined);
}

/**
 * What a commit does to these definitions: told by what changed hands since this node's last pass, whoever allocated it. A
 * new node knows no last pass: to it is new what was allocated after the commit was made.
 */
function fatesOf({ settled, previous, pulled }: PassEventArgs, about: ReadonlySet<string>): ReadonlyMap<string, Fate> {
  const fates = { allocate: 'create', restore: 'create', change: 'change', release: 'delete', forget: 'delete', repair: 'change' } as const;
  const since = pulled.commit?.at ?? 0;
  const told =
    previous === null
      ? [...changesOf(EMPTY_LEDGER, settled.ledger)].filter(({ definition }) => sinceOf(definition, settled.ledger) >= since)
      : changesOf(previous, settled.ledger);
  const whose = [...told, ...settled.changes].filter(({ definition, change }) => about.has(definition) && change !== 'repair');
  return new Map(whose.map(({ definition, change }) => [definition, fates[change]]));
}

type Fate = 'create' | 'change' | 'delete';

// The ledger counts whole seconds.
function sinceOf(definition: string, ledger: Ledger): number {
  const [kind, key = ''] = definition.split(' ');
  const entry = entryOf(kind, key, ledger);
  return entry === undefined ? 0 : Date.parse(entry.since);
}

function entryOf(kind: string | undefined, key: string, ledger: Ledger): { readonly since: string } | undefined {
  if (kind === 'Network') return ledger.networks[key];
  if (kind === 'AddressPool') return ledger.pools?.[key];
  if (kind === 'FloatingIP') return heldBy('floating', key, ledger)?.holder;
  if (kind === 'RoutedIP') return heldBy('routed', key, ledger)?.holder;
  return Object.values(ledger.networks).find(network => network.interfaces[key])?.interfaces[key];
}

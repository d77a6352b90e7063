/** Events of a pass: what was allocated, and what was done to which definition. */
import type { Catalog } from '../objects/object.ts';
import { eventsOf, type NetEvent } from '../report/events.ts';
import type { NodeReport } from '../report/node-report.ts';
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
  readonly before: NodeReport | null;
}

/** Oldest first. Nothing was done and nothing allocated: none. */
export function passEvents({ node, pulled, settled, catalog, enforced, before }: PassEventArgs): readonly NetEvent[] {
  const revision = pulled.good?.revision ?? '';
  const formerly = formerlyOf(settled.ledger);
  const isNew = pulled.advanced || settled.changes.length > 0 || before === null || before.revision.applied !== revision;
  const commit = pulled.commit === null ? null : { author: pulled.commit.author, subject: pulled.commit.subject, at: pulled.commit.at };
  const networkOf = (definition: string): string | undefined => networkOfDefinition(definition, catalog);
  const done = eventsOf(
    enforced.outcomes,
    { node, revision, cause: isNew ? 'change' : 'drift', commit: isNew ? commit : null, networkOf, fates: fatesOf(settled) },
    outcome => formerly(outcome.step.ref),
  );
  return [...allocationEvents(node, revision, settled), ...done];
}

function allocationEvents(node: string, revision: string, settled: Settled): readonly NetEvent[] {
  const at = new Date().toISOString();
  const base = { at, node, type: 'change', durationMs: null, revision } as const;
  const made = settled.changes.map(
    ({ definition, change, network, message }): NetEvent => ({
      ...base,
      object: definition,
      network,
      operation: `${change} allocation`,
      phase: 'finish',
      message,
    }),
  );
  const lost = settled.notes.map(
    (note): NetEvent => ({ ...base, object: note.definition, type: 'status', operation: note.code, phase: 'finish', message: note.message }),
  );
  return [...made, ...lost];
}

function networkOfDefinition(definition: string, catalog: Catalog): string | undefined {
  const [kind, key = ''] = definition.split(' ');
  if (kind === 'Network') return key;
  const iface = kind === 'Interface' ? catalog.interfaces.get(key) : undefined;
  return iface === undefined ? undefined : `${iface.namespace}/${iface.spec.network}`;
}

function fatesOf(settled: Settled): ReadonlyMap<string, 'create' | 'change' | 'delete'> {
  const fates = { allocate: 'create', restore: 'create', change: 'change', release: 'delete', forget: 'delete', repair: 'change' } as const;
  return new Map(settled.changes.map(change => [change.definition, fates[change.change]]));
}

/** `netloom status`, `get`, `describe`, `events`, `addresses`: what the branches say, as tables and as data. */
import { stringify } from 'yaml';
import { parseDuration } from '../model/duration.ts';
import type { Seen } from '../pass/view.ts';
import { addressList, addressRows } from '../report/addresses.ts';
import { describeInterface, describeNetwork, describeNode } from '../report/describe.ts';
import { EVENT_TYPES, eventList, eventRows, selectEvents } from '../report/events.ts';
import {
  type AnyRecord,
  type InterfaceRecord,
  interfaceRecord,
  interfaceRecords,
  listOf,
  type NamespaceRecord,
  type NetworkRecord,
  type NodeRecord,
  namespaceRecords,
  networkRecord,
  networkRecords,
  nodeRecord,
  nodeRecords,
} from '../report/records.ts';
import type { RefKind } from '../report/resolve-ref.ts';
import { interfaceRows, type Listing, nameLines, namespaceRows, networkRows, nodeRows } from '../report/rows.ts';
import { statusSummary, statusText } from '../report/summary.ts';
import { csv, table } from '../report/table.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { columns, print } from './terminal.ts';
import { keyOf, kindOf, look, type ViewOptions } from './view-source.ts';

type Form = 'table' | 'wide' | 'json' | 'yaml' | 'name' | 'csv';
type Options = ViewOptions & { readonly output: Form };

/** Exit 2 when something is not Ready, for monitoring. */
export async function statusCommand(options: Options): Promise<ExitCode> {
  const seen = await look(options);
  const record = statusSummary(seen);
  if (!printData(record, options.output)) print(statusText(seen, columns()));
  return record.ready ? EXIT.fine : EXIT.changes;
}

/** Lists the objects of a kind, or shows one of them. */
export async function getCommand(word: string, ref: string | undefined, options: Options): Promise<ExitCode> {
  const kind = kindOf(word);
  const seen = await look(options);
  const records = ref === undefined ? listed(kind, seen, options) : [one(kind, keyOf(ref, kind, options, seen), seen)];
  const isList = ref === undefined;
  if (options.output === 'name') print(nameLines(records).join('\n'));
  else if (!printData(isList ? listOf(records) : records[0], options.output)) {
    if (records.length === 0) print(`No ${word} in ${options.allNamespaces ? 'any namespace' : `namespace ${options.namespace} (-A shows all)`}.`);
    else print(shown(rowsOf(kind, records, { wide: options.output === 'wide', namespaces: options.allNamespaces === true })));
  }
  return EXIT.fine;
}

/** Everything about one object, with its newest events. */
export async function describeCommand(word: string, ref: string, options: Options): Promise<ExitCode> {
  const kind = kindOf(word);
  const seen = await look(options);
  const key = keyOf(ref, kind, options, seen);
  const record = one(kind, key, seen);
  const events = selectEvents(seen.events, { object: `${kind} ${key}`, limit: 10 });
  if (printData({ ...record, events }, options.output)) return EXIT.fine;
  if (record.kind === 'Network')
    print(
      describeNetwork(
        record,
        interfaceRecords(seen).filter(guest => guest.status.network === key),
        events,
        columns(),
      ),
    );
  else if (record.kind === 'Interface') print(describeInterface(record, events, columns()));
  else if (record.kind === 'Node') print(describeNode(record, seen.reports.get(key), events, columns()));
  else print(shown(namespaceRows([record], { wide: true })));
  return EXIT.fine;
}

/** What happened to one object, newest first. */
export async function eventsCommand(word: string, ref: string, options: Options & { readonly limit: string; readonly type?: string }): Promise<ExitCode> {
  const kind = kindOf(word);
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) throw new CommandError(`--limit ${options.limit} is not a number from 1 up`);
  if (options.type !== undefined && !EVENT_TYPES.some(type => type === options.type)) {
    throw new CommandError(`--type ${options.type} is none`, { hint: EVENT_TYPES.join(', ') });
  }
  const seen = await look(options);
  const object = `${kind} ${keyOf(ref, kind, options, seen)}`;
  const found = selectEvents(seen.events, { object, type: options.type, limit });
  if (options.output === 'json') print(JSON.stringify(eventList(found), null, 2));
  else print(found.length === 0 ? 'No events.' : shown(eventRows(found, object)));
  return EXIT.fine;
}

/** Every address of a network that is not free. */
export async function addressesCommand(ref: string, options: Options): Promise<ExitCode> {
  const seen = await look(options);
  const key = keyOf(ref, 'Network', options, seen);
  const list = addressList(key, seen, parseDuration(seen.catalog.cluster.spec.quarantine) ?? 0);
  if (list === null) throw new CommandError(`nothing is allocated to Network ${key} yet`);
  if (printData(list, options.output)) return EXIT.fine;
  const { columns: heads, rows } = addressRows(list);
  if (options.output === 'csv') print(csv(heads, rows));
  else
    print(list.items.length === 0 ? `Network ${key} is layer 2 only: it has no addresses.` : shown({ columns: heads.map(head => head.toUpperCase()), rows }));
  return EXIT.fine;
}

function listed(kind: RefKind, seen: Seen, { namespace, allNamespaces }: ViewOptions): readonly AnyRecord[] {
  const isHere = (record: AnyRecord): boolean => allNamespaces === true || record.metadata.namespace === namespace;
  if (kind === 'Network') return networkRecords(seen).filter(isHere);
  if (kind === 'Interface') return interfaceRecords(seen).filter(isHere);
  return kind === 'Node' ? nodeRecords(seen) : namespaceRecords(seen);
}

function one(kind: RefKind, key: string, seen: Seen): AnyRecord {
  const found =
    kind === 'Network'
      ? networkRecord(key, seen)
      : kind === 'Interface'
        ? interfaceRecord(key, seen)
        : kind === 'Node'
          ? nodeRecord(key, seen)
          : (namespaceRecords(seen).find(record => record.metadata.name === key) ?? null);
  if (found === null) throw new CommandError(`there is no ${kind} ${key}`);
  return found;
}

function rowsOf(kind: RefKind, records: readonly AnyRecord[], options: { readonly wide: boolean; readonly namespaces: boolean }): Listing {
  if (kind === 'Network') return networkRows(records as readonly NetworkRecord[], options);
  if (kind === 'Interface') return interfaceRows(records as readonly InterfaceRecord[], options);
  if (kind === 'Node') return nodeRows(records as readonly NodeRecord[], options);
  return namespaceRows(records as readonly NamespaceRecord[], options);
}

function shown(listing: Listing): string {
  return table(listing.columns, listing.rows, columns());
}

// True when it was one of the forms for programs.
function printData(value: unknown, form: Form): boolean {
  if (form === 'json') print(JSON.stringify(value, null, 2));
  else if (form === 'yaml') print(stringify(value));
  else return false;
  return true;
}

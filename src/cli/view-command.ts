/** `netloom status`, `get`, `describe`, `events`, `addresses`: what the branches say, as tables and as data. */
import { stringify } from 'yaml';
import { parseDuration } from '../model/duration.ts';
import { liveUsage } from '../pass/usage.ts';
import type { Seen } from '../pass/view.ts';
import { type AddressList, addressList, addressRows, poolAddressList } from '../report/addresses.ts';
import { EVENT_TYPES, eventList, eventRows, selectEvents } from '../report/events.ts';
import { type AnyRecord, listOf } from '../report/records.ts';
import { type RefKind, refIndex, resolveRef } from '../report/resolve-ref.ts';
import { type Listing, nameLines } from '../report/rows.ts';
import { statusSummary, statusText } from '../report/summary.ts';
import { csv, table } from '../report/table.ts';
import { publishedUsage, type Usage } from '../report/usage.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { columns, print } from './terminal.ts';
import { viewOf } from './view-kinds.ts';
import { hereIn, keyOf, kindOf, look, type ViewOptions } from './view-source.ts';

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
export async function getCommand(word: string, ref: string | undefined, options: Options & { readonly network?: string }): Promise<ExitCode> {
  const kind = kindOf(word);
  if (options.network !== undefined && kind !== 'Interface')
    throw new CommandError('--network goes with interfaces', { hint: 'get interfaces --network NAME' });
  const seen = await look(options);
  const records = ref === undefined ? listed(kind, seen, options) : [one(kind, keyOf(ref, kind, options, seen), seen)];
  const isList = ref === undefined;
  if (options.output === 'name') print(nameLines(records).join('\n'));
  else if (!printData(isList ? listOf(records) : records[0], options.output)) {
    const wide = options.output === 'wide';
    if (records.length === 0) print(`No ${word} in ${options.allNamespaces ? 'any namespace' : `namespace ${options.namespace} (-A shows all)`}.`);
    else print(shown(viewOf(kind).rows(records, { wide, namespaces: wide || options.allNamespaces === true })));
  }
  return EXIT.fine;
}

/** Everything about one object, with its newest events. */
export async function describeCommand(word: string, ref: string, options: Options): Promise<ExitCode> {
  const kind = kindOf(word);
  const seen = await look(options);
  const key = keyOf(ref, kind, options, seen);
  const record = one(kind, key, seen);
  const object = `${kind} ${key}`;
  const lifecycle = seen.events.filter(event => event.type !== 'usage');
  const events = selectEvents(lifecycle, { object, limit: 10 });
  const usage = ['Network', 'Interface', 'FloatingIP'].includes(kind) ? { usage: await usageOf(object, options, seen) } : {};
  if (!printData({ ...record, ...usage, events }, options.output)) print(viewOf(kind).describe(record, { events, ...usage, width: columns() }, seen));
  return EXIT.fine;
}

/** What happened to one object, newest first. */
export async function eventsCommand(word: string, ref: string, options: Options & { readonly limit: string; readonly type?: string }): Promise<ExitCode> {
  const kind = kindOf(word);
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1)
    throw new CommandError(`--limit ${options.limit} is not a number from 1 up`, { hint: 'a hundred, when it is left out' });
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

/** Every address of a network, or of a pool, that is not free. */
export async function addressesCommand(ref: string, options: Options): Promise<ExitCode> {
  const seen = await look(options);
  const list = addressesOf(ref, options, seen);
  if (printData(list, options.output)) return EXIT.fine;
  const { columns: heads, rows } = addressRows(list);
  if (options.output === 'csv') print(csv(heads, rows));
  else
    print(
      list.items.length === 0
        ? `Network ${list.network} is layer 2 only: it has no addresses.`
        : shown({ columns: heads.map(head => head.toUpperCase()), rows }),
    );
  return EXIT.fine;
}

// A network of that name comes first: pools are few, and can be named by an address of theirs.
function addressesOf(ref: string, options: Options, seen: Seen): AddressList {
  const quarantineMs = parseDuration(seen.catalog.cluster.spec.quarantine) ?? 0;
  const index = refIndex(seen);
  const network = resolveRef(ref, 'Network', options.allNamespaces ? null : options.namespace, index);
  const pool = resolveRef(ref, 'AddressPool', null, index);
  const isPool = !('key' in network) && network.candidates.length === 0 && 'key' in pool;
  const key = isPool ? pool.key : keyOf(ref, 'Network', options, seen);
  const list = isPool ? poolAddressList(key, seen, quarantineMs) : addressList(key, seen, quarantineMs);
  if (list === null)
    throw new CommandError(`nothing is allocated to ${isPool ? 'AddressPool' : 'Network'} ${key} yet`, {
      hint: 'the first pass of any node allocates: netloom reconcile',
    });
  return list;
}

// On a node that counts the object the kernel is asked, elsewhere the newest samples tell.
async function usageOf(object: string, options: Options, seen: Seen): Promise<readonly Usage[]> {
  const published = publishedUsage(seen.events, object);
  const here = hereIn(options);
  const live = here === null ? null : await liveUsage(object, { ...here, catalog: seen.catalog, ledger: seen.ledger, now: new Date() });
  return live === null ? published : [...published.filter(usage => usage.node !== live.node), live].sort((a, b) => (a.node < b.node ? -1 : 1));
}

function listed(kind: RefKind, seen: Seen, { namespace, allNamespaces, network }: ViewOptions & { readonly network?: string }): readonly AnyRecord[] {
  const of = network === undefined ? undefined : keyOf(network, 'Network', { namespace, ...(allNamespaces === undefined ? {} : { allNamespaces }) }, seen);
  const isHere = (record: AnyRecord): boolean => {
    if (record.kind === 'Interface' && of !== undefined) return record.status.network === of;
    return allNamespaces === true || record.metadata.namespace === undefined || record.metadata.namespace === namespace;
  };
  return viewOf(kind).list(seen).filter(isHere);
}

function one(kind: RefKind, key: string, seen: Seen): AnyRecord {
  const found = viewOf(kind).one(key, seen);
  if (found === null) throw new CommandError(`there is no ${kind} ${key}`, { hint: `netloom get ${kind.toLowerCase()} -A` });
  return found;
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

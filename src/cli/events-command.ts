/** `netloom events`: what happened to one object, to all of a kind, in a tenant, or anywhere; newest first, or as it happens. */
import type { LabelSelector } from '../model/label-selector.ts';
import { selects } from '../model/label-selector.ts';
import type { Seen } from '../pass/view.ts';
import { EVENT_TYPES, type NetEvent } from '../report/events.ts';
import { asOf } from '../report/freshness.ts';
import type { RefKind } from '../report/resolve-ref.ts';
import { type EventFilter, eventList, eventRows, selectEvents } from '../report/select-events.ts';
import { openTable, type TableWriter } from '../report/table.ts';
import { watchEvent } from '../report/watch-events.ts';
import { durationOption } from './duration-option.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { type FollowOptions, follow } from './follow.ts';
import { columns, print } from './terminal.ts';
import { printOne, shown } from './view-output.ts';
import { keyOf, kindOf, labelsIn, look, sayAge, selectorOf, type ViewOptions } from './view-source.ts';

interface Options extends Omit<ViewOptions, 'namespace'>, FollowOptions {
  readonly namespace?: string;
  readonly output: 'table' | 'json';
  readonly limit: string;
  readonly type?: string;
  readonly since?: string;
  readonly node?: string;
  readonly selector?: string;
  readonly watch?: true;
}

interface Asked {
  readonly kind: RefKind | undefined;
  readonly ref: string | undefined;
  readonly limit: number;
  readonly sinceMs: number | undefined;
  readonly selector: LabelSelector;
  readonly options: Options;
}

/** Without KIND and REF: of the whole cluster, or of the tenant that `-n` names. */
export async function eventsCommand(word: string | undefined, ref: string | undefined, options: Options): Promise<ExitCode> {
  const asked = askedBy(word, ref, options);
  if (options.watch) return watchEvents(asked);
  const seen = await look(options);
  const { filter, events } = await found(asked, seen);
  if (options.output === 'json') print(JSON.stringify(eventList(events, asOf(seen)), null, 2));
  else {
    print(events.length === 0 ? 'No events.' : shown(eventRows(events, filter.object)));
    sayAge(seen);
  }
  return EXIT.fine;
}

function askedBy(word: string | undefined, ref: string | undefined, options: Options): Asked {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1)
    throw new CommandError(`--limit ${options.limit} is not a number from 1 up`, { hint: 'a hundred, when it is left out' });
  if (options.type !== undefined && !EVENT_TYPES.some(type => type === options.type)) {
    throw new CommandError(`--type ${options.type} is none`, { hint: EVENT_TYPES.join(', ') });
  }
  if (ref !== undefined && options.selector !== undefined) throw new CommandError('-l and a REF exclude each other', { hint: 'leave one of them out' });
  const sinceMs = options.since === undefined ? undefined : durationOption('--since', options.since);
  return { kind: word === undefined ? undefined : kindOf(word), ref, limit, sinceMs, selector: selectorOf(options.selector), options };
}

async function found(asked: Asked, seen: Seen): Promise<{ readonly filter: EventFilter; readonly events: readonly NetEvent[] }> {
  const { filter, holding } = filterOf(asked, seen);
  return { filter, events: selectEvents(await seen.events({ holding }), filter) };
}

function filterOf({ kind, ref, limit, sinceMs, selector, options }: Asked, seen: Seen): { readonly filter: EventFilter; readonly holding: string } {
  const { namespace = 'default', allNamespaces, node, type } = options;
  if (node !== undefined && !seen.catalog.nodes.has(node) && !seen.reports.has(node))
    throw new CommandError(`there is no Node ${node}`, { hint: 'netloom get nodes lists all there are' });
  const key = kind === undefined || ref === undefined ? undefined : keyOf(ref, kind, { namespace, ...(allNamespaces ? { allNamespaces } : {}) }, seen);
  const filter: EventFilter = {
    object: key === undefined ? undefined : `${kind} ${key}`,
    namespace: key === undefined && !allNamespaces ? options.namespace : undefined,
    isChosen: key === undefined ? chosen(kind, selector, seen) : undefined,
    type,
    node,
    since: sinceMs === undefined ? undefined : new Date(Date.parse(seen.now) - sinceMs).toISOString(),
    limit,
  };
  // The narrowest text that every line has which is wanted.
  const holding = key ?? (type === undefined ? (filter.namespace ?? '') : `"type":"${type}"`);
  return { filter, holding };
}

function chosen(kind: RefKind | undefined, selector: LabelSelector, { catalog }: Seen): EventFilter['isChosen'] {
  if (kind === undefined && selector.length === 0) return undefined;
  const labels = labelsIn(catalog);
  return object => (kind === undefined || object.startsWith(`${kind} `)) && (selector.length === 0 || selects(selector, labels(object)));
}

// Oldest first, as they happen: what is new comes last.
function watchEvents(asked: Asked): Promise<ExitCode> {
  const told = new Set<string>();
  let writer: TableWriter | undefined;
  let pinned = asked;
  const tell = async (seen: Seen): Promise<void> => {
    const isFirst = told.size === 0 && writer === undefined;
    if (isFirst && asked.kind !== undefined && asked.ref !== undefined) {
      pinned = { ...asked, ref: keyOf(asked.ref, asked.kind, { namespace: 'default', ...asked.options }, seen) };
    }
    const { filter, events } = await found(isFirst ? pinned : { ...pinned, limit: Number.MAX_SAFE_INTEGER }, seen);
    const fresh = events.filter(event => !told.has(idOf(event))).reverse();
    const listing = eventRows(fresh, filter.object);
    writer ??= openTable(listing, columns());
    if (isFirst && asked.options.output === 'table') print(writer.head);
    // All of them: what the limit left out at first is old.
    for (const event of isFirst ? selectEvents(await seen.events(), { ...filter, limit: Number.MAX_SAFE_INTEGER }) : fresh) told.add(idOf(event));
    fresh.forEach((event, i) => {
      if (!printOne(watchEvent('ADDED', event, seen), asked.options.output)) print(writer?.line(listing.rows[i] ?? []) ?? '');
    });
  };
  return follow(asked.options, { tell });
}

function idOf({ at, node, object, operation, phase, message }: NetEvent): string {
  return [at, node, object, operation, phase, message].join('\n');
}

/** Which events are shown, and how: of one object, of a tenant, of all; newest first. */
import type { NetEvent } from './events.ts';
import type { AsOf } from './freshness.ts';
import { API_VERSION } from './record-head.ts';
import type { Listing } from './rows.ts';

/** The lines of a file that hold a text; '' = all. */
export function linesHolding(text: string, needle: string): string {
  if (needle === '') return text;
  const lines: string[] = [];
  for (let at = text.indexOf(needle); at >= 0; ) {
    const end = text.indexOf('\n', at);
    lines.push(text.slice(text.lastIndexOf('\n', at) + 1, end < 0 ? undefined : end));
    at = end < 0 ? -1 : text.indexOf(needle, end);
  }
  return lines.join('\n');
}

export interface EventFilter {
  /** `Network default/demo`; a network's events include those of its interfaces. Absent: of all objects. */
  readonly object?: string | undefined;
  /** Only of objects of this tenant. */
  readonly namespace?: string | undefined;
  /** Only of objects for which this holds. */
  readonly isChosen?: ((object: string) => boolean) | undefined;
  /** Absent: all types; of no object in particular all but the hourly samples of usage. */
  readonly type?: string | undefined;
  /** Only what this node tells. */
  readonly node?: string | undefined;
  /** Not what is older: ISO 8601. */
  readonly since?: string | undefined;
  readonly limit: number;
}

/** Events on all nodes, newest first. */
export function selectEvents(events: readonly NetEvent[], filter: EventFilter): readonly NetEvent[] {
  const found = events.filter(isWanted(filter)).map((event, i) => [event, i] as const);
  const oldestFirst = found.sort(([a, i], [b, j]) => compare(a.at, b.at) || i - j).map(([event]) => event);
  return onceEach(oldestFirst).reverse().slice(0, filter.limit);
}

// Whatever the limit.
function isWanted({ object, namespace, isChosen, type, node, since }: EventFilter): (event: NetEvent) => boolean {
  return event =>
    (type === undefined ? object !== undefined || event.type !== 'usage' : event.type === type) &&
    (node === undefined || event.node === node) &&
    (since === undefined || event.at >= since) &&
    (object === undefined || isAbout(event, object)) &&
    (namespace === undefined || isOf(event, namespace)) &&
    (isChosen === undefined || isChosen(event.object));
}

function isAbout(event: NetEvent, object: string): boolean {
  return event.object === object || `Network ${event.network}` === object || (object.startsWith('Node ') && object === `Node ${event.node}`);
}

function isOf({ object, network }: NetEvent, namespace: string): boolean {
  const key = object.slice(object.indexOf(' ') + 1);
  return key.startsWith(`${namespace}/`) || network?.startsWith(`${namespace}/`) === true || object === `Namespace ${namespace}`;
}

// Every member tells of the same commit; once is enough.
function onceEach(events: readonly NetEvent[]): NetEvent[] {
  const told = new Set<string>();
  return events.filter(({ operation, revision, object }) => {
    const key = `${revision} ${object}`;
    const isNew = operation !== 'commit' || !told.has(key);
    if (operation === 'commit') told.add(key);
    return isNew;
  });
}

export interface EventList {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'EventList';
  readonly asOf?: AsOf;
  readonly items: readonly NetEvent[];
}

/** Events as JSON prints them: schemas/output/events.json. */
export function eventList(items: readonly NetEvent[], asOf?: AsOf): EventList {
  return { apiVersion: API_VERSION, kind: 'EventList', ...(asOf === undefined ? {} : { asOf }), items };
}

/**
 * Columns and rows for `table`. The message of what belongs to `object` names it (an interface of a network); without an object
 * there is a column for it.
 */
export function eventRows(events: readonly NetEvent[], object?: string): Listing {
  const columns = ['TIMESTAMP', 'NODE', ...(object === undefined ? ['OBJECT'] : []), 'OPERATION', 'PHASE', 'DURATION', 'MESSAGE'];
  return { columns, rows: events.map(event => eventRow(event, object)) };
}

function eventRow(event: NetEvent, object: string | undefined): readonly string[] {
  const duration = event.durationMs === null ? '' : `${(event.durationMs / 1000).toFixed(3)}s`;
  const message = object === undefined || event.object === object ? event.message : [event.object, event.message].filter(Boolean).join(': ');
  return [event.at, event.node, ...(object === undefined ? [event.object] : []), event.operation, event.phase, duration, message];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

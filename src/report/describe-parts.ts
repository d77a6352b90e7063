/** What the screens of `describe` have in common: fields, tables with a title, and how people read them. */
import type { NetEvent } from './events.ts';
import type { RecordHead } from './record-head.ts';
import type { Listing } from './rows.ts';
import { eventRows } from './select-events.ts';
import type { NodeStand } from './state.ts';
import { table } from './table.ts';
import { type Usage, usageRows } from './usage.ts';

export type Field = readonly [label: string, value: string | readonly string[]];

/** Name, tenant, place, labels and annotations: a line each, also for those that are not there. */
export function named(kind: string, { metadata, from }: RecordHead): readonly Field[] {
  const { name, namespace, labels, annotations } = metadata;
  const pairs = (map: Readonly<Record<string, string>>): readonly string[] => Object.entries(map).map(([key, value]) => `${key}=${value}`);
  return [
    [kind, namespace === undefined ? name : `${namespace}/${name}`],
    ...(namespace === undefined ? [] : [['Namespace', namespace] as const]),
    ['Defined', from],
    ['Labels', pairs(labels)],
    ['Annotations', pairs(annotations)],
  ];
}

/** `error (UnknownUser): n1: no user alice`. */
export function stateText({ state, reason, message }: { readonly state: string; readonly reason: string; readonly message: string }): string {
  return `${state}${reason === '' ? '' : ` (${reason})`}${message === '' ? '' : `: ${message}`}`;
}

export function sinceText({ since, removed }: { readonly since: string | null; readonly removed: string | null }): string {
  return removed === null ? (since ?? '') : `${since}, removed ${removed}`;
}

/** How each node stands to the object; '' for none. */
export function standsTable(stands: readonly NodeStand[], width: number | undefined): string {
  const rows = stands.map(each => [each.node, each.state, each.reason, each.message]);
  return titledTable('Nodes', { columns: ['NODE', 'STATE', 'REASON', 'MESSAGE'], rows }, width);
}

/** What happened, without the hourly samples of usage; '' for nothing. */
export function eventsTable(object: string, events: readonly NetEvent[], width: number | undefined): string {
  return titledTable('Events', eventRows(events, object), width);
}

export function usageTable(usage: readonly Usage[], width: number | undefined): string {
  return titledTable('Usage', usageRows(usage), width);
}

/** A table below a title, indented; '' for no rows. `width` is the terminal's. */
export function titledTable(title: string, { columns, rows }: Listing, width: number | undefined): string {
  return rows.length === 0 ? '' : titled(title, table(columns, rows, width === undefined ? undefined : width - INDENT.length));
}

const INDENT = '  ';

/** Text below a title, indented; '' for no text. */
export function titled(title: string, text: string): string {
  return text === '' ? '' : `${title}:\n${text.replace(/^/gm, INDENT)}`;
}

/** Parts with an empty line between them; those that are '' are left out. */
export function sections(parts: readonly string[]): string {
  return parts.filter(part => part !== '').join('\n\n');
}

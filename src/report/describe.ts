/** Everything about one object, on a screen: what `describe` prints. */
import { harmless } from '../model/text.ts';
import type { NetEvent } from './events.ts';
import { eventRows } from './events.ts';
import type { NodeReport } from './node-report.ts';
import type { InterfaceRecord, NetworkRecord, NodeRecord, RecordHead } from './records.ts';
import { interfaceRows } from './rows.ts';
import type { NodeStand } from './state.ts';
import { fields, table } from './table.ts';

type Field = readonly [label: string, value: string | readonly string[]];

/** A network, its members and guests, and its newest events. `guests` are the records of its interfaces. */
export function describeNetwork(record: NetworkRecord, guests: readonly InterfaceRecord[], events: readonly NetEvent[], width?: number): string {
  const { status } = record;
  const { columns, rows } = interfaceRows(guests);
  return sections([
    fields(
      [
        ...named('Network', record),
        ['State', stateText(status)],
        ['UUID', status.uuid ?? ''],
        ['VXID', status.vxid === null ? '' : `${status.vxid} (${status.vxidHex})`],
        ['CIDR', status.cidr ?? 'none: layer 2 only'],
        ['Router', status.router === null ? '' : `${status.router.address} at ${status.router.mac}`],
        ['MTU', status.mtu === null ? '' : String(status.mtu)],
        ['Mesh', status.learning === null ? '' : status.learning ? 'learns from traffic' : 'programmed from git'],
        ['Devices', status.devices.join(', ')],
        ['Since', sinceText(status)],
      ],
      width,
    ),
    titled('Nodes', standsTable(status.nodes, inner(width))),
    titled('Guests', rows.length === 0 ? '' : table(columns, rows, inner(width))),
    titled('Events', eventsTable(record, events, inner(width))),
  ]);
}

/** An interface and its newest events. */
export function describeInterface(record: InterfaceRecord, events: readonly NetEvent[], width?: number): string {
  const { status } = record;
  return sections([
    fields(
      [
        ...named('Interface', record),
        ['State', stateText(status)],
        ['UUID', status.uuid ?? ''],
        ['Network', status.network],
        ['Node', status.node ?? ''],
        ['Address', status.address ?? ''],
        ['MAC', status.mac ?? ''],
        ['Attach', status.attach],
        ['Device', status.device ?? ''],
        ['Since', sinceText(status)],
      ],
      width,
    ),
    titled('Nodes', standsTable(status.nodes, inner(width))),
    titled('Events', eventsTable(record, events, inner(width))),
  ]);
}

/** A node, its conditions, what differs, and its newest events. `report` is its last one. */
export function describeNode(record: NodeRecord, report: NodeReport | undefined, events: readonly NetEvent[], width?: number): string {
  const { status } = record;
  const { revision } = status;
  const conditions = status.conditions.map(each => [each.type, String(each.status), each.reason, each.since, each.message]);
  const drift = (report?.drift ?? []).map(each => [each.ref, each.field, each.want, each.have]);
  return sections([
    fields(
      [
        ...named('Node', record),
        ['State', stateText(status)],
        ['Last heard', status.heard ?? 'never'],
        ['Mode', status.mode ?? ''],
        ['Version', status.version ?? ''],
        ['Observed', revision?.observed ?? ''],
        ['Attempted', revision?.attempted ?? ''],
        ['Applied', revision?.applied ?? ''],
        ['Networks', String(status.networks)],
        ['Guests', String(status.interfaces)],
        ['Inventory', Object.entries(status.inventory).map(([what, n]) => `${n} ${what}`)],
      ],
      width,
    ),
    titled('Conditions', conditions.length === 0 ? '' : table(['TYPE', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'], conditions, inner(width))),
    titled('Drift', drift.length === 0 ? '' : table(['WHAT', 'FIELD', 'WANT', 'HAVE'], drift, inner(width))),
    titled('Planned', (report?.plan ?? []).map(harmless).join('\n')),
    titled('Events', eventsTable(record, events, inner(width))),
  ]);
}

function named(kind: string, { metadata, from }: RecordHead): readonly Field[] {
  const { name, namespace, labels, annotations } = metadata;
  const key = namespace === undefined ? name : `${namespace}/${name}`;
  const pairs = (label: string, map: Readonly<Record<string, string>>): readonly Field[] =>
    Object.keys(map).length === 0 ? [] : [[label, Object.entries(map).map(([k, v]) => `${k}=${v}`)]];
  return [[kind, key], ['Defined', from], ...pairs('Labels', labels), ...pairs('Annotations', annotations)];
}

function stateText({ state, reason, message }: { readonly state: string; readonly reason: string; readonly message: string }): string {
  return `${state}${reason === '' ? '' : ` (${reason})`}${message === '' ? '' : `: ${message}`}`;
}

function sinceText({ since, removed }: { readonly since: string | null; readonly removed: string | null }): string {
  return removed === null ? (since ?? '') : `${since}, removed ${removed}`;
}

function standsTable(stands: readonly NodeStand[], width: number | undefined): string {
  return stands.length === 0
    ? ''
    : table(
        ['NODE', 'STATE', 'REASON', 'MESSAGE'],
        stands.map(each => [each.node, each.state, each.reason, each.message]),
        width,
      );
}

function eventsTable({ kind, metadata }: NetworkRecord | InterfaceRecord | NodeRecord, events: readonly NetEvent[], width: number | undefined): string {
  const key = metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
  const { columns, rows } = eventRows(events, `${kind} ${key}`);
  return rows.length === 0 ? '' : table(columns, rows, width);
}

const INDENT = '  ';

function titled(title: string, text: string): string {
  return text === '' ? '' : `${title}:\n${text.replace(/^/gm, INDENT)}`;
}

// What is left of a line below a title.
function inner(width: number | undefined): number | undefined {
  return width === undefined ? undefined : width - INDENT.length;
}

function sections(parts: readonly string[]): string {
  return parts.filter(part => part !== '').join('\n\n');
}

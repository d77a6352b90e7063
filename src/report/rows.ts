/** Records as tables: what `get` prints. */
import { briefSpan } from '../model/duration.ts';
import type { RefKind } from './kind-words.ts';
import { type NamespaceRecord, poolsText, usedText } from './namespace-record.ts';
import type { NetworkRecord } from './network-record.ts';
import type { AddressPoolRecord, FloatingIPRecord, RoutedIPRecord } from './pool-records.ts';
import type { AnyRecord, InterfaceRecord, NodeRecord } from './records.ts';

export interface Listing {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface RowOptions {
  /** Show the tenant: for `-A`. */
  readonly namespaces?: boolean;
  readonly wide?: boolean;
  /** Keys of labels that get a column each. */
  readonly labels?: readonly string[];
  /** A column with all labels. */
  readonly showLabels?: boolean;
  /** ISO 8601, for AGE. */
  readonly now?: string;
}

type Cell = string | number | boolean | null;

/** A column: its head, its cell, and whether only `-o wide` shows it. */
export type Column<T> = readonly [head: string, cell: (record: T) => Cell, wide?: 'wide'];

/** A record that has a state. */
type Stated = Exclude<AnyRecord, NamespaceRecord>;

const HEAD: readonly Column<Stated>[] = [
  ['NAME', r => r.metadata.name],
  ['STATE', r => r.status.state],
  ['REASON', r => r.status.reason],
];

const ORIGIN: readonly Column<Stated>[] = [
  ['METADATA', r => metadataText(r), 'wide'],
  ['FROM', r => r.from, 'wide'],
  ['MESSAGE', r => r.status.message, 'wide'],
];

/** Rows of `get networks`. */
export function networkRows(records: readonly NetworkRecord[], options: RowOptions = {}): Listing {
  return list(records, options, NETWORK_COLUMNS);
}

const NETWORK_COLUMNS: readonly Column<NetworkRecord>[] = [
  ...HEAD,
  ['VXID', r => r.status.vxid],
  ['HEX', r => r.status.vxidHex],
  ['CIDR', r => r.status.cidr],
  ['GUESTS', r => r.status.interfaces.length],
  ['NODES', r => r.status.members.join(',')],
  ['MTU', r => r.status.mtu, 'wide'],
  ['DHCP', r => yes(r.status.dhcp), 'wide'],
  ['DNS', r => yes(r.status.dns), 'wide'],
  ['EGRESS', r => r.status.egress, 'wide'],
  ['GATEWAY', r => r.status.gateway?.node ?? null, 'wide'],
  ['FLOATING', r => r.status.floatingGateway?.address ?? null, 'wide'],
  ['TAKEN', r => r.status.addresses?.taken ?? null, 'wide'],
  ['FREE', r => r.status.addresses?.free ?? null, 'wide'],
  ['UUID', r => r.status.uuid, 'wide'],
  ...ORIGIN,
];

/** Rows of `get interfaces`. */
export function interfaceRows(records: readonly InterfaceRecord[], options: RowOptions = {}): Listing {
  return list(records, options, INTERFACE_COLUMNS);
}

const INTERFACE_COLUMNS: readonly Column<InterfaceRecord>[] = [
  ['NAME', r => r.metadata.name],
  ['UUID', r => r.status.uuid],
  ['NETWORK', r => networkName(r)],
  ['INSTANCE', r => r.status.instance],
  ['MAC', r => r.status.mac],
  ['IPV4', r => r.status.address],
  ['FLOATING', r => r.status.floating],
  ['MODEL', r => r.status.model],
  ['ORDER', r => r.status.order],
  ['STATE', r => r.status.state],
  ['REASON', r => r.status.reason],
  ['NODE', r => whereText(r), 'wide'],
  ['DEVICE', r => r.status.device, 'wide'],
  ['ATTACH', r => r.status.attach, 'wide'],
  ['HOSTNAME', r => r.status.hostname, 'wide'],
  ...ORIGIN,
];

/** The guests of a network as its `describe` lists them: where each is, without what its own `describe` tells. */
export function guestRows(records: readonly InterfaceRecord[]): Listing {
  return list(records, {}, [
    ...HEAD,
    ['NODE', r => whereText(r)],
    ['ADDRESS', r => r.status.address],
    ['FLOATING', r => r.status.floating],
    ['MAC', r => r.status.mac],
    ['DEVICE', r => r.status.device],
  ]);
}

/** `n1`, and `n1>n2` while its guest is moved. */
function whereText({ status: { node, migrating } }: InterfaceRecord): string | null {
  return migrating === null ? node : `${node}>${migrating.to}`;
}

/** Rows of `get nodes`. */
export function nodeRows(records: readonly NodeRecord[], options: RowOptions = {}): Listing {
  return list(records, { ...options, namespaces: false }, NODE_COLUMNS);
}

const NODE_COLUMNS: readonly Column<NodeRecord>[] = [
  ...HEAD,
  ['APPLIED', r => r.status.revision?.applied.slice(0, 10) ?? null],
  ['HEARD', r => r.status.heard],
  ['NETWORKS', r => r.status.networks],
  ['GUESTS', r => r.status.interfaces],
  ['DRIFT', r => r.status.drift],
  ['ROUTERS', r => (r.status.gateway ? `${r.status.routers}${r.status.cordon ? ' (cordoned)' : ''}` : null), 'wide'],
  ['MODE', r => r.status.mode, 'wide'],
  ['VERSION', r => r.status.version, 'wide'],
  ['FROM', r => r.from, 'wide'],
  ['MESSAGE', r => r.status.message, 'wide'],
];

/** Rows of `get namespaces`. */
export function namespaceRows(records: readonly NamespaceRecord[], options: RowOptions = {}): Listing {
  return list(records, { ...options, namespaces: false }, NAMESPACE_COLUMNS);
}

const NAMESPACE_COLUMNS: readonly Column<NamespaceRecord>[] = [
  ['NAME', r => r.metadata.name],
  ['NETWORKS', r => usedText(r, 'networks')],
  ['GUESTS', r => usedText(r, 'interfaces')],
  ['FLOATING', r => usedText(r, 'floatingIPs')],
  ['ROUTED', r => usedText(r, 'routedIPs')],
  ['POOLS', r => poolsText(r), 'wide'],
  ['METADATA', r => metadataText(r), 'wide'],
  ['FROM', r => r.from, 'wide'],
];

/** Rows of `get pools`. */
export function poolRows(records: readonly AddressPoolRecord[], options: RowOptions = {}): Listing {
  return list(records, { ...options, namespaces: false }, POOL_COLUMNS);
}

const POOL_COLUMNS: readonly Column<AddressPoolRecord>[] = [
  ...HEAD,
  ['CIDR', r => r.status.cidr],
  ['MODE', r => r.status.mode],
  ['TAKEN', r => r.status.room?.taken ?? null],
  ['FREE', r => r.status.room?.free ?? null],
  ['NODES', r => r.status.gateways.map(gateway => gateway.node).join(',')],
  ['GATEWAY', r => r.status.gateway, 'wide'],
  ['DEVICES', r => r.status.gateways.map(({ node, device }) => `${node}:${device ?? '-'}`).join(','), 'wide'],
  ...ORIGIN,
];

/** Rows of `get floatingips`. */
export function floatingRows(records: readonly FloatingIPRecord[], options: RowOptions = {}): Listing {
  return list(records, options, FLOATING_COLUMNS);
}

const FLOATING_COLUMNS: readonly Column<FloatingIPRecord>[] = [
  ...HEAD,
  ['ADDRESS', r => r.status.address],
  ['POOL', r => r.status.pool],
  ['INTERFACE', r => bare(r.status.interface)],
  ['TARGET', r => r.status.target],
  ['NETWORK', r => bare(r.status.network)],
  ['NODE', r => r.status.node],
  ['DEVICES', r => r.status.devices.join(','), 'wide'],
  ...ORIGIN,
];

/** Rows of `get routedips`. */
export function routedRows(records: readonly RoutedIPRecord[], options: RowOptions = {}): Listing {
  return list(records, options, ROUTED_COLUMNS);
}

const ROUTED_COLUMNS: readonly Column<RoutedIPRecord>[] = [
  ...HEAD,
  ['ADDRESS', r => r.status.address],
  ['POOL', r => r.status.pool],
  ['NETWORK', r => bare(r.status.network)],
  ['NODE', r => r.status.node],
  ...ORIGIN,
];

/** `network/default/demo`, a line each: what `-o name` prints. */
export function nameLines(records: readonly AnyRecord[]): readonly string[] {
  return records.map(({ kind, metadata: { namespace, name } }) => [kind.toLowerCase(), ...(namespace === undefined ? [] : [namespace]), name].join('/'));
}

/** `team=edge,ticket=NET-42`: labels, then annotations. */
function metadataText({ metadata: { labels, annotations } }: AnyRecord): string {
  return pairsText({ ...annotations, ...labels });
}

function pairsText(map: Readonly<Record<string, string>>): string {
  return Object.entries(map)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}

function networkName({ status }: InterfaceRecord): string | null {
  return bare(status.network);
}

// Without the tenant, which a column of its own shows.
function bare(key: string | null): string | null {
  return key === null ? null : key.slice(key.indexOf('/') + 1);
}

function yes(is: boolean): string {
  return is ? 'yes' : 'no';
}

function list<T extends AnyRecord>(records: readonly T[], options: RowOptions, columns: readonly Column<T>[]): Listing {
  const { namespaces = false, wide = false, labels = [], showLabels = false } = options;
  const tenant: Column<T> = ['NAMESPACE', r => r.metadata.namespace ?? ''];
  const age: readonly Column<T>[] = wide && options.now !== undefined ? [['AGE', r => ageText(r, options.now)]] : [];
  const chosen = labels.map((key): Column<T> => [labelHead(key), r => r.metadata.labels[key] ?? null]);
  const all: readonly Column<T>[] = showLabels ? [['LABELS', r => pairsText(r.metadata.labels)]] : [];
  const shown = [...(namespaces ? [tenant] : []), ...columns.filter(([, , only]) => wide || only === undefined), ...age, ...chosen, ...all];
  return { columns: shown.map(([head]) => head), rows: records.map(record => shown.map(([, cell]) => String(cell(record) ?? ''))) };
}

/** `example.org/team` is TEAM, as kubectl has it. */
function labelHead(key: string): string {
  return (key.slice(key.lastIndexOf('/') + 1) || key).toUpperCase();
}

/** Since when an object is allocated, as an age; null for what is not. */
function ageText(record: AnyRecord, now = ''): string | null {
  const since = sinceOf(record);
  return since === null ? null : briefSpan(Date.parse(now) - Date.parse(since));
}

/** Since when an object is allocated; null for what is not, and for nodes and namespaces. */
export function sinceOf({ status }: AnyRecord): string | null {
  return 'since' in status ? status.since : null;
}

/** The columns of a kind's table, those of `-o wide` too. */
// biome-ignore lint/suspicious/noExplicitAny: a table of kinds with different records; each entry is checked where it is written.
export const COLUMNS: Readonly<Record<RefKind, readonly Column<any>[]>> = {
  Network: NETWORK_COLUMNS,
  Interface: INTERFACE_COLUMNS,
  Node: NODE_COLUMNS,
  Namespace: NAMESPACE_COLUMNS,
  AddressPool: POOL_COLUMNS,
  FloatingIP: FLOATING_COLUMNS,
  RoutedIP: ROUTED_COLUMNS,
};

/** Records as tables: what `get` prints. */
import type { AnyRecord, InterfaceRecord, NamespaceRecord, NetworkRecord, NodeRecord } from './records.ts';

export interface Listing {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface RowOptions {
  /** Show the tenant: for `-A`. */
  readonly namespaces?: boolean;
  readonly wide?: boolean;
}

/** A column: its head, its cell, and whether only `-o wide` shows it. */
type Column<T> = readonly [head: string, cell: (record: T) => string | number | null, wide?: 'wide'];

/** Rows of `get networks`. */
export function networkRows(records: readonly NetworkRecord[], options: RowOptions = {}): Listing {
  return list(records, options, [
    ['NAME', r => r.metadata.name],
    ['STATE', r => r.status.state],
    ['REASON', r => r.status.reason],
    ['VXID', r => r.status.vxid],
    ['HEX', r => r.status.vxidHex],
    ['CIDR', r => r.status.cidr],
    ['GUESTS', r => r.status.interfaces.length],
    ['NODES', r => r.status.members.join(',')],
    ['MTU', r => r.status.mtu, 'wide'],
    ['UUID', r => r.status.uuid, 'wide'],
    ['FROM', r => r.from, 'wide'],
    ['MESSAGE', r => r.status.message, 'wide'],
  ]);
}

/** Rows of `get interfaces`. */
export function interfaceRows(records: readonly InterfaceRecord[], options: RowOptions = {}): Listing {
  return list(records, options, [
    ['NAME', r => r.metadata.name],
    ['STATE', r => r.status.state],
    ['REASON', r => r.status.reason],
    ['NETWORK', r => r.status.network.slice(r.status.network.indexOf('/') + 1)],
    ['NODE', r => r.status.node],
    ['ADDRESS', r => r.status.address],
    ['MAC', r => r.status.mac],
    ['DEVICE', r => r.status.device],
    ['ATTACH', r => r.status.attach, 'wide'],
    ['UUID', r => r.status.uuid, 'wide'],
    ['FROM', r => r.from, 'wide'],
    ['MESSAGE', r => r.status.message, 'wide'],
  ]);
}

/** Rows of `get nodes`. */
export function nodeRows(records: readonly NodeRecord[], options: RowOptions = {}): Listing {
  return list(records, { ...options, namespaces: false }, [
    ['NAME', r => r.metadata.name],
    ['STATE', r => r.status.state],
    ['REASON', r => r.status.reason],
    ['APPLIED', r => r.status.revision?.applied.slice(0, 10) ?? null],
    ['HEARD', r => r.status.heard],
    ['NETWORKS', r => r.status.networks],
    ['GUESTS', r => r.status.interfaces],
    ['DRIFT', r => r.status.drift],
    ['MODE', r => r.status.mode, 'wide'],
    ['VERSION', r => r.status.version, 'wide'],
    ['FROM', r => r.from, 'wide'],
    ['MESSAGE', r => r.status.message, 'wide'],
  ]);
}

/** Rows of `get namespaces`. */
export function namespaceRows(records: readonly NamespaceRecord[], options: RowOptions = {}): Listing {
  return list(records, { ...options, namespaces: false }, [
    ['NAME', r => r.metadata.name],
    ['NETWORKS', r => r.status.networks],
    ['GUESTS', r => r.status.interfaces],
    ['FROM', r => r.from, 'wide'],
  ]);
}

/** `network/default/demo`, a line each: what `-o name` prints. */
export function nameLines(records: readonly AnyRecord[]): readonly string[] {
  return records.map(({ kind, metadata: { namespace, name } }) => [kind.toLowerCase(), ...(namespace === undefined ? [] : [namespace]), name].join('/'));
}

function list<T extends AnyRecord>(records: readonly T[], { namespaces = false, wide = false }: RowOptions, columns: readonly Column<T>[]): Listing {
  const tenant: Column<T> = ['NAMESPACE', r => r.metadata.namespace ?? ''];
  const shown = [...(namespaces ? [tenant] : []), ...columns].filter(([, , only]) => wide || only === undefined);
  return { columns: shown.map(([head]) => head), rows: records.map(record => shown.map(([, cell]) => String(cell(record) ?? ''))) };
}

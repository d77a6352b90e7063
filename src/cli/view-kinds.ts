/** What the commands that look do with each kind of object: its records, its table and its screen. */
import type { Seen } from '../pass/view.ts';
import { type Beside, describeInterface, describeNetwork, describeNode } from '../report/describe.ts';
import { describeFloating, describePool, describeRouted } from '../report/describe-pool.ts';
import { describeNamespace, type NamespaceRecord, namespaceRecords } from '../report/namespace-record.ts';
import { type NetworkRecord, networkRecord, networkRecords } from '../report/network-record.ts';
import {
  type AddressPoolRecord,
  type FloatingIPRecord,
  floatingRecord,
  floatingRecords,
  poolRecord,
  poolRecords,
  type RoutedIPRecord,
  routedRecord,
  routedRecords,
} from '../report/pool-records.ts';
import type { KeepKey } from '../report/record-head.ts';
import { type AnyRecord, type InterfaceRecord, interfaceRecord, interfaceRecords, type NodeRecord, nodeRecord, nodeRecords } from '../report/records.ts';
import type { RefKind } from '../report/resolve-ref.ts';
import { floatingRows, interfaceRows, type Listing, namespaceRows, networkRows, nodeRows, poolRows, type RowOptions, routedRows } from '../report/rows.ts';

interface KindView<R extends AnyRecord> {
  /** `all`: those that are going or gone too. `keep` leaves out what is not wanted before it is made, where making it costs something. */
  readonly list: (seen: Seen, all?: boolean, keep?: KeepKey) => readonly R[];
  readonly one: (key: string, seen: Seen) => R | null;
  readonly rows: (records: readonly R[], options: RowOptions) => Listing;
  readonly describe: (record: R, beside: Beside, seen: Seen) => string;
}

const NETWORK: KindView<NetworkRecord> = {
  list: networkRecords,
  one: networkRecord,
  rows: networkRows,
  describe: (record, beside, seen) => {
    const key = `${record.metadata.namespace}/${record.metadata.name}`;
    return describeNetwork(
      record,
      (seen.catalog.interfacesOf.get(key) ?? []).flatMap(guest => interfaceRecord(guest.key, seen) ?? []),
      beside,
    );
  },
};

const INTERFACE: KindView<InterfaceRecord> = { list: interfaceRecords, one: interfaceRecord, rows: interfaceRows, describe: describeInterface };
const POOL: KindView<AddressPoolRecord> = { list: poolRecords, one: poolRecord, rows: poolRows, describe: describePool };
const FLOATING: KindView<FloatingIPRecord> = { list: floatingRecords, one: floatingRecord, rows: floatingRows, describe: describeFloating };
const ROUTED: KindView<RoutedIPRecord> = { list: routedRecords, one: routedRecord, rows: routedRows, describe: describeRouted };

const NODE: KindView<NodeRecord> = {
  list: nodeRecords,
  one: nodeRecord,
  rows: nodeRows,
  describe: (record, beside, seen) => describeNode(record, seen.reports.get(record.metadata.name), beside),
};

const NAMESPACE: KindView<NamespaceRecord> = {
  list: namespaceRecords,
  one: (key, seen) => namespaceRecords(seen).find(record => record.metadata.name === key) ?? null,
  rows: namespaceRows,
  describe: (record, { width }) => describeNamespace(record, width),
};

// biome-ignore lint/suspicious/noExplicitAny: a table of kinds with different records; each entry is checked where it is written.
const VIEWS: Readonly<Record<RefKind, KindView<any>>> = {
  Network: NETWORK,
  Interface: INTERFACE,
  Node: NODE,
  Namespace: NAMESPACE,
  AddressPool: POOL,
  FloatingIP: FLOATING,
  RoutedIP: ROUTED,
};

/** The views of a kind. */
export function viewOf(kind: RefKind): KindView<AnyRecord> {
  return VIEWS[kind];
}

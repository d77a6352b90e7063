/** Objects as programs read them: the JSON forms of `get` and `describe`, with the schemas in schemas/output/. Tables are made of these. */
import type { InterfaceEntry } from '../model/ledger.ts';
import { hostLinkName, tapName } from '../model/names.ts';
import type { InterfaceDef } from '../objects/object.ts';
import { hostnameOf } from '../objects/services.ts';
import { censusOf } from './census.ts';
import type { Condition } from './condition.ts';
import type { AsOf } from './freshness.ts';
import { floatingTo } from './holders.ts';
import type { NamespaceRecord } from './namespace-record.ts';
import type { NetworkRecord } from './network-record.ts';
import type { AddressPoolRecord, FloatingIPRecord, RoutedIPRecord } from './pool-records.ts';
import { API_VERSION, everyKey, head, type KeepKey, keysOf, type RecordHead, type Standing } from './record-head.ts';
import { berthOf, homeOf, interfaceState, type NodeState, nodeState, type View } from './state.ts';
import { type Afterlife, afterlifeOf } from './tombstones.ts';

export interface InterfaceRecord extends RecordHead {
  readonly kind: 'Interface';
  readonly spec: object;
  readonly status: Standing &
    Afterlife & {
      readonly uuid: string | null;
      /** `namespace/name`. */
      readonly network: string;
      readonly networkUuid: string | null;
      readonly node: string | null;
      /** The node to which the guest is moved while it runs, and since when; null while it stays. */
      readonly migrating: { readonly to: string; readonly since: string | null } | null;
      readonly address: string | null;
      /** The floating address that leads to it. */
      readonly floating: string | null;
      readonly mac: string | null;
      /** The guest, as its owner names it. */
      readonly instance: string | null;
      readonly hostname: string | null;
      /** Network card that the hypervisor shows to the guest. */
      readonly model: string | null;
      readonly order: number | null;
      readonly device: string | null;
      readonly attach: string;
      readonly since: string | null;
      readonly removed: string | null;
    };
}

export interface NodeRecord extends RecordHead {
  readonly kind: 'Node';
  readonly spec: object;
  readonly status: NodeState & {
    readonly heard: string | null;
    readonly version: string | null;
    readonly mode: string | null;
    readonly revision: { readonly observed: string; readonly attempted: string; readonly applied: string } | null;
    readonly conditions: readonly Condition[];
    readonly networks: number;
    /** It may carry routers; `routers` says how many it carries. */
    readonly gateway: boolean;
    readonly cordon: boolean;
    readonly routers: number;
    readonly interfaces: number;
    readonly inventory: Readonly<Record<string, number>>;
    readonly drift: number;
  };
}

export type AnyRecord = NetworkRecord | InterfaceRecord | NodeRecord | NamespaceRecord | AddressPoolRecord | FloatingIPRecord | RoutedIPRecord;

/** Interfaces that are defined, and with `all` those that are going or gone. By key. */
export function interfaceRecords(view: View, all = false, keep: KeepKey = everyKey): readonly InterfaceRecord[] {
  const gone = all ? Object.values(view.ledger.networks).flatMap(entry => Object.keys(entry.interfaces)) : [];
  return keysOf(view.catalog.interfaces.keys(), gone)
    .filter(keep)
    .flatMap(key => interfaceRecord(key, view) ?? []);
}

/** One interface, by key; null when nobody knows it. */
export function interfaceRecord(key: string, view: View): InterfaceRecord | null {
  const found = interfaceState(key, view);
  if (found === null) return null;
  const def = view.catalog.interfaces.get(key);
  const berth = berthOf(key, view.ledger, homeOf(def));
  const entry = berth?.entry;
  const network = def === undefined ? (berth?.network ?? '') : homeOf(def);
  return {
    apiVersion: API_VERSION,
    kind: 'Interface',
    ...head(def, key, entry),
    spec: def?.spec ?? {},
    status: {
      ...found,
      uuid: entry?.uuid ?? null,
      network,
      networkUuid: view.ledger.networks[network]?.uuid ?? null,
      node: def?.spec.node ?? entry?.node ?? null,
      migrating: migratingOf(def, entry),
      address: entry?.address ?? null,
      floating: def === undefined ? null : (floatingTo(def, view.catalog, view.ledger)?.address ?? null),
      mac: entry?.mac ?? null,
      ...guestOf(def),
      device: deviceOf(def, entry),
      attach: def === undefined ? '' : attachment(def),
      since: entry?.since ?? null,
      removed: entry?.removed ?? null,
      ...afterlifeOf(entry?.removed ?? null, view),
    },
  };
}

// The ledger says since when: it may be older than the definition.
function migratingOf(def: InterfaceDef | undefined, entry: InterfaceEntry | undefined): InterfaceRecord['status']['migrating'] {
  const { migrateTo: to } = def?.spec ?? {};
  if (to === undefined) return null;
  return { to, since: entry?.migrating?.to === to ? entry.migrating.since : null };
}

function guestOf(def: InterfaceDef | undefined): Pick<InterfaceRecord['status'], 'instance' | 'hostname' | 'model' | 'order'> {
  if (def === undefined) return { instance: null, hostname: null, model: null, order: null };
  const { instance, model, order } = def.spec;
  return { instance: instance ?? null, hostname: hostnameOf(def), model: model ?? 'virtio', order };
}

/** Nodes that are defined, by name. */
export function nodeRecords(view: View): readonly NodeRecord[] {
  return [...view.catalog.nodes.keys()].sort().flatMap(name => nodeRecord(name, view) ?? []);
}

/** One node; null when it is not defined. */
export function nodeRecord(name: string, view: View): NodeRecord | null {
  const def = view.catalog.nodes.get(name);
  if (def === undefined) return null;
  const report = view.reports.get(name);
  const census = censusOf(view);
  return {
    apiVersion: API_VERSION,
    kind: 'Node',
    ...head(def, name, undefined),
    spec: def.spec,
    status: {
      ...nodeState(name, view),
      heard: report?.heard ?? null,
      version: report?.version ?? null,
      mode: report?.mode ?? null,
      revision: report?.revision ?? null,
      conditions: report?.conditions ?? [],
      networks: census.networks.get(name) ?? 0,
      gateway: def.spec.gateway,
      cordon: def.spec.cordon,
      routers: census.routers.get(name) ?? 0,
      interfaces: census.interfaces.get(name) ?? 0,
      inventory: report?.inventory ?? {},
      drift: report?.drift.length ?? 0,
    },
  };
}

export interface RecordList<T extends AnyRecord> {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'List';
  readonly asOf?: AsOf;
  readonly items: readonly T[];
}

/** A list as JSON prints it. */
export function listOf<T extends AnyRecord>(items: readonly T[], age?: AsOf): RecordList<T> {
  return { apiVersion: API_VERSION, kind: 'List', ...(age === undefined ? {} : { asOf: age }), items };
}

/** The near end of an interface on its node, where it is known without looking: libvirt names its own port. */
export function deviceOf(def: InterfaceDef | undefined, entry: InterfaceEntry | undefined): string | null {
  const how = def?.spec.attach;
  if (how?.tap?.ifname !== undefined) return how.tap.ifname;
  if (how?.bridge !== undefined) return how.bridge.port ?? null;
  if (entry === undefined) return null;
  return how?.host === undefined ? tapName(entry.uuid) : (how.host.ifname ?? hostLinkName(entry.uuid));
}

function attachment({ spec }: InterfaceDef): string {
  const { netns } = spec.attach;
  if (netns !== undefined) return `netns ${netns.name}`;
  return Object.keys(spec.attach)[0] ?? '';
}

/** Objects as programs read them: the JSON forms of `get` and `describe`, with the schemas in schemas/output/. Tables are made of these. */
import type { InterfaceEntry, NetworkEntry } from '../model/ledger.ts';
import { bridgeName, hostLinkName, tapName, vxlanName } from '../model/names.ts';
import { formatPlace } from '../model/place.ts';
import { hex } from '../model/vxid.ts';
import { learns, membersOf, networkMtu, networksOf } from '../objects/mesh.ts';
import type { Definition, InterfaceDef } from '../objects/object.ts';
import type { Condition } from './condition.ts';
import { berthOf, homeOf, interfaceState, type NodeStand, type NodeState, networkState, nodeState, type State, type View } from './state.ts';

export const API_VERSION = 'netloom.dev/v1';

export interface RecordHead {
  readonly apiVersion: typeof API_VERSION;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** `networks/blue.yaml:3`. */
  readonly from: string;
}

interface Standing {
  readonly state: State;
  readonly reason: string;
  readonly message: string;
  readonly nodes: readonly NodeStand[];
}

export interface NetworkRecord extends RecordHead {
  readonly kind: 'Network';
  readonly spec: object;
  readonly status: Standing & {
    readonly uuid: string | null;
    readonly vxid: number | null;
    /** `0xe2300f`. */
    readonly vxidHex: string | null;
    readonly cidr: string | null;
    readonly mtu: number | null;
    readonly learning: boolean | null;
    readonly router: { readonly address: string; readonly mac: string } | null;
    readonly devices: readonly string[];
    /** `namespace/name`. */
    readonly interfaces: readonly string[];
    readonly members: readonly string[];
    readonly since: string | null;
    readonly removed: string | null;
  };
}

export interface InterfaceRecord extends RecordHead {
  readonly kind: 'Interface';
  readonly spec: object;
  readonly status: Standing & {
    readonly uuid: string | null;
    /** `namespace/name`. */
    readonly network: string;
    readonly node: string | null;
    readonly address: string | null;
    readonly mac: string | null;
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
    readonly interfaces: number;
    readonly inventory: Readonly<Record<string, number>>;
    readonly drift: number;
  };
}

export interface NamespaceRecord extends RecordHead {
  readonly kind: 'Namespace';
  readonly spec: object;
  readonly status: { readonly networks: number; readonly interfaces: number };
}

export type AnyRecord = NetworkRecord | InterfaceRecord | NodeRecord | NamespaceRecord;

/** Networks that are defined, and with `all` those that are going or gone. By key. */
export function networkRecords(view: View, all = false): readonly NetworkRecord[] {
  const gone = all ? Object.keys(view.ledger.networks) : [];
  return keysOf(view.catalog.networks.keys(), gone).flatMap(key => networkRecord(key, view) ?? []);
}

/** One network, by key; null when nobody knows it. */
export function networkRecord(key: string, view: View): NetworkRecord | null {
  const found = networkState(key, view);
  if (found === null) return null;
  const def = view.catalog.networks.get(key);
  const entry = view.ledger.networks[key];
  const interfaces = def === undefined ? [] : (view.catalog.interfacesOf.get(key) ?? []).map(each => each.key);
  return {
    apiVersion: API_VERSION,
    kind: 'Network',
    ...head(def, key, entry),
    spec: def?.spec ?? {},
    status: {
      ...found,
      ...identity(entry),
      cidr: def?.spec.cidr ?? entry?.cidr ?? null,
      mtu: def === undefined ? null : networkMtu(def, view.catalog),
      learning: def === undefined ? null : learns(def, view.catalog),
      devices: entry === undefined ? [] : [vxlanName(entry.vxid), bridgeName(entry.vxid)],
      interfaces,
      members: def === undefined ? [] : membersOf(def, view).map(node => node.name),
    },
  };
}

/** Interfaces that are defined, and with `all` those that are going or gone. By key. */
export function interfaceRecords(view: View, all = false): readonly InterfaceRecord[] {
  const gone = all ? Object.values(view.ledger.networks).flatMap(entry => Object.keys(entry.interfaces)) : [];
  return keysOf(view.catalog.interfaces.keys(), gone).flatMap(key => interfaceRecord(key, view) ?? []);
}

/** One interface, by key; null when nobody knows it. */
export function interfaceRecord(key: string, view: View): InterfaceRecord | null {
  const found = interfaceState(key, view);
  if (found === null) return null;
  const def = view.catalog.interfaces.get(key);
  const berth = berthOf(key, view.ledger, homeOf(def));
  const entry = berth?.entry;
  return {
    apiVersion: API_VERSION,
    kind: 'Interface',
    ...head(def, key, entry),
    spec: def?.spec ?? {},
    status: {
      ...found,
      uuid: entry?.uuid ?? null,
      network: def === undefined ? (berth?.network ?? '') : homeOf(def),
      node: def?.spec.node ?? entry?.node ?? null,
      address: entry?.address ?? null,
      mac: entry?.mac ?? null,
      device: deviceOf(def, entry),
      attach: def === undefined ? '' : attachment(def),
      since: entry?.since ?? null,
      removed: entry?.removed ?? null,
    },
  };
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
      networks: networksOf(def, view).length,
      interfaces: [...view.catalog.interfaces.values()].filter(iface => iface.spec.node === name).length,
      inventory: report?.inventory ?? {},
      drift: report?.drift.length ?? 0,
    },
  };
}

/** Tenants: those that are defined, and those that are only named by an object. */
export function namespaceRecords(view: View): readonly NamespaceRecord[] {
  const { namespaces, networks, interfaces } = view.catalog;
  const used = [...networks.values(), ...interfaces.values()].map(def => def.namespace);
  return keysOf(namespaces.keys(), used).map(name => {
    const def = namespaces.get(name);
    const count = (all: Iterable<Definition>): number => [...all].filter(each => each.namespace === name).length;
    const status = { networks: count(networks.values()), interfaces: count(interfaces.values()) };
    return { apiVersion: API_VERSION, kind: 'Namespace', ...head(def, name, undefined), spec: def?.spec ?? {}, status };
  });
}

/** A list as JSON prints it. */
export function listOf<T extends AnyRecord>(
  items: readonly T[],
): { readonly apiVersion: typeof API_VERSION; readonly kind: 'List'; readonly items: readonly T[] } {
  return { apiVersion: API_VERSION, kind: 'List', items };
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

function identity(entry: NetworkEntry | undefined): Pick<NetworkRecord['status'], 'uuid' | 'vxid' | 'vxidHex' | 'router' | 'since' | 'removed'> {
  if (entry === undefined) return { uuid: null, vxid: null, vxidHex: null, router: null, since: null, removed: null };
  const { uuid, vxid, router, since, removed } = entry;
  return { uuid, vxid, vxidHex: `0x${hex(vxid)}`, router: router ?? null, since, removed: removed ?? null };
}

function head(def: Definition | undefined, key: string, entry: { readonly from: string } | undefined): Pick<RecordHead, 'metadata' | 'from'> {
  const [first = '', second] = key.split('/');
  const where = second === undefined ? { name: first } : { name: second, namespace: first };
  const from = def === undefined ? (entry?.from ?? '') : formatPlace({ ...def.at, col: 0 });
  return { metadata: { ...where, labels: def?.labels ?? {}, annotations: def?.annotations ?? {} }, from };
}

function keysOf(defined: Iterable<string>, others: Iterable<string>): readonly string[] {
  return [...new Set([...defined, ...others])].sort();
}

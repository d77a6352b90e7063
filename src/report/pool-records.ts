/** Pools and what is given out of them, as programs read them: what `get` and `describe` show. */
import type { AddressEntry, PoolHolder } from '../model/ledger.ts';
import { egressBridgeName, floatingNames } from '../model/names.ts';
import { routerNodes } from '../objects/mesh.ts';
import type { AddressPoolDef, FloatingIPDef, NetworkDef, RoutedIPDef } from '../objects/object.ts';
import { egressDevice, nodesOfPool, poolGateway, targetOf } from '../objects/services.ts';
import { poolOf, tenantsOfPool } from '../objects/tenancy.ts';
import { poolAddresses } from './addresses.ts';
import { type HolderPlural, heldBy, holderKeys } from './holders.ts';
import { API_VERSION, everyKey, head, type KeepKey, keysOf, type RecordHead, type Standing } from './record-head.ts';
import { type Room, roomOf } from './room.ts';
import { floatingState, type ObjectState, poolState, routedState, type View } from './state.ts';
import { type Afterlife, afterlifeOf } from './tombstones.ts';

/** By what a pool leaves one node. */
export interface PoolGateway {
  readonly node: string;
  /** Network card, or the machine's own bridge; null where nothing says which. */
  readonly device: string | null;
  /** The bridge that the pool's addresses are on. */
  readonly bridge: string | null;
  /** Its own addresses of the card, as its report tells. */
  readonly addresses: readonly string[];
  readonly cordon: boolean;
}

export interface AddressPoolRecord extends RecordHead {
  readonly kind: 'AddressPool';
  readonly spec: object;
  readonly status: Standing &
    Afterlife & {
      readonly cidr: string | null;
      /** The pool's router. */
      readonly gateway: string | null;
      readonly mode: string | null;
      /** The declared namespaces that may use it; null: all. */
      readonly namespaces: readonly string[] | null;
      readonly room: Room | null;
      readonly gateways: readonly PoolGateway[];
      /** Everything that is not free, sorted by number. */
      readonly addresses: readonly AddressEntry[];
      readonly since: string | null;
      readonly removed: string | null;
    };
}

interface HolderStatus extends Standing, Afterlife {
  readonly address: string | null;
  readonly pool: string | null;
  /** `namespace/name`; of the network that it leads to. */
  readonly network: string | null;
  readonly networkUuid: string | null;
  /** The gateway node that it is on. */
  readonly node: string | null;
  readonly since: string | null;
  readonly removed: string | null;
}

export interface FloatingIPRecord extends RecordHead {
  readonly kind: 'FloatingIP';
  readonly spec: object;
  readonly status: HolderStatus & {
    /** `namespace/name`; null while it is only held. */
    readonly interface: string | null;
    /** The guest's own address, which the floating one is rewritten to. */
    readonly target: string | null;
    /** Its pair on the gateway node: outer end in the egress bridge, inner end in the network's namespace. */
    readonly devices: readonly string[];
  };
}

export interface RoutedIPRecord extends RecordHead {
  readonly kind: 'RoutedIP';
  readonly spec: object;
  readonly status: HolderStatus;
}

/** Pools that are defined, and with `all` those that are going or gone. By name. */
export function poolRecords(view: View, all = false, keep: KeepKey = everyKey): readonly AddressPoolRecord[] {
  return keysOf(view.catalog.pools.keys(), all ? Object.keys(view.ledger.pools ?? {}) : [])
    .filter(keep)
    .flatMap(name => poolRecord(name, view) ?? []);
}

/** One pool, by name; null when nobody knows it. */
export function poolRecord(name: string, view: View): AddressPoolRecord | null {
  const found = poolState(name, view);
  if (found === null) return null;
  const def = view.catalog.pools.get(name);
  const entry = view.ledger.pools?.[name];
  return {
    apiVersion: API_VERSION,
    kind: 'AddressPool',
    ...head(def, name, entry),
    spec: def?.spec ?? {},
    status: {
      ...found,
      cidr: def?.spec.cidr ?? entry?.cidr ?? null,
      gateway: def === undefined ? null : poolGateway(def),
      mode: def?.spec.mode ?? null,
      namespaces: tenantsOfPool(name, view.catalog) ?? null,
      room: roomOf(def?.spec.cidr ?? entry?.cidr, entry?.addresses ?? []),
      gateways: def === undefined ? [] : gatewaysOf(def, view),
      addresses: poolAddresses(name, view),
      since: entry?.since ?? null,
      removed: entry?.removed ?? null,
      ...afterlifeOf(entry?.removed ?? null, view),
    },
  };
}

/** FloatingIPs that are defined, and with `all` those that are going or gone. By key. */
export function floatingRecords(view: View, all = false, keep: KeepKey = everyKey): readonly FloatingIPRecord[] {
  return keysOf(view.catalog.floatingIPs.keys(), all ? holderKeys('floating', view.ledger) : [])
    .filter(keep)
    .flatMap(key => floatingRecord(key, view) ?? []);
}

/** One FloatingIP, by key; null when nobody knows it. */
export function floatingRecord(key: string, view: View): FloatingIPRecord | null {
  const found = floatingState(key, view);
  if (found === null) return null;
  const def = view.catalog.floatingIPs.get(key);
  const aim = def === undefined ? undefined : targetOf(def, view.catalog);
  const { from, status } = holderStatus('floating', key, def, aim?.network, found, view);
  const given = aim === undefined ? undefined : view.ledger.networks[aim.network.key]?.interfaces[aim.iface.key];
  const pair = status.address === null || aim === undefined ? undefined : floatingNames(status.address);
  return {
    apiVersion: API_VERSION,
    kind: 'FloatingIP',
    ...head(def, key, from),
    spec: def?.spec ?? {},
    status: {
      ...status,
      interface: aim?.iface.key ?? null,
      target: given?.removed === undefined ? (given?.address ?? null) : null,
      devices: pair === undefined ? [] : [pair.outer, pair.inner],
    },
  };
}

/** RoutedIPs that are defined, and with `all` those that are going or gone. By key. */
export function routedRecords(view: View, all = false, keep: KeepKey = everyKey): readonly RoutedIPRecord[] {
  return keysOf(view.catalog.routedIPs.keys(), all ? holderKeys('routed', view.ledger) : [])
    .filter(keep)
    .flatMap(key => routedRecord(key, view) ?? []);
}

/** One RoutedIP, by key; null when nobody knows it. */
export function routedRecord(key: string, view: View): RoutedIPRecord | null {
  const found = routedState(key, view);
  if (found === null) return null;
  const def = view.catalog.routedIPs.get(key);
  const network = def === undefined ? undefined : view.catalog.networks.get(`${def.namespace}/${def.spec.network}`);
  const { from, status } = holderStatus('routed', key, def, network, found, view);
  return { apiVersion: API_VERSION, kind: 'RoutedIP', ...head(def, key, from), spec: def?.spec ?? {}, status };
}

function holderStatus(
  plural: HolderPlural,
  key: string,
  def: FloatingIPDef | RoutedIPDef | undefined,
  network: NetworkDef | undefined,
  found: ObjectState,
  view: View,
): { readonly from: PoolHolder | undefined; readonly status: HolderStatus } {
  const pool = def === undefined ? undefined : poolOf(def, view.catalog)?.name;
  const held = heldBy(plural, key, view.ledger, pool);
  const status = {
    ...found,
    address: held?.holder.address ?? null,
    pool: pool ?? held?.pool ?? null,
    network: network?.key ?? null,
    networkUuid: network === undefined ? null : (view.ledger.networks[network.key]?.uuid ?? null),
    node: network === undefined ? null : (routerNodes(network, view)[0] ?? null),
    since: held?.holder.since ?? null,
    removed: held?.holder.removed ?? null,
    ...afterlifeOf(held?.holder.removed ?? null, view),
  };
  return { from: held?.holder, status };
}

function gatewaysOf(pool: AddressPoolDef, { catalog, reports }: View): readonly PoolGateway[] {
  return nodesOfPool(pool, catalog).flatMap(name => {
    const node = catalog.nodes.get(name);
    if (node === undefined) return [];
    const { device, bridge } = egressDevice(pool, node);
    const way = bridge ?? (device === undefined ? undefined : egressBridgeName(device));
    const known = reports.get(name)?.facts?.egress?.[bridge ?? device ?? '']?.addresses ?? [];
    return [{ node: name, device: bridge ?? device ?? null, bridge: way ?? null, addresses: known, cordon: node.spec.cordon }];
  });
}

/** A network as programs read it: what `get` and `describe network` show. */
import type { GatewayEntry, NetworkEntry } from '../model/ledger.ts';
import { bridgeName, egressNames, vethNames, vxlanName } from '../model/names.ts';
import { hex } from '../model/vxid.ts';
import { learns, membersOf, networkMtu } from '../objects/mesh.ts';
import type { NetworkDef } from '../objects/object.ts';
import { egressOf, hasRouter, servesDhcp, servesDns } from '../objects/services.ts';
import { API_VERSION, everyKey, head, type KeepKey, keysOf, type RecordHead, type Standing } from './record-head.ts';
import { type Room, roomOf } from './room.ts';
import { networkState, type View } from './state.ts';
import { type Afterlife, afterlifeOf } from './tombstones.ts';
import { upstreamRoute } from './upstream-route.ts';

/** Names in the kernel of the nodes that carry a network; null for what it has not. */
export interface KernelNames {
  readonly vxlan: string;
  readonly bridge: string;
  /** On the gateway node: outer end in the bridge, inner end in the namespace. */
  readonly veth: Pair | null;
  /** On the gateway node: outer end in the egress bridge, inner end in the namespace. */
  readonly egress: Pair | null;
  /** On the gateway node: the network's uuid. */
  readonly namespace: string | null;
}

export interface Pair {
  readonly outer: string;
  readonly inner: string;
}

export interface NetworkRecord extends RecordHead {
  readonly kind: 'Network';
  readonly spec: object;
  readonly status: Standing &
    Afterlife & {
      readonly uuid: string | null;
      readonly vxid: number | null;
      /** `0xe2300f`. */
      readonly vxidHex: string | null;
      readonly cidr: string | null;
      readonly mtu: number | null;
      readonly learning: boolean | null;
      readonly dhcp: boolean;
      readonly nat: boolean;
      readonly dns: boolean;
      readonly egress: 'nat' | 'routed' | 'none';
      readonly router: { readonly address: string; readonly mac: string } | null;
      /** Where its router is; `former` carries it on until `node` has taken over. */
      readonly gateway: { readonly node: string; readonly since: string; readonly former: string | null } | null;
      /** The address of a pool by which it reaches the outside. */
      readonly floatingGateway: { readonly pool: string; readonly address: string } | null;
      /** With egress routed: what a router upstream is to be told. */
      readonly upstreamRoute: string | null;
      readonly addresses: Room | null;
      readonly devices: readonly string[];
      readonly kernel: KernelNames | null;
      /** `namespace/name`. */
      readonly interfaces: readonly string[];
      readonly members: readonly string[];
      readonly since: string | null;
      readonly removed: string | null;
    };
}

/** Networks that are defined, and with `all` those that are going or gone. By key. */
export function networkRecords(view: View, all = false, keep: KeepKey = everyKey): readonly NetworkRecord[] {
  const gone = all ? Object.keys(view.ledger.networks) : [];
  return keysOf(view.catalog.networks.keys(), gone)
    .filter(keep)
    .flatMap(key => networkRecord(key, view) ?? []);
}

/** One network, by key; null when nobody knows it. */
export function networkRecord(key: string, view: View): NetworkRecord | null {
  const found = networkState(key, view);
  if (found === null) return null;
  const def = view.catalog.networks.get(key);
  const entry = view.ledger.networks[key];
  const kernel = entry === undefined ? null : kernelNames(def, entry, view);
  return {
    apiVersion: API_VERSION,
    kind: 'Network',
    ...head(def, key, entry),
    spec: def?.spec ?? {},
    status: {
      ...found,
      ...identity(entry),
      ...afterlifeOf(entry?.removed ?? null, view),
      cidr: def?.spec.cidr ?? entry?.cidr ?? null,
      mtu: def === undefined ? null : networkMtu(def, view.catalog),
      learning: def === undefined ? null : learns(def, view.catalog),
      ...services(def, view),
      gateway: gatewayOf(entry?.gateway),
      floatingGateway: entry?.removed === undefined ? (entry?.floatingGateway ?? null) : null,
      upstreamRoute: def === undefined ? null : upstreamRoute(def, view),
      addresses: roomOf(def?.spec.cidr ?? entry?.cidr, entry?.addresses ?? []),
      devices: kernel === null ? [] : [kernel.vxlan, kernel.bridge],
      kernel,
      interfaces: def === undefined ? [] : (view.catalog.interfacesOf.get(key) ?? []).map(each => each.key),
      members: def === undefined ? [] : membersOf(def, view).map(node => node.name),
    },
  };
}

function services(def: NetworkDef | undefined, { catalog }: View): Pick<NetworkRecord['status'], 'dhcp' | 'nat' | 'dns' | 'egress'> {
  if (def === undefined) return { dhcp: false, nat: false, dns: false, egress: 'none' };
  const egress = egressOf(def, catalog);
  return { dhcp: servesDhcp(def, catalog), nat: egress === 'nat', dns: servesDns(def, catalog), egress };
}

function kernelNames(def: NetworkDef | undefined, entry: NetworkEntry, { catalog }: View): KernelNames {
  const isRouted = def !== undefined && hasRouter(def, catalog);
  return {
    vxlan: vxlanName(entry.vxid),
    bridge: bridgeName(entry.vxid),
    veth: isRouted ? vethNames(entry.vxid) : null,
    egress: isRouted && egressOf(def, catalog) !== 'none' ? egressNames(entry.vxid) : null,
    namespace: isRouted ? entry.uuid : null,
  };
}

function gatewayOf(entry: GatewayEntry | undefined): NetworkRecord['status']['gateway'] {
  return entry === undefined ? null : { node: entry.node, since: entry.since, former: entry.former ?? null };
}

function identity(entry: NetworkEntry | undefined): Pick<NetworkRecord['status'], 'uuid' | 'vxid' | 'vxidHex' | 'router' | 'since' | 'removed'> {
  if (entry === undefined) return { uuid: null, vxid: null, vxidHex: null, router: null, since: null, removed: null };
  const { uuid, vxid, router, since, removed } = entry;
  return { uuid, vxid, vxidHex: `0x${hex(vxid)}`, router: router ?? null, since, removed: removed ?? null };
}

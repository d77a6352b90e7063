/** Network: a layer-2 segment across nodes. On each member node it is a VXLAN device in a bridge, with the mesh programmed from git. */

import { bridge, PLAIN_BRIDGE } from '../kinds/bridge.ts';
import { fdb } from '../kinds/fdb.ts';
import { flood } from '../kinds/flood.ts';
import type { Origin, Resource } from '../kinds/kind.ts';
import { OURS } from '../kinds/marks.ts';
import { neigh } from '../kinds/neigh.ts';
import { PLAIN_PORT, type PortSpec, port } from '../kinds/port.ts';
import { sysctl } from '../kinds/sysctl.ts';
import { vtep } from '../kinds/vtep.ts';
import { vxlan } from '../kinds/vxlan.ts';
import { ipFamily } from '../model/ip.ts';
import type { NetworkEntry } from '../model/ledger.ts';
import { bridgeMac, bridgeName, linkMac, vxlanName } from '../model/names.ts';
import { networkAsks } from './asks.ts';
import { carriesRouter, isMember, isMigrating, isOn, learns, membersOf, networkMtu, nodesOf, routerNodes, suppresses } from './mesh.ts';
import { checkNetwork } from './network-check.ts';
import type { Compiled, NetworkDef, NodeDef, NodeView, ObjectKind, Trouble } from './object.ts';
import { routerPart } from './router.ts';
import { originOf, want } from './want.ts';

export const network: ObjectKind<NetworkDef['spec']> = {
  kind: 'Network',
  plural: 'networks',
  scope: 'namespace',
  check: checkNetwork,
  asks: networkAsks,
  compile,
};

function compile(self: NetworkDef, view: NodeView): Compiled {
  if (!isMember(self, view.node, view)) return { resources: [], troubles: [] };
  const from = originOf(self);
  const entry = view.ledger.networks[self.key];
  if (entry === undefined) return { resources: [], troubles: [pending(from)] };
  const segment = segmentOf(self, entry, view);
  const router = carriesRouter(self, view) ? routerPart(self, entry, view, from) : { resources: [], troubles: [] };
  return {
    resources: [...devices(segment, from), ...mesh(segment, self, entry, view, from), ...router.resources],
    troubles: [...underlayTroubles(self, view, from), ...router.troubles],
  };
}

function pending(from: Origin): Trouble {
  return { definition: from.definition, reason: 'AllocationPending', message: 'no uuid and vxid allocated yet', fatal: true };
}

/** What the pieces of a network on one node have in common. */
interface Segment {
  readonly vxlan: string;
  readonly bridge: string;
  readonly vni: number;
  readonly port: number;
  readonly local: string;
  readonly mtu: number;
  readonly learning: boolean;
  readonly suppress: boolean;
  /** A guest that is moved has its port here, and may be here or elsewhere. */
  readonly moves: boolean;
  /** Such a guest's port is made by others, and learns: where the guest is now is heard of the mesh. */
  readonly hears: boolean;
  /** False: no bridge hands frames to the node's IP filters. */
  readonly filters: boolean;
  readonly node: string;
}

function segmentOf(self: NetworkDef, entry: NetworkEntry, view: NodeView): Segment {
  const moving = (view.catalog.interfacesOf.get(self.key) ?? []).filter(iface => isMigrating(iface) && isOn(iface, view.node.name));
  return {
    vxlan: vxlanName(entry.vxid),
    bridge: bridgeName(entry.vxid),
    vni: entry.vxid,
    port: view.catalog.cluster.spec.underlay.port,
    local: view.node.spec.underlay.address,
    mtu: networkMtu(self, view.catalog),
    learning: learns(self, view.catalog),
    suppress: suppresses(self, view.catalog),
    moves: moving.length > 0,
    hears: moving.some(iface => iface.spec.attach.bridge !== undefined),
    filters: view.node.spec.bridgeNetfilter === 'keep',
    node: view.node.name,
  };
}

function devices(s: Segment, from: Origin): readonly Resource[] {
  const alias = `netloom:${from.definition}`;
  return [
    want(
      bridge,
      {
        netns: '',
        name: s.bridge,
        mac: bridgeMac(s.node, s.bridge),
        mtu: s.mtu,
        alias,
        group: OURS.group,
        up: true,
        stp: false,
        forwardDelay: 0,
        snooping: false,
        ...PLAIN_BRIDGE,
        ...(s.filters ? {} : { netfilter: false }),
        addrgenmode: 'none',
      },
      from,
    ),
    // No port joins before this is set: the node never hears a tenant's router advertisement.
    want(sysctl, { netns: '', key: `net/ipv6/conf/${s.bridge}/disable_ipv6`, value: '1' }, from),
    want(
      vxlan,
      {
        netns: '',
        name: s.vxlan,
        mac: linkMac(s.node, s.vxlan),
        mtu: s.mtu,
        alias,
        group: OURS.group,
        up: true,
        vni: s.vni,
        port: s.port,
        local: s.local,
        family: s.local.includes(':') ? 6 : 4,
        learning: s.learning,
        addrgenmode: 'none',
      },
      from,
    ),
    want(port, meshPort(s), from),
  ];
}

// What is for a guest that may be elsewhere goes there too. Suppression would swallow the announcement that is listened for.
function meshPort({ vxlan: link, bridge: master, learning, suppress, moves, hears }: Segment): PortSpec {
  const flags = { learning: learning || hears, flood: learning || moves, suppress: suppress && !hears, locked: false, guarded: true } as const;
  return { ...PLAIN_PORT, netns: '', link, bridge: master, ...flags };
}

// The router is one more remote interface; where it is local its own port holds the entry.
function routerEntries(s: Segment, self: NetworkDef, { router }: NetworkEntry, view: NodeView, from: Origin): readonly Resource[] {
  const at = routerNodes(self, view);
  const home = view.catalog.nodes.get(at.find(name => name === s.node) ?? at[0] ?? '');
  if (router === undefined || home === undefined) return [];
  const known = [want(neigh, { netns: '', link: s.bridge, ip: router.address, mac: router.mac }, from)];
  if (home.name === s.node) return known;
  return [
    ...known,
    want(vtep, { netns: '', link: s.vxlan, mac: router.mac, dst: home.spec.underlay.address }, from),
    want(fdb, { netns: '', bridge: s.bridge, mac: router.mac, link: s.vxlan, sticky: true }, from),
  ];
}

function mesh(s: Segment, self: NetworkDef, entry: NetworkEntry, view: NodeView, from: Origin): readonly Resource[] {
  const found: Resource[] = [];
  for (const member of membersOf(self, view)) {
    if (member.name !== s.node) found.push(want(flood, { netns: '', link: s.vxlan, dst: member.spec.underlay.address }, from));
  }
  if (s.learning) return found;
  found.push(...routerEntries(s, self, entry, view, from));
  for (const iface of view.catalog.interfacesOf.get(self.key) ?? []) {
    const given = entry.interfaces[iface.key];
    const homes = nodesOf(iface).flatMap(name => view.catalog.nodes.get(name) ?? []);
    if (given === undefined || given.removed !== undefined || homes.length === 0) continue;
    const origin = originOf(iface);
    if (!homes.some(home => home.name === s.node)) found.push(...remoteGuest(s, given.mac, homes, [from, origin]));
    // The bridge is deaf to IPv6 (the node is no party on a tenant's network) and cannot answer neighbour solicitations: these cross the mesh.
    if (given.address !== undefined && ipFamily(given.address) === 4) {
      found.push(want(neigh, { netns: '', link: s.bridge, ip: given.address, mac: given.mac }, from, origin));
    }
  }
  return found;
}

// Who may be on either of two nodes has no peer: the device then sends to all, and who has not the guest drops it.
function remoteGuest(s: Segment, mac: string, homes: readonly NodeDef[], from: readonly Origin[]): readonly Resource[] {
  const [home, another] = homes;
  const pinned = home === undefined || another !== undefined ? [] : [want(vtep, { netns: '', link: s.vxlan, mac, dst: home.spec.underlay.address }, ...from)];
  return [...pinned, want(fdb, { netns: '', bridge: s.bridge, mac, link: s.vxlan, sticky: true }, ...from)];
}

function underlayTroubles(self: NetworkDef, view: NodeView, from: Origin): readonly Trouble[] {
  const device = view.facts.underlay;
  if (device === null) {
    const message = `no device of ${view.node.name} has the underlay address ${view.node.spec.underlay.address}; the network carries nothing to other nodes`;
    return [{ definition: from.definition, reason: 'UnderlayAddressMissing', message, fatal: true }];
  }
  const needed = networkMtu(self, view.catalog) + (view.node.spec.underlay.address.includes(':') ? 70 : 50);
  if (device.mtu >= needed) return [];
  const message = `${device.device} carries ${device.mtu} bytes, the network needs ${needed}: raise the mtu of ${device.device} or set a smaller mtu in the network`;
  return [{ definition: from.definition, reason: 'UnderlayMtuTooSmall', message, fatal: false }];
}

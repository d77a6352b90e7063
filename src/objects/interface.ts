/** Interface: one guest's attachment to a network, on the node where the guest runs. */
import { address } from '../kinds/address.ts';
import { far } from '../kinds/far.ts';
import { fdb } from '../kinds/fdb.ts';
import type { Origin, Resource } from '../kinds/kind.ts';
import { OURS } from '../kinds/marks.ts';
import { PLAIN_PORT, port } from '../kinds/port.ts';
import { sysctl } from '../kinds/sysctl.ts';
import { tap } from '../kinds/tap.ts';
import { veth } from '../kinds/veth.ts';
import { parseCidr } from '../model/ip.ts';
import type { InterfaceEntry } from '../model/ledger.ts';
import { bridgeName, hostLinkName, nearMac, tapName } from '../model/names.ts';
import { addressesOf } from './guard.ts';
import { routesInside } from './guest-routes.ts';
import { checkInterface } from './interface-check.ts';
import { isMigrating, isOn, learns, networkMtu } from './mesh.ts';
import type { Ask, Compiled, InterfaceDef, NetworkDef, NodeView, ObjectKind, Trouble } from './object.ts';
import { originOf, want } from './want.ts';

export const iface: ObjectKind<InterfaceDef['spec']> = {
  kind: 'Interface',
  plural: 'interfaces',
  scope: 'namespace',
  check: checkInterface,
  asks,
  compile,
};

/** Key of the network that an interface belongs to: always of its own namespace. */
export function networkKey(self: InterfaceDef): string {
  return `${self.namespace}/${self.spec.network}`;
}

function asks(self: InterfaceDef): readonly Ask[] {
  const { node, migrateTo, mac, address: asked } = self.spec;
  return [
    {
      for: 'interface',
      key: self.key,
      namespace: self.namespace,
      name: self.name,
      network: networkKey(self),
      address: asked,
      from: `${self.at.file}:${self.at.line}`,
      ...(node === undefined ? {} : { node }),
      ...(migrateTo === undefined ? {} : { migrateTo }),
      ...(mac === undefined ? {} : { mac }),
    },
  ];
}

function compile(self: InterfaceDef, view: NodeView): Compiled {
  const network = view.catalog.networks.get(networkKey(self));
  if (!isOn(self, view.node.name) || network === undefined) return { resources: [], troubles: [] };
  const from = originOf(self);
  const entry = view.ledger.networks[network.key];
  const given = entry?.interfaces[self.key];
  if (entry === undefined || given === undefined || given.removed !== undefined) {
    return { resources: [], troubles: [{ definition: from.definition, reason: 'AllocationPending', message: 'no MAC and uuid allocated yet', fatal: true }] };
  }
  return attach({ self, network, given, view, from, bridge: bridgeName(entry.vxid), mtu: networkMtu(network, view.catalog) });
}

interface Attachment {
  readonly self: InterfaceDef;
  readonly network: NetworkDef;
  readonly given: InterfaceEntry;
  readonly view: NodeView;
  readonly from: Origin;
  readonly bridge: string;
  readonly mtu: number;
}

function attach(a: Attachment): Compiled {
  const how = a.self.spec.attach;
  const troubles = addressTroubles(a);
  if (how.tap !== undefined) return attachTap(a, how.tap, troubles);
  if (how.netns !== undefined) return { resources: attachVeth(a, { netns: how.netns.name, name: how.netns.ifname ?? `eth${a.self.spec.order}` }), troubles };
  if (how.host !== undefined) return { resources: attachVeth(a, { netns: '', name: how.host.ifname ?? hostLinkName(a.given.uuid) }), troubles };
  return { resources: [], troubles };
}

function addressTroubles(a: Attachment): readonly Trouble[] {
  if (a.network.spec.cidr === undefined || a.self.spec.address === 'none' || a.given.address !== undefined) return [];
  return [{ definition: a.from.definition, reason: 'PoolExhausted', message: `no free address in ${a.network.spec.cidr} of ${a.network.key}`, fatal: true }];
}

function attachTap(a: Attachment, how: NonNullable<InterfaceDef['spec']['attach']['tap']>, troubles: readonly Trouble[]): Compiled {
  const name = how.ifname ?? tapName(a.given.uuid);
  const uid = how.owner === undefined ? null : (a.view.facts.users[how.owner] ?? undefined);
  if (uid !== undefined) return { resources: tapOf(a, how, name, uid), troubles };
  const unknown: Trouble = { definition: a.from.definition, ...userTrouble(a, how.owner ?? ''), fatal: true };
  // One that is there may carry a guest, and a directory of users may be out of reach: it stays, whoever owns it.
  const isThere = a.view.facts.ports.some(found => found.ours && found.ifname === name && found.bridge === a.bridge);
  return { resources: isThere ? tapOf(a, how, name, undefined) : [], troubles: [...troubles, unknown] };
}

function userTrouble({ view }: Attachment, owner: string): Pick<Trouble, 'reason' | 'message'> {
  const { facts, node } = view;
  return facts.unanswered?.includes(owner)
    ? {
        reason: 'UserUnanswered',
        message: `nobody told the node ${node.name} in time which user ${owner} is: its directory of users does not answer; the next pass asks again`,
      }
    : { reason: 'UnknownUser', message: `the node ${node.name} has no user ${owner}: create it there, or name another owner` };
}

function tapOf(a: Attachment, how: NonNullable<InterfaceDef['spec']['attach']['tap']>, name: string, owner: number | null | undefined): readonly Resource[] {
  const spec = {
    netns: '',
    name,
    mac: nearMac(a.given.mac),
    mtu: a.mtu,
    alias: `netloom:${a.from.definition}`,
    group: OURS.group,
    up: true,
    addrgenmode: 'none',
  } as const;
  return [want(tap, { ...spec, stage: stageName(a.given.uuid), owner, multiQueue: how.multiQueue }, a.from), ...plugged(a, name)];
}

/** `nl-<8 hex of the uuid>`: the name under which a tap is born. */
function stageName(uuid: string): string {
  return `nl-${uuid.slice(0, 8)}`;
}

function attachVeth(a: Attachment, end: { readonly netns: string; readonly name: string }): readonly Resource[] {
  const near = tapName(a.given.uuid);
  const spec = { mtu: a.mtu, alias: `netloom:${a.from.definition}`, group: OURS.group, up: true, addrgenmode: 'none' } as const;
  // A namespace answers by itself as soon as it has a carrier: while its guest moves, who moves it says where that is.
  const { up: _, ...silent } = spec;
  const found: Resource[] = [
    want(
      veth,
      { ...(isMigrating(a.self) ? silent : spec), netns: '', name: near, mac: nearMac(a.given.mac), peer: `${end.netns}/${end.name}`, peerMac: a.given.mac },
      a.from,
    ),
    want(
      far,
      {
        ...spec,
        addrgenmode: end.netns === '' ? 'none' : 'eui64',
        netns: end.netns,
        name: end.name,
        mac: a.given.mac,
        near: `/${near}`,
        // Its own is netloom's: with another prefix length it is not the guest's doing.
        guestAddresses: addressesOf(a.self, a.network, a.given, a.view).filter(allowed => allowed !== a.given.address),
      },
      a.from,
    ),
    ...plugged(a, near),
  ];
  if (end.netns === '') found.push(...deaf(end.name, a.from));
  const cidr = a.network.spec.cidr === undefined ? null : parseCidr(a.network.spec.cidr);
  if (a.given.address !== undefined && cidr !== null) {
    found.push(want(address, { netns: end.netns, link: end.name, ip: a.given.address, prefix: cidr.prefix }, a.from));
    found.push(...routesInside(a.self, end, a.view, a.from));
  }
  return found;
}

/** The node's end in a network: no router advertisement configures the node, and ARP tells of no address but the link's own. */
function deaf(link: string, from: Origin): readonly Resource[] {
  return [
    want(sysctl, { netns: '', key: `net/ipv6/conf/${link}/disable_ipv6`, value: '1' }, from),
    want(sysctl, { netns: '', key: `net/ipv4/conf/${link}/arp_ignore`, value: '1' }, from),
  ];
}

/**
 * The bridge port and the pinned MAC. With `locked` the kernel itself drops foreign source MACs, also when nft was flushed. A guest
 * that moves is pinned nowhere: here a pin would hold what is for the other node, and a locked port lets only the pinned in.
 */
function plugged(a: Attachment, link: string): readonly Resource[] {
  const learning = learns(a.network, a.view.catalog);
  const open = learning || !a.self.spec.spoofProtection;
  const moves = isMigrating(a.self) && !learning;
  const flags = { learning: open && !moves, flood: true, suppress: false, locked: !open && !moves, guarded: true } as const;
  const found: Resource[] = [want(port, { ...PLAIN_PORT, netns: '', link, bridge: a.bridge, ...flags }, a.from)];
  if (!learning && !moves) found.push(want(fdb, { netns: '', bridge: a.bridge, mac: a.given.mac, link, sticky: true }, a.from));
  return found;
}

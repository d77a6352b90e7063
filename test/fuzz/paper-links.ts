/** What Linux does with links: their birth, their settings, their place in a bridge, and what goes with them. */
import type { LinkSet, Op } from '../../src/kinds/op.ts';
import { assertNever } from '../../src/model/bug.ts';
import { linkOf, type PaperLink, type PaperNode, Refused, type Room, roomOf } from './paper-node.ts';

export type LinkOp = Extract<Op, { op: `${'bridge' | 'vxlan' | 'veth' | 'tap'}-add` | `${'link' | 'port' | 'vxlan' | 'bridge'}-set` | 'link-del' }>;

export function linkAct(node: PaperNode, room: Room, op: LinkOp): void {
  switch (op.op) {
    case 'bridge-add': {
      const of = { stp: false, forwardDelay: 1500, snooping: true, vlanFiltering: false, ageing: 30_000, netfilter: false, ...op.set };
      add(node, room, { ...op, type: 'bridge', of });
      return;
    }
    case 'vxlan-add': {
      for (const { of } of room.links.values()) if (of['vni'] === op.vni && of['port'] === op.port) throw new Refused('a vxlan of this vni and port is there');
      add(node, room, { ...op, type: 'vxlan', of: { vni: op.vni, port: op.port, local: op.local, learning: op.learning } });
      return;
    }
    case 'veth-add':
      addPair(node, room, op);
      return;
    case 'tap-add':
      add(node, room, { ...op, type: 'tap', mac: '02:00:00:ff:ff:ff', mtu: 1500, group: 0, of: { owner: op.owner, multiQueue: op.multiQueue } });
      return;
    case 'link-del':
      deleteLink(node, room, op.name);
      return;
    case 'link-set':
      setLink(room, linkOf(room, op.name), op.set);
      return;
    case 'port-set': {
      const link = linkOf(room, op.name);
      if (link.master === '') throw new Refused('it is in no bridge');
      link.port = { ...link.port, ...op.set };
      return;
    }
    case 'vxlan-set': {
      const { of } = linkOf(room, op.name);
      if (op.set.local !== undefined && op.set.local.includes(':') !== String(of['local']).includes(':'))
        throw new Refused('the local address is of another family');
      Object.assign(of, op.set);
      return;
    }
    case 'bridge-set':
      Object.assign(linkOf(room, op.name).of, op.set);
      return;
    default:
      assertNever(op);
      return;
  }
}

interface Birth extends Pick<PaperLink, 'name' | 'type' | 'mac' | 'mtu' | 'group' | 'of'> {}

function add(node: PaperNode, room: Room, birth: Birth): PaperLink {
  const { name, type, mac, mtu, group, of } = birth;
  if (room.links.has(name)) throw new Refused(`the name ${name} is taken`);
  if (Buffer.byteLength(name) > 15) throw new Refused(`the name ${name} is too long`);
  if (mtu < 68 || mtu > 65_536) throw new Refused(`no mtu: ${mtu}`);
  node.made += 1;
  const link: PaperLink = {
    ifindex: node.made,
    type,
    name,
    mac,
    mtu,
    alias: '',
    group,
    up: false,
    genmode: 'eui64',
    master: '',
    of,
    port: {},
    keepsMtu: false,
    isOurs: true,
    addresses: [],
  };
  room.links.set(name, link);
  return link;
}

// Linux registers the peer first.
function addPair(node: PaperNode, room: Room, op: Extract<Op, { op: 'veth-add' }>): void {
  const there = roomOf(node, op.peer.netns);
  if (room.links.has(op.name)) throw new Refused(`the name ${op.name} is taken`);
  const { mtu, group } = op;
  const far = add(node, there, { type: 'veth', name: op.peer.name, mac: op.peer.mac, mtu, group, of: {} });
  const near = add(node, room, { type: 'veth', name: op.name, mac: op.mac, mtu, group, of: {} });
  near.peer = { netns: op.peer.netns, link: far };
  far.peer = { netns: op.netns, link: near };
}

function setLink(room: Room, link: PaperLink, { name, master, mac, mtu, up, addrgenmode, alias, group }: LinkSet): void {
  const others = [name, mac, mtu, up, addrgenmode, alias, group].some(value => value !== undefined);
  if (others && !link.isOurs) throw new Refused(`${link.name} is not ours`);
  if (name !== undefined && name !== link.name) rename(room, link, name);
  if (alias !== undefined && Buffer.byteLength(alias) > 255) throw new Refused(`the alias is too long: ${alias}`);
  if (mtu !== undefined && (mtu < 68 || mtu > 65_535)) throw new Refused(`no mtu: ${mtu}`);
  Object.assign(link, {
    mac: mac ?? link.mac,
    mtu: mtu ?? link.mtu,
    group: group ?? link.group,
    alias: alias ?? link.alias,
    genmode: addrgenmode ?? link.genmode,
  });
  if (mtu !== undefined && link.type === 'bridge') link.keepsMtu = true;
  if (mac !== undefined) room.neighs = room.neighs.filter(({ dev }) => dev !== link.name);
  if (master !== undefined) enslave(room, link, master);
  if (up === true) link.up = true;
  if (up === false) goDown(room, link);
}

function rename(room: Room, link: PaperLink, name: string): void {
  if (room.links.has(name)) throw new Refused(`the name ${name} is taken`);
  if (Buffer.byteLength(name) > 15) throw new Refused(`the name ${name} is too long`);
  room.links.delete(link.name);
  link.name = name;
  room.links.set(name, link);
}

function goDown(room: Room, link: PaperLink): void {
  link.up = false;
  room.routes = room.routes.filter(({ dev }) => dev !== link.name);
  flushNeighbours(room, link.name, () => true);
}

// Static entries and flags belong to the port, not to the link.
function enslave(room: Room, link: PaperLink, master: string): void {
  if (master !== '') {
    const bridge = linkOf(room, master);
    if (bridge.type !== 'bridge') throw new Refused(`${master} is no bridge`);
    if (link.type === 'bridge') throw new Refused('a bridge is no port');
    if (!bridge.keepsMtu) bridge.mtu = Math.min(bridge.mtu, link.mtu);
  }
  if (master === '' && link.master === '') throw new Refused('it is in no bridge');
  room.fdb = room.fdb.filter(row => !(row.ifname === link.name && row.master !== undefined));
  link.master = master;
  link.port = {};
}

export function deleteLink(node: PaperNode, room: Room, name: string): void {
  const link = linkOf(room, name);
  if (!link.isOurs) throw new Refused(`${name} is not ours`);
  forget(room, link);
  if (link.peer !== undefined) forget(roomOf(node, link.peer.netns), link.peer.link);
}

function forget(room: Room, link: PaperLink): void {
  room.links.delete(link.name);
  for (const port of room.links.values()) if (port.master === link.name) enslave(room, port, '');
  room.fdb = room.fdb.filter(row => row.ifname !== link.name && row.master !== link.name);
  room.routes = room.routes.filter(({ dev }) => dev !== link.name);
  flushNeighbours(room, link.name, () => true);
  for (const key of [...room.settings.keys()]) if (key.split('/')[3] === link.name) room.settings.delete(key);
}

export function flushNeighbours(room: Room, dev: string, isOf: (ip: string) => boolean): void {
  room.neighs = room.neighs.filter(row => row.dev !== dev || !isOf(row.dst));
  room.proxies = room.proxies.filter(row => row.dev !== dev || !isOf(row.dst));
}

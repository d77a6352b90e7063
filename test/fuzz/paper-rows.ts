/** The node on paper as a reader would find it, and how it is to begin with: cards, guests, and things of others. */
import { isOurGroup, isOurNamespace } from '../../src/kinds/marks.ts';
import type { LinkRow, Rows } from '../../src/kinds/rows.ts';
import { emptyRoom, hashes, hasSetting, type PaperLink, type PaperNode, type Room } from './paper-node.ts';
import { BRIDGE, CARDS, GUEST_NAMES, UNDERLAY } from './ties.ts';

/** Settings that are asked for: by namespace. */
export type Asked = readonly { readonly netns: string; readonly sysctl: string }[];

/** Rows of the node's own namespace, of ours, of those that are wanted, and of those in which our veths end. */
export function rowsOf(node: PaperNode, wanted: readonly string[], asked: Asked): readonly Rows[] {
  const ends = [...(node.rooms.get('')?.links.values() ?? [])].flatMap(({ group, peer }) =>
    isOurGroup(String(group)) && peer !== undefined ? [peer.netns] : [],
  );
  const scope = new Set([...wanted, ...ends]);
  const names = [...node.rooms.keys()].filter(name => name === '' || isOurNamespace(name) || scope.has(name));
  return names.map(name => rowsIn(node, name, node.rooms.get(name) ?? emptyRoom(), asked));
}

function rowsIn(node: PaperNode, netns: string, room: Room, asked: Asked): Rows {
  const keys = asked.filter(key => key.netns === netns && hasSetting(room, key.sysctl));
  const tables = [...room.tables].map(([key, rows]) => ({ family: key.split(' ')[0] as 'inet', name: key.split(' ')[1] ?? '', rows }));
  const services = [...node.services.values()].map(({ id, netns: at, conf, loaded, folder }) => ({ id, netns: at, conf, loaded, folder, answers: true }));
  return {
    netns,
    namespaces: netns === '' ? [...node.rooms.keys()].filter(name => name !== '') : [],
    links: [...room.links.values()].map(linkRow),
    routes: room.routes,
    neighs: room.neighs,
    proxies: room.proxies,
    rules: room.rules,
    fdb: room.fdb,
    tables: tables.filter(({ name }) => name === 'netloom'),
    files: netns === '' ? hashes(node) : [],
    services: netns === '' ? services : [],
    sysctls: Object.fromEntries(keys.map(({ sysctl }) => [sysctl, room.settings.get(sysctl) ?? '0'])),
  };
}

const INFO_KIND = { bridge: 'bridge', vxlan: 'vxlan', veth: 'veth', tap: 'tun', card: undefined } as const;

function linkRow(link: PaperLink): LinkRow {
  const { of, port, peer } = link;
  const kind = INFO_KIND[link.type];
  const slave = link.master === '' ? {} : { info_slave_kind: 'bridge', info_slave_data: slaveData(port) };
  const info = { ...(kind === undefined ? {} : { info_kind: kind, info_data: dataOf(link) }), ...slave };
  return {
    ifindex: link.ifindex,
    ifname: link.name,
    flags: [...(link.up ? ['UP'] : []), ...(link.name === 'lo' ? ['LOOPBACK'] : [])],
    mtu: link.mtu,
    operstate: 'UNKNOWN',
    address: link.mac,
    group: String(link.group),
    inet6_addr_gen_mode: link.genmode,
    addr_info: link.addresses.map(({ ip, prefix }) => ({ family: ip.includes(':') ? ('inet6' as const) : ('inet' as const), local: ip, prefixlen: prefix })),
    ...(link.alias === '' ? {} : { ifalias: link.alias }),
    ...(link.master === '' ? {} : { master: link.master }),
    ...(Object.keys(info).length === 0 ? {} : { linkinfo: info }),
    ...(typeof of['owner'] === 'number' ? { owner: of['owner'] } : {}),
    ...(peer === undefined ? {} : { peer: { netns: peer.netns, name: peer.link.name, ifindex: peer.link.ifindex, group: String(peer.link.group) } }),
  };
}

function dataOf({ type, of }: PaperLink): Readonly<Record<string, unknown>> {
  if (type === 'vxlan') return { id: of['vni'], port: of['port'], local: of['local'], learning: of['learning'] };
  if (type === 'tap') return { type: 'tap', multi_queue: of['multiQueue'] };
  if (type !== 'bridge') return {};
  const data = {
    stp_state: Number(of['stp']),
    forward_delay: of['forwardDelay'],
    mcast_snooping: Number(of['snooping']),
    vlan_filtering: Number(of['vlanFiltering']),
  };
  return { ...data, ageing_time: of['ageing'], nf_call_iptables: Number(of['netfilter']) };
}

// As a link joins: it learns and floods.
function slaveData({
  learning = true,
  flood = true,
  suppress = false,
  locked = false,
  mcastFlood = true,
  bcastFlood = true,
  proxyArp = false,
  ...port
}: PaperLink['port']) {
  const { isolated = false, hairpin = false, forwarding = true } = port;
  const more = { mcast_flood: mcastFlood, bcast_flood: bcastFlood, proxy_arp: proxyArp, state: forwarding ? 'forwarding' : 'disabled' };
  return { learning, flood, neigh_suppress: suppress, locked, isolated, hairpin, ...more };
}

/** A node with cards, a bridge of its own, guests' namespaces, and things of others in the places where ours are. */
export function freshPaper(): PaperNode {
  const node: PaperNode = {
    rooms: new Map([['', emptyRoom()], ...GUEST_NAMES.map(name => [name, emptyRoom()] as const)]),
    files: new Map(),
    services: new Map(),
    made: 0,
  };
  const own = node.rooms.get('') as Room;
  const card = (name: string, type: PaperLink['type'] = 'card', more: Partial<PaperLink> = {}): void => {
    node.made += 1;
    const of = type === 'bridge' ? { stp: false, forwardDelay: 1500, snooping: true, vlanFiltering: false, ageing: 30_000, netfilter: false } : {};
    const link: PaperLink = {
      ifindex: node.made,
      type,
      name,
      mac: `02:00:5e:00:00:0${node.made}`,
      mtu: 1600,
      alias: '',
      group: 0,
      up: true,
      genmode: 'eui64',
      master: '',
      of,
      port: {},
      keepsMtu: true,
      isOurs: false,
      addresses: [],
    };
    own.links.set(name, Object.assign(link, more));
  };
  card('lo');
  card('eth0', 'card', { addresses: UNDERLAY.map(ip => ({ ip, prefix: ip.includes(':') ? 64 : 24 })) });
  for (const name of CARDS) card(name);
  card(BRIDGE, 'bridge');
  card('docker0', 'bridge', { addresses: [{ ip: '172.17.0.1', prefix: 16 }] });
  own.routes.push({ family: 'inet', dst: 'default', gateway: '192.0.2.1', dev: 'eth0', protocol: '3', table: '254', metric: 0 });
  own.rules.push({ priority: 32766, src: 'all', table: '254', protocol: '2' });
  own.neighs.push({ dst: '192.0.2.1', dev: 'eth0', lladdr: '02:00:5e:00:00:99', state: ['PERMANENT'] });
  own.tables.set('ip nat', [{ chain: { family: 'ip', table: 'nat', name: 'POSTROUTING' } }]);
  return node;
}

/** All that is there, but for settings: what a node has at the end is compared with what it had before. */
export function picture({ rooms, files, services }: PaperNode): readonly string[] {
  const inRoom = [...rooms].flatMap(([netns, { links, routes, neighs, proxies, rules, fdb, tables }]) => [
    `namespace ${netns}`,
    ...[...links.values()].map(
      ({ peer, ifindex: _, ...link }) => `${netns} link ${JSON.stringify({ ...link, peer: peer && `${peer.netns}/${peer.link.name}` })}`,
    ),
    ...[routes, neighs, proxies, rules, fdb, [...tables]].flatMap(list => list.map(row => `${netns} ${JSON.stringify(row)}`)),
  ]);
  return [...inRoom, ...[...files.keys()].map(path => `file ${path}`), ...[...services.keys()].map(id => `service ${id}`)].sort();
}

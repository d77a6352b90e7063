/** What is found on nodes, as the definitions that a person gets to read: networks by hand, Shaken Fist's, and what is not sure. */
import { describe, expect, test } from 'vitest';
import type { AdoptAsk, Present, Written } from '../../src/adopt/ask.ts';
import { adoptedDefinitions } from '../../src/adopt/definitions.ts';
import type { Inventory, Room } from '../../src/host/inventory.ts';
import type { LinkRow, Rows } from '../../src/kinds/rows.ts';
import { load } from '../../src/load/load.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { link, rows, tap, vxlan } from './rows.ts';

const UUID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const SF = 0xe2300f;
const room = (found: Rows, more: Partial<Room> = {}): Room => ({ ...found, known: [], iptablesNat: [], ...more });
const ip = (local: string, prefixlen = 24): LinkRow['addr_info'][number] => ({ family: 'inet', local, prefixlen });
const FE80 = { family: 'inet6', local: 'fe80::7', prefixlen: 64 } as const;
const port = (ifname: string, master: string, more: Partial<LinkRow> = {}): LinkRow => link(ifname, 'veth', { master, ...more });

const CARD = link('eth0', '', { mtu: 1600, addr_info: [ip('198.51.100.1')], linkinfo: {} });
const HAND = [link('br100', 'bridge'), vxlan('vxlan100', 100, { master: 'br100' }), port('web', 'br100', { peer: { netns: 'web', name: 'eth0', ifindex: 2 } })];
const WEB = room(rows([link('eth0', 'veth', { address: '52:54:00:00:00:07', addr_info: [ip('10.0.0.7')] })], { netns: 'web' }));

function inventory(links: readonly LinkRow[], more: Partial<Inventory> = {}, own: Partial<Room> = {}): Inventory {
  const wires = new Map(links.flatMap(({ ifname, linkinfo }) => (linkinfo?.info_kind === 'vxlan' ? [[ifname, { device: 'eth0' }] as const] : [])));
  return { rooms: [room(rows([CARD, ...links]), own), WEB], dnsmasqs: [], users: new Map([[0, 'root']]), remarks: [], wires, ...more };
}

const ASK: AdoptAsk = { node: 'n1', namespace: 'default', routers: 'keep', only: () => true, cidrs: new Map() };
const EMPTY: Present = { catalog: null, paths: new Set() };

/** What is written, by path; it must be valid with what is there. */
function written(
  found: Inventory,
  ask: Partial<AdoptAsk> = {},
  before: Written['files'] = [],
): { readonly files: Readonly<Record<string, string>>; readonly remarks: readonly string[]; readonly all: Written['files'] } {
  const present = before.length === 0 ? EMPTY : { catalog: catalogOf(before), paths: new Set(before.map(({ path }) => path)) };
  const made = adoptedDefinitions(found, { ...ASK, ...ask }, present);
  const all = [...before, ...made.files];
  expect(new Set(all.map(({ path }) => path)).size).toBe(all.length);
  if (all.length > 0) catalogOf(all);
  return { files: Object.fromEntries(made.files.map(({ path, text }) => [path, text])), remarks: made.remarks, all };
}

function catalogOf(files: Written['files']): Catalog {
  const texts = new Map(files.map(({ path, text }) => [path, new TextEncoder().encode(text)]));
  const { catalog, diagnostics } = load({ entries: files.map(({ path }) => ({ path, mode: '100644', id: path })), bytesOf: path => texts.get(path) ?? null });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (catalog === null) throw new Error('nothing was written');
  return catalog;
}

describe('a network made by hand', () => {
  test('is a cluster, a node, a network with vxid, mtu and prefix pinned, and its guest', () => {
    const { files, remarks } = written(inventory(HAND));
    expect(Object.keys(files)).toEqual(['cluster.yaml', 'nodes/n1.yaml', 'networks/default/net-64.yaml', 'networks/default/net-64.n1.yaml']);
    expect(files['cluster.yaml']).toContain('    port: 8472\n');
    expect(files['nodes/n1.yaml']).toContain('    address: 198.51.100.1\n');
    expect(files['networks/default/net-64.yaml']).toBe(`# Found on n1: vxlan100 in br100, vxid 100, UDP port 8472, peers: none.
apiVersion: netloom.dev/v1
kind: Network
metadata:
  name: net-64
  namespace: default
  annotations:
    # What somebody else made may be taken over. Take this out when \`netloom plan\` has nothing more to do on any node.
    netloom.dev/adopt: "true"
spec:
  vxid: 0x64
  mtu: 1550
  cidr: 10.0.0.0/24
  dhcp: false
  nat: false
`);
    expect(files['networks/default/net-64.n1.yaml']).toBe(`apiVersion: netloom.dev/v1
kind: Interface
metadata:
  name: n1-web
  namespace: default
spec:
  network: net-64
  node: n1
  mac: 52:54:00:00:00:07
  address: 10.0.0.7
  attach:
    bridge:
      port: web
`);
    expect(remarks).toEqual([]);
  });

  test('of the same vxid on another node is the same network: only node and guests are added, and no file is touched', () => {
    const { all } = written(inventory(HAND));
    const second = written({ ...inventory(HAND.map(each => (each.ifname === 'web' ? { ...each, ifname: 'db' } : each))), rooms: other() }, { node: 'n2' }, all);
    expect(Object.keys(second.files)).toEqual(['nodes/n2.yaml', 'networks/default/net-64.n2.yaml']);
    expect(written(inventory(HAND), {}, all).files).toEqual({});
  });

  const other = (): readonly Room[] => {
    const links = [{ ...CARD, addr_info: [ip('198.51.100.2')] }, ...HAND.map(each => (each.ifname === 'web' ? { ...each, ifname: 'db' } : each))];
    const inside = room(rows([link('eth0', 'veth', { address: '52:54:00:00:00:08', addr_info: [ip('10.0.0.8')] })], { netns: 'web' }));
    return [room(rows(links)), inside];
  };

  test('has taps that stay with owner and queues, and those that do not as ports', () => {
    const learned = (mac: string, ifname: string) => ({ mac, ifname, master: 'br100', flags: [] });
    const kept = tap('tap7', 'br100', { owner: 0, linkinfo: { info_kind: 'tun', info_data: { type: 'tap', persist: true, multi_queue: true } } });
    const passing = tap('vnet0', 'br100', { linkinfo: { info_kind: 'tun', info_data: { type: 'tap', persist: false } } });
    const strange = tap('tap9', 'br100', { owner: 4711, linkinfo: { info_kind: 'tun', info_data: { type: 'tap', persist: true } } });
    const fdb = [learned('52:54:00:00:00:17', 'tap7'), learned('52:54:00:00:00:18', 'vnet0'), learned('52:54:00:00:00:19', 'tap9')];
    const text = written(inventory([...HAND, kept, passing, strange], {}, { fdb })).files['networks/default/net-64.n1.yaml'] ?? '';
    expect(text).toContain('  attach:\n    tap:\n      ifname: tap7\n      owner: root\n      multiQueue: true\n');
    expect(text).toContain('  mac: 52:54:00:00:00:18\n  address: none\n');
    expect(text).toContain('port: vnet0');
    expect(text).toContain('port: tap9');
  });

  test('says what it does not know: a MAC as a comment, an address as none, the rest on stderr', () => {
    const own = { ...(HAND[0] as LinkRow), addr_info: [ip('10.0.0.1')] };
    const fdb = [{ mac: '00:00:00:00:00:00', ifname: 'vxlan100', flags: ['self'], dst: '198.51.100.9', state: 'permanent' }];
    const { files, remarks } = written(inventory([own, ...HAND.slice(1), tap('tap7', 'br100'), link('eth1', '', { master: 'br100' })], {}, { fdb }));
    const text = files['networks/default/net-64.n1.yaml'] ?? '';
    expect(text).toContain('# check: no MAC is known behind tap7');
    expect(text).toContain('# check: the node itself has 10.0.0.1/24 on br100');
    expect(catalogOf(Object.entries(files).map(([path, text]) => ({ path, text }))).interfaces.size).toBe(1);
    expect(remarks.join('\n')).toMatch(
      /sends to 198\.51\.100\.9, which no Node has yet[\s\S]*no guests: eth1[\s\S]*itself has 10\.0\.0\.1\/24[\s\S]*the MAC behind tap7/,
    );
  });

  test('lets a guest use all the addresses that it has: those inside, and those that neighbours know', () => {
    const inside = [ip('10.0.0.7'), ip('10.0.0.50', 32), { family: 'inet6', local: 'fd00::7', prefixlen: 64 } as const, FE80];
    const web = room(rows([link('eth0', 'veth', { address: '52:54:00:00:00:07', addr_info: inside })], { netns: 'web' }));
    const found = inventory(HAND);
    const text = written({ ...found, rooms: [found.rooms[0] as Room, web] }).files['networks/default/net-64.n1.yaml'];
    expect(text).toContain('  address: 10.0.0.7\n  allowedAddresses:\n    - 10.0.0.50\n    - fd00::7\n  attach:\n');
    const known = ['10.0.0.9', '10.0.0.51', 'fd00::9', 'fe80::9'].map(address => ({ link: 'br100', ip: address, mac: '52:54:00:00:00:09' }));
    const fdb = [{ mac: '52:54:00:00:00:09', ifname: 'vnet0', master: 'br100', flags: [] }];
    const spoken = written(inventory([...HAND, tap('vnet0', 'br100')], {}, { known, fdb })).files['networks/default/net-64.n1.yaml'];
    expect(spoken).toContain('  address: 10.0.0.9\n  allowedAddresses:\n    - 10.0.0.51\n    - fd00::9\n  attach:\n');
  });

  test('holds a guest to nothing of which there are contradictory words', () => {
    const fdb = [{ mac: '52:54:00:00:00:09', ifname: 'vnet0', master: 'br100', flags: [] }];
    const links = [...HAND, tap('vnet0', 'br100')];
    const server = (hosts: readonly string[], leases: readonly string[]) => ({ pid: 1, netns: '', options: ['interface=br100'], hosts, leases });
    const moved = server(['52:54:00:00:00:09,10.0.0.9'], ['0 52:54:00:00:00:09 10.0.0.19 * *']);
    const twice = server(['52:54:00:00:00:09,10.0.0.9', '52:54:00:00:00:10,10.0.0.9'], []);
    for (const [dnsmasq, why] of [
      [moved, '10.0.0.9 is reserved for it, and 10.0.0.19 is leased to it'],
      [twice, '10.0.0.9 is said to be that of 52:54:00:00:00:09 and of 52:54:00:00:00:10'],
    ] as const) {
      const text = written(inventory(links, { dnsmasqs: [dnsmasq] }, { fdb })).files['networks/default/net-64.n1.yaml'];
      expect(text).toContain(`  address: none\n  # check: which addresses does it have? ${why}\n  spoofProtection: false\n`);
    }
  });

  test('says what would keep it from being taken over: an address on the vxlan, devices above', () => {
    const [bridge, device, ...guests] = HAND as [LinkRow, LinkRow, LinkRow];
    const { files, remarks } = written(inventory([{ ...device, master: '', addr_info: [ip('10.0.0.1')] }]));
    expect(remarks.join()).toContain('the node itself has 10.0.0.1/24 on vxlan100; while it has, nothing is taken over');
    expect(files['networks/default/net-64.n1.yaml']).toContain('# check: the node itself has 10.0.0.1/24 on vxlan100.');
    const kept = tap('tap7', 'br100', { addr_info: [ip('10.0.0.3')], linkinfo: { info_kind: 'tun', info_data: { type: 'tap', persist: true } } });
    const above = written(inventory([bridge, device, ...guests, kept, link('br100.10', 'vlan', { link: 'br100' })])).remarks.join();
    expect(above).toContain('has devices of somebody else standing on it: br100.10; while they do, nothing is taken over');
    expect(above).toContain('tap7 carries 10.0.0.3/24');
  });

  test('may use more than its wire carries, as it does now', () => {
    const wide = HAND.map(each => ({ ...each, mtu: 1600 }));
    expect(written(inventory(wide)).remarks.join()).toContain('eth0 carries 1600 bytes, and networks here need 1650');
  });

  test('is chosen by vxid or name, and gets a prefix by hand where nothing tells it', () => {
    const bare = [link('br100', 'bridge'), vxlan('vxlan100', 100, { master: 'br100' })];
    expect(written(inventory(bare)).files['networks/default/net-64.yaml']).toContain('# check: no address tells the prefix');
    expect(written(inventory(bare), { cidrs: new Map([['100', '10.7.0.0/24']]) }).files['networks/default/net-64.yaml']).toContain('  cidr: 10.7.0.0/24\n');
    expect(written(inventory(bare), { only: vxid => vxid === 5 }).remarks.join()).toContain('nothing to take over');
  });

  test('whose text is hostile stays text', () => {
    const dnsmasq = {
      pid: 1,
      netns: '',
      options: ['interface=br100', 'dhcp-range=10.0.0.2,static'],
      hosts: ['52:54:00:00:00:07,a: b # {x},10.0.0.7'],
      leases: [],
    };
    const text = written(inventory(HAND, { dnsmasqs: [dnsmasq] })).files['networks/default/net-64.n1.yaml'] ?? '';
    expect(text).toContain('name: n1-web\n');
  });
});

describe("Shaken Fist's network node", () => {
  const NAME = 'vxlan-e2300f';
  const LINKS = [
    link('br-vxlan-e2300f', 'bridge'),
    vxlan(NAME, SF, { master: 'br-vxlan-e2300f' }),
    tap('vnet3', 'br-vxlan-e2300f', { address: 'fe:00:00:12:34:56' }),
    port('veth-e2300f-o', 'br-vxlan-e2300f', { peer: { netns: UUID, name: 'veth-e2300f-i', ifindex: 9 } }),
    port('egr-e2300f-o', 'egr-br-eth1', { peer: { netns: UUID, name: 'egr-e2300f-i', ifindex: 11 } }),
  ];
  const ROUTER = room(
    rows(
      [
        link('veth-e2300f-i', 'veth', { address: 'be:ef:00:00:00:01', addr_info: [ip('192.168.5.1')] }),
        link('egr-e2300f-i', 'veth', { addr_info: [ip('192.168.20.77')], peer: { netns: '', name: 'egr-e2300f-o', ifindex: 12 } }),
      ],
      { netns: UUID, routes: [{ family: 'inet', dst: 'default', dev: 'egr-e2300f-i', protocol: '3', table: '254' }] },
    ),
    {
      iptablesNat: [
        '-P PREROUTING ACCEPT',
        '-A PREROUTING -d 192.168.20.80/32 -j DNAT --to-destination 192.168.5.9',
        '-A POSTROUTING -s 192.168.5.0/24 -o egr-e2300f-i -j MASQUERADE',
      ],
    },
  );
  const DNSMASQ = {
    pid: 7,
    netns: UUID,
    options: ['port=0', 'dhcp-range=192.168.5.2,static,255.255.255.0'],
    hosts: ['02:00:00:12:34:56,Web One,192.168.5.9'],
    leases: [],
  };
  const found = (): Inventory => {
    const base = inventory(LINKS, { dnsmasqs: [DNSMASQ] });
    return { ...base, rooms: [...base.rooms, ROUTER] };
  };

  test('keeps its router as a guest of the network; a MAC is told by `fe:` and a reservation', () => {
    const { files, remarks } = written(found());
    const text = files['networks/default/net-e2300f.n1.yaml'] ?? '';
    expect(text).toContain('  mac: 02:00:00:12:34:56\n  address: 192.168.5.9\n');
    expect(text).toContain('  mac: be:ef:00:00:00:01\n');
    expect(text).toContain('  address: none\n  spoofProtection: false\n  attach:\n    bridge:\n      port: veth-e2300f-o\n');
    expect(files['networks/default/net-e2300f.yaml']).toContain('  cidr: 192.168.5.0/24\n  dhcp: false\n  nat: false\n');
    expect(remarks.join()).toContain('with its DHCP and its floating addresses (192.168.20.80)');
  });

  test('is written as netloom would make it when its router is to be replaced', () => {
    const { files } = written(found(), { routers: 'replace' });
    expect(files['nodes/n1.yaml']).toContain('  gateway: true\n');
    expect(files['pools.yaml']).toContain('  cidr: 192.168.20.0/24\n  mode: masquerade\n  device: eth1\n');
    expect(files['networks/default/net-e2300f.yaml']).toContain('  dhcp: true\n  nat: true\n  gateway: n1\n  dns: false\n  pool: floating\n');
    expect(files['networks/default/net-e2300f.n1.yaml']).toMatch(/kind: FloatingIP[\s\S]*address: 192\.168\.20\.80\n {2}interface: /);
    expect(files['networks/default/net-e2300f.n1.yaml']).not.toContain('veth-e2300f-o');
  });

  test('whose rules are native ones of nftables is read alike', () => {
    const expr = [{ match: { left: { payload: { protocol: 'ip', field: 'daddr' } }, op: '==', right: '192.168.20.80' } }, { dnat: { addr: '192.168.5.9' } }];
    const tables = [{ family: 'ip', name: 'nat', rows: [{ rule: { expr } }, { rule: { expr: [{ masquerade: null }] } }] }] as const;
    const rooms = [...found().rooms.slice(0, 2), { ...ROUTER, iptablesNat: [], tables }];
    expect(written({ ...found(), rooms }, { routers: 'replace' }).files['networks/default/net-e2300f.n1.yaml']).toContain('address: 192.168.20.80');
  });
});

import { expect, test } from 'vitest';
import { digestOf } from '../../src/compile/compile.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { catalogOf, doc, FACTS, ledgerOf, on, specs } from './world.ts';

const guest = (name: string, node: string, more = '') => doc('Interface', name, `network: blue, node: ${node}, attach: { netns: { name: ${name} } }${more}`);
const blue = (more = '') => doc('Network', 'blue', `cidr: 10.0.0.0/24${more}`);

test('a network is on the nodes of its interfaces and nowhere else', () => {
  const catalog = catalogOf(blue(), guest('a', 'n1'), guest('b', 'n2'));
  expect(specs(on('n1', catalog), 'vxlan')).toHaveLength(1);
  expect(specs(on('n2', catalog), 'vxlan')).toHaveLength(1);
  expect(on('n3', catalog).resources).toEqual([]);
});

test('a network without interfaces makes nothing on a hypervisor, and its devices on a gateway node', () => {
  const catalog = catalogOf(blue(), doc('Network', 'flat', ''), doc('Node', 'gw', 'gateway: true, underlay: { address: 10.9.0.9 }'));
  expect(on('n1', catalog).resources).toEqual([]);
  expect(specs(on('gw', catalog), 'bridge')).toHaveLength(1);
});

test('every member floods to every other member and never to itself', () => {
  const catalog = catalogOf(blue(), guest('a', 'n1'), guest('b', 'n2'), guest('c', 'n3'));
  expect(specs(on('n2', catalog), 'flood').map(spec => spec.dst)).toEqual(['10.9.0.1', '10.9.0.3']);
});

test('remote MACs are in both databases, local ones on their port alone', () => {
  const compiled = on('n1', catalogOf(blue(), guest('a', 'n1'), guest('b', 'n2')));
  const vtep = specs(compiled, 'vtep');
  expect(vtep.map(spec => spec.dst)).toEqual(['10.9.0.2']);
  const entries = specs(compiled, 'fdb');
  expect(entries.map(spec => spec.mac)).toContain(vtep[0]?.mac);
  expect(entries.filter(spec => String(spec.link).startsWith('tap-'))).toHaveLength(1);
  expect(entries.every(spec => spec.sticky === true)).toBe(true);
});

test('one mtu everywhere: what the smallest declared underlay carries less 50 bytes, or the network’s own', () => {
  const catalog = catalogOf(blue(), guest('a', 'n1'), guest('b', 'n4'), doc('Node', 'n4', 'underlay: { address: 10.9.0.4, mtu: 1600 }'));
  for (const kind of ['bridge', 'vxlan', 'veth', 'far']) expect(specs(on('n1', catalog), kind)[0]?.mtu, kind).toBe(1550);
  expect(specs(on('n1', catalogOf(blue(', mtu: 1400'), guest('a', 'n1'))), 'vxlan')[0]?.mtu).toBe(1400);
});

test('a device that carries less than is declared degrades the network and changes no mtu', () => {
  const catalog = catalogOf(blue(), guest('a', 'n1'));
  const compiled = on('n1', catalog, { facts: { ...FACTS, underlay: { device: 'eth0', mtu: 1500, up: true } } });
  expect(compiled.troubles).toMatchObject([{ reason: 'UnderlayMtuTooSmall', definition: 'Network default/blue', fatal: false }]);
  expect(specs(compiled, 'vxlan')[0]?.mtu).toBe(8950);
});

test('nodes answer ARP for known neighbours, unless an address may move by itself', () => {
  const port = (docs: readonly string[]) => specs(on('n1', catalogOf(...docs)), 'port').find(spec => String(spec.link).startsWith('vxlan-'));
  expect(port([blue(), guest('a', 'n1')])).toMatchObject({ suppress: true, flood: false, learning: false });
  expect(port([blue(), guest('a', 'n1', ', allowedAddresses: [10.0.0.100]')])).toMatchObject({ suppress: false, flood: false });
  expect(port([blue(', mesh: { learning: true }'), guest('a', 'n1')])).toMatchObject({ suppress: false, flood: true, learning: true });
});

test('a mesh that learns has flood entries and no static ones', () => {
  const compiled = on('n1', catalogOf(blue(', mesh: { learning: true }'), guest('a', 'n1'), guest('b', 'n2')));
  expect(specs(compiled, 'flood')).toHaveLength(1);
  for (const kind of ['vtep', 'fdb', 'neigh']) expect(specs(compiled, kind), kind).toEqual([]);
});

test('a guest’s port is locked to its MAC, and the near end never has the guest’s own', () => {
  const compiled = on('n1', catalogOf(blue(), guest('a', 'n1', ', mac: "02:00:00:00:00:0a"')));
  expect(specs(compiled, 'port').find(spec => String(spec.link).startsWith('tap-'))).toMatchObject({ locked: true, learning: false });
  expect(specs(compiled, 'veth')[0]?.mac).toBe('fe:00:00:00:00:0a');
  expect(specs(compiled, 'far')[0]?.mac).toBe('02:00:00:00:00:0a');
});

test('a tap whose owner the node does not know is a trouble of that interface alone', () => {
  const tap = doc('Interface', 't', 'network: blue, node: n1, attach: { tap: { owner: nosuch } }');
  const compiled = on('n1', catalogOf(blue(), guest('a', 'n1'), tap), { facts: { ...FACTS, users: { nosuch: null } } });
  expect(compiled.troubles).toMatchObject([{ definition: 'Interface default/t', reason: 'UnknownUser', fatal: true }]);
  expect(specs(compiled, 'tap')).toEqual([]);
  expect(specs(compiled, 'veth')).toHaveLength(1);
});

test('a tap that is there stays while its owner is not known: a guest may run on it', () => {
  const catalog = catalogOf(blue(), doc('Interface', 't', 'network: blue, node: n1, attach: { tap: { owner: alice } }'));
  const known = on('n1', catalog, { facts: { ...FACTS, users: { alice: 1000 } } });
  const [tap] = specs(known, 'tap');
  const port = { bridge: String(specs(known, 'bridge')[0]?.name), ifname: String(tap?.name), mac: '', ours: true };
  const compiled = on('n1', catalog, { facts: { ...FACTS, users: { alice: null }, ports: [port] } });
  expect(specs(compiled, 'tap')).toEqual([{ ...tap, owner: undefined }]);
  expect(compiled.resources.map(resource => resource.ref)).toEqual(known.resources.map(resource => resource.ref));
  expect(compiled.troubles).toMatchObject([{ definition: 'Interface default/t', reason: 'UnknownUser', fatal: true }]);
});

test('what is not allocated yet is not compiled, and says so', () => {
  const catalog = catalogOf(blue(), guest('a', 'n1'));
  const compiled = on('n1', catalog, { ledger: { networks: {} } });
  expect(specs(compiled, 'vxlan')).toEqual([]);
  expect(new Set(compiled.troubles.map(trouble => trouble.reason))).toEqual(new Set(['AllocationPending']));
});

test('bridged frames are kept out of the node’s own filters, unless the node says keep', () => {
  const keys = (docs: readonly string[]) =>
    specs(on('n1', catalogOf(...docs)), 'sysctl').flatMap(spec => (String(spec.key).includes('bridge-nf') ? [spec.value] : []));
  expect(keys([blue(), guest('a', 'n1')])).toEqual(['0', '0', '0']);
  const kept = catalogOf(
    blue(),
    doc('Interface', 'a', 'network: blue, node: n5, attach: { tap: {} }'),
    doc('Node', 'n5', 'underlay: { address: 10.9.0.5 }, bridgeNetfilter: keep'),
  );
  expect(specs(on('n5', kept), 'sysctl').filter(spec => String(spec.key).includes('bridge-nf'))).toEqual([]);
  expect(on('n5', kept).troubles).toMatchObject([{ reason: 'BridgeNetfilter', fatal: false }]);
});

test('libvirt’s port is guarded when it is named, or recognised by its MAC', () => {
  const named = doc('Interface', 'v', 'network: blue, node: n1, attach: { bridge: { port: vnet3 } }');
  const found = doc('Interface', 'v', 'network: blue, node: n1, mac: "52:54:00:aa:bb:cc", attach: { bridge: {} }');
  const guards = (compiled: ReturnType<typeof on>) => JSON.stringify(specs(compiled, 'nft').find(spec => spec.family === 'bridge'));
  expect(guards(on('n1', catalogOf(blue(), named)))).toContain('vnet3');
  const catalog = catalogOf(blue(), found);
  const bridge = `br-vxlan-${ledgerOf(catalog).networks['default/blue']?.vxid.toString(16)}`;
  const ports = [{ bridge, ifname: 'vnet7', mac: 'fe:54:00:aa:bb:cc', ours: false }];
  expect(guards(on('n1', catalog))).not.toContain('vnet7');
  expect(guards(on('n1', catalog, { facts: { ...FACTS, ports } }))).toContain('vnet7');
});

test('a digest changes with what is wanted here, and with nothing else', () => {
  const of = (catalog: ReturnType<typeof catalogOf>) => digestOf(on('n1', catalog))(['Network default/blue']);
  const before = of(catalogOf(blue(), guest('a', 'n1'), guest('b', 'n2')));
  expect(of(catalogOf(doc('Network', 'other', ''), blue(), guest('a', 'n1'), guest('b', 'n2')))).toBe(before);
  expect(of(catalogOf(blue(', mtu: 1400'), guest('a', 'n1'), guest('b', 'n2')))).not.toBe(before);
  expect(of(catalogOf(blue(), guest('a', 'n1')))).not.toBe(before);
});

test('a namespace in several networks has one route to each destination: that of its first card', () => {
  const lan = (name: string, third: number) =>
    doc('Network', name, `cidr: 10.0.${third}.0/24, routes: [{ to: 10.9.0.0/16, via: 10.0.${third}.7 }, { to: 10.${third}.0.0/16, via: 10.0.${third}.8 }]`);
  const card = (name: string, network: string, order: number) =>
    doc('Interface', name, `network: ${network}, node: n1, order: ${order}, attach: { netns: { name: vm } }`);
  const everywhere = doc('Network', 'out', 'cidr: 10.0.3.0/24, routes: [{ to: 0.0.0.0/0, via: 10.0.3.7 }]');
  const other = doc('Network', 'other', 'cidr: 10.0.4.0/24, routes: [{ to: 0.0.0.0/0, via: 10.0.4.7 }]');
  const catalog = catalogOf(
    lan('one', 1),
    lan('two', 2),
    everywhere,
    other,
    card('a', 'two', 1),
    card('b', 'one', 0),
    card('c', 'other', 3),
    card('d', 'out', 2),
  );
  const routes = specs(on('n1', catalog), 'route').map(({ dst, via }) => `${dst} via ${via}`);
  expect(routes.sort()).toEqual(['10.1.0.0/16 via 10.0.1.8', '10.2.0.0/16 via 10.0.2.8', '10.9.0.0/16 via 10.0.1.7', 'default via 10.0.3.7']);
});

test('where its cards move one after the other, a namespace has each route once, on each of its nodes', () => {
  const lan = (name: string, third: number) => doc('Network', name, `cidr: 10.0.${third}.0/24, routes: [{ to: 10.9.0.0/16, via: 10.0.${third}.7 }]`);
  const routes = (node: string, first: string, second: string) => {
    const card = (name: string, at: string) => doc('Interface', name, `network: ${name}, node: ${at}, attach: { netns: { name: w, ifname: ${name} } }`);
    return specs(on(node, catalogOf(lan('a', 1), lan('b', 2), card('a', first), card('b', second))), 'route').map(({ dst, via }) => `${dst} via ${via}`);
  };
  const [byFirst, bySecond] = [['10.9.0.0/16 via 10.0.1.7'], ['10.9.0.0/16 via 10.0.2.7']];
  const both = (first: string, second: string) => ['n2', 'n3'].map(node => routes(node, first, second));
  expect(both('n2, migrateTo: n3', 'n2, migrateTo: n3')).toEqual([byFirst, byFirst]);
  expect(both('n3', 'n2, migrateTo: n3')).toEqual([bySecond, byFirst]);
  expect(both('n2', 'n2, migrateTo: n3')).toEqual([byFirst, bySecond]);
});

const moving = (node: string, attach = '{ tap: {} }', more = '') =>
  catalogOf(
    blue(more),
    doc('Interface', 'm', `network: blue, node: ${node}, mac: "02:00:00:00:00:0a", address: 10.0.0.9, attach: ${attach}`),
    ...['n1', 'n2', 'n3'].map((at, n) => guest(`g${n}`, at)),
  );
const about = (catalog: Catalog, node: string) => {
  const compiled = on(node, catalog);
  const ports = specs(compiled, 'port');
  return {
    pinned: ['vtep', 'fdb'].filter(kind => specs(compiled, kind).some(spec => spec.mac === '02:00:00:00:00:0a')),
    mesh: ports.find(spec => String(spec.link).startsWith('vxlan-')),
    unlocked: ports.filter(spec => spec.locked === false && String(spec.link).startsWith('tap-')).length,
  };
};

test('a guest that moves has a port on both nodes, and is pinned on neither; the others send to all', () => {
  const catalog = moving('n1, migrateTo: n2');
  for (const node of ['n1', 'n2']) {
    expect(about(catalog, node)).toMatchObject({ pinned: [], mesh: { flood: true, learning: false, suppress: true }, unlocked: 1 });
    expect(specs(on(node, catalog), 'tap')).toHaveLength(1);
  }
  expect(about(catalog, 'n3')).toMatchObject({ pinned: ['fdb'], mesh: { flood: false }, unlocked: 0 });
  expect(about(moving('n1'), 'n3')).toMatchObject({ pinned: ['vtep', 'fdb'], mesh: { flood: false }, unlocked: 0 });
  expect(about(moving('n1'), 'n1')).toMatchObject({ pinned: ['fdb'], mesh: { flood: false }, unlocked: 0 });
});

test('a guest that moves learns nothing by its own port, also without spoof protection', () => {
  const catalog = moving('n1, migrateTo: n2, spoofProtection: false');
  expect(specs(on('n1', catalog), 'port').filter(spec => spec.learning === true)).toEqual([]);
});

test('where another program makes the port, the mesh is listened to, and announcements cross it', () => {
  const catalog = moving('n1, migrateTo: n2', '{ bridge: {} }');
  for (const node of ['n1', 'n2']) expect(about(catalog, node).mesh).toMatchObject({ flood: true, learning: true, suppress: false });
  expect(about(catalog, 'n3').mesh).toMatchObject({ flood: false, learning: false, suppress: true });
});

test('a namespace stays without carrier until somebody says that its guest is there', () => {
  const there = (node: string, from: string) => specs(on(from, moving(node, '{ netns: { name: m } }')), 'veth').find(spec => spec.peer === 'm/eth0');
  expect(there('n1', 'n1')).toMatchObject({ up: true });
  for (const from of ['n1', 'n2']) expect(there('n1, migrateTo: n2', from)).not.toHaveProperty('up');
});

test('only what leads to it is let through to a guest that moves', () => {
  const elements = (node: string, catalog: Catalog, name: string) => {
    const rows = specs(on(node, catalog), 'nft').find(({ family }) => family === 'bridge')?.rows as readonly { set?: { name: string; elem?: unknown } }[];
    return rows.find(({ set }) => set?.name === name)?.set?.elem;
  };
  const attach = '{ tap: { ifname: tap-m } }';
  const catalog = moving('n1, migrateTo: n2', attach);
  const vxlan = String(specs(on('n1', catalog), 'vxlan')[0]?.name);
  const pairs = (...links: readonly string[]) => links.map(link => ({ concat: ['02:00:00:00:00:0a', link] }));
  for (const node of ['n1', 'n2']) {
    expect([elements(node, catalog, 'moving'), elements(node, catalog, 'ways')]).toEqual([['02:00:00:00:00:0a'], pairs('tap-m', vxlan)]);
  }
  const none = [undefined, undefined];
  expect([elements('n3', catalog, 'moving'), elements('n3', catalog, 'ways')]).toEqual(none);
  const learning = moving('n1, migrateTo: n2', attach, ', mesh: { learning: true }');
  for (const still of [moving('n1', attach), learning]) expect([elements('n1', still, 'moving'), elements('n1', still, 'ways')]).toEqual(none);
});

import { describe, expect, test } from 'vitest';
import { EMPTY_LEDGER, type Ledger, type NetworkEntry, type PoolEntry } from '../../src/model/ledger.ts';
import type { Compiled } from '../../src/objects/object.ts';
import { catalogOf, doc, FACTS, ledgerOf, on, specs } from './world.ts';

const SINCE = '2026-01-02T03:04:05Z';
const NODES = [doc('Node', 'gw1', 'underlay: { address: 10.9.0.11 }, gateway: true'), doc('Node', 'gw2', 'underlay: { address: 10.9.0.12 }, gateway: true')];
const POOL = doc('AddressPool', 'floating', 'cidr: 192.0.2.0/24, device: eth1');
const NET = doc('Network', 'blue', 'cidr: 10.0.0.0/24, vxid: 2, dns: true');
const GUEST = doc('Interface', 'a', 'network: blue, node: n2, mac: "02:00:00:00:00:0a", address: 10.0.0.2');
const CATALOG = catalogOf(...NODES, POOL, NET, GUEST);
const FIP = doc('FloatingIP', 'web', 'interface: a, address: 192.0.2.10, egress: gateway');
const RIP = doc('RoutedIP', 'lb', 'network: blue, address: 192.0.2.20');
const facts = { ...FACTS, runtimeFolder: '/run/netloom', egress: { eth1: { mtu: 1500, up: true, addresses: ['198.51.100.2'] } } };

const uuid = (ledger: Ledger) => (ledger.networks['default/blue'] as NetworkEntry).uuid;

/** What allocation gives, with the router on `node`. */
function placed(catalog: ReturnType<typeof catalogOf>, node = 'gw1', former?: string): Ledger {
  const before = ledgerOf(catalog).networks['default/blue'] as NetworkEntry;
  const gateway = { node, since: SINCE, ...(former === undefined ? {} : { former }) };
  const pool: PoolEntry = {
    name: 'floating',
    cidr: '192.0.2.0/24',
    since: SINCE,
    from: '',
    floating: { 'default/web': { address: '192.0.2.10', since: SINCE, from: '' } },
    routed: { 'default/lb': { address: '192.0.2.20', since: SINCE, from: '' } },
    addresses: [],
  };
  const network = { ...before, gateway, floatingGateway: { pool: 'floating', address: '192.0.2.2' } };
  return { ...EMPTY_LEDGER, networks: { 'default/blue': network }, pools: { floating: pool } };
}

test('a card whose bridge has not enough ports for its routers is a condition of the pool, on the node where they are', () => {
  const facts = { ...FACTS, egress: { eth1: { mtu: 1500, up: true, addresses: [] } } };
  const networks = Array.from({ length: 2047 }, (_, i) => doc('Network', `net-${i}`, 'cidr: 10.0.0.0/24, dhcp: false'));
  const catalog = catalogOf(...NODES, doc('AddressPool', 'floating', 'cidr: 198.18.0.0/16, device: eth1'), ...networks);
  const ledger = ledgerOf(catalog);
  const told = ['gw1', 'gw2'].flatMap(name =>
    on(name, catalog, { ledger, facts }).troubles.map(({ reason, definition, message }) => [reason, definition, message]),
  );
  expect(told).toEqual([
    ['BridgeFull', 'AddressPool floating', expect.stringMatching(/^egr-br-eth1 of gw[12] would get 1024 ports, and a bridge of Linux has 1023 at most: /)],
  ]);
});

describe('the router of a network', () => {
  const ledger = placed(CATALOG);
  const gateway = on('gw1', CATALOG, { ledger, facts });
  const netns = uuid(ledger);

  test('has a namespace with the ends of Shaken Fist: veth-H, egr-H, with derived MACs', () => {
    expect(specs(gateway, 'netns')).toEqual([{ name: netns }]);
    const far = specs(gateway, 'far').map(({ name, mac, netns: where }) => [where, name, mac]);
    expect(far).toEqual([
      [netns, 'veth-2-i', '02:02:00:00:02:01'],
      [netns, 'egr-2-i', '02:01:c0:00:02:02'],
    ]);
    expect(specs(gateway, 'address').map(({ netns: where, link, ip, prefix }) => `${where} ${link} ${ip}/${prefix}`)).toEqual([
      ' egr-br-eth1 192.0.2.1/24',
      `${netns} veth-2-i 10.0.0.1/24`,
      `${netns} egr-2-i 192.0.2.2/24`,
    ]);
    expect(specs(gateway, 'route')).toEqual([{ netns, dst: 'default', table: '254', via: '192.0.2.1', link: 'egr-2-i' }]);
  });

  test('mtu: the network inside, the egress device outside', () => {
    const mtus = Object.fromEntries(['veth', 'far', 'bridge'].flatMap(kind => specs(gateway, kind).map(({ name, mtu }) => [name, mtu])));
    expect(mtus).toEqual({ 'br-vxlan-2': 8950, 'veth-2-o': 8950, 'veth-2-i': 8950, 'egr-br-eth1': 1500, 'egr-2-o': 1500, 'egr-2-i': 1500 });
  });

  test('is known on every member as one more remote interface, and nothing of it is made elsewhere', () => {
    const member = on('n2', CATALOG, { ledger });
    expect(specs(member, 'vtep')).toEqual([{ netns: '', link: 'vxlan-2', mac: '02:02:00:00:02:01', dst: '10.9.0.11' }]);
    expect(specs(member, 'neigh').map(({ ip }) => ip)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(specs(member, 'netns')).toEqual([]);
    expect(on('gw2', CATALOG, { ledger, facts }).resources.filter(({ from }) => from.some(({ definition }) => definition.startsWith('Network')))).toEqual([]);
  });

  test('moves: members send to the former node until it says that it is done, and both carry it meanwhile', () => {
    const moving = placed(CATALOG, 'gw2', 'gw1');
    expect(specs(on('n2', CATALOG, { ledger: moving }), 'vtep').map(({ dst }) => dst)).toEqual(['10.9.0.11']);
    for (const node of ['gw1', 'gw2']) expect(specs(on(node, CATALOG, { ledger: moving, facts }), 'netns')).toEqual([{ name: netns }]);
    const moved = placed(CATALOG, 'gw2');
    expect(specs(on('n2', CATALOG, { ledger: moved }), 'vtep').map(({ dst }) => dst)).toEqual(['10.9.0.12']);
    expect(specs(on('gw1', CATALOG, { ledger: moved, facts }), 'netns')).toEqual([]);
  });

  test('serves DHCP and DNS from files below the runtime folder', () => {
    const [run] = specs(gateway, 'service');
    expect(run).toMatchObject({ netns, id: `${netns}/dnsmasq`, ports: [67, 53], answers: true });
    expect(specs(gateway, 'file').map(({ path }) => String(path).split('/').at(-1))).toEqual(['dnsmasq.conf', 'hosts', 'names', 'leases']);
  });

  test('nothing of it where the cluster has no gateway node', () => {
    const plain = catalogOf(doc('Network', 'blue', 'cidr: 10.0.0.0/24, vxid: 2'), GUEST);
    expect(specs(on('n2', plain), 'netns')).toEqual([]);
  });
});

describe('floating and routed addresses', () => {
  const catalog = catalogOf(...NODES, POOL, NET, GUEST, FIP, RIP);
  const ledger = placed(catalog);
  const gateway = on('gw1', catalog, { ledger, facts });
  const netns = uuid(ledger);

  test('a floating address has its pair, its table and its announcement', () => {
    expect(specs(gateway, 'far').map(({ name }) => name)).toContain('flt-c000020a-i');
    const table = String(0xc000020a);
    expect(specs(gateway, 'rule')).toEqual([{ netns, priority: 1000, mark: 0xc000020a, table }]);
    expect(specs(gateway, 'route').filter(route => route['table'] === table)).toEqual([
      { netns, link: 'flt-c000020a-i', dst: '192.0.2.0/24', table },
      { netns, link: 'flt-c000020a-i', dst: 'default', table, via: '192.0.2.1' },
    ]);
    expect(specs(gateway, 'announce').find(each => each['ip'] === '192.0.2.10')).toMatchObject({ target: '10.0.0.2', mac: '02:01:c0:00:02:0a' });
  });

  test('a routed address is answered for outside and routed inside, and the root knows nothing of it', () => {
    expect(specs(gateway, 'proxy')).toEqual([{ netns, link: 'egr-2-i', ip: '192.0.2.20' }]);
    expect(specs(gateway, 'route')).toContainEqual({ netns, dst: '192.0.2.20/32', table: '254', link: 'veth-2-i' });
    expect(specs(gateway, 'route').filter(route => route['netns'] === '')).toEqual([]);
  });

  test('another gateway node of the pool reaches them over the underlay', () => {
    const other = on('gw2', catalog, { ledger, facts });
    const routes = specs(other, 'route').map(({ dst, via }) => `${dst} ${via}`);
    expect(routes).toEqual(['192.0.2.2/32 10.9.0.11', '192.0.2.10/32 10.9.0.11', '192.0.2.20/32 10.9.0.11']);
    expect(specs(other, 'sysctl').filter(({ key }) => key === 'net/ipv4/conf/egr-br-eth1/proxy_arp')).toHaveLength(1);
  });

  test('spoof protection allows a routed address to the guests that name it', () => {
    const carrier = doc('Interface', 'b', 'network: blue, node: n2, routedIPs: [lb]');
    const named = catalogOf(...NODES, POOL, NET, GUEST, RIP, carrier);
    const table = JSON.stringify(specs(on('n2', named, { ledger: { ...placed(named) } }), 'nft').find(({ family }) => family === 'bridge'));
    expect(table.match(/192\.0\.2\.20/g)).toHaveLength(1);
  });
});

describe('a pool', () => {
  test('whose card has addresses is not put into a bridge: the node would be cut off', () => {
    const bridged = catalogOf(...NODES, doc('AddressPool', 'floating', 'cidr: 192.0.2.0/24, device: eth1, mode: bridged'), NET, GUEST);
    const there = on('gw1', bridged, { ledger: placed(bridged), facts });
    expect(there.troubles.map(({ reason }) => reason)).toContain('WouldCutOff');
    expect(specs(there, 'port').filter(({ link }) => link === 'eth1')).toEqual([]);
  });

  describe('of another card than that of the node’s default route', () => {
    const aside = (gateway?: string, catalog = CATALOG): Compiled => {
      const card = { ...facts.egress.eth1, ...(gateway === undefined ? {} : { gateway }) };
      return on('gw1', catalog, { ledger: placed(catalog), facts: { ...facts, egress: { eth1: card }, defaultDevice: 'eth0' } });
    };
    const own = (compiled: Compiled): unknown => [specs(compiled, 'rule'), specs(compiled, 'route').filter(({ netns }) => netns === '')];

    test('leaves by the default route of its card; routes that are nearer are the node’s', () => {
      const rules = [
        { netns: '', priority: 1000, link: 'egr-br-eth1', suppress: 0, table: '254' },
        { netns: '', priority: 1001, link: 'egr-br-eth1', table: '1847646772' },
      ];
      const route = { netns: '', dst: 'default', table: '1847646772', link: 'eth1' };
      expect(own(aside('198.51.100.1'))).toEqual([rules, [{ ...route, via: '198.51.100.1' }]]);
      expect(own(aside(''))).toEqual([rules, [route]]);
      expect(aside('198.51.100.1').troubles).toEqual([]);
    });

    test('says so where the card has no default route', () => {
      expect(own(aside())).toEqual([[], []]);
      expect(aside().troubles).toEqual([
        {
          definition: 'AddressPool floating',
          reason: 'NotByItsDevice',
          message:
            'eth1 of gw1 has no default route of its own: what leaves the pool takes that of eth0, without the address of the card; give eth1 one, of any metric',
          fatal: false,
        },
      ]);
    });

    test('that is bridged has no way through the node', () => {
      const bridged = catalogOf(...NODES, doc('AddressPool', 'floating', 'cidr: 192.0.2.0/24, device: eth1, mode: bridged'), NET, GUEST);
      expect(own(aside('198.51.100.1', bridged))).toEqual([[], []]);
      expect(aside(undefined, bridged).troubles.map(({ reason }) => reason)).not.toContain('NotByItsDevice');
    });
  });

  test('whose card is missing says so', () => {
    const there = on('gw1', CATALOG, { ledger: placed(CATALOG), facts: { ...facts, egress: {} } });
    expect(there.troubles).toContainEqual(expect.objectContaining({ reason: 'EgressDeviceMissing', definition: 'AddressPool floating' }));
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { OUTSIDE } from '../../src/lab/outside.ts';
import { type Cluster, type ClusterOptions, definition, startCluster } from '../support/lab-cluster.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';
import { ask, askFor, type Spot, serve } from '../support/lab-tcp.ts';

/** Too long to stand in a bridge's name as it is. */
const LONG = 'enp0s31f6u2';
const BRIDGED = definition('AddressPool', 'name: bridged', 'cidr: 203.0.113.64/27', 'device: eth2', 'mode: bridged');
const NAMED = definition('AddressPool', 'name: named', 'cidr: 203.0.113.96/27', 'bridge: br0', 'mode: bridged');
const POOLS = [
  definition('AddressPool', 'name: hidden', 'cidr: 192.0.2.0/26', 'device: eth1', 'mode: masquerade'),
  definition('AddressPool', 'name: second', 'cidr: 192.0.2.64/26', 'device: eth1', 'mode: routed'),
  definition('AddressPool', 'name: routed', 'cidr: 192.0.2.128/26', `device: ${LONG}`, 'mode: routed'),
];
/** A network for each way out of n1, and a guest of it on another node. */
const OPTIONS: ClusterOptions = {
  gateways: ['n1'],
  networks: [
    { tenant: 'red', name: 'hidden', vxid: 0x31, cidr: '10.1.0.0/24', more: 'pool: hidden' },
    { tenant: 'red', name: 'second', vxid: 0x35, cidr: '10.5.0.0/24', more: 'pool: second' },
    { tenant: 'red', name: 'plain', vxid: 0x34, cidr: '10.4.0.0/24', more: 'pool: routed\n  egress: routed' },
    { tenant: 'red', name: 'bridged', vxid: 0x32, cidr: '10.2.0.0/24', more: 'pool: bridged' },
    { tenant: 'red', name: 'named', vxid: 0x33, cidr: '10.3.0.0/24', more: 'pool: named' },
  ],
  guests: [
    { name: 'h', on: 'red/hidden', node: 'n2', address: '10.1.0.2' },
    { name: 's', on: 'red/second', node: 'n3', address: '10.5.0.2' },
    { name: 'p', on: 'red/plain', node: 'n3', address: '10.4.0.2' },
    { name: 'b', on: 'red/bridged', node: 'n2', address: '10.2.0.2' },
    { name: 'm', on: 'red/named', node: 'n2', address: '10.3.0.2' },
  ],
  more: [
    ...POOLS,
    BRIDGED,
    NAMED,
    definition('FloatingIP', 'name: hidden, namespace: red', 'pool: hidden', 'address: 192.0.2.10', 'interface: h'),
    definition('FloatingIP', 'name: second, namespace: red', 'pool: second', 'address: 192.0.2.80', 'interface: s'),
    definition('FloatingIP', 'name: bridged, namespace: red', 'pool: bridged', 'address: 203.0.113.70', 'interface: b', 'egress: floating'),
    definition('FloatingIP', 'name: named, namespace: red', 'pool: named', 'address: 203.0.113.100', 'interface: m'),
  ],
};
/** The same without the bridged pools and what uses them. */
const without = (more: readonly string[]): ClusterOptions => ({
  ...OPTIONS,
  networks: OPTIONS.networks.slice(0, 3),
  guests: OPTIONS.guests.slice(0, 3),
  more: [...(OPTIONS.more?.filter(text => /name: (hidden|second|routed)/.test(text)) ?? []), ...more],
});

let all: Cluster;
let outside: Spot;
const at = (name: string): Spot => all.guest(name) as Spot;
const gateway = (): TestNode => all.node('n1');
const root = (): Spot => ({ node: gateway() });
const portsOf = async (bridge: string): Promise<string[]> =>
  (await gateway().json(`link show master ${bridge}`)).map((row: { ifname: string }) => row.ifname).sort();
const plan = async (): Promise<string> => (await labRun(all.lab, 'n1', ['netloom', 'plan'])).stdout;
const SERVICE = '203.0.113.120';
/** Who on the segment beyond a bridge answers for an address. */
const answers = async (segment: string, address: string): Promise<string> => {
  const { stdout } = await outside.node.run(['arping', '-f', '-w', '2', '-I', segment, address]);
  return /\[([0-9A-F:]+)\]/.exec(stdout)?.[1]?.toLowerCase() ?? '';
};

beforeAll(async () => {
  all = await startCluster(OPTIONS);
  outside = { node: nodeOf(OUTSIDE.name, holderOf(all.lab, OUTSIDE.name), OUTSIDE.address, all.lab.dir) };
  await gateway().ip([`addr add ${SERVICE}/27 dev br0`]);
  await Promise.all([serve(outside, 7000), serve(root(), 7002), ...['h', 'b', 'm', 'p', 's'].map(name => serve(at(name), 7001))]);
});
afterAll(() => all?.end());

const asksOutside = (name: string, wanted: RegExp): Promise<string> => askFor(at(name), OUTSIDE.address, 7000, wanted);

describe('mode masquerade', () => {
  test('the outside sees the address of the network card', async () => {
    expect(await asksOutside('h', /^198\.18\.0\.1 > /)).toMatch(/^198\.18\.0\.1 > /);
  });

  test('floating addresses are reached from other networks, which are seen as they are', async () => {
    expect(await askFor(at('s'), '192.0.2.10', 7001, /> 10\.1\.0\.2$/)).toMatch(/^192\.0\.2\.6[6-9] > 10\.1\.0\.2$/);
  });
});

describe('two pools at one card', () => {
  test('each goes its own way', async () => {
    expect(await asksOutside('s', /^192\.0\.2\.6[6-9] > /)).toMatch(/^192\.0\.2\.6[6-9] > /);
    expect(await askFor(outside, '192.0.2.80', 7001, /> 10\.5\.0\.2$/)).toMatch(/> 10\.5\.0\.2$/);
    expect(await askFor(at('h'), '192.0.2.80', 7001, /> 10\.5\.0\.2$/)).toMatch(/^192\.0\.2\.[2-9] > 10\.5\.0\.2$/);
  });
});

describe('egress routed', () => {
  test('guests are known outside by their own addresses, as soon as the way back is known there', async () => {
    expect(await ask(at('p'), OUTSIDE.address, 7000)).toBe('');
    const { stdout } = await labRun(all.lab, 'n1', ['netloom', 'describe', 'network', 'red/plain']);
    expect(stdout).toContain('10.4.0.0/24');
    await outside.node.ip(['route add 10.4.0.0/24 via 198.18.0.3']);
    expect(await asksOutside('p', /^10\.4\.0\.2 > /)).toMatch(/^10\.4\.0\.2 > /);
    expect(await askFor(outside, '10.4.0.2', 7001, /> 10\.4\.0\.2$/)).toMatch(/> 10\.4\.0\.2$/);
    expect(await askFor(at('s'), '10.4.0.2', 7001, /> 10\.4\.0\.2$/)).toMatch(/^192\.0\.2\.6[6-9] > 10\.4\.0\.2$/);
  });

  test('a long name of a card makes a bridge with a short one', async () => {
    const names = (await gateway().json('link show type bridge')).map((row: { ifname: string }) => row.ifname);
    expect(names.filter((name: string) => name.startsWith('egr-br-'))).toEqual([expect.stringMatching(/^egr-br-[0-9a-f]{8}$/), 'egr-br-eth1', 'egr-br-eth2']);
  });
});

describe('mode bridged, by a card', () => {
  test('the card is a port, and both directions work with the router outside', async () => {
    expect(await portsOf('egr-br-eth2')).toEqual(['egr-32-o', 'eth2', 'flt-cb007146-o']);
    expect(await asksOutside('b', /^203\.0\.113\.70 > /)).toMatch(/^203\.0\.113\.70 > /);
    expect(await askFor(outside, '203.0.113.70', 7001, /> 10\.2\.0\.2$/)).toMatch(/> 10\.2\.0\.2$/);
  });

  test('its addresses answer on the segment, the others do not, and the router is the one outside', async () => {
    expect(await answers('to2', '203.0.113.66')).toBe('02:01:cb:00:71:42');
    expect(await answers('to2', '203.0.113.70')).toBe('02:01:cb:00:71:46');
    expect(await answers('to2', '203.0.113.77')).toBe('');
    expect(await gateway().ok('ip -o addr show dev egr-br-eth2')).toBe('');
  });

  test('whoever is on the segment is not routed by the node', async () => {
    const [row] = await gateway().json('link show dev egr-br-eth2');
    const into = [`neigh replace 203.0.113.90 lladdr ${row.address} nud permanent dev to2`, 'route add 192.0.2.80/32 via 203.0.113.90 dev to2'];
    await outside.node.ip(into);
    expect(await ask(outside, '192.0.2.80', 7001, '203.0.113.65')).toBe('');
    await gateway().ok('nft delete table inet netloom');
    expect(await ask(outside, '192.0.2.80', 7001, '203.0.113.65')).not.toBe('');
    await outside.node.ip(['route del 192.0.2.80/32 via 203.0.113.90', 'neigh del 203.0.113.90 dev to2']);
    await all.passOn('n1');
  });

  test('a card that somebody takes out is put back, and there is nothing to do after', async () => {
    await gateway().ip(['link set dev eth2 nomaster']);
    expect(await plan()).toContain('eth2');
    await all.passOn('n1');
    expect(await plan()).not.toContain('eth2');
    expect(await askFor(outside, '203.0.113.70', 7001, /> 10\.2\.0\.2$/)).toMatch(/> 10\.2\.0\.2$/);
  });
});

describe('mode bridged, by a bridge of the machine', () => {
  test('both directions work', async () => {
    expect(await asksOutside('m', /^203\.0\.113\.9[89] > /)).toMatch(/^203\.0\.113\.9[89] > /);
    expect(await askFor(outside, '203.0.113.100', 7001, /> 10\.3\.0\.2$/)).toMatch(/> 10\.3\.0\.2$/);
  });

  test('the node keeps its own address and its MAC there', async () => {
    const [bridge] = await gateway().json('link show dev br0');
    const [card] = await gateway().json('link show dev up3');
    expect([bridge.address, bridge.group, bridge.ifalias]).toEqual([card.address, 'default', undefined]);
    expect(await askFor(outside, SERVICE, 7002, `203.0.113.97 > ${SERVICE}`)).toBe(`203.0.113.97 > ${SERVICE}`);
  });
});

describe('what is bridged no more', () => {
  test('is given back: cards leave our bridges, our ports leave the bridge of the machine', async () => {
    await gateway().ip(['link add name own0 type veth peer name own1', 'link set dev own0 master br0']);
    await all.pass(without([BRIDGED.replace('mode: bridged', 'mode: routed')]));
    expect([await portsOf('egr-br-eth2'), await portsOf('br0')]).toEqual([[], ['own0', 'up3']]);
    expect(await gateway().ok('ip -o addr show dev egr-br-eth2')).toContain('203.0.113.65/27');
    expect(await answers('to2', '203.0.113.66')).toBe('');
    expect(await askFor(outside, SERVICE, 7002, /> /)).toBe(`203.0.113.97 > ${SERVICE}`);
    await all.pass(without([BRIDGED]));
    expect(await portsOf('egr-br-eth2')).toEqual(['eth2']);
    await all.pass(without([]));
    const links = await gateway().json('link show');
    const card = links.find((row: { ifname: string }) => row.ifname === 'eth2');
    expect([card.master, card.operstate, links.some((row: { ifname: string }) => row.ifname === 'egr-br-eth2')]).toEqual([undefined, 'UP', false]);
  });

  test('a card with an address, or with the underlay, is not taken, and the node stays reachable', async () => {
    await gateway().ip(['addr add 203.0.113.90/27 dev eth2']);
    for (const device of ['eth2', 'eth0']) {
      await all.push(without([BRIDGED.replace('eth2', device)]));
      const { exitCode, stderr } = await labRun(all.lab, 'n1', ['netloom', 'reconcile']);
      expect([exitCode, stderr]).toEqual([4, expect.stringContaining('WouldCutOff')]);
      const [row] = await gateway().json(`link show dev ${device}`);
      expect(row.master).toBeUndefined();
      expect((await all.node('n2').run(['ping', '-c', '1', '-W', '2', gateway().address])).exitCode).toBe(0);
    }
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { OUTSIDE } from '../../src/lab/outside.ts';
import { type Cluster, type ClusterOptions, definition, startCluster } from '../support/lab-cluster.ts';
import { measureLoss } from '../support/lab-loss.ts';
import type { TestNode } from '../support/lab-node.ts';

const MANY = 50;
const POOL = definition('AddressPool', 'name: floating', 'cidr: 192.0.2.0/24', 'device: eth1', 'mode: routed');
const OWN: ClusterOptions = {
  gateways: ['n1'],
  networks: [{ tenant: 'red', name: 'lan', vxid: 0x51, cidr: '10.0.0.0/24', more: 'dns: true' }],
  guests: [
    { name: 'a', on: 'red/lan', node: 'n2', address: '10.0.0.2' },
    { name: 'b', on: 'red/lan', node: 'n3', address: '10.0.0.3' },
  ],
  more: [POOL, definition('FloatingIP', 'name: web, namespace: red', 'address: 192.0.2.10', 'interface: b')],
};
/** The same with fifty more networks, each with a router, DHCP and NAT and a guest; every fifth has a floating address too. */
function crowd(mtu: number, more: string, node: string): ClusterOptions {
  const all = Array.from({ length: MANY }, (_, index) => index);
  return {
    ...OWN,
    networks: [...OWN.networks, ...all.map(n => ({ tenant: 'blue', name: `net${n}`, vxid: 0x100 + n, cidr: '10.0.0.0/24', mtu, more }))],
    guests: [...OWN.guests, ...all.map(n => ({ name: `g${n}`, on: `blue/net${n}`, node, address: '10.0.0.2', attach: '{ tap: {} }' }))],
    more: [...(OWN.more ?? []), ...all.filter(n => n % 5 === 0).map(n => definition('FloatingIP', `name: f${n}, namespace: blue`, `interface: g${n}`))],
  };
}

let all: Cluster;
beforeAll(async () => {
  all = await startCluster(OWN);
});
afterAll(() => all?.end());

const gateway = (): TestNode => all.node('n1');
const servers = async (): Promise<number> => Number((await gateway().run(['pgrep', '-c', '-f', `${all.lab.dir}.*dnsmasq.conf`])).stdout.trim());
const routers = async (): Promise<number> => (await gateway().ok('ip netns list')).split('\n').filter(line => line.includes('6e6c6d')).length;

test('fifty networks come, change, move and go, and another one loses no packet', { timeout: 300_000 }, async () => {
  const meters = await Promise.all([
    measureLoss(all.guest('a'), '10.0.0.3', 10),
    measureLoss(all.guest('a'), OUTSIDE.address, 10),
    measureLoss(all.guest('b'), OUTSIDE.address, 10),
  ]);
  await all.pass(crowd(1500, 'dns: true', 'n2'));
  expect([await servers(), await routers()]).toEqual([MANY + 1, MANY + 1]);
  await all.pass(crowd(1400, 'leaseTime: 2h', 'n2'));
  await all.pass(crowd(1400, 'dhcp: false', 'n3'));
  expect([await servers(), await routers()]).toEqual([1, MANY + 1]);
  await all.pass(OWN);
  expect([await servers(), await routers()]).toEqual([1, 1]);
  const found = await Promise.all(meters.map(meter => meter.stop()));
  for (const { lost, answered } of found) expect([lost, answered > 500]).toEqual([0, true]);
});

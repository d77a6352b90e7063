import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holderOf } from '../../src/lab/enter.ts';
import { OUTSIDE } from '../../src/lab/outside.ts';
import { type Cluster, type ClusterOptions, definition, startCluster } from '../support/lab-cluster.ts';
import { measureLoss } from '../support/lab-loss.ts';
import { nodeOf } from '../support/lab-node.ts';
import type { Spot } from '../support/lab-tcp.ts';

const on = (node: string): ClusterOptions => ({
  gateways: ['n1', 'n2'],
  networks: [{ tenant: 'red', name: 'lan', vxid: 0x71, cidr: '10.0.0.0/24', more: `gateway: ${node}` }],
  guests: [{ name: 'b', on: 'red/lan', node: 'n3', address: '10.0.0.3' }],
  more: [
    definition('AddressPool', 'name: segment', 'cidr: 203.0.113.64/27', 'device: eth1', 'mode: bridged'),
    definition('FloatingIP', 'name: web, namespace: red', 'address: 203.0.113.70', 'interface: b'),
  ],
});

let all: Cluster;
let outside: Spot;

// Both nodes are on one segment, as on a switch: a bridge outside that learns where a MAC is.
beforeAll(async () => {
  all = await startCluster(on('n1'));
  outside = { node: nodeOf(OUTSIDE.name, holderOf(all.lab, OUTSIDE.name), OUTSIDE.address, all.lab.dir) };
  await outside.node.ip([
    'addr flush dev to0',
    'addr flush dev to1',
    'link add name switch type bridge',
    'link set dev to0 master switch',
    'link set dev to1 master switch',
    'link set dev switch up',
    'addr add 203.0.113.65/27 dev switch',
  ]);
});
afterAll(() => all?.end());

describe('a router on a bridged segment that moves to another gateway node', () => {
  test.each(['n2', 'n1'])('is found by the outside again (%s)', async node => {
    const meters = [await measureLoss({ node: outside.node, ifname: 'switch' }, '203.0.113.70'), await measureLoss(all.guest('b'), OUTSIDE.address)];
    await all.push(on(node));
    const since = performance.now();
    await all.passOn(node);
    // The former node lets go before the guest's node knows: what it sent last is where the switch looks for the address.
    await all.passOn(node === 'n2' ? 'n1' : 'n2');
    await all.passOn('n3');
    await all.passOn(node);
    const tookMs = performance.now() - since;
    const found = await Promise.all(meters.map(meter => meter.stop()));
    // Within the four passes; without another announcement the switch would look in vain for minutes.
    for (const { longestMs } of found) expect(longestMs).toBeLessThan(tookMs);
  });
});

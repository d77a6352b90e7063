import { describe, expect, test } from 'vitest';
import type { Op } from '../../src/kinds/op.ts';
import { reachOf } from '../../src/kinds/reach.ts';
import type { Step } from '../../src/kinds/step.ts';
import type { WayLink, WayReading } from '../../src/model/way.ts';
import { touchesOf, wayOf } from '../../src/plan/way.ts';
import { SAMPLES } from '../kinds/samples.ts';

const link = (ifname: string, more: Partial<WayLink> = {}): WayLink => ({ ifname, isBridge: false, ...more });

/** git at 203.0.113.7 by the gateway 192.0.2.1 on eth0; the underlay, with another node, on eth1. */
const PLAIN: WayReading = {
  links: [link('lo'), link('eth0'), link('eth1'), link('eth2'), link('br-vxlan-2', { isBridge: true }), link('vxlan-2', { master: 'br-vxlan-2' })],
  routes: [
    { to: '203.0.113.7', link: 'eth0', via: '192.0.2.1', from: '192.0.2.10' },
    { to: '198.51.100.2', link: 'eth1', from: '198.51.100.1' },
  ],
  defaults: [{ to: '192.0.2.1', link: 'eth0' }],
  underlay: { link: 'eth1', address: '198.51.100.1' },
  ends: ['203.0.113.7', '198.51.100.2'],
};

/** The node is managed by a VLAN on a bond in a bridge, beside which a guest's tap is plugged in. */
const STACKED: WayReading = {
  ...PLAIN,
  links: [
    link('br0', { isBridge: true }),
    link('bond0', { master: 'br0' }),
    link('eth0', { master: 'bond0' }),
    link('vnet0', { master: 'br0' }),
    link('br0.5', { below: 'br0' }),
    link('eth1'),
  ],
  routes: [{ to: '203.0.113.7', link: 'br0.5', via: '192.0.2.1', from: '192.0.2.10' }],
  defaults: [{ to: '192.0.2.1', link: 'br0.5' }],
  underlay: { link: 'br0.5', address: '192.0.2.10' },
};

function met(reading: WayReading, ...ops: readonly Op[]): readonly string[] {
  const steps = ops.map(
    (op): Step => ({ verb: 'make', kind: 'x', title: 'x', ref: 'x:/x', ops: [op], from: [], changes: [], replacing: false, impact: 'no-traffic', needs: [] }),
  );
  return touchesOf(steps, wayOf(reading)).map(({ meets }) => meets);
}

describe('the way', () => {
  test('is made of the links of its routes, and of whom they lead to', () => {
    expect(wayOf(PLAIN)).toEqual({
      links: ['eth0', 'eth1'],
      isBridged: false,
      ends: ['192.0.2.1', '198.51.100.2', '203.0.113.7'],
      own: ['192.0.2.10', '198.51.100.1'],
    });
  });

  test('goes down to what a link stands on, up to its bridge, and to all ports of that', () => {
    expect(wayOf(STACKED)).toMatchObject({ links: ['bond0', 'br0', 'br0.5', 'eth0', 'vnet0'], isBridged: true });
  });
});

describe('a plan meets the way', () => {
  const into = (name: string, master: string): Op => ({ op: 'link-set', netns: '', name, set: { master } });
  const route = (dst: string, netns = ''): Op => ({ op: 'route-add', netns, dst, via: '192.0.2.77', link: 'egr-br-eth2', table: '254', proto: 97 });
  const address = (ip: string, prefix: number, netns = ''): Op => ({ op: 'addr-add', netns, link: 'egr-br-eth2', ip, prefix });
  const table = (family: string, netns = ''): Op => ({ op: 'nft-replace', netns, family, name: 'netloom', text: '' });
  const setting = (key: string): Op => ({ op: 'sysctl-set', netns: '', key, value: '1' });

  test.each([
    ['a card that carries it is put into a bridge', PLAIN, into('eth0', 'egr-br-eth0'), ['passes eth0']],
    ['a port is put into the bridge that carries it', STACKED, into('egr-2-o', 'br0'), ['passes br0']],
    ['a card at the bottom of it is changed', STACKED, { op: 'link-set', netns: '', name: 'eth0', set: { mtu: 1400 } }, ['passes eth0']],
    ['a prefix of another link holds the git server', PLAIN, address('203.0.113.1', 24), ['leads to 203.0.113.7']],
    ['an address is that of the gateway', PLAIN, address('192.0.2.1', 32), ['leads to 192.0.2.1']],
    ['a route leads to another node', PLAIN, route('198.51.100.0/25'), ['leads to 198.51.100.2']],
    ['a route leads everywhere', PLAIN, route('default'), ['leads to 192.0.2.1']],
    ["the node's own filter is replaced", PLAIN, table('inet'), ['passes the node']],
    ['the filter of bridges is replaced, and it passes one', STACKED, table('bridge'), ['passes a bridge']],
    ['forwarding is switched on', PLAIN, setting('net/ipv4/ip_forward'), ['passes the node']],
    ['a setting of its device is changed', PLAIN, setting('net/ipv4/conf/eth1/rp_filter'), ['passes eth1']],
    ['bridged frames meet filters, and it passes a bridge', STACKED, setting('net/bridge/bridge-nf-call-iptables'), ['passes a bridge']],
  ] as const)('when %s', (_, reading, op, expected) => {
    expect(met(reading, op as Op)).toEqual(expected);
  });

  test.each([
    ['a card beside it is put into a bridge', PLAIN, into('eth2', 'egr-br-eth2')],
    ['a guest is plugged in', PLAIN, into('tap-1', 'br-vxlan-2')],
    ['a prefix leads elsewhere', PLAIN, address('10.0.0.1', 8)],
    ['all of it is in another namespace', PLAIN, route('default', 'a-network')],
    ['a table is in another namespace', PLAIN, table('inet', 'a-network')],
    ['the filter of bridges is replaced, and it passes none', PLAIN, table('bridge')],
    ['a setting is of another link', PLAIN, setting('net/ipv6/conf/br-vxlan-2/disable_ipv6')],
  ] as const)('not when %s', (_, reading, op) => {
    expect(met(reading, op as Op)).toEqual([]);
  });

  test('by an act of any kind in the own namespace: none is beyond reach', () => {
    const silent = SAMPLES.flatMap(({ kind, spec }) => kind.create(spec)).filter(op => 'netns' in op && op.netns === '' && reachOf(op).length === 0);
    expect(silent.map(({ op }) => op)).toEqual([]);
  });
});

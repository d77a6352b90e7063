import { describe, expect, test } from 'vitest';
import { madeUp } from '../../src/lab/made-up.ts';
import { commonUnderlay, topologyOf } from '../../src/lab/topology.ts';

describe('the underlay of a lab', () => {
  test.each([
    ['nodes of one subnet', ['192.0.2.1', '192.0.2.2'], '192.0.2.0/24', '192.0.2.254'],
    ['a node that has the last address', ['192.0.2.254', '192.0.2.253'], '192.0.2.0/24', '192.0.2.252'],
    ['nodes of two subnets', ['10.0.1.5', '10.0.3.9'], '10.0.0.0/22', '10.0.3.254'],
    ['nodes far apart', ['10.0.1.5', '10.200.7.9'], '10.0.0.0/8', '10.255.255.254'],
    ['an address that would be a broadcast', ['10.0.0.255', '10.0.0.1'], '10.0.0.0/23', '10.0.1.254'],
    ['IPv6', ['fd00::5', 'fd00::6'], 'fd00::/64', 'fd00::ffff:ffff:ffff:ffff'],
    ['IPv6 of two subnets', ['fd00:0:0:1::5', 'fd00:0:0:2::5'], 'fd00::/62', 'fd00::3:ffff:ffff:ffff:ffff'],
  ])('%s', (_, addresses, underlay, server) => expect(commonUnderlay(addresses)).toEqual({ underlay, server }));

  test('a subnet that is full gets wider', () => {
    const all = Array.from({ length: 254 }, (_, index) => `192.0.2.${index + 1}`);
    expect(commonUnderlay(all)).toEqual({ underlay: '192.0.2.0/23', server: '192.0.3.254' });
  });

  test('nodes further apart than one /8 have none', () => expect(() => commonUnderlay(['10.0.1.5', '192.168.7.9'])).toThrow('too far apart'));
  test('two families have none', () => expect(() => commonUnderlay(['10.0.0.1', 'fd00::1'])).toThrow('not of one family'));
  test('no nodes make no lab', () => expect(() => commonUnderlay([])).toThrow('no Node'));
});

test('a node has the device and mtu of its definition, else eth0 and the mtu of the cluster, and each guest once', () => {
  const cast = {
    nodes: [
      { name: 'b', address: '192.0.2.10' },
      { name: 'a', address: '192.0.2.9', device: 'bond0', mtu: 9000 },
    ],
    underlayMtu: 1600,
    guests: [
      { node: 'a', netns: 'vm2' },
      { node: 'a', netns: 'vm1' },
      { node: 'a', netns: 'vm2' },
      { node: 'gone', netns: 'vm3' },
    ],
  };
  expect(topologyOf(cast).nodes).toEqual([
    { name: 'a', device: 'bond0', address: '192.0.2.9', mtu: 9000, guests: ['vm1', 'vm2'] },
    { name: 'b', device: 'eth0', address: '192.0.2.10', mtu: 1600, guests: [] },
  ]);
});

test('a made-up cluster names each thing in the definitions that it casts', () => {
  const { files, cast } = madeUp(2);
  const text = [...files.values()].join('');
  for (const { name, address } of cast.nodes) expect(text).toContain(`metadata: { name: ${name} }\nspec:\n  underlay: { address: ${address}, device: eth0 }`);
  for (const guest of cast.guests) expect(text).toContain(`node: ${guest.node}\n  attach: { netns: { name: ${guest.netns} } }`);
});

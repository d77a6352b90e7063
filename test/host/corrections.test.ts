import { expect, test } from 'vitest';
import { arraysOf, nftObjects, type RawLink, routesOf, tableRows, tapUsers, withOwner } from '../../src/host/corrections.ts';
import { joinPeers } from '../../src/host/join-peers.ts';
import { scope } from '../../src/host/read.ts';

const link = (ifindex: number, ifname: string, more: object = {}): RawLink => ({ ifindex, ifname, flags: [], mtu: 1500, group: '97', addr_info: [], ...more });
const veth = (ifindex: number, ifname: string, more: object): RawLink => link(ifindex, ifname, { linkinfo: { info_kind: 'veth' }, ...more });

test('empty objects that filters leave behind are no rows', () => {
  expect(arraysOf('[{},{"ifname":"a"},{}]\n[]\n')).toEqual([[{ ifname: 'a' }], []]);
});

test('half an answer is no answer', () => {
  expect(() => arraysOf('[{"ifname":"a"},')).toThrow(SyntaxError);
});

test('routes of the kernel and of router advertisements are left out', () => {
  const row = (dst: string, protocol: string) => ({ dst, protocol, table: '254' });
  expect(routesOf([row('10.0.0.0/24', '2'), row('fe80::/64', '9'), row('10.1.0.0/24', '97'), row('10.2.0.0/24', '3')]).map(({ dst }) => dst)).toEqual([
    '10.1.0.0/24',
    '10.2.0.0/24',
  ]);
});

test('the family of a route is told also where its destination does not tell it', () => {
  const families = routesOf([
    { dst: 'default', dev: 'a', protocol: '3' },
    { dst: 'default', dev: 'a', protocol: '3', pref: 'medium' },
    { dst: 'default', gateway: 'fd00::1', protocol: '3' },
    { dst: 'fd00::/64', protocol: '3' },
    { dst: 'default', via: { family: 'inet6', host: 'fe80::1' }, protocol: '3' },
  ]).map(({ family }) => family);
  expect(families).toEqual(['inet', 'inet6', 'inet6', 'inet6', 'inet']);
});

test("a tap's owner is the uid that the kernel has", () => {
  const tap = (user?: string | number) =>
    link(1, 'tap-1', { linkinfo: { info_kind: 'tun', info_data: { type: 'tap', ...(user === undefined ? {} : { user }) } } });
  expect(tapUsers([tap('daemon'), tap(12345), tap(), link(2, 'x')])).toEqual(['daemon']);
  const uids = new Map([['daemon', 1]]);
  expect([tap('daemon'), tap(12345), tap(), tap('gone')].map(row => withOwner(row, uids).owner)).toEqual([1, 12345, undefined, undefined]);
});

test('both ends of a veth find each other, whichever namespace has a name for the other', () => {
  const own = {
    netns: '',
    links: [veth(5, 'tap-1', { link_index: 2, link_netnsid: 7 }), veth(8, 'a', { link: 'b' }), veth(9, 'b', { link: 'a' })],
    names: new Map([[7, 'guest']]),
  };
  const guest = { netns: 'guest', links: [veth(2, 'eth0', { link_index: 5, link_netnsid: 0 })], names: new Map<number, string>() };
  const joined = joinPeers([own, guest]);
  expect(joined.get('')?.map(({ peer }) => peer)).toEqual([
    { netns: 'guest', name: 'eth0', ifindex: 2, group: '97' },
    { netns: '', name: 'b', ifindex: 9, group: '97' },
    { netns: '', name: 'a', ifindex: 8, group: '97' },
  ]);
  expect(joined.get('guest')?.[0]?.peer).toEqual({ netns: '', name: 'tap-1', ifindex: 5, group: '97' });
});

test('an end that leads to a namespace nobody has read has no peer', () => {
  const own = { netns: '', links: [veth(5, 'tap-1', { link_index: 2, link_netnsid: 7 })], names: new Map([[7, 'guest']]) };
  expect(joinPeers([own]).get('')?.[0]?.peer).toBeUndefined();
});

test('a table is the same whatever its counters count and its handles are', () => {
  const text = (packets: number, handle: number) =>
    JSON.stringify({
      nftables: [
        { metainfo: { version: '1.0.6' } },
        { table: { family: 'inet', name: 'netloom', handle } },
        { counter: { family: 'inet', table: 'netloom', name: 'c', handle, packets, bytes: packets } },
        { rule: { family: 'inet', table: 'netloom', chain: 'x', handle, index: handle, expr: [{ counter: { packets, bytes: packets } }, { drop: null }] } },
      ],
    });
  const rows = tableRows(nftObjects(text(1, 2)));
  expect(rows).toEqual(tableRows(nftObjects(text(100, 7))));
  expect(rows).toEqual([
    { counter: { family: 'inet', table: 'netloom', name: 'c' } },
    { rule: { family: 'inet', table: 'netloom', chain: 'x', expr: [{ counter: null }, { drop: null }] } },
  ]);
});

test('resources say which namespaces are wanted', () => {
  expect(scope([{ spec: { netns: 'b' } }, { spec: { netns: '' } }, { spec: { name: 'x' } }, { spec: { netns: 'a' } }, { spec: { netns: 'b' } }])).toEqual([
    'a',
    'b',
  ]);
});

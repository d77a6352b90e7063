/** nft tables as values: what is built, how it is compared, and what the printer lets through. */
import { describe, expect, it } from 'vitest';
import { updateImpact } from '../../src/kinds/impact.ts';
import { canonicalRows, nft } from '../../src/kinds/nft.ts';
import { guardTable, rootTable } from '../../src/kinds/nft-guard.ts';
import { tableText } from '../../src/kinds/nft-text.ts';
import type { NftJson } from '../../src/kinds/rows.ts';
import { judge } from '../support/nft-machine.ts';
import { guarded } from './samples.ts';

const inet = (...rows: readonly NftJson[]) => ({ family: 'inet' as const, name: 'netloom', rows });
const rule = (...expr: readonly NftJson[]) => ({ rule: { family: 'inet', table: 'netloom', chain: 'c', expr } });
const CHAIN = { chain: { family: 'inet', table: 'netloom', name: 'c' } };
const elements = (rows: readonly NftJson[], name: string): NftJson => {
  const sets = rows.map(row => (row as { set?: { name: string; elem?: NftJson } }).set);
  return sets.find(set => set?.name === name)?.elem ?? null;
};

describe('the guard', () => {
  it('is the same table whatever the order of guests and addresses', () => {
    const { guests, ours, macs, addresses, moving } = guarded();
    const turned = { moving, guests: guests.toReversed(), ours: ours.toReversed(), macs: macs.toReversed(), addresses: addresses.toReversed() };
    expect(guardTable(turned)).toEqual(guardTable(guarded()));
    expect(guardTable({ ...guarded(), addresses: [...addresses, ...addresses] })).toEqual(guardTable(guarded()));
  });

  it('lets every guest use link-local addresses, and leaves out what lies inside something else', () => {
    const { rows } = guardTable(guarded());
    expect(elements(rows, 'v4')).toEqual([
      { concat: ['tap-0000000a', '10.0.0.2'] },
      { concat: ['tap-0000000a', { prefix: { addr: '192.0.2.128', len: 25 } }] },
      { concat: ['tap-0000000c', { prefix: { addr: '0.0.0.0', len: 0 } }] },
      { concat: ['tap.dot', '10.0.0.2'] },
    ]);
    expect(elements(rows, 'v6')).toEqual([
      { concat: ['tap-0000000a', { prefix: { addr: 'fe80::', len: 10 } }] },
      { concat: ['tap-0000000c', { prefix: { addr: '::', len: 0 } }] },
      { concat: ['tap.dot', '::7'] },
      { concat: ['tap.dot', 'fd00::5'] },
      { concat: ['tap.dot', { prefix: { addr: 'fd00:1::', len: 32 } }] },
      { concat: ['tap.dot', { prefix: { addr: 'fe80::', len: 10 } }] },
    ]);
  });

  it('holds nobody to addresses who is no guest', () => {
    const { rows } = guardTable({ guests: [], ours: ['tap-open'], macs: [], moving: [], addresses: [{ ifname: 'tap-open', address: '10.0.0.2' }] });
    expect(elements(rows, 'v4')).toBeNull();
    expect(elements(rows, 'ours')).toEqual(['tap-open']);
  });

  it('brings what is for a guest that moves to its ways alone, and says nothing of ports that are not ours', () => {
    const { rows } = guardTable({ ...guarded(), ours: [...guarded().ours, 'vxlan-2', 'tap-other'] });
    const passes = (iif: string, oif: string, mac: string) =>
      judge({ nftables: rows }, 'bridge', 'forward', { 'meta iifname': iif, 'meta oifname': oif, 'ether daddr': mac });
    const moves = '02:00:00:00:00:0c';
    const ways = ['tap-0000000c', 'vxlan-2', 'tap-other'];
    expect(ways.map(port => passes('tap-0000000a', port, moves))).toEqual(['accept', 'accept', 'drop']);
    expect(passes('tap-0000000a', 'tap-other', '02:00:00:00:00:0d')).toBe('accept');
    expect(passes('eth0', 'vnet7', moves)).toBe('accept');
  });

  it('refuses what is no address', () => {
    expect(() => guardTable({ ...guarded(), addresses: [{ ifname: 'tap.dot', address: '10.0.0' }] })).toThrow(/^bug: /);
  });
});

describe('the table of the root', () => {
  it('is of the family of the underlay', () => {
    expect(tableText(rootTable({ vteps: ['10.9.0.1'], port: 4789 }))).toContain('udp dport 4789 ip saddr != @vteps drop');
    expect(tableText(rootTable({ vteps: ['fd00::1'], port: 8472 }))).toContain('udp dport 8472 ip6 saddr != @vteps drop');
  });
});

describe('rows that are compared', () => {
  it('do not know handles, counts, and the order of elements and objects', () => {
    const counted = { rule: { family: 'inet', table: 'netloom', chain: 'c', handle: 4, expr: [{ counter: { packets: 9, bytes: 900 } }, { drop: null }] } };
    const set = (elem: readonly NftJson[]) => ({ set: { family: 'inet', name: 's', table: 'netloom', type: 'ipv4_addr', handle: 7, elem } });
    expect(canonicalRows([counted, CHAIN, set(['10.0.0.2', '10.0.0.1'])])).toEqual(
      canonicalRows([set(['10.0.0.1', '10.0.0.2']), CHAIN, rule({ counter: null }, { drop: null })]),
    );
  });

  it('do not know the order of keys', () => {
    const timed = (elem: NftJson) => ({ set: { family: 'inet', name: 's', table: 'netloom', type: 'ipv4_addr', elem: [elem, '10.0.0.9'] } });
    const [val, timeout] = ['10.0.0.1', 60];
    expect(canonicalRows([timed({ elem: { val, timeout } })])).toEqual(canonicalRows([timed({ elem: { timeout, val } })]));
    expect(canonicalRows([rule({ match: { op: '==', left: { meta: { key: 'mark' } }, right: 7 } })])).toEqual(
      canonicalRows([rule({ match: { right: 7, left: { meta: { key: 'mark' } }, op: '==' } })]),
    );
  });

  it('know the order of rules, and every other value', () => {
    expect(canonicalRows([rule({ drop: null }), rule({ accept: null })])).not.toEqual(canonicalRows([rule({ accept: null }), rule({ drop: null })]));
    expect(canonicalRows([rule({ drop: null })])).not.toEqual(canonicalRows([]));
  });

  it('have one form for prefixes, ranges and numbers of protocols', () => {
    const match = (key: string, right: NftJson) => rule({ match: { op: '==', left: { meta: { key } }, right } });
    expect(canonicalRows([match('l4proto', 58)])).toEqual(canonicalRows([match('l4proto', 'ipv6-icmp')]));
    expect(canonicalRows([match('mark', 58)])).not.toEqual(canonicalRows([match('mark', 'ipv6-icmp')]));
    const one = (elem: NftJson) => [{ set: { name: 's', type: ['ifname', 'integer'], elem: [{ concat: ['a', elem] }] } }];
    expect(canonicalRows(one({ range: [0, '0xff'] }))).toEqual(canonicalRows(one({ range: ['0x0', '0xff'] })));
    expect(canonicalRows(one({ range: ['0x7', '0x7'] }))).toEqual(canonicalRows(one(7)));
    expect(canonicalRows(one({ prefix: { addr: '10.0.0.1', len: 32 } }))).toEqual(canonicalRows(one('10.0.0.1')));
    expect(canonicalRows(one({ prefix: { addr: '::1', len: 32 } }))).not.toEqual(canonicalRows(one('::1')));
  });

  it('are read from whatever somebody made of the table', () => {
    const odd = [
      null,
      7,
      'x',
      [],
      {},
      { flowtable: { name: 'f' } },
      { set: null },
      { rule: { expr: 'x' } },
      { set: { elem: [{ elem: { val: 1, timeout: 9 } }] } },
    ];
    expect(() => canonicalRows(odd as readonly NftJson[])).not.toThrow();
  });
});

describe('the printer', () => {
  it('prints every statement that it knows', () => {
    const ct = { match: { op: 'in', left: { ct: { key: 'state' } }, right: { set: ['established', 'related'] } } };
    const missing = { match: { op: '==', left: { exthdr: { name: 'frag' } }, right: false } };
    const text = tableText(inet(CHAIN, rule(ct, missing, { counter: null }, { jump: { target: 'c' } }), rule({ return: null })));
    expect(text).toBe('table inet netloom {\n  chain c {\n    ct state { established, related } exthdr frag missing counter jump c\n    return\n  }\n}\n');
  });

  it.each([
    ['a statement', inet(CHAIN, rule({ log: { prefix: 'x' } }))],
    ['an object', inet({ flowtable: { name: 'f' } })],
    ['a rule without its chain', inet(rule({ drop: null }))],
    ['an expression', inet(CHAIN, rule({ match: { op: '==', left: { fib: {} }, right: 1 } }))],
    ['an operator', inet(CHAIN, rule({ match: { op: '<', left: { meta: { key: 'mark' } }, right: 1 } }))],
    ['a name with a grammar of its own', inet({ chain: { name: 'c { drop' } })],
    ['an ifname with a quote', inet({ set: { name: 's', type: 'ifname', elem: ['a" }; drop'] } })],
    ['a comment with a line end', inet(CHAIN, { rule: { chain: 'c', comment: 'a\nb', expr: [] } })],
    ['a value with a blank', inet({ set: { name: 's', type: 'ipv4_addr', elem: ['10.0.0.1, 10.0.0.2'] } })],
    ['a set of integers that no rule looks into', inet({ set: { name: 's', type: ['ifname', 'integer'] } })],
  ])('refuses %s that it does not know', (_, table) => {
    expect(() => tableText(table)).toThrow(/^bug: /);
  });
});

describe('what a change of the guard does to traffic', () => {
  const spec = (given: ReturnType<typeof guarded>) => {
    const { family, name, rows } = guardTable(given);
    return { netns: '', family, name, rows: canonicalRows(rows) };
  };
  const { guests, ours, macs, addresses, moving } = guarded();
  const [port = ''] = guests;
  const without = <T extends { readonly ifname: string }>(all: readonly T[]): T[] => all.filter(({ ifname }) => ifname !== port);
  const unguarded = { guests: guests.filter(name => name !== port), macs: without(macs), addresses: without(addresses), ours, moving: [] };
  const gone = { ...unguarded, ours: ours.filter(name => name !== port) };
  const impact = (want: ReturnType<typeof guarded>, have: ReturnType<typeof guarded>) => updateImpact(nft, ['rows'], spec(want), spec(have));

  it('a port more, a port less and a guard that is lifted harm nobody', () => {
    expect([impact(guarded(), gone), impact(gone, guarded()), impact(unguarded, guarded())]).toEqual(['no-traffic', 'no-traffic', 'no-traffic']);
  });

  it('a guest that begins to move, and one that has moved, lose nothing; one without ways would', () => {
    const still = { ...guarded(), moving: [] };
    const lost = { ...guarded(), moving: moving.map(guest => ({ ...guest, ports: [] })) };
    expect([impact(guarded(), still), impact(still, guarded())]).toEqual(['no-traffic', 'no-traffic']);
    expect([impact(lost, still), impact(lost, guarded())]).toEqual(['existing-flows', 'existing-flows']);
  });

  describe('of the root table', () => {
    const root = (more: Partial<Parameters<typeof rootTable>[0]>) => {
      const { family, name, rows } = rootTable({ vteps: ['10.0.0.1', '10.0.0.2'], port: 4789, ...more });
      return { netns: '', family, name, rows: canonicalRows(rows) };
    };
    const host = (routes: boolean, ...addresses: string[]) => ({ hosts: [{ ifname: 'office0', addresses, routes }] });
    const egress = { egress: [{ bridge: 'egr-br-eth0', sources: ['192.0.2.0/24'], masquerade: [] }] };
    it.each([
      ['the first end of the node in a network', root({}), root(host(false, '10.1.0.2/24')), 'no-traffic'],
      ['the last one less', root(host(false, '10.1.0.2/24')), root({}), 'no-traffic'],
      ['one beside a pool', root(egress), root({ ...egress, ...host(false, '10.1.0.2/24') }), 'no-traffic'],
      ['the last pool less', root(egress), root({}), 'no-traffic'],
      ['an end that passes nothing on any more', root(host(true, '10.1.0.2/24')), root(host(false, '10.1.0.2/24')), 'existing-flows'],
      ['an end that may pass on', root(host(false, '10.1.0.2/24')), root(host(true, '10.1.0.2/24')), 'no-traffic'],
      ['an address less at an end', root(host(false, '10.1.0.2/24', '10.1.0.3/24')), root(host(false, '10.1.0.2/24')), 'existing-flows'],
      ['a node less', root({}), root({ vteps: ['10.0.0.1'] }), 'existing-flows'],
    ] as const)('%s', (_, have, want, impact) => expect(updateImpact(nft, ['rows'], want, have)).toBe(impact));
  });

  it('an address or MAC that a guest may not use any more ends its flows', () => {
    expect(impact({ ...guarded(), addresses: without(addresses) }, guarded())).toBe('existing-flows');
    expect(impact({ ...guarded(), macs: without(macs) }, guarded())).toBe('existing-flows');
  });
});

import { describe, expect, test } from 'vitest';
import { KINDS } from '../../src/kinds/index.ts';
import type { Observed, Ref, Resource } from '../../src/kinds/kind.ts';
import { keepElements } from '../../src/kinds/nft-keep.ts';
import { canonicalRows } from '../../src/kinds/nft-rows.ts';
import { diff } from '../../src/plan/diff.ts';
import { type Frozen, freezing, leftText } from '../../src/plan/freeze.ts';

const AT = { file: 'a.yaml', line: 1, col: 1 };
const LAN = 'Network red/lan';
const OTHER = 'Network red/other';
const FROZEN: Frozen = { definitions: new Set([LAN, 'Interface red/a']), names: new Set(['vxlan-10', 'br-vxlan-10']) };

const address = (link: string, ip: string) => ({ kind: 'address', ref: `address:/${link}/${ip}/24` as Ref, spec: { netns: '', link, ip, prefix: 24 } });
const neigh = (link: string, mac: string) => ({ kind: 'neigh', ref: `neigh:/${link}/10.0.0.2` as Ref, spec: { netns: '', link, ip: '10.0.0.2', mac } });
const link = (name: string, more: object = {}) => ({ kind: 'other-link', ref: `link:/${name}` as Ref, spec: { netns: '', name, ...more } });
const want = (thing: { kind: string; ref: Ref; spec: object }, ...definitions: readonly string[]): Resource => ({
  ...thing,
  from: definitions.map(definition => ({ definition, at: AT })),
});
const have = (thing: { kind: string; ref: Ref; spec: object }, more: Partial<Observed> = {}): Observed => ({ ...thing, owner: 'ours', ...more });
/** Steps, and what is left as it is. */
function outcome(wanted: readonly Resource[], there: readonly Observed[], frozen = FROZEN): readonly [readonly string[], readonly string[]] {
  const spared = freezing(wanted, there, KINDS, frozen);
  const plan = diff(spared.want, there, KINDS);
  return [plan.steps.map(({ verb, ref }) => `${verb} ${ref}`), spared.left.map(({ ref, field, want: to }) => `${ref} ${field} ${to}`)];
}

describe('what is frozen', () => {
  const there = [have(link('vxlan-10'), { owner: 'common' }), have(link('vxlan-20'), { owner: 'common' })];
  const MAC = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
  test.each([
    ['is not made', [want(neigh('vxlan-10', MAC[0]), LAN)], there, [], ['neigh:/vxlan-10/10.0.0.2  there']],
    ['is not changed', [want(neigh('vxlan-10', MAC[0]), LAN)], [...there, have(neigh('vxlan-10', MAC[1]))], [], [`neigh:/vxlan-10/10.0.0.2 mac ${MAC[0]}`]],
    ['is not deleted', [], [...there, have(neigh('vxlan-10', MAC[1]))], [], ['neigh:/vxlan-10/10.0.0.2  absent']],
    ['is not worth a word as it should be', [want(neigh('vxlan-10', MAC[0]), LAN)], [...there, have(neigh('vxlan-10', MAC[0]))], [], []],
    ['leaves others alone', [want(neigh('vxlan-20', MAC[0]), OTHER)], there, ['make neigh:/vxlan-20/10.0.0.2'], []],
    ['is what all its owners are', [want(neigh('vxlan-20', MAC[0]), LAN, OTHER)], there, ['make neigh:/vxlan-20/10.0.0.2'], []],
    ['is also what was made for it', [], [have(address('x1', '10.0.0.1'), { formerly: 'Interface red/a' })], [], ['address:/x1/10.0.0.1/24  absent']],
    [
      'is not what was made for it and is of another now',
      [want(neigh('vxlan-20', MAC[0]), OTHER)],
      [...there, have(neigh('vxlan-20', MAC[1]), { formerly: 'Interface red/a' })],
      ['update neigh:/vxlan-20/10.0.0.2'],
      [],
    ],
    ['is nothing that belongs to somebody else', [], [have(neigh('vxlan-10', MAC[0]), { owner: 'foreign' })], [], []],
    [
      'is left out where somebody else has its place',
      [want(neigh('vxlan-10', MAC[0]), LAN)],
      [have(neigh('vxlan-10', MAC[1]), { owner: 'foreign' })],
      [],
      ['neigh:/vxlan-10/10.0.0.2  there'],
    ],
  ] as const)('%s', (_, wanted, observed, steps, left) => expect(outcome(wanted, observed)).toEqual([steps, left]));

  test('keeps what it hangs on, which nobody else wants', () => {
    const bridge = have({ kind: 'bridge', ref: 'link:/egr-br-eth1', spec: { netns: '', name: 'egr-br-eth1', mac: MAC[0], mtu: 1500 } });
    const port = have({ kind: 'port', ref: 'port:/vxlan-10', spec: { netns: '', link: 'vxlan-10', bridge: 'egr-br-eth1' } });
    expect(outcome([], [bridge, port], { definitions: new Set(), names: new Set() })[0]).not.toEqual([]);
    expect(outcome([], [have(link('vxlan-10'), { owner: 'common' }), bridge, port])[0]).toEqual([]);
  });

  test('keeps the far end of its cable, which would take it along', () => {
    const tied = (ref: Ref, spec: object): Observed => have({ kind: ref.includes('/eth0') ? 'far' : 'veth', ref, spec });
    const near = tied('link:/tap-1', { netns: '', name: 'tap-1', mac: MAC[0], mtu: 1500, group: 97, peer: 'box/eth0' });
    const end = tied('link:box/eth0', { netns: 'box', name: 'eth0', mac: MAC[1], mtu: 1500, group: 97, near: '/tap-1' });
    const bridge = have({ kind: 'bridge', ref: 'link:/br-vxlan-10', spec: { netns: '', name: 'br-vxlan-10', mac: MAC[0], mtu: 1500 } });
    const port = have({ kind: 'port', ref: 'port:/tap-1', spec: { netns: '', link: 'tap-1', bridge: 'br-vxlan-10' } });
    const box = have({ kind: 'netns', ref: 'netns:box', spec: { name: 'box' } }, { owner: 'foreign' });
    const names = new Set(['br-vxlan-10']);
    expect(outcome([], [bridge, near, end, port, box], { definitions: new Set(), names })[0]).not.toEqual([]);
    expect(outcome([], [bridge, near, end, port, box], { definitions: new Set([LAN]), names })[0]).toEqual([]);
  });

  test('gets nothing of what its owner should have elsewhere: it would stand in the wrong place', () => {
    const at = (bridge: string) => ({ kind: 'port', ref: 'port:/tap-1' as Ref, spec: { netns: '', link: 'tap-1', bridge } });
    const entry = {
      kind: 'fdb',
      ref: `fdb:/br-vxlan-20/${MAC[0]}` as Ref,
      spec: { netns: '', bridge: 'br-vxlan-20', mac: MAC[0], link: 'tap-1', sticky: true },
    };
    const links = ['tap-1', 'br-vxlan-10', 'br-vxlan-20'].map(name => have(link(name), { owner: 'common' }));
    const wanted = [want(at('br-vxlan-20'), OTHER), want(entry, OTHER)];
    const left = [`${entry.ref}  there`, 'port:/tap-1 bridge br-vxlan-20'];
    expect(outcome(wanted, [...links, have(at('br-vxlan-10'))])).toEqual([[], left]);
    expect(outcome(wanted, links)[0]).toEqual(['make port:/tap-1', `make ${entry.ref}`]);
  });

  test('changes nothing where nothing is frozen', () => {
    const wanted = [want(neigh('vxlan-10', MAC[0]), LAN)];
    expect(freezing(wanted, there, KINDS, { definitions: new Set(), names: new Set() }).want).toBe(wanted);
  });

  test('is listed for people', () => {
    const { left } = freezing([want(neigh('vxlan-10', MAC[0]), LAN)], there, KINDS, FROZEN);
    expect(leftText(left)).toBe(`Suspended, and left as they are: 1\n  neigh:/vxlan-10/10.0.0.2: "absent", defined "there" (${LAN})`);
    expect(leftText([])).toBe('');
  });
});

test('a shared filter follows its definitions but for the ports that are frozen', () => {
  const set = (...elem: readonly (string | { readonly concat: readonly string[] })[]) => ({
    set: { family: 'bridge', table: 'netloom', name: 'mac', type: ['ifname', 'ether_addr'], elem },
  });
  const pair = (ifname: string, mac: string) => ({ concat: [ifname, mac] });
  const wanted = canonicalRows([set(pair('a', '1'), pair('b', '2'), 'c') as never]);
  const is = canonicalRows([set(pair('a', '9'), pair('d', '3'), pair('b', '7')) as never]);
  expect(keepElements(wanted, is, new Set(['a', 'd', 'c']))).toEqual(canonicalRows([set(pair('a', '9'), pair('b', '2'), pair('d', '3')) as never]));
  expect(keepElements(wanted, is, new Set())).toEqual(wanted);
  const moving = (name: string, ...elem: readonly (string | { readonly concat: readonly string[] })[]) => ({
    set: { family: 'bridge', table: 'netloom', name, type: 'ether_addr', elem },
  });
  const [mine, others] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b'];
  const ways = [{ concat: [mine, 'a'] }, { concat: [others, 'b'] }];
  const begun = [moving('moving', mine, others), moving('ways', ...ways)];
  const before = [moving('moving'), moving('ways')];
  // Who begins to move while frozen is not held to ways that it has not got.
  const kept = canonicalRows([moving('moving', others), moving('ways', { concat: [others, 'b'] })] as never);
  expect(keepElements(canonicalRows(begun as never), canonicalRows(before as never), new Set(['a']))).toEqual(kept);
  // The table as one of the things that are wanted: of all definitions, hence not frozen itself.
  const table = (rows: typeof wanted) => ({ kind: 'nft', ref: 'nft:/bridge/netloom' as Ref, spec: { netns: '', family: 'bridge', name: 'netloom', rows } });
  const frozen: Frozen = { definitions: new Set([LAN]), names: new Set(['a', 'd', 'c']) };
  const spared = freezing([want(table(wanted), LAN, OTHER)], [have(table(is))], KINDS, frozen);
  expect(spared.want).toMatchObject([{ ref: 'nft:/bridge/netloom', spec: { rows: keepElements(wanted, is, frozen.names) } }]);
});

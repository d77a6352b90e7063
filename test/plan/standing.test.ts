import { describe, expect, test } from 'vitest';
import { KINDS } from '../../src/kinds/index.ts';
import type { Observed, Resource } from '../../src/kinds/kind.ts';
import { OURS } from '../../src/kinds/marks.ts';
import { sysctl } from '../../src/kinds/sysctl.ts';
import { tap } from '../../src/kinds/tap.ts';
import { veth } from '../../src/kinds/veth.ts';
import { diff } from '../../src/plan/diff.ts';
import { alwaysThere, drifted, standing } from '../../src/plan/standing.ts';

const from = [{ definition: 'Network red/lan', at: { file: 'net.yaml', line: 1, col: 1 } }];
const LINK = { netns: '', mtu: 1450, group: OURS.group, up: true, addrgenmode: 'none', alias: 'netloom:Network red/lan' } as const;
const vm: Resource = {
  kind: 'tap',
  ref: 'link:/tap-1',
  spec: { ...LINK, name: 'tap-1', mac: 'fe:00:00:00:00:01', stage: 'nl-1', owner: undefined, multiQueue: true },
  from,
};
const pair = (guest: string): Resource => {
  const spec = { ...LINK, name: 'tap-2', mac: 'fe:00:00:00:00:02', peer: `${guest}/eth0`, peerMac: '02:00:00:00:00:02' };
  return { kind: 'veth', ref: veth.ref(spec), spec, from };
};
const key = (name: string, value = '1'): Resource => ({
  kind: 'sysctl',
  ref: sysctl.ref({ netns: '', key: name, value }),
  spec: { netns: '', key: name, value },
  from,
});
const guest: Observed = { kind: 'netns', ref: 'netns:g1', spec: { name: 'g1' }, owner: 'foreign' };

describe('what stands for a kernel', () => {
  test('holds all that was wanted, so that the same definitions plan nothing', () => {
    const want = [vm, pair('g1'), key('net/ipv4/ip_forward')];
    expect(diff(want, standing(want, [guest], KINDS), KINDS)).toEqual({ steps: [], swept: [], bystanders: [], held: [] });
  });

  test('has nothing of what waits for a guest that is not there', () => {
    const have = standing([vm, pair('g1')], [], KINDS);
    expect(have.map(({ ref }) => ref)).toEqual(['link:/tap-1']);
    expect(diff([vm, pair('g1')], have, KINDS).held.map(({ ref, why }) => `${ref} ${why}`)).toEqual(['link:/tap-2 waiting']);
  });

  test('does not know what was not managed: a tap whose owner nobody could tell is not made anew for one that is known', () => {
    const have = standing([vm], [], KINDS);
    expect(have[0]?.unknown).toEqual(['owner']);
    const known = { ...vm, spec: { ...vm.spec, owner: 107 } };
    expect(diff([known], have, KINDS).steps).toEqual([]);
  });

  test('reads as the kernel is read: without what only steers a making', () => {
    const [seen] = standing([vm], [], KINDS);
    expect(seen?.spec).not.toHaveProperty('stage');
    expect(tap.claims(seen?.spec as Parameters<typeof tap.claims>[0])).toEqual(['ifname:/tap-1']);
  });
});

describe('a setting that is always there', () => {
  test('is set, not made, where nobody wanted it before, from a value that only the node knows', () => {
    const forward = key('net/ipv4/ip_forward');
    const have = alwaysThere([forward], [], KINDS);
    expect(have).toEqual([{ kind: 'sysctl', ref: forward.ref, spec: { netns: '', key: 'net/ipv4/ip_forward', value: '?' }, owner: 'common' }]);
    expect(diff([forward], have, KINDS).steps.map(({ verb, changes }) => [verb, changes[0]?.have, changes[0]?.want])).toEqual([['update', '?', '1']]);
  });

  test('of a link that is still to be made is made with it, and one that was wanted before is known', () => {
    const own = key('net/ipv4/conf/tap-1/arp_ignore');
    expect(alwaysThere([own], [], KINDS)).toEqual([]);
    expect(alwaysThere([own], standing([vm], [], KINDS), KINDS)).toHaveLength(1);
    const before = standing([vm, own], [], KINDS);
    expect(alwaysThere([own], before, KINDS)).toEqual([]);
    expect(diff([vm, own], before, KINDS).steps).toEqual([]);
  });
});

describe('drift that a node reported and could not repair', () => {
  const have = standing([vm], [], KINDS);
  test.each([
    ['a field', { field: 'mtu', have: '1400' }, ['update mtu']],
    ['a thing that is gone', { field: '', have: 'absent' }, ['make ']],
    ['a value that was cut', { field: 'alias', have: '"netloom:Netw' }, ['update alias']],
    ['a thing that should be gone, of which nobody knows more', { field: '', have: 'there' }, []],
  ])('%s is in the plan', (_, drift, steps) => {
    const plan = diff([vm], drifted(have, [{ ref: 'link:/tap-1', ...drift }]), KINDS);
    expect(plan.steps.map(({ verb, changes }) => `${verb} ${verb === 'update' ? changes.map(({ field }) => field).join() : ''}`)).toEqual(steps);
  });
});

import { describe, expect, test } from 'vitest';
import { bridge } from '../../src/kinds/bridge.ts';
import { fdb } from '../../src/kinds/fdb.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { AnyKind, Observed, Resource } from '../../src/kinds/kind.ts';
import { nft } from '../../src/kinds/nft.ts';
import { diff } from '../../src/plan/diff.ts';
import { applied, changed, DEMO, GUEST, guestPair, guestTap, heldOf, planOf, segment, told, WEB, wanted } from './demo.ts';

const FOREIGN_PORT: readonly Observed[] = [
  { kind: 'tap', ref: 'link:/vnet3', spec: { netns: '', name: 'vnet3', mac: 'fe:00:00:00:00:03', mtu: 1450, group: 0, up: true }, owner: 'foreign' },
  {
    kind: 'port',
    ref: 'port:/vnet3',
    spec: { netns: '', link: 'vnet3', bridge: 'br-vxlan-2', learning: true, flood: true, suppress: false, locked: false },
    owner: 'foreign',
  },
];

describe('a new network', () => {
  test('joins its bridge only after the bridge is deaf to IPv6 for the node', () => {
    expect(told(planOf(segment(), []))).toEqual([
      'make bridge br-vxlan-2',
      'make vxlan vxlan-2',
      'make neigh br-vxlan-2/192.168.0.2',
      'make flood vxlan-2/10.2.1.11',
      'make sysctl net/ipv6/conf/br-vxlan-2/disable_ipv6',
      'make port vxlan-2',
    ]);
  });

  test('is not planned again once it is there', () => {
    expect(planOf(segment(), applied(segment()))).toEqual({ steps: [], swept: [], bystanders: [], held: [] });
  });

  test('skips, when its bridge fails, only what needs the bridge', () => {
    const { steps } = planOf(segment(), []);
    expect(steps.flatMap(({ ref, needs }) => (needs.includes(0) ? [ref] : []))).toEqual([
      'neigh:/br-vxlan-2/192.168.0.2',
      'sysctl:/net/ipv6/conf/br-vxlan-2/disable_ipv6',
      'port:/vxlan-2',
    ]);
  });
});

describe('a port that is closed while a MAC is pinned to it', () => {
  const entry = wanted(fdb, { netns: '', bridge: 'br-vxlan-2', mac: '02:00:00:00:00:0a', link: 'tap-0000000a', sticky: true });
  const open = changed(applied([...segment(), ...guestTap()]), 'port:/tap-0000000a', { locked: false });

  test('is closed after that, so that no frame finds it closed', () => {
    const plan = planOf([...segment(), ...guestTap(), entry], open);
    expect(told(plan)).toEqual(['make fdb br-vxlan-2/02:00:00:00:00:0a', 'update port tap-0000000a']);
    expect(plan.steps.map(({ needs }) => needs)).toEqual([[], []]);
  });

  test('is made before it all the same', () => {
    const plan = planOf([...segment(), ...guestTap(), entry], applied(segment()));
    expect(told(plan).slice(-2)).toEqual(['make port tap-0000000a', 'make fdb br-vxlan-2/02:00:00:00:00:0a']);
  });
});

describe('a removed network', () => {
  test('is two deletions, and the kernel takes the rest along', () => {
    const plan = planOf([], applied(segment()));
    expect(told(plan)).toEqual(['delete vxlan vxlan-2', 'delete bridge br-vxlan-2']);
    expect(plan.swept.map(({ ref, by }) => `${ref} by ${by}`)).toEqual([
      'flood:/vxlan-2/10.2.1.11 by link:/vxlan-2',
      'neigh:/br-vxlan-2/192.168.0.2 by link:/br-vxlan-2',
      'port:/vxlan-2 by link:/br-vxlan-2',
    ]);
  });

  test('keeps its bridge, and what belongs to it, while a guest that is not ours is in it', () => {
    const plan = planOf([], [...applied(segment()), ...FOREIGN_PORT]);
    expect(told(plan)).toEqual(['delete vxlan vxlan-2']);
    expect(heldOf(plan)).toEqual(['in-use bridge br-vxlan-2 on vnet3', 'in-use neigh br-vxlan-2/192.168.0.2 on vnet3']);
  });

  test('goes although someone has a route over it, and says so', () => {
    const stray: Observed = { kind: 'route', ref: 'route:/x', spec: { netns: '', dst: '10.9.0.0/16', link: 'br-vxlan-2', table: '254' }, owner: 'foreign' };
    const plan = planOf([], [...applied(segment()), stray]);
    expect(told(plan)).toEqual(['delete vxlan vxlan-2', 'delete bridge br-vxlan-2']);
    expect(plan.bystanders).toEqual([{ kind: 'route', title: 'route', ref: 'route:/x', by: 'link:/br-vxlan-2' }]);
  });
});

describe('a change', () => {
  test('of a live field is one update with what was and what is wanted', () => {
    const [step, ...more] = planOf(segment(), changed(applied(segment()), 'link:/vxlan-2', { mtu: 1400 })).steps;
    expect(more).toEqual([]);
    expect(step).toMatchObject({ verb: 'update', ref: 'link:/vxlan-2', changes: [{ field: 'mtu', want: 1450, have: 1400 }] });
  });

  test('of the vxid replaces the device and makes anew what went along with it', () => {
    const plan = planOf(segment('2', { vni: 3 }), applied(segment()));
    expect(told(plan)).toEqual(['delete vxlan vxlan-2', 'make vxlan vxlan-2', 'make port vxlan-2', 'make flood vxlan-2/10.2.1.11']);
    const made = plan.steps[1];
    expect(made?.replacing).toBe(true);
    expect(made?.changes.filter(change => change.forces)).toEqual([{ field: 'vni', want: 3, have: 2, forces: true }]);
    expect(plan.steps[2]?.because).toBe('link:/vxlan-2');
  });

  test('of two vxids with each other frees both before either is taken', () => {
    const before = [...segment('2', { vni: 2 }), ...segment('3', { vni: 3 })];
    const links = told(planOf([...segment('2', { vni: 3 }), ...segment('3', { vni: 2 })], applied(before))).filter(line => line.includes('vxlan vxlan'));
    expect(links).toEqual(['delete vxlan vxlan-2', 'delete vxlan vxlan-3', 'make vxlan vxlan-2', 'make vxlan vxlan-3']);
  });

  test('of the underlay to another family makes the device anew, and to another address of the family does not', () => {
    const to = (local: string, family: 4 | 6) => segment().map(each => (each.kind === 'vxlan' ? { ...each, spec: { ...each.spec, local, family } } : each));
    const there = applied(segment());
    expect(told(planOf(to('2001:db8::12', 6), there)).slice(0, 2)).toEqual(['delete vxlan vxlan-2', 'make vxlan vxlan-2']);
    expect(told(planOf(to('10.2.1.99', 4), there))).toEqual(['update vxlan vxlan-2']);
  });

  test('of a link into another kind of the same name is a replacement', () => {
    const other: Observed = { kind: 'bridge', ref: 'link:/vxlan-2', spec: segment()[5]?.spec ?? {}, owner: 'ours' };
    const have = [...applied(segment()).filter(({ ref }) => ref !== 'link:/vxlan-2' && !ref.startsWith('port:') && !ref.startsWith('flood:')), other];
    expect(told(planOf(segment(), have)).slice(0, 2)).toEqual(['delete bridge vxlan-2', 'make vxlan vxlan-2']);
  });

  test('of a bridge says its neighbours again afterwards, since the kernel may have flushed them', () => {
    const plan = planOf(segment(), changed(applied(segment()), 'link:/br-vxlan-2', { mac: '02:03:00:00:00:99' }));
    expect(told(plan)).toEqual(['update bridge br-vxlan-2', 'update neigh br-vxlan-2/192.168.0.2']);
    expect(plan.steps[1]).toMatchObject({ changes: [], because: 'link:/br-vxlan-2' });
  });

  test('of the filter comes before the port that it is about', () => {
    const guard = (rows: readonly string[]) => wanted(nft, { netns: '', family: 'bridge', name: 'netloom', rows });
    const guarded = guestTap().map(resource => (resource.kind === 'port' ? { ...resource, spec: { ...resource.spec, guarded: true } } : resource));
    const plan = planOf([...guarded, ...segment(), guard([])], applied([...segment(), guard(['old'])]));
    expect(told(plan)).toEqual(['make tap tap-0000000a', 'update nft bridge/netloom', 'make port tap-0000000a']);
    expect(plan.steps[2]?.needs).toEqual([0, 1]);
  });

  test('of an address frees its subnet first, and takes the route that needs it away and brings it back', () => {
    const before = [GUEST, ...applied(guestPair('guest'))];
    expect(told(planOf(guestPair('guest', { ip: '192.168.0.3' }), before)).map(line => line.split('/').slice(0, 3).join('/'))).toEqual([
      'delete route guest/254/default',
      'delete address guest/eth0/192.168.0.2',
      'make address guest/eth0/192.168.0.3',
      'make route guest/254/default',
    ]);
  });
});

test('a route that still has an address to go by stays when another address goes', () => {
  const spare = guestPair('guest', { ip: '10.0.0.9', prefix: 8 })[1] as Resource;
  const plan = planOf(guestPair('guest'), [GUEST, ...applied([...guestPair('guest'), spare])]);
  expect(told(plan)).toEqual(['delete address guest/eth0/10.0.0.9/8']);
});

describe('held back is', () => {
  test('a pair into a namespace that is not there yet, with all that hangs on it, and nothing else', () => {
    const plan = planOf([...segment(), ...guestPair('guest')], applied(segment()));
    expect(plan.steps).toEqual([]);
    expect(plan.held.find(held => held.kind === 'veth')).toMatchObject({ why: 'waiting', on: 'netns:guest' });
    expect(plan.held.filter(held => held.kind !== 'veth').map(held => held.why)).toEqual(['depends', 'depends', 'depends']);
  });

  test('a network whose bridge name someone else has, while another network is made', () => {
    const foreign: Observed = { kind: 'bridge', ref: 'link:/br-vxlan-2', spec: { ...segment()[5]?.spec, group: 0 }, owner: 'foreign' };
    const plan = planOf([...segment(), ...segment('3', { vni: 3 })], [foreign]);
    expect(heldOf(plan).filter(line => line.startsWith('conflict'))).toEqual(['conflict bridge br-vxlan-2 on br-vxlan-2']);
    expect(told(plan)).toContain('make vxlan vxlan-2');
    expect(told(plan)).not.toContain('make port vxlan-2');
    expect(told(plan)).toContain('make port vxlan-3');
  });

  test('a device whose vxid someone else uses on the same port', () => {
    const foreign: Observed = { ...(applied(segment('9'))[4] as Observed), owner: 'foreign' };
    const [held] = planOf(segment(), [foreign]).held.filter(one => one.kind === 'vxlan');
    expect(held).toMatchObject({ why: 'conflict', on: 'link:/vxlan-9', claim: 'vni:/4789/2' });
  });

  test('a bridge that should be replaced, and nothing of it, while a guest that is not ours is in it', () => {
    const asVxlan: Observed = { ...(applied(segment())[4] as Observed), ref: 'link:/br-vxlan-2' };
    const plan = planOf(segment().slice(5), [asVxlan, ...FOREIGN_PORT]);
    expect(plan.steps).toEqual([]);
    expect(heldOf(plan)).toEqual(['in-use bridge br-vxlan-2 on vnet3']);
  });
});

describe('left alone is', () => {
  test('an address that a guest put on its own interface, where its definition allows it', () => {
    const own = (ip: string): Observed => ({
      kind: 'address',
      ref: `address:guest/eth0/${ip}/32`,
      spec: { netns: 'guest', link: 'eth0', ip, prefix: 32 },
      owner: 'ours',
    });
    const plan = planOf(guestPair('guest'), [GUEST, ...applied(guestPair('guest')), own('10.77.0.9'), own('10.78.0.9')]);
    expect(told(plan)).toEqual(['delete address guest/eth0/10.78.0.9/32']);
    expect(plan.held).toEqual([]);
  });

  test('a setting that nobody wants', () => {
    const setting: Observed = {
      kind: 'sysctl',
      ref: 'sysctl:/net/ipv4/ip_forward',
      spec: { netns: '', key: 'net/ipv4/ip_forward', value: '1' },
      owner: 'common',
    };
    expect(planOf([], [setting]).steps).toEqual([]);
  });

  test('a field that is not managed', () => {
    const silent = segment().map(resource => (resource.kind === 'bridge' ? { ...resource, spec: { ...resource.spec, alias: undefined } } : resource));
    expect(planOf(silent, changed(applied(segment()), 'link:/br-vxlan-2', { alias: 'by hand' })).steps).toEqual([]);
  });
});

describe('a mistake of netloom is a bug:', () => {
  const spec = segment()[5]?.spec as Parameters<typeof bridge.ref>[0];

  test('one thing wanted in two ways', () => {
    expect(() => planOf([wanted(bridge, spec), wanted(bridge, { ...spec, mtu: 9000 }, WEB)], [])).toThrow(
      /bug: link:\/br-vxlan-2 is wanted in two ways: by Interface default\/web .* and by Network default\/demo/,
    );
  });

  test('but wanted twice in one way it is one thing with both origins', () => {
    const [step] = planOf([wanted(bridge, spec), wanted(bridge, spec, WEB), wanted(bridge, spec)], []).steps;
    expect(step?.from).toEqual([WEB, DEMO]);
  });

  test('a kind that is not in the table', () => {
    expect(() => planOf([{ kind: 'pigeon', ref: 'pigeon:1', spec: {}, from: [DEMO] }], [])).toThrow(
      'bug: pigeon:1 is of the kind pigeon, which is not in the table of kinds',
    );
  });

  test('ties that go round, and the circle is named', () => {
    const knot: AnyKind = { ...(KINDS.get('netns') as AnyKind), name: 'knot', ties: (s: { to: `knot:${string}` }) => [{ to: s.to, when: 'goes' }] };
    const knots = ['a', 'b'].map((name, i) => ({ kind: 'knot', ref: `knot:${name}` as const, spec: { name, to: `knot:${'ba'[i]}` }, from: [DEMO] }));
    expect(() => diff(knots, [], new Map([['knot', knot]]))).toThrow(
      'bug: a cycle of steps, each of which must come after the next: make knot:a, make knot:b, make knot:a',
    );
  });
});

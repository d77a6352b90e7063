/** All kinds together, planned and applied: their ties and claims must lead there, and back, in one round. */
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { apply } from '../../src/host/apply.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { Observed, Resource } from '../../src/kinds/kind.ts';
import { diff } from '../../src/plan/diff.ts';
import { emptyNode, paste, seen } from '../kinds/kernel-room.ts';
import { SAMPLES, type Sample } from '../kinds/samples.ts';
import { insistOnLab } from '../support/namespaces.ts';

beforeAll(insistOnLab);
beforeEach(emptyNode);

// One of each ref: the root's table is sampled twice, and bridges deaf to IPv6 take no IPv6 neighbours.
const APART = ['announcement of an address that leads nowhere', 'IPv6 neigh', 'IPv6 route to a link', 'nft of the root'];
const TOGETHER = SAMPLES.filter(({ title }) => !APART.includes(title));
const KEYS = TOGETHER.flatMap(({ kind, spec }) => kind.keys?.(spec) ?? []);

it('everything is made in one round, stays without a step, and goes in one round', async () => {
  const before = (await seen()).map(one => one.ref).sort();
  await round(TOGETHER.map(wanted));
  expect(planned(TOGETHER.map(wanted), await seen(KEYS)).steps).toEqual([]);
  await round([]);
  expect((await seen()).filter(one => one.owner === 'ours')).toEqual([]);
  expect((await seen()).map(one => one.ref).sort()).toEqual(before);
});

it('one field of everything changes in one round, whatever it disturbs', async () => {
  await round(TOGETHER.map(wanted));
  const other = (sample: Sample, nth: number): Sample => {
    const fields = Object.keys(sample.drift).filter(field => field !== 'group' && field !== 'up');
    const field = fields[nth % fields.length];
    return field === undefined ? sample : { ...sample, spec: { ...sample.spec, [field]: sample.drift[field] } };
  };
  for (let nth = 0; nth < 4; nth++) await round(TOGETHER.map(sample => wanted(other(sample, nth))));
});

it.each([
  ['the vni of the mesh', 'vxlan', { vni: 3 }],
  ['the far end of a guest', 'veth', { peer: 'guest-a/eth7' }],
  ['the owner of a tap', 'tap', { owner: 1001 }],
  ['the bridge of the mesh', 'port of the mesh', { bridge: 'br-vxlan-3' }],
  ['the address of a guest', 'address', { ip: '10.0.0.7' }],
  ['the IPv6 address of the node', 'IPv6 address', { ip: 'fd00:1::7' }],
])('a new value of %s replaces it in one round, with all that hangs on it', async (_, title, change) => {
  const two = { ...named('bridge'), spec: { ...named('bridge').spec, name: 'br-vxlan-3', mac: '02:03:00:00:00:03' } };
  await round([...TOGETHER, two].map(wanted));
  const changed = [...TOGETHER, two].flatMap(sample => follow(sample.title === title ? { ...sample, spec: { ...sample.spec, ...change } } : sample, change));
  await round(changed.map(wanted));
});

it('what others did beside us stays as it is, through all of it', async () => {
  const foreign = () =>
    paste(`
ip link add name docker0 type bridge
ip addr add 172.17.0.1/16 dev docker0
ip link set dev docker0 up
ip neigh add 172.17.0.9 lladdr 02:42:00:00:00:09 dev docker0 nud permanent
ip link add name vx9 type vxlan id 9 dstport 4790 local 10.9.0.1
bridge fdb append 00:00:00:00:00:00 dev vx9 dst 10.9.0.8 self
ip route add 10.99.0.0/16 dev docker0
nft add table inet other`);
  await foreign();
  const theirs = async () => (await seen()).filter(one => one.owner === 'foreign').sort((a, b) => (a.ref < b.ref ? -1 : 1));
  const before = await theirs();
  await round(TOGETHER.map(wanted));
  await round([]);
  expect(await theirs()).toEqual(before);
});

/** What else must be wanted otherwise, as the objects would compile it. */
function follow(sample: Sample, change: Readonly<Record<string, unknown>>): readonly Sample[] {
  if (change['peer'] !== undefined && ['far', 'address', 'route over a next hop', 'sysctl elsewhere'].includes(sample.title)) {
    return sample.title === 'far' ? [{ ...sample, spec: { ...sample.spec, name: 'eth7' } }] : [];
  }
  if (change['bridge'] !== undefined && sample.title === 'fdb') return [{ ...sample, spec: { ...sample.spec, bridge: 'br-vxlan-3' } }];
  return [sample];
}

async function round(want: readonly Resource[]): Promise<void> {
  const plan = planned(want, await seen(KEYS));
  expect(plan.held).toEqual([]);
  const outcomes = await apply(plan.steps);
  expect(outcomes.filter(one => one.status !== 'done').map(one => `${one.step.ref}: ${one.status}: ${one.error}`)).toEqual([]);
  const again = planned(want, await seen(KEYS));
  expect(again.steps.map(step => ({ verb: step.verb, ref: step.ref, changes: step.changes }))).toEqual([]);
}

function planned(want: readonly Resource[], have: readonly Observed[]) {
  return diff(want, have, KINDS);
}

function wanted({ kind, spec, title }: Sample): Resource {
  return { kind: kind.name, ref: kind.ref(spec), spec, from: [{ definition: title, at: { file: 'test.yaml', line: 1, col: 1 } }] };
}

function named(title: string): Sample {
  const found = SAMPLES.find(sample => sample.title === title);
  if (found === undefined) throw new Error(`no sample ${title}`);
  return found;
}

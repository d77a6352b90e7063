/** From any wanted state to any other, with somebody's hand in between: one round, and then nothing is left to do. */
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { apply } from '../../src/host/apply.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { Resource } from '../../src/kinds/kind.ts';
import { diff } from '../../src/plan/diff.ts';
import { emptyNode, say, seen } from '../kinds/kernel-room.ts';
import { SAMPLES, type Sample } from '../kinds/samples.ts';
import { insistOnLab } from '../support/namespaces.ts';

beforeAll(insistOnLab);
beforeEach(emptyNode);

// One of each ref: the root's table is sampled twice, and bridges deaf to IPv6 take no IPv6 neighbours.
const APART = ['announcement of an address that leads nowhere', 'IPv6 neigh', 'IPv6 route to a link', 'nft of the root'];
// A service does not start on files of random text: their transitions are those of the cluster with routers (support/transitions).
const TOGETHER = SAMPLES.filter(({ title, kind }) => !APART.includes(title) && !['file', 'service'].includes(kind.name));
const KEYS = TOGETHER.flatMap(({ kind, spec }) => kind.keys?.(spec) ?? []);
/** What is always wanted together. */
const MATES: Readonly<Record<string, string>> = {
  veth: 'far',
  'veth into a gateway': 'far end in a gateway',
  'veth with both ends in the root': 'far end in the root',
};
/** Live fields of which another value makes what hangs on the thing impossible, or the thing foreign. */
const STEADY = ['group', 'up', 'stp'];
const REPLACING: Readonly<Record<string, readonly object[]>> = {
  vxlan: [{ vni: 3 }, { port: 4790 }],
  tap: [{ owner: 1001 }, { owner: null }],
  address: [{ ip: '10.0.0.7' }],
  'IPv6 address': [{ ip: 'fd00:1::7' }],
  'route over a next hop': [{ via: '10.0.0.9' }],
  flood: [{ dst: '10.9.0.7' }],
};

it.each([1, 21])('thirty transitions, each in one round (seed %i)', async seed => {
  const random = randomFrom(seed);
  for (let nth = 0; nth < 30; nth++) {
    const want = someOf(random);
    await meddle(random);
    const plan = diff(want, await seen(KEYS), KINDS);
    const outcomes = await apply(plan.steps);
    const context = `transition ${nth}: ${plan.steps.map(step => `${step.verb} ${step.ref}`).join(', ')}`;
    expect(plan.held, context).toEqual([]);
    expect(
      outcomes.filter(one => one.status !== 'done').map(one => `${one.step.ref}: ${one.error}`),
      context,
    ).toEqual([]);
    const left = diff(want, await seen(KEYS), KINDS).steps;
    expect(
      left.map(step => `${step.verb} ${step.ref} ${JSON.stringify(step.changes)}`),
      context,
    ).toEqual([]);
  }
});

type Random = () => number;

/** Some samples with all that they stand on, some of them otherwise than usual. */
function someOf(random: Random): readonly Resource[] {
  const picked = new Set<Sample>();
  const pick = (one: Sample): void => {
    if (picked.has(one)) return;
    picked.add(one);
    for (const below of one.on) pick(below);
    for (const mate of TOGETHER) if (mate.title === MATES[one.title]) pick(mate);
  };
  const share = 0.2 + random() * 0.5;
  for (const one of TOGETHER) if (random() < share) pick(one);
  return [...picked].map(one => wanted({ ...one, spec: varied(one, random) }));
}

function varied(one: Sample, random: Random): Sample['spec'] {
  const field = oneOf(
    Object.keys(one.drift).filter(name => !STEADY.includes(name)),
    random,
  );
  const live = field !== undefined && random() < 0.3 ? { [field]: one.drift[field] } : {};
  const fixed = random() < 0.3 ? oneOf(REPLACING[one.title] ?? [], random) : {};
  return { ...one.spec, ...live, ...fixed };
}

/** Now and then somebody changes or removes a thing of ours. What cannot be done by hand is left. */
async function meddle(random: Random): Promise<void> {
  const one = oneOf(TOGETHER, random);
  if (one === undefined || random() > 0.4) return;
  const isThere = (await seen()).some(found => found.kind === one.kind.name && found.ref === one.kind.ref(one.spec));
  const field = oneOf(
    Object.keys(one.drift).filter(name => name !== 'group'),
    random,
  );
  const ops = field !== undefined && random() < 0.6 ? one.kind.update({ ...one.spec, ...one.drift }, [field]) : one.kind.remove(one.spec);
  if (isThere) await say(ops).catch(() => undefined);
}

function oneOf<T>(list: readonly T[], random: Random): T | undefined {
  return list[Math.floor(random() * list.length)];
}

function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

function wanted({ kind, spec, title }: Sample): Resource {
  return { kind: kind.name, ref: kind.ref(spec), spec, from: [{ definition: title, at: { file: 'test.yaml', line: 1, col: 1 } }] };
}

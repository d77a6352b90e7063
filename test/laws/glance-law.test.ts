/** The law of the glance: it says "as wanted" where the whole comparison finds nothing, and nowhere else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Observed, Ref, Resource } from '../../src/kinds/kind.ts';
import { wholeDiff } from '../../src/plan/diff.ts';
import { isAsWanted } from '../../src/plan/glance.ts';
import { act, type Kernel, observe, take } from './model-kernel.ts';
import { actsOf, MODEL, modelKind, type Spec } from './model-kinds.ts';
import { anyDeed, anyDisowning, anyTwoWants, anyWant, type Deed, happen } from './worlds.ts';

const numRuns = Number(process.env.NETLOOM_LAW_RUNS ?? 800);

interface Sight {
  readonly want: readonly Resource[];
  readonly have: readonly Observed[];
}

/** A kernel that was brought to `old`, to which things then happened, as somebody sees it who wants `want`. */
function seen(old: readonly Resource[], want: readonly Resource[], before: readonly Deed[], after: readonly Deed[]): Sight {
  const kernel: Kernel = new Map();
  for (const deed of before) happen(kernel, deed);
  bring(kernel, old);
  for (const deed of after) happen(kernel, deed);
  return { want, have: observe(kernel, want) };
}

function bring(kernel: Kernel, want: readonly Resource[]): void {
  for (const step of wholeDiff(want, observe(kernel, want), MODEL).steps) for (const doing of actsOf(step.ops)) act(kernel, doing);
}

const deeds = (maxLength: number) => fc.array(fc.oneof({ weight: 6, arbitrary: anyDeed }, { weight: 1, arbitrary: anyDisowning }), { maxLength });

/** The same with a note on every desk that guests may leave theirs on. */
function withNotesOfGuests(want: readonly Resource[]): readonly Resource[] {
  const left = want.flatMap(({ kind, spec, from }) => {
    const { room, name, guests } = spec as Spec;
    if (kind !== 'desk' || guests !== true) return [];
    const note: Spec = { room, desk: name, text: 'g9' };
    return [{ kind: 'note', ref: modelKind('note').ref(note), spec: note, from }];
  });
  return [...want, ...left.filter(({ ref }) => want.every(resource => resource.ref !== ref))];
}

/** Kinds that nothing ties to: they go, and nothing else changes. */
const LEAVES: readonly string[] = ['lamp', 'path', 'echo', 'cat'];

/** Most passes find what the last one left, and one thing or none that has happened since; some find another revision. */
const anySight: fc.Arbitrary<Sight> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(anyWant, deeds(2), deeds(1)).map(([want, before, after]) => seen(want, want, before, after)) },
  { weight: 1, arbitrary: anyWant.map(want => seen(withNotesOfGuests(want), want, [], [])) },
  {
    weight: 1,
    arbitrary: anyWant.map(old =>
      seen(
        old,
        old.filter(({ kind }) => !LEAVES.includes(kind)),
        [],
        [],
      ),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(anyTwoWants, deeds(3), deeds(3)).map(([[old, want], before, after]) => seen(old, want, before, after)) },
);

function isNothing({ want, have }: Sight): boolean {
  const { steps, swept, bystanders, held } = wholeDiff(want, have, MODEL);
  return steps.length + swept.length + bystanders.length + held.length === 0;
}

/** The one doubt in which a glance does not answer: something of ours that nobody wants, and that is a guest's own. */
function hasGuestsOwn({ want, have }: Sight): boolean {
  const wanted = new Set<Ref>(want.map(({ ref }) => ref));
  return have.some(({ ref, owner }) => owner === 'ours' && !wanted.has(ref));
}

const shown = ({ want, have }: Sight): string =>
  [...want.map(({ ref, spec }) => `want ${ref} ${JSON.stringify(spec)}`), ...have.map(({ ref, owner, spec }) => `have ${ref} ${owner} ${JSON.stringify(spec)}`)]
    .sort()
    .join('\n');

test('a glance says yes exactly where the whole comparison has no step, sweeps nothing and holds nothing', () =>
  fc.assert(
    fc.property(anySight, sight => {
      const isEmpty = isNothing(sight) && !hasGuestsOwn(sight);
      expect(isAsWanted(sight.want, sight.have, MODEL), shown(sight)).toBe(isEmpty);
    }),
    { numRuns },
  ));

test('the order in which things are said makes no difference to a glance', () =>
  fc.assert(
    fc.property(anySight, ({ want, have }) => {
      expect(isAsWanted([...want].reverse(), [...have].reverse(), MODEL)).toBe(isAsWanted(want, have, MODEL));
    }),
    { numRuns },
  ));

test('a glance misses what a stranger took away, and what is there waits for', () => {
  const wish = (kind: string, spec: Spec): Resource => ({ kind, spec, ref: modelKind(kind).ref(spec), from: [] });
  const want = [wish('desk', { room: '', name: 'd1', size: null, by: '' }), wish('echo', { room: '', desk: 'd1', tone: 1 })];
  const kernel: Kernel = new Map();
  bring(kernel, want);
  happen(kernel, { do: 'foreign', wish: { kind: 'note', spec: { room: '', desk: 'd1', text: 'z1' } } });
  bring(kernel, want);
  expect(isAsWanted(want, observe(kernel, want), MODEL)).toBe(true);
  take(kernel, 'note:/d1/z1');
  const { held } = wholeDiff(want, observe(kernel, want), MODEL);
  expect(held).toMatchObject([{ why: 'waiting', ref: 'echo:/d1' }]);
  const have = observe(kernel, want).map(there => ({ ...there, spec: want.find(({ ref }) => ref === there.ref)?.spec ?? there.spec }));
  expect(isAsWanted(want, have, MODEL)).toBe(false);
});

test('the worlds of this law have both answers, for every reason', () => {
  const met: Record<string, number> = {};
  const count = (what: string, isSo: boolean): void => {
    met[what] = (met[what] ?? 0) + Number(isSo);
  };
  for (const sight of fc.sample(anySight, { numRuns: 1500, seed: 7 })) {
    const { steps, held } = wholeDiff(sight.want, sight.have, MODEL);
    count('yes', isNothing(sight));
    count('yes, of a world with ten things or more', isNothing(sight) && sight.want.length >= 10);
    count('yes, beside foreign things', isNothing(sight) && sight.have.some(({ owner }) => owner === 'foreign'));
    count("yes, but for a guest's own", isNothing(sight) && hasGuestsOwn(sight));
    count('no, one step', steps.length === 1);
    count('no, many steps', steps.length > 3);
    count('no, held alone', steps.length === 0 && held.length > 0);
    count(
      'no, an update',
      steps.some(({ verb }) => verb === 'update'),
    );
    count('no, a deletion alone', steps.length > 0 && steps.every(({ verb }) => verb === 'delete'));
  }
  for (const [what, times] of Object.entries(met)) expect(times, what).toBeGreaterThan(15);
});

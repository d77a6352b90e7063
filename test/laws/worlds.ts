/** Random definitions, foreign things and drift for the model kernel: a small universe, so that things meet. */
import fc from 'fast-check';
import type { Ref, Resource } from '../../src/kinds/kind.ts';
import { act, isThere, type Kernel, type Thing, take } from './model-kernel.ts';
import { modelKind, type Spec } from './model-kinds.ts';

export interface Wish {
  readonly kind: string;
  readonly spec: Spec;
}

const of = (kind: string, fields: Record<string, fc.Arbitrary<Spec[string]>>): fc.Arbitrary<readonly Wish[]> => fc.record(fields).map(spec => [{ kind, spec }]);
const any = <const T extends Spec[string]>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const anyRoom = any('', 'r1', 'r2');
const anyLive = any('red', 'blue', undefined);

const anyDesk = of('desk', {
  room: any('', 'r1'),
  name: any('d1', 'd2', 'h1'),
  size: any(null, 1, 2, 3),
  color: anyLive,
  by: any('', 'h1', 'h2'),
  secret: any('x', undefined),
  guests: any(true, undefined),
});

const anyCable = fc
  .record({ name: any('c1', 'c2'), room: any('r1', 'r2', 'f1'), far: any('e1', 'd1', 'h2'), color: anyLive, farColor: anyLive })
  .map(({ name, room, far, color, farColor }): readonly Wish[] => [
    { kind: 'cable', spec: { room: '', name, to: `${room}/${far}`, color } },
    { kind: 'end', spec: { room, name: far, near: `/${name}`, color: farColor } },
  ]);

const anyWish: fc.Arbitrary<readonly Wish[]> = fc.oneof(
  of('room', { name: any('r1', 'r2'), stone: any(1, 2, undefined), paint: anyLive }),
  of('hub', { room: anyRoom, name: any('h1', 'h2'), shape: any('round', 'square'), color: anyLive }),
  anyDesk,
  anyCable,
  of('seat', { room: any('', 'r1'), desk: any('d1', 'd2'), hub: any('h1', 'h2'), lock: any(true, false) }),
  of('note', { room: anyRoom, desk: any('d1', 'e1', 'h1'), text: any('a1', 'a2', 'b1', 'g9') }),
  of('note', { room: any(''), desk: any('d1'), text: any('a1', 'a2', 'b1', 'c1', 'g9') }),
  of('path', { room: anyRoom, desk: any('d1', 'e1', 'h1'), hop: any(true, false) }),
  of('lamp', { room: anyRoom, desk: any('d1', 'e1', 'h1'), lumen: any(1, 2) }),
  of('echo', { room: any('', 'r1'), desk: any('d1', 'h1'), tone: any(1, 2) }),
  of('cat', { name: any('tom', 'kit'), home: anyRoom, lap: any('', 'd1', 'h1'), mood: any('calm', 'wild') }),
  of('guard', { room: anyRoom, list: fc.subarray(['d1', 'd2']) }),
  of('knob', { room: anyRoom, thing: any('', 'd1', 'h1'), value: any('0', '1') }),
);

/** Wishes that a compiler could have made: one for each ref, nothing scarce twice, and no knob of a room that is not named. */
function consistent(wishes: readonly (readonly Wish[])[]): readonly Resource[] {
  const found = new Map<Ref, Resource>();
  const claims = new Set<string>();
  for (const group of wishes) {
    const resources = group.map(({ kind, spec }) => ({ kind, spec: usable(kind, spec), ref: modelKind(kind).ref(spec), from: [ORIGIN] }));
    const taken = new Set(resources.flatMap(({ kind, spec }) => modelKind(kind).claims(spec)));
    if (resources.some(resource => found.has(resource.ref)) || [...taken].some(claim => claims.has(claim))) continue;
    for (const resource of resources) found.set(resource.ref, resource);
    for (const claim of taken) claims.add(claim);
  }
  return [...found.values()];
}

const ORIGIN = { definition: 'World one', at: { file: 'one.yaml', line: 1, col: 1 } };

// A hub has no hub: ties of one name space must not go round.
function usable(kind: string, spec: Spec): Spec {
  return kind === 'desk' && String(spec.name).startsWith('h') ? { ...spec, by: '' } : spec;
}

/** Adds what others tie to, as a compiler does; `taste` gives it one of several looks. Without taste some things wait. */
function completed(wishes: readonly (readonly Wish[])[], taste: number | undefined): readonly Resource[] {
  const groups = [...wishes];
  let resources = consistent(groups);
  while (taste !== undefined) {
    const names = new Set(resources.flatMap(({ ref, kind, spec }) => [ref, ...(modelKind(kind).groups?.(spec as Spec) ?? [])]));
    const missing = resources.flatMap(({ kind, spec }) =>
      modelKind(kind)
        .ties(spec)
        .map(tie => tie.to),
    );
    const added = [...new Set(missing)].filter(name => !names.has(name)).flatMap(name => standIn(name, taste));
    const before = resources.length;
    groups.push(...added);
    resources = consistent(groups);
    if (resources.length === before) break;
  }
  return resources;
}

function standIn(name: Ref, taste: number): readonly (readonly Wish[])[] {
  const [what = '', where = ''] = name.split(':');
  const [room = '', thing = ''] = where.split('/');
  const color = taste % 2 === 0 ? 'red' : 'blue';
  if (what === 'room') return room === 'f1' ? [] : [[{ kind: 'room', spec: { name: room, stone: (taste >> 1) % 2, paint: color } }]];
  if (what === 'guard') return [[{ kind: 'guard', spec: { room, list: [color] } }]];
  if (what === 'notes') return [[{ kind: 'note', spec: { room, desk: thing, text: taste < 2 ? 'a1' : 'a2' } }]];
  if (what !== 'thing') return [];
  if (thing.startsWith('h')) return [[{ kind: 'hub', spec: { room, name: thing, shape: taste < 3 ? 'round' : 'square', color } }]];
  return [[{ kind: 'desk', spec: { room, name: thing, size: null, color, by: '', guests: true } }]];
}

const anyTaste = fc.option(fc.nat(7), { nil: undefined, freq: 6 });

/** What is wanted: any consistent set of resources. */
export const anyWant: fc.Arbitrary<readonly Resource[]> = fc
  .tuple(fc.array(anyWish, { maxLength: 28, size: 'max' }), anyTaste)
  .map(([wishes, taste]) => completed(wishes, taste));

/** Two wants with much in common, as two revisions have. */
export const anyTwoWants: fc.Arbitrary<readonly [readonly Resource[], readonly Resource[]]> = fc
  .tuple(
    fc.array(anyWish, { maxLength: 24, size: 'max' }),
    fc.array(anyWish, { maxLength: 10, size: 'max' }),
    fc.array(anyWish, { maxLength: 10, size: 'max' }),
    anyTaste,
    anyTaste,
  )
  .map(([both, before, after, old, next]) => [completed([...before, ...both], old), completed([...after, ...both], next)]);

export type Deed =
  | { readonly do: 'remove'; readonly nth: number }
  | { readonly do: 'disown'; readonly nth: number }
  | { readonly do: 'change'; readonly nth: number; readonly value: string }
  | { readonly do: 'foreign'; readonly wish: Wish };

const anyForeign: fc.Arbitrary<Wish> = fc
  .oneof(
    of('room', { name: any('f1', 'r2'), stone: any(9), paint: any('grey') }),
    of('desk', { room: any('', 'r1', 'f1'), name: any('v1', 'd2'), size: any(null, 1, 2, 3), color: any('grey'), by: any('') }),
    of('seat', { room: any('', 'r1'), desk: any('v1', 'd2'), hub: any('h1', 'h2'), lock: any(true) }),
    of('note', { room: any('', 'f1'), desk: any('v1', 'd1'), text: any('z1', 'a1') }),
    of('path', { room: any('', 'r1'), desk: any('d1', 'v1'), hop: any(false) }),
  )
  .map(([wish]) => wish as Wish);

/** What happens to a kernel behind our back. */
export const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ do: fc.constant('foreign' as const), wish: anyForeign }),
  fc.record({ do: fc.constant('remove' as const), nth: fc.nat(40) }),
  fc.record({ do: fc.constant('change' as const), nth: fc.nat(40), value: fc.constantFrom('drift', 'worse') }),
);

/** A mark taken away by hand: what is ours is taken for foreign from then on. */
export const anyDisowning: fc.Arbitrary<Deed> = fc.record({ do: fc.constant('disown' as const), nth: fc.nat(40) });

/** Does a deed where it can be done; what cannot be done is left out. */
export function happen(kernel: Kernel, deed: Deed): void {
  if (deed.do === 'foreign') {
    put(kernel, deed.wish);
    return;
  }
  const refs = [...kernel.keys()].filter(ref => kernel.get(ref)?.owner === 'ours').sort();
  const ref = refs[deed.nth % Math.max(1, refs.length)];
  const there = ref === undefined ? undefined : kernel.get(ref);
  if (ref === undefined || there === undefined) return;
  if (deed.do === 'remove') take(kernel, ref);
  else if (deed.do === 'disown') disown(kernel, ref, there);
  else {
    const { fields } = modelKind(there.kind);
    // A name of what is not there would be a tie to nothing, which a kernel does not have.
    const live = Object.keys(there.spec).find(field => fields[field] === 'live' && field !== 'by');
    if (live !== undefined) kernel.set(ref, { ...there, spec: { ...there.spec, [live]: deed.value } });
  }
}

// Both ends of a cable are known by the mark of the near one.
function disown(kernel: Kernel, ref: Ref, there: Thing): void {
  kernel.set(ref, { ...there, owner: 'foreign' });
  const far: Ref = `thing:${there.spec.to}`;
  const end = there.kind === 'cable' ? kernel.get(far) : undefined;
  if (end !== undefined) kernel.set(far, { ...end, owner: 'foreign' });
}

function put(kernel: Kernel, { kind, spec }: Wish): void {
  const ref = modelKind(kind).ref(spec);
  const canBe =
    !kernel.has(ref) &&
    modelKind(kind)
      .ties(spec)
      .every(tie => tie.when === 'after' || isThere(kernel, tie.to));
  if (!canBe) return;
  const before = new Map(kernel);
  try {
    act(kernel, { op: 'make', netns: '', kind, spec, fields: [] });
    kernel.set(ref, { kind, spec, owner: 'foreign' });
  } catch {
    // A scarce name is taken: the world stays as it was.
    kernel.clear();
    for (const [name, thing] of before) kernel.set(name, thing);
  }
}

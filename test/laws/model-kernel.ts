/** A kernel small enough to be sure of: it refuses what a kernel refuses, takes along what hangs on a thing, and disturbs what is near. */
import type { Observed, Owner, Ref, Resource } from '../../src/kinds/kind.ts';
import { type Act, modelKind, type Spec } from './model-kinds.ts';

export interface Thing {
  readonly kind: string;
  readonly spec: Spec;
  readonly owner: Owner;
}

/** Everything that is there, by ref. */
export type Kernel = Map<Ref, Thing>;

/** What the kernel refused: a plan must never get here. */
class Refused extends Error {
  override readonly name = 'Refused';
}

const DEFAULT_VALUE = 'default';

const namesOf = (ref: Ref, { kind, spec }: Thing): readonly Ref[] => [ref, ...(modelKind(kind).groups?.(spec) ?? [])];
const tiesOf = ({ kind, spec }: Thing) => modelKind(kind).ties(spec);

export function isThere(kernel: Kernel, name: Ref): boolean {
  if (kernel.has(name)) return true;
  for (const [ref, thing] of kernel) if (namesOf(ref, thing).includes(name)) return true;
  return false;
}

/** What a reader sees: settings only when asked for, and only where what they belong to is. */
export function observe(kernel: Kernel, want: readonly Resource[]): Observed[] {
  const seen: Observed[] = [...kernel].flatMap(([ref, { kind, spec, owner }]) => (kind === 'knob' ? [] : [{ ref, kind, spec: visible(kind, spec), owner }]));
  for (const { kind, ref, spec } of want) {
    if (
      kind !== 'knob' ||
      !modelKind(kind)
        .ties(spec)
        .every(tie => kernel.has(tie.to))
    )
      continue;
    seen.push({ kind, ref, spec: kernel.get(ref)?.spec ?? { ...spec, value: DEFAULT_VALUE }, owner: 'common' });
  }
  return seen;
}

function visible(kind: string, spec: Spec): Spec {
  const { fields } = modelKind(kind);
  return Object.fromEntries(Object.entries(spec).filter(([field]) => fields[field] !== 'covered' && fields[field] !== 'policy'));
}

/** Does one act. Throws Refused when a kernel would not do it, or when it would touch what is not ours. */
export function act(kernel: Kernel, doing: Act): void {
  if (doing.op === 'make') make(kernel, doing.kind, doing.spec);
  else if (doing.op === 'set') set(kernel, doing.kind, doing.spec, doing.fields);
  else remove(kernel, modelKind(doing.kind).ref(doing.spec));
}

function make(kernel: Kernel, kind: string, spec: Spec): void {
  const { fields, ref } = modelKind(kind);
  const born = Object.fromEntries(Object.entries(spec).filter(([field]) => fields[field] === 'key' || fields[field] === 'fixed'));
  put(kernel, ref(spec), { kind, spec: born, owner: 'ours' });
  if (kind !== 'cable') return;
  const [room = '', name = ''] = String(spec.to).split('/');
  put(kernel, `thing:${room}/${name}`, { kind: 'end', spec: { room, name, near: `${spec.room}/${spec.name}` }, owner: 'ours' }, `name:${spec.to}`);
}

function put(kernel: Kernel, ref: Ref, thing: Thing, ownClaim?: string): void {
  if (kernel.has(ref)) throw new Refused(`make ${ref}: it is there`);
  for (const { to, when } of tiesOf(thing)) if (when !== 'after' && !isThere(kernel, to)) throw new Refused(`make ${ref}: no ${to}`);
  for (const claim of modelKind(thing.kind).claims(thing.spec)) {
    for (const [other, { kind, spec }] of kernel) {
      if (claim !== ownClaim && modelKind(kind).claims(spec).includes(claim)) throw new Refused(`make ${ref}: ${claim} is held by ${other}`);
    }
  }
  kernel.set(ref, thing);
  disturb(kernel, namesOf(ref, thing), ref);
}

function set(kernel: Kernel, kind: string, spec: Spec, fields: readonly string[]): void {
  const ref = modelKind(kind).ref(spec);
  const there = kernel.get(ref) ?? (kind === 'knob' ? { kind, spec: { room: spec.room, thing: spec.thing }, owner: 'common' as const } : undefined);
  if (there === undefined || there.kind !== kind) throw new Refused(`set ${ref}: it is not there`);
  if (there.owner === 'foreign') throw new Refused(`set ${ref}: it is not ours`);
  const after: Thing = { ...there, spec: { ...there.spec, ...Object.fromEntries(fields.map(field => [field, spec[field]])) } };
  for (const { to, when } of tiesOf(after)) if (when !== 'after' && !isThere(kernel, to)) throw new Refused(`set ${ref}: no ${to}`);
  kernel.set(ref, after);
  disturb(kernel, namesOf(ref, after), ref);
}

/** Takes a thing away with all that hangs on it. Refuses to harm what is foreign, and to leave behind what should have gone first. */
function remove(kernel: Kernel, ref: Ref): void {
  if (kernel.get(ref)?.owner !== 'ours') throw new Refused(`remove ${ref}: it is not there, or not ours`);
  const gone = take(kernel, ref);
  const mayGo = ({ owner, kind, spec }: Thing) => owner !== 'foreign' || modelKind(kind).carries?.(spec) === false;
  for (const [taken, thing] of gone) if (!mayGo(thing)) throw new Refused(`remove ${ref}: takes ${taken} along`);
  const lost = [...gone].flatMap(([taken, thing]) => namesOf(taken, thing)).filter(name => !isThere(kernel, name));
  for (const [left, thing] of kernel) {
    const isLate = tiesOf(thing).some(tie => tie.when === 'first' && lost.includes(tie.to));
    if (isLate && (thing.owner !== 'foreign' || !mayGo(thing))) throw new Refused(`remove ${ref}: ${left} is still there`);
  }
}

/** As `remove`, by a hand that asks nobody. */
export function take(kernel: Kernel, ref: Ref): Kernel {
  const gone: Kernel = new Map();
  const going = [ref];
  for (const next of going) {
    const thing = kernel.get(next);
    if (thing === undefined) continue;
    kernel.delete(next);
    gone.set(next, thing);
    const names = namesOf(next, thing);
    const lost = names.filter(name => !isThere(kernel, name));
    for (const [other, hung] of kernel) if (tiesOf(hung).some(tie => tie.when === 'goes' && lost.includes(tie.to))) going.push(other);
    // A cable has two ends, and either takes the other along.
    if (thing.kind === 'end') going.push(`thing:${thing.spec.near}`);
    disturb(kernel, names, next);
  }
  return gone;
}

function disturb(kernel: Kernel, names: readonly Ref[], by: Ref): void {
  for (const [ref, thing] of kernel) {
    if (ref === by || thing.owner !== 'ours' || !tiesOf(thing).some(tie => tie.when === 'again' && names.includes(tie.to))) continue;
    const { fields } = modelKind(thing.kind);
    const left = Object.entries(thing.spec).map(([field, value]) => [field, fields[field] === 'live' ? null : value]);
    kernel.set(ref, { ...thing, spec: Object.fromEntries(left) });
    disturb(kernel, namesOf(ref, thing), ref);
  }
}

/**
 * Kinds of a small made-up kernel. Together they have every fate, every tie, groups, claims, `spares`, `carries`, things that
 * are made by another thing's op, and things that are always there. Each is a real kind with the wit taken out; which one is said.
 */
import type { AnyKind, Fate, Kind, Kinds, Ref, Tie } from '../../src/kinds/kind.ts';
import type { Op } from '../../src/kinds/op.ts';

type Value = string | number | boolean | null | undefined | readonly string[];
/** Any spec of the model; `room` '' is the node's own and always there. */
export type Spec = Readonly<Record<string, Value>>;

/** An act of the model kernel, which travels as an Op: the planner only asks it for its lane. */
export interface Act {
  readonly op: 'make' | 'set' | 'remove';
  readonly netns: string;
  readonly kind: string;
  readonly spec: Spec;
  /** What `set` says. */
  readonly fields: readonly string[];
}

/** The acts of a step. */
export function actsOf(ops: readonly Op[]): readonly Act[] {
  return ops as unknown as readonly Act[];
}

interface Answers {
  readonly name: string;
  readonly fields: Readonly<Record<string, Fate>>;
  ref(s: Spec): Ref;
  ties(s: Spec): readonly Tie[];
  claims?(s: Spec): readonly string[];
  readonly more?: Partial<Kind<Spec>>;
}

const at = (room: Value): readonly Tie[] => (room === '' ? [] : [{ to: `room:${room}`, when: 'goes' }]);
const goes = (to: Ref): Tie => ({ to, when: 'goes' });
const thing = (room: Value, name: Value): Ref => `thing:${room}/${name}`;

function define({ name, fields, ref, ties, claims = () => [], more = {} }: Answers): AnyKind {
  const live = Object.keys(fields).filter(field => fields[field] === 'live');
  const opOf = (op: Act['op'], spec: Spec, fields: readonly string[] = []): Op =>
    ({ op, netns: String(spec.room ?? ''), kind: name, spec, fields }) as unknown as Op;
  const set = (spec: Spec, wanted: readonly string[]): readonly Op[] => {
    const said = wanted.filter(field => spec[field] !== undefined);
    return said.length === 0 ? [] : [opOf('set', spec, said)];
  };
  return {
    name,
    title: name,
    fields,
    ref,
    ties,
    claims,
    parse: () => [],
    create: (spec: Spec) => [opOf('make', spec), ...set(spec, live)],
    update: set,
    remove: (spec: Spec) => [opOf('remove', spec)],
    impact: { make: 'no-traffic', delete: 'no-traffic', fields: Object.fromEntries(live.map(field => [field, 'no-traffic'])) },
    ...more,
  };
}

const kinds: readonly AnyKind[] = [
  // netns
  define({ name: 'room', fields: { name: 'key', stone: 'fixed', paint: 'live' }, ref: s => `room:${s.name}`, ties: () => [] }),
  // bridge
  define({
    name: 'hub',
    fields: { room: 'key', name: 'key', shape: 'fixed', color: 'live' },
    ref: s => thing(s.room, s.name),
    ties: s => at(s.room),
    claims: s => [`name:${s.room}/${s.name}`],
  }),
  // vxlan, with a master that may be said live
  define({
    name: 'desk',
    fields: { room: 'key', name: 'key', size: 'fixed', color: 'live', by: 'live', secret: 'covered', guests: 'policy' },
    ref: s => thing(s.room, s.name),
    ties: s => [...at(s.room), ...(s.by ? [{ to: thing(s.room, s.by), when: 'again' as const }] : [])],
    claims: s => [`name:${s.room}/${s.name}`, ...(s.size === null ? [] : [`size:${s.room}/${s.size}`])],
    more: { spares: (s, other) => s.guests === true && other.kind === 'note' && (other.spec as Spec).text === 'g9' },
  }),
  // veth: the near end, which makes both
  define({
    name: 'cable',
    fields: { room: 'key', name: 'key', to: 'fixed', color: 'live' },
    ref: s => thing(s.room, s.name),
    ties: s => [{ to: `room:${String(s.to).split('/')[0]}`, when: 'first' }],
    claims: s => [`name:${s.room}/${s.name}`, `name:${s.to}`],
  }),
  // far: its create only sets what the near end made
  define({
    name: 'end',
    fields: { room: 'key', name: 'key', near: 'fixed', color: 'live' },
    ref: s => thing(s.room, s.name),
    ties: s => [goes(`thing:${s.near}`)],
    claims: s => [`name:${s.room}/${s.name}`],
    more: { create: (spec: Spec) => [{ op: 'set', netns: String(spec.room), kind: 'end', spec, fields: ['color'] } as unknown as Op] },
  }),
  // port
  define({
    name: 'seat',
    fields: { room: 'key', desk: 'key', hub: 'fixed', lock: 'live' },
    ref: s => `seat:${s.room}/${s.desk}`,
    ties: s => [goes(thing(s.room, s.desk)), goes(thing(s.room, s.hub)), { to: `guard:${s.room}`, when: 'after' }],
  }),
  // address
  define({
    name: 'note',
    fields: { room: 'key', desk: 'key', text: 'key' },
    ref: s => `note:${s.room}/${s.desk}/${s.text}`,
    ties: s => [goes(thing(s.room, s.desk))],
    claims: s => [`letter:${s.room}/${s.desk}/${String(s.text)[0]}`],
    more: { groups: s => [`notes:${s.room}/${s.desk}`], carries: () => false },
  }),
  // route
  define({
    name: 'path',
    fields: { room: 'key', desk: 'key', hop: 'fixed' },
    ref: s => `path:${s.room}/${s.desk}`,
    ties: s => [goes(thing(s.room, s.desk)), ...(s.hop ? [{ to: `notes:${s.room}/${s.desk}` as Ref, when: 'first' as const }] : [])],
    more: { carries: () => false },
  }),
  // neigh
  define({
    name: 'lamp',
    fields: { room: 'key', desk: 'key', lumen: 'live' },
    ref: s => `lamp:${s.room}/${s.desk}`,
    ties: s => [goes(thing(s.room, s.desk)), { to: thing(s.room, s.desk), when: 'again' }],
  }),
  // a rule that lives on whatever addresses there are
  define({
    name: 'echo',
    fields: { room: 'key', desk: 'key', tone: 'live' },
    ref: s => `echo:${s.room}/${s.desk}`,
    ties: s => [...at(s.room), { to: `notes:${s.room}/${s.desk}`, when: 'again' }],
  }),
  // service
  define({
    name: 'cat',
    fields: { name: 'key', home: 'fixed', lap: 'fixed', mood: 'live' },
    ref: s => `cat:${s.name}`,
    ties: s => [
      ...(s.home === '' ? [] : [{ to: `room:${s.home}` as Ref, when: 'first' as const }]),
      ...(s.lap ? [{ to: thing(s.home, s.lap), when: 'first' as const }] : []),
      { to: `guard:${s.home}`, when: 'again' },
    ],
  }),
  // nft
  define({ name: 'guard', fields: { room: 'key', list: 'live' }, ref: s => `guard:${s.room}`, ties: s => at(s.room) }),
  // sysctl
  define({
    name: 'knob',
    fields: { room: 'key', thing: 'key', value: 'live' },
    ref: s => `knob:${s.room}/${s.thing}`,
    ties: s => (s.thing === '' ? at(s.room) : [goes(thing(s.room, s.thing))]),
    more: {
      create: (spec: Spec) => [{ op: 'set', netns: String(spec.room), kind: 'knob', spec, fields: ['value'] } as unknown as Op],
      remove: () => [],
    },
  }),
];

/** The table of the model. */
export const MODEL: Kinds = new Map(kinds.map(kind => [kind.name, kind]));

/** A kind of the model by its name. */
export function modelKind(name: string): AnyKind {
  const kind = MODEL.get(name);
  if (kind === undefined) throw new Error(`no kind ${name} in the model`);
  return kind;
}

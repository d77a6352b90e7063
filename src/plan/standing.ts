/**
 * What a node's kernel holds after a pass, told from what that pass wanted: it stands for a reading where there is no kernel, as
 * on a pull request. What such a pass would have held back is not there.
 */
import type { AnyKind, Kinds, Observed, Ref, Resource } from '../kinds/kind.ts';
import { wholeDiff } from './diff.ts';
import { foldWanted, kindOf } from './world.ts';

type Spec = Readonly<Record<string, unknown>>;

/** A value that only the node itself can read. */
const UNREAD_VALUE = '?';

/**
 * The kernel after a pass that found `around` and wanted `want`.
 *
 * @param around  what is there besides: guests' namespaces, network cards, ports of others
 * @returns       `around`, and all that was wanted and is not held back; fields that were not managed are unknown
 */
export function standing(want: readonly Resource[], around: readonly Observed[], kinds: Kinds): readonly Observed[] {
  const held = new Set(wholeDiff(want, around, kinds).held.map(({ ref }) => ref));
  const made = [...foldWanted(want).values()].filter(({ ref }) => !held.has(ref));
  return [...around, ...made.map(resource => readBack(resource, kindOf(kinds, resource.kind, resource.ref)))];
}

/** A wanted thing as a reading would give it. */
export function readBack({ kind: name, ref, spec, from }: Resource, kind: AnyKind): Observed {
  const seen: Spec = { ...kind.birth, ...defined(kind.readsAs === undefined ? (spec as Spec) : kind.readsAs(spec)) };
  const unknown = Object.entries(kind.fields).flatMap(([field, fate]) => (seen[field] === undefined && (fate === 'live' || fate === 'fixed') ? [field] : []));
  const formerly = from[0]?.definition;
  return {
    kind: name,
    ref,
    spec: seen,
    owner: kind.isAlways ? 'common' : 'ours',
    ...(unknown.length === 0 ? {} : { unknown }),
    ...(formerly === undefined ? {} : { formerly }),
  };
}

/**
 * What is always there, is wanted now and was not before: its values are not known here. Of a thing that is still to be made
 * nothing is there.
 */
export function alwaysThere(want: readonly Resource[], have: readonly Observed[], kinds: Kinds): readonly Observed[] {
  const known = new Set<Ref>(have.map(({ ref }) => ref));
  return [...foldWanted(want).values()].flatMap(resource => {
    const kind = kindOf(kinds, resource.kind, resource.ref);
    if (kind.isAlways !== true || known.has(resource.ref)) return [];
    if (!kind.ties(resource.spec).every(({ to }) => known.has(to))) return [];
    const spec = Object.fromEntries(Object.entries(resource.spec).map(([field, value]) => [field, kind.fields[field] === 'live' ? UNREAD_VALUE : value]));
    return [{ kind: resource.kind, ref: resource.ref, spec, owner: 'common' as const }];
  });
}

/** What a node reported to differ from what is wanted. `field` '': the whole thing, which is there or is not. */
export interface OpenDrift {
  readonly ref: string;
  readonly field: string;
  /** JSON, cut where it is long; `absent`, `there` for a whole thing. */
  readonly have: string;
}

/** The same kernel with what its node reported last to be otherwise. What is there and should not be is not in it: nobody knows its spec. */
export function drifted(have: readonly Observed[], drift: readonly OpenDrift[]): readonly Observed[] {
  const byRef = new Map<string, OpenDrift[]>();
  for (const one of drift) byRef.set(one.ref, [...(byRef.get(one.ref) ?? []), one]);
  return have.flatMap(observed => {
    const found = byRef.get(observed.ref) ?? [];
    if (found.some(({ field, have: is }) => field === '' && is === 'absent')) return [];
    const fields = found.filter(({ field }) => field !== '').map(({ field, have: is }) => [field, parsed(is)] as const);
    return fields.length === 0 ? [observed] : [{ ...observed, spec: { ...observed.spec, ...Object.fromEntries(fields) } }];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === '' ? undefined : UNREAD_VALUE;
  }
}

function defined(spec: Spec): Spec {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
}

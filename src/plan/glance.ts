/**
 * The question that nearly every pass asks, twice after a change: is everything as wanted? One walk that builds no world, so
 * that a pass with nothing to do, and the proof that a plan was carried out, cost little. In doubt the answer is no.
 */
import type { Kinds, Observed, Ref, Resource, Tie } from '../kinds/kind.ts';
import { difference, equal } from './compare.ts';

/**
 * True when the plan from `have` to `want` is empty: no step, nothing swept, nothing held. False for any other, and in one doubt:
 * something of ours that nobody wants may be spared (a guest's own address).
 */
export function isAsWanted(want: readonly Resource[], have: readonly Observed[], kinds: Kinds): boolean {
  const wanted = byRef(want);
  if (wanted === null || have.length < wanted.size) return false;
  const outside = tiedOutside(wanted, kinds);
  const met = new Set<Ref>();
  for (const observed of have) {
    const resource = wanted.get(observed.ref);
    if (resource === undefined) {
      // Ours and not wanted is to go, unless something spares it.
      if (observed.owner === 'ours' || observed.unread !== undefined) return false;
      outside.delete(observed.ref);
    } else {
      if (met.has(observed.ref) || !isThere(resource, observed, kinds)) return false;
      met.add(observed.ref);
    }
  }
  return met.size === wanted.size && (outside.size === 0 || isMetByGroups(outside, have, kinds));
}

/** A tie may name a group: the addresses that a gateway can be reached from. What is wanted is there by now. */
function isMetByGroups(names: ReadonlySet<Ref>, have: readonly Observed[], kinds: Kinds): boolean {
  const groups = new Set(have.flatMap(({ kind, spec }) => kinds.get(kind)?.groups?.(spec) ?? []));
  return [...names].every(name => groups.has(name));
}

/** null: one ref is wanted in two ways. */
function byRef(want: readonly Resource[]): ReadonlyMap<Ref, Resource> | null {
  const wanted = new Map<Ref, Resource>();
  for (const resource of want) {
    const first = wanted.get(resource.ref);
    if (first === undefined) wanted.set(resource.ref, resource);
    else if (first.kind !== resource.kind || !equal(first.spec, resource.spec)) return null;
  }
  return wanted;
}

/** What wanted things must find there, and is not wanted itself: a guest's namespace, a port that libvirt makes. */
function tiedOutside(wanted: ReadonlyMap<Ref, Resource>, kinds: Kinds): Set<Ref> {
  const outside = new Set<Ref>();
  for (const { kind, spec } of wanted.values()) {
    for (const tie of kinds.get(kind)?.ties(spec) ?? []) if (mustBeThere(tie) && !wanted.has(tie.to)) outside.add(tie.to);
  }
  return outside;
}

function mustBeThere({ optional, when }: Tie): boolean {
  return optional !== true && when !== 'after';
}

function isThere(want: Resource, have: Observed, kinds: Kinds): boolean {
  const kind = want.kind === have.kind && have.owner !== 'foreign' && have.adopted === undefined ? kinds.get(want.kind) : undefined;
  if (kind === undefined) return false;
  const { live, fixed } = difference(kind, want.spec, have.spec, have.unknown);
  return live.length === 0 && fixed.length === 0;
}

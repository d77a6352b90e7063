/**
 * Things that are left exactly as they are, whatever is wanted of them: neither made, changed nor deleted, nor taken along by
 * what they hang on. What differs is told. Generic: who is frozen is said by definitions and by names of links and namespaces.
 */
import type { Kinds, Observed, Origin, Ref, Resource } from '../kinds/kind.ts';
import { difference } from './compare.ts';

export interface Frozen {
  /** `Network default/demo`: what comes from these alone, or was made for them. */
  readonly definitions: ReadonlySet<string>;
  /** Links and namespaces that are theirs: whatever is in them, or speaks of them. */
  readonly names: ReadonlySet<string>;
}

/** A difference that stays. */
export interface Left {
  readonly definition: string;
  readonly ref: Ref;
  /** '' where the whole thing is not wanted, or is not there. */
  readonly field: string;
  readonly want: unknown;
  readonly have: unknown;
}

/** What is wanted when frozen things are wanted as they are, and how they differ from what they should be. */
export function freezing(
  want: readonly Resource[],
  have: readonly Observed[],
  kinds: Kinds,
  frozen: Frozen,
): { readonly want: readonly Resource[]; readonly left: readonly Left[] } {
  if (frozen.definitions.size === 0) return { want, left: [] };
  const there = new Map(have.map(observed => [observed.ref, observed]));
  const stays = standingStill(want, have, kinds, frozen);
  const links = new Set([...frozen.names, ...[...stays.keys()].flatMap(linkOf)]);
  const left: Left[] = [];
  const asked = new Set<Ref>();
  const elsewhere = new Set<Ref>();
  const kept = want.flatMap((resource): readonly Resource[] => {
    const observed = there.get(resource.ref);
    const isOwn = resource.from.every(({ definition }) => frozen.definitions.has(definition));
    if (!isOwn && !stays.has(resource.ref)) return [observed === undefined ? resource : shared(resource, observed, kinds, links)];
    if (!asked.has(resource.ref)) left.push(...differencesOf(resource, observed, kinds));
    asked.add(resource.ref);
    if (standsElsewhere(resource, observed, kinds)) elsewhere.add(resource.ref);
    return observed === undefined || observed.owner === 'foreign' ? [] : [{ ...resource, kind: observed.kind, spec: observed.spec }];
  });
  const unwanted = [...stays.values()].filter(observed => !asked.has(observed.ref));
  for (const observed of unwanted) left.push({ definition: observed.formerly ?? '', ref: observed.ref, field: '', want: 'absent', have: 'there' });
  const homeless = hangingOn(elsewhere, kept, there, kinds);
  for (const resource of kept) if (homeless.has(resource.ref)) left.push(...differencesOf(resource, undefined, kinds));
  const wanted = [...kept.filter(({ ref }) => !homeless.has(ref)), ...unwanted.map(asWanted)];
  return { want: wanted, left: left.sort((a, b) => (a.ref < b.ref ? -1 : 1)) };
}

// A port in another bridge than it should be in: what is to be made on it would be made there.
function standsElsewhere({ kind: name, spec }: Resource, observed: Observed | undefined, kinds: Kinds): boolean {
  const kind = kinds.get(name);
  if (observed === undefined || kind === undefined) return false;
  return observed.kind !== name || difference(kind, spec, observed.spec, observed.unknown).fixed.length > 0;
}

/** What is wanted and not there yet, and hangs on one of these. */
function hangingOn(elsewhere: ReadonlySet<Ref>, want: readonly Resource[], there: ReadonlyMap<Ref, Observed>, kinds: Kinds): ReadonlySet<Ref> {
  const found = new Set<Ref>();
  const hangs = ({ kind, spec }: Resource): boolean =>
    (kinds.get(kind)?.ties(spec) ?? []).some(({ to, when }) => when === 'goes' && (elsewhere.has(to) || found.has(to)));
  for (let size = -1; elsewhere.size > 0 && size !== found.size; ) {
    size = found.size;
    for (const resource of want) if (!there.has(resource.ref) && hangs(resource)) found.add(resource.ref);
  }
  return found;
}

/** One line each, for people. */
export function leftText(left: readonly Left[]): string {
  const lines = left.map(
    ({ definition, ref, field, want, have }) =>
      `  ${ref}${field === '' ? '' : ` ${field}`}: ${shown(have)}, defined ${shown(want)}${definition === '' ? '' : ` (${definition})`}`,
  );
  return left.length === 0 ? '' : [`Suspended, and left as they are: ${left.length}`, ...lines].join('\n');
}

/** What is there and frozen, and what it hangs on: that must not go either. By ref. */
function standingStill(want: readonly Resource[], have: readonly Observed[], kinds: Kinds, { definitions, names }: Frozen): ReadonlyMap<Ref, Observed> {
  const wanted = new Map(want.map(resource => [resource.ref, resource.from]));
  const isFrozen = (observed: Observed): boolean => {
    if (observed.owner !== 'ours') return false;
    if (observed.formerly !== undefined && definitions.has(observed.formerly) && !isOthers(wanted.get(observed.ref), definitions)) return true;
    return mentions(observed, names);
  };
  const stays = new Map(have.filter(isFrozen).map(observed => [observed.ref, observed]));
  const byRef = new Map(have.map(observed => [observed.ref, observed]));
  // Walks over what it adds as well.
  for (const [, observed] of stays) {
    for (const tie of kinds.get(observed.kind)?.ties(observed.spec) ?? []) {
      const host = tie.when === 'goes' ? byRef.get(tie.to) : undefined;
      if (host?.owner === 'ours' && !wanted.has(host.ref)) stays.set(host.ref, host);
    }
  }
  // The far end of a pair takes the near one along, so it stays with it, and what is on it.
  const hangs = ({ kind, spec }: Observed): boolean =>
    (kinds.get(kind)?.ties(spec) ?? []).some(({ to, when }) => when === 'goes' && stays.has(to) && !wanted.has(to));
  for (let size = -1; stays.size > 0 && size !== stays.size; ) {
    size = stays.size;
    for (const observed of have) if (observed.owner === 'ours' && !wanted.has(observed.ref) && hangs(observed)) stays.set(observed.ref, observed);
  }
  return stays;
}

function isOthers(from: readonly Origin[] | undefined, definitions: ReadonlySet<string>): boolean {
  return from !== undefined && !from.every(({ definition }) => definitions.has(definition));
}

// In its ref, or in a field of its own: the bridge that a port is in, the namespace of a cable's other end.
function mentions({ ref, spec }: Observed, names: ReadonlySet<string>): boolean {
  if (
    ref
      .slice(ref.indexOf(':') + 1)
      .split('/')
      .some(part => names.has(part))
  )
    return true;
  const isName = (value: unknown): boolean => typeof value === 'string' && names.has(value);
  return Object.values(spec).some(value => isName(value) || (isMap(value) && Object.values(value).some(isName)));
}

// A link that was named by its definition, which is gone.
function linkOf(ref: Ref): readonly string[] {
  return ref.startsWith('link:') ? [ref.slice(ref.lastIndexOf('/') + 1)] : [];
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shared(resource: Resource, observed: Observed, kinds: Kinds, links: ReadonlySet<string>): Resource {
  const keep = observed.kind === resource.kind && observed.owner !== 'foreign' ? kinds.get(resource.kind)?.keep : undefined;
  return keep === undefined ? resource : { ...resource, spec: keep(resource.spec, observed.spec, links) };
}

function differencesOf({ from, ref, kind: name, spec }: Resource, observed: Observed | undefined, kinds: Kinds): readonly Left[] {
  const definition = from[0]?.definition ?? '';
  const kind = kinds.get(name);
  if (observed === undefined || observed.kind !== name || observed.owner === 'foreign' || kind === undefined)
    return [{ definition, ref, field: '', want: 'there', have: 'absent' }];
  const { live, fixed } = difference(kind, spec, observed.spec, observed.unknown);
  const value = (of: object, field: string): unknown => (of as Readonly<Record<string, unknown>>)[field];
  return [...live, ...fixed].map(field => ({ definition, ref, field, want: value(spec, field), have: value(observed.spec, field) }));
}

function asWanted({ kind, ref, spec, formerly = '' }: Observed): Resource {
  return { kind, ref, spec, from: [{ definition: formerly, at: { file: '', line: 0, col: 0 } }] };
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}

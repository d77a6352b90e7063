/** What differs between a wanted and an observed spec of one kind, field by field, by the fates that the kind gives them. */
import type { AnyKind, Fate } from '../kinds/kind.ts';

/** Names of managed fields that differ, in the order in which the kind declares them. */
export interface Difference {
  readonly live: readonly string[];
  readonly fixed: readonly string[];
}

type Spec = Readonly<Record<string, unknown>>;

const NONE: Difference = { live: [], fixed: [] };
const FATES = new WeakMap<object, Difference>();

/**
 * Compares live and fixed fields; what is `undefined` in `want` is not managed and never differs, and neither does what is
 * `unknown`.
 */
export function difference(kind: AnyKind, want: object, have: object, unknown?: readonly string[]): Difference {
  const fields = comparedFields(kind);
  const differs = (field: string) =>
    (want as Spec)[field] !== undefined && !equal((want as Spec)[field], (have as Spec)[field]) && unknown?.includes(field) !== true;
  if (!fields.live.some(differs) && !fields.fixed.some(differs)) return NONE;
  return { live: fields.live.filter(differs), fixed: fields.fixed.filter(differs) };
}

// The same few tables of fields are asked for ten thousands of specs.
function comparedFields(kind: AnyKind): Difference {
  const known = FATES.get(kind.fields);
  if (known !== undefined) return known;
  const fates = Object.entries(kind.fields as Readonly<Record<string, Fate>>);
  const named = (fate: Fate) => fates.flatMap(([field, its]) => (its === fate ? [field] : []));
  const fields = { live: named('live'), fixed: named('fixed') };
  FATES.set(kind.fields, fields);
  return fields;
}

/** Deep equality of values as JSON has them; a property that is `undefined` counts as absent. */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, i) => equal(value, b[i]));
  }
  return sameProperties(a as Spec, b as Spec);
}

function sameProperties(a: Spec, b: Spec): boolean {
  for (const key of Object.keys(a)) if (!equal(a[key], b[key])) return false;
  // A label may be called as the methods of objects are.
  for (const key of Object.keys(b)) if ((a[key] === undefined || !Object.hasOwn(a, key)) && b[key] !== undefined) return false;
  return true;
}

/** Valid definitions, broken at one place: what people get wrong, and what nobody would write. */
import { hash } from 'node:crypto';
import type { Revision } from './revision.ts';
import { type Path, replaced, type Value, valueAt, without } from './yaml-lines.ts';

const WRONG: readonly Value[] = [
  null,
  true,
  -1,
  1.5,
  1e12,
  '',
  'nope',
  'x'.repeat(300),
  [],
  {},
  '999.0.0.1/33',
  '10.0.0.1/0',
  '\u0000',
  ['a'],
  { a: 1 },
  '::',
  '0',
];

/** Several of these documents with one mistake each; always the same for the same documents. */
export function broken({ documents }: Revision, count: number): readonly (readonly Value[])[] {
  const dice = hash('sha1', JSON.stringify(documents), 'buffer');
  return Array.from({ length: count }, (_, at) => mistake(documents, dice.readUInt32LE((at % 4) * 4) + at));
}

function mistake(documents: readonly Value[], die: number): readonly Value[] {
  const at = die % documents.length;
  const places = placesIn(documents[at] ?? null, [at]);
  const place = places[(die >>> 4) % places.length] ?? [at];
  switch ((die >>> 9) % 6) {
    case 0:
      return [...documents, documents[at] ?? null];
    case 1:
      return without(documents, [at]) as readonly Value[];
    case 2:
      return without(documents, place) as readonly Value[];
    case 3:
      return replaced(documents, [...place.slice(0, -1), 'spce'], valueAt(documents, place) ?? null) as readonly Value[];
    default:
      return replaced(documents, place, WRONG[(die >>> 13) % WRONG.length] ?? null) as readonly Value[];
  }
}

// Of mappings only: an entry of a list has its fields.
function placesIn(value: Value, path: Path): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries = Array.isArray(value) ? value.map((one: Value, at) => [at, one] as const) : Object.entries(value);
  return entries.flatMap(([key, one]) => [...(Array.isArray(value) ? [] : [[...path, key]]), ...placesIn(one as Value, [...path, key])]);
}

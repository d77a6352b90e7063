/** What a table says of some links, taken from another table: for links that nothing may change while the rest of it does. */
import { canonicalMac } from '../model/mac.ts';
import { canonicalRows } from './nft-rows.ts';
import type { NftJson } from './rows.ts';

type Body = { readonly [key: string]: NftJson };

/** The wanted rows with the elements of their sets that name these links as they are now. Canonical, like both. */
export function keepElements(want: readonly NftJson[], have: readonly NftJson[], links: ReadonlySet<string>): readonly NftJson[] {
  const there = new Map(have.flatMap(row => setsOf(row).map(set => [String(set['name']), elementsOf(set)] as const)));
  // A set of MACs speaks of a link when another one says that they go together.
  const pairs = [...want, ...have].flatMap(row => setsOf(row).flatMap(elementsOf).map(wordsOf)).filter(words => words.some(word => links.has(word)));
  const known = new Set([...links, ...pairs.flat().filter(word => canonicalMac(word) === word)]);
  const speaksOf = (element: NftJson): boolean => wordsOf(element).some(word => known.has(word));
  return canonicalRows(
    want.map(row => {
      const [set] = setsOf(row);
      if (set === undefined) return row;
      const elem = [...elementsOf(set).filter(element => !speaksOf(element)), ...(there.get(String(set['name'])) ?? []).filter(speaksOf)];
      const { elem: _, ...rest } = set;
      return { set: elem.length === 0 ? rest : { ...rest, elem } };
    }),
  );
}

function setsOf(row: NftJson): readonly Body[] {
  const set = isBody(row) ? row['set'] : undefined;
  return set !== undefined && isBody(set) ? [set] : [];
}

function elementsOf(set: Body): readonly NftJson[] {
  const { elem } = set;
  return Array.isArray(elem) ? (elem as readonly NftJson[]) : [];
}

// `tap-1`, or `{concat: [tap-1, 02:00:...]}`.
function wordsOf(element: NftJson): readonly string[] {
  if (typeof element === 'string') return [element];
  const parts = isBody(element) ? element['concat'] : undefined;
  return Array.isArray(parts) ? parts.filter((part): part is string => typeof part === 'string') : [];
}

function isBody(value: NftJson): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

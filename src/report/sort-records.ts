/** `--sort-by`: records in the order of a column of their table, or of a field of their JSON. */
import { compareIps, parseIp } from '../model/ip.ts';
import type { RefKind } from './kind-words.ts';
import type { AnyRecord } from './records.ts';
import { COLUMNS, sinceOf } from './rows.ts';

/** What a record is sorted by; what it has not comes last. */
export type SortKey = (record: AnyRecord) => string;

// Worst first, as one looks for it.
const STATES = ['error', 'degraded', 'silent', 'initial', 'suspended', 'deleting', 'created', 'ready', 'deleted'];

/**
 * What a word means for a kind: `name`, `state` (the worst first), `age` (the youngest first), the head of a column of `-o wide`
 * (`address` is IPV4 too), or a path into the JSON (`.status.address`). Else the words that there are.
 */
export function sortKeyOf(word: string, kind: RefKind): SortKey | { readonly known: readonly string[] } {
  if (/^(\{\.|\.)/.test(word))
    return pathKey(
      word
        .replace(/^\{(.*)\}$/, '$1')
        .slice(1)
        .split('.'),
    );
  const head = word.toUpperCase();
  if (head === 'AGE') return record => newestFirst(sinceOf(record));
  if (head === 'STATE') return record => ('state' in record.status ? String(STATES.indexOf(record.status.state)) : '');
  if (head === 'NAMESPACE') return record => record.metadata.namespace ?? '';
  const column = COLUMNS[kind].find(([name]) => name === head) ?? (head === 'ADDRESS' ? COLUMNS[kind].find(([name]) => name === 'IPV4') : undefined);
  if (column !== undefined) return record => String(column[1](record) ?? '');
  const known = [...COLUMNS[kind].map(([name]) => name.toLowerCase()), ...(kind === 'Node' || kind === 'Namespace' ? [] : ['age', 'namespace'])];
  return { known };
}

/** Sorted by the key, then as they were. Texts with numbers in them and addresses are sorted as people count: 10.0.0.9, 10.0.0.10. */
export function sorted<R extends AnyRecord>(records: readonly R[], key: SortKey): readonly R[] {
  return records
    .map(record => [key(record), record] as const)
    .sort(([a], [b]) => compareNaturally(a, b))
    .map(([, record]) => record);
}

/** Below zero when `a` comes first: addresses by number, other texts with their numbers as numbers, '' last. */
export function compareNaturally(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? 1 : -1;
  if (parseIp(a) !== null && parseIp(b) !== null) return compareIps(a, b);
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const difference = comparePart(left[i] ?? '', right[i] ?? '');
    if (difference !== 0) return difference;
  }
  return left.length - right.length || (a < b ? -1 : 1);
}

function partsOf(text: string): readonly string[] {
  return text.match(/\d+|\D+/g) ?? [];
}

function comparePart(a: string, b: string): number {
  if (/^\d/.test(a) && /^\d/.test(b)) {
    const [one, other] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
    return one.length - other.length || Number(one > other) - Number(one < other);
  }
  return Number(a > b) - Number(a < b);
}

function pathKey(path: readonly string[]): SortKey {
  return record => {
    let value: unknown = record;
    for (const name of path)
      value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    return value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  };
}

// Instants of one form sort as texts; turned around by what is left to a day that never comes.
function newestFirst(since: string | null): string {
  return since === null ? '' : String(Number.MAX_SAFE_INTEGER - Date.parse(since));
}

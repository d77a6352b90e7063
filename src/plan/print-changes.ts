/** Values and their differences as lines for people. Everything printed here came from definitions or from the kernel, and is made harmless. */
import { harmless } from '../model/text.ts';
import { equal } from './compare.ts';

/** One line of a difference: what was there and is not wanted, what is wanted and was not there, or both. */
export interface DifferenceLine {
  readonly sign: '+' | '-' | '~';
  /** Where in the value: `rows[3].set.elem`; '' for the value itself. */
  readonly path: string;
  readonly text: string;
}

const WIDTH = 120;

/** A value in one line, cut where it gets long. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string' && /^[\w.:/@%+-]+$/.test(value)) return value;
  const text = harmless(JSON.stringify(value));
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 3)}...` : text;
}

/** What differs between two values, as deep as it takes to name it. */
export function differenceLines(have: unknown, want: unknown, path = ''): readonly DifferenceLine[] {
  if (equal(have, want)) return [];
  if (Array.isArray(have) && Array.isArray(want)) return listLines(have, want, path);
  if (isRecord(have) && isRecord(want)) {
    const keys = [...new Set([...Object.keys(have), ...Object.keys(want)])];
    return keys.flatMap(key => differenceLines(own(have, key), own(want, key), path === '' ? key : `${path}.${key}`));
  }
  if (path !== '' && have === undefined) return [{ sign: '+', path, text: valueText(want) }];
  if (path !== '' && want === undefined) return [{ sign: '-', path, text: valueText(have) }];
  return [{ sign: '~', path, text: `${valueText(have)} -> ${valueText(want)}` }];
}

// Elements that are in both lists are left out; the rest are told apart one by one when they stand at the same place of both.
function listLines(have: readonly unknown[], want: readonly unknown[], path: string): readonly DifferenceLine[] {
  const gone = without(have, want);
  const added = without(want, have);
  if (gone.length + added.length === 0) return [{ sign: '~', path, text: 'in another order' }];
  const pairs = gone.length === added.length && gone.every((one, i) => isRecord(one.value) && isRecord(added[i]?.value));
  if (pairs) return gone.flatMap((one, i) => differenceLines(one.value, added[i]?.value, `${path}[${one.index}]`));
  return [
    ...gone.map(({ value }) => ({ sign: '-' as const, path, text: valueText(value) })),
    ...added.map(({ value }) => ({ sign: '+' as const, path, text: valueText(value) })),
  ];
}

function without(list: readonly unknown[], other: readonly unknown[]): readonly { readonly index: number; readonly value: unknown }[] {
  const left = new Map<string, number>();
  for (const value of other) left.set(JSON.stringify(value), (left.get(JSON.stringify(value)) ?? 0) + 1);
  return list.flatMap((value, index) => {
    const times = left.get(JSON.stringify(value)) ?? 0;
    if (times > 0) left.set(JSON.stringify(value), times - 1);
    return times > 0 ? [] : [{ index, value }];
  });
}

// A label may be called as the methods of objects are.
function own(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

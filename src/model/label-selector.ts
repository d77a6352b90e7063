/** Label selectors, as Kubernetes writes them: `role=web,tier in (a,b),!old`. A comma is "and". */

export interface LabelTest {
  readonly key: string;
  readonly is: 'in' | 'not-in' | 'there' | 'absent';
  /** Of `in` and `not-in`. */
  readonly values: readonly string[];
}

/** All of them must hold; none = everything is selected. */
export type LabelSelector = readonly LabelTest[];

export interface SelectorError {
  /** Where in the text, from 1. */
  readonly column: number;
  readonly message: string;
}

/**
 * Reads `key`, `!key`, `key=value`, `key==value`, `key!=value`, `key in (a,b)` and `key notin (a,b)`, with commas between them.
 * Keys and values are any text up to 253 bytes; what holds blanks or signs of this grammar stands in double quotes, as JSON.
 */
export function parseSelector(text: string): LabelSelector | SelectorError {
  const read: Reader = { text, at: 0 };
  const tests: LabelTest[] = [];
  try {
    if (peek(read) === '') return [];
    do tests.push(testOf(read));
    while (taken(read, ','));
    if (peek(read) !== '') throw wrong(read, `${told(read)} where "," or the end was expected`);
    return tests;
  } catch (error) {
    if (error instanceof Misread) return { column: error.at + 1, message: error.message };
    throw error;
  }
}

/** True when the labels are selected. As in Kubernetes, `!=` and `notin` also hold where the key is not there. */
export function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return selector.every(({ key, is, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (is === 'there') return value !== undefined;
    if (is === 'absent') return value === undefined;
    return (value !== undefined && values.includes(value)) === (is === 'in');
  });
}

interface Reader {
  readonly text: string;
  at: number;
}

class Misread extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

function testOf(read: Reader): LabelTest {
  if (taken(read, '!')) return { key: keyOf(read), is: 'absent', values: [] };
  const key = keyOf(read);
  if (taken(read, '!=')) return { key, is: 'not-in', values: [wordOf(read)] };
  if (taken(read, '==') || taken(read, '=')) return { key, is: 'in', values: [wordOf(read)] };
  if (takenWord(read, 'notin')) return { key, is: 'not-in', values: listOf(read) };
  if (takenWord(read, 'in')) return { key, is: 'in', values: listOf(read) };
  if (!['', ','].includes(peek(read))) throw wrong(read, `${told(read)} after the key ${key}, where =, !=, in (..), notin (..) or "," was expected`);
  return { key, is: 'there', values: [] };
}

function keyOf(read: Reader): string {
  const sign = peek(read);
  const start = read.at;
  const key = wordOf(read);
  if (key === '') throw new Misread(start, `${sign === '' ? 'the end' : JSON.stringify(sign)} where the key of a label was expected`);
  return key;
}

function listOf(read: Reader): readonly string[] {
  if (!taken(read, '(')) throw wrong(read, `${told(read)} where "(" was expected: key in (a,b)`);
  const values = [wordOf(read)];
  while (taken(read, ',')) values.push(wordOf(read));
  if (!taken(read, ')')) throw wrong(read, `${told(read)} where "," or ")" was expected`);
  return values;
}

const LONGEST = 253;

/** Text up to the next sign; '' for none, which is a value too. */
function wordOf(read: Reader): string {
  const quoted = peek(read) === '"';
  const start = read.at;
  const word = quoted ? quotedAt(read) : (/^[^\s,=!()"]*/.exec(read.text.slice(start))?.[0] ?? '');
  if (!quoted) read.at += word.length;
  if (new TextEncoder().encode(word).length > LONGEST) throw new Misread(start, `a key or value of more than ${LONGEST} bytes`);
  return word;
}

function quotedAt(read: Reader): string {
  const [found] = /^"(?:[^"\\]|\\.)*"/.exec(read.text.slice(read.at)) ?? [];
  if (found === undefined) throw wrong(read, 'a double quote that is not closed');
  try {
    const text: string = JSON.parse(found);
    read.at += found.length;
    return text;
  } catch {
    throw wrong(read, `${found} is no text as JSON writes it`);
  }
}

/** The next sign after blanks; '' at the end. */
function peek(read: Reader): string {
  while (/\s/.test(read.text[read.at] ?? '')) read.at += 1;
  return read.text[read.at] ?? '';
}

function taken(read: Reader, sign: string): boolean {
  peek(read);
  const is = read.text.startsWith(sign, read.at);
  if (is) read.at += sign.length;
  return is;
}

function takenWord(read: Reader, word: string): boolean {
  peek(read);
  const is = read.text.startsWith(word, read.at) && /^[\s(]|^$/.test(read.text.slice(read.at + word.length, read.at + word.length + 1));
  if (is) read.at += word.length;
  return is;
}

function told(read: Reader): string {
  const sign = peek(read);
  return sign === '' ? 'the end' : JSON.stringify(sign);
}

function wrong({ at }: Reader, message: string): Misread {
  return new Misread(at, message);
}

/**
 * The subset of YAML that netloom itself writes to the status branch: a map of scalars, lists and maps, one element a line,
 * deeper values as JSON on that line. Any YAML reader reads it, `git diff` shows one line for one change, and it is read
 * back forty times faster than YAML at large, by a reader that no input can exhaust.
 */

export type Scalar = string | number | boolean | null;
export type Json = Scalar | readonly Json[] | { readonly [key: string]: Json };

/** What one file holds. `undefined` is left out. */
export type PlainDocument = Readonly<Record<string, Json | undefined>>;

/** The text of a file, ending in a newline; `heading` becomes a comment. The same value gives the same text. */
export function printPlainYaml(document: PlainDocument, heading = ''): string {
  const lines = heading === '' ? [] : heading.split('\n').map(line => `# ${line}`);
  for (const [key, value] of Object.entries(document)) {
    if (value === undefined) continue;
    if (Array.isArray(value))
      lines.push(
        ...block(
          key,
          value.map(item => `  - ${flow(item)}`),
          '[]',
        ),
      );
    else if (isMap(value))
      lines.push(
        ...block(
          key,
          Object.entries(value).map(([name, item]) => `  ${word(name)}: ${inline(item)}`),
          '{}',
        ),
      );
    else lines.push(`${word(key)}: ${inline(value)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** What is wrong with a text, and in which line (1-based). */
export interface PlainYamlError {
  readonly line: number;
  /** Lower case, without the line. */
  readonly message: string;
}

/** Reads such a text; the value's maps have no prototype. Comments and empty lines are allowed, doubled keys are not. Throws nothing. */
export function parsePlainYaml(text: string): { readonly value: PlainDocument } | { readonly error: PlainYamlError } {
  const reader: Reader = { root: emptyMap(), open: undefined };
  const lines = text.split('\n');
  for (const [at, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const wrong = line.startsWith('  - ') ? readItem(reader, line.slice(4)) : line.startsWith('  ') ? readPair(reader, line.slice(2)) : readTop(reader, line);
    if (wrong !== null) return { error: { line: at + 1, message: wrong } };
  }
  return { value: reader.root };
}

/** True for a map, false for lists, scalars and null. */
export function isMap(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Reader {
  readonly root: Record<string, Json>;
  /** The key whose elements come, one a line. */
  open: string | undefined;
}

function readTop(reader: Reader, line: string): string | null {
  const pair = keyAndRest(line);
  if (pair === null) return /^(<{7}|={7}|>{7})/.test(line) ? 'a merge conflict was committed' : 'this is no line that netloom writes';
  if (pair.key in reader.root) return twice(pair.key);
  reader.open = pair.rest === '' ? pair.key : undefined;
  const value = pair.rest === '' ? null : plainValue(pair.rest);
  if (value === undefined) return noValue(pair.key);
  reader.root[pair.key] = value;
  return null;
}

function readItem(reader: Reader, rest: string): string | null {
  const value = plainValue(rest);
  const list = reader.open === undefined ? undefined : (reader.root[reader.open] ?? []);
  if (reader.open === undefined || !Array.isArray(list) || value === undefined) return 'this is no list element that netloom writes';
  list.push(value);
  reader.root[reader.open] = list;
  return null;
}

function readPair(reader: Reader, rest: string): string | null {
  const pair = keyAndRest(rest);
  const value = pair === null ? undefined : plainValue(pair.rest);
  const map = reader.open === undefined ? undefined : (reader.root[reader.open] ?? emptyMap());
  if (reader.open === undefined || pair === null || !isMap(map)) return 'this is no map element that netloom writes';
  if (value === undefined) return noValue(pair.key);
  if (pair.key in map) return twice(pair.key);
  (map as Record<string, Json>)[pair.key] = value;
  reader.root[reader.open] = map;
  return null;
}

function noValue(key: string): string {
  return `the value of ${JSON.stringify(key)} is none that netloom writes`;
}

function twice(key: string): string {
  return `${JSON.stringify(key)} is there twice`;
}

function emptyMap(): Record<string, Json> {
  return Object.create(null);
}

function block(key: string, lines: readonly string[], empty: string): readonly string[] {
  return lines.length === 0 ? [`${word(key)}: ${empty}`] : [`${word(key)}:`, ...lines];
}

// Words that every version of YAML takes for text may stand without quotes.
const WORD = /^[A-Za-z][A-Za-z0-9_./-]*$/;
const NO_WORD = /^(true|false|null|yes|no|on|off|y|n|e-?[0-9]+)$/i;

function word(text: string): string {
  return WORD.test(text) && !NO_WORD.test(text) ? text : quoted(text);
}

function inline(value: Json): string {
  return typeof value === 'string' ? word(value) : flow(value);
}

// JSON with a space after `:` and `,`, which readers of YAML 1.1 need.
function flow(value: Json): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  const pairs = Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [`${quoted(key)}: ${flow(item)}`]));
  return `{${pairs.join(', ')}}`;
}

// What JSON leaves raw and YAML calls not printable.
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

function quoted(text: string): string {
  return JSON.stringify(text).replace(UNPRINTABLE, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function keyAndRest(line: string): { readonly key: string; readonly rest: string } | null {
  const match = /^(?:([A-Za-z][A-Za-z0-9_./-]*)|("(?:[^"\\]|\\.)*")):(?: (.*))?$/.exec(line);
  if (match === null) return null;
  const key = match[1] ?? jsonOf(match[2] ?? '');
  return typeof key === 'string' ? { key, rest: match[3] ?? '' } : null;
}

function plainValue(text: string): Json | undefined {
  return WORD.test(text) && !NO_WORD.test(text) ? text : jsonOf(text);
}

// What nests deeper than netloom ever writes would end whoever walks it by recursion.
const DEEPEST = 12;

function jsonOf(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return nestsAtMost(value, DEEPEST) ? value : undefined;
  } catch {
    return undefined;
  }
}

function nestsAtMost(value: Json, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every(item => nestsAtMost(item, depth - 1));
}

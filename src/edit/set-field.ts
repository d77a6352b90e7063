/** Edits of one field in a file that people write: set, taken away, put into a list or out of it; comments, order and all other bytes stay. */
import { type Document, isMap, isScalar, isSeq, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { documentsIn, isBlock, lineEndOf, linesAbove, pairOf, rangeOf, type Said, said, splice } from './documents.ts';
import { inlineText, pairLines, type Value } from './yaml-text.ts';

/** Nothing to do: the very text. Not to be done without harm to what people wrote (an anchor, a template): null. */
export type Edited = string | null;

/** Which field: names from the root of the document, and which document of the file (0-based). */
export interface Field {
  readonly doc: number;
  readonly path: readonly string[];
}

/**
 * The file with a field that says so; mappings on the way are made where they are missing.
 *
 * @param place  where a new entry of a mapping goes
 */
export function setField(text: string, field: Field, value: Value, place: 'first' | 'last' = 'last'): Edited {
  const found = reach(text, field);
  if (found === null) return null;
  const { map, pair, rest } = found;
  const [name = '', ...more] = rest;
  const whole = more.reduceRight<Value>((inner, key) => own(key, inner), value);
  if (pair !== undefined && JSON.stringify(said(pair.value)) === JSON.stringify(sayOf(whole))) return text;
  const edited = pair === undefined ? insert(text, map, { name, value: whole, place }) : replace(text, map, pair, whole);
  return sure(text, edited, field, root => withField(root, field.path, value, place));
}

/** The file without a field. A mapping that held nothing else goes too; a spec is `{}` then. */
export function removeField(text: string, field: Field): Edited {
  const { path } = field;
  const found = reach(text, field);
  if (found === null) return null;
  const { map, pair, rest } = found;
  if (pair === undefined || rest.length > 1) return text;
  if (map.items.length > 1) return sure(text, takeOut(text, map, map.items.indexOf(pair)), field, root => withoutField(root, path));
  const above = { ...field, path: path.slice(0, -1) };
  if (above.path.length > 1) return removeField(text, above);
  return above.path.length === 0 ? null : setField(text, above, {});
}

/** The file with one more text in a list, which is made where it is missing. */
export function addItem(text: string, field: Field, item: string): Edited {
  const list = listAt(text, field);
  if (list === null) return setField(text, field, [item]);
  if (list.items.some(each => isScalar(each) && each.value === item)) return text;
  if (list.items.length === 0) return setField(text, field, [item]);
  return sure(text, insertItem(text, list, item), field, root => changed(root, field.path, at => (isSaidList(at) ? { list: [...at.list, item] } : at)));
}

/** The file without a text in a list; a list of nothing goes too. */
export function removeItem(text: string, field: Field, item: string): Edited {
  const list = listAt(text, field);
  const index = list?.items.findIndex(each => isScalar(each) && each.value === item) ?? -1;
  if (list === null || index < 0) return text;
  if (list.items.length === 1) return removeField(text, field);
  return sure(text, takeOut(text, list, index), field, root =>
    changed(root, field.path, at => (isSaidList(at) ? { list: at.list.filter((_, i) => i !== index) } : at)),
  );
}

interface Reached {
  readonly map: YAMLMap;
  /** The entry that is there already; its value has to be another. */
  readonly pair: Pair | undefined;
  /** What of the path is not there, or is at the entry. */
  readonly rest: readonly string[];
}

// As deep as mappings go on the way. What has an anchor may be meant somewhere else too.
function reach(text: string, { doc, path }: Field): Reached | null {
  let map: unknown = documentsIn(text)?.[doc]?.contents;
  for (const [depth, name] of path.entries()) {
    if (!isMap(map) || map.anchor !== undefined || map.tag?.startsWith('!') === true) return null;
    const pair = pairOf(map, name);
    const value = pair?.value;
    if (pair === undefined || depth === path.length - 1 || (isScalar(value) && value.value === null)) return { map, pair, rest: path.slice(depth) };
    map = value;
  }
  return null;
}

function listAt(text: string, field: Field): YAMLSeq | null {
  const found = reach(text, field);
  const value = found?.rest.length === 1 ? found.pair?.value : undefined;
  return isSeq(value) ? value : null;
}

interface New {
  readonly name: string;
  readonly value: Value;
  readonly place: 'first' | 'last';
}

function insert(text: string, map: YAMLMap, { name, value, place }: New): Edited {
  const flow = inlineText(own(name, value)).slice(1, -1);
  if (!isBlock(map)) return intoBrackets(text, map, flow, place);
  const indent = indentOf(text, map.items[0]?.key);
  const at = place === 'first' ? startOfLine(text, rangeOf(map.items[0]?.key)?.start) : endOfLine(text, rangeOf(map)?.end);
  if (indent === null || at === null) return null;
  const firstLine = place === 'first' ? firstLineOf(text, map) : at;
  return firstLine === null ? null : putLines(text, firstLine, pairLines(name, value, indent, stepOf(text)));
}

// Right below the line of the key, above comments that belong to the first entry.
function firstLineOf(text: string, map: YAMLMap): number | null {
  const start = startOfLine(text, rangeOf(map)?.start);
  return start === null ? null : linesAbove(text, start, line => /^ *(?:#|$)/.test(line));
}

function insertItem(text: string, list: YAMLSeq, item: string): Edited {
  if (!isBlock(list)) return intoBrackets(text, list, inlineText(item), 'last');
  const first = rangeOf(list.items[0])?.start;
  const start = first === undefined ? null : text.lastIndexOf('\n', first - 1) + 1;
  const dash = start === null ? null : /^( *)-( +)/.exec(text.slice(start, first));
  const at = endOfLine(text, rangeOf(list)?.end);
  return dash === null || at === null ? null : putLines(text, at, [`${dash[1]}-${dash[2]}${inlineText(item)}`]);
}

function intoBrackets(text: string, within: YAMLMap | YAMLSeq, entry: string, place: 'first' | 'last'): Edited {
  const range = rangeOf(within);
  if (range === null) return null;
  if (within.items.length === 0) return splice(text, range.start + 1, range.start + 1, entry);
  if (place === 'first') return splice(text, range.start + 1, range.start + 1, text[range.start + 1] === ' ' ? ` ${entry},` : `${entry}, `);
  const last = endOfEntry(within.items.at(-1));
  return last === null ? null : splice(text, last, last, `, ${entry}`);
}

function replace(text: string, map: YAMLMap, { key, value }: Pair, wanted: Value): Edited {
  const [name, at] = [rangeOf(key), rangeOf(value)];
  if (name === null || at === null || (value as { anchor?: string }).anchor !== undefined) return null;
  const colon = text.indexOf(':', name.end);
  const isNested = typeof wanted === 'object' && isBlock(map) && (at.start === at.end || isBlock(value)) && inlineText(wanted) !== '{}';
  if (!isNested) {
    if (at.start === at.end || isBlock(value)) return splice(text, colon + 1, Math.max(at.end, colon + 1), ` ${inlineText(wanted)}`);
    const old = text.slice(at.start, at.end);
    return splice(text, at.start, at.end - (/\r?\n$/.exec(old)?.[0].length ?? 0), inlineText(wanted));
  }
  const [indent, end] = [indentOf(text, key), endOfLine(text, name.end)];
  if (indent === null || end === null || isBlock(value)) return null;
  return putLines(text, end, pairLines('', wanted, indent, stepOf(text)).slice(1));
}

/** The entry's lines, or the entry and its comma. */
function takeOut(text: string, within: YAMLMap | YAMLSeq, index: number): Edited {
  const [entry, before, after] = [within.items[index], within.items[index - 1], within.items[index + 1]];
  const [start, end] = [startOfEntry(entry), endOfEntry(entry)];
  if (start === null || end === null) return null;
  if (isBlock(within)) {
    const [from, to] = [text.lastIndexOf('\n', start - 1) + 1, endOfLine(text, end)];
    return to !== null && /^ *(?:[-?] +)?$/.test(text.slice(from, start)) ? splice(text, from, to, '') : null;
  }
  const next = after === undefined ? null : startOfEntry(after);
  if (next !== null) return splice(text, start, next, '');
  const last = endOfEntry(before);
  return last === null ? null : splice(text, last, end, '');
}

function startOfEntry(entry: unknown): number | null {
  return rangeOf((entry as Partial<Pair> | undefined)?.key ?? entry)?.start ?? null;
}

function endOfEntry(entry: unknown): number | null {
  const { key, value } = (entry ?? {}) as Partial<Pair>;
  return rangeOf(value)?.end ?? rangeOf(key ?? entry)?.end ?? null;
}

function indentOf(text: string, key: unknown): string | null {
  const start = rangeOf(key)?.start;
  if (start === undefined) return null;
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  const indent = before.replace(/\? +$/, '');
  return /^ *$/.test(indent) ? indent : null;
}

function startOfLine(text: string, offset: number | undefined): number | null {
  return offset === undefined ? null : text.lastIndexOf('\n', offset - 1) + 1;
}

// Of the line on which something ends; a block of text ends with its line.
function endOfLine(text: string, offset: number | undefined): number | null {
  if (offset === undefined) return null;
  if (offset > 0 && text[offset - 1] === '\n') return offset;
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end + 1;
}

function putLines(text: string, at: number, all: readonly string[]): string {
  const end = lineEndOf(text);
  const missing = at > 0 && text[at - 1] !== '\n' ? end : '';
  return splice(text, at, at, `${missing}${all.map(line => line + end).join('')}`);
}

/** By how much the file's own mappings stand further in. */
function stepOf(text: string): string {
  return /^\w+:[ \t]*(?:#[^\n]*)?\r?\n(?: *#[^\n]*\n)*( +)[^\s#-]/m.exec(text)?.[1] ?? '  ';
}

// The last word has the parser: this field is as asked, in its place, and everything else is what it was.
function sure(before: string, after: Edited, { doc }: Field, expected: (root: Said) => Said): Edited {
  const [was, is] = [documentsIn(before), after === null ? null : documentsIn(after)];
  if (was === null || is === null || was.length !== is.length) return null;
  const wanted = was.map(({ contents }, index) => (index === doc ? expected(said(contents)) : said(contents)));
  return JSON.stringify(wanted) === JSON.stringify(is.map(({ contents }: Document) => said(contents))) ? after : null;
}

function sayOf(value: Value): Said {
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return { list: value };
  return { map: Object.entries(value).map(([key, its]) => [key, sayOf(its)] as const) };
}

function withField(at: Said, path: readonly string[], value: Value, place: 'first' | 'last'): Said {
  const [name, ...rest] = path;
  if (name === undefined) return sayOf(value);
  const map = isSaidMap(at) ? at.map : [];
  if (map.some(([key]) => key === name)) return { map: map.map(([key, its]) => [key, key === name ? withField(its, rest, value, place) : its] as const) };
  const entry = [name, withField({ map: [] }, rest, value, place)] as const;
  return { map: place === 'first' && rest.length === 0 ? [entry, ...map] : [...map, entry] };
}

function withoutField(at: Said, path: readonly string[]): Said {
  return changed(at, path.slice(0, -1), within => (isSaidMap(within) ? { map: within.map.filter(([key]) => key !== path.at(-1)) } : within));
}

function changed(at: Said, path: readonly string[], change: (at: Said) => Said): Said {
  const [name, ...rest] = path;
  if (name === undefined) return change(at);
  return isSaidMap(at) ? { map: at.map.map(([key, its]) => [key, key === name ? changed(its, rest, change) : its] as const) } : at;
}

function isSaidMap(at: Said): at is { readonly map: readonly (readonly [string, Said])[] } {
  return typeof at === 'object' && at !== null && 'map' in at;
}

function isSaidList(at: Said): at is { readonly list: readonly Said[] } {
  return typeof at === 'object' && at !== null && 'list' in at;
}

// A key may be called as the methods of objects are.
function own(key: string, value: Value): { readonly [key: string]: Value } {
  return Object.fromEntries([[key, value]]);
}

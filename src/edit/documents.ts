/** A file of definitions as documents with positions: what every edit of its text looks at, before and after. */
import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, parseAllDocuments, type YAMLMap } from 'yaml';

/** The documents of a file, as `load` counts them: empty ones are none. Null where one does not parse. */
export function documentsIn(text: string): readonly Document.Parsed[] | null {
  const docs = parseAllDocuments(text, { version: '1.2', uniqueKeys: false, stringKeys: true, logLevel: 'silent' });
  if (!Array.isArray(docs) || docs.some(({ errors }) => errors.length > 0)) return null;
  return docs.filter(({ contents }) => contents !== null);
}

/** Where a node stands: from its first character to after its last, without what follows on the line. Null where that is not known. */
export function rangeOf(node: unknown): { readonly start: number; readonly end: number } | null {
  const range = (node as { range?: readonly [number, number, number] | null } | null | undefined)?.range;
  if (!range) return null;
  const last = isBlock(node) ? lastIn(node) : undefined;
  return { start: range[0], end: last === undefined ? range[1] : (rangeOf(last)?.end ?? range[1]) };
}

/** A mapping or list that is written line by line, not in brackets. */
export function isBlock(node: unknown): boolean {
  return (isMap(node) || isSeq(node)) && node.flow !== true;
}

function lastIn(node: unknown): unknown {
  const last = isMap(node) || isSeq(node) ? node.items.at(-1) : undefined;
  const { key, value } = (last ?? {}) as Partial<Pair>;
  if (!isMap(node)) return last;
  return rangeOf(value) === null ? key : value;
}

/** The entry of a mapping with this key. */
export function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && String(key.value) === name);
}

/** A value in a form that shows all that its author can have meant: keys in their order, aliases and anchors by name. */
export type Said = string | number | boolean | null | { readonly map: readonly (readonly [string, Said])[] } | { readonly list: readonly Said[] } | Named;
type Named = { readonly name: string; readonly is: Said | null };

export function said(node: unknown): Said {
  if (isAlias(node)) return { name: `*${node.source}`, is: null };
  const is = plainly(node);
  const anchor = (node as { anchor?: string } | null)?.anchor;
  return anchor === undefined ? is : { name: `&${anchor}`, is };
}

function plainly(node: unknown): Said {
  if (isMap(node)) return { map: node.items.map(({ key, value }) => [isScalar(key) ? String(key.value) : '', said(value)] as const) };
  if (isSeq(node)) return { list: node.items.map(said) };
  return isScalar(node) ? (node.value as string | number | boolean | null) : null;
}

/** The line end that a text uses: that of its first line. */
export function lineEndOf(text: string): '\n' | '\r\n' {
  const first = text.indexOf('\n');
  return first > 0 && text[first - 1] === '\r' ? '\r\n' : '\n';
}

/** A text with something else from one offset to another. */
export function splice(text: string, from: number, to: number, instead: string): string {
  return text.slice(0, from) + instead + text.slice(to);
}

/** Where the lines right above an offset begin that are all alike; the offset itself where there are none. */
export function linesAbove(text: string, at: number, isAlike: (line: string) => boolean): number {
  let start = at;
  while (start > 0) {
    const above = start < 2 ? 0 : text.lastIndexOf('\n', start - 2) + 1; // a place before the text counts as its first
    if (!isAlike(text.slice(above, start).trimEnd())) break;
    start = above;
  }
  return start;
}

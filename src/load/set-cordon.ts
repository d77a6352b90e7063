/** One edit of a file that people write: `spec.cordon` of a Node, and not a byte more. */
import { isMap, isScalar, type Pair, parseAllDocuments, type YAMLMap } from 'yaml';

/** Nothing to do: the very text. Not to be done without harm to what people wrote (an alias, a template): null. */
type Edited = string | null;

/**
 * The file with `spec.cordon` of one document set. Comments, order, quotes and blank lines stay. Taken back, a line of its own
 * goes again, since its absence means false; one that also holds a comment says false.
 *
 * @param doc  0-based index of the document in the file
 */
export function setCordon(text: string, doc: number, cordon: boolean): Edited {
  const edited = edit(text, doc, cordon);
  return edited !== null && isOnlyThat(text, edited, doc, cordon) ? edited : null;
}

function edit(text: string, doc: number, cordon: boolean): Edited {
  const root = parseAllDocuments(text)[doc]?.contents;
  const specPair = isMap(root) ? pairOf(root, 'spec') : undefined;
  const spec = specPair?.value;
  const key = rangeOf(specPair?.key);
  const at = rangeOf(spec);
  if (!isMap(spec) || key === null || at === null) return null;
  const cordoned = pairOf(spec, 'cordon');
  if (cordoned !== undefined) return change(text, cordoned, spec, cordon);
  if (!cordon) return text;
  if (spec.flow === true) return splice(text, at.start + 1, at.start + 1, text[at.start + 1] === ' ' ? ' cordon: true,' : 'cordon: true, ');
  const first = rangeOf(spec.items[0]?.key);
  const line = text.indexOf('\n', key.end) + 1;
  if (first === null || line === 0) return null;
  const indent = text.slice(text.lastIndexOf('\n', first.start - 1) + 1, first.start);
  return /^ +$/.test(indent) ? splice(text, line, line, `${indent}cordon: true${text[line - 2] === '\r' ? '\r\n' : '\n'}`) : null;
}

function change(text: string, { key, value }: Pair, spec: YAMLMap, cordon: boolean): Edited {
  const [name, at] = [rangeOf(key), rangeOf(value)];
  if (name === null || at === null || !isScalar(value)) return null;
  if (value.value === cordon) return text;
  const start = text.lastIndexOf('\n', name.start - 1) + 1;
  const end = text.indexOf('\n', at.end);
  const line = text.slice(start, end < 0 ? text.length : end);
  const isAlone = spec.flow !== true && spec.items.length > 1 && line.trim() === text.slice(name.start, at.end);
  if (!cordon && isAlone) return splice(text, start, end < 0 ? text.length : end + 1, '');
  return splice(text, at.start, at.end, String(cordon));
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

function rangeOf(node: unknown): { readonly start: number; readonly end: number } | null {
  const range = (node as { range?: readonly [number, number, number] | null } | null | undefined)?.range;
  return range ? { start: range[0], end: range[1] } : null;
}

function splice(text: string, from: number, to: number, instead: string): string {
  return text.slice(0, from) + instead + text.slice(to);
}

// The last word has the parser: every other value of every document is what it was.
function isOnlyThat(before: string, after: string, doc: number, cordon: boolean): boolean {
  const read = (text: string): readonly Value[] => parseAllDocuments(text).map(each => each.toJS() as Value);
  const [was, is] = [read(before), read(after)];
  if (parseAllDocuments(after).some(each => each.errors.length > 0) || (is[doc]?.spec?.cordon ?? false) !== cordon) return false;
  return JSON.stringify(was.map(without)) === JSON.stringify(is.map(without));

  function without(value: Value, index: number): Value {
    if (index !== doc || value?.spec === undefined) return value;
    const { cordon: _, ...spec } = value.spec;
    return { ...value, spec };
  }
}

type Value = { readonly spec?: { readonly cordon?: unknown } } | null;

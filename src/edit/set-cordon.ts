/** `spec.cordon` of a Node, and not a byte more. */
import { isMap, isScalar } from 'yaml';
import { documentsIn, isBlock, pairOf, rangeOf } from './documents.ts';
import { type Edited, removeField, setField } from './set-field.ts';

/**
 * The file with `spec.cordon` of one document set, as the first line of its spec. Taken back, a line of its own goes again, since its
 * absence means false; one that also holds a comment, or is all of the spec, says false.
 *
 * @param doc  0-based index of the document in the file
 */
export function setCordon(text: string, doc: number, cordon: boolean): Edited {
  const spec = { doc, path: ['spec'] };
  const root = documentsIn(text)?.[doc]?.contents;
  const map = isMap(root) ? pairOf(root, 'spec')?.value : undefined;
  if (!isMap(map)) return null;
  const pair = pairOf(map, 'cordon');
  const field = { ...spec, path: ['spec', 'cordon'] };
  if (pair === undefined) return cordon ? setField(text, field, true, 'first') : text;
  const [name, at] = [rangeOf(pair.key), rangeOf(pair.value)];
  if (name === null || at === null || !isScalar(pair.value)) return null;
  const start = text.lastIndexOf('\n', name.start - 1) + 1;
  const end = text.indexOf('\n', at.end);
  const isAlone = isBlock(map) && map.items.length > 1 && text.slice(start, end < 0 ? text.length : end).trim() === text.slice(name.start, at.end);
  return !cordon && isAlone ? removeField(text, field) : setField(text, field, cordon);
}

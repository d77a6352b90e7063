/** One edit of a file that people write: a document taken out, and not a byte more. */
import { documentsIn, linesAbove, rangeOf, said } from './documents.ts';

/**
 * The file without one document; null where that is not to be done by machine. A file that had no other is '' then. Comments before a
 * document go with it: those after its marker, and those right above the marker with an empty line before them.
 *
 * @param doc  0-based index of the document in the file
 */
export function removeDocument(text: string, doc: number): string | null {
  const docs = documentsIn(text);
  const start = rangeOf(docs?.[doc]?.contents)?.start;
  if (docs === null || start === undefined) return null;
  if (docs.length === 1) return '';
  const wanted = JSON.stringify(docs.filter((_, index) => index !== doc).map(({ contents }) => said(contents)));
  const cuts = [0, ...markersIn(text).map(marker => commentAbove(text, marker)), text.length];
  const index = cuts.findLastIndex(cut => cut <= start);
  const [from = 0, to = text.length] = cuts.slice(index, index + 2);
  const candidates = to === text.length ? [text.slice(0, linesAbove(text, from, isEmpty)), text.slice(0, from)] : [];
  return [...candidates, headless(text, from, to)].find(candidate => meaning(candidate) === wanted) ?? null;
}

// A file whose first document had no marker begins without one.
function headless(text: string, from: number, to: number): string {
  const rest = text.slice(to);
  if (from > 0 || markersIn(text.slice(0, to)).length > 0) return text.slice(0, from) + rest;
  const [marker = 0] = markersIn(rest);
  return rest.slice(0, marker) + rest.slice(marker).replace(/^---[ \t]*\r?\n/, '');
}

function meaning(text: string): string | null {
  const docs = documentsIn(text);
  return docs === null ? null : JSON.stringify(docs.map(({ contents }) => said(contents)));
}

// Three dashes at the start of a line are a marker wherever they stand.
function markersIn(text: string): readonly number[] {
  return Array.from(text.matchAll(/^---(?=[ \t]|\r?$)/gm), ({ index }) => index);
}

// A block of comments above a marker belongs to what comes, where an empty line parts it from what was.
function commentAbove(text: string, marker: number): number {
  const start = linesAbove(text, marker, line => line.startsWith('#'));
  return start < marker && linesAbove(text, start, isEmpty) < start ? start : marker;
}

function isEmpty(line: string): boolean {
  return line === '';
}

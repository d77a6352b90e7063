/** One edit of a file that people write: a document taken out, and not a byte more. */
import { parseAllDocuments } from 'yaml';

/**
 * The file without one document; null where that is not to be done by machine. A file that had no other is '' then.
 *
 * @param doc  0-based index of the document in the file
 */
export function removeDocument(text: string, doc: number): string | null {
  const values = valuesIn(text);
  if (values === null || values[doc] === undefined) return null;
  const wanted = JSON.stringify(values.filter((_, index) => index !== doc));
  if (values.length === 1) return '';
  // A document begins with its marker, or with the file; what a comment before the first marker belongs to is not known.
  const parts = text.split(/^(?=---(?:[ \t]|\r?$))/m);
  const candidates = parts.map((_, index) =>
    parts
      .filter((_part, at) => at !== index)
      .join('')
      .replace(/^---[ \t]*\r?\n/, ''),
  );
  return candidates.find(candidate => JSON.stringify(valuesIn(candidate)) === wanted) ?? null;
}

function valuesIn(text: string): readonly unknown[] | null {
  const docs = parseAllDocuments(text);
  return Array.isArray(docs) && docs.every(each => each.errors.length === 0) ? docs.map(each => each.toJS() as unknown) : null;
}

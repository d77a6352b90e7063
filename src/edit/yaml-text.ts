/** Values as people write them in YAML: plain where that is sure, else quoted; a mapping or list line by line. */

/** What an edit can say. */
export type Value = string | number | boolean | readonly string[] | { readonly [key: string]: Value };

/** A text as YAML reads it back: as it is where that is sure, else quoted. */
export function word(text: string): string {
  const isPlain = /^[A-Za-z/][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i.test(text);
  const isAddress = /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(text) || /^[0-9a-f]+:[0-9a-f:]*:[0-9a-f]+(\/\d+)?$/i.test(text);
  return isPlain || isAddress ? text : JSON.stringify(text);
}

/** Lines as a file. */
export function lines(all: readonly string[]): string {
  return all.map(line => `${line}\n`).join('');
}

/** The comment by which an editor's YAML language server finds the schema of a document. */
export function schemaLine(path: string): string {
  return `# yaml-language-server: $schema=${path}`;
}

/** A value within a line, in brackets where it is a mapping or list. */
export function inlineText(value: Value): string {
  if (typeof value === 'string') return word(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(inlineText).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, its]) => `${keyText(key)}: ${inlineText(its)}`)
    .join(', ')}}`;
}

// A key of more than 1024 characters has to say that it is one (YAML 1.2, 7.4.2).
function keyText(key: string): string {
  const text = word(key);
  return text.length > 1000 ? `? ${text} ` : text;
}

/**
 * `key: value` as lines without line ends, at an indentation.
 *
 * @param step  by how much what is within stands further in
 */
export function pairLines(key: string, value: Value, indent: string, step: string): readonly string[] {
  const text = word(key);
  const head = text.length > 1000 ? [`${indent}? ${text}`] : [];
  const start = head.length > 0 ? `${indent}:` : `${indent}${text}:`;
  const within = typeof value === 'object' ? nestedLines(value, indent + step, step) : [];
  return [...head, within.length > 0 ? start : `${start} ${inlineText(value)}`, ...within];
}

function nestedLines(value: readonly string[] | { readonly [key: string]: Value }, indent: string, step: string): readonly string[] {
  if (isList(value)) return value.map(item => `${indent}- ${inlineText(item)}`);
  return Object.entries(value).flatMap(([key, its]) => pairLines(key, its, indent, step));
}

function isList(value: Value): value is readonly string[] {
  return Array.isArray(value);
}

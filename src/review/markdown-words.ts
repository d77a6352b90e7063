/**
 * Text that came from definitions, in Markdown: it stands in code spans and fences only, where no forge looks for mentions, links,
 * references, HTML or Markdown.
 */
import { harmless } from '../model/text.ts';

const LONGEST = 160;

/** A code span, also within a table; one line, cut where it is long. */
export function code(text: string): string {
  const plain = harmless(text).replaceAll('`', '\\u{60}').replaceAll('|', '\\u{7c}');
  const cut = plain.length > LONGEST ? `${plain.slice(0, LONGEST - 1)}…` : plain;
  return `\`${cut.trim() === '' ? '-' : cut}\``;
}

/** Lines in a fence that none of them can close; `info` names a language. */
export function fence(lines: readonly string[], info = ''): string {
  const longest = lines.reduce((most, line) => Math.max(most, ...[...line.matchAll(/`+/g)].map(([run]) => run.length)), 2);
  const marks = '`'.repeat(longest + 1);
  return [`${marks}${info}`, ...lines, marks].join('\n');
}

/** The signs of a plan at the beginning of their lines, where a fence of the language diff colours them; what is changed in place has `!`. */
export function diffLine(line: string): string {
  const found = /^( *)(-\/\+|[+~-]) /.exec(line);
  if (found === null) return line;
  const [whole, indent = '', sign = ''] = found;
  return `${sign === '~' ? '!' : sign}${indent} ${line.slice(whole.length)}`;
}

/** Bytes in UTF-8, which is what forges count at most. */
export function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

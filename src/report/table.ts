/** Columns of text for people: as wide as their widest cell, two spaces apart, nothing after the last. */
import { harmless } from '../model/text.ts';

/**
 * Prints a table: heads, then rows; a cell that is '' shows as `-`. Control characters become escapes, so that no text of a
 * definition can forge a line. With `width`, lines end there with `…`. No newline at the end.
 */
export function table(columns: readonly string[], rows: readonly (readonly string[])[], width?: number): string {
  const lines = [columns, ...rows].map(row => columns.map((_, i) => harmless(row[i] ?? '') || '-'));
  const widths = columns.map((_, i) => Math.max(...lines.map(line => line[i]?.length ?? 0)));
  return lines
    .map(line =>
      cut(
        line
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd(),
        width,
      ),
    )
    .join('\n');
}

/** Lines of `Label:  value`, values under one another; an empty value shows as `-`, a list as one line each. */
export function fields(pairs: readonly (readonly [string, string | readonly string[]])[], width?: number): string {
  const wide = Math.max(...pairs.map(([label]) => label.length)) + 2;
  return pairs
    .flatMap(([label, value]) => {
      const [first = '', ...rest] = typeof value === 'string' ? [value] : value;
      return [`${label}:`.padEnd(wide + 1) + (harmless(first) || '-'), ...rest.map(line => ' '.repeat(wide + 1) + harmless(line))];
    })
    .map(line => cut(line, width))
    .join('\n');
}

/** RFC 4180: what holds a comma, a quote or a line break is quoted. With heads and a newline after each line. */
export function csv(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [columns, ...rows].map(row => `${row.map(cell).join(',')}\n`).join('');
}

function cut(line: string, width: number | undefined): string {
  return width === undefined || line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** Columns of text for people: as wide as their widest cell, two spaces apart, nothing after the last. */
import { harmless } from '../model/text.ts';

/**
 * Columns that explain: where the terminal is narrow they are shortened. The others tell what a line is about (a name, a MAC,
 * an address), and half of it would be worse than a line that runs over.
 */
const SHORTENED: ReadonlySet<string> = new Set(['MESSAGE', 'COMMENT', 'FROM', 'HAVE', 'WANT', 'NODES', 'REASON']);
const LEAST = 10;

/**
 * Prints a table: heads, then rows; a cell that is '' shows as `-`. Control characters become escapes, so that no text of a
 * definition can forge a line. With `width`, columns that explain are shortened with `…`, the last first, until lines fit or
 * these columns are ten characters wide; after that lines run over. No newline at the end.
 */
export function table(columns: readonly string[], rows: readonly (readonly string[])[], width?: number): string {
  const { head, line } = openTable({ columns, rows }, width);
  return [head, ...rows.map(line)].join('\n');
}

/** A table that goes on: its head, and how a row is printed. */
export interface TableWriter {
  readonly head: string;
  readonly line: (row: readonly string[]) => string;
}

/** The same, for rows that are not known yet: the columns stay as wide as these rows made them. */
export function openTable(
  { columns, rows }: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] },
  width?: number,
): TableWriter {
  const cells = (row: readonly string[]): readonly string[] => columns.map((_, i) => harmless(row[i] ?? '') || '-');
  const printed = rows.map(cells);
  const widest = columns.map((column, i) => printed.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), column.length));
  const widths = fitted(columns, widest, width);
  const line = (row: readonly string[]): string =>
    cells(row)
      .map((cell, i) => (SHORTENED.has(columns[i] ?? '') && (widths[i] ?? 0) < (widest[i] ?? 0) ? cut(cell, widths[i]) : cell).padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return { head: line(columns), line };
}

function fitted(columns: readonly string[], widths: readonly number[], most = Number.POSITIVE_INFINITY): readonly number[] {
  const narrow = [...widths];
  let over = widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1)) - most;
  for (let at = widths.length - 1; at >= 0 && over > 0; at -= 1) {
    const own = widths[at] ?? 0;
    if (!SHORTENED.has(columns[at] ?? '') || own <= LEAST) continue;
    const less = Math.min(over, own - LEAST);
    narrow[at] = own - less;
    over -= less;
  }
  return narrow;
}

/** Lines of `Label:  value`, values under one another; an absent value shows as `None`, a list as one line each. */
export function fields(pairs: readonly (readonly [string, string | readonly string[]])[], width?: number): string {
  const wide = Math.max(...pairs.map(([label]) => label.length)) + 2;
  return pairs
    .flatMap(([label, value]) => {
      const [first = '', ...rest] = typeof value === 'string' ? [value] : value;
      return [`${label}:`.padEnd(wide + 1) + (harmless(first) || 'None'), ...rest.map(line => ' '.repeat(wide + 1) + harmless(line))];
    })
    .map(line => cut(line, width))
    .join('\n');
}

/** RFC 4180: what holds a comma, a quote or a line break is quoted. With heads and a newline after each line. */
export function csv(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [columns, ...rows].map(row => `${row.map(cell).join(',')}\n`).join('');
}

/** A line that fits, with `…` for what does not. */
export function cut(line: string, width: number | undefined): string {
  return width === undefined || line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

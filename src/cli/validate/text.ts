/** Diagnostics for a terminal: one line each that editors can follow, the source line, and what to do. */
import { styleText } from 'node:util';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { formatPlace } from '../../model/place.ts';
import { harmless } from '../../model/text.ts';
import { counted, displayed, plural, type Shown, type Validation } from './result.ts';

type Style = Parameters<typeof styleText>[0];

/** Ends with a line that sums up. */
export function renderText(validation: Validation, shown: Shown): string {
  const paint = (style: Style, text: string): string => (shown.colour ? styleText(style, text, { validateStream: false }) : text);
  const blocks = validation.diagnostics.map(diagnostic => block(diagnostic, shown, paint));
  return [...blocks, summary(validation, paint), ''].join('\n');
}

function block(diagnostic: Diagnostic, shown: Shown, paint: (style: Style, text: string) => string): string {
  const { at, severity, code, message, hint, related = [] } = diagnostic;
  const style = severity === 'error' ? 'red' : 'yellow';
  const place = (to: Diagnostic['at']): string => harmless(formatPlace({ ...to, file: displayed(to.file, shown.root) }));
  return [
    `${paint('bold', place(at))} ${paint(style, severity)} ${code}: ${harmless(message)}`,
    ...frame(at, shown, text => paint(style, text)),
    ...(hint === undefined ? [] : [`  ${paint('cyan', 'hint:')} ${harmless(hint)}`]),
    ...related.map(other => `  ${paint('dim', 'see:')} ${place(other)}`),
  ].join('\n');
}

const WIDTH = 120;

function frame(at: Diagnostic['at'], shown: Shown, paint: (text: string) => string): readonly string[] {
  const line = at.line === 0 || at.col === 0 ? null : shown.lineOf(at.file, at.line);
  if (line === null || line.trim() === '' || at.col > WIDTH) return [];
  const number = String(at.line);
  const margin = ' '.repeat(number.length);
  // Escapes are longer than what they stand for, so the mark is placed below the text before it as it is printed.
  const indent = harmless(line.slice(0, at.col - 1).replaceAll('\t', ' ')).length;
  return [`  ${number} | ${harmless(line.replaceAll('\t', ' ').slice(0, WIDTH))}`, `  ${margin} | ${' '.repeat(indent)}${paint('^')}`];
}

function summary({ diagnostics, files, definitions, alone }: Validation, paint: (style: Style, text: string) => string): string {
  const total = Object.values(definitions).reduce((sum, n) => sum + n, 0);
  const read = `${plural(total, 'definition')} in ${plural(files, 'file')}`;
  const wrong = counted(diagnostics);
  const broken = diagnostics.some(({ severity }) => severity === 'error');
  const limits = alone ? ' (one file by itself: references were not looked up)' : '';
  if (!broken) return `${paint('green', 'valid')}: ${read}${wrong === '' ? '' : `, ${wrong}`}${limits}`;
  const where = new Set(diagnostics.map(({ at }) => at.file).filter(file => file !== '.')).size;
  return `${paint('red', 'invalid')}: ${wrong}${where === 0 ? '' : ` in ${plural(where, 'file')}`}, ${plural(files, 'file')} read${limits}`;
}

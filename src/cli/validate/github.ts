/** Diagnostics as workflow commands of GitHub Actions: they show up beside the lines of a pull request. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import { harmless } from '../../model/text.ts';
import { counted, displayed, plural, type Shown, type Validation } from './result.ts';

/** One command for each diagnostic, and a last line for the log. */
export function renderGithub(validation: Validation, { root }: Pick<Shown, 'root'>): string {
  const { diagnostics, files } = validation;
  const last = diagnostics.length === 0 ? `valid: ${plural(files, 'file')}` : counted(diagnostics);
  return [...diagnostics.map(diagnostic => command(diagnostic, root)), last, ''].join('\n');
}

function command({ severity, code, message, hint, at }: Diagnostic, root: string): string {
  const position = at.line === 0 ? '' : `,line=${at.line}${at.col === 0 ? '' : `,col=${at.col}`}`;
  const text = hint === undefined ? harmless(message) : `${harmless(message)}\nhint: ${harmless(hint)}`;
  return `::${severity} file=${property(displayed(at.file, root))}${position},title=${property(`netloom ${code}`)}::${escaped(text)}`;
}

// Escapes of the runner (actions/toolkit, command.ts): without them text could end the command and begin another.
function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return escaped(harmless(text)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

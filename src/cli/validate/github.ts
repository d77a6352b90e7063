/** Diagnostics as workflow commands of GitHub Actions: they show up beside the lines of a pull request. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import { workflowCommand } from '../workflow-command.ts';
import { counted, plural, type Shown, type Validation } from './result.ts';

/** One command for each diagnostic, and a last line for the log. */
export function renderGithub(validation: Validation, { root }: Pick<Shown, 'root'>): string {
  const { diagnostics, files } = validation;
  const last = diagnostics.length === 0 ? `valid: ${plural(files, 'file')}` : counted(diagnostics);
  return [...diagnostics.map(diagnostic => command(diagnostic, root)), last, ''].join('\n');
}

function command({ severity, code, message, hint, at }: Diagnostic, root: string): string {
  return workflowCommand({ level: severity, at, title: code, message: hint === undefined ? message : `${message}\nhint: ${hint}` }, root);
}

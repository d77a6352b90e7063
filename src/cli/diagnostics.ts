/** Diagnostics of definitions that a command met on its way, without their source lines. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { renderText } from './validate/text.ts';

/** The text of `netloom validate` for these diagnostics. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const validation = { diagnostics, files: 0, definitions: {} };
  return renderText(validation, { root: '.', colour: false, lineOf: () => null }).trimEnd();
}

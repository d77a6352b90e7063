/** Diagnostics for programs: schemas/output/diagnostics.json says what is in it. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Place } from '../../model/place.ts';
import type { Shown, Validation } from './result.ts';

/** One JSON object; text is as it was found, not made harmless: JSON escapes control characters itself. */
export function renderJson({ diagnostics, files, definitions }: Validation, { root }: Pick<Shown, 'root'>): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const value = {
    apiVersion: 'netloom.dev/v1',
    kind: 'Diagnostics',
    root,
    valid: errors === 0,
    errors,
    warnings: diagnostics.length - errors,
    files,
    definitions,
    diagnostics: diagnostics.map(entry),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function entry({ code, severity, message, hint, at, related }: Diagnostic): object {
  return {
    code,
    severity,
    message,
    ...position(at),
    ...(hint === undefined ? {} : { hint }),
    ...(related === undefined ? {} : { related: related.map(position) }),
  };
}

function position({ file, line, col }: Place): object {
  return { file, ...(line === 0 ? {} : { line }), ...(line === 0 || col === 0 ? {} : { column: col }) };
}

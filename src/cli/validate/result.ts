/** What a validation found, as a plain value: kept in the cache, rendered in four ways. */
import type { Diagnostic } from '../../model/diagnostic.ts';

export interface Validation {
  /** Sorted by file, line, column; files relative to the validated folder. */
  readonly diagnostics: readonly Diagnostic[];
  /** Files of definitions that were read. */
  readonly files: number;
  /** Good definitions by kind. */
  readonly definitions: Readonly<Record<string, number>>;
  /** One file by itself was validated: what it refers to was not looked for. */
  readonly alone?: true;
}

/** What renderers need besides the validation. */
export interface Shown {
  /** The folder as the user named it; '.' for the working directory. */
  readonly root: string;
  readonly colour: boolean;
  /** Text of a line of a file, without line end; null when it cannot be had. */
  readonly lineOf: (file: string, line: number) => string | null;
}

/** `root/file` as the user can open it from where he stands. */
export function displayed(file: string, root: string): string {
  if (root === '.' || root === '') return file;
  return file === '.' ? root : `${root.replace(/(?<!\/)\/+$/, '')}/${file}`;
}

/** `3 errors and 1 warning`; '' when there are none. */
export function counted(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  return [plural(errors, 'error'), plural(warnings, 'warning')].filter(text => !text.startsWith('0 ')).join(' and ');
}

/** `1 file`, `2 files`. */
export function plural(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

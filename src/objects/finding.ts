/** Short ways to write down a finding. */
import type { DiagnosticCode } from '../model/diagnostic.ts';
import type { Definition, Finding } from './object.ts';

type Path = Finding['path'];
type Related = NonNullable<Finding['related']>[number];

/** What belongs to a finding besides its sentence. */
export interface More {
  readonly hint?: string;
  readonly related?: readonly Related[];
  /** What an unknown reference refers to. */
  readonly missing?: NonNullable<Finding['missing']>;
}

/** Something that makes the definitions invalid. */
export function error(code: DiagnosticCode, on: Definition, path: Path, message: string, more: More = {}): Finding {
  return { code, severity: 'error', message, on, path, ...more };
}

/** Something that works and is probably not meant. */
export function warning(code: DiagnosticCode, on: Definition, path: Path, message: string, more: More = {}): Finding {
  return { code, severity: 'warning', message, on, path, ...more };
}

/** `Network default/demo`, `Node n1`. */
export function titled(definition: Definition): string {
  return `${definition.kind} ${definition.key}`;
}

/** The other place of a finding. */
export function beside(on: Definition, ...path: Path): readonly Related[] {
  return [{ on, path }];
}

/** What .ci/gen.mjs makes of schemas/ (validators.gen.js, not checked in). */
import type { ErrorObject } from 'ajv';
import type { KindName } from '../objects/object.ts';

/** True when the value has the shape; fills defaults into it. `errors` belongs to the last call, null when it was true. */
export interface Validator {
  (value: unknown): boolean;
  errors?: ErrorObject[] | null;
}

/** By kind of definition. */
export const VALIDATORS: Readonly<Record<KindName, Validator>>;

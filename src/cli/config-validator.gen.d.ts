/** What .ci/gen.mjs makes of schemas/node-config.json (config-validator.gen.js, not checked in). */
import type { ErrorObject } from 'ajv';

/** True when the value is a node's configuration; fills defaults into it. `errors` belongs to the last call, null when it was true. */
export const validateNodeConfig: {
  (value: unknown): boolean;
  errors?: ErrorObject[] | null;
};

/** The names of all fields that a configuration may have, at whatever depth. */
export const CONFIG_FIELDS: readonly string[];

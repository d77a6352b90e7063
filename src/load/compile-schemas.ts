/** A site's own, stricter schemas, compiled while the program runs. The only part of this room that needs ajv itself: import it only when asked for. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { FORMATS } from './formats.ts';
import type { SiteSchemas } from './parse-file.ts';
import { ALL_SCHEMAS, type Schema } from './schema.ts';
import type { Validator } from './shape.ts';

/** A schema and the name of its file, for messages. */
export interface NamedSchema {
  readonly file: string;
  readonly schema: unknown;
}

/**
 * Compiles schemas that name a kind (`properties.kind.const`); the others are there to be referred to, as netloom's own are.
 * One with the `$id` of a schema of netloom stands in for it within these. Throws an Error that names the file.
 */
export function compileSchemas(site: readonly NamedSchema[], { fillDefaults = false } = {}): SiteSchemas {
  const ajv = new Ajv2020({
    allErrors: true,
    useDefaults: fillDefaults,
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
    strictTypes: false,
    ownProperties: true,
  });
  for (const [name, has] of Object.entries(FORMATS)) ajv.addFormat(name, has);
  const own = site.map(({ file, schema }) => ({ file, schema: identified(file, schema) }));
  const replaced = new Set(own.map(({ schema }) => schema.$id));
  for (const schema of ALL_SCHEMAS) if (!replaced.has(schema.$id ?? '')) ajv.addSchema(schema);
  for (const { file, schema } of own) named(file, () => ajv.addSchema(schema));
  const validators: Record<string, Validator> = {};
  const schemas: Record<string, Schema> = {};
  for (const { file, schema } of own) {
    const kind = schema.properties?.kind?.const;
    if (typeof kind !== 'string') continue;
    if (validators[kind] !== undefined) throw new Error(`${file}: there is a second schema of kind ${kind}`);
    const validate = named(file, () => ajv.getSchema(schema.$id));
    if (validate !== undefined) validators[kind] = validate as Validator;
    schemas[kind] = schema;
  }
  return { validators, schemas };
}

function identified(file: string, schema: unknown): Schema & { $id: string } {
  if (typeof schema !== 'object' || schema === null) throw new Error(`${file}: not a JSON Schema: an object is expected`);
  return { ...(schema as Schema), $id: (schema as Schema).$id ?? `site:/${file}` };
}

function named<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

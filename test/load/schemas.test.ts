/** The schemas are what editors complete from, and what generated and run-time validators are made of. */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { compileSchemas } from '../../src/load/compile-schemas.ts';
import { FORMATS } from '../../src/load/formats.ts';
import { ALL_SCHEMAS, KIND_SCHEMAS, resolved, type Schema, schemasHash } from '../../src/load/schema.ts';
import { VALIDATORS } from '../../src/load/validators.gen.js';
import { plainValue } from '../../src/load/value.ts';
import { readYaml } from '../../src/load/yaml.ts';
import { BASE } from './diagnose.ts';

type Documented = Schema & { readonly title?: string; readonly description?: string; readonly examples?: readonly unknown[]; readonly default?: unknown };

/** Every field of a schema with its path. */
function fields(schema: Schema, root: Schema, path = ''): readonly { readonly path: string; readonly schema: Documented }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    { path: `${path}${name}`, schema: field },
    ...fields(resolved(field, root), root, `${path}${name}.`),
  ]);
}

const KINDS = Object.entries(KIND_SCHEMAS);

function ajv(): Ajv2020 {
  const made = new Ajv2020({ allErrors: true, useDefaults: true, strict: true, allowUnionTypes: true, ownProperties: true });
  for (const [name, has] of Object.entries(FORMATS)) made.addFormat(name, has);
  for (const schema of ALL_SCHEMAS) made.addSchema(schema);
  return made;
}

describe('an editor can complete and explain every field:', () => {
  test.each(KINDS)('%s has title, description and examples everywhere', (_, schema) => {
    const bare = fields(schema, schema).filter(({ schema: { title, description, examples } }) => !title || !description || !examples?.length);
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  test.each(KINDS)('the examples and defaults of %s are what its schema allows', (_, schema) => {
    const whole = ajv().getSchema(schema.$id ?? '');
    const wrong = [{ path: '', schema: schema as Documented }, ...fields(schema, schema)].flatMap(({ path, schema: field }) => {
      const $id = 'https://netloom.dev/schemas/v1/one-field.json';
      const validate = path === '' ? whole : ajv().compile({ $id, type: 'object', properties: { field } });
      const values = [...(field.examples ?? []), ...('default' in field ? [field.default] : [])];
      return values.filter(value => !validate?.(structuredClone(path === '' ? value : { field: value }))).map(value => `${path}: ${JSON.stringify(value)}`);
    });
    expect(wrong).toEqual([]);
  });
});

describe('validators made at build and at run time agree', () => {
  const runTime = compileSchemas(
    Object.entries(KIND_SCHEMAS).map(([file, schema]) => ({ file, schema })),
    { fillDefaults: true },
  ).validators;
  const dir = new URL('../fixtures/load/', import.meta.url);
  const texts = [BASE, ...readdirSync(dir).map(name => readFileSync(new URL(name, dir), 'utf8'))];
  const values = texts.flatMap(text => {
    const { docs, place } = readYaml('a', text);
    return docs.filter(({ root }) => root !== null).map(({ root }) => plainValue(root, place).value);
  });

  test.each(Object.keys(KIND_SCHEMAS) as (keyof typeof VALIDATORS)[])('about every document of the fixtures, as a %s', kind => {
    const verdicts = { good: 0, bad: 0 };
    for (const value of values) {
      const [one, two] = [structuredClone(value), structuredClone(value)];
      const generated = VALIDATORS[kind](one);
      expect(runTime[kind]?.(two)).toBe(generated);
      expect(two).toEqual(one); // the same defaults
      const said = (errors: readonly { instancePath: string; keyword: string }[] | null | undefined): unknown =>
        errors?.map(({ instancePath, keyword }) => [instancePath, keyword]);
      if (!generated) expect(said(runTime[kind]?.errors)).toEqual(said(VALIDATORS[kind].errors));
      verdicts[generated ? 'good' : 'bad']++;
    }
    expect(verdicts.good).toBeGreaterThan(0);
    expect(verdicts.bad).toBeGreaterThan(0);
  });
});

describe("a site's own schemas", () => {
  const stricter = {
    type: 'object',
    properties: {
      kind: { const: 'Network' },
      metadata: { type: 'object', required: ['labels'], properties: { name: { $ref: 'https://netloom.dev/schemas/v1/common.json#/$defs/name' } } },
    },
  };

  test('may refer to those of netloom', () => {
    const { validators } = compileSchemas([{ file: 'network.json', schema: stricter }]);
    expect(Object.keys(validators)).toEqual(['Network']);
    expect(validators['Network']?.({ kind: 'Network', metadata: { name: 'a' } })).toBe(false);
    expect(validators['Network']?.({ kind: 'Network', metadata: { name: 'a', labels: {} } })).toBe(true);
  });

  test('may be changed copies of those of netloom, with the same $id', () => {
    const copy = structuredClone(KIND_SCHEMAS.Network) as { properties: { spec: { required: string[] } } };
    copy.properties.spec.required = ['cidr'];
    const { validators } = compileSchemas([{ file: 'network.json', schema: copy }]);
    expect(validators['Network']?.({ apiVersion: 'netloom.dev/v1', kind: 'Network', metadata: { name: 'a' }, spec: {} })).toBe(false);
  });

  test.each([
    [[{ file: 'x.json', schema: 5 }], 'x.json: not a JSON Schema'],
    [[{ file: 'x.json', schema: { ...stricter, typo: 1 } }], 'x.json: strict mode: unknown keyword'],
    [
      [
        { file: 'a.json', schema: stricter },
        { file: 'b.json', schema: stricter },
      ],
      'b.json: there is a second schema of kind Network',
    ],
    [[{ file: 'x.json', schema: { ...stricter, $ref: 'nowhere.json' } }], "x.json: can't resolve reference"],
  ])('that are no good are named: %#', (schemas, message) => expect(() => compileSchemas(schemas)).toThrow(message));
});

/** Every place of a value that holds no other. */
function leaves(value: object): readonly (readonly [holder: Record<string, unknown>, key: string])[] {
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap(key => {
    const held = holder[key];
    return typeof held === 'object' && held !== null ? leaves(held) : [[holder, key] as const];
  });
}

test('every leaf of every schema changes the hash: what was kept under the old one is not used', () => {
  const before = schemasHash();
  expect(before).toMatch(/^[0-9a-f]{16}$/);
  const unseen = ALL_SCHEMAS.flatMap(schema => {
    const all = leaves(schema);
    expect(all.length, schema.$id).toBeGreaterThan(10);
    return all.flatMap(([holder, key]) => {
      const value = holder[key];
      holder[key] = `${String(value)} `;
      const after = schemasHash();
      holder[key] = value;
      return after === before ? [`${schema.$id}: ${key}: ${String(value)}`] : [];
    });
  });
  expect(unseen).toEqual([]);
  expect(schemasHash()).toBe(before);
});

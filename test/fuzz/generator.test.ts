/** The generator knows the schemas, and nothing but the schemas. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KIND_SCHEMAS, type Schema } from '../../src/load/schema.ts';
import { VALIDATORS } from '../../src/load/validators.gen.js';
import { KINDS } from './repository.ts';
import { filesOf, loadFiles } from './revision.ts';
import { type Guide, pathsIn, pathsOf, schemaArbitrary } from './schema-arbitrary.ts';
import { type Document, TIES } from './ties.ts';
import { pathAt, type Value, valueAt, without, yamlLines } from './yaml-lines.ts';

const ALONE: Guide = { instead: () => undefined, isLikely: () => false };
const some = (schema: Schema, numRuns = 300) => fc.sample(schemaArbitrary(schema, schema, '', ALONE), { numRuns, seed: 1 });

describe('what is made of a schema', () => {
  test.each(KINDS)('is a %s to its validator', kind => {
    const refused = some(KIND_SCHEMAS[kind], 200).filter(value => !VALIDATORS[kind](structuredClone(value)));
    expect(refused.map(value => JSON.stringify(value))).toEqual([]);
  });

  const NEW: readonly (readonly [string, Schema & { readonly examples?: readonly unknown[] }])[] = [
    ['a number with bounds', { type: 'integer', minimum: 3, maximum: 7 }],
    ['a choice', { enum: ['left', 'right'] }],
    ['a pattern', { type: 'string', pattern: '^[a-f]{2,4}$', maxLength: 4 }],
    ['a format that was not there before', { type: 'string', format: 'netloom-colour', examples: ['blue'] } as Schema],
    ['one of two', { anyOf: [{ type: 'boolean' }, { type: 'string', maxLength: 3 }] }],
    ['a list', { type: 'array', maxItems: 5, items: { $ref: 'common.json#/$defs/name' } }],
    ['a mapping', { type: 'object', additionalProperties: false, properties: { inner: { type: 'boolean' } } }],
  ];
  test.each(NEW)('has a field that is new in it: %s', (_, field) => {
    const old = KIND_SCHEMAS.Network;
    const spec = old.$defs?.['spec'] ?? {};
    const schema = { ...old, $defs: { spec: { ...spec, properties: { ...spec.properties, brandNew: field } } } };
    const met = new Set(some(schema).flatMap(value => pathsIn(value, schema, schema)));
    const paths = pathsOf(schema, schema).filter(path => path.startsWith('spec.brandNew'));
    expect(paths).not.toEqual([]);
    expect(paths.filter(path => !met.has(path))).toEqual([]);
  });

  test('is refused where the schema says what nobody reads here', () => {
    const schema = { type: 'object', if: {} } as Schema;
    expect(() => schemaArbitrary(schema, schema, 'spec', ALONE)).toThrow('teach test/fuzz/schema-arbitrary.ts the keyword if');
  });
});

test('every tie is about a place that there is', () => {
  const places = new Set(KINDS.flatMap(kind => pathsOf(KIND_SCHEMAS[kind], KIND_SCHEMAS[kind]).map(path => `${kind} ${path}`)));
  expect(Object.keys(TIES).filter(place => !places.has(place))).toEqual([]);
});

describe('definitions as YAML', () => {
  const documents = KINDS.flatMap(kind => some(KIND_SCHEMAS[kind], 40) as readonly Document[]);

  test('tell by each line which field it is', () => {
    const lines = yamlLines(documents);
    const all = lines.text.split('\n');
    for (const [at, path] of lines.paths.entries()) {
      const key = path.at(-1);
      if (path.length > 1) expect(all[at]?.trim().startsWith(typeof key === 'number' ? '-' : `${JSON.stringify(key)}:`.slice(0, 3))).toBe(true);
      expect(valueAt(documents, pathAt(lines, at + 1))).toBeDefined();
      const holder = (all: readonly Value[]): number => Object.keys(valueAt(all, path.slice(0, -1)) ?? {}).length;
      expect(holder(without(documents, path) as readonly Value[])).toBe(holder(documents) - 1);
    }
  });

  test('say what was meant, also of texts that would be more', () => {
    const cluster = {
      apiVersion: 'netloom.dev/v1',
      kind: 'Cluster',
      metadata: { name: 'c', labels: { odd: '```\n::add-mask::\u001b\u202e\r\u{1f600}é', 'a: b': '- x' } },
    };
    const { catalog, diagnostics } = loadFiles(filesOf([cluster]));
    expect([catalog?.cluster.labels, diagnostics]).toEqual([cluster.metadata.labels, []]);
  });
});

/**
 * Values that a JSON Schema allows, as a fast-check arbitrary made from the schema itself: a field that is added to a schema is
 * generated from then on. A keyword that is not known here is refused, so that none is passed over in silence.
 */
import fc from 'fast-check';
import { resolved, type Schema, typesOf } from '../../src/load/schema.ts';
import { HOSTILE } from '../review/forge.ts';

/** All that this reads of a schema. */
interface Full extends Schema {
  readonly required?: readonly string[];
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly propertyNames?: { readonly maxLength?: number };
  readonly examples?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
}

const KNOWN = new Set(
  (
    'type const enum anyOf oneOf properties required additionalProperties propertyNames minProperties maxProperties items minItems maxItems uniqueItems ' +
    'pattern format minLength maxLength minimum maximum $ref $schema $id $defs title description examples default'
  ).split(' '),
);

/** A place in a document of one kind: `spec.routes[].to`; `{}` is the value of a map. */
export type SchemaPath = string;

export interface Field {
  readonly path: SchemaPath;
  readonly schema: Schema;
}

/** What somebody knows better than the schema. */
export interface Guide {
  /** What is generated at a place; undefined: what its schema says. */
  instead(field: Field): fc.Arbitrary<unknown> | undefined;
  /** Whether an optional field is mostly there. */
  isLikely(path: SchemaPath): boolean;
}

/** The most entries of a list or map: few, since many definitions are generated. */
const MOST = 3;

/** The place of a field within another. */
function within(path: SchemaPath, step: string): SchemaPath {
  return step === '[]' ? `${path}[]` : path === '' ? step : `${path}.${step}`;
}

/** Values of `field`, of the schema `root`. Throws for keywords that it does not know. */
export function schemaArbitrary(field: Schema, root: Schema, path: SchemaPath, guide: Guide): fc.Arbitrary<unknown> {
  const chosen = guide.instead({ path, schema: field });
  if (chosen !== undefined) return chosen;
  const schema = { ...resolved(field, root), ...((field as Full).examples && { examples: (field as Full).examples }) } as Full;
  const stranger = Object.keys(schema).find(word => !KNOWN.has(word));
  if (stranger !== undefined) throw new Error(`${path}: teach test/fuzz/schema-arbitrary.ts the keyword ${stranger}`);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map(one => schemaArbitrary(one, root, path, guide)));
  if (typesOf(schema).length > 1) return fc.oneof(...typesOf(schema).map(type => schemaArbitrary({ ...schema, type }, root, path, guide)));
  switch (schema.type) {
    case 'object':
      return objectArbitrary(schema, root, path, guide);
    case 'array':
      return arrayArbitrary(schema, root, path, guide);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return integerArbitrary(schema);
    case 'string':
      return textArbitrary(schema, path);
    default:
      throw new Error(`${path}: a field of type ${schema.type}`);
  }
}

function objectArbitrary(schema: Full, root: Schema, path: SchemaPath, guide: Guide): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties: others, minProperties = 0, maxProperties = Number.POSITIVE_INFINITY } = schema;
  const fields = Object.entries(properties).map(([name, one]) => [name, schemaArbitrary(one, root, within(path, name), guide)] as const);
  if (maxProperties === 1) return fc.oneof(...fields.map(([name, one]) => one.map(value => ({ [name]: value }))));
  if (typeof others === 'object') {
    const key = fc.oneof(
      fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,4})?$/),
      fc.string({ minLength: 1, maxLength: Math.min(20, schema.propertyNames?.maxLength ?? 20) }),
    );
    const value = schemaArbitrary(others, root, within(path, '{}'), guide);
    return fc.dictionary(key, value, { minKeys: minProperties, maxKeys: Math.min(MOST, maxProperties), noNullPrototype: true });
  }
  const shape = Object.fromEntries(fields.map(([name, one]) => [name, required.includes(name) ? one : sometimes(one, guide.isLikely(within(path, name)))]));
  return fc.record(shape).map(found => Object.fromEntries(Object.entries(found).filter(([, value]) => value !== ABSENT)));
}

const ABSENT = Symbol('absent');

// What is left out is simplest, so a failing case shrinks to few fields.
function sometimes(value: fc.Arbitrary<unknown>, isLikely: boolean): fc.Arbitrary<unknown> {
  return fc.oneof({ withCrossShrink: true }, { weight: isLikely ? 1 : 3, arbitrary: fc.constant(ABSENT) }, { weight: isLikely ? 9 : 2, arbitrary: value });
}

function arrayArbitrary(schema: Full, root: Schema, path: SchemaPath, guide: Guide): fc.Arbitrary<unknown> {
  const { items, minItems = 0, maxItems = MOST, uniqueItems = false } = schema;
  if (items === undefined) throw new Error(`${path}: a list of anything`);
  const one = schemaArbitrary(items, root, within(path, '[]'), guide);
  const size = { minLength: minItems, maxLength: Math.max(minItems, Math.min(MOST, maxItems)) };
  return uniqueItems ? fc.uniqueArray(one, { ...size, selector: value => JSON.stringify(value) }) : fc.array(one, size);
}

function integerArbitrary({ minimum = -5, maximum = 2 ** 31 }: Full): fc.Arbitrary<number> {
  const small = fc.integer({ min: minimum, max: Math.min(maximum, minimum + 40) });
  return fc.oneof({ weight: 3, arbitrary: small }, { weight: 1, arbitrary: fc.integer({ min: minimum, max: maximum }) });
}

const WORDS = ['word', 'two words', 'a', '0', 'true', '-', ' ', ...HOSTILE];

function textArbitrary(schema: Full, path: SchemaPath): fc.Arbitrary<unknown> {
  const { format, pattern, minLength = 0, maxLength = 40, examples = [] } = schema;
  const example = examples.filter(value => typeof value === 'string');
  if (format !== undefined) {
    if (example.length === 0) throw new Error(`${path}: no example of the format ${format}`);
    return fc.constantFrom(...example);
  }
  const fits = (text: string): boolean => text.length >= minLength && text.length <= maxLength;
  const made =
    pattern === undefined
      ? fc.array(fc.constantFrom(...WORDS), { minLength: minLength > 0 ? 1 : 0, maxLength: 3 }).map(parts => parts.join('').slice(0, maxLength))
      : fc.stringMatching(new RegExp(pattern), { size: 'small' });
  const some = made.filter(fits);
  return example.length === 0 ? some : fc.oneof(some, fc.constantFrom(...example));
}

/** Every property of a schema by its path, lists and maps included. */
export function pathsOf(field: Schema, root: Schema, path: SchemaPath = ''): readonly SchemaPath[] {
  const schema = resolved(field, root) as Full;
  const inside = [
    ...Object.entries(schema.properties ?? {}).map(([name, one]) => [within(path, name), one] as const),
    ...(typeof schema.additionalProperties === 'object' ? [[within(path, '{}'), schema.additionalProperties] as const] : []),
    ...(schema.items === undefined ? [] : [[within(path, '[]'), schema.items] as const]),
  ];
  const either = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(one => pathsOf(one, root, path));
  return [...new Set([...inside.flatMap(([at, one]) => [at, ...pathsOf(one, root, at)]), ...either])];
}

/** The paths that a value has something at. */
export function pathsIn(value: unknown, field: Schema, root: Schema, path: SchemaPath = ''): readonly SchemaPath[] {
  if (typeof value !== 'object' || value === null) return [];
  const schema = resolved(field, root);
  if (Array.isArray(value)) return value.flatMap(one => [within(path, '[]'), ...pathsIn(one, schema.items ?? {}, root, within(path, '[]'))]);
  return Object.entries(value).flatMap(([name, one]) => {
    const known = schema.properties?.[name];
    const at = within(path, known === undefined ? '{}' : name);
    const inside = known ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {});
    return [at, ...pathsIn(one, inside, root, at)];
  });
}

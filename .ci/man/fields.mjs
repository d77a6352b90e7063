/** The fields of a JSON Schema as entries of a page: path, type, description, default, examples; references are followed. */
import { stringify } from 'yaml';
import { bold, italic, prose, term } from './roff.mjs';

/** What stands in a schema, or in what its `$ref` names: own words first. */
function resolved(schema, lookUp) {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...own } = schema;
  const target = resolved(lookUp($ref), lookUp);
  return { ...target, ...own, typeName: target.typeName ?? (isNamed($ref) ? target.title : undefined) };
}

// What is written like the spec of a kind is told at that kind.
const isSpec = ({ $ref }) => $ref?.endsWith('#/$defs/spec') === true;

// `common.json#/$defs/ip` is a type with a name of its own; a kind's own definitions only save words.
const isNamed = ref => ref.startsWith('common.json#');

/**
 * All fields below a schema, in its order: `{path, schema, required}`, path as `spec.dnsRecords[].name`.
 *
 * @param lookUp  what a `$ref` names
 */
export function fieldsOf(schema, lookUp, path = '') {
  const whole = resolved(schema, lookUp);
  if (whole.type === 'array') return fieldsOf(whole.items, lookUp, `${path}[]`);
  return Object.entries(whole.properties ?? {}).flatMap(([name, each]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const field = { path: at, schema: resolved(each, lookUp), required: whole.required?.includes(name) === true, lookUp };
    return [field, ...(path !== '' && isSpec(each) ? [] : fieldsOf(each, lookUp, at))];
  });
}

/** One field as a term and what it means. */
export function fieldEntry({ path, schema, required, lookUp }) {
  const type = typeOf(schema, lookUp);
  const notes = [type, ...(required ? ['required'] : [])].filter(Boolean).join('; ');
  const facts = [...fact('Default', defaults(schema)), ...fact('Examples', (schema.examples ?? []).map(inline))];
  return term(`${bold(path)}${notes === '' ? '' : ` (${italic(notes)})`}`, prose(`${schema.description} ${facts.join(' ')}`));
}

const defaults = ({ default: value }) => (value === undefined || isEmpty(value) ? [] : [inline(value)]);
const isEmpty = value => typeof value === 'object' && Object.keys(value).length === 0;
const fact = (name, values) => (values.length === 0 ? [] : [`${values.length === 1 ? name.replace(/s$/, '') : name}: ${values.join(' · ')}.`]);

/** A value as one line of YAML, as bold text. */
const inline = value => `\`${stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim()}\``;

/** `integer from 1 to 65535`, `list of prefixes`, `one of a, b`. */
function typeOf(schema, lookUp) {
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  if (schema.const !== undefined) return '';
  if (schema.typeName !== undefined && schema.type !== 'object') return words(schema.typeName);
  if (schema.anyOf !== undefined) return schema.anyOf.map(each => typeOf(resolved(each, lookUp), lookUp)).join(' or ');
  if (Array.isArray(schema.type)) return schema.type.map(type => typeOf({ ...schema, type }, lookUp)).join(' or ');
  if (schema.type === 'array') return listOf(schema, lookUp);
  if (schema.type === 'object') return schema.properties === undefined ? 'texts by name' : 'mapping';
  return [schema.type, ...range(schema)].join(' ');
}

function listOf({ items, maxItems }, lookUp) {
  const inner = typeOf(resolved(items, lookUp), lookUp);
  return `list${inner === '' ? '' : ` of: ${inner}`}${maxItems === undefined ? '' : `; at most ${maxItems}`}`;
}

function range({ minimum, maximum }) {
  if (minimum !== undefined && maximum !== undefined) return [`from ${minimum} to ${maximum}`];
  if (minimum !== undefined) return [`from ${minimum}`];
  return maximum === undefined ? [] : [`to ${maximum}`];
}

// `DNS label` and `MTU` stay, `Device name` is a word like others.
const words = title => title.replace(/^[A-Z](?=[a-z])/, first => first.toLowerCase());

/** What several words for a type stand for. */
export const typeEntry = ({ title, description, examples = [] }) =>
  term(italic(words(title)), prose(`${description} ${fact('Examples', examples.map(inline)).join(' ')}`));

/** Whole documents, `---` between them. */
export const documents = values => values.map(value => stringify(value, { lineWidth: 76 })).join('---\n');

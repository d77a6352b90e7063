/** What a schema asks for, in the words of a sentence, and what to do about the usual mistakes. */

import { parseCidr, parseIp } from '../model/ip.ts';
import { orList } from '../model/text.ts';
import { formatWords } from './formats.ts';
import type { Located } from './locate.ts';
import { resolved, type Schema, typesOf } from './schema.ts';

// Patterns are for editors; people get words.
const PATTERNS: Readonly<Record<string, string>> = {
  '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$': 'a name of lower-case letters, digits and dashes',
  '^[0-9]{1,6}(s|m|h|d)$': 'a whole number with a unit (300s, 5m, 2h, 30d)',
  '^0x[0-9a-fA-F]{1,8}$': 'hexadecimal (0xe2300f)',
  '^[a-z_][a-z0-9_-]{0,30}\\$?$': 'the name of a user: lower-case letters, digits, dashes and underscores',
};

/** What stands after "must be": `a whole number from 1 to 65535`. */
export function requirement(schema: Schema, root: Schema): string {
  const meant = resolved(schema, root);
  if (meant.anyOf !== undefined) return orList(meant.anyOf.flatMap(branch => branch.enum?.map(String) ?? requirement(branch, root)));
  if (meant.const !== undefined) return JSON.stringify(meant.const);
  if (meant.enum !== undefined) return orList(meant.enum.map(each => String(each)));
  if (Array.isArray(meant.type)) return orList(meant.type.map(type => requirement({ ...meant, type }, root)));
  switch (meant.type) {
    case 'integer':
    case 'number':
      return `a whole number${range(meant)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list${meant.maxItems === undefined ? '' : ` of at most ${meant.maxItems} entries`}`;
    case 'object':
      return mappingWords(meant);
    default:
      return textWords(meant);
  }
}

function range({ minimum, maximum }: Schema): string {
  return minimum === undefined || maximum === undefined ? '' : ` from ${minimum} to ${maximum}`;
}

function mappingWords(schema: Schema): string {
  if (schema.minProperties === 1 && schema.maxProperties === 1) return `a mapping with exactly one of ${Object.keys(schema.properties ?? {}).join(', ')}`;
  return schema.maxProperties === undefined ? 'a mapping' : `a mapping of at most ${schema.maxProperties} entries`;
}

function textWords(schema: Schema): string {
  const length = schema.maxLength === undefined ? '' : `at most ${schema.maxLength} characters`;
  const words = (schema.format && formatWords(schema.format)) ?? (schema.pattern && (PATTERNS[schema.pattern] ?? `text that matches ${schema.pattern}`));
  if (words) return length && schema.pattern ? `${words}, ${length}` : words;
  if (schema.minLength) return `text of 1 to ${schema.maxLength ?? 'any number of'} characters`;
  return length === '' ? 'text' : `text of ${length}`;
}

/** What to do about a value that is not as its schema says; undefined when the message says it all. */
export function valueHint(value: unknown, schema: Schema, root: Schema, at: Located): string | undefined {
  const branches = (schema.anyOf ?? [schema]).map(branch => resolved(branch, root));
  const wants = (type: string): boolean => branches.some(branch => typesOf(branch).includes(type));
  if (value === null) return 'give it a value, or remove the line';
  if (typeof value === 'number' || typeof value === 'boolean') return wants('string') && at.source !== null ? quoted(value, at.source, branches) : undefined;
  if (typeof value !== 'string') return undefined;
  if ((wants('integer') || wants('number')) && /^-?[0-9]+$/.test(value)) return `write it without quotes: ${value}`;
  if (wants('boolean') && /^(yes|on|true)$/i.test(value)) return 'write true, without quotes';
  if (wants('boolean') && /^(no|off|false)$/i.test(value)) return 'write false, without quotes';
  return branches.map(branch => textHint(value, branch)).find(hint => hint !== undefined);
}

function quoted(value: number | boolean, source: string, branches: readonly Schema[]): string {
  return typeof value === 'number' && branches.some(isDuration) ? `add a unit: ${source}s` : `quote it: "${source}"`;
}

function isDuration({ pattern }: Schema): boolean {
  return pattern?.includes('(s|m|h|d)') === true;
}

function textHint(value: string, schema: Schema): string | undefined {
  const { format, pattern } = schema;
  if (format === 'netloom-ip' && parseCidr(value) !== null) return `write the address alone: ${parseCidr(value)?.address}`;
  if (format === 'netloom-cidr' && parseIp(value) !== null) return `add the prefix length: ${value}/${value.includes(':') ? 64 : 24}`;
  if (format === 'netloom-ifname' && value.length > 15) return `shorten it: ${value.length} characters are ${value.length - 15} too many`;
  if (format?.startsWith('netloom-ip') || format === 'netloom-cidr') return zeros(value);
  if (isDuration(schema) && /^[0-9]+$/.test(value)) return `add a unit: ${value}s`;
  if (pattern?.startsWith('^[a-z0-9](')) return nameHint(value);
  return undefined;
}

function zeros(value: string): string | undefined {
  const plain = value.replace(/(^|\.)0+(?=[0-9])/g, '$1');
  return plain !== value && (parseIp(plain) ?? parseCidr(plain)) !== null ? `write it without leading zeros: ${plain}` : undefined;
}

function nameHint(value: string): string | undefined {
  const plain = value
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 63);
  return plain === '' || plain === value ? undefined : `write ${plain}`;
}

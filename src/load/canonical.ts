/** One spelling for addresses, prefixes, MACs and vxids, so that everything after `load` compares strings. Driven by the schemas' formats. */
import { parseVxid } from '../model/vxid.ts';
import { canonicalFormat } from './formats.ts';
import { resolved, type Schema } from './schema.ts';

type Rewrite = (value: unknown) => unknown;

/** What to rewrite below each field; null where nothing is. */
interface Step {
  readonly self: Rewrite | null;
  readonly fields: ReadonlyMap<string, Step>;
  readonly items: Step | null;
}

const STEPS = new Map<Schema, Step | null>();

/** Rewrites a value in place that has been checked against `root`. */
export function canonicalise(value: unknown, root: Schema): void {
  let step = STEPS.get(root);
  if (step === undefined) {
    step = stepOf(root, root);
    STEPS.set(root, step);
  }
  if (step !== null) rewrite(value, step);
}

function rewrite(value: unknown, step: Step): unknown {
  if (step.self !== null) return step.self(value);
  if (Array.isArray(value)) {
    const { items } = step;
    if (items !== null) for (const [i, item] of value.entries()) value[i] = rewrite(item, items);
  } else if (typeof value === 'object' && value !== null) {
    const record = value as Record<string, unknown>;
    for (const [name, field] of step.fields) if (record[name] !== undefined) record[name] = rewrite(record[name], field);
  }
  return value;
}

function stepOf(schema: Schema, root: Schema): Step | null {
  const meant = resolved(schema, root);
  const self = rewriteOf(meant, root);
  const fields = new Map<string, Step>();
  for (const [name, field] of Object.entries(meant.properties ?? {})) {
    const step = stepOf(field, root);
    if (step !== null) fields.set(name, step);
  }
  const items = meant.items === undefined ? null : stepOf(meant.items, root);
  return self === null && fields.size === 0 && items === null ? null : { self, fields, items };
}

function rewriteOf(schema: Schema, root: Schema): Rewrite | null {
  const branches = (schema.anyOf ?? [schema]).map(branch => resolved(branch, root));
  const format = branches.find(branch => branch.format !== undefined)?.format;
  if (format !== undefined) return value => (typeof value === 'string' ? canonicalFormat(format, value) : value);
  if (branches.some(branch => branch.pattern === HEX)) return value => (typeof value === 'string' ? (parseVxid(value) ?? value) : value);
  return null;
}

const HEX = '^0x[0-9a-fA-F]{1,8}$';

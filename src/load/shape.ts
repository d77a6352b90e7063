/** What ajv says about a document -> diagnostics with places: one for each field, however many rules it breaks. */
import type { ErrorObject } from 'ajv';
import type { Diagnostic, DiagnosticCode } from '../model/diagnostic.ts';
import { MOST_KEY_BYTES, nearest, shown } from '../model/text.ts';
import { type Located, locate, type Path } from './locate.ts';
import { type Schema, schemaAt } from './schema.ts';
import { requirement, valueHint } from './words.ts';
import { MOST_ERRORS, type YamlDoc, type YamlFile } from './yaml.ts';

/** Gives true, or leaves `errors`; fills defaults into the value. */
export interface Validator {
  (value: unknown): boolean;
  errors?: readonly ErrorObject[] | null;
}

/** What the errors are about. */
export interface Subject {
  readonly doc: YamlDoc;
  readonly place: YamlFile['place'];
  readonly value: unknown;
  readonly schema: Schema;
}

/** Sorted by nothing in particular; at most one for each place and code. */
export function shapeDiagnostics(errors: readonly ErrorObject[], subject: Subject): readonly Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const error of outermost(errors.slice(0, MOST_ERRORS))) {
    const diagnostic = oneOf(error, subject);
    const key = `${diagnostic.code} ${error.instancePath} ${error.params.additionalProperty ?? error.params.missingProperty ?? ''}`;
    const earlier = found.get(key) ?? found.get(`wrong-type ${error.instancePath} `);
    if (earlier === undefined) found.set(key, diagnostic);
  }
  return [...found.values()];
}

/** The same for a site's own schema, whose rules netloom cannot put into words of its own. */
export function siteDiagnostics(errors: readonly ErrorObject[], subject: Subject): readonly Diagnostic[] {
  return outermost(errors.slice(0, MOST_ERRORS)).map(error => {
    const path = pathOf(error.instancePath);
    const name = error.params.additionalProperty ?? error.params.unevaluatedProperty;
    const at = locate(subject.doc.root, name === undefined ? path : [...path, String(name)]);
    const message = `${dotted(path)} ${error.message ?? 'is refused'}${name === undefined ? '' : ` (${shown(name)})`}`;
    return { code: 'site-schema', severity: 'error', message, at: subject.place(at.key), hint: `the site's own schema asks for this (${error.schemaPath})` };
  });
}

// All branches of an anyOf complain when none fits, and each rule that a key breaks; the anyOf itself says it once, as propertyNames does.
function outermost(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const choices = errors.filter(error => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  const within = (error: ErrorObject, choice: ErrorObject): boolean =>
    error !== choice && (error.instancePath === choice.instancePath || error.instancePath.startsWith(`${choice.instancePath}/`));
  return errors.filter(error => error.propertyName === undefined && !choices.some(choice => within(error, choice)));
}

function oneOf(error: ErrorObject, subject: Subject): Diagnostic {
  const path = pathOf(error.instancePath);
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownField([...path, String(error.params.additionalProperty)], subject);
    case 'required':
      return missingField(path, String(error.params.missingProperty), subject);
    case 'propertyNames':
      return wrongKey([...path, String(error.params.propertyName)], subject);
    case 'uniqueItems':
      return repeated(path, Math.max(error.params.i, error.params.j), Math.min(error.params.i, error.params.j), subject);
    default:
      return wrongValue(error, path, subject);
  }
}

function unknownField(path: Path, { doc, place, schema }: Subject): Diagnostic {
  const name = String(path.at(-1));
  const known = Object.keys(schemaAt(schema, path.slice(0, -1))?.properties ?? {});
  const near = nearest(name, known);
  const hint = name === '<<' ? 'merge keys are not YAML 1.2: write the values out' : near !== null ? `did you mean ${near}?` : knownHint(known);
  const message = `unknown field ${shown(name)} in ${dotted(path.slice(0, -1))}`;
  return { code: 'unknown-field', severity: 'error', message, at: place(locate(doc.root, path).key), hint };
}

function knownHint(known: readonly string[]): string {
  return known.length === 0 ? 'remove it: nothing can be set here' : `known fields are ${known.join(', ')}`;
}

function missingField(path: Path, name: string, { doc, place, schema }: Subject): Diagnostic {
  const wanted = schemaAt(schema, [...path, name]);
  const message = `${dotted([...path, name])} is missing`;
  const hint = wanted === null ? `add ${name}` : `add ${name}: ${requirement(wanted, schema)}`;
  return { code: 'missing-field', severity: 'error', message, at: place(locate(doc.root, path).key), hint };
}

function wrongKey(path: Path, { doc, place }: Subject): Diagnostic {
  const message = `the name ${shown(path.at(-1))} in ${dotted(path.slice(0, -1))} is too long`;
  return { code: 'wrong-value', severity: 'error', message, at: place(locate(doc.root, path).key), hint: `use at most ${MOST_KEY_BYTES} bytes (UTF-8)` };
}

function repeated(path: Path, later: number, earlier: number, { doc, place, value }: Subject): Diagnostic {
  const [at, first] = [later, earlier].map(index => place(locate(doc.root, [...path, index]).value));
  const message = `${dotted([...path, later])} repeats entry ${earlier + 1} of the list, ${shown(valueAt(value, [...path, later]))}`;
  return {
    code: 'wrong-value',
    severity: 'error',
    message,
    at: at ?? place(0),
    hint: 'remove one of them',
    ...(first === undefined ? {} : { related: [first] }),
  };
}

function wrongValue(error: ErrorObject, path: Path, { doc, place, value: root, schema }: Subject): Diagnostic {
  const wanted = schemaAt(schema, path);
  const value = valueAt(root, path);
  const at = locate(doc.root, path);
  const asked = wanted === null ? error.message : requirement(wanted, schema);
  const hint = wanted === null ? undefined : valueHint(value, wanted, schema, at);
  const message = `${dotted(path)} must be ${asked}, ${was(error, value, at)}`;
  return { code: codeOf(error), severity: 'error', message, at: place(at.value), ...(hint === undefined ? {} : { hint }) };
}

function codeOf(error: ErrorObject): DiagnosticCode {
  if (error.keyword === 'type') return 'wrong-type';
  return error.keyword === 'format' && error.params.format === 'netloom-cidr' ? 'invalid-cidr' : 'wrong-value';
}

/** `is 5`, `is a list`, `has "tap", "bridge"`. */
function was(error: ErrorObject, value: unknown, at: Located): string {
  if (value === null) return 'is empty';
  if (Array.isArray(value)) return error.keyword === 'type' ? 'is a list' : `has ${value.length}`;
  if (typeof value === 'object') return error.keyword === 'type' ? 'is a mapping' : `has ${fieldsOf(value as object)}`;
  // As it was written: 1e3 and 0x1F are numbers to YAML and something else to their author.
  return `is ${typeof value === 'string' || at.source === null || !at.plain ? shown(value) : at.source.slice(0, 80)}`;
}

function fieldsOf(value: object): string {
  const names = Object.keys(value);
  return names.length === 0 ? 'none' : names.length > 8 ? `${names.length}` : names.map(name => shown(name)).join(' and ');
}

/** `spec.attach.tap`, `spec.allowedAddresses[2]`; the document itself is `the document`. */
function dotted(path: Path): string {
  if (path.length === 0) return 'the document';
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${plainStep(step)}`)).join('');
}

function plainStep(step: string): string {
  return /^[\w./-]{1,80}$/.test(step) ? step : shown(step);
}

function pathOf(instancePath: string): Path {
  const steps = instancePath.split('/').slice(1);
  return steps.map(step => (/^(0|[1-9][0-9]*)$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')));
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (isOwn(value, step) ? value[step] : undefined), root);
}

function isOwn(value: unknown, step: string | number): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, step);
}

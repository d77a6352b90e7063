/**
 * One file -> its definitions and everything wrong with it by itself. The result is plain JSON, so that it can be kept and
 * found again by the content's id.
 */
import type { Diagnostic } from '../model/diagnostic.ts';
import { nearest, orList, shown } from '../model/text.ts';
import type { Definition, KindName } from '../objects/object.ts';
import { canonicalise } from './canonical.ts';
import { decode } from './decode.ts';
import { locate } from './locate.ts';
import { KIND_SCHEMAS, type Schema } from './schema.ts';
import { secretsIn } from './secrets.ts';
import { type Subject, shapeDiagnostics, siteDiagnostics, type Validator } from './shape.ts';
import { VALIDATORS } from './validators.gen.js';
import { plainValue } from './value.ts';
import { MOST_ERRORS, readYaml, type YamlDoc, type YamlFile } from './yaml.ts';

const GROUP = 'netloom.dev/';
export const API_VERSION = 'netloom.dev/v1';

const KIND_NAMES = Object.keys(KIND_SCHEMAS) as readonly KindName[];

/** A definition that has problems: its name is known, so that what refers to it is not called wrong as well. */
export interface Stub {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface ParsedFile {
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
  readonly docs: readonly Definition[];
  /** Ours, but wrong. A file that does not parse gives one for each name that its text mentions, of kind ''. */
  readonly stubs: readonly Stub[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A site's own schemas beside netloom's. */
export interface SiteSchemas {
  readonly validators: Readonly<Partial<Record<string, Validator>>>;
  readonly schemas: Readonly<Partial<Record<string, Schema>>>;
}

/** Never throws, whatever the bytes are. Documents of others are left out silently. */
export function parseFile(path: string, bytes: Uint8Array, site?: SiteSchemas): ParsedFile {
  const text = decode(path, bytes);
  if (typeof text !== 'string') return { path, bytes: bytes.length, docs: [], stubs: mentioned(new TextDecoder().decode(bytes)), diagnostics: [text] };
  const yaml = readYaml(path, text);
  const into: Gathered = { docs: [], stubs: [], diagnostics: [] };
  let cut = yaml.cut !== null;
  for (const doc of yaml.docs) {
    if (doc.broken) {
      into.diagnostics.push(...doc.syntax);
      cut = true;
    } else readDocument(doc, yaml, into, site);
  }
  if (yaml.cut !== null) into.diagnostics.push(yaml.cut);
  if (cut) into.stubs.push(...mentioned(text));
  into.diagnostics.push(...secretsIn(text, yaml.place));
  return { path, bytes: bytes.length, docs: into.docs, stubs: into.stubs, diagnostics: limited(into.diagnostics) };
}

/** The document that a definition was read from, again: for the place of a field. Null when the bytes are not the same any more. */
export function reread(path: string, bytes: Uint8Array): { readonly docs: readonly YamlDoc[]; readonly place: YamlFile['place'] } | null {
  const text = decode(path, bytes);
  return typeof text === 'string' ? readYaml(path, text) : null;
}

interface Gathered {
  readonly docs: Definition[];
  readonly stubs: Stub[];
  readonly diagnostics: Diagnostic[];
}

function readDocument(doc: YamlDoc, yaml: YamlFile, into: Gathered, site: SiteSchemas | undefined): void {
  const { value, problems } = plainValue(doc.root, yaml.place);
  if (!isRecord(value) || !isOurs(value)) return;
  const found = [...doc.refused, ...problems];
  const subject = { doc, place: yaml.place, value };
  if (value.apiVersion !== API_VERSION) found.push(wrongVersion(value, subject));
  // A value that is not there because its alias names nothing would only be called wrong once more.
  else if (!found.some(({ code }) => code === 'yaml-aliases')) found.push(...checkKind(value, subject, site));
  into.diagnostics.push(...found);
  if (found.length > 0) into.stubs.push(stubOf(value));
  else into.docs.push(definitionOf(value, doc, yaml));
}

// A misspelt group on a kind of ours is a definition that would vanish silently.
function isOurs({ apiVersion, kind }: Record<string, unknown>): boolean {
  if (typeof apiVersion !== 'string') return false;
  return apiVersion.startsWith(GROUP) || (KIND_NAMES.includes(kind as KindName) && nearest(apiVersion, [API_VERSION]) !== null);
}

function wrongVersion(value: Record<string, unknown>, { doc, place }: Omit<Subject, 'schema'>): Diagnostic {
  const message = `apiVersion ${shown(value.apiVersion)} is not known to this version of netloom`;
  const at = place(locate(doc.root, ['apiVersion']).value);
  return { code: 'unknown-api-version', severity: 'error', message, at, hint: `write ${API_VERSION}` };
}

function checkKind(value: Record<string, unknown>, subject: Omit<Subject, 'schema'>, site: SiteSchemas | undefined): readonly Diagnostic[] {
  const kind = value.kind;
  if (!KIND_NAMES.includes(kind as KindName)) return [wrongKind(kind, subject)];
  const schema = KIND_SCHEMAS[kind as KindName];
  const validate: Validator = VALIDATORS[kind as KindName];
  const wrong = validate(value) ? [] : shapeDiagnostics(validate.errors ?? [], { ...subject, schema });
  const own = site?.validators[kind as KindName];
  if (wrong.length > 0 || own === undefined || own(value)) return wrong;
  return siteDiagnostics(own.errors ?? [], { ...subject, schema: site?.schemas[kind as KindName] ?? schema });
}

function wrongKind(kind: unknown, { doc, place }: Omit<Subject, 'schema'>): Diagnostic {
  const at = locate(doc.root, ['kind']);
  if (kind === undefined) {
    const hint = `add kind: ${orList(KIND_NAMES)}`;
    return { code: 'missing-field', severity: 'error', message: 'kind is missing', at: place(locate(doc.root, []).key), hint };
  }
  const near = typeof kind === 'string' ? nearest(kind, KIND_NAMES) : null;
  const hint = near === null ? `kinds are ${KIND_NAMES.join(', ')}` : `did you mean ${near}?`;
  return { code: 'unknown-kind', severity: 'error', message: `unknown kind ${shown(kind)}`, at: place(at.value), hint };
}

interface Checked {
  readonly kind: KindName;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly spec: object;
}

function definitionOf(value: Record<string, unknown>, doc: YamlDoc, yaml: YamlFile): Definition {
  const { kind, metadata, spec } = value as unknown as Checked;
  canonicalise(value, KIND_SCHEMAS[kind]);
  const namespace = metadata.namespace ?? '';
  return {
    kind,
    name: metadata.name,
    namespace,
    key: namespace === '' ? metadata.name : `${namespace}/${metadata.name}`,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    spec,
    at: yaml.place(locate(doc.root, []).key),
    doc: doc.index,
  };
}

function stubOf(value: Record<string, unknown>): Stub {
  const metadata = isRecord(value.metadata) ? value.metadata : {};
  return { kind: String(value.kind), namespace: String(metadata.namespace ?? 'default'), name: String(metadata.name ?? '') };
}

/** What a text that is no YAML might define: each `name:` in it, and a Cluster when it speaks of one. */
function mentioned(text: string): readonly Stub[] {
  const names = new Set(Array.from(text.matchAll(/\bname"?: *["']?([a-z0-9-]{1,63})/g), match => match[1] ?? ''));
  const cluster = /\bkind"?: *["']?Cluster\b/.test(text) ? [{ kind: 'Cluster', namespace: '', name: '' }] : [];
  return [...cluster, ...[...names].slice(0, MOST_ERRORS).map(name => ({ kind: '', namespace: '', name }))];
}

function limited(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.length > MOST_ERRORS ? diagnostics.slice(0, MOST_ERRORS) : diagnostics;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

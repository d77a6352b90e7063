/** One revision of definitions: its files, what `load` makes of them, and a way to make it valid that knows no rule. */
import { hash } from 'node:crypto';
import { canonicalise } from '../../src/load/canonical.ts';
import { type Loaded, load } from '../../src/load/load.ts';
import type { ParsedFile } from '../../src/load/parse-file.ts';
import { KIND_SCHEMAS, type Schema, schemaAt } from '../../src/load/schema.ts';
import { VALIDATORS } from '../../src/load/validators.gen.js';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { checkAll } from '../../src/objects/checks.ts';
import { mainNetworks, writtenAt } from '../../src/objects/main-network.ts';
import type { Catalog, ClusterDef, Definition, InterfaceDef, KindName, NamespaceDef, NetworkDef } from '../../src/objects/object.ts';
import type { Document } from './ties.ts';
import { type Lines, type Path, pathAt, type Step, type Value, valueAt, without, yamlLines } from './yaml-lines.ts';

export interface Revision {
  readonly documents: readonly Document[];
  /** One for each definition. */
  readonly files: readonly File[];
  readonly catalog: Catalog;
}

export interface File {
  readonly path: string;
  readonly lines: Lines;
  /** Hash of its text. */
  readonly id: string;
}

export function filesOf(documents: readonly Value[]): readonly File[] {
  return documents.map((document, at) => {
    const lines = yamlLines([document]);
    return { path: `${String(at).padStart(2, '0')}.yaml`, lines, id: hash('sha1', lines.text) };
  });
}

// A definition stays the same through several revisions.
const parsed = new Map<string, ParsedFile>();
const MOST_PARSED = 5000;

/** What `load` says of these files. */
export function loadFiles(files: readonly File[]): Loaded {
  const texts = new Map(files.map(({ path, lines }) => [path, lines.text]));
  const entries = files.map(({ path, id, lines }) => ({ path, mode: '100644', id, size: Buffer.byteLength(lines.text) }));
  const loaded = load({ entries, bytesOf: path => Buffer.from(texts.get(path) ?? ''), known: parsed });
  if (parsed.size > MOST_PARSED) parsed.clear();
  for (const [key, file] of loaded.parsed) parsed.set(key, file);
  return loaded;
}

export function isError({ severity }: Pick<Diagnostic, 'severity'>): boolean {
  return severity === 'error';
}

/** Enough for every definition to lose each of its fields. */
const ROUNDS = 60;

/** Takes out what is refused, where that is said to be wrong, until nothing is. */
export function withoutWrong(documents: readonly Document[]): Revision {
  let now = documents;
  for (let round = 0; round < ROUNDS; round++) {
    const quick = shapeErrors(now) ?? checkErrors(now);
    if (quick.length > 0) {
      now = cut(now, quick);
      continue;
    }
    const files = filesOf(now);
    const { catalog, diagnostics } = loadFiles(files);
    if (catalog !== null) return { documents: now, files, catalog };
    now = cut(now, placesOf(diagnostics, files));
  }
  throw new Error(`no way to make this valid: ${JSON.stringify(loadFiles(filesOf(now)).diagnostics)}`);
}

// The first place in each document; from the last document on, so that the others keep their numbers.
function cut(documents: readonly Document[], places: readonly Path[]): readonly Document[] {
  const first = new Map([...places].reverse().map(path => [path[0], path] as const));
  const outs = [...first.values()].map(path => removable(documents, path)).sort((a, b) => Number(b[0]) - Number(a[0]));
  return outs.reduce<readonly Value[]>((now, path) => without(now, path) as readonly Value[], documents) as readonly Document[];
}

/** The nearest place from there upwards that is there and can be left out. */
function removable(documents: readonly Document[], [at = 0, ...path]: Path): Path {
  const document = documents[Number(at)];
  for (let length = path.length; document !== undefined && length > 0; length--) {
    const here = path.slice(0, length);
    if (valueAt(document, here) !== undefined && isOptional(KIND_SCHEMAS[document.kind], here)) return [at, ...here];
  }
  return [at];
}

function isOptional(root: Schema, path: readonly Step[]): boolean {
  const last = path.at(-1);
  if (typeof last === 'number') return true;
  const holder = schemaAt(root, path.slice(0, -1)) as (Schema & { readonly required?: readonly string[] }) | null;
  return holder !== null && holder.required?.includes(String(last)) !== true && holder.minProperties === undefined;
}

function placesOf(diagnostics: readonly Diagnostic[], files: readonly File[]): readonly Path[] {
  return diagnostics.filter(isError).map(({ at }) => {
    const nth = files.findIndex(({ path }) => path === at.file);
    return [nth, ...pathAt(files[nth]?.lines ?? { text: '', paths: [] }, at.line).slice(1)];
  });
}

// The same as `load` without YAML, which takes ten times as long.

function shapeErrors(documents: readonly Document[]): readonly Path[] | undefined {
  const found = documents.flatMap((document, at) => {
    const validate = VALIDATORS[document.kind];
    if (validate(structuredClone(document))) return [];
    const { instancePath = '', params = {} } = validate.errors?.[0] ?? {};
    const steps = instancePath.split('/').slice(1);
    return [
      [
        at,
        ...steps.map(step => (/^\d+$/.test(step) ? Number(step) : step)),
        ...(params.additionalProperty === undefined ? [] : [String(params.additionalProperty)]),
      ],
    ];
  });
  return found.length === 0 ? undefined : found;
}

function checkErrors(documents: readonly Document[]): readonly Path[] {
  const all = documents.map(definitionOf);
  const nth = new Map(all.map((definition, at) => [definition as Definition, at]));
  return checkAll(catalogOf(all))
    .filter(isError)
    .map(found => writtenAt(found.on, found.path))
    .map(({ on, path }) => [nth.get(on) ?? 0, ...path]);
}

function definitionOf(document: Document): Definition {
  const value = structuredClone(document) as unknown as { metadata: { name: string; namespace?: string; labels?: object; annotations?: object }; spec: object };
  VALIDATORS[document.kind](value);
  canonicalise(value, KIND_SCHEMAS[document.kind]);
  const { name, namespace = '', labels = {}, annotations = {} } = value.metadata;
  const key = namespace === '' ? name : `${namespace}/${name}`;
  return { kind: document.kind, name, namespace, key, labels, annotations, spec: value.spec, at: { file: '', line: 0, col: 0 }, doc: 0 } as Definition;
}

function catalogOf(all: readonly Definition[]): Catalog {
  const of = <D extends Definition>(kind: KindName): Map<string, D> => new Map(all.filter(each => each.kind === kind).map(each => [each.key, each as D]));
  const interfaces = [...of<InterfaceDef>('Interface').values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  const cluster = [...of<ClusterDef>('Cluster').values()][0] as ClusterDef;
  const namespaces = of<NamespaceDef>('Namespace');
  const networks = new Map([...of<NetworkDef>('Network').values(), ...mainNetworks(cluster, namespaces.values())].map(each => [each.key, each]));
  return {
    cluster,
    nodes: of('Node'),
    pools: of('AddressPool'),
    namespaces,
    networks,
    interfaces: of('Interface'),
    floatingIPs: of('FloatingIP'),
    routedIPs: of('RoutedIP'),
    interfacesOf: new Map([...networks.keys()].map(key => [key, interfaces.filter(({ namespace, spec }) => `${namespace}/${spec.network}` === key)])),
  };
}

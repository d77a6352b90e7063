/** A new definition as text, and the file that it goes into: as the repository's own habit is. */
import { posix } from 'node:path';
import { definitionsOf } from '../objects/index.ts';
import type { Catalog, Definition, InterfaceDef, KindName } from '../objects/object.ts';
import { documentsIn, lineEndOf } from './documents.ts';
import { lines, pairLines, schemaLine, type Value, word } from './yaml-text.ts';

export interface NewDefinition {
  readonly kind: KindName;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: { readonly [field: string]: Value };
}

export interface Home {
  /** Path below the folder of the definitions. */
  readonly file: string;
  /** Why there: ends a sentence. */
  readonly why: string;
}

const FOLDERS: Readonly<Partial<Record<KindName, string>>> = {
  Network: 'networks',
  Interface: 'interfaces',
  FloatingIP: 'floating-ips',
  RoutedIP: 'routed-ips',
};
const SCHEMAS: Readonly<Partial<Record<KindName, string>>> = { Network: 'network', Interface: 'interface', FloatingIP: 'floating-ip', RoutedIP: 'routed-ip' };

/** Beside its like: in a file that holds several of them, else in a file of its own in their folder. */
export function homeOf({ kind, namespace, name, spec }: NewDefinition, catalog: Catalog): Home {
  const all = [...definitionsOf(catalog)].filter(each => each.made === undefined);
  const like = all.filter(each => each.kind === kind && each.namespace === namespace);
  const closest = kind === 'Interface' ? like.filter(each => (each as InterfaceDef).spec.network === spec['network']) : [];
  const of = closest.length > 0 ? `Network ${namespace}/${spec['network']}` : `namespace ${namespace}`;
  const siblings = closest.length > 0 ? closest : like;
  const several = fileOfSeveral(siblings);
  if (several !== null) return { file: several, why: `${several} holds several ${kind}s of ${of}` };
  const [first] = files(siblings);
  if (first !== undefined) return { file: below(posix.dirname(first), name), why: `beside ${first}, as each ${kind} of ${of} has a file of its own` };
  const folder = catalog.namespaces.get(namespace)?.spec.folder;
  // What stands anywhere else is refused.
  if (folder !== undefined)
    return { file: below(`${folder}/${FOLDERS[kind] ?? kind.toLowerCase()}`, name), why: `in the folder that Namespace ${namespace} says` };
  return newFolder({ kind, namespace, name }, all);
}

// Nothing like it in this namespace yet: as other namespaces have it, else beside what the namespace has.
function newFolder({ kind, namespace, name }: Pick<NewDefinition, 'kind' | 'namespace' | 'name'>, all: readonly Definition[]): Home {
  const folder = FOLDERS[kind] ?? kind.toLowerCase();
  for (const other of all.filter(each => each.kind === kind)) {
    const parts = posix.dirname(other.at.file).split('/');
    const at = parts.indexOf(other.namespace);
    if (at >= 0) return { file: below(parts.with(at, namespace).join('/'), name), why: `as ${other.at.file} for namespace ${other.namespace}` };
  }
  const own = files(all.filter(each => each.namespace === namespace || (each.kind === 'Namespace' && each.name === namespace)));
  for (const file of own) {
    const parts = posix.dirname(file).split('/');
    const at = parts.indexOf(namespace);
    if (at >= 0) return { file: below([...parts.slice(0, at + 1), folder].join('/'), name), why: `in the folder of namespace ${namespace}` };
  }
  const [elsewhere] = files(all.filter(each => each.kind === kind));
  if (elsewhere !== undefined) return { file: below(posix.dirname(elsewhere), `${namespace}-${name}`), why: `beside ${elsewhere}` };
  const [beside] = own;
  const parent = beside === undefined ? null : posix.dirname(beside);
  if (parent !== null && !Object.values(FOLDERS).includes(posix.basename(parent))) return { file: below(parent, name), why: `beside ${beside}` };
  return { file: below(posix.join(parent === null ? '.' : posix.dirname(parent), folder), name), why: `the first ${kind}` };
}

function below(folder: string, name: string): string {
  return folder === '.' ? `${name}.yaml` : `${folder}/${name}.yaml`;
}

function files(definitions: readonly Definition[]): readonly string[] {
  return [...new Set(definitions.map(({ at }) => at.file))].sort();
}

// The one with the most; of equals the first.
function fileOfSeveral(definitions: readonly Definition[]): string | null {
  const counts = new Map<string, number>();
  for (const { at } of definitions) counts.set(at.file, (counts.get(at.file) ?? 0) + 1);
  const [most] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return most === undefined || most[1] < 2 ? null : most[0];
}

/** The definition as text; `schema`: where its schema is, for editors, null for none. */
export function definitionText({ kind, namespace, name, labels, spec }: NewDefinition, schema: string | null): string {
  return lines([
    ...(schema === null ? [] : [schemaLine(schema)]),
    'apiVersion: netloom.dev/v1',
    `kind: ${kind}`,
    'metadata:',
    `  name: ${word(name)}`,
    ...(namespace === 'default' ? [] : [`  namespace: ${word(namespace)}`]),
    ...(Object.keys(labels).length === 0 ? [] : pairLines('labels', labels, '  ', '  ')),
    ...pairLines('spec', spec, '', '  '),
  ]);
}

/** Where a file finds the schema of a kind, told by what other files say of theirs; null where none does. */
export function schemaFor(kind: KindName, file: string, texts: ReadonlyMap<string, string | null>): string | null {
  for (const [path, text] of texts) {
    const found = text === null ? null : /^# yaml-language-server: \$schema=(\S*\/)[a-z-]+\.json\s*$/m.exec(text);
    if (found === null) continue;
    const [base = '', name] = [found[1], `${SCHEMAS[kind]}.json`];
    if (/^([a-z]+:|\/)/.test(base)) return `${base}${name}`;
    // Below a root that no path leaves.
    const root = `/${'x/'.repeat(32)}`;
    return posix.relative(posix.join(root, posix.dirname(file)), posix.join(root, posix.dirname(path), base, name));
  }
  return null;
}

/** A file with one document more, at its end. Null where that is not to be done by machine. */
export function appendDocument(text: string, document: string): string | null {
  const end = lineEndOf(text);
  const added = end === '\n' ? document : document.replaceAll('\n', end);
  const docs = documentsIn(text);
  if (docs === null) return null;
  const apart = text === '' || text.endsWith('\n') ? '' : end;
  const whole = docs.length === 0 ? `${text}${apart}${added}` : `${text}${apart}---${end}${added}`;
  return documentsIn(whole)?.length === docs.length + 1 ? whole : null;
}

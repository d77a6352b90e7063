/** All files of a revision -> the catalog, or everything that is wrong with them, at once. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Place } from '../model/place.ts';
import { checkAll } from '../objects/checks.ts';
import { MAIN, writtenAt } from '../objects/main-network.ts';
import type { Catalog, Definition, Finding } from '../objects/object.ts';
import { gather } from './gather.ts';
import { locate, type Path } from './locate.ts';
import { API_VERSION, type ParsedFile, reread, type Stub } from './parse-file.ts';

export interface Linked {
  /** Null when there is an error anywhere: a bad revision is refused whole. */
  readonly catalog: Catalog | null;
  /** Sorted by file, line and column; warnings too. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Gives a file's bytes once more, so that a finding gets its place; null when they are gone. Called only for files with findings. */
export type BytesOf = (path: string) => Uint8Array | null;

/** Duplicates, references, cross-checks. Files that have problems by themselves are included; their definitions are left out. */
export function link(files: readonly ParsedFile[], bytesOf: BytesOf, more: readonly Diagnostic[] = [], before?: Catalog): Linked {
  const stubs = files.flatMap(file => file.stubs);
  const { catalog, clusters, findings } = gather(files);
  const own = [...more, ...files.flatMap(file => file.diagnostics)];
  const nothing = files.every(file => file.docs.length === 0 && file.stubs.length === 0);
  if (nothing && !own.some(isError)) own.push(noDefinitions());
  if (!nothing && clusters === 0 && !stubs.some(stub => stub.kind === 'Cluster')) own.push(noCluster());
  const crossed = nothing ? [] : unexcused([...findings, ...checkAll(catalog, before).flatMap(written)], stubs);
  const diagnostics = [...own, ...once(placed(crossed, bytesOf))].sort(byPlace);
  return { catalog: diagnostics.some(isError) ? null : catalog, diagnostics };
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}

// What stands in for a Cluster was written by nobody: nothing is wrong with it, and no place is in it.
function written(finding: Finding): readonly Finding[] {
  const isThere = ({ on }: Pick<Finding, 'on'>): boolean => on.at.line > 0;
  if (!isThere(finding)) return [];
  return [finding.related?.every(isThere) === false ? { ...finding, related: finding.related.filter(isThere) } : finding];
}

function noDefinitions(): Diagnostic {
  const hint = `definitions are *.yaml files with apiVersion: ${API_VERSION}; is the path right?`;
  return { code: 'no-definitions', severity: 'error', message: 'there is no netloom definition at all', at: { file: '.', line: 0, col: 0 }, hint };
}

function noCluster(): Diagnostic {
  const hint = `add one: apiVersion: ${API_VERSION}, kind: Cluster, metadata: {name: ...}`;
  return { code: 'no-cluster', severity: 'error', message: 'there is no Cluster', at: { file: '.', line: 0, col: 0 }, hint };
}

// What is defined, but wrong in itself, is not missing: one mistake is told once.
function unexcused(findings: readonly Finding[], written: readonly Stub[]): readonly Finding[] {
  const stubs = written.flatMap(stub => [stub, ...madeBy(stub)]);
  const wrong = new Set(stubs.map(stub => (stub.kind === '' ? stub.name : `${stub.kind} ${SCOPED.has(stub.kind) ? stub.namespace : ''}/${stub.name}`)));
  const kinds = new Set(stubs.map(stub => stub.kind));
  return findings.filter(({ missing }) => {
    if (missing === undefined) return true;
    if (missing.kind === 'Network' && missing.name === MAIN && kinds.has('Cluster')) return false;
    if (missing.name === '') return !(kinds.has(missing.kind) || kinds.has(''));
    return !(wrong.has(missing.name) || wrong.has(`${missing.kind} ${missing.namespace}/${missing.name}`));
  });
}

// A tenant that is wrong in itself may have a main network, as all have by a Cluster that is.
function madeBy({ kind, name }: Stub): readonly Stub[] {
  return kind === 'Namespace' || kind === '' ? [{ kind: 'Network', namespace: name, name: MAIN }] : [];
}

const SCOPED: ReadonlySet<string> = new Set(['Network', 'Interface', 'FloatingIP', 'RoutedIP']);

/** Findings -> diagnostics: each file is parsed again once, and only files that have a finding. */
function placed(findings: readonly Finding[], bytesOf: BytesOf): readonly Diagnostic[] {
  const files = new Map<string, ReturnType<typeof reread>>();
  const placeOf = (self: Definition, field: Path): Place => {
    const { on, path } = writtenAt(self, field);
    const { file } = on.at;
    if (!files.has(file)) {
      const bytes = on.at.line === 0 ? null : bytesOf(file);
      files.set(file, bytes === null ? null : reread(file, bytes));
    }
    const read = files.get(file);
    const doc = read?.docs.find(each => each.index === on.doc);
    if (!read || doc === undefined) return on.at;
    return read.place(locate(doc.root, path).value);
  };
  return findings.map(({ code, severity, message, hint, on, path, related }) => ({
    code,
    severity,
    message,
    at: placeOf(on, path),
    ...(hint === undefined ? {} : { hint }),
    ...(related === undefined ? {} : { related: related.map(other => placeOf(other.on, other.path)) }),
  }));
}

// A template of many networks is wrong once.
function once(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(diagnostics.map(each => [JSON.stringify([each.code, each.at, each.message]), each])).values()];
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  if (a.at.file !== b.at.file) return a.at.file < b.at.file ? -1 : 1;
  return a.at.line - b.at.line || a.at.col - b.at.col;
}

/** All files of a revision -> the catalog, or everything that is wrong with them, at once. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Place } from '../model/place.ts';
import { checkAll } from '../objects/checks.ts';
import { titled } from '../objects/finding.ts';
import type {
  AddressPoolDef,
  Catalog,
  ClusterDef,
  Definition,
  Finding,
  FloatingIPDef,
  InterfaceDef,
  NamespaceDef,
  NetworkDef,
  NodeDef,
  RoutedIPDef,
} from '../objects/object.ts';
import { locate, type Path } from './locate.ts';
import { API_VERSION, type ParsedFile, reread, type Stub } from './parse-file.ts';
import { VALIDATORS } from './validators.gen.js';

export interface Linked {
  /** Null when there is an error anywhere: a bad revision is refused whole. */
  readonly catalog: Catalog | null;
  /** Sorted by file, line and column; warnings too. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Gives a file's bytes once more, so that a finding gets its place; null when they are gone. Called only for files with findings. */
export type BytesOf = (path: string) => Uint8Array | null;

/** Duplicates, references, cross-checks. Files that have problems by themselves are included; their definitions are left out. */
export function link(files: readonly ParsedFile[], bytesOf: BytesOf, more: readonly Diagnostic[] = []): Linked {
  const stubs = files.flatMap(file => file.stubs);
  const { catalog, clusters, findings } = gather(files);
  const own = [...more, ...files.flatMap(file => file.diagnostics)];
  const nothing = files.every(file => file.docs.length === 0 && file.stubs.length === 0);
  if (nothing && !own.some(isError)) own.push(noDefinitions());
  if (!nothing && clusters === 0 && !stubs.some(stub => stub.kind === 'Cluster')) own.push(noCluster());
  const crossed = nothing ? [] : unexcused([...findings, ...checkAll(catalog).flatMap(written)], stubs);
  const diagnostics = [...own, ...placed(crossed, bytesOf)].sort(byPlace);
  return { catalog: diagnostics.some(isError) ? null : catalog, diagnostics };
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}

function gather(files: readonly ParsedFile[]): { catalog: Catalog; clusters: number; findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const kinds: Record<Definition['kind'], Map<string, Definition>> = {
    Cluster: new Map(),
    Node: new Map(),
    AddressPool: new Map(),
    Namespace: new Map(),
    Network: new Map(),
    Interface: new Map(),
    FloatingIP: new Map(),
    RoutedIP: new Map(),
  };
  for (const file of files) {
    for (const definition of file.docs) {
      const earlier = kinds[definition.kind].get(definition.key);
      if (earlier === undefined) kinds[definition.kind].set(definition.key, definition);
      else findings.push(duplicate(definition, earlier));
    }
  }
  const [cluster, ...others] = kinds.Cluster.values() as Iterable<ClusterDef>;
  for (const other of others) if (cluster !== undefined) findings.push(severalClusters(other, cluster));
  const networks = kinds.Network as Map<string, NetworkDef>;
  const interfaces = kinds.Interface as Map<string, InterfaceDef>;
  const catalog = {
    cluster: cluster ?? someCluster(),
    nodes: kinds.Node as Map<string, NodeDef>,
    pools: kinds.AddressPool as Map<string, AddressPoolDef>,
    namespaces: kinds.Namespace as Map<string, NamespaceDef>,
    networks,
    interfaces,
    floatingIPs: kinds.FloatingIP as Map<string, FloatingIPDef>,
    routedIPs: kinds.RoutedIP as Map<string, RoutedIPDef>,
    interfacesOf: byNetwork(networks, interfaces),
  };
  return { catalog, clusters: kinds.Cluster.size, findings };
}

function byNetwork(networks: ReadonlyMap<string, NetworkDef>, interfaces: ReadonlyMap<string, InterfaceDef>): Catalog['interfacesOf'] {
  const found = new Map<string, InterfaceDef[]>();
  for (const key of networks.keys()) found.set(key, []);
  for (const each of interfaces.values()) found.get(`${each.namespace}/${each.spec.network}`)?.push(each);
  for (const list of found.values()) list.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  return found;
}

/** Stands in where no Cluster could be read, so that everything else is checked against the defaults. */
function someCluster(): ClusterDef {
  const value = { apiVersion: API_VERSION, kind: 'Cluster', metadata: { name: 'none' }, spec: {} };
  if (!VALIDATORS.Cluster(value)) throw new Error('bug: a Cluster of defaults has not the shape of one');
  const spec = value.spec as ClusterDef['spec'];
  return { kind: 'Cluster', name: 'none', namespace: '', key: 'none', labels: {}, annotations: {}, spec, at: { file: '.', line: 0, col: 0 }, doc: 0 };
}

// What stands in for a Cluster was written by nobody: nothing is wrong with it, and no place is in it.
function written(finding: Finding): readonly Finding[] {
  const isThere = ({ on }: Pick<Finding, 'on'>): boolean => on.at.line > 0;
  if (!isThere(finding)) return [];
  return [finding.related?.every(isThere) === false ? { ...finding, related: finding.related.filter(isThere) } : finding];
}

function duplicate(on: Definition, earlier: Definition): Finding {
  const message = `${titled(on)} is defined in ${earlier.at.file}:${earlier.at.line} already`;
  const path = ['metadata', 'name'];
  return { code: 'duplicate-object', severity: 'error', message, hint: 'remove or rename one of them', on, path, related: [{ on: earlier, path }] };
}

function severalClusters(on: Definition, first: Definition): Finding {
  const message = `there is a second Cluster, ${on.name} beside ${first.name}`;
  const path = ['metadata', 'name'];
  return { code: 'several-clusters', severity: 'error', message, hint: 'keep one of them', on, path, related: [{ on: first, path }] };
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
function unexcused(findings: readonly Finding[], stubs: readonly Stub[]): readonly Finding[] {
  const wrong = new Set(stubs.map(stub => (stub.kind === '' ? stub.name : `${stub.kind} ${SCOPED.has(stub.kind) ? stub.namespace : ''}/${stub.name}`)));
  const kinds = new Set(stubs.map(stub => stub.kind));
  return findings.filter(({ missing }) => {
    if (missing === undefined) return true;
    if (missing.name === '') return !(kinds.has(missing.kind) || kinds.has(''));
    return !(wrong.has(missing.name) || wrong.has(`${missing.kind} ${missing.namespace}/${missing.name}`));
  });
}

const SCOPED: ReadonlySet<string> = new Set(['Network', 'Interface', 'FloatingIP', 'RoutedIP']);

/** Findings -> diagnostics: each file is parsed again once, and only files that have a finding. */
function placed(findings: readonly Finding[], bytesOf: BytesOf): readonly Diagnostic[] {
  const files = new Map<string, ReturnType<typeof reread>>();
  const placeOf = (on: Definition, path: Path): Place => {
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

function byPlace(a: Diagnostic, b: Diagnostic): number {
  if (a.at.file !== b.at.file) return a.at.file < b.at.file ? -1 : 1;
  return a.at.line - b.at.line || a.at.col - b.at.col;
}

/** Files of a revision -> its definitions by key, and what is there twice. What templates make is made here, so that no other room knows of it. */
import { titled } from '../objects/finding.ts';
import { mainNetworks } from '../objects/main-network.ts';
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
import { API_VERSION, type ParsedFile } from './parse-file.ts';
import { VALIDATORS } from './validators.gen.js';

export interface Gathered {
  readonly catalog: Catalog;
  /** How many Clusters there are; without one the defaults stand in. */
  readonly clusters: number;
  readonly findings: readonly Finding[];
}

/** Each definition once, those that templates make among them. Its place and order in the files make no difference, but for which of two is called the second. */
export function gather(files: readonly ParsedFile[]): Gathered {
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
  const [first, ...others] = kinds.Cluster.values() as Iterable<ClusterDef>;
  for (const other of others) if (first !== undefined) findings.push(severalClusters(other, first));
  const cluster = first ?? someCluster();
  const networks = kinds.Network as Map<string, NetworkDef>;
  for (const made of mainNetworks(cluster, kinds.Namespace.values() as Iterable<NamespaceDef>)) {
    const written = networks.get(made.key);
    if (written === undefined) networks.set(made.key, made);
    else findings.push(besideTemplate(written, made));
  }
  const interfaces = kinds.Interface as Map<string, InterfaceDef>;
  const catalog = {
    cluster,
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

function besideTemplate(on: Definition, made: NetworkDef): Finding {
  const { name, at } = made.made?.[0].on ?? made;
  const message = `${titled(on)} is made by the template of Namespace ${name} already (${at.file}:${at.line})`;
  const hint = `write mainNetwork: false in Namespace ${name}, or remove this one`;
  const path = ['metadata', 'name'];
  return { code: 'duplicate-object', severity: 'error', message, hint, on, path, related: [{ on: made, path: [] }] };
}

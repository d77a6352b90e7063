/** The network `main` of tenants: made of templates, and an ordinary Network to every other room from then on. */
import type { ClusterDef, Definition, Finding, NamespaceDef, NetworkDef, Template } from './object.ts';

/** Its name. */
export const MAIN = 'main';
/** Where the templates stand. */
const OWN = ['spec', 'mainNetwork'] as const;
const GENERAL = ['spec', 'namespaceDefaults', 'mainNetwork'] as const;

/** The main networks of all Namespaces that have one. */
export function mainNetworks(cluster: ClusterDef, namespaces: Iterable<NamespaceDef>): readonly NetworkDef[] {
  return [...namespaces].flatMap(each => mainNetwork(cluster, each) ?? []);
}

function mainNetwork(cluster: ClusterDef, tenant: NamespaceDef): NetworkDef | null {
  const { mainNetwork: own } = tenant.spec;
  const { mainNetwork: general } = cluster.spec.namespaceDefaults ?? {};
  if (own === false || (general === undefined && typeof own !== 'object')) return null;
  const made: readonly [Template, ...Template[]] = [{ on: tenant, path: OWN }, ...(general === undefined ? [] : [{ on: cluster, path: GENERAL }])];
  // A vxid for all is told at the Cluster.
  const { vxid: _, ...shared } = general ?? {};
  return network(tenant.name, { ...shared, ...(typeof own === 'object' ? own : {}) }, made);
}

/** A network of the Cluster's template alone, for no tenant: what is wrong with the template is wrong before the first tenant comes. */
export function mainNetworkOfNobody(cluster: ClusterDef): NetworkDef | null {
  const { mainNetwork: general } = cluster.spec.namespaceDefaults ?? {};
  return general === undefined ? null : network('default', general, [{ on: cluster, path: GENERAL }]);
}

function network(namespace: string, spec: NetworkDef['spec'], made: readonly [Template, ...Template[]]): NetworkDef {
  const { at, doc } = made[0].on;
  return { kind: 'Network', name: MAIN, namespace, key: `${namespace}/${MAIN}`, labels: {}, annotations: {}, spec, at, doc, made };
}

/** Where a field of a definition is written: in its document, or in the first of its templates that says it. */
export function writtenAt(on: Definition, path: Finding['path']): Pick<Finding, 'on' | 'path'> {
  if (on.made === undefined) return { on, path };
  const [first] = on.made;
  const [part, field, ...rest] = path;
  if (part !== 'spec') return { on: first.on, path: first.path };
  const template = on.made.find(each => field !== undefined && saying(each, field)) ?? first;
  return { on: template.on, path: [...template.path, ...(field === undefined ? [] : [field]), ...rest] };
}

function saying({ on, path }: Template, field: string | number): boolean {
  const said = path.slice(1).reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], on.spec);
  return typeof said === 'object' && said !== null && Object.hasOwn(said, field);
}

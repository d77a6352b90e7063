/** References to what is not there, and to pools that nobody names: the same words for every kind of definition. */
import type { DiagnosticCode } from '../model/diagnostic.ts';
import { orList } from '../model/text.ts';
import { error, titled } from './finding.ts';
import type { Catalog, Definition, Finding, KindName } from './object.ts';
import { gatewayNodes } from './services.ts';
import { suggestion } from './suggest.ts';
import { poolNamesOf, poolOf, poolsPlace } from './tenancy.ts';

/** What a definition refers to; `namespace` '' for kinds of the cluster. */
export interface Target {
  readonly kind: KindName;
  readonly namespace: string;
  readonly name: string;
}

/** There is no such definition; the hint names the nearest of `candidates`. */
export function unknown(on: Definition, path: Finding['path'], target: Target, catalog: Catalog, candidates: Iterable<string>): Finding {
  const { kind, namespace, name } = target;
  const near = suggestion(catalog, name, candidates);
  const hint =
    near === null ? `add ${/^[AI]/.test(kind) ? 'an' : 'a'} ${kind} ${name}${namespace === '' ? '' : ` to namespace ${namespace}`}` : `did you mean ${near}?`;
  const message = `there is no ${kind} ${name}${namespace === '' ? '' : ` in namespace ${namespace}`}`;
  return error('unknown-reference', on, path, message, { hint, missing: target });
}

/** Names of the definitions of one namespace, found only when they are asked for. */
export function* namesIn(definitions: ReadonlyMap<string, Definition>, namespace: string): Generator<string> {
  for (const each of definitions.values()) if (each.namespace === namespace) yield each.name;
}

/** What is wrong with the pool that a definition uses: it is not there or not for its tenant, or nobody says which one. `at`: where that is told when it names none. */
export function poolFindings(on: Definition<{ readonly pool?: string }>, catalog: Catalog, at: Finding['path']): readonly Finding[] {
  const { pool: name } = on.spec;
  const list = poolNamesOf(on.namespace, catalog);
  const names = [...(list ?? catalog.pools.keys())].sort();
  if (name !== undefined) {
    if (!catalog.pools.has(name)) return [unknown(on, ['spec', 'pool'], { kind: 'AddressPool', namespace: '', name }, catalog, names)];
    return list === undefined || list.includes(name) ? [] : [notAllowed(on, ['spec', 'pool'], `AddressPool ${name}`, list, catalog)];
  }
  if (list?.length === 0) return [notAllowed(on, at, 'any AddressPool', list, catalog)];
  // A default that does not exist is told at the Cluster, or at the Namespace.
  if (poolOf(on, catalog) !== undefined || list !== undefined || catalog.cluster.spec.defaultPool !== undefined) return [];
  if (names.length === 0) return [nothingOf('AddressPool', on, at, 'no-pool', 'there is no AddressPool to take an address from', 'add an AddressPool')];
  const message = `there are ${names.length} AddressPools, and nobody says which one is meant`;
  return [error('ambiguous-pool', on, at, message, { hint: `write pool: ${names[0]}, or set defaultPool in the Cluster` })];
}

/** Names in a list of pools that are of none. */
export function unknownPools(on: Definition, path: Finding['path'], pools: readonly string[] | undefined, catalog: Catalog): readonly Finding[] {
  return (pools ?? []).flatMap((name, nth) =>
    catalog.pools.has(name) ? [] : [unknown(on, [...path, nth], { kind: 'AddressPool', namespace: '', name }, catalog, catalog.pools.keys())],
  );
}

function notAllowed(on: Definition, path: Finding['path'], what: string, list: readonly string[], catalog: Catalog): Finding {
  const use = list.length === 0 ? '' : `use ${orList(list)}, or `;
  const allowing = poolsPlace(on.namespace, catalog);
  const hint = `${use}ask whoever owns ${titled(allowing.on)} for a pool in ${allowing.path.join('.')}`;
  const missing = { kind: 'Namespace', namespace: '', name: on.namespace } as const;
  return error('pool-not-allowed', on, path, `namespace ${on.namespace} may not use ${what}`, { hint, related: [allowing], missing });
}

/** There is no gateway node at all, and the definition needs one. */
export function noGatewayNode(on: Definition, path: Finding['path'], what: string): Finding {
  return nothingOf('Node', on, path, 'no-gateway-node', `${what}, but no Node has gateway: true`, 'set gateway: true in a Node');
}

/** There is no definition of a kind: quiet when there is one that is wrong in itself. */
function nothingOf(kind: KindName, on: Definition, path: Finding['path'], code: DiagnosticCode, message: string, hint: string): Finding {
  return error(code, on, path, message, { hint, missing: { kind, namespace: '', name: '' } });
}

/** Nodes that a definition names and that cannot be its gateway: unknown, or without `gateway: true`. */
export function gatewayFindings(on: Definition, path: Finding['path'], name: string, catalog: Catalog): readonly Finding[] {
  const node = catalog.nodes.get(name);
  const gateways = gatewayNodes(catalog).map(each => each.name);
  if (node === undefined) return [unknown(on, path, { kind: 'Node', namespace: '', name }, catalog, gateways)];
  if (node.spec.gateway) return [];
  const hint = gateways.length === 0 ? `set gateway: true in Node ${name}` : `set gateway: true in Node ${name}, or name another one`;
  return [error('no-gateway-node', on, path, `Node ${name} is no gateway node`, { hint, related: [{ on: node, path: ['spec', 'gateway'] }] })];
}

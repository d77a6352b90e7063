/** References to what is not there, and to pools that nobody names: the same words for every kind of definition. */
import type { DiagnosticCode } from '../model/diagnostic.ts';
import { error } from './finding.ts';
import type { Catalog, Definition, Finding, KindName } from './object.ts';
import { gatewayNodes, poolOf } from './services.ts';
import { suggestion } from './suggest.ts';

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

/** What is wrong with the pool that a definition uses: it is not there, or nobody says which one. `at`: where that is told when it names none. */
export function poolFindings(on: Definition<{ readonly pool?: string }>, catalog: Catalog, at: Finding['path']): readonly Finding[] {
  const { pool: name } = on.spec;
  const names = [...catalog.pools.keys()].sort();
  if (name !== undefined) {
    return catalog.pools.has(name) ? [] : [unknown(on, ['spec', 'pool'], { kind: 'AddressPool', namespace: '', name }, catalog, names)];
  }
  // A default that does not exist is told at the Cluster.
  if (poolOf(on.spec, catalog) !== undefined || catalog.cluster.spec.defaultPool !== undefined) return [];
  if (names.length === 0) return [nothingOf('AddressPool', on, at, 'no-pool', 'there is no AddressPool to take an address from', 'add an AddressPool')];
  const message = `there are ${names.length} AddressPools, and nobody says which one is meant`;
  return [error('ambiguous-pool', on, at, message, { hint: `write pool: ${names[0]}, or set defaultPool in the Cluster` })];
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

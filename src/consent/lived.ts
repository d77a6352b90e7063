/**
 * What lived before a revision: its definitions, what each of them stands on, and the guards that count. Told by the last
 * enforced definitions, or, where a node has lost them, by what the status branch holds.
 */
import { APPROVE, hashesIn, PROTECT } from '../model/annotations.ts';
import type { Ledger } from '../model/ledger.ts';
import type { Place } from '../model/place.ts';
import { definitionsOf } from '../objects/index.ts';
import type { Catalog, ClusterDef, Definition, FloatingIPDef, InterfaceDef, NetworkDef, NodeDef, RoutedIPDef } from '../objects/object.ts';
import { egressOf } from '../objects/services.ts';
import { poolOf } from '../objects/tenancy.ts';

/** From how many deletions on somebody is asked. */
export type Guards = ClusterDef['spec']['guards'];

/** One definition that lived. */
export interface Living {
  /** `Network default/demo`. */
  readonly definition: string;
  readonly kind: Definition['kind'];
  /** Where it stood; null where only the ledger or a report tells of it. */
  readonly at: Place | null;
  readonly isProtected: boolean;
  /** Definitions without which it is not what it was. */
  readonly standsOn: readonly string[];
  /** An Interface with a node. */
  readonly isPlaced: boolean;
  /** A Node that may carry routers. */
  readonly isGateway: boolean;
}

export interface Lived {
  /** Of the revision that was enforced: a new one cannot widen its own. */
  readonly guards: Guards;
  /** Approvals that stood there already: they are used up. */
  readonly approvals: ReadonlySet<string>;
  /** By definition. */
  readonly living: ReadonlyMap<string, Living>;
}

/** What counts where the guards of the enforced revision are not known: the defaults of the schema. */
export const USUAL: Guards = { maxDeletions: 10, maxDeletedPercent: 20, percentAbove: 5 };

/** All that a revision defines. */
export function livedIn(catalog: Catalog): Lived {
  const living = [...definitionsOf(catalog)].map((each): [string, Living] => {
    const definition = `${each.kind} ${each.key}`;
    return [definition, { definition, kind: each.kind, at: each.at, isProtected: each.annotations[PROTECT] === 'true', ...standing(each, catalog) }];
  });
  return { guards: catalog.cluster.spec.guards, approvals: approvalsIn(catalog), living: new Map(living) };
}

/** Hashes that a revision approves for all nodes. */
export function approvalsIn({ cluster }: Catalog): ReadonlySet<string> {
  return new Set(hashesIn(cluster.annotations[APPROVE] ?? ''));
}

/** What a definition stands on in its catalog, and what makes it more than a name: an Interface's node, a Node's being a gateway. */
export function standing(each: Definition, catalog: Catalog): Pick<Living, 'standsOn' | 'isPlaced' | 'isGateway'> {
  const none = { isPlaced: false, isGateway: false };
  if (each.kind === 'Interface') return { ...none, ...ofInterface(each as InterfaceDef) };
  if (each.kind === 'Network') return { ...none, standsOn: ofNetwork(each as NetworkDef, catalog) };
  if (each.kind === 'FloatingIP') return { ...none, standsOn: ofFloating(each as FloatingIPDef, catalog) };
  if (each.kind === 'RoutedIP') {
    const { namespace, spec } = each as RoutedIPDef;
    return { ...none, standsOn: [`Network ${namespace}/${spec.network}`, ...ofPool(each, catalog)] };
  }
  return { standsOn: [], isPlaced: false, isGateway: each.kind === 'Node' && (each as NodeDef).spec.gateway };
}

function ofInterface({ namespace, spec }: InterfaceDef): Pick<Living, 'standsOn' | 'isPlaced'> {
  const node = spec.node === undefined ? [] : [`Node ${spec.node}`];
  return { standsOn: [`Network ${namespace}/${spec.network}`, ...node], isPlaced: node.length > 0 };
}

function ofNetwork(network: NetworkDef, catalog: Catalog): readonly string[] {
  const pool = egressOf(network, catalog) === 'none' ? [] : ofPool(network, catalog);
  return network.spec.gateway === undefined ? pool : [...pool, `Node ${network.spec.gateway}`];
}

function ofFloating(floating: FloatingIPDef, catalog: Catalog): readonly string[] {
  const { namespace, spec } = floating;
  const target = spec.interface === undefined ? [] : [`Interface ${namespace}/${spec.interface}`];
  return [...target, ...ofPool(floating, catalog)];
}

function ofPool(self: Definition<{ readonly pool?: string }>, catalog: Catalog): readonly string[] {
  const pool = poolOf(self, catalog);
  return pool === undefined ? [] : [`AddressPool ${pool.name}`];
}

/**
 * What the status branch tells of a cluster to a node that has lost its own definitions.
 *
 * @param ledger  what is allocated and not removed lives
 * @param also    further definitions that live: the nodes that are heard of, and whose allocations cannot be read
 * @param before  the newest revision that this node is known to have enforced: what it says of them counts, and it alone
 *                tells of the kinds that nothing is allocated to; null where there is none
 */
export function livedOnStatus(ledger: Ledger, also: readonly string[], before: Catalog | null): Lived {
  const known = before === null ? null : livedIn(before);
  const gateways = new Set(Object.values(ledger.networks).map(({ gateway }) => `Node ${gateway?.node}`));
  const living = new Map<string, Living>();
  for (const each of known?.living.values() ?? []) if (!ALLOCATED.has(each.kind)) living.set(each.definition, each);
  const others = also.map(definition => ({ ...bare(definition, []), isGateway: gateways.has(definition) }));
  for (const each of [...allocatedIn(ledger), ...others]) {
    if (known !== null && each.kind === 'Node') continue;
    living.set(each.definition, known?.living.get(each.definition) ?? each);
  }
  return { guards: known?.guards ?? USUAL, approvals: known?.approvals ?? new Set(), living };
}

/** Kinds of which the ledger knows what lives. */
const ALLOCATED: ReadonlySet<string> = new Set(['Network', 'Interface', 'AddressPool', 'FloatingIP', 'RoutedIP']);

function allocatedIn({ networks, pools = {} }: Ledger): Living[] {
  const found: Living[] = [];
  for (const [key, { floatingGateway, interfaces, removed }] of Object.entries(networks)) {
    const pool = floatingGateway === undefined ? [] : [`AddressPool ${floatingGateway.pool}`];
    if (removed === undefined) found.push(bare(`Network ${key}`, pool));
    for (const [name, { node }] of live(interfaces)) {
      const standsOn = [`Network ${key}`, ...(node === undefined ? [] : [`Node ${node}`])];
      found.push({ ...bare(`Interface ${name}`, standsOn), isPlaced: node !== undefined });
    }
  }
  for (const [name, { floating, routed, removed }] of Object.entries(pools)) {
    if (removed === undefined) found.push(bare(`AddressPool ${name}`, []));
    for (const [key] of live(floating)) found.push(bare(`FloatingIP ${key}`, [`AddressPool ${name}`]));
    for (const [key] of live(routed)) found.push(bare(`RoutedIP ${key}`, [`AddressPool ${name}`]));
  }
  return found;
}

function live<T extends { readonly removed?: string }>(all: Readonly<Record<string, T>>): readonly [string, T][] {
  return Object.entries(all).filter(([, { removed }]) => removed === undefined);
}

function bare(definition: string, standsOn: readonly string[]): Living {
  const kind = definition.slice(0, definition.indexOf(' ')) as Definition['kind'];
  return { definition, kind, at: null, isProtected: false, standsOn, isPlaced: false, isGateway: false };
}

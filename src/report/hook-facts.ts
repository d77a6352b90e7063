/** What hooks are told of an object, and which node tells what is told once for all nodes. */
import type { Ledger } from '../model/ledger.ts';
import { membersOf, nodesOf, routerNodes } from '../objects/mesh.ts';
import type { Catalog, NetworkDef } from '../objects/object.ts';
import { hostnameOf, nodesOfPool, targetOf } from '../objects/services.ts';
import { poolOf } from '../objects/tenancy.ts';
import { heldBy } from './holders.ts';
import type { HookFacts } from './hook-event.ts';
import { berthOf, homeOf } from './state.ts';

/** An object as definitions and ledger know it. */
export interface HookSubject {
  /** The uuid, `held` for kinds without one; '' while nothing is allocated. */
  readonly id: string;
  readonly facts: Omit<HookFacts, 'devices'>;
}

interface Known {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
}

/** Every object of the definitions, by `Network default/demo`. */
export function hookSubjects(known: Known): ReadonlyMap<string, HookSubject> {
  const { catalog } = known;
  return new Map([
    ...[...catalog.pools.keys()].map(key => [`AddressPool ${key}`, poolSubject(key, known)] as const),
    ...[...catalog.networks.values()].map(network => [`Network ${network.key}`, networkSubject(network, known)] as const),
    ...[...catalog.interfaces.keys()].map(key => [`Interface ${key}`, interfaceSubject(key, known)] as const),
    ...[...catalog.floatingIPs.keys()].map(key => [`FloatingIP ${key}`, floatingSubject(key, known)] as const),
    ...[...catalog.routedIPs.keys()].map(key => [`RoutedIP ${key}`, routedSubject(key, known)] as const),
  ]);
}

/**
 * The node that tells of allocations and readiness: the first where the object belongs (a network's router before its members), else the
 * first of all. Every node comes to the same answer from the same definitions and ledger.
 */
export function speakerOf({ facts }: HookSubject, { catalog }: Known): string {
  return facts.nodes.find(name => catalog.nodes.has(name)) ?? [...catalog.nodes.keys()].sort()[0] ?? '';
}

function poolSubject(key: string, { catalog, ledger }: Known): HookSubject {
  const pool = catalog.pools.get(key);
  const entry = ledger.pools?.[key];
  const isHeld = entry !== undefined && entry.removed === undefined;
  const cidr = entry?.cidr ?? pool?.spec.cidr;
  return { id: isHeld ? 'held' : '', facts: { addresses: [], ...(cidr === undefined ? {} : { cidr }), nodes: pool ? nodesOfPool(pool, catalog) : [] } };
}

function networkSubject(network: NetworkDef, known: Known): HookSubject {
  const entry = known.ledger.networks[network.key];
  const nodes = [...new Set([...routerNodes(network, known), ...membersOf(network, known).map(({ name }) => name)])];
  if (entry === undefined || entry.removed !== undefined) return { id: '', facts: { addresses: [], nodes } };
  const addresses = [entry.router?.address, entry.floatingGateway?.address].filter(address => address !== undefined);
  return { id: entry.uuid, facts: { addresses, ...(entry.cidr === undefined ? {} : { cidr: entry.cidr }), vxid: entry.vxid, nodes } };
}

function interfaceSubject(key: string, known: Known): HookSubject {
  const iface = known.catalog.interfaces.get(key);
  const network = homeOf(iface);
  const found = berthOf(key, known.ledger, network)?.entry;
  const home = known.catalog.networks.get(network);
  const nodes = iface?.spec.node === undefined ? (home ? networkSubject(home, known).facts.nodes : []) : nodesOf(iface);
  const { instance } = iface?.spec ?? {};
  const own = { network, ...(instance === undefined ? {} : { instance }), ...(iface === undefined ? {} : { hostname: hostnameOf(iface) }), nodes };
  if (found === undefined || found.removed !== undefined) return { id: '', facts: { addresses: [], ...own } };
  return { id: found.uuid, facts: { addresses: found.address === undefined ? [] : [found.address], mac: found.mac, ...own } };
}

function floatingSubject(key: string, known: Known): HookSubject {
  const floating = known.catalog.floatingIPs.get(key);
  const aim = floating === undefined ? undefined : targetOf(floating, known.catalog);
  const target = floating?.spec.interface;
  const pool = floating === undefined ? undefined : poolOf(floating, known.catalog)?.name;
  return heldSubject(heldBy('floating', key, known.ledger, pool), aim?.network, { ...(target === undefined ? {} : { interface: target }) }, known);
}

function routedSubject(key: string, known: Known): HookSubject {
  const routed = known.catalog.routedIPs.get(key);
  const network = routed === undefined ? undefined : known.catalog.networks.get(`${routed.namespace}/${routed.spec.network}`);
  const pool = routed === undefined ? undefined : poolOf(routed, known.catalog)?.name;
  return heldSubject(heldBy('routed', key, known.ledger, pool), network, {}, known);
}

function heldSubject(held: ReturnType<typeof heldBy>, network: NetworkDef | undefined, more: { readonly interface?: string }, known: Known): HookSubject {
  const own = { ...more, ...(network === undefined ? {} : { network: network.key }), nodes: network === undefined ? [] : routerNodes(network, known) };
  if (held === undefined || held.holder.removed !== undefined) return { id: '', facts: { addresses: [], ...own } };
  return { id: 'held', facts: { addresses: [held.holder.address], pool: held.pool, ...own } };
}

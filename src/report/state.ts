/**
 * The state of every object: a pure function of definitions, ledger and node reports. This file is the table.
 *
 * | state    | means                                                                                             |
 * | initial  | not allocated, not placed, or not yet on a node where it belongs: the reason says which           |
 * | created  | every node where it belongs reports Ready for what the definitions say now                        |
 * | degraded | it works, but not as it should, or a node is silent or has not caught up with a change            |
 * | error    | a node cannot make it                                                                             |
 * | deleting | its definition is gone, and a node still has something of it                                      |
 * | deleted  | a tombstone in the ledger                                                                         |
 */
import type { InterfaceEntry, Ledger } from '../model/ledger.ts';
import { isMigrating, isOn, membersOf, nodesOf, routerNodes } from '../objects/mesh.ts';
import type { Catalog, InterfaceDef, NetworkDef } from '../objects/object.ts';
import { egressDevice, hasRouter, nodesOfPool, targetOf } from '../objects/services.ts';
import { poolOf } from '../objects/tenancy.ts';
import { conditionOf } from './condition.ts';
import { heldBy } from './holders.ts';
import { HEARTBEAT_S, KIND_OF, type NodeReport, type ObjectPlural, type ObjectReport } from './node-report.ts';

export type State = 'initial' | 'created' | 'degraded' | 'error' | 'deleting' | 'deleted';

/** Everything that states, tables and records are made of. */
export interface View {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  /** By node. */
  readonly reports: ReadonlyMap<string, NodeReport>;
  /**
   * The digest that a node should report for a definition (`Network default/demo`), compiled from the catalog with the node's
   * own facts. Undefined where it cannot be told: then the node is believed whatever it reports.
   */
  readonly wanted: (node: string, definition: string) => string | undefined;
  /** Commit of the catalog; '' for a local folder. */
  readonly revision: string;
  /** When that commit was made; null or absent where nobody knows. */
  readonly revisionAt?: string | null;
  /** The newest commit of the status branch, and when it was made; null or absent without one. */
  readonly statusTip?: { readonly commit: string; readonly at: string } | null;
  /** ISO 8601. */
  readonly now: string;
}

/** How one node stands to an object. */
export interface NodeStand {
  readonly node: string;
  readonly state: 'created' | 'initial' | 'degraded' | 'error' | 'deleting';
  readonly reason: string;
  readonly message: string;
}

export interface ObjectState {
  readonly state: State;
  /** CamelCase; '' for created. */
  readonly reason: string;
  readonly message: string;
  /** The nodes where it belongs, or where something of it is left. By name. */
  readonly nodes: readonly NodeStand[];
}

/** True when the node's last word is too long ago: it missed two heartbeats. */
export function isSilent({ heard, heartbeatS = 0 }: NodeReport, now: string): boolean {
  return Date.parse(now) - Date.parse(heard) > 2 * 1000 * Math.max(HEARTBEAT_S, heartbeatS);
}

/** State of a network; null when neither definitions, ledger nor any node know it. */
export function networkState(key: string, view: View): ObjectState | null {
  const network = view.catalog.networks.get(key);
  const entry = view.ledger.networks[key];
  if (network === undefined) return goneState('networks', key, entry !== undefined, view);
  const waiting = unallocated('networks', key, entry, view);
  if (waiting !== null) return waiting;
  if (hasRouter(network, view.catalog) && entry?.gateway === undefined) return pendingIn('networks', key, view) ?? noGateway(network);
  const stands = membersOf(network, view).map(node => standOf(node.name, 'networks', key, view));
  const now = stands.length === 0 ? state('created', 'NoMembers', 'no node carries it yet: it has no placed interface') : summed(stands);
  return network.spec.suspend && now.state === 'created' ? { ...now, reason: 'Suspended', message: 'nothing of it is changed: spec.suspend' } : now;
}

/** State of an interface; null when nobody knows it. */
export function interfaceState(key: string, view: View): ObjectState | null {
  const iface = view.catalog.interfaces.get(key);
  const found = berthOf(key, view.ledger, homeOf(iface));
  if (iface === undefined) return goneState('interfaces', key, found !== undefined, view);
  const waiting = unallocated('interfaces', key, found?.entry, view);
  if (waiting !== null) return waiting;
  if (iface.spec.node === undefined) return state('initial', 'Unplaced', 'it has no node: name one in spec.node');
  const network = view.catalog.networks.get(homeOf(iface));
  if (network?.spec.cidr !== undefined && iface.spec.address !== 'none' && found?.entry.address === undefined) {
    return pendingIn('interfaces', key, view) ?? state('error', 'PoolExhausted', `no free address in ${network.spec.cidr} of Network ${network.key}`);
  }
  const stands = nodesOf(iface).map(node => standOf(node, 'interfaces', key, view));
  return isMigrating(iface) ? migrating(iface, network, stands, view) : summed(stands);
}

// It may go as soon as every member sends to both: a node that does not yet would lose it.
function migrating(iface: InterfaceDef, network: NetworkDef | undefined, stands: readonly NodeStand[], view: View): ObjectState {
  const others = network === undefined ? [] : membersOf(network, view).filter(({ name }) => !isOn(iface, name));
  const now = summed([...stands, ...others.map(({ name }) => standOf(name, 'networks', homeOf(iface), view))]);
  const [from, to] = nodesOf(iface);
  return now.state === 'created' ? { ...now, reason: 'Migrating', message: `it may be on ${from} or ${to}: what is for it goes to both` } : now;
}

/** State of a pool: of its way out on the nodes that serve it; null when nobody knows it. */
export function poolState(name: string, view: View): ObjectState | null {
  const pool = view.catalog.pools.get(name);
  const entry = view.ledger.pools?.[name];
  if (pool === undefined) return goneState('pools', name, entry !== undefined, view);
  const waiting = unallocated('pools', name, entry, view);
  if (waiting !== null) return waiting;
  const serving = nodesOfPool(pool, view.catalog).flatMap(node => view.catalog.nodes.get(node) ?? []);
  if (serving.length === 0) return state('initial', 'NoGateway', 'no gateway node serves it');
  const stands = serving.map((node): NodeStand => {
    const { device, bridge } = egressDevice(pool, node);
    if (device !== undefined || bridge !== undefined) return standOf(node.name, 'pools', name, view);
    return { node: node.name, state: 'error', reason: 'EgressMissing', message: `${node.name} has no network card for it: name one in spec.device` };
  });
  return summed(stands);
}

/** State of a FloatingIP: of its path on the gateway node of its network; null when nobody knows it. */
export function floatingState(key: string, view: View): ObjectState | null {
  const floating = view.catalog.floatingIPs.get(key);
  const held = heldBy('floating', key, view.ledger, floating && poolOf(floating, view.catalog)?.name);
  if (floating === undefined) return goneState('floatingIPs', key, held !== undefined, view);
  const waiting = unallocated('floatingIPs', key, held?.holder, view);
  if (waiting !== null) return waiting;
  if (floating.spec.interface === undefined) return state('created', 'Held', 'it leads to no interface: the address is held for later');
  const aim = targetOf(floating, view.catalog);
  if (aim === undefined) return state('initial', 'TargetMissing', `there is no Interface ${floating.namespace}/${floating.spec.interface}`);
  const given = view.ledger.networks[aim.network.key]?.interfaces[aim.iface.key];
  if (given?.address === undefined || given.removed !== undefined) {
    return pendingIn('floatingIPs', key, view) ?? state('initial', 'TargetUnaddressed', `Interface ${aim.iface.key} has no address yet`);
  }
  return onRouter('floatingIPs', key, aim.network, view);
}

/** State of a RoutedIP: of its route on the gateway node of its network; null when nobody knows it. */
export function routedState(key: string, view: View): ObjectState | null {
  const routed = view.catalog.routedIPs.get(key);
  const held = heldBy('routed', key, view.ledger, routed && poolOf(routed, view.catalog)?.name);
  if (routed === undefined) return goneState('routedIPs', key, held !== undefined, view);
  const waiting = unallocated('routedIPs', key, held?.holder, view);
  if (waiting !== null) return waiting;
  const network = view.catalog.networks.get(`${routed.namespace}/${routed.spec.network}`);
  if (network === undefined) return state('initial', 'TargetMissing', `there is no Network ${routed.namespace}/${routed.spec.network}`);
  return onRouter('routedIPs', key, network, view);
}

interface Berth {
  readonly network: string;
  readonly entry: InterfaceEntry;
}

const BERTHS = new WeakMap<Ledger, ReadonlyMap<string, Berth>>();

/** Where an interface stands in the ledger: where it lives, else its tombstone. `home` is the network where it should be. */
export function berthOf(key: string, ledger: Ledger, home = ''): Berth | undefined {
  const here = ledger.networks[home]?.interfaces[key];
  if (here !== undefined && here.removed === undefined) return { network: home, entry: here };
  const known = BERTHS.get(ledger) ?? allBerths(ledger);
  BERTHS.set(ledger, known);
  return known.get(key);
}

// Looked up for each of thousands that moved or went, made once.
function allBerths(ledger: Ledger): ReadonlyMap<string, Berth> {
  const all = new Map<string, Berth>();
  for (const [network, { interfaces }] of Object.entries(ledger.networks)) {
    for (const [key, entry] of Object.entries(interfaces)) {
      const known = all.get(key);
      if (known === undefined || (known.entry.removed !== undefined && entry.removed === undefined)) all.set(key, { network, entry });
    }
  }
  return all;
}

/** Key of the network that an interface is defined in; '' for none. */
export function homeOf(iface: InterfaceDef | undefined): string {
  return iface === undefined ? '' : `${iface.namespace}/${iface.spec.network}`;
}

export interface NodeState {
  readonly state: 'initial' | 'ready' | 'degraded' | 'error' | 'silent' | 'suspended';
  readonly reason: string;
  readonly message: string;
}

/** State of a node, from its own report. */
export function nodeState(name: string, view: View): NodeState {
  const report = view.reports.get(name);
  if (report === undefined) return { state: 'initial', reason: 'NeverHeard', message: 'it has never reported' };
  if (isSilent(report, view.now)) return { state: 'silent', reason: 'Silent', message: `last heard ${report.heard}` };
  const [ready, stalled, fetch, degraded] = (['Ready', 'Stalled', 'FetchFailed', 'Degraded'] as const).map(type => conditionOf(report.conditions, type));
  const suspended = conditionOf(report.conditions, 'Suspended');
  if (suspended?.status === true) return { state: 'suspended', reason: suspended.reason, message: `${suspended.message}, since ${suspended.since}` };
  if (ready?.reason === 'ObserveOnly') return { state: 'degraded', reason: ready.reason, message: ready.message };
  if (ready === undefined || !ready.status) return { state: 'error', reason: ready?.reason ?? 'Unknown', message: ready?.message ?? '' };
  const wrong = [stalled, fetch, degraded].find(condition => condition?.status === true);
  if (wrong !== undefined) return { state: 'degraded', reason: wrong.reason, message: wrong.message };
  return { state: 'ready', reason: '', message: '' };
}

function state(name: State, reason: string, message: string, nodes: readonly NodeStand[] = []): ObjectState {
  return { state: name, reason, message, nodes };
}

function noGateway(network: NetworkDef): ObjectState {
  return state('initial', 'NoGateway', `no gateway node carries Network ${network.key} yet`);
}

function onRouter(plural: ObjectPlural, key: string, network: NetworkDef, view: View): ObjectState {
  const nodes = routerNodes(network, view);
  return nodes.length === 0 ? (pendingIn(plural, key, view) ?? noGateway(network)) : summed(nodes.map(node => standOf(node, plural, key, view)));
}

function goneState(plural: ObjectPlural, key: string, isKnown: boolean, view: View): ObjectState | null {
  const stands = [...view.reports.values()].flatMap((report): NodeStand[] => {
    const left = report[plural][key];
    if (left === undefined) return [];
    const isTelling = left.state === 'deleting';
    return [
      {
        node: report.node,
        state: 'deleting',
        reason: (isTelling && left.reason) || 'Waiting',
        message: (isTelling && left.message) || `${report.node} has not taken it away yet`,
      },
    ];
  });
  const [first] = stands.sort(byNode);
  if (first !== undefined) return state('deleting', first.reason, `${first.node}: ${first.message}`, stands);
  return isKnown ? state('deleted', '', '') : null;
}

function unallocated(plural: ObjectPlural, key: string, entry: { readonly removed?: string } | undefined, view: View): ObjectState | null {
  if (entry !== undefined && entry.removed === undefined) return null;
  return pendingIn(plural, key, view) ?? state('initial', 'Unallocated', 'no node has allocated it yet');
}

function pendingIn(plural: ObjectPlural, key: string, view: View): ObjectState | null {
  for (const report of [...view.reports.values()].sort(byNode)) {
    const found = report[plural][key];
    if (found?.state === 'waiting') return state('initial', found.reason ?? 'AllocationPending', found.message ?? '');
  }
  return null;
}

function standOf(node: string, plural: ObjectPlural, key: string, view: View): NodeStand {
  const report = view.reports.get(node);
  if (report === undefined) return { node, state: 'initial', reason: 'NeverHeard', message: `${node} has never reported` };
  const found = report[plural][key];
  if (isSilent(report, view.now)) return { node, state: 'degraded', reason: 'NodeSilent', message: `${node} was last heard ${report.heard}` };
  if (found === undefined) return absent(node, report);
  const wanted = view.wanted(node, `${KIND_OF[plural]} ${key}`);
  if (wanted !== undefined && wanted !== found.digest && found.state !== 'error') {
    return { node, state: 'degraded', reason: 'Outdated', message: `${node} has not yet applied the newest change` };
  }
  return { node, ...told(found, node) };
}

// A node that cannot get or take the newest revision says why.
function absent(node: string, report: NodeReport): NodeStand {
  const why = [conditionOf(report.conditions, 'Stalled'), conditionOf(report.conditions, 'FetchFailed')].find(condition => condition?.status === true);
  if (why !== undefined) return { node, state: 'initial', reason: why.reason, message: `${node}: ${why.message}` };
  const suspended = conditionOf(report.conditions, 'Suspended');
  if (suspended?.status === true) return { node, state: 'initial', reason: suspended.reason, message: `${node} is suspended ${suspended.message}` };
  if (report.mode === 'observe') return { node, state: 'initial', reason: 'ObserveOnly', message: `${node} is in mode observe and applies nothing` };
  return { node, state: 'initial', reason: 'Waiting', message: `${node} has not made it yet` };
}

const STANDS = { ready: 'created', waiting: 'initial', degraded: 'degraded', error: 'error', deleting: 'deleting' } as const;

function told(found: ObjectReport, node: string): Omit<NodeStand, 'node'> {
  const reason =
    found.state === 'ready' ? '' : (found.reason ?? { waiting: 'Waiting', degraded: 'Degraded', error: 'Failed', deleting: 'Waiting' }[found.state]);
  return { state: STANDS[found.state], reason, message: found.message === undefined ? '' : `${node}: ${found.message}` };
}

/** The worst of the nodes speaks for all. */
function summed(stands: readonly NodeStand[]): ObjectState {
  const nodes = [...stands].sort(byNode);
  for (const worst of ['error', 'initial', 'degraded', 'deleting'] as const) {
    const bad = nodes.filter(stand => stand.state === worst);
    const [first] = bad;
    if (first === undefined) continue;
    const more = bad.length === 1 ? '' : ` (and ${bad.length - 1} more)`;
    return state(worst, first.reason, `${first.message || `${first.node}: ${first.reason}`}${more}`, nodes);
  }
  return state('created', '', '', nodes);
}

function byNode(a: { readonly node: string }, b: { readonly node: string }): number {
  return a.node < b.node ? -1 : Number(a.node > b.node);
}

/** The whole cluster in one record: what `status -o json` prints, and what its screen is made of. Says first whether anything is wrong. */
import { type Behind, behindOf } from './behind.ts';
import type { NetEvent } from './events.ts';
import { type AsOf, asOf } from './freshness.ts';
import { networkRecords } from './network-record.ts';
import type { Drift } from './node-report.ts';
import { floatingRecords, poolRecords, routedRecords } from './pool-records.ts';
import { API_VERSION } from './record-head.ts';
import { interfaceRecords, type NodeRecord, nodeRecords } from './records.ts';
import { type Repairs, repairsIn } from './repairs.ts';
import { isNearlyFull } from './room.ts';
import type { State, View } from './state.ts';

export interface StatusRecord {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'ClusterStatus';
  readonly cluster: string;
  /** Commit of the definitions; '' for a local folder. */
  readonly revision: string;
  readonly asOf: AsOf;
  /** Everything that is placed is created, and every node is ready. */
  readonly ready: boolean;
  readonly networks: Readonly<Record<State, number>>;
  readonly interfaces: Readonly<Record<State, number>>;
  readonly floatingIPs: Readonly<Record<State, number>>;
  readonly routedIPs: Readonly<Record<State, number>>;
  readonly pools: readonly { readonly name: string; readonly size: number; readonly taken: number; readonly free: number }[];
  /** Nodes that may carry routers, and how many they carry. */
  readonly gateways: readonly { readonly node: string; readonly routers: number; readonly cordon: boolean }[];
  /** What works, and soon may not. */
  readonly warnings: readonly { readonly object: string; readonly reason: string; readonly message: string }[];
  readonly nodes: readonly { readonly name: string; readonly state: string; readonly reason: string; readonly message: string; readonly behind: boolean }[];
  readonly behind: readonly Behind[];
  readonly notReady: readonly { readonly object: string; readonly state: State; readonly reason: string; readonly message: string }[];
  readonly drift: readonly (Drift & { readonly node: string })[];
  /** Of the last day. */
  readonly repairs: readonly Repairs[];
}

const DAY_MS = 86_400_000;

/** What is not as it should be. `repaired` are the events of drift that was put right, of any age. */
export function statusSummary(view: View, repaired: readonly NetEvent[] = [], records: readonly NodeRecord[] = nodeRecords(view)): StatusRecord {
  const networks = networkRecords(view, true);
  const interfaces = interfaceRecords(view, true);
  const [pools, floating, routed] = [poolRecords(view, true), floatingRecords(view, true), routedRecords(view, true)];
  const objects = [...pools, ...networks, ...interfaces, ...floating, ...routed];
  const notReady = objects
    .filter(({ status }) => status.state !== 'created' && status.state !== 'deleted')
    .map(({ kind, metadata, status }) => ({
      object: metadata.namespace === undefined ? `${kind} ${metadata.name}` : `${kind} ${metadata.namespace}/${metadata.name}`,
      state: status.state,
      reason: status.reason,
      message: status.message,
    }));
  const behind = behindOf(
    view,
    objects.map(record => record.status),
  );
  const late = new Set(behind.map(each => each.node));
  const nodes = records.map(({ metadata: { name }, status: { state, reason, message } }) => ({ name, state, reason, message, behind: late.has(name) }));
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterStatus',
    cluster: view.catalog.cluster.name,
    revision: view.revision,
    asOf: asOf(view),
    // Without a node an interface is as its definition says: it waits for nobody but its author.
    ready: notReady.every(isUnplaced) && nodes.every(node => node.state === 'ready'),
    networks: count(networks.map(record => record.status.state)),
    interfaces: count(interfaces.map(record => record.status.state)),
    floatingIPs: count(floating.map(record => record.status.state)),
    routedIPs: count(routed.map(record => record.status.state)),
    pools: pools.flatMap(({ metadata, status: { room, removed } }) => (room === null || removed !== null ? [] : [{ name: metadata.name, ...room }])),
    gateways: records.flatMap(({ metadata, status: { gateway, routers, cordon } }) => (gateway ? [{ node: metadata.name, routers, cordon }] : [])),
    warnings: [...poolWarnings(pools), ...longMoves(interfaces, view.now)],
    nodes,
    behind,
    notReady,
    drift: [...view.reports.values()].flatMap(report => report.drift.map(each => ({ node: report.node, ...each }))),
    repairs: repairsIn(repaired, view.now, DAY_MS),
  };
}

type Warning = StatusRecord['warnings'][number];

function poolWarnings(pools: ReturnType<typeof poolRecords>): readonly Warning[] {
  return pools.flatMap(({ metadata, status: { room, removed } }) =>
    room === null || removed !== null || !isNearlyFull(room)
      ? []
      : [{ object: `AddressPool ${metadata.name}`, reason: 'NearlyExhausted', message: `${room.free} of ${room.size} addresses are free` }],
  );
}

/** A guest is moved in minutes, and as long as it may be on either of two nodes, all members get what is for it. */
const LONG_MOVE_MS = 60 * 60_000;

function longMoves(interfaces: ReturnType<typeof interfaceRecords>, now: string): readonly Warning[] {
  return interfaces.flatMap(({ metadata, status: { node, migrating } }) => {
    if (migrating === null || migrating.since === null || Date.parse(now) - Date.parse(migrating.since) < LONG_MOVE_MS) return [];
    const message = `moving from ${node} to ${migrating.to} since ${migrating.since}: say in node where its guest is, and leave migrateTo out`;
    return [{ object: `Interface ${metadata.namespace}/${metadata.name}`, reason: 'StillMigrating', message }];
  });
}

/** True of an interface that waits for nobody but its author. */
export function isUnplaced({ reason }: { readonly reason: string }): boolean {
  return reason === 'Unplaced';
}

function count(states: readonly State[]): Readonly<Record<State, number>> {
  const counts: Record<State, number> = { initial: 0, created: 0, degraded: 0, error: 0, deleting: 0, deleted: 0 };
  for (const state of states) counts[state] += 1;
  return counts;
}

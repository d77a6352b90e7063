/** The whole cluster on one screen: what `status` prints. Says first whether anything is wrong, then only what is wrong. */

import { networkRecords } from './network-record.ts';
import type { Drift } from './node-report.ts';
import { floatingRecords, poolRecords, routedRecords } from './pool-records.ts';
import { API_VERSION } from './record-head.ts';
import { interfaceRecords, nodeRecords } from './records.ts';
import { isNearlyFull } from './room.ts';
import { nodeRows } from './rows.ts';
import type { State, View } from './state.ts';
import { table } from './table.ts';

export interface StatusRecord {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'ClusterStatus';
  readonly cluster: string;
  /** Commit of the definitions; '' for a local folder. */
  readonly revision: string;
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
  readonly notReady: readonly { readonly object: string; readonly state: State; readonly reason: string; readonly message: string }[];
  readonly drift: readonly (Drift & { readonly node: string })[];
}

/**
 * What is not as it should be. A node is behind when something that it carries is not what the definitions say now; an older
 * revision alone is none: a commit that changes nothing for a node is not told by it.
 */
export function statusSummary(view: View): StatusRecord {
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
  const late = new Set(
    objects.flatMap(({ status }) => status.nodes.filter(stand => stand.reason === 'Outdated' || stand.reason === 'Waiting').map(stand => stand.node)),
  );
  const records = nodeRecords(view);
  const nodes = records.map(({ metadata, status }) => ({
    name: metadata.name,
    state: status.state,
    reason: status.reason,
    message: status.message,
    behind: late.has(metadata.name),
  }));
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterStatus',
    cluster: view.catalog.cluster.name,
    revision: view.revision,
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
    notReady,
    drift: [...view.reports.values()].flatMap(report => report.drift.map(each => ({ node: report.node, ...each }))),
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

/** How many lines of each list one screen shows. */
const SHOWN = 15;

/** The summary as text. */
export function statusText(view: View, width?: number): string {
  const record = statusSummary(view);
  const revision = record.revision === '' ? '' : ` at ${record.revision.slice(0, 10)}`;
  const heading = `Cluster ${record.cluster}${revision}: ${record.ready ? 'everything is as defined' : 'not everything is as defined'}`;
  const counts = countLines(record).join('\n');
  const { columns, rows } = nodeRows(nodeRecords(view));
  const behind = record.nodes.filter(node => node.behind).map(node => node.name);
  return [
    heading,
    counts,
    rows.length === 0 ? '' : table(columns, rows, width),
    behind.length === 0 ? '' : `Behind: ${behind.join(', ')}`,
    objects(
      'Not as defined:',
      record.notReady.filter(each => !isUnplaced(each)),
      width,
    ),
    objects('Not placed:', record.notReady.filter(isUnplaced), width),
    section(
      'Warnings:',
      ['OBJECT', 'REASON', 'MESSAGE'],
      record.warnings.map(each => [each.object, each.reason, each.message]),
      width,
    ),
    section(
      'Drift:',
      ['NODE', 'WHAT', 'FIELD', 'WANT', 'HAVE'],
      record.drift.map(each => [each.node, each.ref, each.field, each.want, each.have]),
      width,
    ),
  ]
    .filter(part => part !== '')
    .join('\n\n');
}

// What a cluster without gateways does not have takes no line.
function countLines({ networks, interfaces, floatingIPs, routedIPs, gateways, pools }: StatusRecord): readonly string[] {
  const lines: (readonly [string, string])[] = [
    ['Networks', countText(networks)],
    ['Interfaces', countText(interfaces)],
  ];
  if (pools.length > 0) {
    lines.push(['Floating', countText(floatingIPs)], ['Routed', countText(routedIPs)]);
    lines.push(['Pools', pools.map(({ name, free, size }) => `${name} ${free} of ${size} free`).join(', ')]);
  }
  if (gateways.length > 0) {
    lines.push(['Gateways', gateways.map(({ node, routers, cordon }) => `${node} ${routers} networks${cordon ? ' (cordoned)' : ''}`).join(', ')]);
  }
  return lines.map(([label, text]) => `${`${label}:`.padEnd('Interfaces: '.length)}${text}`);
}

function isUnplaced({ reason }: { readonly reason: string }): boolean {
  return reason === 'Unplaced';
}

function objects(title: string, all: StatusRecord['notReady'], width: number | undefined): string {
  return section(
    title,
    ['OBJECT', 'STATE', 'REASON', 'MESSAGE'],
    all.map(each => [each.object, each.state, each.reason, each.message]),
    width,
  );
}

function section(title: string, columns: readonly string[], rows: readonly (readonly string[])[], width: number | undefined): string {
  if (rows.length === 0) return '';
  const more = rows.length > SHOWN ? `\n... and ${rows.length - SHOWN} more` : '';
  return `${title}\n${table(columns, rows.slice(0, SHOWN), width)}${more}`;
}

function count(states: readonly State[]): Readonly<Record<State, number>> {
  const counts: Record<State, number> = { initial: 0, created: 0, degraded: 0, error: 0, deleting: 0, deleted: 0 };
  for (const state of states) counts[state] += 1;
  return counts;
}

function countText(counts: Readonly<Record<State, number>>): string {
  const told = Object.entries(counts).filter(([state, n]) => n > 0 && state !== 'deleted');
  return told.length === 0 ? 'none' : told.map(([state, n]) => `${n} ${state}`).join(', ');
}

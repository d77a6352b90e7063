/** What `status` prints: one screen that says whether anything is wrong, then only what is wrong, and what to do next. */
import { briefSpan } from '../model/duration.ts';
import type { NetEvent } from './events.ts';
import { heardText } from './freshness.ts';
import { type NodeRecord, nodeRecords } from './records.ts';
import { nodeRows } from './rows.ts';
import type { View } from './state.ts';
import { isUnplaced, type StatusRecord, statusSummary } from './summary.ts';
import { cut, table } from './table.ts';

/** How many lines of each list one screen shows. */
const SHOWN = 15;
/** With more nodes than these only those are listed that are not as they should be: 24 lines must do for a cluster that is fine. */
const NODES_SHOWN = 8;
const NAMED = 4;
const REPAIRS_SHOWN = 4;

/** The summary as text; `repaired` as for `statusSummary`. */
export function statusText(view: View, width?: number, repaired: readonly NetEvent[] = []): string {
  const nodes = nodeRecords(view);
  return screenOf(statusSummary(view, repaired, nodes), nodes, view, width);
}

/** The same, of a summary that is made already. */
export function screenOf(record: StatusRecord, nodes: readonly NodeRecord[], view: View, width?: number): string {
  const revision = record.revision === '' ? '' : ` at ${record.revision.slice(0, 10)}`;
  const heading = `Cluster ${record.cluster}${revision}: ${record.ready ? 'everything is as defined' : 'not everything is as defined'}`;
  const [unplaced, wrong] = [record.notReady.filter(isUnplaced), record.notReady.filter(each => !isUnplaced(each))];
  return [
    heading,
    countLines(record)
      .map(line => cut(line, width))
      .join('\n'),
    nodesTable(nodes, width),
    behindTable(record, view, width),
    objects('Not as defined:', wrong, width),
    objects('Not placed:', unplaced, width),
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
    repairsTable(record, view, width),
    nextSteps(record, wrong),
    cut(`As of ${heardText(view)}`, width),
  ]
    .filter(part => part !== '')
    .join('\n\n');
}

function nodesTable(nodes: readonly NodeRecord[], width: number | undefined): string {
  const shown = nodes.length <= NODES_SHOWN ? nodes : nodes.filter(({ status }) => status.state !== 'ready' || status.drift > 0);
  const { columns, rows } = nodeRows(shown);
  return section('', columns, rows, width);
}

function behindTable({ behind, revision }: StatusRecord, { now }: View, width: number | undefined): string {
  const rows = behind.map(each => [
    each.node,
    each.applied.slice(0, 10) || 'nothing yet',
    each.since === null ? '' : `${briefSpan(Date.parse(now) - Date.parse(each.since))} ago`,
    each.reason,
    each.message,
  ]);
  return section(revision === '' ? 'Behind:' : `Behind ${revision.slice(0, 10)}:`, ['NODE', 'APPLIED', 'SINCE', 'REASON', 'MESSAGE'], rows, width);
}

function repairsTable({ repairs }: StatusRecord, { now }: View, width: number | undefined): string {
  const rows = repairs.map(({ node, count, last, operation, object }) => [
    node,
    String(count),
    `${briefSpan(Date.parse(now) - Date.parse(last))} ago`,
    `${operation}, ${object}`,
  ]);
  return section('Drift repaired in the last day:', ['NODE', 'REPAIRS', 'LAST', 'MESSAGE'], rows, width, REPAIRS_SHOWN);
}

// Where to look first: one line for each sort of trouble.
function nextSteps({ nodes, repairs }: StatusRecord, wrong: StatusRecord['notReady']): string {
  const node = nodes.find(({ state }) => state !== 'ready');
  const object = wrong.find(({ state }) => state === 'error') ?? wrong[0];
  const [repair] = repairs;
  const lines = [
    ...(node === undefined ? [] : [`netloom describe node ${node.name}`]),
    ...(object === undefined ? [] : [`netloom describe ${words(object.object)}`]),
    ...(repair === undefined ? [] : [`netloom events node ${repair.node} --type drift`]),
  ];
  return lines.length === 0 ? '' : `Next:\n${lines.map(line => `  ${line}`).join('\n')}`;
}

function words(object: string): string {
  const [kind = '', key = ''] = object.split(' ');
  return `${kind.toLowerCase()} ${key}`;
}

// What a cluster without gateways does not have takes no line.
function countLines({ networks, interfaces, floatingIPs, routedIPs, gateways, pools, nodes }: StatusRecord): readonly string[] {
  const lines: (readonly [string, string])[] = [
    ['Networks', countText(networks)],
    ['Interfaces', countText(interfaces)],
  ];
  if (pools.length > 0) {
    const fullest = [...pools].sort((a, b) => a.free / a.size - b.free / b.size);
    lines.push(['Floating', countText(floatingIPs)], ['Routed', countText(routedIPs)]);
    lines.push(['Pools', some(fullest.map(({ name, free, size }) => `${name} ${free} of ${size} free`))]);
  }
  if (gateways.length > 0) {
    lines.push(['Gateways', some(gateways.map(({ node, routers, cordon }) => `${node} ${routers} networks${cordon ? ' (cordoned)' : ''}`))]);
  }
  if (nodes.length > NODES_SHOWN)
    lines.push(['Nodes', countText(Object.fromEntries(nodes.map(({ state }) => [state, nodes.filter(each => each.state === state).length])))]);
  return lines.map(([label, text]) => `${`${label}:`.padEnd('Interfaces: '.length)}${text}`);
}

function some(all: readonly string[]): string {
  return `${all.slice(0, NAMED).join(', ')}${all.length > NAMED ? ` and ${all.length - NAMED} more` : ''}`;
}

function objects(title: string, all: StatusRecord['notReady'], width: number | undefined): string {
  return section(
    title,
    ['OBJECT', 'STATE', 'REASON', 'MESSAGE'],
    all.map(each => [each.object, each.state, each.reason, each.message]),
    width,
  );
}

function section(title: string, columns: readonly string[], rows: readonly (readonly string[])[], width: number | undefined, most = SHOWN): string {
  if (rows.length === 0) return '';
  const more = rows.length > most ? `\n... and ${rows.length - most} more` : '';
  return `${title === '' ? '' : `${title}\n`}${table(columns, rows.slice(0, most), width)}${more}`;
}

function countText(counts: Readonly<Record<string, number>>): string {
  const told = Object.entries(counts).filter(([state, n]) => n > 0 && state !== 'deleted');
  return told.length === 0 ? 'none' : told.map(([state, n]) => `${n} ${state}`).join(', ');
}

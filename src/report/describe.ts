/** Everything about one object, on a screen: what `describe` prints. An absent value prints `None`, never a missing line. */
import { harmless } from '../model/text.ts';
import { eventsTable, type Field, named, sections, sinceText, standsTable, stateText, titled, titledTable, usageTable } from './describe-parts.ts';
import type { NetEvent } from './events.ts';
import type { NetworkRecord } from './network-record.ts';
import type { NodeReport } from './node-report.ts';
import type { InterfaceRecord, NodeRecord } from './records.ts';
import { guestRows } from './rows.ts';
import { fields } from './table.ts';
import type { Usage } from './usage.ts';

/** What is shown of an object besides its record. */
export interface Beside {
  readonly events: readonly NetEvent[];
  readonly usage?: readonly Usage[];
  /** Characters of a line; absent: nothing is cut. */
  readonly width?: number | undefined;
}

/** A network, its members and guests, and its newest events. `guests` are the records of its interfaces. */
export function describeNetwork(record: NetworkRecord, guests: readonly InterfaceRecord[], { events, usage = [], width }: Beside): string {
  return sections([
    fields([...named('Network', record), ...networkFields(record)], width),
    standsTable(record.status.nodes, width),
    titledTable('Guests', guestRows(guests), width),
    usageTable(usage, width),
    eventsTable(`Network ${keyOf(record)}`, events, width),
  ]);
}

function networkFields({ status }: NetworkRecord): readonly Field[] {
  const { addresses, floatingGateway, gateway, kernel, router } = status;
  const pair = (ends: { readonly outer: string; readonly inner: string } | null | undefined): string => (ends ? `${ends.outer}, ${ends.inner}` : '');
  return [
    ['State', stateText(status)],
    ['UUID', status.uuid ?? ''],
    ['VXID', status.vxid === null ? '' : `${status.vxid} (${status.vxidHex})`],
    ['CIDR', status.cidr ?? ''],
    ['DHCP', yesNo(status.dhcp)],
    ['NAT', yesNo(status.nat)],
    ['DNS', yesNo(status.dns)],
    ['Egress', status.egress],
    ['Floating gateway', floatingGateway === null ? '' : `${floatingGateway.address} of pool ${floatingGateway.pool}`],
    ['Route to add upstream', status.upstreamRoute ?? ''],
    ['Router', router === null ? '' : `${router.address} at ${router.mac}`],
    ['Gateway node', gateway === null ? '' : `${gateway.node}${gateway.former === null ? '' : `, taking over from ${gateway.former}`}`],
    ['Addresses', addresses === null ? '' : `${addresses.taken} taken, ${addresses.free} free`],
    ['MTU', status.mtu === null ? '' : String(status.mtu)],
    ['Mesh', status.learning === null ? '' : status.learning ? 'learns from traffic' : 'programmed from git'],
    ['Devices', status.devices.join(', ')],
    ['Router veth', pair(kernel?.veth)],
    ['Egress veth', pair(kernel?.egress)],
    ['Network namespace', kernel?.namespace ?? ''],
    ['Since', sinceText(status)],
  ];
}

/** An interface and its newest events. */
export function describeInterface(record: InterfaceRecord, { events, usage = [], width }: Beside): string {
  const { status } = record;
  const shown: readonly Field[] = [
    ...named('Interface', record),
    ['State', stateText(status)],
    ['UUID', status.uuid ?? ''],
    ['Network', status.network],
    ['Instance', status.instance ?? ''],
    ['Order', status.order === null ? '' : String(status.order)],
    ['Node', nodeText(status)],
    ['Address', status.address ?? ''],
    ['Floating', status.floating ?? ''],
    ['MAC', status.mac ?? ''],
    ['Model', status.model ?? ''],
    ['Hostname', status.hostname ?? ''],
    ['Attach', status.attach],
    ['Device', status.device ?? ''],
    ['Since', sinceText(status)],
  ];
  return sections([fields(shown, width), standsTable(status.nodes, width), usageTable(usage, width), eventsTable(`Interface ${keyOf(record)}`, events, width)]);
}

function nodeText({ node, migrating }: InterfaceRecord['status']): string {
  if (migrating === null) return node ?? '';
  return `${node}, moving to ${migrating.to}${migrating.since === null ? '' : ` since ${migrating.since}`}`;
}

/** A node, its conditions, what differs, and its newest events. `report` is its last one. */
export function describeNode(record: NodeRecord, report: NodeReport | undefined, { events, width }: Beside): string {
  const { status } = record;
  const { revision } = status;
  const conditions = status.conditions.map(each => [each.type, String(each.status), each.reason, each.since, each.message]);
  const drift = (report?.drift ?? []).map(each => [each.ref, each.field, each.want, each.have]);
  const shown: readonly Field[] = [
    ...named('Node', record),
    ['State', stateText(status)],
    ['Last heard', status.heard ?? 'never'],
    ['Mode', status.mode ?? ''],
    ['Version', status.version ?? ''],
    ['Observed', revision?.observed ?? ''],
    ['Attempted', revision?.attempted ?? ''],
    ['Applied', revision?.applied ?? ''],
    ['Networks', String(status.networks)],
    ['Gateway', status.gateway ? `${status.routers} networks${status.cordon ? ', cordoned' : ''}` : 'no'],
    ['Guests', String(status.interfaces)],
    ['Inventory', Object.entries(status.inventory).map(([what, n]) => `${n} ${what}`)],
  ];
  return sections([
    fields(shown, width),
    titledTable('Conditions', { columns: ['TYPE', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'], rows: conditions }, width),
    titledTable('Drift', { columns: ['WHAT', 'FIELD', 'WANT', 'HAVE'], rows: drift }, width),
    titled('Planned', (report?.plan ?? []).map(harmless).join('\n')),
    eventsTable(`Node ${record.metadata.name}`, events, width),
  ]);
}

function keyOf({ metadata: { namespace, name } }: NetworkRecord | InterfaceRecord): string {
  return `${namespace}/${name}`;
}

function yesNo(is: boolean): string {
  return is ? 'yes' : 'no';
}

/** Everything about one pool, or about an address of one, on a screen: what `describe` prints. */
import type { Beside } from './describe.ts';
import { eventsTable, type Field, named, sections, sinceText, standsTable, stateText, titledTable, usageTable } from './describe-parts.ts';
import type { AddressPoolRecord, FloatingIPRecord, RoutedIPRecord } from './pool-records.ts';
import { fields } from './table.ts';

/** A pool: how it leaves each gateway node, what is free, and what is taken by whom and since when. */
export function describePool(record: AddressPoolRecord, { events, width }: Beside): string {
  const { status } = record;
  const gateways = status.gateways.map(({ node, device, bridge, addresses, cordon }) => [
    node,
    device ?? '',
    bridge ?? '',
    addresses.join(','),
    cordon ? 'yes' : 'no',
  ]);
  const taken = status.addresses.map(each => [each.address, each.type, each.user, each.since, each.comment]);
  const shown: readonly Field[] = [
    ...named('AddressPool', record),
    ['State', stateText(status)],
    ['CIDR', status.cidr ?? ''],
    ['Mode', status.mode ?? ''],
    ['Gateway', status.gateway ?? ''],
    ['Namespaces', status.namespaces === null ? 'all' : status.namespaces.join(', ') || 'none'],
    ['Taken', status.room === null ? '' : `${status.room.taken} of ${status.room.size}`],
    ['Free', status.room === null ? '' : String(status.room.free)],
    ['Since', sinceText(status)],
  ];
  return sections([
    fields(shown, width),
    standsTable(status.nodes, width),
    titledTable('Gateway nodes', { columns: ['NODE', 'DEVICE', 'BRIDGE', 'ADDRESSES', 'CORDONED'], rows: gateways }, width),
    titledTable('Addresses', { columns: ['ADDRESS', 'TYPE', 'USER', 'SINCE', 'COMMENT'], rows: taken }, width),
    eventsTable(`AddressPool ${record.metadata.name}`, events, width),
  ]);
}

/** A FloatingIP: where it leads, what passed it, and its newest events. */
export function describeFloating(record: FloatingIPRecord, { events, usage = [], width }: Beside): string {
  const { status } = record;
  const shown: readonly Field[] = [
    ...named('FloatingIP', record),
    ['State', stateText(status)],
    ['Address', status.address ?? ''],
    ['Pool', status.pool ?? ''],
    ['Interface', status.interface ?? ''],
    ['Target', status.target ?? ''],
    ['Network', status.network ?? ''],
    ['Gateway node', status.node ?? ''],
    ['Devices', status.devices.join(', ')],
    ['Since', sinceText(status)],
  ];
  return sections([
    fields(shown, width),
    standsTable(status.nodes, width),
    usageTable(usage, width),
    eventsTable(`FloatingIP ${record.metadata.namespace}/${record.metadata.name}`, events, width),
  ]);
}

/** A RoutedIP and its newest events. */
export function describeRouted(record: RoutedIPRecord, { events, width }: Beside): string {
  const { status } = record;
  const shown: readonly Field[] = [
    ...named('RoutedIP', record),
    ['State', stateText(status)],
    ['Address', status.address ?? ''],
    ['Pool', status.pool ?? ''],
    ['Network', status.network ?? ''],
    ['Gateway node', status.node ?? ''],
    ['Since', sinceText(status)],
  ];
  return sections([
    fields(shown, width),
    standsTable(status.nodes, width),
    eventsTable(`RoutedIP ${record.metadata.namespace}/${record.metadata.name}`, events, width),
  ]);
}

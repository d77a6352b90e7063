import { expect, test } from 'vitest';
import { networkRecord, networkRecords } from '../../src/report/network-record.ts';
import { floatingRecords, poolRecords, routedRecords } from '../../src/report/pool-records.ts';
import { interfaceRecord, interfaceRecords, nodeRecords } from '../../src/report/records.ts';
import { isTombstone, tombstoneRows } from '../../src/report/tombstones.ts';
import { catalogOf, ledgerOf, SHOP, viewOf } from './world.ts';

const REMOVED = '2026-11-21T11:00:00Z';
const empty = catalogOf({}, {});
const gone = viewOf(empty, [], { ledger: ledgerOf(empty, ledgerOf(SHOP), REMOVED) });
const all = [
  ...networkRecords(gone, true),
  ...interfaceRecords(gone, true),
  ...poolRecords(gone, true),
  ...floatingRecords(gone, true),
  ...routedRecords(gone, true),
];

test('what was removed says when, until when its addresses are quarantined, and until when it is remembered', () => {
  expect(all.map(record => `${record.kind} ${record.metadata.name}`).sort()).toEqual([
    'AddressPool edge',
    'FloatingIP spare',
    'FloatingIP www',
    'Interface pc',
    'Interface web',
    'Network office',
    'Network shop',
    'RoutedIP lb',
  ]);
  for (const { status } of all) {
    expect(status).toMatchObject({ state: 'deleted', removed: REMOVED, quarantinedUntil: '2026-11-21T11:05:00Z', rememberedUntil: '2026-12-21T11:00:00Z' });
  }
});

test('the record of a deleted network stays readable, without the floating gateway that it had', () => {
  const alive = networkRecord('acme/shop', viewOf(SHOP, []));
  expect(alive?.status.floatingGateway).toMatchObject({ pool: 'edge' });
  expect(alive?.status).toMatchObject({ removed: null, quarantinedUntil: null, rememberedUntil: null });
  expect(networkRecord('acme/shop', gone)?.status).toMatchObject({ uuid: alive?.status.uuid, vxid: 14823439, floatingGateway: null });
  expect(interfaceRecord('acme/web', gone)?.status.mac).toBe('02:aa:00:00:00:01');
});

test('what lives is no tombstone, nor is a node', () => {
  const view = viewOf(SHOP, []);
  expect([...networkRecords(view, true), ...interfaceRecords(view, true), ...nodeRecords(view)].filter(isTombstone)).toEqual([]);
  expect(all.every(isTombstone)).toBe(true);
});

test('as a table of all kinds', () => {
  const web = all.filter(record => record.metadata.name === 'web');
  expect(tombstoneRows(web, true)).toEqual({
    columns: ['KIND', 'NAMESPACE', 'NAME', 'STATE', 'ADDRESS', 'REMOVED', 'QUARANTINED', 'REMEMBERED', 'FROM'],
    rows: [['Interface', 'acme', 'web', 'deleted', '10.0.0.2', REMOVED, '2026-11-21T11:05:00Z', '2026-12-21T11:00:00Z', 'interfaces/web.yaml:1']],
  });
  expect(tombstoneRows(web, false).columns).not.toContain('NAMESPACE');
});

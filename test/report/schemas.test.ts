import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { addressList, poolAddressList } from '../../src/report/addresses.ts';
import { conditions } from '../../src/report/condition.ts';
import { asOf } from '../../src/report/freshness.ts';
import { namespaceRecords } from '../../src/report/namespace-record.ts';
import { networkRecords } from '../../src/report/network-record.ts';
import { floatingRecords, poolRecords, routedRecords } from '../../src/report/pool-records.ts';
import { interfaceRecords, listOf, nodeRecords } from '../../src/report/records.ts';
import { eventList } from '../../src/report/select-events.ts';
import type { View } from '../../src/report/state.ts';
import { statusSummary } from '../../src/report/summary.ts';
import { NO_TRAFFIC, usageEvent } from '../../src/report/usage.ts';
import { watchEvent } from '../../src/report/watch-events.ts';
import { catalogOf, DEMO, FINE, ledgerOf, reportOf, SHOP, viewOf } from './world.ts';

const NOW = '2026-11-21T10:00:00Z';
const outcome = { fetch: null, refusal: null, isEmpty: false, source: null, failed: [], degraded: [], remaining: 1, observeOnly: false };
const full = viewOf(DEMO, [
  { ...(FINE[0] ?? reportOf('n1')), conditions: conditions([], outcome, NOW), drift: [{ ref: 'link:/x', field: 'mtu', want: '1', have: '2' }] },
]);
const empty = catalogOf({ 'default/new': {} }, { 'default/out': { network: 'new' } });
const views = [
  full,
  viewOf(empty, [], { ledger: { networks: {} } }),
  viewOf(catalogOf({}, {}), FINE, { ledger: ledgerOf(catalogOf({}, {}), ledgerOf(DEMO), '2026-11-21T11:00:00Z') }),
  viewOf(SHOP, FINE),
  viewOf(catalogOf({}, {}), [], { ledger: ledgerOf(catalogOf({}, {}), ledgerOf(SHOP), '2026-11-21T11:00:00Z') }),
];

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
for (const name of ['status-objects', 'events', 'status', 'status-addresses', 'watch-event']) ajv.addSchema(schemaOf(name), name);

function check(name: string, value: unknown): readonly unknown[] {
  ajv.validate(name, JSON.parse(JSON.stringify(value)));
  return ajv.errors ?? [];
}

function schemaOf(name: string): object {
  return JSON.parse(readFileSync(new URL(`../../schemas/output/${name}.json`, import.meta.url), 'utf8'));
}

function outside(view: View) {
  return [...poolRecords(view, true), ...floatingRecords(view, true), ...routedRecords(view, true)];
}

describe('what programs read has the shape that its schema says', () => {
  test.each([0, 1, 2, 3, 4])('get, describe and status of view %i', at => {
    const view = views[at] ?? full;
    const items = [...networkRecords(view, true), ...interfaceRecords(view, true), ...nodeRecords(view), ...namespaceRecords(view), ...outside(view)];
    expect(items.length).toBeGreaterThan(3);
    expect(check('status-objects', listOf(items, asOf(view)))).toEqual([]);
    for (const item of items) expect(check('status-objects', { ...item, asOf: asOf(view) })).toEqual([]);
    for (const item of items) expect(check('watch-event', watchEvent('ADDED', item, view))).toEqual([]);
    expect(check('status', statusSummary(view))).toEqual([]);
  });

  test('addresses and events', () => {
    expect(check('status-addresses', addressList('default/demo', full, 300_000))).toEqual([]);
    expect(check('status-addresses', poolAddressList('edge', views[3] ?? full, 300_000))).toEqual([]);
    expect(check('events', eventList([usageEvent({ node: 'n1', object: 'Network default/demo' }, NO_TRAFFIC, NOW)]))).toEqual([]);
    const event = {
      at: NOW,
      node: 'n1',
      object: 'Network default/demo',
      type: 'audit',
      operation: 'commit',
      phase: 'create',
      durationMs: null,
      message: '',
      revision: '',
      extra: { author: 'Ann' },
    } as const;
    expect(check('events', eventList([event], asOf(full)))).toEqual([]);
    expect(check('watch-event', watchEvent('ADDED', event, full))).toEqual([]);
    expect(check('watch-event', watchEvent('ADDED', { ...event, at: 5 } as never, full))).not.toEqual([]);
    const repaired = { ...event, type: 'drift', phase: 'finish' } as const;
    const wrong = statusSummary({ ...full, wanted: () => 'other', now: '2026-11-21T12:00:00Z' }, [repaired]);
    expect([wrong.behind.length, wrong.repairs.length, check('status', wrong)]).toEqual([1, 1, []]);
  });

  test('another shape is refused', () => {
    expect(check('events', { apiVersion: 'netloom.dev/v1', kind: 'EventList', items: [{}] })).not.toEqual([]);
    const [record] = networkRecords(full);
    expect(check('status-objects', { ...record, status: { ...record?.status, vxid: 'five' } })).not.toEqual([]);
    const usage = { node: 'n1', at: NOW, live: true, ...NO_TRAFFIC };
    expect(check('status-objects', { ...record, usage: [usage] })).toEqual([]);
    expect(check('status-objects', { ...record, usage: [{ ...usage, rx: {} }] })).not.toEqual([]);
    const [floating] = floatingRecords(views[3] ?? full);
    expect(check('status-objects', { ...floating, status: { ...floating?.status, address: 5 } })).not.toEqual([]);
  });
});

/** Who has an address in an entry of the ledger, and periods made of versions. */
import { expect, test } from 'vitest';
import type { NetworkEntry, PoolEntry } from '../../src/model/ledger.ts';
import { holdingsIn, mayHold } from '../../src/trace/holding.ts';
import { cutAt, meets, periodsOf, valueAt } from '../../src/trace/tenure.ts';
import { catalogOf, ledgerOf } from '../report/world.ts';

const NETS = { 'red/lan': { cidr: '10.1.0.0/24', reservations: [{ addresses: '10.1.0.50-10.1.0.59', comment: 'printers' }] } };
const catalog = catalogOf(NETS, { 'red/web': { network: 'lan', node: 'n1' } }, { gateways: ['n1'], pools: { edge: { cidr: '192.0.2.0/24', device: 'eth1' } } });
const entry = ledgerOf(catalog).networks['red/lan'] as NetworkEntry;
const guest = entry.interfaces['red/web'];

test('tombstones, quarantine and memory hold nothing; ranges hold what is in them', () => {
  const space = { network: 'red/lan', entry };
  const ip = guest?.address ?? '';
  expect(holdingsIn(space, { ip })).toMatchObject([{ object: 'Interface red/web', mac: guest?.mac, node: 'n1' }]);
  expect(holdingsIn(space, { ip: '10.1.0.55' })).toMatchObject([{ type: 'reserved', object: '' }]);
  expect(holdingsIn(space, { ip: '10.1.0.60' })).toEqual([]);
  for (const type of ['quarantine', 'remembered'] as const) {
    const addresses = entry.addresses.map(each => (each.address === ip ? { ...each, type } : each));
    expect(holdingsIn({ network: 'red/lan', entry: { ...entry, addresses } }, { ip })).toEqual([]);
  }
  const removed = { ...entry, interfaces: { 'red/web': { ...guest, removed: '2026-11-21T00:00:00Z' } } } as NetworkEntry;
  expect(holdingsIn({ network: 'red/lan', entry: removed }, { mac: guest?.mac ?? '' })).toEqual([]);
  expect(holdingsIn(space, { mac: guest?.mac ?? '' })).toMatchObject([{ address: ip }]);
});

test('the MAC of a pool’s address stands for that address', () => {
  const pool = ledgerOf(catalog).pools?.edge as PoolEntry;
  const { address = '' } = entry.floatingGateway ?? {};
  const mac = `02:01:${address
    .split('.')
    .map(byte => Number(byte).toString(16).padStart(2, '0'))
    .join(':')}`;
  expect(holdingsIn({ pool: 'edge', entry: pool }, { mac })).toMatchObject([{ address, object: 'Network red/lan', type: 'gateway' }]);
  expect(mayHold(`x ${address} y`, { mac })).toBe(true);
  expect(mayHold('10.1.0.50-10.1.0.59', { ip: '10.1.0.55' })).toBe(true);
  expect(mayHold('10.1.0.5', { ip: '10.1.0.7' })).toBe(false);
});

test('versions that say the same are one period; others cut it, and an instant is in the one that began', () => {
  const versions = [
    { at: 10, commit: 'a', value: 1 },
    { at: 20, commit: 'b', value: 1 },
    { at: 30, commit: 'c', value: 2 },
  ];
  const periods = periodsOf(versions, (a, b) => a === b);
  expect(periods).toEqual([
    { from: 10, until: 30, commit: 'a', endedBy: 'c', value: 1 },
    { from: 30, until: null, commit: 'c', endedBy: '', value: 2 },
  ]);
  const [first] = periods;
  if (first === undefined) throw new Error('no period');
  expect(cutAt(first, [[{ at: 25, commit: 'x', value: null }], [{ at: 40, commit: 'y', value: null }]])).toMatchObject([
    { from: 10, until: 25, endedBy: 'x' },
    { from: 25, until: 30, commit: 'x', endedBy: 'c' },
  ]);
  expect([meets(first, [30, 30]), meets(first, [29, 29]), meets(first, [0, 9]), meets(first, [0, 10])]).toEqual([false, true, false, true]);
  expect([valueAt(versions, 5), valueAt(versions, 30), valueAt([], 1)]).toEqual([1, 2, undefined]);
});

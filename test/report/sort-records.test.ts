import { describe, expect, test } from 'vitest';
import { networkRecords } from '../../src/report/network-record.ts';
import { interfaceRecords } from '../../src/report/records.ts';
import { networkRows } from '../../src/report/rows.ts';
import { compareNaturally, sorted, sortKeyOf } from '../../src/report/sort-records.ts';
import { catalogOf, DEMO, FINE, ledgerOf, viewOf } from './world.ts';

const guests = Object.fromEntries(
  [...Array(12).keys()].map(i => [`acme/vm-${i}`, { network: 'lan', node: i % 2 === 0 ? 'n10' : 'n9', address: `10.0.0.${14 - i}` }]),
);
const catalog = catalogOf({ 'acme/lan': { cidr: '10.0.0.0/24' }, 'acme/flat': {} }, guests);
const view = viewOf(catalog, FINE);
const names = (word: string): readonly string[] => {
  const key = sortKeyOf(word, 'Interface');
  return typeof key === 'function' ? sorted(interfaceRecords(view), key).map(record => record.metadata.name) : key.known;
};

describe('texts as people sort them', () => {
  test.each([
    ['10.0.0.9', '10.0.0.10'],
    ['9.0.0.0', '10.0.0.0'],
    ['2001:db8::9', '2001:db8::10'],
    ['2001:db8::ffff', '2001:db8:0:1::'],
    ['vm-2', 'vm-10'],
    ['vm', 'vm-1'],
    ['vm-2-b', 'vm-10-a'],
    ['a99999999999999999998', 'a99999999999999999999'],
    ['n01', 'n1'],
    ['z', ''],
  ])('%s comes before %s', (first, second) => {
    expect(Math.sign(compareNaturally(first, second))).toBe(-1);
    expect(Math.sign(compareNaturally(second, first))).toBe(1);
    expect(compareNaturally(first, first)).toBe(0);
  });
});

describe('--sort-by', () => {
  test('name, and address by number', () => {
    expect(names('name').slice(0, 4)).toEqual(['vm-0', 'vm-1', 'vm-2', 'vm-3']);
    expect(names('name').at(-1)).toBe('vm-11');
    expect(names('address').slice(0, 6)).toEqual(['vm-11', 'vm-10', 'vm-9', 'vm-8', 'vm-7', 'vm-6']);
    expect(names('.status.address')).toEqual(names('address'));
    expect(names('{.status.address}')).toEqual(names('address'));
  });

  test('node: n9 before n10, and those of one node as they were', () => {
    expect(names('NODE').slice(0, 3)).toEqual(['vm-1', 'vm-11', 'vm-3']);
  });

  test('age: the youngest first; what has none comes last', () => {
    const later = catalogOf({ 'acme/lan': { cidr: '10.0.0.0/24' }, 'acme/new': {}, 'acme/newest': {} }, {});
    const ledger = ledgerOf(catalogOf({ 'acme/lan': { cidr: '10.0.0.0/24' }, 'acme/new': {} }, {}), ledgerOf(catalog), '2026-11-21T11:00:00Z');
    const records = networkRecords(viewOf(later, [], { ledger }));
    const key = sortKeyOf('age', 'Network');
    expect(typeof key === 'function' && sorted(records, key).map(record => record.metadata.name)).toEqual(['new', 'lan', 'newest']);
    expect(networkRows(records, { wide: true, now: '2026-11-21T12:00:00Z' }).rows.map(row => row.at(-1))).toEqual(['2h', '60m', '']);
  });

  test('state: the worst first', () => {
    const key = sortKeyOf('state', 'Network');
    const [one] = networkRecords(view);
    const records = (['created', 'deleting', 'error', 'initial', 'degraded'] as const).flatMap(state =>
      one ? { ...one, status: { ...one.status, state } } : [],
    );
    expect(typeof key === 'function' && sorted(records, key).map(record => record.status.state)).toEqual([
      'error',
      'degraded',
      'initial',
      'deleting',
      'created',
    ]);
  });

  test('a path that leads nowhere sorts nothing, and a word that is no column names those that are', () => {
    expect(names('.status.constructor.name')).toEqual(interfaceRecords(view).map(record => record.metadata.name));
    expect(names('colour')).toEqual(expect.arrayContaining(['name', 'ipv4', 'node', 'age']));
  });
});

test('labels as columns, one each or all in one', () => {
  const [flat] = networkRecords(view);
  if (flat === undefined) throw new Error('no network');
  const labelled = { ...flat, metadata: { ...flat.metadata, labels: { role: 'web', 'example.org/team': 'edge' } } };
  const { columns, rows } = networkRows([labelled], { labels: ['role', 'example.org/team', 'none'], showLabels: true });
  expect(columns.slice(-4)).toEqual(['ROLE', 'TEAM', 'NONE', 'LABELS']);
  expect(rows[0]?.slice(-4)).toEqual(['web', 'edge', '', 'example.org/team=edge,role=web']);
});

test('of what is left out no state is worked out: that may take compiling a whole node', () => {
  const asked: string[] = [];
  const wanted = (_: string, definition: string): string => {
    asked.push(definition);
    return 'd1';
  };
  const all = viewOf(DEMO, FINE, { wanted });
  expect(networkRecords(all, false, () => false)).toEqual([]);
  expect(interfaceRecords(all, false, key => key === 'default/web').map(record => record.metadata.name)).toEqual(['web']);
  expect(new Set(asked)).toEqual(new Set(['Interface default/web']));
});

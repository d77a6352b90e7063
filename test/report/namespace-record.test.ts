import { expect, test } from 'vitest';
import type { Catalog } from '../../src/objects/object.ts';
import { describePool } from '../../src/report/describe-pool.ts';
import { describeNamespace, namespaceRecords } from '../../src/report/namespace-record.ts';
import { poolRecord } from '../../src/report/pool-records.ts';
import { namespaceRows } from '../../src/report/rows.ts';
import { table } from '../../src/report/table.ts';
import { loadFiles } from '../load/diagnose.ts';
import { viewOf } from './world.ts';

const doc = (kind: string, name: string, spec: string, namespace?: string): string =>
  `apiVersion: netloom.dev/v1\nkind: ${kind}\nmetadata: {name: ${name}${namespace === undefined ? '' : `, namespace: ${namespace}`}}\nspec: ${spec}\n`;

const POOL = doc('AddressPool', 'quay', '{cidr: 203.0.113.0/24, device: eth1}');
const { catalog } = loadFiles({
  'a.yaml': [
    doc('Cluster', 'lab', '{underlay: {mtu: 9000}, namespaceDefaults: {quotas: {networks: 2, routedIPs: 0}}}'),
    doc('Node', 'n1', '{underlay: {address: 192.0.2.11, device: eth0}, gateway: true}'),
    POOL,
    doc('Network', 'shop', '{cidr: 10.1.0.0/24}', 'bakery'),
    doc('Interface', 'web', '{network: main}', 'bakery'),
    doc('FloatingIP', 'front', '{interface: web}', 'bakery'),
    doc('FloatingIP', 'spare', '{}', 'stray'),
    doc('Namespace', 'shut', '{pools: []}'),
  ].join('---\n'),
  'ns.yaml': doc('Namespace', 'bakery', '{pools: [quay], quotas: {interfaces: 5, networks: 3}, mainNetwork: {cidr: 10.0.0.0/24}}'),
});
const view = viewOf(catalog as Catalog, []);

test('a tenant is shown with what it has and what it may have, also one that nobody declares', () => {
  const { columns, rows } = namespaceRows(namespaceRecords(view), { wide: true });
  expect(`\n${table(columns, rows)}\n`).toBe(`
NAME    NETWORKS  GUESTS  FLOATING  ROUTED  POOLS  METADATA  FROM
bakery  2/3       1/5     1         0/0     quay   -         ns.yaml:1
shut    0/2       0       0         0/0     none   -         a.yaml:36
stray   0/2       0       1         0/0     all    -         -
`);
});

test('a tenant is described with its pools and its main network', () => {
  const [bakery, , stray] = namespaceRecords(view);
  expect(bakery && describeNamespace(bakery, undefined)).toBe(`Namespace:     bakery
Defined:       ns.yaml:1
Labels:        None
Annotations:   None
Networks:      2 of at most 3
Interfaces:    1 of at most 5
Floating:      1
Routed:        0 of at most 0
Pools:         quay
Main network:  bakery/main`);
  expect(stray && describeNamespace(stray, undefined)).toMatch(/Pools: +all\nMain network: +None$/);
});

test('a pool is shown with who may use it', () => {
  const all = loadFiles({ 'a.yaml': [doc('Cluster', 'lab', '{underlay: {mtu: 9000}}'), POOL, doc('Namespace', 'open', '{}')].join('---\n') })
    .catalog as Catalog;
  const mayUse = (of: Catalog): unknown => poolRecord('quay', viewOf(of, []))?.status.namespaces;
  expect(mayUse(catalog as Catalog)).toEqual(['bakery']);
  expect(mayUse(all)).toBeNull();
  const none = poolRecord('quay', viewOf(all, []));
  expect(none && describePool(none, { events: [] })).toMatch(/^Namespaces: +all$/m);
});

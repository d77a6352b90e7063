/** Two revisions of the definitions, told in network words. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { load } from '../../src/load/load.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { definitionChanges, differing } from '../../src/pass/definition-changes.ts';
import { type Difference, differenceJson, printDifference } from '../../src/trace/difference.ts';
import { definition } from '../review/cluster.ts';

const BASE = {
  'cluster.yaml': definition('Cluster', 'one', { underlay: { mtu: 1600 } }),
  'n1.yaml': definition('Node', 'n1', { underlay: { address: '10.1.0.1' } }),
  'n2.yaml': definition('Node', 'n2', { underlay: { address: '10.1.0.2' } }),
  'n3.yaml': definition('Node', 'n3', { underlay: { address: '10.1.0.3' }, gateway: true }),
  'pool.yaml': definition('AddressPool', 'edge', { cidr: '192.0.2.0/24', device: 'eth1' }),
  'shop.yaml': definition('Network', 'bakery/shop', { cidr: '10.0.0.0/24', dnsUpstreams: ['1.1.1.1'], dhcp: true }),
  'web-1.yaml': definition('Interface', 'bakery/web-1', { network: 'shop', node: 'n2' }),
  'web-2.yaml': definition('Interface', 'bakery/web-2', { network: 'shop', node: 'n2' }),
  'front.yaml': definition('FloatingIP', 'bakery/shop-front', { interface: 'web-1' }),
  'old.yaml': definition('Network', 'museum/old', { cidr: '10.0.0.0/24' }),
};

function catalogOf(files: Readonly<Record<string, string>>): Catalog {
  const entries = Object.entries(files).map(([path, text]) => ({ path, mode: '100644', id: path, size: text.length }));
  const { catalog, diagnostics } = load({ entries, bytesOf: path => Buffer.from(files[path] ?? '') });
  if (catalog === null) throw new Error(JSON.stringify(diagnostics));
  return catalog;
}

function between(edits: Readonly<Record<string, string | null>>): Difference {
  const head = Object.fromEntries(Object.entries({ ...BASE, ...edits }).filter((entry): entry is [string, string] => entry[1] !== null));
  return {
    base: { name: 'main~1', commit: '1'.repeat(40) },
    head: { name: 'main', commit: '2'.repeat(40) },
    items: differing(catalogOf(BASE), catalogOf(head)),
    diagnostics: [],
    invalid: null,
  };
}

const EDITS = {
  'shop.yaml': definition('Network', 'bakery/shop', { cidr: '10.0.0.0/24', dhcp: false, dnsUpstreams: ['1.1.1.1', '9.9.9.9'], gateway: 'n3' }),
  'web-1.yaml': definition('Interface', 'bakery/web-1', { network: 'shop', node: 'n3' }),
  'web-2.yaml': definition('Interface', 'bakery/web-2', { network: 'shop' }),
  'web-3.yaml': definition('Interface', 'bakery/web-3', { network: 'shop', node: 'n2' }),
  'front.yaml': definition('FloatingIP', 'bakery/shop-front', { interface: 'web-2' }),
  'old.yaml': null,
  'n1.yaml': definition('Node', 'n1', { underlay: { address: '10.1.0.9' } }),
};

test('what moves, leads elsewhere, comes and goes is told with a verb, all else with its field and both values, tenant by tenant', () => {
  expect(printDifference(between(EDITS))).toBe(`Comparing main~1 at 1111111111 with main at 2222222222

The cluster
  Node n1: underlay.address 10.1.0.1 -> 10.1.0.9

Namespace bakery
  Network bakery/shop has its router on n3
  Network bakery/shop: dnsUpstreams gains 9.9.9.9
  Network bakery/shop: dhcp true -> false
  Interface bakery/web-1 moves from n2 to n3
  Interface bakery/web-2 is placed on no node any more (was n2)
  Interface bakery/web-3 is new: network shop, node n2, address auto
  FloatingIP bakery/shop-front now leads to web-2 (was web-1)

Namespace museum
  Network museum/old is removed

Definitions: 1 added, 5 changed, 1 removed.
`);
});

test('where a definition stands and how it is written is no difference', () => {
  const moved = between({ 'shop.yaml': null, 'networks.yaml': `# moved\n---\n${BASE['shop.yaml']}` });
  expect(moved.items).toEqual([]);
  expect(printDifference(moved)).toContain('No definition differs.');
});

test('a text of a definition forges no line of it', () => {
  const labels = definition('Network', 'bakery/shop', { cidr: '10.0.0.0/24' }).replace(
    '"name":"shop"',
    '"name":"shop","annotations":{"a":"x\\n::error::y\\u001b[31m"}',
  );
  const text = printDifference(between({ 'shop.yaml': labels }));
  expect(text).toContain('annotations.a is set to');
  expect(text.split('\n').some(line => line.startsWith('::'))).toBe(false);
  expect(text).not.toContain(String.fromCharCode(27));
});

test('the JSON is as its schema says, and a review counts the same definitions', () => {
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync('schemas/output/diff.json', 'utf8')));
  const difference = between(EDITS);
  const json = JSON.parse(JSON.stringify(differenceJson(difference)));
  expect(validate(json) ? [] : validate.errors).toEqual([]);
  const head = Object.fromEntries(Object.entries({ ...BASE, ...EDITS }).filter((entry): entry is [string, string] => entry[1] !== null));
  expect(json.items.map((item: { definition: string; change: string }) => [item.definition, item.change])).toEqual(
    definitionChanges(catalogOf(BASE), catalogOf(head)).map(({ definition: name, change }) => [name, change]),
  );
});

test('a guest that may move, has moved or stays is told as that', () => {
  const of = (base: object, head: object): string => {
    const catalogs = [base, head].map(spec => catalogOf({ ...BASE, 'web-1.yaml': definition('Interface', 'bakery/web-1', { network: 'shop', ...spec }) }));
    const [was, is] = catalogs as [Catalog, Catalog];
    const about = { base: { name: 'a', commit: '' }, head: { name: 'b', commit: '' }, diagnostics: [], invalid: null };
    return (
      printDifference({ ...about, items: differing(was, is) })
        .match(/web-1 .*/g)
        ?.join('; ') ?? ''
    );
  };
  const moving = { node: 'n2', migrateTo: 'n3' };
  expect(of({ node: 'n2' }, moving)).toBe('web-1 may move to n3 while it runs');
  expect(of(moving, { node: 'n3' })).toBe('web-1 moves from n2 to n3; web-1 is not being moved any more (was to n3)');
  expect(of(moving, { node: 'n2' })).toBe('web-1 is not being moved any more (was to n3)');
});

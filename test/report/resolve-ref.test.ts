import { describe, expect, test } from 'vitest';
import { parseKind, type RefKind, refIndex, resolveRef } from '../../src/report/resolve-ref.ts';
import { catalogOf, ledgerOf } from './world.ts';

const catalog = catalogOf(
  { 'default/demo': { cidr: '10.0.0.0/24', vxid: 14823439 }, 'default/1234': {}, 'acme/front': { cidr: '10.0.0.0/24' }, 'acme/back': {} },
  {
    'default/web': { network: 'demo', node: 'n1', mac: '02:aa:00:00:00:01' },
    'acme/web': { network: 'front', node: 'n2', attach: { tap: { ifname: 'guest0', multiQueue: false } } },
    'acme/host': { network: 'front', node: 'n1', attach: { host: {} } },
  },
);
const ledger = ledgerOf(catalog);
const index = refIndex({ catalog, ledger });
const demo = ledger.networks['default/demo'];
const web = demo?.interfaces['default/web'];
const find = (ref: string, kind: RefKind = 'Network', namespace: string | null = 'default'): string => {
  const found = resolveRef(ref, kind, namespace, index);
  return 'key' in found ? found.key : `${found.candidates.join(' ') || 'none'}: ${found.message}`;
};

describe('what a REF may be', () => {
  test.each<[string, string, RefKind, string | null, string]>([
    ['a name', 'demo', 'Network', 'default', 'default/demo'],
    ['a name of another tenant', 'front', 'Network', 'acme', 'acme/front'],
    ['a name anywhere', 'front', 'Network', null, 'acme/front'],
    ['namespace/name', 'acme/front', 'Network', 'default', 'acme/front'],
    ['a uuid', demo?.uuid ?? '', 'Network', 'default', 'default/demo'],
    ['a uuid in capitals', (demo?.uuid ?? '').toUpperCase(), 'Network', 'default', 'default/demo'],
    ['a start of a uuid', (demo?.uuid ?? '').slice(0, 9), 'Network', 'acme', 'default/demo'],
    ['a vxid', '14823439', 'Network', 'acme', 'default/demo'],
    ['a vxid in hex', '0xe2300f', 'Network', 'acme', 'default/demo'],
    ['its device', 'vxlan-e2300f', 'Network', 'acme', 'default/demo'],
    ['its bridge', 'br-vxlan-e2300f', 'Network', 'acme', 'default/demo'],
    ['its router’s MAC', '02:02:e2:30:0f:01', 'Network', 'acme', 'default/demo'],
    ['an address: the tenant decides', '10.0.0.1', 'Network', 'acme', 'acme/front'],
    ['an address of a guest', '10.0.0.2', 'Interface', 'default', 'default/web'],
    ['a MAC as Windows writes it', '02-AA-00-00-00-01', 'Interface', 'acme', 'default/web'],
    ['a derived device', `tap-${web?.uuid.slice(0, 8)}`, 'Interface', 'acme', 'default/web'],
    ['a named device', 'guest0', 'Interface', 'default', 'acme/web'],
    ['the node’s own end', `host-${ledger.networks['acme/front']?.interfaces['acme/host']?.uuid.slice(0, 8)}`, 'Interface', 'default', 'acme/host'],
    ['a node', 'n1', 'Node', 'default', 'n1'],
    ['a node’s underlay address', '10.2.1.2', 'Node', 'default', 'n2'],
    ['a tenant that is only used', 'acme', 'Namespace', 'default', 'acme'],
    ['a name that looks like a number wins', '1234', 'Network', 'default', 'default/1234'],
  ])('%s', (_, ref, kind, namespace, expected) => expect(find(ref, kind, namespace)).toBe(expected));

  test.each<[string, string, RefKind, string | null, string]>([
    ['the start of a name', 'dem', 'Network', 'default', 'default/demo'],
    ['the start of a name of another tenant', 'fr', 'Network', null, 'acme/front'],
    ['namespace/ and a start', 'acme/fr', 'Network', 'default', 'acme/front'],
    ['a whole name, also where it is the start of another', 'n1', 'Node', 'default', 'n1'],
  ])('%s', (_, ref, kind, namespace, expected) => expect(find(ref, kind, namespace)).toBe(expected));

  test('the start of several names, or of a name and a uuid, is none of them', () => {
    expect(find('n', 'Node')).toBe('n1 n2: n is not one Node but 2: n1, n2');
    const cafe = catalogOf({ 'default/cafeteria': {}, 'default/other': {} }, {});
    const own = ledgerOf(cafe);
    const known = {
      ...own,
      networks: { ...own.networks, 'default/other': { ...own.networks['default/cafeteria'], uuid: 'cafe0000-0000-8000-8000-6e6c6d000000' } as never },
    };
    expect(resolveRef('cafe', 'Network', 'default', refIndex({ catalog: cafe, ledger: known }))).toMatchObject({
      candidates: ['default/cafeteria', 'default/other'],
    });
  });

  test('a start is not looked for elsewhere, and nothing is the start of nothing', () => {
    expect(find('fro')).toMatch(/^none/);
    expect(find('')).toMatch(/^none/);
    expect(find('acme/')).toMatch(/^none/);
  });

  test('what lives comes before what is only remembered', () => {
    const later = catalogOf({ 'default/demo': { cidr: '10.0.0.0/24' } }, { 'default/web-2': { network: 'demo', node: 'n1' } });
    const known = refIndex({ catalog: later, ledger: ledgerOf(later, ledger, '2026-11-21T11:00:00Z') }, 'Interface');
    expect(resolveRef('we', 'Interface', 'default', known)).toEqual({ key: 'default/web-2' });
    expect(resolveRef('web', 'Interface', 'default', known)).toEqual({ key: 'default/web' });
    expect(known.filter(each => each.isGone).map(each => each.key)).toEqual(['acme/host', 'acme/web', 'default/web']);
  });

  test('where whole names are asked for, a start is none, and is told', () => {
    expect(resolveRef('dem', 'Network', 'default', index, { exact: true })).toEqual({
      candidates: [],
      message: 'there is no Network dem, only default/demo: here it takes the whole name',
    });
    expect(resolveRef((demo?.uuid ?? '').slice(0, 9), 'Network', 'default', index, { exact: true })).toMatchObject({ candidates: [] });
    expect(resolveRef('demo', 'Network', 'default', index, { exact: true })).toEqual({ key: 'default/demo' });
    expect(resolveRef('0xe2300f', 'Network', 'default', index, { exact: true })).toEqual({ key: 'default/demo' });
  });

  test('ambiguous: the candidates', () => {
    expect(find('web', 'Interface', null)).toBe('acme/web default/web: web is not one Interface but 2: acme/web, default/web');
    expect(find('10.0.0.1', 'Network', null)).toMatch(/^acme\/front default\/demo: /);
  });

  test('unknown: says so, and where it is instead', () => {
    expect(find('front')).toBe('acme/front: there is no Network front in namespace default; there is acme/front: use -n or namespace/name');
    expect(find('nothing')).toBe('none: there is no Network nothing in namespace default');
    expect(find('n9', 'Node')).toBe('none: there is no Node n9');
    expect(find('99999999')).toBe('none: there is no Network 99999999 in namespace default');
    expect(find('__proto__')).toMatch(/^none/);
  });

  test('tombstones are found too', () => {
    const empty = catalogOf({}, {});
    const gone = refIndex({ catalog: empty, ledger: ledgerOf(empty, ledger, '2026-11-22T00:00:00Z') });
    expect(resolveRef('demo', 'Network', 'default', gone)).toEqual({ key: 'default/demo' });
    expect(resolveRef(web?.uuid ?? '', 'Interface', 'default', gone)).toEqual({ key: 'default/web' });
  });

  test('kinds as people type them', () => {
    expect(['network', 'networks', 'Net', 'nets', 'iface', 'interfaces', 'nodes', 'ns', 'Namespace', 'constructor', 'pools'].map(parseKind)).toEqual([
      'Network',
      'Network',
      'Network',
      'Network',
      'Interface',
      'Interface',
      'Node',
      'Namespace',
      'Namespace',
      null,
      'AddressPool',
    ]);
    expect(['addresspool', 'floatingips', 'FloatingIP', 'fip', 'routedips', 'rip'].map(parseKind)).toEqual([
      'AddressPool',
      'FloatingIP',
      'FloatingIP',
      'FloatingIP',
      'RoutedIP',
      'RoutedIP',
    ]);
  });
});

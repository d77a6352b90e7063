/** What definitions want allocated of pools, routers and addresses. */
import { describe, expect, test } from 'vitest';
import { holderAsks, networkAsks, poolAsks } from '../../src/objects/asks.ts';
import { checkAll } from '../../src/objects/checks.ts';
import type { Ask, Catalog } from '../../src/objects/object.ts';
import { floatingIPsOf, gatewayCandidates } from '../../src/objects/services.ts';
import { loadFiles } from '../load/diagnose.ts';

const doc = (kind: string, name: string, spec: object): string => JSON.stringify({ apiVersion: 'netloom.dev/v1', kind, metadata: { name }, spec });

const CLUSTER = doc('Cluster', 'c', { underlay: { mtu: 9000 }, defaultPool: 'floating' });
const node = (name: string, last: number, more: object = {}): string =>
  doc('Node', name, { underlay: { address: `192.0.2.${last}`, device: 'eth0' }, gateway: true, ...more });
const FLOATING = doc('AddressPool', 'floating', {
  cidr: '198.51.100.0/24',
  device: 'eth1',
  mode: 'routed',
  reserved: [{ addresses: '198.51.100.2-198.51.100.9', comment: 'old' }, { addresses: '198.51.100.20' }],
});

function catalogOf(...docs: readonly string[]): Catalog {
  const { catalog, diagnostics } = loadFiles({ 'a.yaml': docs.join('\n---\n') });
  if (catalog !== null) return catalog;
  throw new Error(diagnostics.map(({ message }) => message).join('; '));
}

function gatewayOf(catalog: Catalog, name: string): unknown {
  const network = catalog.networks.get(`default/${name}`);
  const [ask] = network === undefined ? [] : networkAsks(network, catalog);
  return ask?.for === 'network' ? ask.gateway : undefined;
}

describe('a network asks for a router', () => {
  const two = [CLUSTER, node('g2', 2), node('g1', 1), FLOATING];

  test('on any gateway node that is not cordoned, with an address of its pool as its way out', () => {
    const catalog = catalogOf(...two, node('g3', 3, { cordon: true }), doc('Network', 'a', { cidr: '10.1.0.0/24' }));
    expect(gatewayOf(catalog, 'a')).toEqual({ candidates: ['g1', 'g2'], pool: 'floating' });
  });

  test('without an address of a pool where it has no way out; routed, its way out is one too', () => {
    const catalog = catalogOf(...two, doc('Network', 'a', { cidr: '10.1.0.0/24', nat: false }), doc('Network', 'b', { cidr: '10.2.0.0/24', egress: 'routed' }));
    expect([gatewayOf(catalog, 'a'), gatewayOf(catalog, 'b')]).toEqual([{ candidates: ['g1', 'g2'] }, { candidates: ['g1', 'g2'], pool: 'floating' }]);
  });

  test('on the node that it names, also when that is cordoned', () => {
    const catalog = catalogOf(...two, node('g3', 3, { cordon: true }), doc('Network', 'a', { cidr: '10.1.0.0/24', gateway: 'g3' }));
    expect(gatewayOf(catalog, 'a')).toEqual({ candidates: ['g1', 'g2'], pin: 'g3', pool: 'floating' });
  });

  test('only where every pool that it uses is served; nowhere when no node serves them all', () => {
    const pool = (name: string, third: number, ...gateways: string[]): string =>
      doc('AddressPool', name, { cidr: `203.0.${third}.0/24`, device: 'eth1', gateways });
    const network = doc('Network', 'a', { cidr: '10.1.0.0/24', pool: 'one' });
    const float = [doc('Interface', 'i', { network: 'a' }), doc('FloatingIP', 'f', { interface: 'i', pool: 'other' })];
    const both = catalogOf(...two, pool('one', 113, 'g1', 'g2'), pool('other', 114, 'g2'), network, ...float);
    expect(gatewayOf(both, 'a')).toEqual({ candidates: ['g2'], pool: 'one' });
    const none = catalogOf(...two, pool('one', 113, 'g1'), pool('other', 114, 'g2'), network, ...float);
    expect(gatewayOf(none, 'a')).toEqual({ candidates: [], pool: 'one' });
  });

  test('not without an IPv4 cidr, nor in a cluster without gateway nodes', () => {
    const networks = [doc('Network', 'l2', {}), doc('Network', 'six', { cidr: '2001:db8::/64' })];
    const catalog = catalogOf(...two, ...networks);
    expect([gatewayOf(catalog, 'l2'), gatewayOf(catalog, 'six')]).toEqual([undefined, undefined]);
    expect(
      gatewayOf(catalogOf(CLUSTER.replace('floating', 'p'), FLOATING.replace('"floating"', '"p"'), doc('Network', 'a', { cidr: '10.1.0.0/24' })), 'a'),
    ).toBeUndefined();
  });
});

test('a pool asks with its router and what is given to nobody; a network with its reservations', () => {
  const catalog = catalogOf(
    CLUSTER,
    node('g1', 1),
    FLOATING,
    doc('Network', 'a', { cidr: '10.1.0.0/24', reservations: [{ addresses: '10.1.0.50-10.1.0.99' }] }),
  );
  const reserved = [
    { first: '198.51.100.2', last: '198.51.100.9', comment: 'old' },
    { first: '198.51.100.20', last: '198.51.100.20', comment: '' },
  ];
  const pools = [...catalog.pools.values()].flatMap(pool => poolAsks(pool));
  expect(pools).toEqual([{ for: 'pool', key: 'floating', cidr: '198.51.100.0/24', gateway: '198.51.100.1', reserved, from: 'a.yaml:5' }]);
  const [network] = [...catalog.networks.values()].flatMap(each => networkAsks(each, catalog));
  expect(network).toMatchObject({ reserved: [{ first: '10.1.0.50', last: '10.1.0.99', comment: '' }] });
});

test('floating and routed addresses ask their pool: the one they name, else the default', () => {
  const second = doc('AddressPool', 'second', { cidr: '203.0.113.0/24', device: 'eth1', mode: 'routed' });
  const docs = [doc('FloatingIP', 'f', {}), doc('RoutedIP', 'r', { network: 'a', pool: 'second', address: '203.0.113.7' })];
  const catalog = catalogOf(CLUSTER, node('g1', 1), FLOATING, second, doc('Network', 'a', { cidr: '10.1.0.0/24' }), ...docs);
  const asks: readonly Ask[] = [
    ...[...catalog.floatingIPs.values()].flatMap(each => holderAsks('floating', each, catalog)),
    ...[...catalog.routedIPs.values()].flatMap(each => holderAsks('routed', each, catalog)),
  ];
  expect(asks).toMatchObject([
    { for: 'floating', key: 'default/f', pool: 'floating' },
    { for: 'routed', key: 'default/r', pool: 'second', address: '203.0.113.7' },
  ]);
  expect(asks[0]).not.toHaveProperty('address');
});

test('two thousand networks with a floating address each are asked about in time that grows with them', () => {
  const docs = Array.from({ length: 2000 }, (_, i) => [
    doc('Network', `n${i}`, { cidr: `10.${i >> 8}.${i & 255}.0/24` }),
    doc('Interface', `i${i}`, { network: `n${i}` }),
    doc('FloatingIP', `f${i}`, { interface: `i${i}` }),
  ]);
  const pool = doc('AddressPool', 'floating', { cidr: '198.18.0.0/15', device: 'eth1' });
  const catalog = catalogOf(CLUSTER, ...Array.from({ length: 20 }, (_, i) => node(`g${i}`, i + 1)), pool, ...docs.flat());
  let looked = 0;
  const counted = { ...catalog, floatingIPs: new Map(catalog.floatingIPs) };
  const values = counted.floatingIPs.values.bind(counted.floatingIPs);
  counted.floatingIPs.values = () => {
    looked += 1;
    return values();
  };
  const networks = [...counted.networks.values()];
  expect(networks.map(network => floatingIPsOf(network, counted).map(({ name }) => name))).toEqual(networks.map((_, i) => [`f${i}`]));
  expect(new Set(networks.map(network => gatewayCandidates(network, counted).length))).toEqual(new Set([20]));
  expect(looked).toBe(1);
  expect(checkAll(catalog)).toEqual([]);
});

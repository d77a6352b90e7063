/** Bridges of Linux have 1,023 ports. */
import { describe, expect, test } from 'vitest';
import { loadFiles } from '../load/diagnose.ts';

const doc = (kind: string, name: string, spec: object): string => JSON.stringify({ apiVersion: 'netloom.dev/v1', kind, metadata: { name }, spec });
const many = (count: number, of: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => of(i));

const NODES = ['n1', 'n2'].map((name, i) => doc('Node', name, { underlay: { address: `192.0.2.${i + 1}` }, gateway: true }));
const POOL = doc('AddressPool', 'edge', { cidr: '198.18.0.0/16', device: 'eth1', gateways: ['n1'] });

function found(...docs: readonly string[]): readonly string[] {
  const { diagnostics } = loadFiles({ 'a.yaml': [doc('Cluster', 'c', { underlay: { mtu: 9000 } }), ...NODES, ...docs].join('\n---\n') });
  return diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

describe('a network', () => {
  const guests = (count: number, node: string): string[] => many(count, i => doc('Interface', `${node}-${i}`, { network: 'big', node }));
  const flat = doc('Network', 'big', {});
  const routed = doc('Network', 'big', { cidr: '10.0.0.0/16', gateway: 'n1' });

  test('has at most 1,022 guests on a node: the mesh is a port too', () => {
    expect(found(flat, ...guests(1022, 'n1'))).toEqual([]);
    expect(found(flat, ...guests(1023, 'n1'))).toEqual([
      'too-many-ports: the bridge of Network default/big on Node n1 would get 1024 ports, and a bridge of Linux has 1023 at most',
    ]);
    expect(found(flat, ...guests(1022, 'n1'), ...guests(1022, 'n2'))).toEqual([]);
  });

  test('has one less where its router is', () => {
    expect(found(POOL, routed, ...guests(1021, 'n1'), ...guests(1022, 'n2'))).toEqual([]);
    expect(found(POOL, routed, ...guests(1022, 'n1'))).toHaveLength(1);
  });
});

describe('an egress bridge', () => {
  const networks = (count: number, spec: object = {}): string[] => many(count, i => doc('Network', `net-${i}`, { cidr: '10.0.0.0/24', ...spec }));
  const floating = (count: number): string[] => many(count, i => doc('FloatingIP', `f-${i}`, { interface: `i-${i}` }));
  const guests = (count: number): string[] => many(count, i => doc('Interface', `i-${i}`, { network: `net-${i}` }));
  const full = (ports: number): string =>
    `too-many-ports: the egress bridge of AddressPool edge on Node n1 would get ${ports} ports, and a bridge of Linux has 1023 at most: a network has one there, and a floating address`;

  test('carries 1,023 networks and floating addresses of a node', () => {
    expect(found(POOL, ...networks(1000), ...guests(23), ...floating(23))).toEqual([]);
    expect(found(POOL, ...networks(1000), ...guests(24), ...floating(24))).toEqual([full(1024)]);
    expect(found(POOL, ...networks(1024, { egress: 'none' }))).toEqual([]);
  });

  test('is told only where the definitions leave no other node', () => {
    const everywhere = doc('AddressPool', 'edge', { cidr: '198.18.0.0/16', device: 'eth1' });
    expect(found(everywhere, ...networks(1024))).toEqual([]);
    expect(found(everywhere, ...networks(1024, { gateway: 'n1' }))).toEqual([full(1024)]);
  });

  test('has the card that is bridged as a port', () => {
    const bridged = doc('AddressPool', 'edge', { cidr: '198.18.0.0/16', device: 'eth1', mode: 'bridged', gateways: ['n1'] });
    expect(found(bridged, ...networks(1023))).toEqual([full(1024)]);
  });
});

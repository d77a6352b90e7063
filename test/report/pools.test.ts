import { describe, expect, test } from 'vitest';
import { poolAddressList } from '../../src/report/addresses.ts';
import { describeNetwork } from '../../src/report/describe.ts';
import { describeFloating, describePool } from '../../src/report/describe-pool.ts';
import { networkRecord } from '../../src/report/network-record.ts';
import { floatingRecord, floatingRecords, poolRecord, poolRecords, routedRecord, routedRecords } from '../../src/report/pool-records.ts';
import { interfaceRecord, nodeRecord } from '../../src/report/records.ts';
import { type RefKind, refIndex, resolveRef } from '../../src/report/resolve-ref.ts';
import { roomOf } from '../../src/report/room.ts';
import { floatingRows, poolRows, routedRows } from '../../src/report/rows.ts';
import { floatingState, networkState, poolState, routedState, type View } from '../../src/report/state.ts';
import { statusText } from '../../src/report/status-text.ts';
import { statusSummary } from '../../src/report/summary.ts';
import { table } from '../../src/report/table.ts';
import { catalogOf, ledgerOf, READY, reportOf, SHOP, viewOf } from './world.ts';

const EGRESS = { eth1: { mtu: 1500, up: true, addresses: ['203.0.113.7', '2001:db8::7'] } };
const FACTS = { underlay: null, bridgeNetfilter: false, ports: [], users: {}, devices: [], missing: [], egress: EGRESS };
const n1 = reportOf('n1', {
  networks: { 'acme/shop': READY, 'acme/office': READY },
  pools: { edge: READY },
  floatingIPs: { 'acme/www': READY },
  routedIPs: { 'acme/lb': READY },
  facts: FACTS,
});
const n2 = reportOf('n2', { networks: { 'acme/shop': READY, 'acme/office': READY }, interfaces: { 'acme/web': READY, 'acme/pc': READY } });
const view = viewOf(SHOP, [n1, n2]);
const pool = view.ledger.pools?.['edge'];
const www = pool?.floating['acme/www']?.address ?? '';
const lb = pool?.routed['acme/lb']?.address ?? '';
const shop = view.ledger.networks['acme/shop'];
const text = ({ columns, rows }: { columns: readonly string[]; rows: readonly (readonly string[])[] }): string => `\n${table(columns, rows)}\n`;
const said = (state: { state: string; reason: string; message: string } | null): string => (state === null ? 'null' : `${state.state} ${state.reason}`);

describe('states', () => {
  test('created when the gateway node of the network reports it', () => {
    expect([poolState('edge', view), floatingState('acme/www', view), routedState('acme/lb', view)].map(each => each?.state)).toEqual(Array(3).fill('created'));
    expect(said(floatingState('acme/spare', view))).toBe('created Held');
    expect(said(floatingState('acme/none', view))).toBe('null');
  });

  const lost = { ...n1, floatingIPs: {} };
  const waiting = { state: 'waiting', digest: '', reason: 'PoolExhausted', message: 'no free address' } as const;
  const unplaced = ledgerOf(SHOP);
  test.each<[string, View, string]>([
    ['not allocated', viewOf(SHOP, [n1, n2], { ledger: { networks: {} } }), 'initial Unallocated'],
    ['the pool is empty', viewOf(SHOP, [{ ...n1, floatingIPs: { 'acme/www': waiting } }], { ledger: { networks: {} } }), 'initial PoolExhausted'],
    ['not made yet', viewOf(SHOP, [lost, n2]), 'initial Waiting'],
    ['the gateway was never heard of', viewOf(SHOP, [n2]), 'initial NeverHeard'],
    [
      'half of it',
      viewOf(SHOP, [{ ...n1, floatingIPs: { 'acme/www': { digest: 'd1', state: 'degraded', reason: 'EgressDeviceDown' } } }, n2]),
      'degraded EgressDeviceDown',
    ],
    [
      'the node cannot',
      viewOf(SHOP, [{ ...n1, floatingIPs: { 'acme/www': { digest: 'd1', state: 'error', reason: 'EgressMissing' } } }, n2]),
      'error EgressMissing',
    ],
    ['an old target', viewOf(SHOP, [n1, n2], { wanted: (_, definition) => (definition === 'FloatingIP acme/www' ? 'd2' : 'd1') }), 'degraded Outdated'],
    ['no gateway node for its network', viewOf(SHOP, [n1, n2], { ledger: { ...unplaced, networks: withoutGateways(unplaced.networks) } }), 'initial NoGateway'],
  ])('%s', (_, at, expected) => expect(said(floatingState('acme/www', at))).toBe(expected));

  test('a network with a router and no node to carry it is not created', () => {
    expect(said(networkState('acme/shop', viewOf(SHOP, [n1, n2], { ledger: { ...unplaced, networks: withoutGateways(unplaced.networks) } })))).toBe(
      'initial NoGateway',
    );
  });

  test('gone: deleting while a node has something of it, then a tombstone, then unknown', () => {
    const empty = catalogOf({}, {}, { gateways: ['n1'] });
    const ledger = ledgerOf(empty, view.ledger, '2026-11-21T11:00:00Z');
    expect(said(floatingState('acme/www', viewOf(empty, [n1], { ledger })))).toBe('deleting Waiting');
    expect([floatingState('acme/www', viewOf(empty, [], { ledger })), routedState('acme/lb', viewOf(empty, [], { ledger }))].map(said)).toEqual([
      'deleted ',
      'deleted ',
    ]);
    expect(said(poolState('edge', viewOf(empty, [], { ledger })))).toBe('deleted ');
    expect(poolState('edge', viewOf(empty, [], { ledger: { networks: {} } }))).toBeNull();
    expect(floatingRecords(viewOf(empty, [], { ledger }), true).map(record => record.metadata.name)).toEqual(['spare', 'www']);
  });

  test('a pool without a network card on a node that serves it', () => {
    const without = catalogOf({}, {}, { gateways: ['n1'], pools: { edge: { cidr: '192.0.2.0/28' } } });
    expect(said(poolState('edge', viewOf(without, [n1])))).toBe('error EgressMissing');
    const unserved = catalogOf({}, {}, { pools: { edge: { cidr: '192.0.2.0/28', device: 'eth1' } } });
    expect(said(poolState('edge', viewOf(unserved, [n1])))).toBe('initial NoGateway');
  });
});

function withoutGateways(networks: View['ledger']['networks']): View['ledger']['networks'] {
  return Object.fromEntries(
    Object.entries(networks).map(([key, { gateway: _, ...entry }]) => {
      return [key, entry];
    }),
  );
}

describe('get', () => {
  test('pools, floating and routed addresses', () => {
    expect(text(poolRows(poolRecords(view)))).toBe(`
NAME  STATE    REASON  CIDR          MODE        TAKEN  FREE  NODES
edge  created  -       192.0.2.0/28  masquerade  8      8     n1
`);
    expect(text(floatingRows(floatingRecords(view), { namespaces: true }))).toBe(`
NAMESPACE  NAME   STATE    REASON  ADDRESS    POOL  INTERFACE  TARGET    NETWORK  NODE
acme       spare  created  Held    ${pool?.floating['acme/spare']?.address}  edge  -          -         -        -
acme       www    created  -       ${www}  edge  web        10.0.0.2  shop     n1
`);
    expect(text(routedRows(routedRecords(view)))).toBe(`
NAME  STATE    REASON  ADDRESS    POOL  NETWORK  NODE
lb    created  -       ${lb}  edge  shop     n1
`);
  });

  test('an interface tells what Shaken Fist told: floating, instance, model, order, uuid of the network', () => {
    expect(interfaceRecord('acme/web', view)?.status).toMatchObject({
      floating: www,
      instance: 'vm-7',
      model: 'e1000',
      order: 0,
      networkUuid: shop?.uuid,
      hostname: 'vm-7',
    });
    expect(interfaceRecord('acme/pc', view)?.status).toMatchObject({ floating: null, instance: null, model: 'virtio' });
  });

  test('a node tells how many routers it carries', () => {
    expect(nodeRecord('n1', view)?.status).toMatchObject({ gateway: true, cordon: false, routers: 2 });
    expect(nodeRecord('n2', view)?.status).toMatchObject({ gateway: false, routers: 0 });
  });
});

describe('describe', () => {
  test('a network with NAT: services, gateway, kernel names', () => {
    const record = networkRecord('acme/shop', view);
    const shown = record === null ? '' : describeNetwork(record, [], { events: [] });
    expect(shown).toContain('DHCP:                   yes\nNAT:                    yes\nDNS:                    no\nEgress:                 nat\n');
    expect(shown).toContain(`Floating gateway:       ${shop?.floatingGateway?.address} of pool edge\nRoute to add upstream:  None\n`);
    expect(shown).toContain('Gateway node:           n1\n');
    expect(shown).toContain('Router veth:            veth-e2300f-o, veth-e2300f-i\nEgress veth:            egr-e2300f-o, egr-e2300f-i\n');
    expect(shown).toContain(`Network namespace:      ${shop?.uuid}\n`);
  });

  test('a routed network prints the route to add upstream: by the gateway node’s card, or in a bridged pool by its own address', () => {
    const route = (at: View): string | null | undefined => networkRecord('acme/office', at)?.status.upstreamRoute;
    expect(route(view)).toBe('ip route add 10.1.0.0/24 via 203.0.113.7');
    expect(route(viewOf(SHOP, [n2]))).toBe('ip route add 10.1.0.0/24 via ADDRESS-OF-n1');
    const bridged = { ...SHOP, pools: new Map([...SHOP.pools].map(([name, def]) => [name, { ...def, spec: { ...def.spec, mode: 'bridged' as const } }])) };
    expect(route(viewOf(bridged, [n1]))).toBe(`ip route add 10.1.0.0/24 via ${view.ledger.networks['acme/office']?.floatingGateway?.address}`);
    expect(networkRecord('acme/shop', view)?.status.upstreamRoute).toBeNull();
  });

  test('a pool: free, taken, by whom and since when, and its way out of each gateway node', () => {
    const record = poolRecord('edge', view);
    const shown = record === null ? '' : describePool(record, { events: [] });
    expect(shown).toContain('Taken:        8 of 16\nFree:         8\n');
    expect(shown).toContain('NODE  DEVICE  BRIDGE       ADDRESSES                CORDONED\n  n1    eth1    egr-br-eth1  203.0.113.7,2001:db8::7  no');
    expect(shown).toMatch(new RegExp(`${www.replaceAll('.', '\\.')} +floating +FloatingIP .*acme/www +2026-11-21T10:00:00Z +floatingips/www.yaml:1`));
    expect(shown).toMatch(new RegExp(`gateway +Network ${shop?.uuid} acme/shop`));
  });

  test('a floating address', () => {
    const record = floatingRecord('acme/www', view);
    const usage = { node: 'n1', at: 'x', live: true, rx: counts(1), tx: counts(2) } as never;
    const shown = record === null ? '' : describeFloating(record, { events: [], usage: [usage] });
    const hex = www
      .split('.')
      .map(part => Number(part).toString(16).padStart(2, '0'))
      .join('');
    expect(shown).toContain(`Devices:       flt-${hex}-o, flt-${hex}-i`);
    expect(shown).toContain('Interface:     acme/web\nTarget:        10.0.0.2\nNetwork:       acme/shop\nGateway node:  n1');
    expect(shown).toContain('Usage:\n  NODE  WAY       BYTES');
    expect(routedRecord('acme/lb', view)?.status).toMatchObject({ address: lb, pool: 'edge', network: 'acme/shop', node: 'n1' });
  });
});

function counts(n: number): Record<string, number> {
  return { bytes: n, packets: n, errors: 0, dropped: 0, over_errors: 0, multicast: 0, carrier_errors: 0, collisions: 0 };
}

describe('what a REF may be', () => {
  const index = refIndex(view);
  const find = (ref: string, kind: RefKind): string => {
    const found = resolveRef(ref, kind, 'acme', index);
    return 'key' in found ? found.key : found.message;
  };
  test.each<[string, string, RefKind, string]>([
    ['a floating IP by address', www, 'FloatingIP', 'acme/www'],
    ['by name', 'www', 'FloatingIP', 'acme/www'],
    ['by the uuid of its network', shop?.uuid ?? '', 'FloatingIP', 'acme/www'],
    ['by the start of it', (shop?.uuid ?? '').slice(0, 8), 'FloatingIP', 'acme/www'],
    ['by its network’s vxid', '0xe2300f', 'RoutedIP', 'acme/lb'],
    ['a routed IP by address', lb, 'RoutedIP', 'acme/lb'],
    ['the interface by its floating address', www, 'Interface', 'acme/web'],
    ['a network by its floating gateway', shop?.floatingGateway?.address ?? '', 'Network', 'acme/shop'],
    ['a network by its egress pair', 'egr-e2300f-i', 'Network', 'acme/shop'],
    ['a pool by an address of it', www, 'AddressPool', 'edge'],
    ['a pool by its bridge', 'egr-br-eth1', 'AddressPool', 'edge'],
    ['an unknown pool', 'nothing', 'AddressPool', 'there is no AddressPool nothing'],
  ])('%s', (_, ref, kind, expected) => expect(find(ref, kind)).toBe(expected));
});

describe('status', () => {
  test('names gateways and pools', () => {
    expect(statusText(view)).toContain('Floating:   2 created\nRouted:     1 created\nPools:      edge 8 of 16 free\nGateways:   n1 2 networks');
    expect(statusSummary(view)).toMatchObject({ ready: true, warnings: [], gateways: [{ node: 'n1', routers: 2, cordon: false }] });
  });

  test('warns of a pool of which less than a tenth is free, and is ready all the same', () => {
    const reserved = {
      ...SHOP,
      pools: new Map([...SHOP.pools].map(([name, def]) => [name, { ...def, spec: { ...def.spec, reserved: [{ addresses: '192.0.2.8-192.0.2.14' }] } }])),
    };
    const record = statusSummary(viewOf(reserved, [n1, n2]));
    expect(record.warnings).toEqual([{ object: 'AddressPool edge', reason: 'NearlyExhausted', message: '1 of 16 addresses are free' }]);
    expect(record.ready).toBe(true);
  });
});

test('room: ranges, overlaps and what is only remembered', () => {
  const entry = (address: string, type: 'reserved' | 'instance' | 'remembered' = 'instance') => ({ address, type, user: '', comment: '', since: '' });
  const entries = [entry('10.0.0.2-10.0.0.9', 'reserved'), entry('10.0.0.5'), entry('10.0.0.12', 'remembered'), entry('10.9.0.1')];
  expect(roomOf('10.0.0.0/28', entries)).toEqual({ size: 16, taken: 8, free: 8 });
  expect(roomOf('2001:db8::/64', [])?.free).toBe(Number.MAX_SAFE_INTEGER);
  expect(roomOf(undefined, [])).toBeNull();
});

test('addresses of a pool, as a list of its own', () => {
  const list = poolAddressList('edge', view, 300_000);
  expect(list).toMatchObject({ network: null, pool: 'edge', cidr: '192.0.2.0/28' });
  expect(list?.items.map(item => item.type)).toEqual(expect.arrayContaining(['network', 'gateway', 'floating', 'routed', 'broadcast']));
  expect(poolAddressList('none', view, 1)).toBeNull();
});

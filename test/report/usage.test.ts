import { describe, expect, test } from 'vitest';
import { appendEvents, parseEvents } from '../../src/report/events.ts';
import { selectEvents } from '../../src/report/select-events.ts';
import { isSameTotal, NO_TRAFFIC, publishedUsage, type Reading, seenByGuest, type Tally, tally, usageEvent, usageRows } from '../../src/report/usage.ts';
import { usagePoints } from '../../src/report/usage-points.ts';
import { catalogOf, ledgerOf, SHOP } from './world.ts';

function reading(bytes: number, link = '7 02:01:c0:00:02:05', more: Partial<Reading['rx']> = {}): Reading {
  return { link, rx: { ...NO_TRAFFIC.rx, bytes, packets: bytes / 100, ...more }, tx: { ...NO_TRAFFIC.tx, bytes: 2 * bytes, collisions: 1 } };
}

function sumOf(...readings: readonly Reading[]): Tally['total'] {
  let sum: Tally | undefined;
  for (const each of readings) sum = tally(sum, each);
  return sum?.total ?? NO_TRAFFIC;
}

describe('the sum over a link that comes and goes', () => {
  test('what it shows when it is first looked at counts whole', () => expect(sumOf(reading(500)).rx.bytes).toBe(500));

  test('the same link again: what it grew by', () => {
    const total = sumOf(reading(500), reading(700), reading(700));
    expect([total.rx.bytes, total.rx.packets, total.tx.bytes, total.tx.collisions]).toEqual([700, 7, 1400, 1]);
  });

  test('a counter that went back: the link was made again, all of it is new', () => {
    expect(sumOf(reading(500), reading(100)).rx).toMatchObject({ bytes: 600, packets: 6 });
    expect(sumOf(reading(500, 'a', { dropped: 9 }), reading(800, 'a', { dropped: 1 })).rx).toMatchObject({ bytes: 1300, dropped: 10 });
  });

  test('another link of the same name that has counted more already', () => expect(sumOf(reading(500, '7 aa'), reading(900, '9 aa')).rx.bytes).toBe(1400));

  test('losing what was kept costs the sum only', () => expect(tally(undefined, reading(900)).total.rx.bytes).toBe(900));

  test('nothing moved', () => {
    expect(isSameTotal(sumOf(reading(5)), sumOf(reading(5), reading(5)))).toBe(true);
    expect(isSameTotal(sumOf(reading(5)), sumOf(reading(5), reading(6)))).toBe(false);
  });
});

test('what the node sends to a guest, the guest receives', () => {
  const seen = seenByGuest({ ...reading(100, 'x', { errors: 3, multicast: 4, over_errors: 5 }), link: 'x' });
  expect(seen.rx).toEqual({ bytes: 200, packets: 0, errors: 0, dropped: 0, multicast: 4, over_errors: 5 });
  expect(seen.tx).toEqual({ bytes: 100, packets: 1, errors: 3, dropped: 0, carrier_errors: 0, collisions: 1 });
});

describe('samples', () => {
  const sample = (node: string, hour: number, bytes: number) =>
    usageEvent({ node, object: 'Network acme/shop', network: 'acme/shop' }, sumOf(reading(bytes)), `2026-11-21T${hour}:00:00.000Z`);

  test('an event carries every counter and says the sum', () => {
    const event = sample('n1', 10, 1_234_500);
    expect(event).toMatchObject({ type: 'usage', operation: 'usage', message: 'received 1.2 MB in 12345 packets, sent 2.5 MB in 0 packets' });
    expect(Object.keys(event.extra?.['rx'] ?? {}).sort()).toEqual(['bytes', 'dropped', 'errors', 'multicast', 'over_errors', 'packets']);
    expect(Object.keys(event.extra?.['tx'] ?? {}).sort()).toEqual(['bytes', 'carrier_errors', 'collisions', 'dropped', 'errors', 'packets']);
    expect(usageEvent({ node: 'n1', object: 'x' }, NO_TRAFFIC, '').message).toBe('received 0 bytes in 0 packets, sent 0 bytes in 0 packets');
  });

  test('the newest of each node is what is known', () => {
    const events = [sample('n2', 11, 300), sample('n1', 10, 100), sample('n1', 12, 200), { ...sample('n1', 13, 9), extra: { rx: { bytes: 1 } } }];
    const known = publishedUsage(events, 'Network acme/shop');
    expect(known.map(usage => [usage.node, usage.rx.bytes, usage.live])).toEqual([
      ['n1', 200, false],
      ['n2', 300, false],
    ]);
    expect(usageRows(known).rows[0]).toEqual(['n1', 'received', '200', '2', '0', '0', '0', '0', '', '', '2026-11-21T12:00:00.000Z']);
    expect(usageRows(known).rows[1]).toEqual(['n1', 'sent', '400', '0', '0', '0', '', '', '0', '1', '2026-11-21T12:00:00.000Z']);
    expect(publishedUsage(events, 'Network acme/other')).toEqual([]);
  });

  test('samples do not drive what happened out of the file, nor the other way round', () => {
    const commit = { ...sample('n1', 10, 1), type: 'audit', operation: 'commit' } as const;
    const text = appendEvents('', [commit, ...Array.from({ length: 9 }, (_, i) => sample('n1', 10 + i, 100 * i))], 3, 4);
    const kept = parseEvents(appendEvents(text, [commit, commit, commit], 3, 4));
    expect(kept.map(event => event.type)).toEqual(['usage', 'usage', 'usage', 'usage', 'audit', 'audit', 'audit']);
    expect(kept[3]?.at).toBe('2026-11-21T18:00:00.000Z');
    expect(selectEvents(kept, { object: 'Network acme/shop', type: 'usage', limit: 2 }).map(event => event.at.slice(11, 13))).toEqual(['18', '17']);
  });
});

describe('where usage is counted', () => {
  const catalog = catalogOf(
    { 'acme/shop': { cidr: '10.0.0.0/24', vxid: 255 }, 'acme/flat': { cidr: '10.1.0.0/24', nat: false, vxid: 2 } },
    {
      'acme/tap': { network: 'shop', node: 'n2', attach: { tap: { ifname: 'vm0', multiQueue: false } } },
      'acme/netns': { network: 'shop', node: 'n2', attach: { netns: { name: 'c1' } } },
      'acme/vnet': { network: 'shop', node: 'n2', attach: { bridge: {} }, mac: '02:aa:00:00:00:03' },
      'acme/port': { network: 'flat', node: 'n2', attach: { bridge: { port: 'vnet9' } } },
      'acme/unplaced': { network: 'shop' },
    },
    { gateways: ['n1'], pools: { edge: { cidr: '192.0.2.0/28', device: 'eth1' } }, floating: { 'acme/www': { interface: 'tap', address: '192.0.2.10' } } },
  );
  const ledger = ledgerOf(catalog);
  const entry = ledger.networks['acme/shop'];

  test('on the gateway node: the egress pair and the floating pair, in the namespace', () => {
    expect(usagePoints('n1', { catalog, ledger })).toEqual([
      { object: 'Network acme/shop', network: 'acme/shop', netns: entry?.uuid, link: 'egr-ff-i', isFar: false },
      { object: 'FloatingIP acme/www', network: 'acme/shop', netns: entry?.uuid, link: 'flt-c000020a-i', isFar: false },
    ]);
  });

  test('on the guests’ node: their ports, whoever named them', () => {
    const points = usagePoints('n2', { catalog, ledger });
    expect(points.map(({ object, link, bridge, mac, isFar, netns }) => [object, link ?? `${bridge} ${mac}`, isFar, netns])).toEqual([
      ['Interface acme/tap', 'vm0', true, ''],
      ['Interface acme/netns', `tap-${entry?.interfaces['acme/netns']?.uuid.slice(0, 8)}`, true, ''],
      ['Interface acme/vnet', 'br-vxlan-ff fe:aa:00:00:00:03', true, ''],
      ['Interface acme/port', 'vnet9', true, ''],
    ]);
    expect(usagePoints('n3', { catalog: SHOP, ledger: ledgerOf(SHOP) })).toEqual([]);
  });
});

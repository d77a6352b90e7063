import { describe, expect, test } from 'vitest';
import { ledgerEdits, ledgerFiles, mergeLedger, parseLedger } from '../../src/allocate/ledger-files.ts';
import type { Ledger } from '../../src/model/ledger.ts';
import {
  addressEntry,
  after as at,
  doubles,
  give,
  guest,
  holder,
  iface,
  MEMORY_S,
  natted,
  net,
  network,
  pool,
  poolEntry,
  poolList,
  QUARANTINE_S,
  T0,
} from './world.ts';

const all = [pool(), natted('demo'), holder('floating', 'web'), holder('routed', 'lb')];
const first = give(all);

describe('what a pool gives', () => {
  test('the lowest addresses, in the order of kinds and names', () => {
    expect(first.pending).toEqual([]);
    expect(poolList(first.ledger)).toEqual([
      '192.0.2.2 floating FloatingIP default/web',
      '192.0.2.3 gateway Network default/demo',
      '192.0.2.4 routed RoutedIP default/lb',
    ]);
    expect(network(first.ledger).floatingGateway).toEqual({ pool: 'edge', address: '192.0.2.3' });
    expect(poolEntry(first.ledger)).toMatchObject({
      floating: { 'default/web': { address: '192.0.2.2', since: T0 } },
      routed: { 'default/lb': { address: '192.0.2.4', since: T0 } },
    });
  });

  test('is told, as networks are', () => {
    expect(first.changes.map(({ change, definition, message }) => `${change} ${definition}: ${message}`).slice(1)).toEqual([
      'allocate AddressPool edge: cidr 192.0.2.0/24',
      'allocate FloatingIP default/web: pool edge, address 192.0.2.2',
      'allocate RoutedIP default/lb: pool edge, address 192.0.2.4',
    ]);
    expect(first.changes[0]?.message).toContain('floating gateway 192.0.2.3');
  });

  test('its own addresses are nobody’s, also where the router is not the first', () => {
    const last = give([pool('edge', { gateway: '192.0.2.254' }), holder('floating', 'a', { address: '192.0.2.254' }), holder('floating', 'b')]);
    expect(last.pending).toEqual([
      { definition: 'FloatingIP default/a', reason: 'AddressTaken', message: 'address 192.0.2.254 is held by the router of AddressPool edge' },
    ]);
    expect(poolList(last.ledger)).toEqual(['192.0.2.1 floating FloatingIP default/b']);
  });

  test('who names an address has it, before those that take any; one outside of the pool waits', () => {
    const { ledger, pending } = give([
      pool(),
      holder('floating', 'a'),
      holder('floating', 'z', { address: '192.0.2.2' }),
      holder('routed', 'o', { address: '198.51.100.1' }),
    ]);
    expect(poolList(ledger)).toEqual(['192.0.2.2 floating FloatingIP default/z', '192.0.2.3 floating FloatingIP default/a']);
    expect(pending).toMatchObject([{ definition: 'RoutedIP default/o', reason: 'AddressInvalid' }]);
  });

  test('two that name one address: the older has it, the other is told who', () => {
    const older = give([pool(), holder('floating', 'z', { address: '192.0.2.9' })]).ledger;
    const { ledger, pending } = give([pool(), holder('floating', 'z', { address: '192.0.2.9' }), holder('routed', 'a', { address: '192.0.2.9' })], older, 10);
    expect(ledger).toBe(older);
    expect(pending).toMatchObject([{ definition: 'RoutedIP default/a', reason: 'AddressTaken', message: 'address 192.0.2.9 is held by FloatingIP default/z' }]);
  });

  test('exhausted, it keeps one waiting, and everything else goes on', () => {
    const small = pool('edge', { cidr: '192.0.2.0/30' });
    const { ledger, pending } = give([small, natted('demo'), guest('web'), holder('floating', 'web')]);
    expect(poolList(ledger)).toEqual(['192.0.2.2 floating FloatingIP default/web']);
    expect(pending).toEqual([
      {
        definition: 'Network default/demo',
        reason: 'PoolExhausted',
        message: 'no free address in 192.0.2.0/30 of AddressPool edge: all are held or in quarantine',
      },
    ]);
    expect(network(ledger)).toMatchObject({ gateway: { node: expect.any(String) }, router: { address: '10.0.0.1' } });
    expect(iface(ledger, 'web').address).toBe('10.0.0.2');
  });
});

describe('what stays', () => {
  test('everybody, when others come with earlier names', () => {
    const more = give([...all, holder('floating', 'aaa'), natted('a')], first.ledger, 10).ledger;
    expect(poolEntry(more)).toMatchObject({ floating: { 'default/web': { address: '192.0.2.2' } }, routed: { 'default/lb': { address: '192.0.2.4' } } });
    expect(network(more).floatingGateway?.address).toBe('192.0.2.3');
  });

  test('a floating address that leads elsewhere is the same: where it leads is no matter of allocation', () => {
    expect(give(all, first.ledger, 86_400).ledger).toBe(first.ledger);
  });

  test('another pool, or another cidr, gives new addresses', () => {
    const two = [pool(), pool('lab', { cidr: '198.51.100.0/24', gateway: '198.51.100.1' })];
    const { ledger, changes } = give([...two, holder('floating', 'web', { pool: 'lab' }), holder('routed', 'lb')], first.ledger, 10);
    expect(poolList(ledger, 'lab')).toEqual(['198.51.100.2 floating FloatingIP default/web']);
    expect(poolEntry(ledger).floating['default/web']).toBeUndefined();
    expect(changes).toContainEqual(
      expect.objectContaining({ definition: 'FloatingIP default/web', change: 'change', message: 'pool edge -> lab, address 192.0.2.2 -> 198.51.100.2' }),
    );
    const back = give([...two, ...all.slice(2)], ledger, 20).ledger;
    expect(poolEntry(back).floating['default/web']?.address).toBe('192.0.2.2');
    const other = give([pool('edge', { cidr: '203.0.113.0/24', gateway: '203.0.113.1' }), ...all.slice(1)], first.ledger, 10).ledger;
    expect(poolList(other).filter(line => line.startsWith('203'))).toEqual([
      '203.0.113.2 floating FloatingIP default/web',
      '203.0.113.3 gateway Network default/demo',
      '203.0.113.4 routed RoutedIP default/lb',
    ]);
    expect(doubles(other)).toEqual([]);
  });
});

describe('what was released', () => {
  const gone = give([pool()], first.ledger, 1000).ledger;

  test('is in quarantine with its last user, and nobody gets it by itself', () => {
    expect(poolList(gone)).toEqual([
      '192.0.2.2 quarantine FloatingIP default/web',
      '192.0.2.3 quarantine Network default/demo',
      '192.0.2.4 quarantine RoutedIP default/lb',
    ]);
    const next = give([pool(), holder('floating', 'new'), holder('floating', 'pin', { address: '192.0.2.4' })], gone, 1001);
    expect(poolEntry(next.ledger).floating).toMatchObject({ 'default/new': { address: '192.0.2.5' }, 'default/pin': { address: '192.0.2.4' } });
  });

  test('git revert gives it back, to networks too, in quarantine and after', () => {
    for (const seconds of [1001, 1000 + QUARANTINE_S + 1, 1000 + MEMORY_S - 1]) {
      const back = give([...all, holder('floating', 'aaa')], gone, seconds);
      expect(poolEntry(back.ledger).floating['default/web']).toEqual({ address: '192.0.2.2', since: T0, from: 'floating.yaml:3' });
      expect(network(back.ledger).floatingGateway).toEqual(network(first.ledger).floatingGateway);
      expect(back.notes).toEqual([]);
      expect(back.changes).toContainEqual(expect.objectContaining({ definition: 'FloatingIP default/web', change: 'restore' }));
    }
  });

  test('NAT switched off and on again gives the same floating gateway', () => {
    const off = give([pool(), net('demo', { cidr: '10.0.0.0/24', gateway: { candidates: ['n1'] } }), ...all.slice(2)], first.ledger, 10).ledger;
    expect(network(off).floatingGateway).toBeUndefined();
    expect(poolList(off)).toContain('192.0.2.3 quarantine Network default/demo');
    expect(network(give(all, off, 20).ledger).floatingGateway?.address).toBe('192.0.2.3');
  });

  test('is told when another has it meanwhile', () => {
    const taken = give([pool(), holder('routed', 'thief', { address: '192.0.2.2' })], gone, 1001).ledger;
    const back = give([...all, holder('routed', 'thief', { address: '192.0.2.2' })], taken, 1002);
    expect(back.notes).toMatchObject([{ code: 'address-lost', definition: 'FloatingIP default/web', old: '192.0.2.2', new: '192.0.2.5' }]);
  });

  test('nothing lives in a pool or network that is gone: what somebody edited to live there is buried again', () => {
    const withGuest = give([...all, guest('vm')]);
    const gone = give([], withGuest.ledger, 10).ledger;
    const copy = structuredClone(gone) as { pools: Record<string, { floating: object }>; networks: Record<string, { interfaces: object }> };
    const buried = [copy.pools['edge']?.floating, copy.networks['default/demo']?.interfaces].flatMap(all => Object.values(all ?? {}));
    for (const each of buried) delete each.removed;
    expect(buried).toHaveLength(2);
    const { ledger } = give([], copy as unknown as Ledger, 20);
    expect(doubles(ledger)).toEqual([]);
    expect([poolEntry(ledger).floating['default/web']?.removed, iface(ledger, 'vm').removed]).toEqual([at(10), at(10)]);
  });

  test('a removed pool is a tombstone that is forgotten, and gives all back until then', () => {
    const dead = give([net('demo')], first.ledger, 1000).ledger;
    expect(poolEntry(dead)).toMatchObject({ removed: at(1000), floating: { 'default/web': { removed: at(1000) } } });
    expect(give([net('demo')], dead, 2000).ledger).toBe(dead);
    expect(poolEntry(give(all, dead, 3000).ledger)).toMatchObject({
      floating: first.ledger.pools?.['edge']?.floating,
      routed: first.ledger.pools?.['edge']?.routed,
    });
    const later = give([net('demo'), net('more')], dead, 1000 + MEMORY_S);
    expect(later.ledger.pools).toBeUndefined();
    expect(later.changes).toContainEqual(expect.objectContaining({ definition: 'AddressPool edge', change: 'forget' }));
  });
});

describe('what is reserved', () => {
  const ranges = [
    { first: '10.0.0.2', last: '10.0.0.5', comment: 'printers' },
    { first: '10.0.0.7', last: '10.0.0.7', comment: 'the clock' },
  ];
  const kept = net('demo', { cidr: '10.0.0.0/24', reserved: ranges });

  test('nobody gets by itself, and the list says why: a line for each range, however long', () => {
    const { ledger } = give([kept, guest('a'), guest('b')]);
    expect([iface(ledger, 'a').address, iface(ledger, 'b').address]).toEqual(['10.0.0.6', '10.0.0.8']);
    expect(network(ledger).addresses.map(({ address, type, comment }) => `${address} ${type} ${comment}`)).toEqual([
      '10.0.0.0 network ',
      '10.0.0.1 gateway networks/demo.yaml:1',
      '10.0.0.2-10.0.0.5 reserved printers',
      '10.0.0.6 instance guests.yaml:1',
      '10.0.0.7 reserved the clock',
      '10.0.0.8 instance guests.yaml:1',
      '10.0.0.255 broadcast ',
    ]);
    expect(parseLedger(ledgerFiles(ledger))).toEqual({ ledger, problems: [] });
  });

  test('takes nothing from who lives there; who left does not come back to it', () => {
    const before = give([net('demo'), guest('a'), guest('b')]).ledger;
    const now = give([kept, guest('a')], before, 10).ledger;
    expect(iface(now, 'a').address).toBe('10.0.0.2');
    expect(addressEntry(now, '10.0.0.2-10.0.0.5')?.type).toBe('reserved');
    const back = give([kept, guest('a'), guest('b')], now, 20);
    expect(iface(back.ledger, 'b').address).toBe('10.0.0.6');
  });

  test('is free again when nobody reserves it any more', () => {
    const before = give([kept, guest('a')]).ledger;
    const after = give([net('demo'), guest('a'), guest('b')], before, 10).ledger;
    expect(iface(after, 'b').address).toBe('10.0.0.2');
    expect(network(after).addresses.some(({ type }) => type === 'reserved')).toBe(false);
  });

  test('counts in pools too, and a pool that is all reserved says so', () => {
    const whole = pool('edge', { reserved: [{ first: '192.0.2.0', last: '192.0.2.253', comment: '' }] });
    const { ledger, pending } = give([whole, holder('floating', 'a'), holder('floating', 'b')]);
    expect(poolEntry(ledger).floating).toMatchObject({ 'default/a': { address: '192.0.2.254' } });
    expect(pending).toMatchObject([{ definition: 'FloatingIP default/b', message: expect.stringContaining('all are held, reserved or in quarantine') }]);
  });

  test('a range of sixteen million addresses is passed by, not walked through', () => {
    const wide = net('demo', { cidr: '10.0.0.0/8', reserved: [{ first: '10.0.0.2', last: '10.255.255.0', comment: '' }] });
    expect(iface(give([wide, guest('a')]).ledger, 'a').address).toBe('10.255.255.1');
  });
});

describe('the file of a pool', () => {
  const path = 'allocations/pools/edge.yaml';
  const text = ledgerFiles(first.ledger).get(path) ?? '';

  test('has a line for each holder and each address', () => {
    expect(text).toContain('kind: PoolAllocation\nname: edge\ncidr: "192.0.2.0/24"\n');
    expect(text).toContain(`  default/web: {"address": "192.0.2.2", "since": "${T0}", "from": "floating.yaml:3"}\n`);
    expect(text).toContain(`  - {"address": "192.0.2.4", "type": "routed", "user": "RoutedIP default/lb", "comment": "routed.yaml:2", "since": "${T0}"}\n`);
  });

  const wrong: Readonly<Record<string, (whole: string) => string>> = {
    'another name': whole => whole.replace('name: edge', 'name: other'),
    'no cidr': whole => whole.replace(/cidr: .*\n/, ''),
    'an address that is none': whole => whole.replace('"address": "192.0.2.2", "since"', '"address": "192.0.2.256", "since"'),
    'an unknown field': whole => `${whole}more: 1\n`,
    'a holder without instant': whole => whole.replace(`"192.0.2.2", "since": "${T0}", `, '"192.0.2.2", '),
    'an address twice': whole => `${whole}${whole.split('\n').find(line => line.includes('"floating"'))}\n`,
    'another kind': whole => whole.replace('PoolAllocation', 'NetworkAllocation'),
  };

  test.each(Object.entries(wrong))('with %s is refused, and nothing of it is taken for free', (_, edit) => {
    const read = parseLedger(new Map([...ledgerFiles(first.ledger), [path, edit(text)]]));
    expect(read.problems).toMatchObject([{ path, about: 'edge' }]);
    expect(read.ledger.pools).toBeUndefined();
    const frozen = give([...all, holder('floating', 'new')], read.ledger, 10, { unreadable: ['edge'] });
    expect(frozen.ledger).toBe(read.ledger);
    expect(frozen.pending.map(({ definition, reason }) => `${definition} ${reason}`)).toContain('FloatingIP default/new LedgerUnreadable');
    expect(frozen.pending.find(({ definition }) => definition === 'AddressPool edge')?.message).toContain(path);
    expect(network(frozen.ledger).floatingGateway).toEqual(network(first.ledger).floatingGateway);
    expect(ledgerEdits(new Map([[path, edit(text)]]), frozen.ledger, read.problems).has(path)).toBe(false);
  });

  test('that the remote lost is said again by any node with a copy, with the same addresses', () => {
    const files = new Map([...ledgerFiles(first.ledger)].filter(([name]) => name !== path));
    const merged = mergeLedger(parseLedger(files).ledger, first.ledger);
    const healed = give(all, merged, 10).ledger;
    expect(poolList(healed)).toEqual(poolList(first.ledger));
    expect(poolEntry(healed).floating).toEqual(poolEntry(first.ledger).floating);
    expect(ledgerEdits(files, healed).has(path)).toBe(true);
  });

  test('what was given anew after a loss gives way to what a node runs with; a new object of an old name does not', () => {
    const anew = give([pool(), holder('floating', 'aaa'), ...all.slice(1)], undefined, 500).ledger;
    const healed = give([pool(), holder('floating', 'aaa'), ...all.slice(1)], mergeLedger(anew, first.ledger), 510).ledger;
    expect(poolEntry(healed).floating['default/web']?.address).toBe('192.0.2.2');
    expect(doubles(healed)).toEqual([]);
    const forgotten = give([pool(), net('x')], give([pool()], first.ledger, 10).ledger, 10 + MEMORY_S).ledger;
    const again = give([pool(), net('x'), holder('floating', 'a1'), holder('floating', 'web')], forgotten, 20 + MEMORY_S).ledger;
    expect(poolEntry(again).floating['default/web']).toMatchObject({ address: '192.0.2.3', incarnation: 1 });
    expect(mergeLedger(again, first.ledger).pools?.['edge']?.floating['default/web']?.address).toBe('192.0.2.3');
  });
});

test('a ledger that gives one address of a pool to two is put right: the older keeps it', () => {
  const entry = poolEntry(first.ledger);
  const web = entry.floating['default/web'];
  const broken = {
    ...first.ledger,
    pools: { edge: { ...entry, floating: { ...entry.floating, 'default/late': { ...web, since: at(5) } } } },
  } as typeof first.ledger;
  const { ledger } = give([...all, holder('floating', 'late')], broken, 10);
  expect(poolEntry(ledger).floating).toMatchObject({ 'default/web': { address: '192.0.2.2' }, 'default/late': { address: '192.0.2.5' } });
  expect(doubles(ledger)).toEqual([]);
});

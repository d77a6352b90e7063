import { describe, expect, test } from 'vitest';
import { isOurNamespace } from '../../src/kinds/marks.ts';
import { addressEntry, after as at, CLUSTER, doubles, give, guest, iface, MEMORY_S, net, network, QUARANTINE_S, T0 } from './world.ts';

describe('what a new network gets', () => {
  const { ledger, changes, pending } = give([net('demo'), guest('web'), guest('db')]);

  test('a uuid by which its namespace is known as ours, and a vxid within 24 bits', () => {
    expect(isOurNamespace(network(ledger).uuid)).toBe(true);
    expect(network(ledger).vxid).toBeGreaterThan(0);
    expect(network(ledger).vxid).toBeLessThan(2 ** 24);
    expect(pending).toEqual([]);
    expect(changes.map(c => [c.change, c.definition])).toEqual([
      ['allocate', 'Network default/demo'],
      ['allocate', 'Interface default/db'],
      ['allocate', 'Interface default/web'],
    ]);
  });

  test('the router has the first address, and a MAC that says the vxid', () => {
    const { router, vxid } = network(ledger);
    const hex = vxid.toString(16).padStart(6, '0');
    expect(router).toEqual({ address: '10.0.0.1', mac: `02:02:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}:01` });
  });

  test('guests get the lowest addresses in the order of their names, and MACs below the prefix', () => {
    expect(iface(ledger, 'db').address).toBe('10.0.0.2');
    expect(iface(ledger, 'web').address).toBe('10.0.0.3');
    expect(iface(ledger, 'web').mac).toMatch(/^02:00:00:/);
    expect(iface(ledger, 'web')).toMatchObject({ node: 'n1', since: T0, incarnation: 0 });
  });

  test('the list names every address that is not free, sorted by number', () => {
    const web = iface(ledger, 'web').uuid;
    expect(network(ledger).addresses.map(a => [a.address, a.type, a.user, a.comment])).toEqual([
      ['10.0.0.0', 'network', '', ''],
      ['10.0.0.1', 'gateway', `Network ${network(ledger).uuid} default/demo`, 'networks/demo.yaml:1'],
      ['10.0.0.2', 'instance', `Interface ${iface(ledger, 'db').uuid} default/db`, 'guests.yaml:2'],
      ['10.0.0.3', 'instance', `Interface ${web} default/web`, 'guests.yaml:3'],
      ['10.0.0.255', 'broadcast', '', ''],
    ]);
  });

  test('a network without cidr has no router and no addresses, its guests have MACs all the same', () => {
    const flat = give([net('demo', {}), guest('web')]).ledger;
    expect(network(flat).router).toBeUndefined();
    expect(network(flat).addresses).toEqual([]);
    expect(iface(flat, 'web').address).toBeUndefined();
    expect(iface(flat, 'web').mac).toMatch(/^02:00:00:/);
  });

  test('who asks for no address gets none', () => {
    const none = give([net('demo'), guest('web', 'demo', { address: 'none' })]).ledger;
    expect(iface(none, 'web').address).toBeUndefined();
    expect(network(none).addresses.map(a => a.type)).toEqual(['network', 'gateway', 'broadcast']);
  });

  test('another cluster gives the same name another uuid, vxid and MAC', () => {
    const other = give([net('demo'), guest('web')], undefined, 0, { cluster: { ...CLUSTER, id: 'other' } }).ledger;
    expect(network(other).uuid).not.toBe(network(ledger).uuid);
    expect(network(other).vxid).not.toBe(network(ledger).vxid);
    expect(iface(other, 'web').mac).not.toBe(iface(ledger, 'web').mac);
  });

  test('IPv6 has no broadcast address: the last one is a guest’s', () => {
    const six = give([net('demo', { cidr: 'fd00::/125' }), ...'abcdef'.split('').map(name => guest(name))]);
    expect(six.pending).toEqual([]);
    expect(iface(six.ledger, 'f').address).toBe('fd00::7');
    expect(network(six.ledger).router?.address).toBe('fd00::1');
  });
});

describe('what stays', () => {
  const first = give([net('demo'), guest('web')]).ledger;

  test('nothing new: the very same ledger, also much later', () => {
    expect(give([net('demo'), guest('web')], first, 86_400).ledger).toBe(first);
  });

  test('a definition that moves within its file is no reason to publish; its place is brought up to date with the next change', () => {
    const moved = guest('web', 'demo', { from: 'guests.yaml:99' });
    expect(give([net('demo'), moved], first, 60).ledger).toBe(first);
    expect(iface(give([net('demo'), moved, guest('db')], first, 60).ledger, 'web').from).toBe('guests.yaml:99');
  });

  test('a change to one network leaves the entries of the others as they are', () => {
    const two = give([net('demo'), net('blue'), guest('web')], first, 10).ledger;
    expect(two.networks['default/demo']).toBe(first.networks['default/demo']);
  });

  test('an interface that goes to another node keeps uuid, MAC and address', () => {
    const { ledger, changes } = give([net('demo'), guest('web', 'demo', { node: 'n2' })], first, 10);
    expect(iface(ledger, 'web')).toEqual({ ...iface(first, 'web'), node: 'n2' });
    expect(changes).toMatchObject([{ change: 'change', definition: 'Interface default/web', network: 'default/demo' }]);
  });

  test('an interface that goes to another network keeps uuid and MAC, and gets its old address when it comes back', () => {
    const both = [net('demo'), net('blue', { cidr: '10.9.0.0/24' })];
    const there = give([...both, guest('web', 'blue'), guest('db')], give([...both, guest('web'), guest('db')]).ledger, 10).ledger;
    expect(iface(there, 'web', 'blue')).toMatchObject({ uuid: iface(first, 'web').uuid, mac: iface(first, 'web').mac, address: '10.9.0.2' });
    expect(network(there).interfaces['default/web']).toBeUndefined();
    const back = give([...both, guest('web'), guest('db'), guest('new')], there, 20);
    expect(iface(back.ledger, 'web')).toMatchObject({ uuid: iface(first, 'web').uuid, address: '10.0.0.3' });
    expect(back.notes).toEqual([]);
    expect(doubles(back.ledger)).toEqual([]);
  });

  test('a vxid outside the range stays: the range is for new ones', () => {
    const narrow = { ...CLUSTER, vxids: { first: 100, last: 101 } };
    const { ledger } = give([net('demo'), guest('web'), net('a')], first, 10, { cluster: narrow });
    expect(network(ledger).vxid).toBe(network(first).vxid);
    expect([100, 101]).toContain(network(ledger, 'a').vxid);
  });
});

describe('what was released', () => {
  const first = give([net('demo'), guest('a'), guest('b')]).ledger;
  const gone = give([net('demo'), guest('b')], first, 1000).ledger;

  test('an address is in quarantine with its last user, and nobody gets it', () => {
    expect(addressEntry(gone, '10.0.0.2')).toMatchObject({ type: 'quarantine', user: `Interface ${iface(first, 'a').uuid} default/a`, since: at(1000) });
    const next = give([net('demo'), guest('b'), guest('c')], gone, 1001).ledger;
    expect(iface(next, 'c').address).toBe('10.0.0.4');
  });

  test('what another node released by a clock that is ahead is in quarantine, not forgotten', () => {
    const ahead = give([net('demo'), guest('b')], first, 1000 + 10 * MEMORY_S).ledger;
    const next = give([net('demo'), guest('b'), guest('c')], ahead, 1000).ledger;
    expect(addressEntry(next, '10.0.0.2')).toMatchObject({ type: 'quarantine' });
    expect(iface(next, 'c').address).toBe('10.0.0.4');
  });

  test('who names an address takes it out of quarantine', () => {
    const next = give([net('demo'), guest('b'), guest('c', 'demo', { address: '10.0.0.2' })], gone, 1001);
    expect(iface(next.ledger, 'c').address).toBe('10.0.0.2');
    expect(next.pending).toEqual([]);
  });

  test('the same object gets its own back, in quarantine and after', () => {
    for (const seconds of [1001, 1000 + QUARANTINE_S + 1, 1000 + MEMORY_S - 1]) {
      const back = give([net('demo'), guest('a'), guest('b'), guest('c')], gone, seconds);
      expect(iface(back.ledger, 'a')).toMatchObject({ uuid: iface(first, 'a').uuid, mac: iface(first, 'a').mac, address: '10.0.0.2' });
      expect(back.changes[0]).toMatchObject({ change: 'restore', definition: 'Interface default/a' });
    }
  });

  test('time alone publishes nothing; quarantine that ran out is shown as remembered with the next change', () => {
    expect(give([net('demo'), guest('b')], gone, 1000 + MEMORY_S + 1).ledger).toBe(gone);
    const next = give([net('demo'), guest('b'), guest('c')], gone, 1000 + QUARANTINE_S + 1).ledger;
    expect(addressEntry(next, '10.0.0.2')).toMatchObject({ type: 'remembered', since: at(1000) });
    expect(iface(next, 'c').address).toBe('10.0.0.4');
  });

  test('remembered addresses are given to others last, the longest released first, and the loser is told', () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map(name => guest(name));
    const small = net('demo', { cidr: '10.0.0.0/29' });
    const full = give([small, ...all]).ledger;
    const one = give([small, ...all.slice(0, 4)], full, 100).ledger; // e, .6
    const two = give([small, ...all.slice(1, 4)], one, 200).ledger; // a, .2
    const later = give([small, ...all.slice(1, 4), guest('x')], two, 200 + QUARANTINE_S).ledger;
    expect(iface(later, 'x').address).toBe('10.0.0.6');
    const back = give([small, ...all.slice(1), guest('x')], later, 1000);
    expect(iface(back.ledger, 'e').address).toBe('10.0.0.2');
    expect(back.notes).toMatchObject([{ code: 'address-lost', definition: 'Interface default/e', old: '10.0.0.6', new: '10.0.0.2' }]);
  });

  test('where nothing else is free, who comes waits for the end of quarantine', () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map(name => guest(name));
    const small = net('demo', { cidr: '10.0.0.0/29' });
    const left = give([small, ...all.slice(1)], give([small, ...all]).ledger, 100).ledger;
    const early = give([small, ...all.slice(1), guest('x')], left, 100 + QUARANTINE_S - 1);
    expect(early.pending).toMatchObject([{ definition: 'Interface default/x', reason: 'PoolExhausted' }]);
    expect(iface(give([small, ...all.slice(1), guest('x')], early.ledger, 100 + QUARANTINE_S).ledger, 'x').address).toBe('10.0.0.2');
  });

  test('after its memory a name gets another uuid and MAC: it is not taken for the old one', () => {
    const emptied = give([net('demo'), guest('b')], gone, 2000).ledger;
    const again = give([net('demo'), guest('a'), guest('b')], emptied, 1000 + MEMORY_S);
    expect(iface(again.ledger, 'a')).toMatchObject({ incarnation: 1, since: at(1000 + MEMORY_S), address: '10.0.0.2' });
    expect(iface(again.ledger, 'a').uuid).not.toBe(iface(first, 'a').uuid);
    expect(again.changes[0]).toMatchObject({ change: 'allocate', definition: 'Interface default/a' });
    expect(again.ledger.incarnations).toBe(1);
  });

  test('a removed network is a tombstone, then forgotten with the next change, and never the old one again', () => {
    const tomb = give([], first, 1000).ledger;
    expect(network(tomb)).toMatchObject({ removed: at(1000), vxid: network(first).vxid });
    expect(iface(tomb, 'a').removed).toBe(at(1000));
    expect(give([], tomb, 1000 + MEMORY_S).ledger).toBe(tomb);
    const other = give([net('other')], tomb, 1000 + MEMORY_S);
    expect(Object.keys(other.ledger.networks)).toEqual(['default/other']);
    expect(other.changes.map(c => c.change)).toEqual(['forget', 'allocate', 'forget', 'forget']);
    const again = give([net('demo'), net('other')], other.ledger, 1000 + MEMORY_S + 1).ledger;
    expect(network(again).incarnation).toBe(1);
    expect(network(again).uuid).not.toBe(network(first).uuid);
    expect(network(again).vxid).not.toBe(network(first).vxid);
  });

  test('vxids of removed networks are kept from others, then given away last', () => {
    const cluster = { ...CLUSTER, vxids: { first: 5, last: 6 } };
    const both = give([net('a', {}), net('b', {})], undefined, 0, { cluster }).ledger;
    const one = give([net('b', {})], both, 100, { cluster }).ledger;
    const early = give([net('b', {}), net('c', {})], one, 101, { cluster });
    expect(early.pending).toMatchObject([{ definition: 'Network default/c', reason: 'VxidsExhausted' }]);
    const late = give([net('b', {}), net('c', {})], one, 100 + QUARANTINE_S, { cluster }).ledger;
    expect(network(late, 'c').vxid).toBe(network(both, 'a').vxid);
    const back = give([net('a', {}), net('c', {})], give([net('c', {})], late, 500, { cluster }).ledger, 5000, { cluster });
    expect(network(back.ledger, 'a').vxid).toBe(network(both, 'b').vxid);
    expect(back.notes).toMatchObject([{ code: 'vxid-lost', definition: 'Network default/a' }]);
  });
});

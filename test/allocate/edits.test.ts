import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/model/ledger.ts';
import { addressEntry, CLUSTER, doubles, give, guest, iface, net, network, T0 } from './world.ts';

describe('what definitions name', () => {
  test('a named vxid, MAC and address are had at once, before the automatic ones of the same pass', () => {
    const { ledger, pending } = give([
      net('demo', { cidr: '10.0.0.0/24', vxid: 14823439 }),
      guest('a'),
      guest('z', 'demo', { address: '10.0.0.2', mac: '02:aa:00:00:00:01' }),
    ]);
    expect(pending).toEqual([]);
    expect(network(ledger).vxid).toBe(14823439);
    expect(network(ledger).router?.mac).toBe('02:02:e2:30:0f:01');
    expect(iface(ledger, 'z')).toMatchObject({ address: '10.0.0.2', mac: '02:aa:00:00:00:01' });
    expect(iface(ledger, 'a').address).toBe('10.0.0.3');
  });

  test('nobody who lives is renumbered for them: who names what is held waits, and is told who holds it', () => {
    const first = give([net('demo'), guest('a')]).ledger;
    const vxid = network(first).vxid;
    const { ledger, pending, changes } = give(
      [
        net('demo'),
        net('blue', { vxid }),
        guest('a'),
        guest('b', 'demo', { address: '10.0.0.2' }),
        guest('c', 'demo', { mac: iface(first, 'a').mac }),
        guest('d', 'demo', { address: '10.0.0.1' }),
        guest('e', 'demo', { address: '192.0.2.1' }),
        guest('f', 'blue'),
      ],
      first,
      10,
    );
    expect(ledger).toBe(first);
    expect(changes).toEqual([]);
    expect([...pending].sort((x, y) => (x.definition < y.definition ? -1 : 1))).toEqual([
      { definition: 'Interface default/b', reason: 'AddressTaken', message: 'address 10.0.0.2 is held by Interface default/a' },
      { definition: 'Interface default/c', reason: 'MacTaken', message: `MAC ${iface(first, 'a').mac} is held by Interface default/a` },
      { definition: 'Interface default/d', reason: 'AddressTaken', message: 'address 10.0.0.1 is held by the router of Network default/demo' },
      { definition: 'Interface default/e', reason: 'AddressInvalid', message: 'address 192.0.2.1 is not in 10.0.0.0/24 of Network default/demo' },
      { definition: 'Interface default/f', reason: 'NetworkPending', message: 'Network default/blue has no vxid yet' },
      { definition: 'Network default/blue', reason: 'VxidTaken', message: `vxid ${vxid} (0x${vxid.toString(16)}) is held by Network default/demo` },
    ]);
  });

  test('who lives and names a held address keeps its own until it is free', () => {
    const first = give([net('demo'), guest('a'), guest('b')]).ledger;
    const wait = give([net('demo'), guest('a'), guest('b', 'demo', { address: '10.0.0.2' })], first, 10);
    expect(wait.ledger).toBe(first);
    expect(wait.pending).toMatchObject([{ definition: 'Interface default/b', reason: 'AddressTaken' }]);
    const free = give([net('demo'), guest('b', 'demo', { address: '10.0.0.2' })], first, 20);
    expect(iface(free.ledger, 'b').address).toBe('10.0.0.2');
    expect(addressEntry(free.ledger, '10.0.0.3')).toMatchObject({ type: 'quarantine' });
  });

  test('two swap their addresses in one commit, a chain moves up, and one that must stay holds back only who waits for it', () => {
    const at = (name: string, address: string) => guest(name, 'demo', { address });
    const first = give([net('demo'), at('a', '10.0.0.11'), at('b', '10.0.0.12'), at('c', '10.0.0.13')]).ledger;
    const swapped = give([net('demo'), at('a', '10.0.0.12'), at('b', '10.0.0.11'), at('c', '10.0.0.14')], first, 10);
    expect(swapped.pending).toEqual([]);
    expect(['a', 'b', 'c'].map(name => iface(swapped.ledger, name).address)).toEqual(['10.0.0.12', '10.0.0.11', '10.0.0.14']);
    const chain = give([net('demo'), at('a', '10.0.0.12'), at('b', '10.0.0.13'), at('c', '10.0.0.1')], first, 10);
    expect(chain.ledger).toBe(first);
    expect(chain.pending.map(p => p.definition)).toEqual(['Interface default/c', 'Interface default/b', 'Interface default/a']);
  });

  test('from automatic to named moves, and back to automatic stays', () => {
    const first = give([net('demo'), guest('a')]).ledger;
    const named = give([net('demo'), guest('a', 'demo', { address: '10.0.0.77' })], first, 10).ledger;
    expect(iface(named, 'a')).toEqual({ ...iface(first, 'a'), address: '10.0.0.77' });
    expect(addressEntry(named, '10.0.0.2')?.type).toBe('quarantine');
    expect(give([net('demo'), guest('a')], named, 20).ledger).toBe(named);
  });

  test('a guest that gave up its address gets it back', () => {
    const first = give([net('demo'), guest('a'), guest('b')]).ledger;
    const none = give([net('demo'), guest('a', 'demo', { address: 'none' }), guest('b')], first, 10).ledger;
    expect(iface(none, 'a').address).toBeUndefined();
    expect(iface(give([net('demo'), guest('a'), guest('b'), guest('c')], none, 9999).ledger, 'a').address).toBe('10.0.0.2');
  });

  test('a live network that names another vxid is renumbered, its router MAC with it', () => {
    const first = give([net('demo')]).ledger;
    const { ledger } = give([net('demo', { cidr: '10.0.0.0/24', vxid: 7 })], first, 10);
    expect(network(ledger)).toMatchObject({ vxid: 7, uuid: network(first).uuid, router: { mac: '02:02:00:00:07:01' } });
    expect(network(give([net('demo')], ledger, 20).ledger).vxid).toBe(7);
  });
});

describe('a network that changes its cidr', () => {
  const first = give([net('demo'), guest('a'), guest('b')]).ledger;

  test('renumbers everything that does not fit, and git revert restores it', () => {
    const moved = give([net('demo', { cidr: '172.16.0.0/24' }), guest('a'), guest('b')], first, 10);
    expect(iface(moved.ledger, 'a')).toEqual({ ...iface(first, 'a'), address: '172.16.0.2' });
    expect(network(moved.ledger)).toMatchObject({ cidr: '172.16.0.0/24', router: { address: '172.16.0.1' } });
    expect(moved.notes).toEqual([]);
    const back = give([net('demo'), guest('0'), guest('a'), guest('b')], moved.ledger, 20).ledger;
    expect(['a', 'b'].map(name => iface(back, name).address)).toEqual(['10.0.0.2', '10.0.0.3']);
    expect(iface(back, '0').address).toBe('10.0.0.4');
    expect(addressEntry(back, '172.16.0.1')).toBeUndefined();
    expect(doubles(back)).toEqual([]);
  });

  test('that grows keeps every address', () => {
    const grown = give([net('demo', { cidr: '10.0.0.0/16' }), guest('a'), guest('b')], first, 10).ledger;
    expect(grown.networks['default/demo']?.interfaces).toEqual(network(first).interfaces);
    expect(addressEntry(grown, '10.0.255.255')?.type).toBe('broadcast');
    expect(addressEntry(grown, '10.0.0.255')).toBeUndefined();
  });

  test('an address that becomes the router’s or the broadcast is changed', () => {
    const at = (address: string) => guest('a', 'demo', { address });
    const wide = give([net('demo'), at('10.0.0.127')]).ledger;
    const half = give([net('demo', { cidr: '10.0.0.0/25' }), guest('a')], wide, 10);
    expect(iface(half.ledger, 'a').address).toBe('10.0.0.2');
    expect(doubles(half.ledger)).toEqual([]);
  });

  test('that shrinks too far: who finds no room lives on without address, and is told', () => {
    const six = 'abcdef'.split('').map(name => guest(name));
    const tight = give([net('demo', { cidr: '10.5.0.0/29' }), ...six], give([net('demo'), ...six]).ledger, 10);
    expect(tight.pending).toMatchObject([{ definition: 'Interface default/f', reason: 'PoolExhausted' }]);
    expect(iface(tight.ledger, 'f').address).toBeUndefined();
    expect(give([net('demo', { cidr: '10.5.0.0/29' }), ...six], tight.ledger, 20).ledger).toBe(tight.ledger);
  });

  test('that loses its cidr has no addresses, and one that gets a cidr gives each guest one', () => {
    const flat = give([net('demo', {}), guest('a'), guest('b')], first, 10).ledger;
    expect(network(flat).router).toBeUndefined();
    expect(iface(flat, 'a').address).toBeUndefined();
    expect(network(flat).addresses.map(a => a.type)).toEqual(['quarantine', 'quarantine']);
    expect(iface(give([net('demo'), guest('a'), guest('b')], flat, 20).ledger, 'b').address).toBe('10.0.0.3');
  });

  test('a cidr without room is a condition of that network, not a crash', () => {
    for (const cidr of ['10.0.0.0/31', '10.0.0.0/32', 'fd00::/128', 'nonsense']) {
      const { pending } = give([net('demo', { cidr }), guest('a')]);
      expect(pending.map(p => [p.definition, p.reason])).toContainEqual(['Network default/demo', 'CidrInvalid']);
    }
  });
});

describe('a pool that is full', () => {
  const five = 'abcde'.split('').map(name => guest(name));

  test('is a condition of the one who asks: everybody else goes on', () => {
    const { ledger, pending } = give([net('demo', { cidr: '10.0.0.0/29' }), net('blue'), ...five, guest('f'), guest('g', 'blue')]);
    expect(pending).toEqual([
      {
        definition: 'Interface default/f',
        reason: 'PoolExhausted',
        message: 'no free address in 10.0.0.0/29 of Network default/demo: all are held or in quarantine',
      },
    ]);
    expect(network(ledger).interfaces['default/f']).toBeUndefined();
    expect(iface(ledger, 'e').address).toBe('10.0.0.6');
    expect(iface(ledger, 'g', 'blue').address).toBe('10.0.0.2');
  });

  test('MACs and vxids that are taken by others are probed past', () => {
    const free = give([net('demo'), guest('a')]).ledger;
    const taken = { vxids: [network(free).vxid], macs: [iface(free, 'a').mac] };
    const { ledger } = give([net('demo'), guest('a')], undefined, 0, { taken });
    expect(network(ledger).vxid).toBe(network(free).vxid + 1);
    expect(iface(ledger, 'a').mac).not.toBe(iface(free, 'a').mac);
  });

  test('derived MACs never lie where routers, bridges and links have theirs', () => {
    const cluster = { ...CLUSTER, macPrefix: '02' };
    const { ledger } = give([net('demo', { cidr: '10.0.0.0/16' }), ...Array.from({ length: 600 }, (_, i) => guest(`g${i}`))], undefined, 0, { cluster });
    const macs = Object.values(network(ledger).interfaces).map(i => i.mac);
    expect(macs.filter(mac => /^02:0[1-4]/.test(mac))).toEqual([]);
    expect(new Set(macs).size).toBe(600);
  });
});

interface Loose extends Record<string, unknown> {
  interfaces: Record<string, object>;
}

describe('a ledger that was edited by hand', () => {
  const whole = give([net('a'), net('b'), guest('x', 'a'), guest('y', 'b')]).ledger;
  const asks = [net('a'), net('b'), guest('x', 'a'), guest('y', 'b')];
  const edited = (edit: (copy: { networks: Record<string, Loose> }) => void): Ledger => {
    const copy = JSON.parse(JSON.stringify(whole));
    edit(copy);
    return copy;
  };

  test('two networks with one vxid: the older keeps it, then the first by name; the other is told', () => {
    const twice = edited(copy => {
      Object.assign(copy.networks['default/b'] ?? {}, { vxid: network(whole, 'a').vxid });
    });
    const { ledger, notes } = give(asks, twice, 10);
    expect(network(ledger, 'a').vxid).toBe(network(whole, 'a').vxid);
    expect(network(ledger, 'b').vxid).toBe(network(whole, 'b').vxid);
    expect(notes).toMatchObject([{ code: 'vxid-lost', definition: 'Network default/b', old: String(network(whole, 'a').vxid) }]);
    const older = edited(copy => {
      Object.assign(copy.networks['default/b'] ?? {}, { vxid: network(whole, 'a').vxid, since: '2020-01-01T00:00:00Z' });
    });
    expect(network(give(asks, older, 10).ledger, 'b').vxid).toBe(network(whole, 'a').vxid);
  });

  test('two interfaces whose devices would have one name: one gets another uuid', () => {
    const twice = edited(copy => {
      const uuid = iface(whole, 'x', 'a').uuid;
      Object.assign(copy.networks['default/b']?.interfaces['default/y'] ?? {}, {
        uuid: `${uuid.slice(0, 9)}${iface(whole, 'y', 'b').uuid.slice(9)}`,
      });
    });
    expect(doubles(twice)).toHaveLength(2);
    const { ledger } = give(asks, twice, 10);
    expect(doubles(ledger)).toEqual([]);
    expect(iface(ledger, 'x', 'a').uuid).toBe(iface(whole, 'x', 'a').uuid);
  });

  test('an interface in two networks is where its definition says', () => {
    const twice = edited(copy => {
      Object.assign(copy.networks['default/b']?.interfaces ?? {}, { 'default/x': iface(whole, 'x', 'a') });
    });
    const { ledger } = give(asks, twice, 10);
    expect(doubles(ledger)).toEqual([]);
    expect(network(ledger, 'b').interfaces['default/x']).toBeUndefined();
    expect(iface(ledger, 'x', 'a')).toEqual(iface(whole, 'x', 'a'));
  });

  test('wrong types never crash, and what is well-formed is kept', () => {
    const junk: readonly unknown[] = [
      null,
      7,
      'text',
      [],
      {},
      { vxid: '5', interfaces: null, addresses: { a: 1 } },
      { interfaces: { nonsense: 1, 'default/x': [] }, addresses: [null, {}] },
    ];
    for (const value of junk) {
      const { ledger } = give(
        asks,
        edited(copy => void Object.assign(copy.networks, { 'default/b': value, nonsense: value })),
        10,
      );
      expect(doubles(ledger)).toEqual([]);
      expect(network(ledger, 'b').vxid).toBe(network(whole, 'b').vxid);
      expect(network(ledger, 'a')).toEqual(network(whole, 'a'));
    }
    const noMac = edited(copy => {
      Object.assign(copy.networks['default/a']?.interfaces['default/x'] ?? {}, { mac: 3, since: 'yesterday' });
    });
    expect(iface(give(asks, noMac, 10).ledger, 'x', 'a')).toMatchObject({ mac: iface(whole, 'x', 'a').mac, uuid: iface(whole, 'x', 'a').uuid });
  });
});

describe('while a part of the published ledger cannot be read', () => {
  const first = give([net('a'), guest('x', 'a')]).ledger;
  const frozen = (asks: Parameters<typeof give>[0]) => give(asks, first, 10, { unreadable: ['default/b'] });

  test('nothing new is given out, and what is allocated goes on', () => {
    const { ledger, pending } = frozen([net('a'), guest('x', 'a'), net('b'), guest('y', 'b')]);
    expect(ledger).toBe(first);
    expect(pending.map(p => [p.definition, p.reason])).toEqual([
      ['Interface default/y', 'LedgerUnreadable'],
      ['Network default/b', 'LedgerUnreadable'],
    ]);
    expect(pending[0]?.message).toContain('allocations/networks/default/b.yaml');
  });

  test('a live network keeps its vxid although it names another', () => {
    const { ledger, pending } = frozen([net('a', { cidr: '10.0.0.0/24', vxid: 9 }), guest('x', 'a')]);
    expect(ledger).toBe(first);
    expect(pending).toMatchObject([{ definition: 'Network default/a', reason: 'LedgerUnreadable' }]);
  });

  test('what is removed is released all the same', () => {
    expect(network(frozen([net('a')]).ledger, 'a').interfaces['default/x']).toMatchObject({ removed: expect.stringMatching(/^2026/) });
    expect(network(first, 'a').since).toBe(T0);
  });
});

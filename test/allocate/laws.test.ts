import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/allocate/allocate.ts';
import { ledgerFiles, mergeLedger, parseLedger } from '../../src/allocate/ledger-files.ts';
import { isSettled } from '../../src/allocate/settled.ts';
import { parseCidr } from '../../src/model/ip.ts';
import { EMPTY_LEDGER, type InterfaceEntry, type Ledger, type NetworkEntry, type PoolEntry, type PoolHolder } from '../../src/model/ledger.ts';
import type { Ask, HolderAsk, InterfaceAsk, NetworkAsk } from '../../src/objects/object.ts';
import { cluster, definitions, edit, history, known, live, names, oneOf } from './generate.ts';
import { doubles, give, identities, after as instant, MEMORY_S } from './world.ts';

const KIND = { network: 'Network', interface: 'Interface', pool: 'AddressPool', floating: 'FloatingIP', routed: 'RoutedIP' } as const;

type Entry = NetworkEntry | InterfaceEntry | PoolEntry | PoolHolder;

function entryOf(ask: Ask, ledger: Ledger): Entry | undefined {
  const found = anyEntryOf(ask, ledger);
  return found?.removed === undefined ? found : undefined;
}

function anyEntryOf(ask: Ask, ledger: Ledger): Entry | undefined {
  if (ask.for === 'network') return ledger.networks[ask.key];
  if (ask.for === 'interface') return ledger.networks[ask.network]?.interfaces[ask.key];
  return ask.for === 'pool' ? ledger.pools?.[ask.key] : ledger.pools?.[ask.pool]?.[ask.for][ask.key];
}

/** The identities that `ask` leaves to netloom and has in `ledger`, for an object that lives there; what `instead` has else. */
function kept(ask: Ask, ledger: Ledger, instead = ledger): unknown {
  const entry = entryOf(ask, ledger) ?? entryOf(ask, instead);
  if (entry === undefined) return undefined;
  const other = entryOf(ask, instead);
  if (ask.for === 'network') return keptNetwork(ask, entry as NetworkEntry, other as NetworkEntry);
  if (ask.for === 'interface') return keptGuest(ask, entry as InterfaceEntry, other as InterfaceEntry);
  return ask.for === 'pool' ? (entry as PoolEntry).cidr : ask.address === undefined ? (entry as PoolHolder).address : 'named';
}

function keptNetwork(ask: NetworkAsk, entry: NetworkEntry, instead: NetworkEntry): unknown {
  const way = { node: (entry.gateway ?? instead.gateway)?.node, floating: (entry.floatingGateway ?? instead.floatingGateway)?.address };
  return { uuid: entry.uuid, vxid: ask.vxid === undefined ? entry.vxid : 'named', ...way };
}

function keptGuest(ask: InterfaceAsk, entry: InterfaceEntry, instead: InterfaceEntry): unknown {
  const address = entry.address ?? instead.address;
  return { uuid: entry.uuid, mac: ask.mac === undefined ? entry.mac : 'named', address: ask.address === 'auto' ? address : 'named' };
}

/** What the entry of an ask that is not pending must have. */
function wish(ask: Ask, ledger: Ledger): object {
  if (ask.for === 'network') return networkWish(ask);
  if (ask.for === 'pool') return { cidr: parseCidr(ask.cidr)?.text };
  if (ask.for !== 'interface') return { address: ask.address ?? expect.any(String) };
  const mac = ask.mac ?? expect.any(String);
  if (ask.address === 'none' || ledger.networks[ask.network]?.cidr === undefined) return { mac };
  return { mac, address: ask.address === 'auto' ? expect.any(String) : ask.address };
}

function networkWish({ vxid, gateway }: NetworkAsk): object {
  const node = gateway?.pin ?? expect.stringMatching(new RegExp(`^(${gateway?.candidates.join('|')})$`));
  return {
    vxid: vxid ?? expect.any(Number),
    ...(gateway === undefined ? {} : { gateway: expect.objectContaining({ node }) }),
    ...(gateway?.pool === undefined ? {} : { floatingGateway: { pool: gateway.pool, address: expect.any(String) } }),
  };
}

/** These definitions without those that `others` lacks, and without what would hang in the air then. */
function less(asks: readonly Ask[], others: readonly Ask[]): readonly Ask[] {
  const fewer = asks.filter(ask => others.some(other => other.key === ask.key && other.for === ask.for));
  const has = (kind: Ask['for'], key: string): boolean => fewer.some(ask => ask.for === kind && ask.key === key);
  const pools = fewer.flatMap(ask => (ask.for === 'pool' ? [ask.key] : []));
  return fewer.flatMap((ask): readonly Ask[] => {
    if (ask.for === 'network') return [{ ...ask, ...known(ask, pools) }];
    if (ask.for === 'interface') return has('network', ask.network) ? [ask] : [];
    return ask.for === 'pool' || has('pool', (ask as HolderAsk).pool) ? [ask] : [];
  });
}

describe('laws of allocation', () => {
  test('never two holders of one vxid, uuid, MAC, address of a network or pool, or device name', () => {
    fc.assert(
      fc.property(history, steps => void expect(live(steps).flatMap(({ ledger }) => doubles(ledger))).toEqual([])),
      { numRuns: 400 },
    );
  });

  test('deciding again changes nothing: the very same ledger, whatever the order of asks', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 1e9 }), (steps, seed) => {
        for (const { at, ledger, asks } of live(steps)) {
          const shuffled = [...asks].sort((x, y) => ((x.key.charCodeAt(8) * seed) % 7) - ((y.key.charCodeAt(8) * seed) % 7));
          expect(give(shuffled, ledger, at, { cluster }).ledger).toBe(ledger);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('a glance says that nothing is to be done when the whole decision says so, and never else', () => {
    fc.assert(
      fc.property(history, definitions, (steps, others) => {
        for (const { at, ledger, asks } of live(steps)) {
          for (const now of [asks, others]) {
            const whole = decide({ asks: now, ledger, now: instant(at + 1), cluster });
            const isSame = whole.ledger === ledger && whole.pending.length === 0;
            // With forgotten tombstones about, a glance may be in doubt.
            expect(isSettled({ asks: now, ledger }) ? 'settled' : 'in doubt').toBe(
              isSame && (at < MEMORY_S || isSettled({ asks: now, ledger })) ? 'settled' : 'in doubt',
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a glance is not deceived by a ledger that somebody edited', () => {
    fc.assert(
      fc.property(
        history,
        fc.nat(),
        fc.constantFrom<unknown>(undefined, null, 0, 7, '', 'x', [], {}, true, '10.0.0.3', '02:00:00:00:00:01'),
        (steps, where, value) => {
          const { ledger, at, asks } = live(steps).at(-1) ?? { ledger: EMPTY_LEDGER, at: 0, asks: [] };
          const edited = edit(ledger, where, value);
          const whole = decide({ asks, ledger: edited, now: instant(at + 1), cluster });
          expect(doubles(whole.ledger)).toEqual([]);
          if (isSettled({ asks, ledger: edited })) expect(identities(whole.ledger)).toEqual(identities(edited));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('the order of asks does not matter', () => {
    fc.assert(
      fc.property(history, definitions, fc.nat(), (steps, asks, seed) => {
        const { ledger, at } = live(steps).at(-1) ?? { ledger: EMPTY_LEDGER, at: 0 };
        const shuffled = asks
          .map((ask, i) => [(i * 7919 + seed) % 31, ask] as const)
          .sort(([x], [y]) => x - y)
          .map(([, ask]) => ask);
        expect(give(shuffled, ledger, at + 5, { cluster })).toEqual(give(asks, ledger, at + 5, { cluster }));
      }),
      { numRuns: 200 },
    );
  });

  test('a network keeps uuid, vxid, gateway node and floating gateway, a guest uuid, MAC and address, a floating or routed address stays, whoever else comes and goes', () => {
    fc.assert(
      fc.property(history, definitions, (steps, others) => {
        const { ledger, at, asks } = live(steps).at(-1) ?? { ledger: EMPTY_LEDGER, at: 0, asks: [] };
        const stay = asks.filter(ask => !(ask.for === 'interface' && ask.address === 'none'));
        const ours = new Set(stay.map(ask => `${ask.for} ${ask.key}`));
        const next = give([...stay, ...others.filter(ask => !ours.has(`${ask.for} ${ask.key}`))], ledger, at + 5, { cluster }).ledger;
        for (const ask of stay) expect(kept(ask, next)).toEqual(kept(ask, ledger, next));
      }),
      { numRuns: 400 },
    );
  });

  test('git revert gives everything back while it is remembered and nobody else came', () => {
    fc.assert(
      fc.property(definitions, definitions, fc.integer({ min: 1, max: MEMORY_S - 1 }), (asks, kept, wait) => {
        const before = give(asks, EMPTY_LEDGER, 0, { cluster });
        fc.pre(before.pending.length === 0);
        const middle = give(less(asks, kept), before.ledger, 10, { cluster });
        const back = give(asks, middle.ledger, 10 + wait, { cluster });
        expect(back.notes).toEqual([]);
        expect(identities(back.ledger)).toEqual(identities(before.ledger));
      }),
      { numRuns: 300 },
    );
  });

  test('only who asks for too much waits: each of the others has all it asks for', () => {
    fc.assert(
      fc.property(history, steps => {
        let ledger: Ledger = EMPTY_LEDGER;
        let at = 0;
        for (const { asks, wait } of steps) {
          at += wait;
          const next = give(asks, ledger, at, { cluster });
          ledger = next.ledger;
          const waiting = new Set(next.pending.map(p => p.definition));
          const served = asks.filter(ask => !waiting.has(`${KIND[ask.for]} ${ask.key}`));
          for (const ask of served) expect(entryOf(ask, ledger)).toMatchObject(wish(ask, ledger));
        }
      }),
      { numRuns: 200 },
    );
  });

  test('what is written is read back, and says the same again, byte for byte', () => {
    fc.assert(
      fc.property(history, steps => {
        for (const { ledger } of live(steps)) {
          const files = ledgerFiles(ledger);
          const read = parseLedger(files);
          expect(read).toEqual({ ledger, problems: [] });
          expect(ledgerFiles(read.ledger)).toEqual(files);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('a remote that lost any of its files is healed to the same identities by any node that has a copy', () => {
    fc.assert(
      fc.property(history, fc.array(oneOf(...names)), (steps, lost) => {
        const { ledger, at, asks } = live(steps).at(-1) ?? { ledger: EMPTY_LEDGER, at: 0, asks: [] };
        const files = new Map([...ledgerFiles(ledger)].filter(([path]) => !lost.some(name => path === `allocations/networks/default/${name}.yaml`)));
        const merged = mergeLedger(parseLedger(files).ledger, ledger);
        const healed = give(asks, merged, at + 1, { cluster }).ledger;
        for (const ask of asks) expect(kept(ask, healed)).toEqual(kept(ask, ledger, healed));
        expect(doubles(healed)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

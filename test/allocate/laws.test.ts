import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/allocate/allocate.ts';
import { ledgerFiles, mergeLedger, parseLedger } from '../../src/allocate/ledger-files.ts';
import { isSettled } from '../../src/allocate/settled.ts';
import { EMPTY_LEDGER, type InterfaceEntry, type Ledger, type NetworkEntry } from '../../src/model/ledger.ts';
import type { InterfaceAsk, NetworkAsk } from '../../src/objects/object.ts';
import { CLUSTER, doubles, give, guest, identities, after as instant, MEMORY_S, net } from './world.ts';

type Mine = NetworkAsk | InterfaceAsk;

// Small spaces, so that everything collides: three networks, two cidrs of eight addresses, six vxids, 256 MACs.
const cluster = { ...CLUSTER, vxids: { first: 10, last: 15 }, macPrefix: '02:00:00:00:00' };
const names = ['a', 'b', 'c'];
const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const vxid = fc.option(fc.integer({ min: 10, max: 15 }), { nil: undefined, freq: 4 });
const network1 = fc.record({ name: oneOf(...names), cidr: oneOf('10.0.0.0/29', '10.0.0.8/29', '10.0.0.0/28', undefined), vxid });
const mac = fc.option(oneOf('02:00:00:00:00:01', '02:aa:00:00:00:01'), { nil: undefined, freq: 4 });
const address = oneOf('auto', 'auto', 'auto', 'none', '10.0.0.1', '10.0.0.3', '10.0.0.4', '10.0.0.10');
const interface1 = fc.record({ name: oneOf(...'stuvwxyz'), network: oneOf(...names), node: oneOf('n1', 'n2'), address, mac });

const definitions = fc
  .record({
    networks: fc.uniqueArray(network1, { selector: n => n.name, maxLength: 3 }),
    guests: fc.uniqueArray(interface1, { selector: i => i.name, maxLength: 8 }),
  })
  .map(({ networks, guests }): readonly Mine[] => [
    ...networks.map(({ name, ...more }) => net(name, JSON.parse(JSON.stringify(more)))),
    ...guests.filter(g => networks.some(n => n.name === g.network)).map(({ name, network: at, ...more }) => guest(name, at, JSON.parse(JSON.stringify(more)))),
  ]);
const history = fc.array(fc.record({ asks: definitions, wait: oneOf(1, 60, 400, MEMORY_S) }), { minLength: 1, maxLength: 7 });

/** Ledgers after each revision. */
function live(steps: readonly { asks: readonly Mine[]; wait: number }[]): readonly { at: number; ledger: Ledger; asks: readonly Mine[] }[] {
  let ledger: Ledger = EMPTY_LEDGER;
  let at = 0;
  return steps.map(({ asks, wait }) => {
    at += wait;
    ledger = give(asks, ledger, at, { cluster }).ledger;
    return { at, ledger, asks };
  });
}

/** The ledger with one of its fields, the `where`-th of all, set to `value`. */
function edit(ledger: Ledger, where: number, value: unknown): Ledger {
  const copy = JSON.parse(JSON.stringify(ledger));
  const spots: { readonly in: Record<string, unknown>; readonly key: string }[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      spots.push({ in: node as Record<string, unknown>, key });
      walk(child);
    }
  };
  walk(copy.networks);
  const spot = spots[where % Math.max(1, spots.length)];
  if (spot !== undefined) spot.in[spot.key] = value;
  return copy;
}

function entryOf(ask: Mine, ledger: Ledger): NetworkEntry | InterfaceEntry | undefined {
  const found = ask.for === 'network' ? ledger.networks[ask.key] : ledger.networks[ask.network]?.interfaces[ask.key];
  return found?.removed === undefined ? found : undefined;
}

/** The identities that `ask` leaves to netloom and has in `ledger`, for an object that lives there; what `instead` has else. */
function kept(ask: Mine, ledger: Ledger, instead = ledger): unknown {
  const entry = entryOf(ask, ledger) ?? entryOf(ask, instead);
  if (entry === undefined) return undefined;
  if ('vxid' in entry) return { uuid: entry.uuid, vxid: ask.for === 'network' && ask.vxid === undefined ? entry.vxid : 'named' };
  if (ask.for === 'network') return undefined;
  const address = entry.address ?? (entryOf(ask, instead) as InterfaceEntry).address;
  return { uuid: entry.uuid, mac: ask.mac === undefined ? entry.mac : 'named', address: ask.address === 'auto' ? address : 'named' };
}

/** What the entry of an ask that is not pending must have. */
function wish(ask: Mine, ledger: Ledger): object {
  if (ask.for === 'network') return { vxid: ask.vxid ?? expect.any(Number) };
  const mac = ask.mac ?? expect.any(String);
  if (ask.address === 'none' || ledger.networks[ask.network]?.cidr === undefined) return { mac };
  return { mac, address: ask.address === 'auto' ? expect.any(String) : ask.address };
}

describe('laws of allocation', () => {
  test('never two holders of one vxid, uuid, MAC, address or device name', () => {
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

  test('a network keeps uuid and vxid, a guest uuid, MAC and address, whoever else comes and goes', () => {
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
        const fewer = asks.filter(ask => kept.some(other => other.key === ask.key && other.for === ask.for));
        const less = fewer.filter(ask => ask.for === 'network' || fewer.some(other => other.for === 'network' && other.key === ask.network));
        const middle = give(less, before.ledger, 10, { cluster });
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
          const served = asks.filter(ask => !waiting.has(`${ask.for === 'network' ? 'Network' : 'Interface'} ${ask.key}`));
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

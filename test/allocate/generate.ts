/** Random definitions and histories, in spaces so small that everything collides. */
import fc from 'fast-check';
import { EMPTY_LEDGER, type Ledger } from '../../src/model/ledger.ts';
import type { Ask, NetworkAsk } from '../../src/objects/object.ts';
import { CLUSTER, give, guest, holder, MEMORY_S, net, pool } from './world.ts';

// Small spaces, so that everything collides: three networks, two cidrs of eight addresses, six vxids, 256 MACs.
export const cluster = { ...CLUSTER, vxids: { first: 10, last: 15 }, macPrefix: '02:00:00:00:00' };
export const names = ['a', 'b', 'c'];
export const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const vxid = fc.option(fc.integer({ min: 10, max: 15 }), { nil: undefined, freq: 4 });
const reserved = oneOf(
  undefined,
  undefined,
  [{ first: '10.0.0.2', last: '10.0.0.3', comment: 'printers' }],
  [{ first: '10.0.0.4', last: '10.0.0.4', comment: '' }],
);
const candidates = fc.subarray(['n1', 'n2', 'n3']);
const gateway = fc.option(fc.record({ candidates, pin: oneOf(undefined, undefined, undefined, 'n2'), pool: oneOf('p', 'p', 'q', undefined) }), {
  nil: undefined,
  freq: 4,
});
const network1 = fc.record({ name: oneOf(...names), cidr: oneOf('10.0.0.0/29', '10.0.0.8/29', '10.0.0.0/28', undefined), vxid, reserved, gateway });
const mac = fc.option(oneOf('02:00:00:00:00:01', '02:aa:00:00:00:01'), { nil: undefined, freq: 4 });
const address = oneOf('auto', 'auto', 'auto', 'none', '10.0.0.1', '10.0.0.3', '10.0.0.4', '10.0.0.10');
const interface1 = fc.record({
  name: oneOf(...'stuvwxyz'),
  network: oneOf(...names),
  node: oneOf('n1', 'n2'),
  migrateTo: oneOf(undefined, undefined, 'n3'),
  address,
  mac,
});

// Two pools with room for five and three.
const pool1 = fc.record({
  name: oneOf('p', 'q'),
  cidr: oneOf('192.0.2.0/29', '192.0.2.0/29', '192.0.2.8/29'),
  reserved: oneOf([], [], [{ first: '192.0.2.2', last: '192.0.2.3', comment: '' }]),
});
const pooled = fc.option(oneOf('192.0.2.3', '192.0.2.5', '192.0.2.9', '192.0.2.1'), { nil: undefined, freq: 4 });
const holder1 = fc.record({
  kind: oneOf('floating' as const, 'floating' as const, 'routed' as const),
  name: oneOf(...'fghij'),
  pool: oneOf('p', 'q'),
  address: pooled,
});

/** What a repository may define; a definition names no pool, and no network, that is not there. */
export const definitions = fc
  .record({
    pools: fc.uniqueArray(pool1, { selector: p => p.name, maxLength: 2 }),
    holders: fc.uniqueArray(holder1, { selector: h => `${h.kind} ${h.name}`, maxLength: 5 }),
    networks: fc.uniqueArray(network1, { selector: n => n.name, maxLength: 3 }),
    guests: fc.uniqueArray(interface1, { selector: i => i.name, maxLength: 8 }),
  })
  .map(({ networks, guests, pools, holders }): readonly Ask[] => [
    ...pools.map(({ name, cidr, reserved: kept }) => pool(name, { cidr, gateway: `${cidr.slice(0, -4)}${cidr.includes('.8/') ? '9' : '1'}`, reserved: kept })),
    ...holders.filter(h => pools.some(p => p.name === h.pool)).map(({ kind, name, ...more }) => holder(kind, name, JSON.parse(JSON.stringify(more)))),
    ...networks.map(({ name, ...more }) =>
      net(
        name,
        known(
          JSON.parse(JSON.stringify(more)),
          pools.map(p => p.name),
        ),
      ),
    ),
    ...guests.filter(g => networks.some(n => n.name === g.network)).map(({ name, network: at, ...more }) => guest(name, at, JSON.parse(JSON.stringify(more)))),
  ]);
/** The wishes of a network without a pool that is none of these. */
export function known(more: Partial<NetworkAsk>, pools: readonly string[]): Partial<NetworkAsk> {
  const { pool: named, ...placing } = more.gateway ?? { candidates: [] };
  return named === undefined || pools.includes(named) ? more : { ...more, gateway: placing };
}
/** Revisions, and how many seconds each is after the one before. */
export const history = fc.array(fc.record({ asks: definitions, wait: oneOf(1, 60, 400, MEMORY_S) }), { minLength: 1, maxLength: 7 });

/** Ledgers after each revision. */
export function live(steps: readonly { asks: readonly Ask[]; wait: number }[]): readonly { at: number; ledger: Ledger; asks: readonly Ask[] }[] {
  let ledger: Ledger = EMPTY_LEDGER;
  let at = 0;
  return steps.map(({ asks, wait }) => {
    at += wait;
    ledger = give(asks, ledger, at, { cluster }).ledger;
    return { at, ledger, asks };
  });
}

/** The ledger with one of its fields, the `where`-th of all, set to `value`. */
export function edit(ledger: Ledger, where: number, value: unknown): Ledger {
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
  walk(copy.pools);
  const spot = spots[where % Math.max(1, spots.length)];
  if (spot !== undefined) spot.in[spot.key] = value;
  return copy;
}

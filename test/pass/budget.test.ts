import { describe, expect, test } from 'vitest';
import { heartbeatMs, type Speech, waitMs } from '../../src/pass/budget.ts';

const NOW = 1_795_000_000_000;
const speech = (more: Partial<Speech>): Speech => ({ node: 'n1', nodes: 3, pushesPerMinute: 6, now: NOW, heard: null, tip: null, ...more });

describe('a node', () => {
  test('that never spoke speaks at once', () => expect(waitMs(speech({}))).toBe(0));

  test('speaks again when all could have spoken: ten seconds a node, and never within five', () => {
    expect(waitMs(speech({ heard: NOW - 10_000 }))).toBe(20_000);
    expect(waitMs(speech({ heard: NOW - 30_000 }))).toBe(0);
    expect(waitMs(speech({ nodes: 100, heard: NOW - 10_000 }))).toBe(990_000);
    expect(waitMs(speech({ pushesPerMinute: 600, heard: NOW - 1_000 }))).toBe(4_000);
    expect(waitMs(speech({ pushesPerMinute: 100_000, heard: NOW - 1_000 }))).toBe(0);
  });

  test('of a large fleet waits for the gap after anybody’s push, and a share more that is its own', () => {
    const tip = { oid: 'a'.repeat(40), at: NOW };
    const waits = ['n1', 'n2', 'n3', 'n4'].map(node => waitMs(speech({ node, nodes: 100, tip })));
    for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(10_000);
    for (const wait of waits) expect(wait).toBeLessThan(20_000);
    expect(new Set(waits).size).toBe(4);
    expect(waitMs(speech({ tip }))).toBe(0);
  });

  test('is not held up by a clock that was ahead', () => {
    expect(waitMs(speech({ nodes: 100, heard: NOW + 3_600_000, tip: { oid: 'b', at: NOW + 3_600_000 } }))).toBe(0);
    expect(waitMs(speech({ heard: Number.NaN }))).toBe(0);
  });

  test('with nothing to say is heard of every half hour, in a fleet that leaves room for that', () => {
    expect(heartbeatMs({ nodes: 3, pushesPerMinute: 6 })).toBe(1_800_000);
    expect(heartbeatMs({ nodes: 1_000, pushesPerMinute: 6 })).toBe(20_000_000);
  });
});

/** A pseudo-random sequence, so that a failure can be seen again (Park and Miller, 1988). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

interface Told {
  readonly pushes: readonly number[];
  readonly attempts: readonly number[];
  readonly reads: readonly number[];
  /** For each change of each node: how long it took until it was on the branch. */
  readonly delays: readonly number[];
  readonly unsaid: number;
  /** The longest that a node was not heard of. */
  readonly longestSilence: number;
}

/** Listing, fetch and push of a forge take about this long. */
const LATENCY_MS = 150;
const PASS_EVERY_MS = 60_000;

/**
 * A fleet against one branch, on a clock of its own: each node passes once a minute, and `changes` tells when something new is to
 * be said by which nodes. A push is a compare-and-swap, as with the real server.
 */
function fleet(nodes: number, hours: number, seed: number, changes: readonly (readonly [at: number, who: (node: number) => boolean])[]): Told {
  const random = dice(seed);
  const pushesPerMinute = 6;
  const beat = heartbeatMs({ nodes, pushesPerMinute });
  const all = Array.from({ length: nodes }, (_, index) => ({
    name: `n${index}`,
    heard: null as number | null,
    said: -1,
    news: -1,
    seen: '',
    changed: [] as number[],
  }));
  const log = { pushes: [] as number[], attempts: [] as number[], reads: [] as number[], delays: [] as number[] };
  let tip: Speech['tip'] = null;
  let longestSilence = 0;
  type Todo = { readonly at: number; readonly act: () => void };
  const queue: Todo[] = [];
  const later = (at: number, act: () => void): void => {
    let place = queue.length;
    while (place > 0 && (queue[place - 1] as Todo).at < at) place -= 1;
    queue.splice(place, 0, { at, act });
  };
  const end = hours * 3_600_000;
  const read = (node: (typeof all)[number], at: number): void => {
    log.reads.push(at);
    if (node.seen === tip?.oid) return;
    log.reads.push(at);
    node.seen = tip?.oid ?? '';
  };
  const wait = (node: (typeof all)[number], now: number): number => waitMs({ node: node.name, nodes, pushesPerMinute, now, heard: node.heard, tip });
  const push = (node: (typeof all)[number], at: number, base: Speech['tip']): void => {
    log.attempts.push(at);
    if (base?.oid !== tip?.oid) return;
    tip = { oid: `${log.pushes.length}`, at };
    log.pushes.push(at);
    log.delays.push(...node.changed.filter(changed => changed <= at).map(changed => at - changed));
    node.changed = node.changed.filter(changed => changed > at);
    longestSilence = Math.max(longestSilence, at - (node.heard ?? 0));
    node.heard = at;
  };
  const pass = (node: (typeof all)[number], at: number): void => {
    const next = at + PASS_EVERY_MS + random() * 2_000;
    if (next < end) later(next, () => pass(node, next));
    read(node, at);
    const isDue = node.changed.some(changed => changed <= at) || node.heard === null || at - node.heard > beat * (0.8 + 0.4 * random());
    if (!isDue || wait(node, at) > 0) return;
    const again = at + LATENCY_MS + (nodes > pushesPerMinute ? 0 : random() * 300 * (nodes - 1));
    later(again, () => {
      read(node, again);
      if (wait(node, again) > 0) return;
      const base = tip;
      later(again + LATENCY_MS, () => push(node, again + LATENCY_MS, base));
    });
  };
  for (const [index, node] of all.entries()) {
    node.changed = changes.filter(([, who]) => who(index)).map(([at]) => at);
    const first = random() * PASS_EVERY_MS;
    later(first, () => pass(node, first));
  }
  for (let todo = queue.pop(); todo !== undefined; todo = queue.pop()) todo.act();
  return { ...log, unsaid: all.reduce((sum, node) => sum + node.changed.length, 0), longestSilence };
}

/** The most that fall into any window. */
function most(instants: readonly number[], windowMs: number): number {
  const sorted = [...instants].sort((a, b) => a - b);
  let first = 0;
  return sorted.reduce((worst, at, index) => {
    while ((sorted[first] as number) <= at - windowMs) first += 1;
    return Math.max(worst, index - first + 1);
  }, 0);
}

describe('a hundred nodes', () => {
  const everybody = (): boolean => true;
  const HOUR = 3_600_000;

  test.each([1, 2, 3])('whom one commit changes all at once, twice, push no more than six times a minute and leave nothing unsaid (seed %i)', seed => {
    const told = fleet(100, 4, seed, [
      [HOUR, everybody],
      [HOUR + 180_000, everybody],
      [HOUR + 2 * HOUR, node => node % 3 === 0],
    ]);
    expect(told.unsaid).toBe(0);
    expect(most(told.pushes, 60_000)).toBeLessThanOrEqual(6);
    // A lost race is a request too.
    expect(most(told.attempts, HOUR)).toBeLessThanOrEqual(6 * 60);
    expect(most(told.reads, 10_000) / 10).toBeLessThanOrEqual(15);
    expect(Math.max(...told.delays)).toBeLessThan(HOUR);
  });

  test('with nothing to say are all heard of before two heartbeats have passed', () => {
    const told = fleet(100, 6, 4, []);
    expect(told.longestSilence).toBeLessThan(2 * heartbeatMs({ nodes: 100, pushesPerMinute: 6 }));
    expect(most(told.pushes, 60_000)).toBeLessThanOrEqual(6);
  });

  test('three nodes, a change each: heard of within a minute and a half', () => {
    const told = fleet(3, 2, 5, [[HOUR, everybody]]);
    expect(told.unsaid).toBe(0);
    expect(Math.max(...told.delays)).toBeLessThan(90_000);
    expect(most(told.pushes, 60_000)).toBeLessThanOrEqual(6);
  });
});

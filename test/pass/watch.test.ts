import { describe, expect, test } from 'vitest';
import { type Work, waitMs, watch } from '../../src/watch.ts';

const POLL_MS = 4;
const NEVER_MS = 3_600_000;

/** A watch whose remote says one after another of `looks` (an error is thrown), and ends with the last; what it did. */
async function watched(looks: readonly (string | Error)[], more: { intervalMs?: number; pollMs?: number } & Partial<Work> = {}): Promise<readonly string[]> {
  const { intervalMs = NEVER_MS, pollMs = POLL_MS, ...work } = more;
  const stop = new AbortController();
  const did: string[] = [];
  let nth = 0;
  const note = <T>(what: string, then: () => Promise<T>) => {
    did.push(what);
    return then();
  };
  const all: Work = {
    look: async () => {
      const said = looks[nth++];
      if (nth >= looks.length) stop.abort();
      if (said instanceof Error) throw said;
      return said ?? '';
    },
    pass: () => note(`pass ${looks[nth - 1]}`, work.pass ?? (async () => true)),
    also: () => note('also', work.also ?? (async () => undefined)),
    failed: error => void did.push(`failed ${error instanceof Error ? error.message : error}`),
  };
  await watch({ pollMs, intervalMs }, all, stop.signal);
  return did;
}

describe('a watch', () => {
  test('passes at once, and then at every new commit alone', async () => {
    expect(await watched(['a', 'a', 'b', 'b', 'b', 'end'])).toEqual(['pass a', 'also', 'also', 'pass b', 'also', 'also', 'also']);
  });

  test('passes after the interval without news, also while the remote is down', async () => {
    const down = new Error('down');
    expect((await watched(['a', 'a', 'a', 'end'], { intervalMs: 0 })).filter(what => what !== 'also')).toEqual(['pass a', 'pass a', 'pass a']);
    expect(await watched(['a', down, down, 'end'], { intervalMs: 0, pollMs: 1 })).toEqual([
      'pass a',
      'also',
      'failed down',
      'pass Error: down',
      'failed down',
      'pass Error: down',
    ]);
    expect(await watched([down, down, 'end'], { pollMs: 1 })).toEqual(['failed down', 'pass Error: down', 'failed down']);
  });

  test('tries a commit again that a pass could not have, or failed at', async () => {
    let passes = 0;
    expect((await watched(['a', 'a', 'a', 'a', 'end'], { pass: async () => ++passes > 2, pollMs: 1 })).filter(what => what !== 'also')).toEqual([
      'pass a',
      'pass a',
      'pass a',
    ]);
    passes = 0;
    const fails = async (): Promise<boolean> => {
      passes += 1;
      if (passes === 1) throw new Error('locked');
      return true;
    };
    expect((await watched(['a', 'a', 'a', 'end'], { pass: fails, pollMs: 1 })).filter(what => what !== 'also')).toEqual(['pass a', 'failed locked', 'pass a']);
  });

  test('begins nothing once it is asked to stop, and waits no longer', async () => {
    const since = performance.now();
    expect(await watched(['a', 'end'], { pollMs: 20 })).toEqual(['pass a', 'also']);
    const stop = new AbortController();
    const asleep = watch(
      { pollMs: NEVER_MS, intervalMs: NEVER_MS },
      { look: async () => 'a', pass: async () => true, also: async () => undefined, failed: () => undefined },
      stop.signal,
    );
    setTimeout(() => stop.abort(), 10);
    await asleep;
    expect(performance.now() - since).toBeLessThan(30_000);
  });

  test('is not kept from passing by what else it does: that waits longer after each failure', async () => {
    const also = async (): Promise<void> => {
      throw new Error('refused');
    };
    const did = await watched([...Array.from({ length: 12 }, (_, nth) => String(nth)), 'end'], { also, pollMs: 1 });
    expect(did.filter(what => what.startsWith('pass'))).toHaveLength(12);
    // At looks 1, 4 and 9.
    expect(did.flatMap((what, at) => (what === 'also' ? [did[at - 1]] : []))).toEqual(['pass 0', 'pass 3', 'pass 8']);
  });
});

test('the time between two looks is a fifth more or less, doubles with each failure, and ends at a quarter of an hour', () => {
  expect([waitMs(15_000, 0, 0), waitMs(15_000, 0, 1)]).toEqual([12_000, 18_000]);
  expect([1, 2, 3].map(failures => waitMs(15_000, failures, 0.5))).toEqual([30_000, 60_000, 120_000]);
  for (const failures of [6, 10, 1000]) expect(waitMs(15_000, failures, 0.5)).toBe(15 * 60_000);
  expect(waitMs(7 * 24 * 3_600_000, 0, 1)).toBeLessThan(2 ** 31);
});

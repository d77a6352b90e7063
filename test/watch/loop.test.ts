import { describe, expect, test } from 'vitest';
import { type Bell, newBell } from '../../src/watch/bell.ts';
import { type Times, type Work, waitMs, watch } from '../../src/watch/loop.ts';

const POLL_MS = 4;
const NEVER_MS = 3_600_000;

interface Cast extends Partial<Omit<Work, 'pass'>> {
  readonly pollMs?: number;
  readonly intervalMs?: number;
  /** False: the pass could not have what is new. */
  readonly pass?: () => Promise<boolean>;
}

/** A watch whose remote has one after another of these (an error: it does not answer), for the first pass and then at each look; the last ends it. What it did. */
async function watched(has: readonly (string | Error)[], { intervalMs = NEVER_MS, pollMs = POLL_MS, ...work }: Cast = {}): Promise<readonly string[]> {
  const stop = new AbortController();
  const did: string[] = [];
  let nth = 0;
  const note = <T>(what: string, then: () => Promise<T>) => {
    did.push(what);
    return then();
  };
  const all: Work = {
    look: async () => {
      nth += 1;
      const said = has[nth];
      if (nth + 1 >= has.length) stop.abort();
      if (said instanceof Error) throw said;
      return said ?? '';
    },
    pass: () => note(`pass ${has[nth]}`, async () => ((await work.pass?.()) === false || has[nth] instanceof Error ? null : String(has[nth]))),
    also: () => note('also', work.also ?? (async () => undefined)),
    failed: error => void did.push(`failed ${error instanceof Error ? error.message : error}`),
  };
  await watch(() => ({ pollMs, intervalMs }), all, newBell(), stop.signal);
  return did;
}

const passesOf = (did: readonly string[]): readonly string[] => did.filter(what => what !== 'also');

describe('a watch', () => {
  test('passes at once, and then at every new commit alone', async () => {
    expect(await watched(['a', 'a', 'b', 'b', 'b', 'end'])).toEqual(['pass a', 'also', 'pass b', 'also', 'also', 'also']);
  });

  test('passes after the interval without news, also while the remote is down', async () => {
    const down = new Error('down');
    expect(passesOf(await watched(['a', 'a', 'a', 'end'], { intervalMs: 0 }))).toEqual(['pass a', 'pass a', 'pass a']);
    const passed = ['failed down', 'pass Error: down'];
    expect(await watched(['a', down, down, 'end'], { intervalMs: 0, pollMs: 1 })).toEqual(['pass a', ...passed, ...passed]);
    expect(await watched([down, down, 'end'], { pollMs: 1 })).toEqual(['pass Error: down', 'failed down']);
  });

  test('tries a commit again that a pass could not have, or failed at', async () => {
    let passes = 0;
    const third = async (): Promise<boolean> => {
      passes += 1;
      return passes > 2;
    };
    expect(passesOf(await watched(['a', 'a', 'a', 'a', 'end'], { pass: third, pollMs: 1 }))).toEqual(['pass a', 'pass a', 'pass a']);
    passes = 0;
    const fails = async (): Promise<boolean> => {
      passes += 1;
      if (passes <= 2) throw new Error('locked');
      return true;
    };
    const did = await watched(['a', 'a', 'a', 'a', 'end'], { pass: fails, pollMs: 1 });
    expect(passesOf(did)).toEqual(['pass a', 'failed locked', 'pass a', 'failed locked', 'pass a']);
  });

  test('begins nothing once it is asked to stop, and waits no longer', async () => {
    const since = performance.now();
    expect(await watched(['a', 'end'], { pollMs: 20 })).toEqual(['pass a']);
    const stop = new AbortController();
    const asleep = watch(
      () => ({ pollMs: NEVER_MS, intervalMs: NEVER_MS }),
      { look: async () => 'a', pass: async () => 'a', also: async () => undefined, failed: () => undefined },
      newBell(),
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
    const did = await watched([...Array.from({ length: 13 }, (_, nth) => String(nth)), 'end'], { also, pollMs: 1 });
    expect(did.filter(what => what.startsWith('pass'))).toHaveLength(13);
    // At looks 1, 4 and 9.
    expect(did.flatMap((what, at) => (what === 'also' ? [did[at - 1]] : []))).toEqual(['pass 1', 'pass 4', 'pass 9']);
  });
});

describe('a watch that is woken', () => {
  /** A watch that would not look again by itself; `then` is told what it did so far, after each, and ends it by a false. */
  async function woken(then: (did: readonly string[], bell: Bell) => boolean, more: Partial<Work & Times> = {}): Promise<readonly string[]> {
    const { pollMs = NEVER_MS, leastMs = 0, ...work } = more;
    const stop = new AbortController();
    // A test that would not end fails by what it did not see.
    const late = setTimeout(() => stop.abort(), 5_000);
    const bell = newBell();
    const did: string[] = [];
    const note = (what: string): void => {
      did.push(what);
      if (!then(did, bell)) stop.abort();
    };
    const all: Work = {
      look: async () => 'a',
      pass: async why => {
        note(`pass ${why.join(', ')}`);
        return 'a';
      },
      also: async () => note('also'),
      failed: error => note(`failed ${error instanceof Error ? error.message : error}`),
      ...work,
    };
    await watch(() => ({ pollMs, intervalMs: NEVER_MS, leastMs }), all, bell, stop.signal);
    clearTimeout(late);
    return did;
  }
  const once = (bell: Bell, ...rings: readonly (readonly [string, ('look' | 'pass')?])[]): true => {
    for (const [reason, need] of rings) setTimeout(() => bell.wake(reason, need), 2);
    return true;
  };

  test('looks at once, and passes at news alone', async () => {
    let has = 'a';
    const look = async (): Promise<string> => has;
    const did = await woken(
      (all, bell) => {
        if (all.length === 1) return once(bell, ['webhook']);
        if (all.length === 2) has = 'b';
        return all.length === 2 ? once(bell, ['another webhook']) : all.length < 4;
      },
      { look },
    );
    expect(did).toEqual(['pass start', 'also', 'pass commit, another webhook', 'also']);
  });

  test('passes without asking the remote when this machine changed, once for all that rang meanwhile', async () => {
    let looks = 0;
    const look = async (): Promise<string> => `${looks++}`;
    const did = await woken(
      (all, bell) => {
        if (all.length === 1) return once(bell, ['kernel', 'pass']);
        // While a pass runs, and more than once.
        if (all.length === 2) for (const reason of ['kernel', 'files', 'kernel']) bell.wake(reason, 'pass');
        return all.length < 3;
      },
      { look },
    );
    expect([did, looks]).toEqual([['pass start', 'pass kernel', 'pass kernel, files'], 0]);
  });

  test('owes the pass that failed, and looks on however often it is woken to pass', async () => {
    let passes = 0;
    const pass = async (): Promise<string> => {
      passes += 1;
      if (passes === 2) throw new Error('locked');
      return '1';
    };
    let looks = 0;
    const look = async (): Promise<string> => `${Math.min(1, ++looks)}`;
    const did = await woken((all, bell) => (all.length === 1 ? once(bell, ['kernel', 'pass']) : passes < 3 && looks < 30), { pass, look, pollMs: 2 });
    expect([did.includes('failed locked'), passes]).toEqual([true, 3]);
    let looked = 0;
    const busy = async (): Promise<string> => `${Math.floor(looked++ / 9)}`;
    await woken(
      (_, bell) => {
        bell.wake('kernel', 'pass');
        return looked < 4;
      },
      { look: busy, pollMs: 1 },
    );
    expect(looked).toBeGreaterThanOrEqual(4);
  });

  test('leaves the remote a while however often it is woken', async () => {
    const at: number[] = [];
    const look = async (): Promise<string> => `${at.push(performance.now())}`;
    await woken(
      (_, bell) => {
        for (const _each of [1, 2, 3]) bell.wake('flood');
        return at.length < 3;
      },
      { look, leastMs: 40 },
    );
    expect(Math.min((at[1] ?? 0) - (at[0] ?? 0), (at[2] ?? 0) - (at[1] ?? 0))).toBeGreaterThan(30);
  });
});

test('the time between two looks is a fifth more or less, doubles with each failure, and ends at a quarter of an hour', () => {
  expect([waitMs(15_000, 0, 0), waitMs(15_000, 0, 1)]).toEqual([12_000, 18_000]);
  expect([1, 2, 3].map(failures => waitMs(15_000, failures, 0.5))).toEqual([30_000, 60_000, 120_000]);
  for (const failures of [6, 10, 1000]) expect(waitMs(15_000, failures, 0.5)).toBe(15 * 60_000);
  expect(waitMs(7 * 24 * 3_600_000, 0, 1)).toBeLessThan(2 ** 31);
});

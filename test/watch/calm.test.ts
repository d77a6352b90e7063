import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { newCalm } from '../../src/watch/calm.ts';

const NEVER_MS = 3_600_000;

test('many events are one ring, after a moment of quiet, and it is about the first', async () => {
  const rings: string[] = [];
  const calm = newCalm(first => rings.push(first), { quietMs: 5, longestMs: NEVER_MS, burst: 9, refillMs: NEVER_MS });
  for (const what of ['a', 'b', 'c']) calm.news(what);
  expect(rings).toEqual([]);
  while (rings.length === 0) await sleep(1);
  calm.news('d');
  while (rings.length === 1) await sleep(1);
  expect(rings).toEqual(['a', 'd']);
});

test('under a stream that never rests it rings all the same', async () => {
  let rings = 0;
  const calm = newCalm(() => void rings++, { quietMs: NEVER_MS, longestMs: 20, burst: 9, refillMs: NEVER_MS });
  for (const end = Date.now() + 5_000; rings === 0 && Date.now() < end; await sleep(1)) calm.news();
  expect(rings).toBe(1);
  calm.close();
});

test('after a burst it rings no quicker than it is let', async () => {
  const at: number[] = [];
  const calm = newCalm(() => at.push(performance.now()), { quietMs: 0, longestMs: 0, burst: 2, refillMs: 40 });
  for (const end = Date.now() + 5_000; at.length < 4 && Date.now() < end; await sleep(1)) calm.news();
  const since = at[0] ?? 0;
  expect(at).toHaveLength(4);
  // Two at once, then two refills.
  expect((at[3] ?? 0) - since).toBeGreaterThan(60);
  calm.close();
});

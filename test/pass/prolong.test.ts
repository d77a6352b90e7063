import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bootSeconds } from '../../src/host/boot.ts';
import { HostError } from '../../src/host/errors.ts';
import type { Journal } from '../../src/pass/journal.ts';
import { prolong } from '../../src/pass/prolong.ts';

const FOR_MS = 80;
const journal = (): Journal => ({ id: '0badcafe', phase: 'applying', deadlineS: bootSeconds() + FOR_MS / 1000 }) as Journal;

/** Prolongs one, and notes each deadline that was written. */
function begun(isWell: () => boolean | Promise<boolean>, turn: (page: Journal) => Promise<Journal> = async page => page) {
  const written: number[] = [];
  const from = journal();
  const settle = prolong(from, {
    forMs: FOR_MS,
    isWell: async () => isWell(),
    turn: (page, next) => {
      written.push(next.deadlineS);
      return turn({ ...page, ...next });
    },
  });
  return { from, written, settle };
}

test('a pass at work that still answers has its whole time again, as long as it takes', async () => {
  const { from, written, settle } = begun(() => true);
  while (written.length < 8) await sleep(5);
  const { deadlineS } = await settle();
  expect(deadlineS).toBe(written.at(-1));
  expect(deadlineS).toBeGreaterThan(from.deadlineS);
  expect(written).toEqual([...written].sort((a, b) => a - b));
});

test('one that lost what worked before has not, until that is back', async () => {
  let [isWell, asked] = [false, 0];
  const { from, written, settle } = begun(() => {
    asked++;
    return isWell;
  });
  while (asked < 4) await sleep(5);
  expect(written).toEqual([]);
  isWell = true;
  while (written.length === 0) await sleep(5);
  expect((await settle()).deadlineS).toBeGreaterThan(from.deadlineS);
});

test('once it is settled nothing is written any more, not even what was asked before', async () => {
  let answer: (isWell: boolean) => void = () => undefined;
  const { from, written, settle } = begun(() => new Promise<boolean>(resolve => (answer = resolve)));
  await sleep(FOR_MS);
  expect(await settle()).toEqual(from);
  answer(true);
  await sleep(FOR_MS);
  expect(written).toEqual([]);
});

test('where its journal cannot be written the deadline stays as it is, and the pass goes on', async () => {
  const { from, settle } = begun(
    () => true,
    () => Promise.reject(new HostError('no-space', 'no room')),
  );
  await sleep(FOR_MS);
  expect(await settle()).toEqual(from);
});

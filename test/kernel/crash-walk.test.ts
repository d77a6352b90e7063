/**
 * A pass may be cut after any line: the next one gets to where the uncut one would have, and nothing is left over. Here only
 * so many lines are run; crash-kill.test.ts kills the program.
 *
 * NETLOOM_CRASH_POINTS: how many cuts in all (default 320), or `all`.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Op } from '../../src/kinds/op.ts';
import { renderOp } from '../../src/kinds/render.ts';
import { linesOf, spread } from './support/cuts.ts';
import { type Given, given } from './support/definitions.ts';
import { expectDump, type Row, settledDump } from './support/dump.ts';
import { type Asks, asksOf, converge, freshNode, named, planned, sayAll } from './support/node.ts';
import { expectSameRows } from './support/readers.ts';
import { comparable, TRANSITIONS, type Transition } from './support/transitions.ts';

const ASKED = process.env['NETLOOM_CRASH_POINTS'] ?? '320';
/** Cuts of one direction of one transition. */
const EACH = ASKED === 'all' ? Number.POSITIVE_INFINITY : Math.max(2, Math.ceil(Number(ASKED) / (2 * TRANSITIONS.length)));

let points = 0;

/** One end of a transition: its definitions, what the kernel then holds, and the lines that lead there from the other end. */
interface End {
  readonly at: Given;
  readonly rows: readonly Row[];
  readonly lines: readonly Op[];
  /** What a pass that leads there reads. */
  readonly asks: Asks;
}

/** A pass that is cut, and one that is not. */
async function walk({ at, rows, lines, asks }: End, share: number, transition: Transition): Promise<void> {
  const cut = Math.round(share * lines.length);
  const where = `cut after line ${cut} of ${lines.length}: ${cut === 0 ? 'none' : renderOp(lines[cut - 1] as Op)}`;
  await sayAll(lines.slice(0, cut));
  // Half of a change is what a reader meets least.
  await expectSameRows(asks, where);
  await converge(at).catch(error => {
    throw new Error(`${where}: ${error.message}`, { cause: error });
  });
  await expectDump(rows, { only: comparable(transition), where });
  points++;
}

describe.each(named(TRANSITIONS))('%s', (_, transition) => {
  beforeEach(freshNode);

  it('converges from every cut, there and back', { timeout: 600_000 }, async () => {
    const first = given(transition.before);
    const second = given(transition.after, first);
    await converge(first);
    const before = await settledDump();
    const forward = await planned(second);
    const there = linesOf(forward.plan);
    await converge(second);
    const after = await settledDump();
    const backward = await planned(first);
    const back = linesOf(backward.plan);
    await converge(first);
    const longest = Math.max(there.length, back.length);
    for (const cut of spread(longest, EACH)) {
      await walk({ at: second, rows: after, lines: there, asks: asksOf(forward) }, cut / longest, transition);
      await walk({ at: first, rows: before, lines: back, asks: asksOf(backward) }, cut / longest, transition);
    }
  });
});

it('at least 300 cuts were made', () => {
  if (ASKED === '320') expect(points).toBeGreaterThanOrEqual(300);
  expect(points).toBeGreaterThan(0);
});

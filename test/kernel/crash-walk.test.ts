/**
 * A pass may be cut after any line: the next one gets to where the uncut one would have, and nothing is left over. Lines are
 * cut by running only so many of them, and by kill -9 of the built program at random moments.
 *
 * NETLOOM_CRASH_POINTS: how many cuts in all (default 320), or `all`.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Op } from '../../src/kinds/op.ts';
import { renderOp } from '../../src/kinds/render.ts';
import { linesOf, spread } from './support/cuts.ts';
import { type Given, given } from './support/definitions.ts';
import { dump, expectDump, type Row, settledDump } from './support/dump.ts';
import { converge, freshNode, planned, sayAll } from './support/node.ts';
import { local, start } from './support/program.ts';
import { RICH_DEFINITIONS } from './support/rich.ts';
import { BASE, comparable, TRANSITIONS, type Transition } from './support/transitions.ts';

const ASKED = process.env['NETLOOM_CRASH_POINTS'] ?? '320';
/** Cuts of one direction of one transition. */
const EACH = ASKED === 'all' ? Number.POSITIVE_INFINITY : Math.max(2, Math.ceil(Number(ASKED) / (2 * TRANSITIONS.length)));

let points = 0;

/** One end of a transition: its definitions, what the kernel then holds, and the lines that lead there from the other end. */
interface End {
  readonly at: Given;
  readonly rows: readonly Row[];
  readonly lines: readonly Op[];
}

/** A pass that is cut, and one that is not. */
async function walk({ at, rows, lines }: End, share: number, transition: Transition): Promise<void> {
  const cut = Math.round(share * lines.length);
  const where = `cut after line ${cut} of ${lines.length}: ${cut === 0 ? 'none' : renderOp(lines[cut - 1] as Op)}`;
  await sayAll(lines.slice(0, cut));
  await converge(at).catch(error => {
    throw new Error(`${where}: ${error.message}`, { cause: error });
  });
  await expectDump(rows, { only: comparable(transition), where });
  points++;
}

describe.each(TRANSITIONS)('$title', transition => {
  beforeEach(freshNode);

  it('converges from every cut, there and back', { timeout: 600_000 }, async () => {
    const first = given(transition.before);
    const second = given(transition.after, first);
    await converge(first);
    const before = await settledDump();
    const there = linesOf((await planned(second)).plan);
    await converge(second);
    const after = await settledDump();
    const back = linesOf((await planned(first)).plan);
    await converge(first);
    const longest = Math.max(there.length, back.length);
    for (const cut of spread(longest, EACH)) {
      await walk({ at: second, rows: after, lines: there }, cut / longest, transition);
      await walk({ at: first, rows: before, lines: back }, cut / longest, transition);
    }
  });
});

it('at least 300 cuts were made', () => {
  if (ASKED === '320') expect(points).toBeGreaterThanOrEqual(300);
  expect(points).toBeGreaterThan(0);
});

describe('kill -9 of the program', () => {
  const place = local();
  const definitions = [BASE, RICH_DEFINITIONS, {}];
  const ends: (readonly Row[])[] = [];
  let wholeMs = 0;

  /** Runs `netloom apply` to its end; its exit code. */
  async function apply(): Promise<number | null> {
    const [code] = await once(start(place.argv('apply')), 'close');
    return code;
  }

  beforeAll(async () => {
    await freshNode();
    // Twice round: the ledger then knows all of them, and each has one end.
    for (const [nth, each] of [...definitions, ...definitions].entries()) {
      place.define(each);
      const startedAt = Date.now();
      expect(await apply()).toBe(0);
      wholeMs = Math.max(wholeMs, Date.now() - startedAt);
      ends[nth % definitions.length] = await settledDump();
    }
  });

  it('at random moments: no child writes on, the lock is free, and the next run gets there', { timeout: 600_000 }, async () => {
    let halfway = 0;
    for (let kill = 0; kill < 24; kill++) {
      const target = kill % definitions.length;
      const before = ends[(target + definitions.length - 1) % definitions.length] as readonly Row[];
      place.define(definitions[target] ?? {});
      const child = start(place.argv('apply'));
      const waits = await (kill % 2 === 0 ? someTime(wholeMs) : someChanges(before, child));
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await nobodyWrites();
      const left = await dump();
      await sleep(150);
      expect(await changes(left), `kill ${kill}, after ${waits}`).toEqual([]);
      if ((await changes(before)).length > 0 && (await changes(ends[target] as readonly Row[])).length > 0) halfway++;
      expect(await apply(), `kill ${kill}, after ${waits}`).toBe(0);
      await expectDump(ends[target] as readonly Row[]);
    }
    // Else they came too early or too late, and proved nothing.
    expect(halfway).toBeGreaterThanOrEqual(5);
  });
});

async function someTime(wholeMs: number): Promise<string> {
  const ms = Math.round(Math.random() * wholeMs);
  await sleep(ms);
  return `${ms} ms`;
}

/** Until the kernel differs from what it was, and a little more. */
async function someChanges(before: readonly Row[], child: ChildProcess): Promise<string> {
  while (child.exitCode === null && (await changes(before)).length === 0) await sleep(1);
  const ms = Math.round(Math.random() * 30);
  await sleep(ms);
  return `the first change and ${ms} ms`;
}

/** Links, filters and entries that are there and were not, or the other way round; flags follow a moment later and do not count. */
async function changes(before: readonly Row[]): Promise<readonly string[]> {
  const now = new Set((await dump()).map(written));
  const then = new Set(before.map(written));
  return [...[...now].filter(row => !then.has(row)).map(row => `+ ${row}`), ...[...then].filter(row => !now.has(row)).map(row => `- ${row}`)];
}

// What the kernel does by itself, a moment after: carrier, port states, link-local addresses and multicast memberships.
function written({ of, link, text }: Row): string {
  if (of.endsWith(' link')) return `${of} ${link} ${text.match(/"(mtu|group|master)":[^,]*/g)?.join(' ')}`;
  return / (fdb|nft|neigh)$/.test(of) && !/33:33:|01:00:5e:/.test(text) ? `${of} ${text}` : '';
}

/** The tools that the killed one had started must be gone by themselves: none of them outlives its parent. */
async function nobodyWrites(): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    if (writers().length === 0) return;
    await sleep(10);
  }
  expect(writers()).toEqual([]);
}

// In the private lab there are only our own processes.
function writers(): readonly string[] {
  const commands = readdirSync('/proc').flatMap(pid => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
    } catch {
      return []; // It ended meanwhile.
    }
  });
  return commands.filter(command => /(^|\/)(ip|bridge|nft) .*(-batch|-f) -/.test(command));
}

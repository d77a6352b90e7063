/** kill -9 of the built program at random moments: no child of it writes on, the lock is free, and the next run gets there. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LongChild, spawnLong } from '../../src/host/exec.ts';
import type { Definitions } from './support/definitions.ts';
import { dump, expectDump, type Row, settledDump } from './support/dump.ts';
import { freshNode } from './support/node.ts';
import { type Local, local, start } from './support/program.ts';
import { RICH_DEFINITIONS } from './support/rich.ts';
import { BASE } from './support/transitions.ts';

/** Runs `netloom apply` to its end; its exit code. */
async function apply(place: Local): Promise<number | null> {
  const [code] = await once(start(place.argv('apply')), 'close');
  return code;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  const isGone = child.exitCode !== null || child.signalCode !== null;
  child.kill('SIGKILL');
  if (!isGone) await gone;
}

describe('a node between three sets of definitions', () => {
  const WAY: readonly Definitions[] = [BASE, RICH_DEFINITIONS, {}];
  const ends: (readonly Row[])[] = [];
  const place = local();
  let wholeMs = 0;
  let announced = 0;
  let monitor: LongChild;

  beforeAll(async () => {
    await freshNode();
    monitor = spawnLong('ip', ['monitor', 'link', 'neigh']);
    monitor.stdout.on('data', (chunk: Uint8Array) => {
      announced += Buffer.from(chunk).toString().split('\n').length - 1;
    });
    // Twice round: the ledger then knows all of them, and each has one end.
    for (const [nth, each] of [...WAY, ...WAY].entries()) {
      place.define(each);
      const startedAt = Date.now();
      expect(await apply(place)).toBe(0);
      wholeMs = Math.max(wholeMs, Date.now() - startedAt);
      ends[nth % WAY.length] = await settledDump();
    }
  });

  afterAll(() => monitor?.stop());

  it('gets there after each of 24 kills', { timeout: 600_000 }, async () => {
    let halfway = 0;
    for (let nth = 0; nth < 24; nth++) {
      const target = nth % WAY.length;
      const [before, after] = [ends[(target + WAY.length - 1) % WAY.length] ?? [], ends[target] ?? []];
      place.define(WAY[target] ?? {});
      const child = start(place.argv('apply'));
      const where = `kill ${nth}, after ${await (nth % 4 === 0 ? someTime() : someChanges(child))}`;
      await kill(child);
      const left = await afterTheKill();
      await sleep(150);
      expect(await differences(left), where).toEqual([]);
      if ((await differences(before)).length > 0 && (await differences(after)).length > 0) halfway++;
      expect(await apply(place), where).toBe(0);
      await expectDump(after, { where });
    }
    // Else they came too early or too late, and proved nothing.
    expect(halfway).toBeGreaterThanOrEqual(6);
  });

  async function someTime(): Promise<string> {
    const ms = Math.round(Math.random() * wholeMs);
    await sleep(ms);
    return `${ms} ms`;
  }

  /** Until the kernel has announced some changes. */
  async function someChanges(child: ChildProcess): Promise<string> {
    const from = announced;
    const count = 1 + Math.round(Math.random() * 40);
    while (child.exitCode === null && announced - from < count) await sleep(1);
    return `${announced - from} announcements`;
  }
});

describe('a long batch', () => {
  const COUNT = 120;
  /** A bridge, a vxlan device and a tap for each network. */
  const ALL = 3 * COUNT;
  const names = Array.from({ length: COUNT }, (_, nth) => `net-${nth}`);
  const MANY: Definitions = {
    networks: Object.fromEntries(names.map(name => [name, '{}'])),
    interfaces: Object.fromEntries(names.map(name => [name, `{ network: ${name}, node: n1 }`])),
  };
  const place = local();

  beforeEach(freshNode);

  it('dies with the program that began it, while it makes and while it deletes', { timeout: 600_000 }, async () => {
    const none = deviceCount();
    place.define(MANY);
    for (const share of [0.2, 0.5, 0.7]) expect(await cutWhen(count => count >= none + share * ALL)).toBeLessThan(none + 0.9 * ALL);
    expect(await apply(place)).toBe(0);
    expect(deviceCount()).toBe(none + ALL);
    place.define({});
    for (const share of [0.9, 0.7]) expect(await cutWhen(count => count <= none + share * ALL)).toBeGreaterThan(none + 0.2 * ALL);
    expect(await apply(place)).toBe(0);
    expect(deviceCount()).toBe(none);
  });

  /** Kills it when there are so many devices; how many are there then, which must not change from then on. */
  async function cutWhen(isEnough: (count: number) => boolean): Promise<number> {
    const child = start(place.argv('apply'));
    while (child.exitCode === null && !isEnough(deviceCount())) await sleep(1);
    expect(child.exitCode).toBeNull();
    await kill(child);
    await nobodyWrites();
    const left = deviceCount();
    await sleep(500);
    expect(deviceCount()).toBe(left);
    return left;
  }
});

/** Devices of the lab's own namespace; asks no process. */
function deviceCount(): number {
  return readFileSync('/proc/self/net/dev', 'utf8').split('\n').length;
}

async function afterTheKill(): Promise<readonly Row[]> {
  await nobodyWrites();
  return dump();
}

/** Links, filters and entries that are there and were not, or the other way round. */
async function differences(before: readonly Row[]): Promise<readonly string[]> {
  const now = new Set((await dump()).map(written));
  const then = new Set(before.map(written));
  return [...[...now].filter(row => !then.has(row)).map(row => `+ ${row}`), ...[...then].filter(row => !now.has(row)).map(row => `- ${row}`)];
}

// Without what the kernel does by itself, a moment after: carrier, port states, link-local addresses, multicast memberships.
function written({ of, link, text }: Row): string {
  if (of.endsWith(' link')) return `${of} ${link} ${text.match(/"(mtu|group|master)":[^,]*/g)?.join(' ')}`;
  return / (fdb|nft|neigh)$/.test(of) && !/33:33:|01:00:5e:/.test(text) ? `${of} ${text}` : '';
}

/**
 * The tools that the killed one had started must be gone by themselves. The one act that the kernel is about it still ends,
 * and deleting fifty links is one act.
 */
async function nobodyWrites(): Promise<void> {
  for (let tries = 0; tries < 1000 && writers().length > 0; tries++) await sleep(10);
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

/** kill -9 of the built program at random moments: no child of it writes on, the lock is free, and the next run gets there. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LongChild } from '../../src/host/spawn-long.ts';
import { loadKeptLedger } from '../../src/pass/kept.ts';
import { type Definitions, GATEWAY, type Given, given, RUNTIME_DIR } from './support/definitions.ts';
import { expectDump, type Row, settledDump } from './support/dump.ts';
import { follow, type Happened, kill, listen, nobodyWrites, processes, serving } from './support/kills.ts';
import { freshNode, planned } from './support/node.ts';
import { type Local, local, start } from './support/program.ts';

/** Runs `netloom apply` to its end; its exit code. */
async function apply(place: Local): Promise<number | null> {
  const [code] = await once(start(place.argv('apply')), 'close');
  return code;
}

/** A served network with a guest that is reached from outside. */
const ONE = {
  ...GATEWAY,
  networks: { lan: '{ cidr: 10.0.0.0/24, dns: true }' },
  interfaces: {
    web: '{ network: lan, node: n1, attach: { netns: { name: g1 } } }',
    vm: '{ network: lan, node: n1, attach: { tap: {} } }',
    two: '{ network: lan, node: n2 }',
  },
  floatingIPs: { front: '{ interface: web }' },
  routedIPs: { whole: '{ network: lan }' },
} as const satisfies Definitions;

/** Two of them: the first with a guest less and another lease time, its floating address at a guest of the second. */
const TWO: Definitions = {
  ...ONE,
  networks: { lan: '{ cidr: 10.0.0.0/24, dns: true, leaseTime: 2h }', shop: '{ cidr: 10.1.0.0/24 }' },
  interfaces: { web: ONE.interfaces.web, two: ONE.interfaces.two, till: '{ network: shop, node: n1, attach: { netns: { name: g2 } } }' },
  floatingIPs: { front: '{ interface: till }', back: '{ interface: web }' },
};

/** What a writer that was killed leaves; no process has that number. */
const TORN = 'ledger.json.4194305-0123abcd.tmp';

/** What there is when a pass has ended. */
interface End {
  readonly rows: readonly Row[];
  readonly given: Given;
  /** Names of files below the two directories, and of namespaces. */
  readonly files: readonly string[];
  readonly serving: number;
  /** What happens on the way there, and how long that takes. */
  readonly happens: Happened;
  readonly ms: number;
}

describe('a node with routers, services and floating addresses, between three sets of definitions', () => {
  const WAY: readonly (readonly [Definitions, number])[] = [
    [ONE, 1],
    [TWO, 2],
    // The pool stays: a change of the node's own way out is armed and taken back, which takes its time (test/lab/lock-out.test.ts).
    [GATEWAY, 0],
  ];
  const KILLS = 75;
  const place = local(undefined, RUNTIME_DIR);
  const ends: End[] = [];
  let monitor: LongChild;
  let before: ReadonlySet<number>;

  beforeAll(async () => {
    await freshNode();
    monitor = listen();
    before = new Set(processes().keys());
    // Twice round: the ledger then knows all of them, and each has one end.
    for (const [nth, [definitions, services]] of [...WAY, ...WAY].entries()) {
      const { catalog, node } = given(definitions);
      place.define(definitions);
      const startedAt = Date.now();
      const child = start(place.argv('apply'));
      const happens = await follow(child, RUNTIME_DIR, () => false);
      const ms = Date.now() - startedAt;
      expect(child.exitCode).toBe(0);
      expect(serving()).toBe(services);
      const ledger = (await loadKeptLedger(place.stateDir))?.ledger;
      if (ledger === undefined) throw new Error('nothing was allocated');
      ends[nth % WAY.length] = { rows: await settledDump(), given: { catalog, ledger, node }, files: left(), serving: services, happens, ms };
    }
  });

  afterAll(() => monitor?.stop());

  /** Kills in the middle, by what was still to be done. */
  const cut = { halfway: 0, services: 0, files: 0 };

  it(`gets there after each of ${KILLS} kills`, { timeout: 600_000 }, async () => {
    for (let nth = 0; nth < KILLS; nth++) {
      const target = nth % WAY.length;
      const end = ends[target] as End;
      place.define(WAY[target]?.[0] ?? {});
      const child = start(place.argv('apply'));
      const happened = await untilMoment(child, end, Math.floor(nth / WAY.length));
      const where = `kill ${nth}, after ${JSON.stringify(happened)}`;
      await kill(child);
      await nobodyWrites();
      if (Object.values(happened).some(count => count > 0)) await note(end);
      writeFileSync(join(place.stateDir, 'good', TORN), '');
      mkdirSync(join(RUNTIME_DIR, 'networks', 'of-nobody'));
      expect(await apply(place), where).toBe(0);
      await expectDump(end.rows, { where });
      const { plan } = await planned(end.given);
      expect([plan.steps.map(step => `${step.verb} ${step.ref}`), plan.held], where).toEqual([[], []]);
      expect([left(), serving()], where).toEqual([end.files, end.serving]);
      const strangers = [...processes()].filter(([pid, command]) => !before.has(pid) && !/(^|\/)dnsmasq /.test(command));
      expect(strangers, where).toEqual([]);
    }
    // Else they came too early or too late, and proved nothing.
    expect(cut.halfway).toBeGreaterThanOrEqual(KILLS / 3);
    expect(cut.services).toBeGreaterThanOrEqual(5);
    expect(cut.files).toBeGreaterThanOrEqual(5);
  });

  /** Waits for the moment of a kill, a share of the whole: by the clock, by the kernel's announcements, by files, by processes. */
  async function untilMoment(child: ChildProcess, { happens, ms }: End, turn: number): Promise<Happened> {
    const share = (((turn * 7) % 25) + Math.random()) / 25;
    const startedAt = Date.now();
    const clock = (['ms', 'announced', 'written', 'served'] as const)[turn % 4] ?? 'ms';
    const isNow = (now: Happened): boolean => (clock === 'ms' ? Date.now() - startedAt >= share * ms : now[clock] >= share * happens[clock]);
    return follow(child, RUNTIME_DIR, isNow);
  }

  /** What is left to do of a pass that had begun to change something. */
  async function note(end: End): Promise<void> {
    const { plan } = await planned(end.given);
    const has = (kind: string): boolean => plan.steps.some(step => step.kind === kind);
    if (plan.steps.length > 0) cut.halfway++;
    if (has('service')) cut.services++;
    if (has('file')) cut.files++;
  }

  /** Names of all that lies in the two directories and among the names of namespaces; but for events that wait to be told: a change was taken back. */
  function left(): readonly string[] {
    const all = [place.stateDir, place.runtimeDir, '/run/netns'].flatMap(folder => (readdirSync(folder, { recursive: true }) as string[]).sort());
    return all.filter(name => name !== 'control' && name !== 'control/events.jsonl');
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
    await inTheMiddle({}, MANY, () => deviceCount() - none);
    await inTheMiddle(MANY, {}, () => none + ALL - deviceCount());
  });

  /** Kills it on the way until it was half-way twice: a batch may be at its end before this process has its next turn. Then goes all the way. */
  async function inTheMiddle(from: Definitions, to: Definitions, done: () => number): Promise<void> {
    let halfway = 0;
    for (let tries = 0; tries < 12 && halfway < 2; tries++) {
      const before = done();
      place.define(to);
      const after = await cutAt(() => done() >= before + 0.2 * ALL, done);
      if (after > before && after < ALL) halfway++;
      else await applied(from);
    }
    expect(halfway).toBe(2);
    await applied(to);
    expect(done()).toBe(ALL);
  }

  async function applied(given: Definitions): Promise<void> {
    place.define(given);
    expect(await apply(place)).toBe(0);
  }

  /** Kills it at a moment, or when it has ended; how much is done then, which must not change from then on. */
  async function cutAt(isNow: () => boolean, done: () => number): Promise<number> {
    const child = start(place.argv('apply'));
    while (child.exitCode === null && !isNow()) await sleep(1);
    await kill(child);
    await nobodyWrites();
    const left = done();
    await sleep(500);
    expect(done()).toBe(left);
    return left;
  }
});

/** Devices of the lab's own namespace; asks no process. */
function deviceCount(): number {
  return readFileSync('/proc/self/net/dev', 'utf8').split('\n').length;
}

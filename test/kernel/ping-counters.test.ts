/** Asking from inside a namespace, and what links counted: on real ones. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCounters } from '../../src/host/counters.ts';
import { HostError } from '../../src/host/errors.ts';
import { startPing } from '../../src/host/ping.ts';
import type { LongChild } from '../../src/host/spawn-long.ts';
import { dueSample, liveUsage } from '../../src/pass/usage.ts';
import { pingStatistics } from '../../src/report/ping.ts';
import { catalogOf, ledgerOf } from '../report/world.ts';
import { insistOnLab } from '../support/namespaces.ts';

const catalog = catalogOf(
  { 'acme/shop': { cidr: '10.77.0.0/24', vxid: 255 } },
  { 'acme/web': { network: 'shop', node: 'n1', attach: { tap: { ifname: 'guest0', multiQueue: false } } } },
  { gateways: ['n1'], pools: { edge: { cidr: '192.0.2.0/28', device: 'eth1' } } },
);
const ledger = ledgerOf(catalog);
const NETNS = ledger.networks['acme/shop']?.uuid ?? '';
const stateDir = mkdtempSync(join(tmpdir(), 'netloom-usage-'));
const ip = (...args: readonly string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

// The pair stands for the egress pair: its outer end has the address that is asked.
function makePair(): void {
  ip('link', 'add', 'egr-ff-o', 'type', 'veth', 'peer', 'name', 'egr-ff-i', 'netns', NETNS);
  ip('address', 'add', '10.77.0.2/24', 'dev', 'egr-ff-o');
  ip('-n', NETNS, 'address', 'add', '10.77.0.1/24', 'dev', 'egr-ff-i');
  ip('link', 'set', 'dev', 'egr-ff-o', 'up');
  ip('-n', NETNS, 'link', 'set', 'dev', 'egr-ff-i', 'up');
}

beforeAll(() => {
  insistOnLab();
  ip('netns', 'add', NETNS);
  makePair();
});

afterAll(() => {
  ip('netns', 'del', NETNS);
  rmSync(stateDir, { recursive: true });
});

async function heard(child: LongChild): Promise<string> {
  let text = '';
  child.stdout.on('data', (chunk: Uint8Array) => {
    text += Buffer.from(chunk).toString();
  });
  const closed = new Promise(resolve => child.stdout.once('close', resolve));
  await child.ended;
  await closed;
  return text;
}

describe('ping from inside', () => {
  test('an address that answers, and one that does not', async () => {
    const ask = async (address: string) => pingStatistics(await heard(startPing({ netns: NETNS, address, count: 2, intervalS: 0.1, timeoutS: 0.5 })));
    expect(await ask('10.77.0.2')).toMatchObject({ transmitted: 2, received: 2, lossPercent: 0, rttMs: { min: expect.any(Number) } });
    expect(await ask('10.77.0.99')).toMatchObject({ received: 0, lossPercent: 100, rttMs: null });
  });

  test('Ctrl-C ends it, and it prints its statistics', async () => {
    const child = startPing({ netns: NETNS, address: '10.77.0.2', count: 1000, intervalS: 0.1, timeoutS: 1 });
    const text = heard(child);
    await sleep(500);
    child.interrupt();
    const statistics = pingStatistics(await text);
    expect(statistics?.transmitted).toBeGreaterThan(1);
    expect(statistics?.received).toBe(statistics?.transmitted);
    expect(statistics?.transmitted).toBeLessThan(1000);
  });
});

describe('counters', () => {
  const args = (minutes: number) => ({ stateDir, node: 'n1', catalog, ledger, now: new Date(Date.UTC(2026, 10, 21, 10, minutes)) });
  const said = async (minutes: number, keep = true) => {
    const sample = await dueSample(args(minutes));
    if (keep) await sample.keep();
    return sample.events.map(event => [event.object, (event.extra?.['rx'] as { packets: number } | undefined)?.packets ?? -1] as const);
  };
  const live = async () => (await liveUsage('Network acme/shop', args(0)))?.rx.packets ?? -1;

  test('of each link of a namespace; one that is not there is an error', async () => {
    const [link] = (await readCounters(NETNS)).filter(each => each.ifname === 'egr-ff-i');
    expect(link?.rx.packets).toBeGreaterThan(0);
    expect(Object.keys(link?.tx ?? {}).sort()).toEqual(['bytes', 'carrier_errors', 'collisions', 'dropped', 'errors', 'packets']);
    await expect(readCounters('no-such-namespace')).rejects.toBeInstanceOf(HostError);
  });

  test('are sampled hourly, add up over a link that is made again, and say nothing where nothing moved', async () => {
    expect(await said(0)).toEqual([]);
    expect(await said(59)).toEqual([]);
    const before = await live();
    expect(before).toBeGreaterThan(0);
    // Not published: the same is said again.
    expect(await said(61, false)).toEqual([['Network acme/shop', expect.any(Number)]]);
    const [[, first] = ['', 0]] = await said(61);
    expect(first).toBeGreaterThanOrEqual(before);
    ip('link', 'del', 'dev', 'egr-ff-o');
    expect(await live()).toBe(-1);
    makePair();
    await heard(startPing({ netns: NETNS, address: '10.77.0.2', count: 3, intervalS: 0.1, timeoutS: 1 }));
    expect(await live()).toBeGreaterThanOrEqual(first + 3);
    const [[, second] = ['', 0]] = await said(122);
    expect(second).toBeGreaterThanOrEqual(first + 3);
    expect(await said(130)).toEqual([]);
  });

  test('of an interface that has no link here: none, and of an unknown object too', async () => {
    expect(await liveUsage('Interface acme/web', args(0))).toBeNull();
    expect(await liveUsage('Network acme/other', args(0))).toBeNull();
  });

  test('of a guest’s port: what the node sends there, the guest receives', async () => {
    ip('link', 'add', 'guest0', 'type', 'veth', 'peer', 'name', 'guest0p', 'netns', NETNS);
    ip('address', 'add', '10.78.0.2/24', 'dev', 'guest0');
    ip('-n', NETNS, 'address', 'add', '10.78.0.1/24', 'dev', 'guest0p');
    ip('link', 'set', 'dev', 'guest0', 'up');
    ip('-n', NETNS, 'link', 'set', 'dev', 'guest0p', 'up');
    await heard(startPing({ netns: NETNS, address: '10.78.0.2', count: 3, intervalS: 0.1, timeoutS: 1 }));
    // A late packet of either end's own may pass between the two readings.
    await expect
      .poll(
        async () => {
          const guest = await liveUsage('Interface acme/web', args(0));
          const port = (await readCounters('')).find(link => link.ifname === 'guest0');
          const same = [guest?.rx.packets === port?.tx.packets, guest?.tx.bytes === port?.rx.bytes, guest?.rx.bytes === port?.tx.bytes];
          return { same, enough: (guest?.tx.packets ?? 0) >= 3 };
        },
        { timeout: 10_000 },
      )
      .toEqual({ same: [true, true, true], enough: true });
    ip('link', 'del', 'dev', 'guest0');
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProgram } from '../../src/host/exec.ts';
import { entering } from '../../src/lab/holder.ts';
import { configOf, nodeDir } from '../../src/lab/lab.ts';
import { ROOT } from '../house/tree.ts';
import { definition, type GitLab, gitLab, guest, kernelOf, linksOf, STATUS, told } from './support-git.ts';
import { identitiesOf, ledgerOf } from './support-git-ledger.ts';
import { startServer, stopServer } from './support-git-server.ts';

const network = (name: string, more: object = {}): string => definition('Network', `red/${name}`, { cidr: '10.0.0.0/24', ...more });

let yard: GitLab;
let device = '';

beforeAll(async () => {
  const files = {
    'red/namespace.yaml': definition('Namespace', 'red'),
    'red/lan.yaml': [network('lan'), guest('red/r1', 'lan', 'n1'), guest('red/r2', 'lan', 'n2')].join('---\n'),
  };
  const names = ['r1', 'k1', 'k2', 'k3'].map(name => ['n1', name] as const);
  yard = await gitLab(2, files, [...names, ['n2', 'r2']]);
  await yard.pass('n1');
  const { status } = await yard.json('n1', 'get', 'network', 'red/lan', '-o', 'json');
  device = `vxlan-${Number(status.vxid).toString(16)}`;
});
afterAll(() => yard?.end());

/** Somebody deletes the network's device on n1. */
async function breakIt(): Promise<void> {
  await yard.node('n1').ok(`ip link del dev ${device}`);
  expect(await linksOf(yard.node('n1'))).not.toContain(device);
}

/** Garbage in every ref and every pack of a node's clones, as a machine leaves that lost its power. */
function tearClones(node: string): number {
  const folder = join(nodeDir(yard.lab.dir, node), 'state', 'clone');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
  const torn = files.filter(path => /\/refs\/|\.pack$|\.idx$|packed-refs$|HEAD$/.test(path));
  for (const path of torn) {
    if (path.endsWith('.pack')) truncateSync(path, Math.floor(statSync(path).size / 2));
    else writeFileSync(path, 'x\0garbage\n');
  }
  return torn.length;
}

describe('without a remote', () => {
  beforeAll(() => stopServer(yard.lab));
  afterAll(() => startServer(yard.lab));

  test('a node enforces the last good revision, repairs drift and says that the remote is down', async () => {
    await breakIt();
    const { exitCode, stderr } = await yard.netloom('n1', 'reconcile');
    expect(exitCode).toBe(75);
    expect(stderr).toContain('Unreachable');
    expect(stderr).toContain(yard.lab.url);
    expect(await linksOf(yard.node('n1'))).toContain(device);
  });

  test('a node whose clones are torn enforces it too', async () => {
    expect(tearClones('n1')).toBeGreaterThan(3);
    await breakIt();
    expect((await yard.netloom('n1', 'reconcile')).exitCode).toBe(75);
    expect(await linksOf(yard.node('n1'))).toContain(device);
  });

  test('a new node has nothing to enforce: it says so and touches nothing', async () => {
    const before = await kernelOf(yard.node('n2'));
    const { exitCode, stderr } = await yard.netloom('n2', 'reconcile');
    expect(exitCode).toBe(75);
    expect(stderr).toContain('Unreachable');
    expect(stderr).toMatch(/no (good )?revision/);
    const plan = await yard.netloom('n2', 'plan');
    expect(plan.exitCode).not.toBe(0);
    expect(plan.stderr).toContain(yard.lab.url);
    expect(await kernelOf(yard.node('n2'))).toEqual(before);
  });
});

describe('when the remote is back', () => {
  test('a pass on the torn clones makes them anew, takes the newest revision and tells of it', async () => {
    expect(tearClones('n1')).toBeGreaterThan(3);
    const revision = await yard.commit('Small packets', {
      'red/lan.yaml': [network('lan', { mtu: 1300 }), guest('red/r1', 'lan', 'n1'), guest('red/r2', 'lan', 'n2')].join('---\n'),
    });
    await yard.pass();
    const [link] = await yard.node('n1').json(`link show dev ${device}`);
    expect(link.mtu).toBe(1300);
    const report = await yard.status('n1');
    expect(report.revision).toEqual({ observed: revision, attempted: revision, accepted: revision, applied: revision });
    expect(report.conditions).toEqual(expect.arrayContaining([expect.objectContaining({ type: 'FetchFailed', status: false })]));
  });
});

const KILLS = 15;

describe('a pass that is killed', () => {
  /** Three networks come and go by the bits of the round, so that each has something to make and something to delete. */
  const files = (round: number) =>
    Object.fromEntries(
      [1, 2, 3].map(nth => [`red/k${nth}.yaml`, (round >> (nth - 1)) & 1 ? [network(`k${nth}`), guest(`red/k${nth}`, `k${nth}`, 'n1')].join('---\n') : null]),
    );

  test(`at any of ${KILLS} moments from fetch to push is no obstacle to the next, which converges`, { timeout: 300_000 }, async () => {
    await yard.commit('Round 0', files(7));
    const from = performance.now();
    await yard.pass('n1');
    const lastsMs = Math.min(3_000, performance.now() - from);
    const first = await identitiesOf(yard);
    let killed = 0;
    for (let round = 1; round <= KILLS; round += 1) {
      await yard.commit(`Round ${round}`, files(round % 8 === 0 ? 5 : round));
      // One in each part of a pass, somewhere in it.
      if (await killedAfter(((round - Math.random()) / KILLS) * lastsMs)) killed += 1;
      const next = performance.now();
      told(await yard.netloom('n1', 'reconcile'), [0]);
      // It waits for nobody: what the dead one held is free.
      expect(performance.now() - next).toBeLessThan(45_000);
      told(await yard.netloom('n1', 'plan', '--detailed-exitcode'), [0]);
      await expectConsistent(round % 8 === 0 ? 5 : round);
    }
    expect(killed).toBeGreaterThan(KILLS / 2);
    // Whatever was killed when: each that is back has what it had.
    const last = await identitiesOf(yard);
    for (const each of first) expect(last).toContain(each);
  });

  /** Starts a pass on n1 and kills it; false when it was faster. */
  async function killedAfter(ms: number): Promise<boolean> {
    const { lab } = yard;
    const argv = [...entering(yard.node('n1').pid), process.execPath, join(ROOT, 'dist', 'netloom.js'), 'reconcile', '--config', configOf(lab.dir, 'n1')];
    const child = spawn(findProgram('nsenter'), argv, { stdio: 'ignore', env: { PATH: `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin` } });
    const ended = once(child, 'exit');
    await sleep(ms);
    const lives = child.exitCode === null;
    child.kill('SIGKILL');
    await ended;
    return lives;
  }

  async function expectConsistent(bits: number): Promise<void> {
    const wanted = ['lan', ...[1, 2, 3].flatMap(nth => ((bits >> (nth - 1)) & 1 ? [`k${nth}`] : []))];
    const all = await ledgerOf(yard);
    expect(
      all
        .filter(each => each.removed === undefined)
        .map(each => each.name)
        .sort(),
    ).toEqual([...wanted].sort());
    const vxids = all.map(each => each.vxid);
    expect(new Set(vxids).size).toBe(vxids.length);
    const links = await linksOf(yard.node('n1'));
    const live = all.filter(each => each.removed === undefined);
    expect(links.filter(name => name.startsWith('vxlan-'))).toEqual(live.map(each => `vxlan-${each.vxid.toString(16)}`).sort());
    expect(await yard.tip(STATUS)).not.toBe('');
  }
});

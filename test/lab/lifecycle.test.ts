import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spawnLong } from '../../src/host/spawn-long.ts';
import { nodeDir } from '../../src/lab/lab.ts';
import type { NetEvent } from '../../src/report/events.ts';
import type { TestNode } from '../support/lab-node.ts';
import { definition, type GitLab, gitLab, guest, kernelOf, linksOf, requestsOf, STATUS } from './support-git.ts';

const RED = {
  'red.yaml': [definition('Namespace', 'red'), definition('Network', 'red/lan', { cidr: '10.0.0.0/24' })].join('---\n'),
  'red/r1.yaml': guest('red/r1', 'lan', 'n1'),
  'red/r2.yaml': guest('red/r2', 'lan', 'n2'),
} as const;
const BLUE = {
  'blue/network.yaml': [definition('Namespace', 'blue'), definition('Network', 'blue/lan', { cidr: '10.0.0.0/24' })].join('---\n'),
  'blue/guests.yaml': [guest('blue/b1', 'lan', 'n1'), guest('blue/b2', 'lan', 'n2'), guest('blue/b3', 'lan', 'n3')].join('---\n'),
} as const;

let yard: GitLab;

beforeAll(async () => {
  yard = await gitLab(3, { ...RED, ...BLUE }, [
    ['n1', 'r1'],
    ['n2', 'r2'],
    ['n1', 'b1'],
    ['n2', 'b2'],
    ['n3', 'b3'],
  ]);
  await yard.pass();
});
afterAll(() => yard?.end());

/** Everything below a folder that tells whether a file was written again. */
function stamps(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  return files
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
    .map(path => {
      const { ino, mtimeMs, size } = statSync(path);
      return `${path} ${ino} ${mtimeMs} ${size}`;
    });
}

async function events(...words: readonly string[]): Promise<readonly NetEvent[]> {
  return (await yard.json('n1', 'events', 'network', ...words, '-o', 'json')).items;
}

/** uuid, vxid and router of a network, and uuid, MAC and address of each of its interfaces. */
async function identity(network: string): Promise<unknown> {
  const [namespace] = network.split('/');
  const own = await yard.json('n1', 'get', 'network', network, '-o', 'json');
  const { items } = await yard.json('n1', 'get', 'interfaces', '-n', namespace ?? '', '-o', 'json');
  type Guest = { metadata: { name: string }; status: { uuid: string; mac: string; address: string } };
  const guests = (items as Guest[]).map(({ metadata, status: { uuid, mac, address } }) => [metadata.name, uuid, mac, address]);
  return { uuid: own.status.uuid, vxid: own.status.vxid, guests };
}

async function indexes(node: TestNode, names: readonly string[]): Promise<readonly string[]> {
  const rows: { ifname: string; ifindex: number }[] = await node.json('link show');
  return rows.flatMap(row => (names.includes(row.ifname) ? [`${row.ifname} ${row.ifindex}`] : []));
}

async function vxidOf(network: string): Promise<string> {
  const { status } = await yard.json('n1', 'get', 'network', network, '-o', 'json');
  return Number(status.vxid).toString(16);
}

/** A guest that never stops sending; `lost` ends it and says how many of its packets were not answered. */
async function steadily(node: TestNode, netns: string, to: string): Promise<{ lost(): Promise<{ sent: number; missing: number }> }> {
  const child = spawnLong('nsenter', [...node.into(netns), 'ping', '-n', '-i', '0.05', '-W', '2', to]);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await expect.poll(() => said.includes('icmp_seq=3 '), { timeout: 10_000 }).toBe(true);
  return {
    lost: async () => {
      process.kill(child.pid, 'SIGINT');
      await child.ended;
      const [, sent = '0', got = '0'] = /(\d+) packets transmitted, (\d+) received/.exec(said) ?? [];
      return { sent: Number(sent), missing: Number(sent) - Number(got) };
    },
  };
}

describe('a pass after which nothing is left to do', () => {
  test('is followed by one that makes one request, pushes nothing and writes no file again', async () => {
    await yard.pass();
    const tip = await yard.tip(STATUS);
    const state = join(nodeDir(yard.lab.dir, 'n1'), 'state');
    const before = stamps(state);
    const kernel = await kernelOf(yard.node('n1'));
    const asked = await requestsOf(yard.node('n1'), () => yard.pass('n1'));
    expect(asked).toHaveLength(1);
    expect(await yard.tip(STATUS)).toBe(tip);
    expect(stamps(state)).toEqual(before);
    expect(await kernelOf(yard.node('n1'))).toEqual(kernel);
  });

  test('is followed by one that pushes nothing when a comment moved the definitions within their file', async () => {
    const tip = await yard.tip(STATUS);
    const states = await yard.json('n1', 'get', 'networks', '-A', '-o', 'json');
    await yard.commit('Explain the guests', { 'blue/guests.yaml': `# Guests of blue.\n# They move by two lines.\n${BLUE['blue/guests.yaml']}` });
    await yard.pass();
    expect(await yard.tip(STATUS)).toBe(tip);
    type Item = { metadata: { name: string }; status: { state: string } };
    const after = await yard.json('n1', 'get', 'networks', '-A', '-o', 'json');
    expect(after.items.map((item: Item) => item.status.state)).toEqual(states.items.map((item: Item) => item.status.state));
    expect(after.items.map((item: Item) => item.status.state)).toEqual(['created', 'created']);
  });
});

describe('events of a network', () => {
  test('tell the commit that made it first, then each step with start and finish', async () => {
    const told = [...(await events('blue/lan', '--limit', '500'))].reverse();
    expect(told[0]).toMatchObject({ operation: 'commit', phase: 'create', type: 'audit', message: 'netloom lab <lab@localhost>: definitions' });
    expect(told[0]?.revision).toMatch(/^[0-9a-f]{40}$/);
    for (const node of ['n1', 'n2', 'n3']) {
      const own = told.filter(event => event.node === node && event.type === 'change' && event.object === 'Network blue/lan');
      const steps = own.map(event => `${event.operation} ${event.phase}`);
      for (const operation of ['create vxlan interface', 'create vxlan bridge', 'add mesh elements']) {
        expect(steps).toContain(`${operation} start`);
        expect(steps.indexOf(`${operation} finish`)).toBeGreaterThan(steps.indexOf(`${operation} start`));
      }
      const peers = yard.nodes.filter(each => each.name !== node).map(each => each.address);
      const mesh = own.find(event => event.operation === 'add mesh elements' && event.phase === 'finish');
      for (const peer of peers) expect(mesh?.message).toContain(peer);
      expect(mesh?.durationMs).toBeGreaterThan(0);
    }
  });

  test('come newest first, as many as asked for, of the type asked for', async () => {
    const all = await events('blue/lan', '--limit', '500');
    const times = all.map(event => event.at);
    expect(times).toEqual([...times].sort().reverse());
    expect(await events('blue/lan', '--limit', '3')).toEqual(all.slice(0, 3));
    const commits = await events('blue/lan', '--type', 'audit');
    expect(commits.length).toBeGreaterThan(0);
    expect(commits.every(event => event.operation === 'commit')).toBe(true);
    expect(await events('blue/lan', '--type', 'drift')).toEqual([]);
  });

  test('are of type drift when a pass repairs what somebody broke', async () => {
    const device = `vxlan-${await vxidOf('red/lan')}`;
    await yard.node('n2').ok(`ip link del dev ${device}`);
    await yard.pass('n2');
    const drift = await events('red/lan', '--type', 'drift');
    expect(drift.map(event => `${event.node} ${event.operation} ${event.phase}`)).toEqual(
      expect.arrayContaining(['n2 create vxlan interface start', 'n2 create vxlan interface finish', 'n2 add mesh elements finish']),
    );
    expect(drift.some(event => event.operation === 'commit')).toBe(false);
    expect(await events('blue/lan', '--type', 'drift')).toEqual([]);
  });

  test('name the commit that changed it', async () => {
    const revision = await yard.commit('Blue gets small packets', {
      'blue/network.yaml': [definition('Namespace', 'blue'), definition('Network', 'blue/lan', { cidr: '10.0.0.0/24', mtu: 1400 })].join('---\n'),
    });
    await yard.pass();
    const [newest] = await events('blue/lan', '--type', 'audit', '--limit', '1');
    expect(newest).toMatchObject({ operation: 'commit', phase: 'change', revision, message: 'Ada <ada@example.org>: Blue gets small packets' });
    const red = await events('red/lan', '--type', 'audit');
    expect(red.some(event => event.revision === revision)).toBe(false);
  });
});

describe('a network whose definition is removed and brought back', () => {
  let was: unknown;
  let hex = '';
  let blueLinks: readonly (readonly string[])[] = [];
  let removed = '';

  test('takes everything of it along on every node, while the other one loses no packet and keeps its devices', async () => {
    was = await identity('blue/lan');
    hex = await vxidOf('blue/lan');
    const red = `vxlan-${await vxidOf('red/lan')}`;
    const before = await Promise.all(yard.nodes.map(linksOf));
    const kept = await Promise.all(yard.nodes.slice(0, 2).map(node => indexes(node, [red, `br-${red}`, 'eth0'])));
    const { status } = await yard.json('n1', 'get', 'interface', 'red/r2', '-o', 'json');
    const traffic = await steadily(yard.node('n1'), 'r1', status.address);
    removed = await yard.commit('Blue leaves', { 'blue/network.yaml': null, 'blue/guests.yaml': null });
    await yard.pass();
    const { sent, missing } = await traffic.lost();
    expect(sent).toBeGreaterThan(20);
    expect(missing).toBe(0);
    expect(await Promise.all(yard.nodes.slice(0, 2).map(node => indexes(node, [red, `br-${red}`, 'eth0'])))).toEqual(kept);
    const after = await Promise.all(yard.nodes.map(linksOf));
    blueLinks = before.map((names, index) => names.filter(name => !after[index]?.includes(name)));
    expect(blueLinks.map(names => names.length)).toEqual([3, 3, 3]);
    expect(after[2]).toEqual([]);
  });

  test('leaves no trace in links, forwarding entries, neighbours, filters and settings', async () => {
    for (const [index, node] of yard.nodes.entries()) {
      const text = JSON.stringify(await kernelOf(node));
      for (const name of blueLinks[index] ?? []) expect(text).not.toContain(name);
      for (const peer of (was as { guests: string[][] }).guests) expect(text).not.toContain(peer[2]);
    }
  });

  test('is told of by its events: who removed it, then each step, on every node', async () => {
    const told = [...(await events('blue/lan', '--limit', '500'))].reverse().filter(event => event.revision === removed);
    expect(told[0]).toMatchObject({ operation: 'commit', phase: 'delete', type: 'audit', message: 'Ada <ada@example.org>: Blue leaves' });
    for (const node of ['n1', 'n2', 'n3']) {
      const steps = told.filter(event => event.node === node).map(event => `${event.operation} ${event.phase}`);
      expect(steps).toContain('delete vxlan interface finish');
      expect(steps).toContain('delete vxlan bridge finish');
    }
  });

  test('is deleted, for whoever asks', async () => {
    const { status } = await yard.json('n1', 'get', 'network', 'blue/lan', '-o', 'json');
    expect(status.state).toBe('deleted');
  });

  test('comes back by git revert with its uuid, vxid, MACs and addresses', async () => {
    await yard.git('revert', '--no-edit', 'HEAD');
    await yard.git('push', '--quiet', 'origin', 'HEAD:main');
    await yard.pass();
    expect(await identity('blue/lan')).toEqual(was);
    const after = await Promise.all(yard.nodes.map(linksOf));
    for (const [index, names] of blueLinks.entries()) expect(after[index]).toEqual(expect.arrayContaining([...names]));
    expect(after[2]).toContain(`vxlan-${hex}`);
    const [newest] = await events('blue/lan', '--type', 'audit', '--limit', '1');
    expect(newest).toMatchObject({ operation: 'commit', phase: 'create', message: 'Ada <ada@example.org>: Revert "Blue leaves"' });
  });
});

/** Reports of nodes that are no more go with the push of one that follows the newest revision: what they accepted once counts no more. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refusalOfFirst } from '../../src/pass/history.ts';
import { publish, readPublished } from '../../src/pass/publish.ts';
import { readTips } from '../../src/pass/remote.ts';
import { type NodeReport, statusFile } from '../../src/report/node-report.ts';
import { STATUS, type StatusRemote, statusRemote } from '../repo/support/status-branch.ts';

let all: StatusRemote;
beforeEach(async () => {
  all = await statusRemote('http');
});
afterEach(() => all.end());

const at = (hoursAgo: number): string => `${new Date(Date.now() - hoursAgo * 3_600_000).toISOString().slice(0, 19)}Z`;

const report = (node: string, heard: string, accepted: string): NodeReport => ({
  node,
  version: '1',
  mode: 'enforce',
  heard,
  revision: { observed: accepted, attempted: accepted, accepted, applied: accepted },
  conditions: [],
  networks: {},
  interfaces: {},
  pools: {},
  floatingIPs: {},
  routedIPs: {},
  inventory: {},
  drift: [],
});

test('a silent node without definition is forgotten, and a new node is not asked about what it had accepted', async () => {
  const { bare } = all;
  const old = await bare.grow('main', { 'all.yaml': 'a: 1\n' });
  const main = await bare.grow('main', { 'all.yaml': 'a: 2\n' }, { root: true });
  const nodes = { dead: 9, quiet: 9, young: 0 };
  const reports = Object.entries(nodes).map(([node, hours]) => [`nodes/${node}.yaml`, statusFile(report(node, at(hours), node === 'dead' ? old : main))]);
  await bare.grow(STATUS, { ...Object.fromEntries(reports), 'events/dead.jsonl': '{}\n', 'nodes/notes.yaml': 'mine: 1\n' });
  const remote = await all.remoteOf();
  const asked = async () => {
    const tips = await readTips(remote);
    await remote.definitions.sync('main', main);
    return (await refusalOfFirst(remote, tips, main, 'n9')).refusal?.reason ?? null;
  };
  const speak = async (defined?: readonly string[]): Promise<readonly string[]> => {
    const tip = await bare.tip(STATUS);
    const before = await readPublished(remote, tip, 'n1');
    const args = { remote, tip, node: 'n1', fleet: { nodes: 1, pushesPerMinute: 600 }, report: report('n1', at(0), main), events: [], isUrgent: true };
    expect(await publish({ ...args, ...(defined === undefined ? {} : { defined: new Set(defined) }) }, before)).toMatchObject({ result: 'news' });
    return (await bare.git('ls-tree', '--name-only', '-r', STATUS, '--', 'nodes/', 'events/')).split('\n');
  };
  const files = ['events/dead.jsonl', 'nodes/dead.yaml', 'nodes/n1.yaml', 'nodes/n2.yaml', 'nodes/notes.yaml', 'nodes/quiet.yaml', 'nodes/young.yaml'];
  expect(await speak(), 'who is behind the branch knows nobody').toEqual(files);
  expect(await asked()).toBe('HistoryRewritten');
  expect(await speak(['n1', 'quiet']), 'nor is a file of people, or a node that was just added, touched').toEqual(
    files.filter(path => path !== 'nodes/dead.yaml'),
  );
  expect(await asked()).toBeNull();
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { definition, type Files, type GitLab, gitLab, guest, nodesOf, STATUS, told } from './support-git.ts';
import { ledgerOf, type NetworkFile } from './support-git-ledger.ts';

const NODES = 8;
const NETWORKS = 12;
/** Requirement; the measured time is printed. */
const MOST_MS = 30_000;

interface Guest {
  readonly network: string;
  readonly name: string;
  readonly node: string;
}

/** Three guests in each network, on three nodes, so that every node has some. */
const GUESTS: readonly Guest[] = Array.from({ length: NETWORKS }, (_, network) =>
  [0, 1, 2].map(nth => ({ network: `net-${network}`, name: `g-${network}-${nth}`, node: `n${((network + nth * 3) % NODES) + 1}` })),
).flat();

function networkFiles(guests: readonly Guest[]): Files {
  const names = [...new Set(guests.map(each => each.network))];
  return Object.fromEntries(
    names.map(network => {
      const inside = guests.filter(each => each.network === network);
      const documents = inside.map(each => guest(`fleet/${each.name}`, network, each.node));
      return [`fleet/${network}.yaml`, [definition('Network', `fleet/${network}`, { cidr: '10.0.0.0/24' }), ...documents].join('---\n')];
    }),
  );
}

let yard: GitLab;

beforeAll(async () => {
  const late = nodesOf(NODES).map(({ name }) => [name, `late-${name}`] as const);
  const first = GUESTS.map(each => [each.node, each.name] as const);
  yard = await gitLab(NODES, { 'fleet/namespace.yaml': definition('Namespace', 'fleet'), ...networkFiles(GUESTS) }, [...first, ...late]);
});
afterAll(() => yard?.end());

/** A pass on every node in the same moment; how long all of them took. */
async function allAtOnce(): Promise<number> {
  const from = performance.now();
  const results = await Promise.all(yard.nodes.map(node => yard.netloom(node.name, 'reconcile')));
  const tookMs = performance.now() - from;
  for (const result of results) told(result, [0]);
  return tookMs;
}

/** No value twice, and each guest and network exactly once. */
function expectWhole(files: readonly NetworkFile[], guests: readonly Guest[]): void {
  const live = files.filter(file => file.removed === undefined);
  expect(live.map(file => file.name).sort()).toEqual([...new Set(guests.map(each => each.network))].sort());
  const inside = live.flatMap(file => Object.entries(file.interfaces).map(([key, entry]) => ({ network: file.name, key, ...entry })));
  expect(inside.map(each => `${each.network} ${each.key} ${each.node}`).sort()).toEqual(
    guests.map(each => `${each.network} fleet/${each.name} ${each.node}`).sort(),
  );
  for (const values of [live.map(file => `${file.vxid}`), [...live, ...inside].map(each => each.uuid), inside.map(each => each.mac)]) {
    expect(new Set<unknown>(values).size).toBe(values.length);
  }
  for (const file of live) {
    const addresses = Object.values(file.interfaces).map(entry => entry.address);
    expect(new Set(addresses).size).toBe(addresses.length);
    const used = file.addresses.filter(each => each.type === 'instance').map(each => each.address);
    expect([...used].sort()).toEqual([...addresses].sort());
  }
}

/** Links of ours on a node, by what the ledger says of the guests there. */
async function expectPlugged(files: readonly NetworkFile[]): Promise<void> {
  for (const node of yard.nodes) {
    const here = files.flatMap(file => Object.values(file.interfaces)).filter(entry => entry.node === node.name && entry.removed === undefined);
    const rows: { ifname: string; group?: string }[] = await node.json('-N link show');
    const taps = rows.flatMap(row => (row.group === '97' && row.ifname.startsWith('tap-') ? [row.ifname] : []));
    expect([node.name, taps.sort()]).toEqual([node.name, here.map(entry => `tap-${entry.uuid.slice(0, 8)}`).sort()]);
  }
}

describe('eight nodes at once', () => {
  let first: readonly NetworkFile[] = [];

  test('on a new repository end with one consistent ledger and all their status files, in time', async () => {
    const tookMs = await allAtOnce();
    process.stdout.write(`${NODES} nodes at once, ${NETWORKS} networks, first revision: ${(tookMs / 1000).toFixed(1)} s\n`);
    expect(tookMs).toBeLessThan(MOST_MS);
    first = await ledgerOf(yard);
    expectWhole(first, GUESTS);
    await expectPlugged(first);
    const reports = [...(await yard.files(STATUS, 'nodes')).entries()];
    expect(reports.map(([path]) => path)).toEqual(yard.nodes.map(node => `nodes/${node.name}.yaml`));
    for (const [, text] of reports) {
      const { conditions, revision } = parse(text);
      expect(revision.applied).toBe(await yard.tip('main'));
      expect(conditions[0]).toMatchObject({ type: 'Ready', status: true });
    }
  });

  test('leave the branch as it is when they run again: nobody has anything to say', async () => {
    const tip = await yard.tip(STATUS);
    await allAtOnce();
    expect(await yard.tip(STATUS)).toBe(tip);
  });

  test('on a second change, that every one of them has to answer, do so without touching what the first one gave out', async () => {
    const more = nodesOf(NODES).map(({ name }, index) => ({ network: `net-${index}`, name: `late-${name}`, node: name }));
    const news = nodesOf(NODES).map(({ name }) => ({ network: 'net-new', name: `late-new-${name}`, node: name }));
    const guests = [...GUESTS, ...more, ...news];
    const spaces = news.map(each => yard.node(each.node).netns(each.name));
    await Promise.all(spaces);
    await yard.commit('A guest more for each node', networkFiles(guests));
    const tookMs = await allAtOnce();
    process.stdout.write(`${NODES} nodes at once, second revision: ${(tookMs / 1000).toFixed(1)} s\n`);
    expect(tookMs).toBeLessThan(MOST_MS);
    const second = await ledgerOf(yard);
    expectWhole(second, guests);
    await expectPlugged(second);
    for (const file of first) {
      const now = second.find(each => each.name === file.name);
      expect(now).toMatchObject({ uuid: file.uuid, vxid: file.vxid, interfaces: file.interfaces });
    }
  });

  test('never kept a status commit of another from the branch: each of their events is there once', async () => {
    const { items } = await yard.json('n1', 'events', 'network', 'fleet/net-new', '--limit', '1000', '-o', 'json');
    type Event = { node: string; operation: string; phase: string };
    const made = (items as Event[]).filter(event => event.operation === 'create vxlan interface' && event.phase === 'finish');
    expect(made.map(event => event.node).sort()).toEqual(yard.nodes.map(node => node.name).sort());
  });
});

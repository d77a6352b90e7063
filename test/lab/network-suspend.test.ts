import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { definition, type Files, type GitLab, gitLab, guest, kernelOf, linksOf, told } from './support-git.ts';

const tap = (name: string, network: string, more: object = {}): string =>
  definition('Interface', `red/${name}`, { network, node: 'n1', attach: { tap: { ifname: name } }, ...more });
const lan = (more: object = {}): string => definition('Network', 'red/lan', { vxid: 16, cidr: '10.0.0.0/24', ...more });
const GOOD: Files = {
  'nodes/n1.yaml': definition('Node', 'n1', { underlay: { address: '198.51.100.1' }, gateway: true }),
  'red/lan.yaml': lan(),
  'red/guests.yaml': [tap('lan-a', 'lan'), tap('lan-b', 'lan', { mac: '02:aa:00:00:00:0b' }), guest('red/r2', 'lan', 'n2')].join('---\n'),
  'red/other.yaml': [definition('Network', 'red/other', { vxid: 32, cidr: '10.1.0.0/24' }), tap('oth-a', 'other')].join('---\n'),
};

let yard: GitLab;
let uuid = '';

beforeAll(async () => {
  yard = await gitLab(2, GOOD, [['n2', 'r2']]);
  await yard.pass();
  uuid = (await yard.json('n1', 'get', 'network', 'red/lan', '-o', 'json')).status.uuid;
});
afterAll(() => yard?.end());

/** Everything in n1's kernel that is in the network, or speaks of it: links, addresses, neighbours, forwarding entries, filter elements, the router. */
async function ofLan(): Promise<readonly string[]> {
  const rows = (await kernelOf(yard.node('n1'))).map(row => `${row.of} ${row.text}`);
  const own = rows.filter(row => !row.startsWith(' nft ') && new RegExp(`vxlan-10|lan-[ab]|veth-10|egr-10|${uuid}`).test(row));
  const ruleset: string = await yard.node('n1').ok('nft -j list ruleset');
  const elements = [...ruleset.matchAll(/"lan-[abc]"|\["lan-[abc]", "[^\]]*\]|"vxlan-10"|"veth-10-o"/g)].map(([text]) => text);
  return [...own, ...elements].sort();
}
const has = async (name: string): Promise<boolean> => (await linksOf(yard.node('n1'))).includes(name);

describe('a network that its definition suspends', () => {
  let before: readonly string[] = [];

  test('stays as it is', async () => {
    before = await ofLan();
    expect(before.length).toBeGreaterThan(20);
    await yard.commit('Hold it', { 'red/lan.yaml': lan({ suspend: true }) });
    await yard.pass();
    expect(await ofLan()).toEqual(before);
    expect((await yard.json('n1', 'get', 'network', 'red/lan', '-o', 'json')).status).toMatchObject({ state: 'created', reason: 'Suspended' });
  });

  test('is neither changed, extended nor cut by what commits say of it, while others follow theirs', async () => {
    await yard.commit('All at once', {
      'red/lan.yaml': lan({ suspend: true, mtu: 1400, dns: true }),
      'red/guests.yaml': [tap('lan-b', 'lan', { mac: '02:aa:00:00:00:bb' }), tap('lan-c', 'lan'), guest('red/r2', 'lan', 'n2')].join('---\n'),
      'red/more.yaml': tap('oth-b', 'other'),
    });
    await yard.pass();
    expect(await ofLan()).toEqual(before);
    expect([await has('oth-b'), await has('lan-a'), await has('lan-c')]).toEqual([true, true, false]);
    expect(await yard.node('n1').ok('nft list ruleset')).toContain('oth-b');
  });

  test('is not repaired, and what differs is told: by status, plan and ensure; another one is repaired', async () => {
    await yard.node('n1').ok('ip link set dev vxlan-10 mtu 1300');
    await yard.node('n1').ok('ip link del dev oth-a');
    told(await yard.netloom('n1', 'reconcile'), [0]);
    expect(await has('oth-a')).toBe(true);
    expect(JSON.stringify(await yard.node('n1').json('link show dev vxlan-10'))).toContain('"mtu":1300');
    const { networks, interfaces, drift } = await yard.status('n1');
    expect(networks['red/lan']).toMatchObject({ state: 'degraded', reason: 'Suspended' });
    expect(networks['red/other']).toMatchObject({ state: 'ready' });
    expect(interfaces['red/lan-c']).toMatchObject({ state: 'degraded', reason: 'Suspended' });
    expect(drift).toContainEqual({ definition: 'Network red/lan', ref: 'link:/vxlan-10', field: 'mtu', want: '1400', have: '1300' });
    expect(drift).toContainEqual(expect.objectContaining({ ref: 'link:/lan-a', want: 'absent', have: 'there' }));
    expect((await yard.netloom('n1', 'plan', '--detailed-exitcode')).exitCode).toBe(0);
    expect((await yard.netloom('n1', 'plan')).stderr).toMatch(/Suspended, and left as they are[\s\S]*link:\/vxlan-10 mtu: 1300, defined 1400/);
    expect(await yard.netloom('n1', 'ensure', 'red/lan-c', '--timeout', '1s')).toMatchObject({ exitCode: 75, stderr: expect.stringContaining('suspended') });
  });

  test('catches up with all of it when it is let go', async () => {
    await yard.commit('Let it go', { 'red/lan.yaml': lan({ mtu: 1400, dns: true }) });
    await yard.pass();
    expect([await has('lan-a'), await has('lan-c')]).toEqual([false, true]);
    expect(JSON.stringify(await yard.node('n1').json('link show dev vxlan-10'))).toContain('"mtu":1400');
    expect((await yard.status('n1')).networks['red/lan']).toMatchObject({ state: 'ready' });
    expect(await ofLan()).not.toEqual(before);
  });
});

test('fields that definitions leave to others are not repaired, not counted, and shown when they are asked for', async () => {
  const rules = [{ kind: 'bridge', field: 'ageing', ref: 'link:/br-vxlan-2*', nodes: ['n1'] }];
  await yard.commit('Tuned by hand', { 'cluster.yaml': definition('Cluster', 'test', { underlay: { mtu: 1600 }, ignoreDrift: rules }) });
  await yard.pass();
  for (const bridge of ['br-vxlan-10', 'br-vxlan-20']) await yard.node('n1').ok(`ip link set dev ${bridge} type bridge ageing_time 12300`);
  expect(told(await yard.netloom('n1', 'plan', '--show-ignored'), [0]).stdout).toMatch(
    /br-vxlan-10[\s\S]*Ignored, by Cluster.spec.ignoreDrift: 1\n.*br-vxlan-20 ageing/,
  );
  told(await yard.netloom('n1', 'reconcile'), [0]);
  const ageing = async (bridge: string): Promise<boolean> => /ageing_time"?:? ?12300/.test(await yard.node('n1').ok(`ip -d -j link show dev ${bridge}`));
  expect([await ageing('br-vxlan-10'), await ageing('br-vxlan-20')]).toEqual([false, true]);
  const { drift, networks } = await yard.status('n1');
  expect([drift, networks['red/other'].state]).toEqual([[], 'ready']);
});

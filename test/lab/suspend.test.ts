import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeDir } from '../../src/lab/lab.ts';
import { definition, type Files, type GitLab, gitLab, guest, linksOf, type Refused, refused, told } from './support-git.ts';

const tap = (name: string, node = 'n1'): string => definition('Interface', `red/${name}`, { network: 'lan', node, attach: { tap: { ifname: name } } });
const taps = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, i) => tap(`tp${from + i}`)).join('---\n');
const GOOD: Files = {
  'red/lan.yaml': [definition('Network', 'red/lan', { vxid: 16 }), guest('red/r1', 'lan', 'n1'), guest('red/r2', 'lan', 'n2')].join('---\n'),
  'red/some.yaml': taps(1, 5),
  'red/more.yaml': taps(6, 10),
  'red/pad.yaml': Array.from({ length: 40 }, (_, i) => definition('Interface', `red/pad${i}`, { network: 'lan' })).join('---\n'),
};

let yard: GitLab;

beforeAll(async () => {
  yard = await gitLab(2, GOOD, [
    ['n1', 'r1'],
    ['n2', 'r2'],
  ]);
  await yard.pass();
  told(await yard.netloom('n1', 'suspend', '--reason', 'the card is replaced'), [0]);
});
afterAll(() => yard?.end());

const pass = (): Promise<Refused> => refused(yard.node('n1'), () => yard.netloom('n1', 'reconcile'));
const has = async (node: string, ifname: string): Promise<boolean> => (await linksOf(yard.node(node))).includes(ifname);

test('a suspended node applies no commit and repairs no drift, and says so; the others go on', async () => {
  await yard.commit('New taps', { 'red/new.yaml': [tap('fresh1'), tap('fresh2', 'n2')].join('---\n') });
  await yard.node('n1').ok('ip link del dev tp1');
  const { exitCode, stderr, touched } = await pass();
  expect([exitCode, touched]).toEqual([0, []]);
  expect(stderr).toMatch(/suspended by \S+: the card is replaced, since 20/);
  await yard.pass('n2');
  expect([await has('n1', 'fresh1'), await has('n2', 'fresh2')]).toEqual([false, true]);
});

test('the status tells who suspended it, when and why; plan shows what waits', async () => {
  const { conditions, networks } = await yard.status('n1');
  expect(conditions.find((each: { type: string }) => each.type === 'Suspended')).toEqual({
    type: 'Suspended',
    status: true,
    reason: 'Suspended',
    message: expect.stringMatching(/^by \S+: the card is replaced$/),
    since: expect.stringMatching(/^20\d\d-/),
  });
  expect(networks['red/lan']).toMatchObject({ state: 'ready' });
  const { state, message } = (await yard.json('n1', 'get', 'node', 'n1', '-o', 'json')).status;
  expect([state, message]).toEqual(['suspended', expect.stringMatching(/by \S+: the card is replaced, since 20/)]);
  expect(told(await yard.netloom('n1', 'status'), [2]).stdout).toContain('suspended');
  expect(told(await yard.netloom('n1', 'plan', '--detailed-exitcode'), [2]).stdout).toMatch(/fresh1[\s\S]*tp1|tp1[\s\S]*fresh1/);
});

test('neither apply nor ensure goes round it, nor a reboot', async () => {
  rmSync(join(nodeDir(yard.lab.dir, 'n1'), 'run'), { recursive: true, force: true });
  const attempts = await Promise.all([refused(yard.node('n1'), () => yard.netloom('n1', 'apply'))]);
  expect(attempts).toMatchObject([{ exitCode: 1, touched: [], stderr: expect.stringContaining('netloom resume') }]);
  expect(await refused(yard.node('n1'), () => yard.netloom('n1', 'ensure', 'red/tp1', '--timeout', '60s'))).toMatchObject({ exitCode: 75, touched: [] });
  expect(told(await yard.netloom('n1', 'ensure', 'red/tp2'), [0]).stdout).toContain('device tp2');
});

test('what is deleted meanwhile, a few at a time, is counted together when it is resumed', async () => {
  for (const files of [{ 'red/some.yaml': null }, { 'red/more.yaml': null, 'red/new.yaml': null }]) {
    await yard.commit('A few less', files);
    expect(await pass()).toMatchObject({ exitCode: 0, touched: [] });
  }
  await yard.commit('One less', { 'red/pad.yaml': (GOOD['red/pad.yaml'] ?? '').replace(definition('Interface', 'red/pad0', { network: 'lan' }), '') });
  told(await yard.netloom('n1', 'resume'), [0]);
  const { stderr } = told(await yard.netloom('n1', 'reconcile'), [5]);
  expect(stderr).toContain('11 of 56 definitions');
  expect([await has('n1', 'tp1'), await has('n1', 'tp2')]).toEqual([true, true]);
  expect((await yard.status('n1')).conditions.some((each: { type: string }) => each.type === 'Suspended')).toBe(false);
  expect(told(await yard.netloom('n1', 'resume'), [0]).stdout).toContain('n1 is not suspended');
});

test('both are events, each told once', async () => {
  await yard.netloom('n1', 'reconcile');
  const { items } = await yard.json('n1', 'events', 'node', 'n1', '--type', 'audit', '-o', 'json');
  const told = items
    .filter(({ object, operation }: { object: string; operation: string }) => object === 'Node n1' && operation !== 'commit')
    .map(({ operation }: { operation: string }) => operation);
  expect(told).toEqual(['resume', 'suspend']);
  expect(readdirSync(join(nodeDir(yard.lab.dir, 'n1'), 'state', 'control'))).toEqual(['asked.json']);
});

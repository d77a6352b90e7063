/** Another program that changes a thing of ours back for ever: five repairs, then it is left alone and told, until somebody gives in. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { run } from '../../src/host/exec.ts';
import { dropContests, loadContests } from '../../src/pass/contests.ts';
import type { PassResult } from '../../src/reconcile.ts';
import { sh } from '../host/lab.ts';
import { document, type RemoteNode, remoteNode } from './support/remote-node.ts';

let node: RemoteNode;

const LAN = (mtu: number): string => document('Network', 'lan', `{ cidr: 10.0.0.0/24, mtu: ${mtu} }`);

beforeAll(async () => {
  node = await remoteNode({
    'lan.yaml': LAN(1500),
    'vm1.yaml': document('Interface', 'vm1', '{ network: lan, node: n1, attach: { tap: { ifname: kvm1 } } }'),
    'vm2.yaml': document('Interface', 'vm2', '{ network: lan, node: n1, attach: { tap: { ifname: kvm2 } } }'),
  });
  expect((await node.pass()).enforced?.remaining.steps).toEqual([]);
});
afterAll(() => node?.end());

const mtuOf = async (name: string): Promise<number> => {
  const { stdout } = await run('ip', ['-j', 'link', 'show', 'dev', name], { okCodes: [0] });
  return JSON.parse(stdout)[0].mtu;
};
const spoil = (name = 'kvm1', mtu = 1400): string => sh(`ip link set dev ${name} mtu ${mtu}`);
const tell = ({ enforced }: PassResult): readonly string[] => (enforced?.remaining.contested ?? []).map(({ ref, field }) => `${ref} ${field}`);
const published = async (path: string): Promise<string> =>
  (await run('git', ['--git-dir', `${node.bare.root}/repo.git`, 'show', `netloom-status:${path}`], { okCodes: [0] })).stdout;

/** Rounds in which the other one changes it and a pass finds it. */
async function rounds(count: number): Promise<PassResult> {
  let last: PassResult | null = null;
  for (let round = 0; round < count; round++) {
    spoil();
    last = await node.pass();
    if (round < count - 1) expect([round, await mtuOf('kvm1'), tell(last)]).toEqual([round, 1500, []]);
  }
  return last as PassResult;
}

test('the sixth time it is left as it is, by the next passes too; other things are put right', async () => {
  expect(tell(await rounds(6))).toEqual(['link:/kvm1 mtu']);
  expect(await mtuOf('kvm1')).toBe(1400);
  spoil('kvm2');
  const next = await node.pass();
  expect([tell(next), await mtuOf('kvm1'), await mtuOf('kvm2')]).toEqual([['link:/kvm1 mtu'], 1400, 1500]);
  // Nothing is left to do, and nothing new to tell.
  const idle = await node.pass();
  expect([idle.enforced?.plan.steps, idle.published?.result]).toEqual([[], 'silent']);
});

test('the node says what keeps changing, its values, and what to do', async () => {
  const report = parse(await published('nodes/n1.yaml'));
  const degraded = report.conditions.find(({ type }: { type: string }) => type === 'Degraded');
  expect(degraded).toMatchObject({ status: true, reason: 'Contested' });
  expect(degraded.message).toMatch(/^Interface default\/vm1: mtu of link:\/kvm1 was put right 5 times and is 1400 again instead of 1500: .*netloom resume$/);
  expect(report.conditions.find(({ type }: { type: string }) => type === 'Ready').status).toBe(true);
  expect(report.drift).toContainEqual({ definition: 'Interface default/vm1', ref: 'link:/kvm1', field: 'mtu', want: '1500', have: '1400' });
  expect((await published('events/n1.jsonl')).split('\n').filter(line => line.includes('"leave alone"'))).toHaveLength(1);
});

test('a person says that it is settled: it is put right again', async () => {
  expect(await dropContests(node.config.stateDir)).toBe(1);
  expect([tell(await node.pass()), await mtuOf('kvm1')]).toEqual([[], 1500]);
  expect((await loadContests(node.config.stateDir)).contests.size).toBe(1);
});

test('what a new revision asks for is no repair', async () => {
  await dropContests(node.config.stateDir);
  await node.grow({ 'lan.yaml': LAN(1450) });
  expect([tell(await node.pass()), await mtuOf('kvm1'), (await loadContests(node.config.stateDir)).contests.size]).toEqual([[], 1450, 0]);
});

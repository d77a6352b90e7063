import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryOf } from '../../src/lab/lab.ts';
import { definition, type GitLab, gitLab, guest, linksOf, refused, requestsOf, STATUS, told } from './support-git.ts';

const lan = (more: object = {}): string => definition('Network', 'red/lan', { cidr: '10.0.0.0/24', vxid: 16, ...more });

let yard: GitLab;

beforeAll(async () => {
  const files = {
    'red/namespace.yaml': definition('Namespace', 'red'),
    'red/lan.yaml': [lan(), guest('red/r1', 'lan', 'n1'), guest('red/r2', 'lan', 'n2')].join('---\n'),
  };
  yard = await gitLab(2, files, [
    ['n1', 'r1'],
    ['n2', 'r2'],
  ]);
});
afterAll(() => yard?.end());

async function mode(node: string, name: 'observe' | 'enforce'): Promise<void> {
  yard.config(node, 'node', { mode: name });
}

describe('a node in mode observe', () => {
  test('plans and publishes what it would do, and changes nothing', async () => {
    await mode('n1', 'observe');
    const { exitCode, touched } = await refused(yard.node('n1'), () => yard.netloom('n1', 'reconcile'));
    expect([exitCode, touched]).toEqual([0, []]);
    const report = await yard.status('n1');
    expect(report.mode).toBe('observe');
    expect(report.plan.join('\n')).toMatch(/\+ vxlan interface vxlan-10 /);
    expect(report.plan.at(-1)).toMatch(/^Plan: \d+ to add, \d+ to change, 0 to destroy\. Traffic: new connections only in 1 of \d+ definitions\.$/);
    expect(report.revision.applied).toBe('');
    expect(report.conditions[0]).toMatchObject({ type: 'Ready', status: false, reason: 'ObserveOnly' });
    const { status } = await yard.json('n1', 'get', 'network', 'red/lan', '-o', 'json');
    expect(status.state).toBe('initial');
  });

  test('has no more to say the second time', async () => {
    const tip = await yard.tip(STATUS);
    await yard.pass('n1');
    expect(await yard.tip(STATUS)).toBe(tip);
  });

  test('applies all of it once it is told to enforce', async () => {
    await mode('n1', 'enforce');
    await yard.pass('n1');
    expect(await linksOf(yard.node('n1'))).toEqual(expect.arrayContaining(['vxlan-10', 'br-vxlan-10']));
    const report = await yard.status('n1');
    expect([report.mode, report.plan ?? []]).toEqual(['enforce', []]);
    expect(report.revision.applied).toBe(await yard.tip('main'));
    expect(report.conditions[0]).toMatchObject({ type: 'Ready', status: true });
  });

  test('leaves drift and new revisions alone again when it is told to observe', async () => {
    await mode('n1', 'observe');
    await yard.node('n1').ok('ip link set dev vxlan-10 mtu 1400');
    await yard.commit('More networks', {
      'red/more.yaml': definition('Network', 'red/more', { vxid: 17 }) + guest('red/m1', 'more', 'n1').replace(/^/, '---\n'),
    });
    const { exitCode, touched } = await refused(yard.node('n1'), () => yard.netloom('n1', 'reconcile'));
    expect([exitCode, touched]).toEqual([0, []]);
    const byHand = await refused(yard.node('n1'), () => yard.netloom('n1', 'apply'));
    expect([byHand.exitCode, byHand.touched]).toEqual([1, []]);
    const { plan, drift } = await yard.status('n1');
    expect(plan.join('\n')).toMatch(/mtu/);
    expect(plan.join('\n')).toContain('vxlan-11');
    expect(drift).toEqual([]);
    await mode('n1', 'enforce');
    told(await yard.netloom('n1', 'reconcile'), [0]);
    expect((await yard.node('n1').json('link show dev vxlan-10'))[0].mtu).toBe(1550);
  });
});

describe('a plan on a node whose newest revision is refused', () => {
  test('is one for the revision in force, and says which that is and all that is wrong with the new one', async () => {
    const good = String(await yard.tip('main'));
    await yard.commit('Oops', { 'red/r2.yaml': definition('Interface', 'red/r2b', { network: 'lann', node: 'n2' }) });
    const { exitCode, stdout, stderr } = await yard.netloom('n1', 'plan', '--detailed-exitcode');
    expect([exitCode, stdout]).toEqual([3, expect.stringContaining('No changes.')]);
    expect(stderr).toMatch(/red\/r2\.yaml:4:\d+ error .*lann/);
    expect(stderr).toContain(`in force, and planned for here, is ${good.slice(0, 10)}`);
    await yard.git('revert', '--no-edit', 'HEAD');
    await yard.git('push', '--quiet', 'origin', 'HEAD:main');
  });
});

describe('a remote that is a path', () => {
  test('works from fetch to status, and follows the branch', async () => {
    const node = yard.node('n2');
    yard.config('n2', 'node', { repo: { url: repositoryOf(yard.lab.dir) } });
    const asked = await requestsOf(node, () => yard.pass('n2'));
    expect(asked).toEqual([]);
    expect(await linksOf(node)).toContain('vxlan-10');
    const first = await yard.status('n2');
    expect(first.revision.applied).toBe(await yard.tip('main'));
    await yard.commit('Smaller', { 'red/lan.yaml': [lan({ mtu: 1300 }), guest('red/r1', 'lan', 'n1'), guest('red/r2', 'lan', 'n2')].join('---\n') });
    await yard.pass('n2');
    expect((await node.json('link show dev vxlan-10'))[0].mtu).toBe(1300);
    const { status } = await yard.json('n2', 'get', 'interface', 'red/r2', '-o', 'json');
    expect(status.state).toBe('created');
    const tip = await yard.tip(STATUS);
    await yard.pass('n2');
    expect(await yard.tip(STATUS)).toBe(tip);
  });
});

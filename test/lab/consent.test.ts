import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeDir, repositoryOf } from '../../src/lab/lab.ts';
import { definition, type Files, type GitLab, gitLab, guest, linksOf, type Refused, refused, STATUS, told } from './support-git.ts';

/** Twelve taps on n1: more than may go without a word. */
const TAPS = Array.from({ length: 12 }, (_, i) =>
  definition('Interface', `red/t${i + 1}`, { network: 'lan', node: 'n1', attach: { tap: { ifname: `tp${i + 1}` } } }),
);
const GOOD: Files = {
  'red/lan.yaml': [definition('Network', 'red/lan', { vxid: 16 }), guest('red/r1', 'lan', 'n1'), guest('red/r2', 'lan', 'n2')].join('---\n'),
  'red/other.yaml': definition('Network', 'red/other'),
  'red/taps.yaml': TAPS.join('---\n'),
};
const CLUSTER = { underlay: { mtu: 1600 } };

let yard: GitLab;

beforeAll(async () => {
  yard = await gitLab(2, GOOD, [
    ['n1', 'r1'],
    ['n2', 'r2'],
  ]);
  await yard.pass();
});
afterAll(() => yard?.end());

/** A pass that must not change the kernel. */
const pass = (node: string, ...words: readonly string[]): Promise<Refused> => refused(yard.node(node), () => yard.netloom(node, 'reconcile', ...words));
const hashIn = ({ stderr }: { readonly stderr: string }): string => /netloom approve ([0-9a-f]{16})/.exec(stderr)?.[1] ?? '';
const taps = async (): Promise<number> => (await linksOf(yard.node('n1'))).filter(name => name.startsWith('tp')).length;
const stalled = async (node: string): Promise<unknown> => (await yard.status(node)).conditions.find((each: { type: string }) => each.type === 'Stalled');
const deletions = async (node: string): Promise<readonly string[]> =>
  (await yard.json(node, 'events', 'node', node, '-o', 'json')).items.map((each: { operation: string }) => each.operation);

describe('a commit that deletes twelve definitions', () => {
  let hash = '';

  test('changes nothing on any node: both ask for the same word, and the status says so', async () => {
    await yard.commit('Spring clean', { 'red/taps.yaml': null });
    const [one, two] = await Promise.all([pass('n1'), pass('n2')]);
    hash = hashIn(one);
    expect([one.exitCode, one.touched, two.exitCode, two.touched, hashIn(two)]).toEqual([5, [], 5, [], hash]);
    expect(await stalled('n1')).toMatchObject({ status: true, reason: 'NeedsApproval', message: expect.stringContaining('12 of 19 definitions') });
  });

  test('leaves the last good revision in force: what somebody breaks is mended by the very pass that refuses', async () => {
    await yard.node('n1').ok('ip link del dev tp3');
    expect((await yard.netloom('n1', 'reconcile')).exitCode).toBe(5);
    expect(await taps()).toBe(12);
  });

  test('is told of by plan and by approve, with each definition and its place', async () => {
    expect((await yard.netloom('n1', 'plan')).stderr).toContain(`netloom approve ${hash}`);
    const waiting = told(await yard.netloom('n1', 'approve'), [5]).stdout;
    expect(waiting).toContain('Interface red/t12 (red/taps.yaml:');
    expect(waiting).toContain(hash);
  });

  test('is not let through by an approval of other deletions', async () => {
    expect((await yard.netloom('n1', 'approve', '0123456789abcdef')).stderr).toContain(hash);
    told(await yard.netloom('n1', 'approve', '0123456789abcdef', '--ahead'), [0]);
    expect(await pass('n1')).toMatchObject({ exitCode: 5, touched: [] });
  });

  test('nor by a node that has lost all it knew: it asks by the same hash', async () => {
    rmSync(join(nodeDir(yard.lab.dir, 'n1'), 'state'), { recursive: true });
    const lost = await pass('n1');
    expect([lost.exitCode, lost.touched, hashIn(lost)]).toEqual([5, [], hash]);
  });

  test('nor by another folder of the repository, or one that is not there', async () => {
    const paths = [
      ['red', 3],
      ['elsewhere', 3],
    ] as const;
    for (const [path, code] of paths)
      expect(await pass('n2', '--config', yard.config('n2', path, { repo: { path } }))).toMatchObject({ exitCode: code, touched: [] });
  });

  test('goes ahead where it is approved, and only there', async () => {
    told(await yard.netloom('n1', 'approve', hash), [0]);
    told(await yard.netloom('n1', 'reconcile'), [0]);
    expect(await taps()).toBe(0);
    expect(await pass('n2')).toMatchObject({ exitCode: 5, touched: [] });
    expect(await deletions('n1')).toEqual(expect.arrayContaining(['approve deletions', 'delete with approval']));
    // Two nodes of two minds do not undo each other's allocations for ever.
    await yard.netloom('n1', 'reconcile');
    const before = await yard.tip(STATUS);
    for (const node of ['n2', 'n1', 'n2', 'n1']) await yard.netloom(node, 'reconcile');
    expect(await yard.tip(STATUS)).toBe(before);
    told(await yard.netloom('n2', 'approve', hash), [0]);
    await yard.pass();
  });

  test('needs another word when it comes again', async () => {
    await yard.commit('Back', { 'red/taps.yaml': GOOD['red/taps.yaml'] ?? '' });
    await yard.pass();
    await yard.commit('And away', { 'red/taps.yaml': null });
    const again = await pass('n1');
    expect([again.exitCode, hashIn(again), await taps()]).toEqual([5, hash, 12]);
  });

  test('goes ahead on every node when a commit says so', async () => {
    const cluster = definition('Cluster', 'test', CLUSTER).replace('"name":"test"', `"name":"test","annotations":{"netloom.dev/approve":"${hash}"}`);
    await yard.commit('It is meant', { 'cluster.yaml': cluster });
    await yard.pass();
    expect(await taps()).toBe(0);
  });
});

describe('what may never go by itself', () => {
  test('is the last network', async () => {
    await yard.commit('No networks', { 'red/lan.yaml': null, 'red/other.yaml': null });
    const { exitCode, stderr, touched } = await pass('n1');
    expect([exitCode, touched, stderr.includes('the last Network')]).toEqual([5, [], true]);
    await yard.git('revert', '--no-edit', 'HEAD');
    await yard.git('push', '--quiet', 'origin', 'HEAD:main');
    await yard.pass();
  });

  test('is a branch that is gone, or one that holds nothing any more', async () => {
    const tip = await yard.tip('main');
    const server = (...args: readonly string[]): Promise<string> => yard.git(`--git-dir=${repositoryOf(yard.lab.dir)}`, ...args);
    await server('update-ref', '-d', 'refs/heads/main');
    expect(await pass('n1')).toMatchObject({ exitCode: 1, touched: [] });
    await server('update-ref', 'refs/heads/main', tip);
    await yard.git('rm', '-r', '--quiet', '.');
    await yard.commit('Nothing', { 'README.md': 'nothing\n' });
    expect(await pass('n1')).toMatchObject({ exitCode: 3, touched: [] });
    await yard.git('revert', '--no-edit', 'HEAD');
    await yard.git('push', '--quiet', 'origin', 'HEAD:main');
    await yard.pass();
  });

  test('is what is protected, until a commit unprotects it and a later one deletes', async () => {
    const shielded = definition('Network', 'red/other').replace('"name":"other"', '"name":"other","annotations":{"netloom.dev/protect":"true"}');
    await yard.commit('Shield', { 'red/other.yaml': shielded });
    await yard.pass();
    await yard.commit('Oops', { 'red/other.yaml': null });
    const { exitCode, stderr, touched } = await pass('n1');
    expect([exitCode, touched]).toEqual([1, []]);
    expect(stderr).toContain('Network red/other (red/other.yaml:1:1) is deleted, and it is protected');
    await yard.commit('Unshield', { 'red/other.yaml': definition('Network', 'red/other') });
    await yard.commit('And away', { 'red/other.yaml': null });
    await yard.pass();
  });
});

describe('a node that has lost its state, when the status branch is gone too', () => {
  test('asks before it deletes what its kernel alone remembers, and goes ahead by that word', async () => {
    await yard.commit('Twelve taps', { 'red/taps.yaml': GOOD['red/taps.yaml'] ?? '' });
    await yard.pass();
    await yard.commit('And away', { 'red/taps.yaml': null });
    rmSync(join(nodeDir(yard.lab.dir, 'n1'), 'state'), { recursive: true });
    await yard.git('push', '--quiet', 'origin', `:${STATUS}`);
    for (const time of ['first', 'again']) {
      const lost = await pass('n1');
      expect([time, lost.exitCode, lost.touched, await taps()]).toEqual([time, 5, [], 12]);
      expect(lost.stderr).toContain('12 of 14 links of networks would be deleted from this kernel');
    }
    expect((await yard.status('n1')).conditions[0]).toMatchObject({ type: 'Ready', status: false, reason: 'NeedsApproval' });
    expect(told(await yard.netloom('n1', 'apply'), [5]).stderr).toContain('nothing was changed');
    const waiting = told(await yard.netloom('n1', 'approve'), [5]).stdout;
    expect(waiting).toContain('Interface red/t12 is deleted (tp12)');
    told(await yard.netloom('n1', 'approve', /netloom approve ([0-9a-f]{16})/.exec(waiting)?.[1] ?? ''), [0]);
    told(await yard.netloom('n1', 'reconcile'), [0]);
    expect(await taps()).toBe(0);
    told(await yard.netloom('n1', 'approve'), [0]);
  });
});

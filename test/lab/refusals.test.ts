import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeLock } from '../../src/host/lock.ts';
import { labRun } from '../../src/lab/enter.ts';
import { nodeDir, repositoryOf } from '../../src/lab/lab.ts';
import { definition, type Files, type GitLab, gitLab, guest, kernelOf, linksOf, type Refused, refused, told } from './support-git.ts';
import { type StrictServers, strictServers } from './support-git-server.ts';

const GOOD: Files = {
  'red/namespace.yaml': definition('Namespace', 'red'),
  'red/lan.yaml': [definition('Network', 'red/lan', { cidr: '10.0.0.0/24', vxid: 16 }), guest('red/r1', 'lan', 'n1')].join('---\n'),
  'red/r2.yaml': guest('red/r2', 'lan', 'n2'),
};
const DEVICE = 'vxlan-10';

let yard: GitLab;
let strict: StrictServers;

beforeAll(async () => {
  yard = await gitLab(2, GOOD, [
    ['n1', 'r1'],
    ['n2', 'r2'],
  ]);
  await yard.pass();
  strict = await strictServers(yard.lab);
});
afterAll(async () => {
  await strict?.end();
  await yard?.end();
});

/** A pass on n1, whose kernel must be as it was afterwards. */
async function pass(...words: readonly string[]): Promise<Refused> {
  return refused(yard.node('n1'), () => yard.netloom('n1', 'reconcile', ...words));
}

const conditionOf = async (node: string, type: string): Promise<unknown> =>
  (await yard.status(node)).conditions.find((each: { type: string }) => each.type === type);

/** What somebody breaks is mended by the very pass that refuses the new revision. */
async function expectEnforced(code: number, ...words: readonly string[]): Promise<void> {
  await yard.node('n1').ok(`ip link del dev ${DEVICE}`);
  expect((await yard.netloom('n1', 'reconcile', ...words)).exitCode).toBe(code);
  expect(await linksOf(yard.node('n1'))).toContain(DEVICE);
}

const server = (...args: readonly string[]): Promise<unknown> => yard.git(`--git-dir=${repositoryOf(yard.lab.dir)}`, ...args);

describe('a revision that cannot be taken', () => {
  test('because definitions are wrong: every mistake is said with its place, the last good one stays, and the next good one heals', async () => {
    await yard.commit('Oops', {
      'red/r2.yaml': definition('Interface', 'red/r2', { network: 'lann', node: 'n2' }),
      'red/syntax.yaml': 'apiVersion: netloom.dev/v1\nkind: Network\nmetadata:\n  name: [\nspec: {}\n',
    });
    const { exitCode, stderr, touched } = await pass();
    expect([exitCode, touched]).toEqual([3, []]);
    expect(stderr).toMatch(/red\/r2\.yaml:4:\d+/);
    expect(stderr).toMatch(/red\/syntax\.yaml:[45]:\d+/);
    expect(stderr).toContain('did you mean lan?');
    await expectEnforced(3);
    expect(await conditionOf('n1', 'Stalled')).toMatchObject({ status: true, reason: 'InvalidDefinitions' });
    expect((await yard.status('n1')).revision.attempted).toBe(await yard.tip('main'));
    await yard.commit('Mend it', { 'red/r2.yaml': GOOD['red/r2.yaml'] ?? '', 'red/syntax.yaml': null });
    await yard.pass('n1');
    expect(await conditionOf('n1', 'Stalled')).toMatchObject({ status: false });
  });

  test('because nothing is left in it', async () => {
    await yard.git('rm', '-r', '--quiet', '.');
    await yard.commit('Clean up', { 'README.md': 'moved\n' });
    const { exitCode, stderr, touched } = await pass();
    expect([exitCode, touched]).toEqual([3, []]);
    expect(stderr).toContain('holds no netloom definition');
    await expectEnforced(3);
    expect(await conditionOf('n1', 'Stalled')).toMatchObject({ status: true, reason: 'NoDefinitions' });
    await yard.git('revert', '--no-edit', 'HEAD');
    await yard.git('push', '--quiet', 'origin', 'HEAD:main');
    await yard.pass('n1');
  });

  test('because the branch is gone', async () => {
    const tip = await yard.tip('main');
    await server('update-ref', '-d', 'refs/heads/main');
    const { exitCode, stderr, touched } = await pass();
    expect([exitCode, touched]).toEqual([1, []]);
    expect(stderr).toContain('no branch main');
    await expectEnforced(1);
    expect(await conditionOf('n1', 'FetchFailed')).toMatchObject({ status: true, reason: 'BranchMissing' });
    await server('update-ref', 'refs/heads/main', tip);
    await yard.pass('n1');
    expect(await conditionOf('n1', 'FetchFailed')).toMatchObject({ status: false });
  });

  test('because the branch went back to an older commit', async () => {
    await yard.commit('One more', { 'README.md': 'hello\n' });
    await yard.pass('n1');
    const tip = await yard.tip('main');
    await yard.git('push', '--quiet', '--force', 'origin', 'HEAD~1:main');
    const { exitCode, stderr, touched } = await pass();
    expect([exitCode, touched]).toEqual([1, []]);
    expect(stderr).toContain('HistoryRewritten');
    expect(await conditionOf('n1', 'Stalled')).toMatchObject({ status: true, reason: 'HistoryRewritten' });
    await yard.git('push', '--quiet', 'origin', `${tip}:main`);
    await yard.pass('n1');
  });

  test('because its history is another one, until a person accepts that commit', async () => {
    await yard.git('checkout', '--quiet', '--orphan', 'anew');
    await yard.git('rm', '-r', '--quiet', '--cached', 'red/r2.yaml');
    await yard.git('commit', '--quiet', '-m', 'A new beginning');
    await yard.git('push', '--quiet', '--force', 'origin', 'anew:main');
    const tip = await yard.tip('main');
    const { exitCode, stderr, touched } = await pass();
    expect([exitCode, touched]).toEqual([1, []]);
    expect(stderr).toContain(`--accept ${tip}`);
    await expectEnforced(1);
    expect(await conditionOf('n1', 'Stalled')).toMatchObject({ status: true, reason: 'HistoryRewritten' });
    // Another commit than the one that is there was not meant.
    expect((await pass('--accept', '0'.repeat(40))).exitCode).toBe(1);
    told(await yard.netloom('n1', 'reconcile', '--accept', tip), [0]);
    expect((await yard.status('n1')).revision.applied).toBe(tip);
    expect(JSON.stringify(await kernelOf(yard.node('n1')))).not.toContain('198.51.100.2"');
    await yard.commit('And on', { 'README.md': 'on\n' });
    await yard.pass('n1');
  });
});

describe('a configuration that does not fit', () => {
  const withConfig = async (changes: object): Promise<Refused> => pass('--config', yard.config('n1', 'other', changes));

  test('names a node that nobody defined: those that are there are named, and the nearest', async () => {
    const { exitCode, stderr, touched } = await withConfig({ node: 'nn1' });
    expect([exitCode, touched]).toEqual([1, []]);
    expect(stderr).toContain('there is no Node nn1');
    expect(stderr).toContain('did you mean n1?');
    expect(stderr).toContain('n1, n2');
  });

  test('names a node whose definition was removed: its kernel stays as it is', async () => {
    const revision = await yard.commit('n2 retires', { 'nodes/n2.yaml': null, 'red/r2.yaml': null });
    const { exitCode, stderr, touched } = await refused(yard.node('n2'), () => yard.netloom('n2', 'reconcile', '--accept', revision.slice(0, 10)));
    expect([exitCode, touched]).toEqual([1, []]);
    expect(stderr).toContain('there is no Node n2 in the definitions');
    expect(await linksOf(yard.node('n2'))).toContain(DEVICE);
    await yard.git('revert', '--no-edit', 'HEAD');
    await yard.git('push', '--quiet', 'origin', 'HEAD:main');
    await yard.pass();
  });

  test.each([
    ['a branch that is not there', () => ({ repo: { branch: 'mian' } }), 'no branch mian', 1],
    ['a repository that is not there', () => ({ repo: { url: yard.lab.url.replace('definitions', 'definitoins') } }), 'NotFound', 1],
    ['a server without a trusted certificate', () => ({ repo: { url: strict.selfSigned } }), 'Tls', 75],
    ['a server that wants a password', () => ({ repo: { url: strict.locked.url } }), 'Unauthorized', 1],
  ])('names %s', async (_, changes, said, ends) => {
    const { exitCode, stderr, touched } = await withConfig(changes());
    expect([exitCode, touched]).toEqual([ends, []]);
    expect(stderr).toContain(said);
    await expectEnforced(ends, '--config', yard.config('n1', 'other', changes()));
  });

  test('has a wrong password, which is not shown; with the right one all is well', async () => {
    const file = join(nodeDir(yard.lab.dir, 'n1'), 'secret');
    const { url, username, password } = strict.locked;
    writeFileSync(file, 'tr0ub4dor\n', { mode: 0o600 });
    const changes = { repo: { url, auth: { type: 'basic', username, file } } };
    const { exitCode, stderr, stdout, touched } = await withConfig(changes);
    expect([exitCode, touched]).toEqual([1, []]);
    expect(stderr).toContain('Unauthorized');
    expect(stderr + stdout).not.toContain('tr0ub4dor');
    writeFileSync(file, `${password}\n`);
    told(await withConfig(changes), [0]);
    writeFileSync(file, '');
    const empty = await withConfig(changes);
    expect(empty.stderr).toContain(`${file}`);
  });
});

describe('a node that cannot', () => {
  test('run two passes at once: the loser names who is at work', async () => {
    const lock = await takeLock(join(nodeDir(yard.lab.dir, 'n1'), 'run'), 'netloom watch');
    try {
      const { exitCode, stderr, touched } = await pass();
      expect([exitCode, touched]).toEqual([75, []]);
      expect(stderr).toContain(`pid ${process.pid} (netloom watch, since `);
    } finally {
      lock.release();
    }
  });

  test('change its network, for want of privileges: the capabilities are named', async () => {
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    // A user who may read all files, so that it is the network that is refused and not the configuration.
    const reads = ['--inh-caps=-all,+dac_read_search', '--ambient-caps=-all,+dac_read_search'];
    const { exitCode, stderr } = await labRun(yard.lab, 'n1', [...nobody, ...reads, 'netloom', 'reconcile']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('CAP_NET_ADMIN and CAP_SYS_ADMIN');
    const plain = await labRun(yard.lab, 'n1', ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin', 'netloom', 'apply']);
    expect(plain.exitCode).toBe(1);
    expect(plain.stderr).toMatch(/needs CAP_NET_ADMIN,/);
  });

  test('make taps: nothing at all is changed', async () => {
    // Its own runtime folder: the answer of the probe is kept until the next boot.
    const config = yard.config('n1', 'no-tun', { runtimeDir: join(nodeDir(yard.lab.dir, 'n1'), 'run-no-tun') });
    await yard.node('n1').ok(`ip link del dev ${DEVICE}`);
    const without = ['unshare', '--mount', 'sh', '-c', `mount -t tmpfs tmpfs /dev/net && exec netloom reconcile --config ${config}`];
    const { exitCode, stderr, touched } = await refused(yard.node('n1'), () => labRun(yard.lab, 'n1', without));
    expect([exitCode, touched]).toEqual([1, []]);
    expect(stderr).toContain('this kernel lacks tun');
    expect(stderr).toContain('load the kernel module tun');
    await yard.pass('n1');
  });

  test.each([
    ['that is nearly full', '3m'],
    ['without any room', '16k'],
  ])('write its state, on a disk %s: nothing is changed', async (_, size) => {
    const stateDir = join(nodeDir(yard.lab.dir, 'n1'), `small-${size}`);
    await yard.node('n1').ok(`mkdir -p ${stateDir}`);
    await yard.node('n1').ok(`mount -t tmpfs -o size=${size} tmpfs ${stateDir}`);
    await yard.node('n1').ok(`ip link del dev ${DEVICE}`);
    const { exitCode, stderr, touched } = await pass('--config', yard.config('n1', 'small', { stateDir }));
    expect(exitCode).not.toBe(0);
    expect(touched).toEqual([]);
    expect(stderr).toContain(stateDir);
    expect(stderr).toMatch(/make room/);
    await yard.node('n1').ok(`umount ${stateDir}`);
    await yard.pass('n1');
  });
});

describe('definitions of which something cannot be made on a node', () => {
  const tap = (name: string, how: object): string => definition('Interface', `red/${name}`, { network: 'lan', node: 'n1', attach: { tap: how } });
  const again = (): Promise<string> => yard.commit('Without it', { 'red/extra.yaml': null });

  test("because a tap's user does not exist there: all else is made, and the interface says why", async () => {
    await yard.commit('Taps', { 'red/extra.yaml': [tap('t1', { owner: 'no-such-user' }), tap('t2', { ifname: 'tap-two' })].join('---\n') });
    const { stderr } = told(await yard.netloom('n1', 'reconcile'), [4]);
    expect(stderr).toContain('the node n1 has no user no-such-user');
    expect(await linksOf(yard.node('n1'))).toContain('tap-two');
    const { interfaces, networks } = await yard.status('n1');
    expect(interfaces['red/t1']).toMatchObject({ state: 'error', reason: 'UnknownUser' });
    expect(interfaces['red/t2']).toMatchObject({ state: 'ready' });
    expect(networks['red/lan']).toMatchObject({ state: 'degraded', reason: 'UnknownUser' });
    await again();
    await yard.pass('n1');
    expect(await linksOf(yard.node('n1'))).not.toContain('tap-two');
  });

  test('because a name is taken by what is not ours: that stays as it is, all else is made', async () => {
    const node = yard.node('n1');
    await node.ok('ip link add name br-vxlan-20 type bridge');
    const foreign = await node.json('link show dev br-vxlan-20');
    await yard.commit('A taken name', {
      'red/extra.yaml': [definition('Network', 'red/taken', { vxid: 32 }), tap('t3', { ifname: 'tap-three' }), tap('t4', {}).replace('lan', 'taken')].join(
        '---\n',
      ),
    });
    told(await yard.netloom('n1', 'reconcile'), [4]);
    expect(await node.json('link show dev br-vxlan-20')).toEqual(foreign);
    expect(await linksOf(node)).toContain('tap-three');
    const { networks, conditions } = await yard.status('n1');
    expect(networks['red/taken']).toMatchObject({ state: 'error', reason: 'Conflict' });
    expect(networks['red/taken'].message).toContain('br-vxlan-20');
    expect(networks['red/lan']).toMatchObject({ state: 'ready' });
    expect(conditions[0]).toMatchObject({ type: 'Ready', status: false, reason: 'Conflict' });
    await node.ok('ip link del dev br-vxlan-20');
    await yard.pass('n1');
    expect((await yard.status('n1')).networks['red/taken']).toMatchObject({ state: 'ready' });
    await again();
    await yard.pass('n1');
  });

  test.each([
    ['lo', 3, 'reserved-device'],
    ['eth0', 4, 'eth0'],
  ])('because they name the device %s of the node itself', async (ifname, code, said) => {
    await yard.commit('A device of the node', { 'red/extra.yaml': tap('t5', { ifname }) });
    const nic = await yard.node('n1').json(`link show dev ${ifname}`);
    const { stderr } = told(await yard.netloom('n1', 'reconcile'), [code]);
    expect(stderr).toContain(said);
    expect(await yard.node('n1').json(`link show dev ${ifname}`)).toEqual(nic);
    // Among the guests' ports, it would be taken off its own network by the filters.
    expect(await yard.node('n1').ok('nft list ruleset')).not.toContain(`"${ifname}"`);
    await again();
    await yard.pass('n1');
  });

  test("because they name the node's declared underlay device", async () => {
    const n1 = definition('Node', 'n1', { underlay: { address: '198.51.100.1', device: 'eth0' } });
    await yard.commit('The underlay as a guest', { 'nodes/n1.yaml': n1, 'red/extra.yaml': tap('t6', { ifname: 'eth0' }) });
    const { stderr, touched } = await pass();
    expect([stderr.includes('eth0'), touched]).toEqual([true, []]);
    told(await yard.netloom('n1', 'reconcile'), [3]);
    await again();
    await yard.pass('n1');
  });
});

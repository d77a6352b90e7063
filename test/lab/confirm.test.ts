/** Armed changes that a person confirms, those that a reboot cuts short, signals, and going back to an earlier revision. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { configOf, nodeDir } from '../../src/lab/lab.ts';
import { expectDump, type Tool } from '../kernel/support/dump.ts';
import { journalOf, type Pass, restedDump, startPass, until, watchersOf } from './support-armed.ts';
import { definition, type GitLab, gitLab, guest, linksOf, told } from './support-git.ts';
import { startServer, stopServer } from './support-git-server.ts';

const NAMES = Array.from({ length: 40 }, (_, nth) => `k${nth}`);
const base = {
  'red/namespace.yaml': definition('Namespace', 'red'),
  'red/lan.yaml': [definition('Network', 'red/lan', { cidr: '10.0.0.0/24', vxid: 16 }), guest('red/r1', 'lan', 'n1')].join('---\n'),
};
/** The node has an address of its own in a network, which leads nowhere near the way; its own filter changes for it. */
const host = (net: string, more: object = {}) =>
  [
    definition('Network', 'red/host', { cidr: `${net}.0/24`, vxid: 18, ...more }),
    definition('Interface', 'red/host', { network: 'host', node: 'n1', attach: { host: { ifname: 'tenant' } } }),
  ].join('---\n');
/** A prefix in which the git server is. */
const CUT = [
  definition('Network', 'red/host', { cidr: '198.51.100.240/28', vxid: 18 }),
  definition('Interface', 'red/host', { network: 'host', node: 'n1', attach: { host: { ifname: 'tenant' } } }),
].join('---\n');

let yard: GitLab;
const tool: Tool = (argv, stdin) => yard.node('n1').ok(argv, stdin);
const net = async (): Promise<string> =>
  (await yard.node('n1').run(['ip', '-br', '-4', 'addr', 'show', 'dev', 'tenant'])).stdout.trim().split(/\s+/).at(-1) ?? '';
const condition = async (type: string) => (await yard.status('n1')).conditions.find((each: { type: string }) => each.type === type);
const start = (...words: readonly string[]): Pass => startPass(yard, 'n1', ...words);
let round = 0;
const change = (files: Record<string, string | null>): Promise<string> => yard.commit(`Change ${++round}`, { ...files, 'README.md': `${round}\n` });

beforeAll(async () => {
  const gateway = definition('Node', 'n1', { underlay: { address: '198.51.100.1' }, gateway: true });
  yard = await gitLab(3, { ...base, 'nodes/n1.yaml': gateway, 'red/host.yaml': host('10.1.0') }, [['n1', 'r1']]);
  // What is lost is waited for half of that time.
  for (const node of ['n1', 'n3']) renameSync(yard.config(node, 'short', { confirmTimeout: '8s' }), configOf(yard.lab.dir, node));
  await yard.pass('n1', 'n2');
});
afterAll(() => yard?.end());
beforeEach(() => expect(journalOf(yard, 'n1')).toBeNull());

describe('a pass with --confirm-timeout', () => {
  test('stays armed until a person confirms, and other passes wait for that', async () => {
    await change({ 'red/host.yaml': host('10.2.0') });
    const { stderr } = told(await yard.netloom('n1', 'reconcile', '--confirm-timeout', '60s'), [0]);
    expect(stderr).toContain('waits for netloom confirm');
    expect(await net()).toMatch(/^10\.2\.0\./);
    expect(await condition('Ready')).toMatchObject({ status: false, reason: 'AwaitingConfirmation' });
    const other = told(await yard.netloom('n1', 'reconcile'), [75]);
    expect(other.stderr).toContain('waits for netloom confirm');
    told(await yard.netloom('n1', 'confirm'), [0]);
    expect(journalOf(yard, 'n1')).toBeNull();
    await yard.pass('n1');
    expect(await condition('Ready')).toMatchObject({ status: true });
    expect(told(await yard.netloom('n1', 'confirm'), [1]).stderr).toContain('nothing on n1 waits');
  });

  test('has the previous state back after that time, by its watcher or by the one that took its place', async () => {
    for (const isKilled of [false, true]) {
      const before = await restedDump(tool);
      const bad = await change({ 'red/host.yaml': host(isKilled ? '10.4.0' : '10.3.0') });
      told(await yard.netloom('n1', 'reconcile', '--confirm-timeout', isKilled ? '7s' : '5s'), [0]);
      const journal = journalOf(yard, 'n1');
      const [watcher = 0, ...more] = journal === null ? [] : watchersOf(journal);
      expect(more).toEqual([]);
      if (!isKilled && journal !== null) {
        // A second one has nothing to do.
        const again = await yard.netloom('n1', 'undo', join(nodeDir(yard.lab.dir, 'n1'), 'state'), journal.id);
        expect([again.exitCode, watchersOf(journal)]).toEqual([0, [watcher]]);
      }
      if (isKilled && journal !== null) {
        process.kill(watcher, 'SIGKILL');
        told(await yard.netloom('n1', 'reconcile'), [75]);
        expect(watchersOf(journal)).toHaveLength(1);
      }
      await until('the end', () => journalOf(yard, 'n1') === null);
      await expectDump(before, { tool });
      expect(told(await yard.netloom('n1', 'reconcile'), [1]).stderr).toContain(`${bad.slice(0, 10)} was taken back: nobody confirmed it in time`);
      expect(await condition('Stalled')).toMatchObject({ status: true, reason: 'Reverted' });
      expect(told(await yard.netloom('n1', 'plan'), [0]).stderr).toContain('Reverted');
    }
  });

  test('is tried again when a person names the commit', async () => {
    const tip = await yard.tip('main');
    told(await yard.netloom('n1', 'reconcile', '--accept', tip), [0]);
    expect(await net()).toMatch(/^10\.4\.0\./);
    expect(await condition('Ready')).toMatchObject({ status: true });
    expect(await condition('Stalled')).toMatchObject({ status: false });
  });
});

describe('a change that is taken back', () => {
  test("has the node's own settings as they were: no definition knows them", async () => {
    const forwards = () => yard.node('n1').ok('sysctl -n net.ipv4.ip_forward');
    expect((await forwards()).trim()).toBe('0');
    const before = await restedDump(tool);
    // The prefix of the pool holds the git server's address.
    const pool = definition('AddressPool', 'outside', { cidr: '198.51.100.240/28', device: 'eth0', mode: 'masquerade' });
    await change({ 'red/host.yaml': host('10.1.0'), 'pool.yaml': pool });
    const running = start();
    await until('forwarding', async () => (await forwards()).trim() === '1');
    expect(await running.ended).toBe(1);
    expect(running.said()).toContain('198.51.100.241/28');
    expect((await forwards()).trim()).toBe('0');
    await expectDump(before, { tool });
    await change({ 'pool.yaml': null });
  });

  test('leaves what other nodes do to them: this one neither gives back nor takes away in the ledger', async () => {
    const lan = async () => [...(await yard.files('netloom-status', 'allocations')).entries()].find(([path]) => path.endsWith('red/lan.yaml'))?.[1] ?? '';
    const before = await linksOf(yard.node('n1'));
    await change({ 'red/lan.yaml': null, 'red/host.yaml': CUT });
    told(await yard.netloom('n1', 'reconcile'), [1]);
    told(await yard.netloom('n2', 'reconcile'), [0]);
    const released = await lan();
    expect(released).toMatch(/removed|tombstone/);
    told(await yard.netloom('n1', 'reconcile'), [1]);
    expect(await lan()).toBe(released);
    expect(await linksOf(yard.node('n1'))).toEqual(expect.arrayContaining(before.filter(name => name !== 'tenant')));
    await change({ 'red/lan.yaml': base['red/lan.yaml'], 'red/host.yaml': host('10.4.0') });
    told(await yard.netloom('n1', 'reconcile'), [0]);
    expect(await condition('Ready')).toMatchObject({ status: true });
  });

  test('says what stands in the way back, and is not Ready', async () => {
    await change({ 'red/lan.yaml': null });
    told(await yard.netloom('n1', 'reconcile', '--confirm-timeout', '6s'), [0]);
    await yard.node('n1').ok('ip link add name vxlan-10 type bridge');
    await until('the end', () => journalOf(yard, 'n1') === null);
    const { stderr } = await yard.netloom('n1', 'reconcile');
    expect(stderr).toMatch(/left as it is: link:\/vxlan-10: conflict/);
    expect(await condition('Ready')).toMatchObject({ status: false, reason: 'Reverted', message: expect.stringContaining('vxlan-10') });
    await yard.node('n1').ok('ip link del dev vxlan-10');
    await change({ 'red/lan.yaml': base['red/lan.yaml'] });
    told(await yard.netloom('n1', 'reconcile'), [0]);
  });

  test('was the first of all: nothing is enforced then, and the status says why', async () => {
    const before = await restedDump((argv, stdin) => yard.node('n3').ok(argv, stdin));
    const cut = CUT.replace('"n1"', '"n3"');
    await change({ 'red/host.yaml': cut });
    told(await yard.netloom('n3', 'reconcile'), [1, 75]);
    await expectDump(before, { tool: (argv, stdin) => yard.node('n3').ok(argv, stdin) });
    const { conditions } = await yard.status('n3');
    expect(conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: false, reason: 'Reverted' }));
    await change({ 'red/host.yaml': host('10.4.0') });
    told(await yard.netloom('n3', 'reconcile'), [0]);
    told(await yard.netloom('n1', 'reconcile'), [0]);
  });

  test('is not confirmed any more', async () => {
    await change({ 'red/host.yaml': host('10.8.0') });
    told(await yard.netloom('n1', 'reconcile', '--confirm-timeout', '60s'), [0]);
    const path = join(nodeDir(yard.lab.dir, 'n1'), 'state', 'armed', 'journal.json');
    writeFileSync(path, JSON.stringify({ ...journalOf(yard, 'n1'), phase: 'undoing', why: 'of a test' }));
    expect(told(await yard.netloom('n1', 'confirm'), [1]).stderr).toContain('it is too late');
    told(await yard.netloom('n1', 'reconcile'), [1]);
    expect(await net()).toMatch(/^10\.4\.0\./);
  });
});

describe('a reboot in the middle of an armed change', () => {
  test('has what was enforced before, without git and before anything else', async () => {
    const before = await restedDump(tool);
    await change({ 'red/host.yaml': CUT });
    const running = start();
    await until('the cut', async () => (await net()).startsWith('198.51.100.'));
    running.child.kill('SIGKILL');
    await running.ended;
    const journal = await until('the journal', () => journalOf(yard, 'n1'));
    for (const watcher of watchersOf(journal)) process.kill(watcher, 'SIGKILL');
    await stopServer(yard.lab);
    try {
      asOfAnotherBoot();
      await emptyKernel();
      expect((await yard.netloom('n1', 'reconcile')).exitCode).toBe(1);
      await expectDump(before, { tool });
    } finally {
      await startServer(yard.lab);
    }
    expect((await yard.netloom('n1', 'reconcile')).stderr).toContain('was taken back');
    expect(await condition('Ready')).toMatchObject({ status: false, reason: 'Reverted' });
  });

  function asOfAnotherBoot(): void {
    const path = join(nodeDir(yard.lab.dir, 'n1'), 'state', 'armed', 'journal.json');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), boot: 'of-another-day', deadlineS: 1e9 }));
  }

  // What a kernel that was just started has of ours.
  async function emptyKernel(): Promise<void> {
    for (const link of await linksOf(yard.node('n1'))) await yard.node('n1').run(['ip', 'link', 'del', 'dev', link]);
    for (const table of ['bridge', 'inet']) await yard.node('n1').run(['nft', 'delete', 'table', table, 'netloom']);
  }
});

describe('SIGTERM in the middle of apply', () => {
  const many = () => ({
    'red/many.yaml':
      NAMES.map(name => definition('Network', `red/${name}`)).join('---\n') +
      '---\n' +
      NAMES.map(name => definition('Interface', `red/${name}`, { network: name, node: 'n1', attach: { tap: {} } })).join('---\n'),
  });

  test('ends a pass between two acts, and the next one goes on', async () => {
    await change({ 'red/host.yaml': host('10.5.0'), ...many() });
    const running = start();
    const count = async () => (await linksOf(yard.node('n1'))).length;
    const from = await count();
    await until('some links', async () => (await count()) > from + 5);
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(75);
    told(await yard.netloom('n1', 'reconcile'), [0, 1]);
  });
});

describe('rollback', () => {
  test('goes back to what was enforced before, until a newer commit', async () => {
    await change({ 'red/host.yaml': host('10.6.0'), 'red/many.yaml': null });
    await yard.netloom('n1', 'reconcile');
    await change({ 'red/host.yaml': host('10.7.0') });
    told(await yard.netloom('n1', 'reconcile'), [0]);
    told(await yard.netloom('n1', 'rollback'), [0]);
    expect(await net()).toMatch(/^10\.6\.0\./);
    told(await yard.netloom('n1', 'reconcile'), [0]);
    expect(await net()).toMatch(/^10\.6\.0\./);
    expect(await condition('Stalled')).toMatchObject({ status: true, reason: 'RolledBack' });
    await change({});
    told(await yard.netloom('n1', 'reconcile'), [0]);
    expect(await net()).toMatch(/^10\.7\.0\./);
  });

  test('goes back to a commit of long ago, and resume ends it', async () => {
    const old = await change({ 'red/host.yaml': host('10.7.0', { mtu: 1400 }) });
    for (const mtu of [1300, 1290, 1280]) await change({ 'red/host.yaml': host('10.7.0', { mtu }) });
    told(await yard.netloom('n1', 'reconcile'), [0]);
    told(await yard.netloom('n1', 'rollback', old.slice(0, 8)), [0]);
    expect((await yard.node('n1').json('link show dev tenant'))[0].mtu).toBe(1400);
    told(await yard.netloom('n1', 'resume'), [0]);
    told(await yard.netloom('n1', 'reconcile'), [0]);
    expect((await yard.node('n1').json('link show dev tenant'))[0].mtu).toBe(1280);
  });

  test('refuses what is no commit of the branch, and what needs allocations that are gone', async () => {
    expect(told(await yard.netloom('n1', 'rollback', 'abcdef0'), [1]).stderr).toContain('no commit abcdef0');
    const first = (await yard.git('rev-list', '--max-parents=0', 'HEAD')).trim();
    expect(told(await yard.netloom('n1', 'rollback', first), [1]).stderr).toContain('allocations that nobody has any more (Network red/host)');
    expect((await yard.node('n1').json('link show dev tenant'))[0].mtu).toBe(1280);
  });
});

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeLock } from '../../src/host/lock.ts';
import { nodeDir } from '../../src/lab/lab.ts';
import { definition, type GitLab, gitLab, guest, linksOf, requestsOf, STATUS, told } from './support-git.ts';

const tap = (key: string, node: string): string => definition('Interface', key, { network: 'lan', node, attach: { tap: {} } });
const network = (name: string): string => definition('Network', `red/${name}`, { cidr: '10.0.0.0/24' });

let yard: GitLab;

beforeAll(async () => {
  const files = { 'red/namespace.yaml': definition('Namespace', 'red'), 'red/lan.yaml': [network('lan'), guest('red/r1', 'lan', 'n1')].join('---\n') };
  yard = await gitLab(2, files, [
    ['n1', 'r1'],
    ['n1', 'w1'],
    ['n2', 'w2'],
  ]);
  await yard.pass();
});
afterAll(() => yard?.end());

/** `device tap-1\nmac …` as a map. */
function words(text: string): ReadonlyMap<string, string> {
  const lines = text.trim().split('\n');
  return new Map(lines.map(line => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
}

describe('ensure', () => {
  test('makes what a fresh commit asks for, and prints what a guest is to be plugged into', async () => {
    await yard.commit('A machine', { 'red/t1.yaml': tap('red/t1', 'n1') });
    const plug = words(told(await yard.netloom('n1', 'ensure', 'red/t1', '--timeout', '60s'), [0]).stdout);
    const { status } = await yard.json('n1', 'get', 'interface', 'red/t1', '-o', 'json');
    const { status: lan } = await yard.json('n1', 'get', 'network', 'red/lan', '-o', 'json');
    const bridge = `br-vxlan-${Number(lan.vxid).toString(16)}`;
    expect(Object.fromEntries(plug)).toEqual({
      device: `tap-${status.uuid.slice(0, 8)}`,
      bridge,
      mac: status.mac,
      mtu: '1550',
      address: `${status.address}/24`,
    });
    const [link] = await yard.node('n1').json(`link show dev ${plug.get('device')}`);
    expect(link).toMatchObject({ master: bridge, mtu: 1550 });
  });

  test('says the same as JSON, and asks nobody when all is there', async () => {
    const tip = await yard.tip(STATUS);
    let json = '';
    const asked = await requestsOf(yard.node('n1'), async () => {
      json = told(await yard.netloom('n1', 'ensure', '-n', 'red', 't1', '-o', 'json'), [0]).stdout;
    });
    expect(asked).toEqual([]);
    expect(await yard.tip(STATUS)).toBe(tip);
    const plug = JSON.parse(json);
    expect(plug).toMatchObject({ apiVersion: 'netloom.dev/v1', kind: 'Plug', interface: 'red/t1', mtu: 1550 });
    expect(await linksOf(yard.node('n1'))).toContain(plug.device);
    expect(JSON.parse(told(await yard.netloom('n1', 'ensure', plug.mac, '-o', 'json'), [0]).stdout)).toEqual(plug);
  });

  test('names the namespace of a guest that lives in one', async () => {
    const plug = JSON.parse(told(await yard.netloom('n1', 'ensure', 'red/r1', '-o', 'json'), [0]).stdout);
    expect(plug).toMatchObject({ device: 'eth0', netns: 'r1' });
  });

  test('repairs what somebody broke', async () => {
    const { device } = JSON.parse(told(await yard.netloom('n1', 'ensure', 'red/t1', '-o', 'json'), [0]).stdout);
    await yard.node('n1').ok(`ip link del dev ${device}`);
    told(await yard.netloom('n1', 'ensure', 'red/t1'), [0]);
    expect(await linksOf(yard.node('n1'))).toContain(device);
  });

  test('waits for a pass that is at work', async () => {
    const lock = await takeLock(join(nodeDir(yard.lab.dir, 'n1'), 'run'), 'netloom reconcile');
    await yard.commit('Another machine', { 'red/t2.yaml': tap('red/t2', 'n1') });
    const ensured = yard.netloom('n1', 'ensure', 'red/t2', '--timeout', '60s');
    await sleep(1500);
    lock.release();
    expect(words(told(await ensured, [0]).stdout).get('device')).toMatch(/^tap-/);
  });

  test('ends with 75 and says why, while it is not possible', async () => {
    await yard.commit('Elsewhere, and nowhere', {
      'red/t3.yaml': tap('red/t3', 'n2'),
      'red/g1.yaml': definition('Interface', 'red/g1', { network: 'lan', node: 'n1', attach: { netns: { name: 'nowhere' } } }),
    });
    const cases = [
      ['red/t3', 'it is placed on n2, this is n1'],
      ['red/nobody', 'there is no Interface'],
      ['red/g1', 'nowhere'],
    ] as const;
    for (const [ref, why] of cases) {
      const { exitCode, stderr, stdout } = await yard.netloom('n1', 'ensure', ref, '--timeout', '1s');
      expect([ref, exitCode, stdout]).toEqual([ref, 75, '']);
      expect(stderr).toContain(why);
    }
    await yard.node('n1').netns('nowhere');
    expect(words(told(await yard.netloom('n1', 'ensure', 'red/g1', '--timeout', '60s'), [0]).stdout).get('netns')).toBe('nowhere');
  });
});

describe('wait', () => {
  const wide = [network('wide'), guest('red/w1', 'wide', 'n1'), guest('red/w2', 'wide', 'n2')].join('---\n');

  test('ends as soon as every node has made a network, whoever waits before it is defined', async () => {
    const waiting = yard.netloom('n1', 'wait', 'network', 'red/wide', '--for', 'created', '--timeout', '80s');
    await yard.commit('Wide', { 'red/wide.yaml': wide });
    await yard.pass();
    told(await waiting, [0]);
    told(await yard.netloom('n2', 'wait', 'interface', 'red/w2', '--for', 'ready', '--timeout', '5s'), [0]);
  });

  test('names the nodes that are missing, with their reasons, when the time is over', async () => {
    await yard.commit('Without it', { 'red/wide.yaml': null });
    await yard.pass('n1');
    const { exitCode, stderr } = await yard.netloom('n1', 'wait', 'network', 'red/wide', '--for', 'deleted', '--timeout', '1s');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Network red/wide is not deleted after 1s');
    expect(stderr).toMatch(/^ {2}n2: \w+: n2 has not taken it away yet$/m);
    expect(stderr).not.toMatch(/^ {2}n1: /m);
    await yard.pass('n2');
    told(await yard.netloom('n1', 'wait', 'network', 'red/wide', '--for', 'deleted', '--timeout', '5s'), [0]);
  });

  test('does the same for a network that is not everywhere yet', async () => {
    await yard.git('revert', '--no-edit', 'HEAD');
    await yard.git('push', '--quiet', 'origin', 'HEAD:main');
    await yard.pass('n1');
    const { exitCode, stderr } = await yard.netloom('n1', 'wait', 'network', 'red/wide', '--for', 'created', '--timeout', '1s');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^ {2}n2: \w+: /m);
    expect(stderr).not.toMatch(/^ {2}n1: /m);
  });

  test('says of what nobody knows that nobody knows it', async () => {
    const { exitCode, stderr } = await yard.netloom('n1', 'wait', 'network', 'red/nothing', '--for', 'created', '--timeout', '1s');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('neither defined nor in the ledger');
    told(await yard.netloom('n1', 'wait', 'network', 'red/nothing', '--for', 'deleted', '--timeout', '1s'), [0]);
  });
});

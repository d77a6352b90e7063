/** `netloom watch` as a service: what it tells systemd, a configuration and secrets that change under it, and a folder that is edited. */
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { links } from '../host/lab.ts';
import { type Datagrams, listenAt } from './support/datagrams.ts';
import { RUNTIME_DIR } from './support/definitions.ts';
import { document, type RemoteNode, remoteNode } from './support/remote-node.ts';
import { startWatch, type Watching, writeConfig } from './support/watching.ts';

let node: RemoteNode;
const at = (name: string): string => join(node.config.stateDir, '..', name);

beforeAll(async () => {
  node = await remoteNode();
});
afterAll(() => node?.end());

/** Whole or not at all, as people and programs that rotate secrets do it. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

describe('a node', () => {
  let watching: Watching | null = null;
  let manager: Datagrams;
  let config: string;
  const AUTH = (): object => ({ repo: { ...node.config.repo, auth: { type: 'token', file: at('token') } } });
  const start = (): Watching => startWatch(['--config', config, '--poll', '1h', '--interval', '1h'], { NOTIFY_SOCKET: at('notify'), WATCHDOG_USEC: '100000' });
  // One for all tests here, each of which can stand alone.
  async function running(): Promise<Watching> {
    if (watching !== null) return watching;
    const begun = start();
    watching = begun;
    await begun.until('no first pass', () => begun.passes() > 0);
    await begun.rests();
    return begun;
  }
  const told = (): string => manager.received().join('\n');

  beforeAll(async () => {
    replace(at('token'), 'first');
    config = writeConfig(node, AUTH());
    manager = await listenAt(at('notify'));
  });
  afterAll(async () => {
    if (watching?.child.exitCode === null) await watching.stop();
    manager?.close();
  });

  test('is ready when its first pass is over, and lives from then on', async () => {
    node.proxy.spoil(async () => 'stall');
    const asked = node.proxy.asked.length;
    const first = start();
    await first.until('nothing was asked', () => node.proxy.asked.length > asked);
    await first.until('it does not live', () => told().split('WATCHDOG=1').length > 3);
    expect(told()).toContain('STATUS=runs a pass: start');
    expect(told()).not.toContain('READY=1');
    node.proxy.spoil();
    // What stalled is not answered any more: it is the same remote that comes back.
    first.child.kill('SIGKILL');
    const second = await running();
    await second.until('it is not ready', () => told().includes('READY=1'));
    await second.until('no status', () => /STATUS=n1 follows [0-9a-f]{10}, 0 steps to do/.test(told()));
  });

  test('a rotated token is used at once', async () => {
    const now = await running();
    const before = node.proxy.asked.length;
    replace(at('token'), 'second');
    const basic = `Basic ${Buffer.from('x-access-token:second').toString('base64')}`;
    await now.until('the token is the old one', () => node.proxy.asked.slice(before).some(({ headers }) => headers.authorization === basic));
  });

  test('a broken configuration is told, and the one before stays in force; a good one is taken', async () => {
    const now = await running();
    replace(config, '{ node: n1, repo: ');
    await now.until('it is not told', () => now.said().includes('what was configured before stays in force'));
    expect(now.said()).toContain(config);
    await now.until('no pass', () => /stays in force[\s\S]*"pass ended"/.test(now.said()));
    const before = node.proxy.asked.length;
    replace(at('token2'), 'third');
    writeConfig(node, { repo: { ...node.config.repo, auth: { type: 'bearer', file: at('token2') } } });
    await now.until('it is not read', () => node.proxy.asked.slice(before).some(({ headers }) => headers.authorization === 'Bearer third'));
    expect(now.said()).toContain('is read anew');
    await now.until('systemd is not told', () => /RELOADING=1\nMONOTONIC_USEC=\d+\n[\s\S]*READY=1/.test(told().slice(told().indexOf('RELOADING'))));
  });

  test('says that it stops', async () => {
    const now = await running();
    await now.rests();
    // A queue of ten: what nobody reads keeps others out.
    manager.received();
    expect(await now.stop()).toBe(0);
    expect(told()).toContain('STOPPING=1');
  });
});

test('a branch that moves in a repository on this machine is seen at once', async () => {
  const config = writeConfig(node, { repo: { ...node.config.repo, url: join(node.bare.root, 'repo.git') } });
  const watching = startWatch(['--config', config, '--poll', '1h', '--interval', '1h']);
  try {
    await watching.until('no first pass', () => watching.passes() > 0);
    await watching.rests();
    await node.grow({ 'kvm5.yaml': document('Interface', 'vm5', '{ network: lan, node: n1, attach: { tap: { ifname: kvm5 } } }') });
    await watching.until('the commit is not seen', () => links().includes('kvm5'));
  } finally {
    await watching.stop();
  }
});

test('a folder is applied whenever it changes; what is wrong in between is told and changes nothing', async () => {
  const folder = at('folder');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  chmodSync(folder, 0o755);
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('cluster.yaml', document('Cluster', 'test', '{ underlay: { mtu: 1600 } }'));
  write('n1.yaml', document('Node', 'n1', '{ underlay: { address: 192.0.2.11 } }'));
  write('lan.yaml', document('Network', 'lan', '{ cidr: 10.0.0.0/24 }'));
  const vm = (name: string): string => document('Interface', name, `{ network: lan, node: n1, attach: { tap: { ifname: ${name} } } }`);
  const words = ['--local', folder, '--node', 'n1', '--state-dir', at('local-state'), '--runtime-dir', RUNTIME_DIR];
  mkdirSync(at('local-state'), { recursive: true });
  const watching = startWatch([...words, '--interval', '1h']);
  try {
    write('kvm6.yaml', vm('kvm6'));
    await watching.until('the first file is not applied', () => links().includes('kvm6'));
    write('sub/kvm7.yaml', vm('kvm7'));
    await watching.until('the second file is not applied', () => links().includes('kvm7'));
    write('sub/kvm7.yaml', vm('kvm8').replace('network', 'netwrok'));
    await watching.until('the mistake is not told', () => watching.said().includes('did you mean network'));
    await sleep(300);
    expect(
      links()
        .filter(name => name.startsWith('kvm'))
        .sort(),
    ).toEqual(['kvm6', 'kvm7']);
    rmSync(join(folder, 'kvm6.yaml'));
    write('sub/kvm7.yaml', vm('kvm8'));
    await watching.until('the correction is not applied', () => links().includes('kvm8') && !links().includes('kvm6'));
    await watching.rests();
    expect(await watching.stop()).toBe(0);
  } finally {
    if (watching.child.exitCode === null) await watching.stop();
  }
});

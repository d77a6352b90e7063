/** A machine that becomes a node of a cluster that runs, and one that stops being one. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { RunResult } from '../../src/host/exec.ts';
import { definition, type GitLab, gitLab, guest, linksOf, told } from './support-git.ts';

let yard: GitLab;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'netloom-join-'));
  writeFileSync(join(home, 'token'), 'a-node-token\n', { mode: 0o600 });
  const files = {
    'nodes/n3.yaml': null,
    'red/namespace.yaml': definition('Namespace', 'red'),
    'red/lan.yaml': [definition('Network', 'red/lan', { cidr: '10.0.0.0/24', vxid: 16 }), guest('red/r1', 'lan', 'n1')].join('---\n'),
  };
  yard = await gitLab(3, files, [
    ['n1', 'r1'],
    ['n3', 'r3'],
  ]);
  await yard.pass('n1', 'n2');
  // Nodes of a lab share a kernel, and so its boot: this one has another.
  const boot = join(home, 'boot');
  writeFileSync(boot, '0b5e2f5c-1d2e-4f3a-9b4c-000000000001\n');
  await yard.node('n3').ok(`mount --bind ${boot} /proc/sys/kernel/random/boot_id`);
});
afterAll(async () => {
  await yard?.end();
  rmSync(home, { recursive: true, force: true });
});

const config = (): string => join(home, 'etc/node.yaml');
const folders = (): readonly string[] => ['--config', config(), '--state-dir', join(home, 'state'), '--runtime-dir', join(home, 'run')];

/** Joins on n3 while the others have passes, as their timers would. */
async function joining(...args: readonly string[]): Promise<RunResult> {
  let done = false;
  const result = yard.netloom('n3', 'join', yard.lab.url, ...folders(), ...args).finally(() => {
    done = true;
  });
  while (!done) await Promise.all(['n1', 'n2'].map(name => yard.netloom(name, 'reconcile')));
  return result;
}

describe('a machine that joins', () => {
  test('as a name that another machine has is refused, and nothing is written', async () => {
    const result = await yard.netloom('n3', 'join', yard.lab.url, ...folders(), '--node', 'n1');
    expect([result.exitCode, existsSync(join(home, 'etc'))], result.stdout + result.stderr).toEqual([1, false]);
    expect(result.stdout).toMatch(/failed {2}name: NameTaken: another machine publishes as n1/);
    expect(result.stdout).toMatch(/failed {2}underlay: Node n1 has 198\.51\.100\.1 \(.*\), this machine 198\.51\.100\.3 on eth0/);
    expect(result.stderr).toContain('cannot join: name, underlay; nothing was written');
  });

  test('has its definition committed, passes, and waits until its peers know it', async () => {
    const result = await joining('--node', 'n3', '--token-file', join(home, 'token'), '--push', 'main', '--push-own', '--timeout', '60s');
    told(result, [0]);
    expect(statSync(join(home, 'etc/git-token')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(home, 'etc/git-token'), 'utf8')).toBe('a-node-token\n');
    expect(parse(readFileSync(config(), 'utf8'))).toMatchObject({
      node: 'n3',
      repo: { url: yard.lab.url, auth: { type: 'token', file: join(home, 'etc/git-token') } },
    });
    expect(parse((await yard.files('main', 'nodes')).get('nodes/n3.yaml') ?? '')).toMatchObject({
      spec: { underlay: { address: '198.51.100.3', device: 'eth0' } },
    });
    expect(result.stdout).toMatch(/^n3: 198\.51\.100\.3 on eth0, mtu 1600, hypervisor, at [0-9a-f]{10}$/m);
    for (const peer of ['n1', 'n2']) expect(result.stdout).toMatch(new RegExp(`^${peer} +198\\.51\\.100\\.\\d +ready +[\\d.]+ ms +[0-9a-f]{10} +-$`, 'm'));
    const { items } = await yard.json('n1', 'events', 'node', 'n3', '-o', 'json');
    const joined = items.filter((event: { operation: string }) => event.operation === 'joined');
    expect(joined).toEqual([
      expect.objectContaining({ object: 'Node n3', extra: expect.objectContaining({ address: '198.51.100.3', mtu: 1600, role: 'hypervisor' }) }),
    ]);
    expect(await linksOf(yard.node('n3'))).toEqual([]);
  });
});

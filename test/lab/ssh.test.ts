/** A real server of ssh: definitions by ssh://, `ping --ssh` and `doctor --ssh`. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { labRun } from '../../src/lab/enter.ts';
import { configOf, repositoryOf } from '../../src/lab/lab.ts';
import { printed, program } from '../host/program.ts';
import { type Cluster, type ClusterOptions, definition, startCluster } from '../support/lab-cluster.ts';
import { haveAccounts, missingForSshd, type Sshd, startSshd } from '../support/lab-sshd.ts';
import { describeWhere } from '../support/needs.ts';

const GUESTS = {
  web: { name: 'web', on: 'red/lan', node: 'n2', address: '10.1.0.10' },
  shop: { name: 'shop', on: 'red/lan', node: 'n2', address: '10.1.0.11', attach: '{ tap: { ifname: tap-shop } }' },
};
const lan = (...guests: readonly (keyof typeof GUESTS)[]): ClusterOptions => ({
  gateways: ['n1'],
  networks: [{ tenant: 'red', name: 'lan', vxid: 0x51, cidr: '10.1.0.0/24', more: 'dhcp: false' }],
  guests: guests.map(name => GUESTS[name]),
  more: [definition('AddressPool', 'name: edge', 'cidr: 192.0.2.0/26', 'device: eth1')],
});

let all: Cluster;
let folder = '';
let sshd: Sshd;

describeWhere(missingForSshd(), 'with a server of ssh on n1', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'netloom-ssh-'));
    all = await startCluster(lan('web'));
    const environment = await labRun(all.lab, 'n1', ['env'], { okCodes: [0] });
    const env = Object.fromEntries(
      environment.stdout.split('\n').flatMap(line => (/^(PATH|NETLOOM_\w+)=/.test(line) ? [line.split('=') as [string, string]] : [])),
    );
    for (const name of ['server', 'user']) mkdirSync(join(folder, name));
    sshd = await startSshd({ on: all.node('n1'), mark: all.lab.dir, folder: join(folder, 'server'), env });
  });
  afterAll(async () => {
    await sshd?.end();
    await all?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A pass of n2 whose definitions come by ssh, with a state of its own. */
  async function pass(auth: Readonly<Record<string, string>>) {
    const path = join(folder, 'n2.yaml');
    const url = `ssh://root@${all.node('n1').address}:${sshd.port}${repositoryOf(all.lab.dir)}`;
    const repo = JSON.stringify({ url, branch: 'main', auth: { type: 'ssh', ...auth } });
    writeFileSync(path, readFileSync(configOf(all.lab.dir, 'n2'), 'utf8').replace(/^repo: .*$/m, `repo: ${repo}\n`));
    expect(readFileSync(path, 'utf8')).toContain(url);
    return labRun(all.lab, 'n2', ['netloom', 'reconcile', '--config', path], { timeoutMs: 60_000 });
  }
  const git = async (...argv: readonly string[]): Promise<string> =>
    (await run('git', [`--git-dir=${repositoryOf(all.lab.dir)}`, ...argv], { okCodes: [0] })).stdout.trim();

  test('a node follows ssh://: it clones, passes, and pushes its status', async () => {
    await all.push(lan('web', 'shop'));
    const before = await git('rev-parse', 'netloom-status');
    const { exitCode, stdout, stderr } = await pass({ file: sshd.key, knownHosts: sshd.knownHosts });
    expect([exitCode, exitCode === 0 ? '' : stdout + stderr]).toEqual([0, '']);
    expect(await all.node('n2').ok('ip -br link show master br-vxlan-51')).toContain('tap-shop');
    expect(await git('rev-parse', 'netloom-status')).not.toBe(before);
    expect(await git('show', 'netloom-status:nodes/n2.yaml')).toContain(await git('rev-parse', 'main'));
  });

  test.each([
    ["another host's key", () => ({ file: sshd.key, knownHosts: sshd.otherHosts }), /the host shows another key than known_hosts has/],
    ['a key that the host does not take', () => ({ file: sshd.strangersKey, knownHosts: sshd.knownHosts }), /the ssh key is not accepted; check repo.auth/],
  ] as const)('%s: nothing is read or pushed, the reason is told, what is there stays', async (_, auth, words) => {
    await all.push(lan('web'));
    const before = await git('rev-parse', 'netloom-status');
    const { exitCode, stdout, stderr } = await pass(auth());
    expect(stderr + stdout).toMatch(words);
    expect(exitCode).toBe(1);
    expect(await git('rev-parse', 'netloom-status')).toBe(before);
    expect(await all.node('n2').ok('ip -br link show master br-vxlan-51')).toContain('tap-shop');
  });

  test('branches are listed by the beginnings of their names', async () => {
    const tip = await git('rev-parse', 'main');
    for (const name of ['pr/1', 'pr/x;y', 'prx']) await git('update-ref', `refs/heads/${name}`, tip);
    const url = `ssh://root@${all.node('n1').address}:${sshd.port}${repositoryOf(all.lab.dir)}`;
    const auth = { sshKey: sshd.key, knownHosts: sshd.knownHosts };
    const lister = await program(`
      import { openRepo } from '../../src/repo/open.ts';
      const repo = openRepo({ url: process.argv[2], dir: process.argv[3], auth: JSON.parse(process.argv[4]) });
      console.log(JSON.stringify([...await repo.branches(['pr/', 'main'])]));
    `);
    const child = lister.start([url, join(folder, 'lister'), JSON.stringify(auth)], ['nsenter', ...all.node('n2').into()]);
    const found = JSON.parse(await printed(child));
    lister.remove();
    expect(found).toEqual(['main', 'pr/1', 'pr/x;y'].map(name => [name, tip]));
  });

  /** On n3, somebody's ssh for n1. */
  const home = async (): Promise<(hosts: string) => void> => {
    const path = await haveAccounts(all.node('n3'), join(folder, 'user'));
    return hosts =>
      writeFileSync(
        join(path, '.ssh', 'config'),
        `Host n1\n  HostName ${all.node('n1').address}\n  Port ${sshd.port}\n  IdentityFile ${sshd.key}\n  UserKnownHostsFile ${hosts}\n`,
      );
  };

  test('ping --ssh asks from the node that carries the router', async () => {
    const settings = await home();
    settings(sshd.knownHosts);
    const ping = (...more: readonly string[]) =>
      labRun(all.lab, 'n3', ['netloom', 'ping', 'red/lan', '10.1.0.10', '--ssh', 'n1', '-c', '2', '--interval', '0.2', ...more]);
    const asked = await ping();
    expect([asked.exitCode, asked.stdout, asked.stderr]).toEqual([0, expect.stringContaining('2 packets transmitted, 2 received'), '']);
    expect(JSON.parse((await ping('-o', 'json')).stdout)).toMatchObject({ network: 'red/lan', node: 'n1', statistics: { received: 2 } });
    settings(sshd.otherHosts);
    const refused = await ping();
    expect([refused.exitCode, refused.stdout, refused.stderr]).toEqual([1, '', expect.stringMatching(/ssh to n1 failed: .*Host key verification failed/s)]);
  });

  test('doctor --ssh looks there too, and says whom it could not ask', async () => {
    await all.pass(lan('web'));
    const settings = await home();
    settings(sshd.knownHosts);
    const doctor = (...more: readonly string[]) => labRun(all.lab, 'n3', ['netloom', 'doctor', '--ssh', 'n1', ...more], { timeoutMs: 120_000 });
    const both = await doctor('-o', 'json');
    const { nodes, unasked } = JSON.parse(both.stdout);
    expect([both.exitCode, both.stderr, nodes.map((each: { node: string; findings: object[] }) => [each.node, each.findings]), unasked]).toEqual([
      0,
      '',
      [
        ['n3', []],
        ['n1', []],
      ],
      [],
    ]);
    // n3 is not in the network: only n1 is asked.
    const one = await doctor('red/lan', '-o', 'json');
    expect([one.exitCode, JSON.parse(one.stdout).scope, JSON.parse(one.stdout).nodes.map((each: { node: string }) => each.node)]).toEqual([
      0,
      'Network red/lan',
      ['n1'],
    ]);
    settings(sshd.otherHosts);
    const refused = await doctor();
    expect([refused.exitCode, refused.stdout]).toEqual([
      1,
      expect.stringMatching(/^nothing is broken .*; 1 node was not asked\n.*\nnot asked: n1: ssh failed: Host key verification failed/s),
    ]);
  });
});

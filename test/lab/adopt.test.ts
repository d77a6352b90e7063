/** Networks that somebody made on two nodes, by hand and as Shaken Fist does it, are taken over while guests talk: nothing is lost. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pushFolder } from '../../src/lab/definitions.ts';
import { labDown } from '../../src/lab/down.ts';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { type Lab, nodeDir } from '../../src/lab/lab.ts';
import { labUp } from '../../src/lab/up.ts';
import { ROOT } from '../house/tree.ts';
import { definition } from '../support/lab-cluster.ts';
import { type Meter, measureLoss } from '../support/lab-loss.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';
import { type Place, some } from '../support/lab-node-probe.ts';

const base = mkdtempSync(join(tmpdir(), 'netloom-adopt-'));
const folder = join(base, 'definitions');
const NODES = [1, 2].map(n => ({ name: `n${n}`, address: `198.51.100.${n}` }));
const SF_UUID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const MTU = 1550;
let lab: Lab;

const node = (name: string): TestNode => nodeOf(name, holderOf(lab, name), '', lab.dir);
const n1 = (): TestNode => node('n1');
const n2 = (): TestNode => node('n2');

/** Ends with `exitCode`; what it printed. */
async function netloom(on: string, exitCode: number, ...argv: readonly string[]): Promise<string> {
  const ended = await labRun(lab, on, ['netloom', ...argv], { timeoutMs: 60_000 });
  expect([on, argv, ended.exitCode, ended.exitCode === exitCode ? '' : ended.stdout + ended.stderr]).toEqual([on, argv, exitCode, '']);
  return ended.stdout + ended.stderr;
}

/** A guest in a namespace of its own, behind a port that is made for it. */
async function plug(
  on: TestNode,
  netns: string,
  port: { readonly name: string; readonly bridge: string; readonly near?: string },
  mac: string,
  address: string,
): Promise<void> {
  await on.netns(netns);
  const near = port.near === undefined ? '' : ` address ${port.near}`;
  await on.ip([
    `link add ${port.name} mtu ${MTU}${near} type veth peer name eth0 mtu ${MTU} address ${mac} netns ${netns}`,
    `link set ${port.name} master ${port.bridge} up`,
  ]);
  await on.ip([`addr add ${address} dev eth0`, 'link set eth0 up'], netns);
}

/** `vxlan100` in `br100`, as a person would. */
async function byHand(on: TestNode, n: number, peer: string): Promise<void> {
  await on.ip([
    `link add vxlan100 mtu ${MTU} type vxlan id 100 dev eth0 dstport 0`,
    'link add br100 type bridge',
    'link set vxlan100 master br100 up',
    'link set br100 up',
  ]);
  await on.ok(`bridge fdb append 00:00:00:00:00:00 dev vxlan100 dst ${peer}`);
  await plug(on, 'hand', { name: 'port7', bridge: 'br100' }, `52:54:00:00:00:0${n}`, `10.0.0.1${n}/24`);
}

/** What Shaken Fist does on a hypervisor, word for word, and libvirt's port. */
async function asShakenFist(on: TestNode, n: number, peer: string): Promise<void> {
  const H = 'e2300f';
  await on.ip([
    `link add vxlan-${H} mtu ${MTU} type vxlan id ${0xe2300f} dev eth0 dstport 0`,
    `link add br-vxlan-${H} mtu ${MTU} type bridge`,
    `link set vxlan-${H} master br-vxlan-${H}`,
    `link set vxlan-${H} up`,
    `link set br-vxlan-${H} up`,
    `link set br-vxlan-${H} type bridge forward_delay 0 stp_state 0 ageing_time 0`,
  ]);
  await on.ok(['sysctl', '-qw', `net.ipv4.conf.vxlan-${H}.arp_notify=1`, `net.ipv4.conf.br-vxlan-${H}.arp_notify=1`]);
  await on.ok(`bridge fdb append to 00:00:00:00:00:00 dst ${peer} dev vxlan-${H}`);
  const port = { name: 'vnet3', bridge: `br-vxlan-${H}`, near: `fe:00:00:00:01:0${n}` };
  await plug(on, 'vm', port, `02:00:00:00:01:0${n}`, `192.168.5.1${n}/24`);
  await on.ip(['route add default via 192.168.5.1'], 'vm');
}

/** Its network node: a router in a namespace named by the uuid, the egress bridge, NAT, and dnsmasq with reservations. */
async function itsRouter(on: TestNode): Promise<void> {
  const H = 'e2300f';
  await on.ok(`ip netns add ${SF_UUID}`);
  await on.ip([
    `link add veth-${H}-o mtu ${MTU} type veth peer name veth-${H}-i mtu ${MTU} netns ${SF_UUID}`,
    `link set veth-${H}-o master br-vxlan-${H} up`,
    'link add egr-br-eth9 type bridge',
    'link set egr-br-eth9 up',
    'addr add 192.168.20.1/24 dev egr-br-eth9',
    `link add egr-${H}-o type veth peer name egr-${H}-i netns ${SF_UUID}`,
    `link set egr-${H}-o master egr-br-eth9 up`,
    // A tap that stays, of a guest that is off: what its MAC is the DHCP server tells.
    'tuntap add dev vnet9 mode tap',
    `link set vnet9 address fe:00:00:00:01:09 mtu ${MTU} master br-vxlan-${H} up`,
  ]);
  await on.ip(
    [
      `addr add 192.168.5.1/24 dev veth-${H}-i`,
      `link set veth-${H}-i up`,
      `addr add 192.168.20.77/24 dev egr-${H}-i`,
      `link set egr-${H}-i up`,
      'route add default via 192.168.20.1',
    ],
    SF_UUID,
  );
  await on.ok(['ip', 'netns', 'exec', SF_UUID, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  const nat = `table ip nat {
    chain pre { type nat hook prerouting priority -100; ip daddr 192.168.20.80 dnat to 192.168.5.11; }
    chain post { type nat hook postrouting priority 100; oifname "egr-${H}-i" ip saddr 192.168.5.0/24 masquerade; }
  }`;
  await on.ok(['ip', 'netns', 'exec', SF_UUID, 'nft', '-f', '-'], nat);
  const dhcp = join(base, 'dhcp');
  mkdirSync(dhcp);
  writeFileSync(join(dhcp, 'hosts'), '02:00:00:00:01:01,vm1,192.168.5.11\n02:00:00:00:01:09,Off Line,192.168.5.9\n');
  writeFileSync(
    join(dhcp, 'config'),
    `port=0\nno-hosts\nno-resolv\nuser=root\npid-file=${dhcp}/pid\ninterface=veth-${H}-i\nlisten-address=192.168.5.1\ndhcp-leasefile=${dhcp}/leases\ndhcp-range=192.168.5.2,static,255.255.255.0,192.168.5.255,1h\ndhcp-hostsfile=${dhcp}/hosts\n`,
  );
  await on.ok(['ip', 'netns', 'exec', SF_UUID, 'dnsmasq', `--conf-file=${dhcp}/config`]);
}

const eth0 = (on: TestNode, netns: string, address?: string): Place => ({ node: on, netns, ifname: 'eth0', ...(address === undefined ? {} : { address }) });
const links = async (on: TestNode): Promise<string> =>
  JSON.stringify((await on.json('link show')).map(({ ifname, group, master, address }: Record<string, string>) => [ifname, group, master, address]));

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const cluster = definition('Cluster', 'name: adopted', 'underlay: { port: 8472, mtu: 1600 }', 'guards: { maxDeletions: 100, maxDeletedPercent: 100 }');
  const nodes = NODES.map(({ name, address }) => definition('Node', `name: ${name}`, `underlay: { address: ${address} }`));
  writeFileSync(join(folder, 'cluster.yaml'), [cluster, ...nodes].join('---\n'));
  const cast = { nodes: NODES, underlayMtu: 1600, guests: [] };
  lab = await labUp({ dir: join(base, 'lab'), definitions: { folder, cast }, home: ROOT });
  const [one, two] = NODES.map(({ address }) => address) as [string, string];
  await Promise.all([byHand(n1(), 1, two), byHand(n2(), 2, one)]);
  await Promise.all([asShakenFist(n1(), 1, two), asShakenFist(n2(), 2, one)]);
  await itsRouter(n1());
});
afterAll(async () => {
  if (lab !== undefined) await labDown(lab.dir);
  rmSync(base, { recursive: true, force: true });
});

describe('what somebody made on two nodes', () => {
  const meters = new Map<string, Meter>();

  test('is written down as definitions, on one node after the other, and nothing is touched', async () => {
    const before = [await links(n1()), await links(n2())];
    const said = await netloom('n1', 0, 'adopt', '--node', 'n1', '--dir', folder, '--write');
    expect(said).toContain('wrote networks/default/net-64.yaml');
    expect(said).toContain('has a router of somebody else on n1');
    await netloom('n2', 0, 'adopt', '--node', 'n2', '--dir', folder, '--write');
    expect([await links(n1()), await links(n2())]).toEqual(before);
    const text = ['net-64.n1', 'net-64.n2', 'net-e2300f', 'net-e2300f.n1', 'net-e2300f.n2'].map(name =>
      readFileSync(join(folder, 'networks/default', `${name}.yaml`), 'utf8'),
    );
    expect(text[0]).toContain('  mac: 52:54:00:00:00:01\n  address: 10.0.0.11\n  attach:\n    bridge:\n      port: port7\n');
    expect(text[2]).toContain('  vxid: 0xe2300f\n  mtu: 1550\n  cidr: 192.168.5.0/24\n  dhcp: false\n');
    expect(text[3]).toContain('  instance: vm1\n  mac: 02:00:00:00:01:01\n  address: 192.168.5.11\n');
    expect(text[3]).toContain('  mac: 02:00:00:00:01:09\n  address: 192.168.5.9\n  attach:\n    tap:\n      ifname: vnet9\n');
    expect(text[3]).toContain('port: veth-e2300f-o');
    expect(await netloom('n1', 0, 'adopt', '--node', 'n1', '--dir', folder)).toContain('All of it is defined already');
    await netloom('n1', 0, 'validate', folder);
  });

  test('is given back when nobody confirms: nothing of it is deleted, no packet is lost, and it is as it was', async () => {
    const looks = async (): Promise<string> => {
      const details = await Promise.all(
        ['-d link show dev br100', '-d link show dev vxlan100', '-d link show dev port7', '-d link show dev vnet9'].map(words => n1().ok(`ip ${words}`)),
      );
      // Timers run on, and an address that nobody said cannot be unsaid.
      return (
        (await links(n1())) +
        details.join('').replace(/_timer +[\d.]+| local 198\S+/g, '') +
        (await n1().ok('bridge fdb show dev vxlan100')).replace(/^(?!00:00).*$/gm, '').trim()
      );
    };
    const before = await looks();
    writeFileSync(join(folder, 'README.md'), 'not yet\n');
    await pushFolder(lab.dir, folder);
    const meter = await measureLoss(eth0(n1(), 'hand'), '10.0.0.12', 10);
    expect(await netloom('n1', 0, 'reconcile', '--confirm-timeout', '5m')).toContain('waits for netloom confirm');
    expect(await links(n1())).toContain('"vxlan-64","97"');
    const path = join(nodeDir(lab.dir, 'n1'), 'state', 'armed', 'journal.json');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), phase: 'undoing', why: 'of a test' }));
    const told = await netloom('n1', 1, 'reconcile');
    expect(told).toContain(`what it took over is its maker's again: vxlan100, br100, vxlan-e2300f, br-vxlan-e2300f, vnet9"`);
    expect(await looks()).toBe(before);
    expect(await n1().ok('ip neigh show nud permanent')).toBe('');
    expect(await meter.stop(50)).toMatchObject({ lost: 0 });
    rmSync(join(folder, 'README.md'));
  });

  test('is taken over by a plan that says so, also by one that died in the middle, and no packet is lost', async () => {
    await pushFolder(lab.dir, folder);
    meters.set('by hand', await measureLoss(eth0(n1(), 'hand'), '10.0.0.12', 10));
    meters.set('Shaken Fist', await measureLoss(eth0(n2(), 'vm'), '192.168.5.11', 10));
    meters.set('through its router', await measureLoss(eth0(n2(), 'vm'), '192.168.20.1', 10));
    const text = await netloom('n1', 2, 'plan', '--detailed-exitcode');
    expect(text).toContain('= adopt vxlan bridge br-vxlan-64  (was: br100, no group)');
    expect(text).toContain('= adopt vxlan interface vxlan-e2300f  (was: no group)');
    expect(text).toContain('= adopt tap vnet9  (was: no group)');
    expect(text).toMatch(/^Plan: \d+ to add, 5 to adopt, \d+ to change, 0 to destroy\./m);
    // As far as a pass gets that is killed after its first act.
    const [first = ''] = (await netloom('n1', 0, 'plan', '-o', 'commands')).split('\n').filter(line => line.startsWith('ip link set dev br100'));
    await n1().ip([first.slice('ip '.length).replaceAll("'", '"')]);
    await Promise.all(['n1', 'n2'].map(name => netloom(name, 0, 'reconcile')));
    for (const [name, meter] of meters) expect([name, await meter.stop(50)]).toEqual([name, expect.objectContaining({ lost: 0 })]);
  });

  test('is all ours then, and the next plan is empty', async () => {
    for (const name of ['n1', 'n2']) {
      expect(await netloom(name, 0, 'plan', '--detailed-exitcode')).toContain('No changes.');
      const marked = (await node(name).json('link show group 97')).flatMap(({ ifname }: { ifname?: string }) => ifname ?? []).sort();
      expect(marked).toEqual(['br-vxlan-64', 'br-vxlan-e2300f', ...(name === 'n1' ? ['vnet9'] : []), 'vxlan-64', 'vxlan-e2300f']);
    }
    // Its guests are held to what is known of them.
    await n1().ip(['addr add 10.0.0.77/24 dev eth0'], 'hand');
    expect((await n1().run(['ip', 'netns', 'exec', 'hand', 'ping', '-c', '2', '-W', '1', '-I', '10.0.0.77', '10.0.0.12'])).exitCode).toBe(1);
    await n1().ip(['addr del 10.0.0.77/24 dev eth0'], 'hand');
  });

  test('takes a new guest by its definition alone', async () => {
    await n2().netns('fresh');
    const spec = ['network: net-e2300f', 'node: n2', 'address: 192.168.5.50', 'attach: { netns: { name: fresh } }'];
    writeFileSync(join(folder, 'fresh.yaml'), definition('Interface', 'name: fresh', ...spec));
    await pushFolder(lab.dir, folder);
    await Promise.all(['n1', 'n2'].map(name => netloom(name, 0, 'reconcile')));
    await some(eth0(n2(), 'fresh', '192.168.5.50'), eth0(n1(), 'vm', '192.168.5.11'));
  });

  test('goes as ours when its definition goes, and not before its guests did', async () => {
    for (const name of ['net-64.yaml', 'net-64.n1.yaml', 'net-64.n2.yaml']) rmSync(join(folder, 'networks/default', name));
    await pushFolder(lab.dir, folder);
    await netloom('n1', 4, 'reconcile');
    expect(await n1().ok('ip -br link show dev br-vxlan-64')).toContain('br-vxlan-64');
    await n1().ip(['link del port7']);
    await netloom('n1', 0, 'reconcile');
    expect(await links(n1())).not.toMatch(/"(br-)?vxlan-64"/);
  });
});

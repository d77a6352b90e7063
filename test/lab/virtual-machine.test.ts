/** Two real virtual machines: one sets itself up by DHCP, one from its config drive. Needs QEMU and a kernel, which `npm test` gets as root. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { OUTSIDE } from '../../src/lab/outside.ts';
import { type Cluster, type ClusterOptions, definition, macOf, startCluster, type TestNetwork } from '../support/lab-cluster.ts';
import { initrd } from '../support/lab-initrd.ts';
import { measureLoss } from '../support/lab-loss.ts';
import { type Machine, missingForMachines, startMachine } from '../support/lab-machine.ts';
import { nodeOf } from '../support/lab-node.ts';
import { moveMachine } from '../support/lab-qmp.ts';
import { talk } from '../support/lab-talk.ts';
import { ask, askFor, type Spot, serve } from '../support/lab-tcp.ts';
import { describeWhere } from '../support/needs.ts';

const FLOATING = '192.0.2.10';
const ECHO = 7001;
const WHO = 7002;
const NEIGHBOUR = 7003;

const OPTIONS: ClusterOptions = {
  mtu: 1500,
  gateways: ['n1'],
  networks: [
    { tenant: 'red', name: 'lan', vxid: 0x41, cidr: '10.0.0.0/24', more: 'dns: true' },
    { tenant: 'blue', name: 'still', vxid: 0x42, cidr: '10.2.0.0/24', more: 'dhcp: false' },
  ],
  guests: [
    { name: 'vm', on: 'red/lan', node: 'n2', address: '10.0.0.11', attach: '{ tap: { ifname: tap-vm } }' },
    { name: 'near', on: 'red/lan', node: 'n3', address: '10.0.0.12' },
    { name: 'home', on: 'red/lan', node: 'n2', address: '10.0.0.13' },
    { name: 'disk', on: 'blue/still', node: 'n3', address: '10.2.0.11', attach: '{ tap: {} }', more: 'instance: from-disk' },
    { name: 'mate', on: 'blue/still', node: 'n2', address: '10.2.0.12' },
  ],
  more: [
    definition('AddressPool', 'name: floating', 'cidr: 192.0.2.0/24', 'device: eth1', 'mode: routed'),
    definition('FloatingIP', 'name: web, namespace: red', `address: ${FLOATING}`, 'interface: vm'),
  ],
};

const NIC = ['-netdev', 'tap,id=net,ifname=tap-vm,script=no,downscript=no', '-device', `virtio-net-pci,netdev=net,mac=${macOf('vm')},romfile=`];

/** The first machine on these nodes. */
const vmOn = (node: string, more = ''): ClusterOptions => ({
  ...OPTIONS,
  guests: OPTIONS.guests.map(guest => (guest.name === 'vm' ? { ...guest, node, more } : guest)),
});

/** Servers in a machine: one says what it hears, one says its MAC. */
const SERVERS = `nc -ll -p ${ECHO} -e cat > /dev/null 2>&1 & nc -ll -p ${WHO} -e cat /sys/class/net/eth0/address > /dev/null 2>&1 &`;

/** Address and prefix, mtu, routes, and what the resolver reads: a line each. */
async function settings(machine: Machine): Promise<readonly string[]> {
  const said = await machine.ok('ip -o -4 addr show dev eth0 | tr -s " " | cut -d " " -f 4; cat /sys/class/net/eth0/mtu; ip route; cat /etc/resolv.conf');
  return said.split('\n').map(line => line.trim().replace(/ +/g, ' '));
}

const who = async (from: Spot, to: string): Promise<string> => (await askFor(from, to, WHO, /./)).trim();

let all: Cluster;
let outside: Spot;
let first: Machine;
let second: Machine;
let folder = '';

const boot = (name: string, node: string, nic: readonly string[], more: { readonly disk?: string; readonly orders?: string; readonly incoming?: string }) =>
  startMachine({
    node: all.node(node),
    nic,
    mark: all.lab.dir,
    initrd: join(folder, 'initrd'),
    console: join(folder, `${name}.log`),
    ...more,
  });

/** What `netloom instance-data from-disk` prints on its node. */
async function instanceData(...options: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await labRun(all.lab, 'n3', ['netloom', 'instance-data', 'blue/from-disk', ...options]);
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout;
}

async function bootSecond(): Promise<Machine> {
  const image = join(folder, 'config-drive.iso');
  await instanceData('--iso', image);
  const nic = (await instanceData('--format', 'qemu')).trim().split(' ');
  return boot('second', 'n3', nic, { disk: image });
}

describeWhere(missingForMachines(), 'virtual machines', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'netloom-machines-'));
    writeFileSync(join(folder, 'initrd'), initrd());
    all = await startCluster(OPTIONS);
    outside = { node: nodeOf(OUTSIDE.name, holderOf(all.lab, OUTSIDE.name), OUTSIDE.address, all.lab.dir) };
    const near = all.guest('near') as Spot;
    [first, second] = await Promise.all([
      boot('first', 'n2', NIC, { orders: join(folder, 'orders') }),
      bootSecond(),
      serve(near, NEIGHBOUR),
      serve(outside, NEIGHBOUR),
    ]);
  }, 300_000);
  afterAll(async () => {
    await Promise.all([first?.end(), second?.end()]);
    await all?.end();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  describe('the one on a network with DHCP', () => {
    test('leases its address, mtu, router and resolver', async () => {
      expect(await first.ok('cat /sys/class/net/eth0/mtu; ip -4 addr show dev eth0; hostname')).toBe('1500\n(none)');
      await first.ok('udhcpc -i eth0 -n -q -t 20 -T 1 -s /lease.sh');
      expect(await settings(first)).toEqual([
        '10.0.0.11/24',
        '1450',
        'default via 10.0.0.1 dev eth0',
        '10.0.0.0/24 dev eth0 scope link src 10.0.0.11',
        'search red.netloom',
        'nameserver 10.0.0.1',
      ]);
      expect(await first.ok('hostname')).toBe('vm');
      await first.ok(SERVERS);
    });

    test('resolves the name of a neighbour on another node, and reaches it', async () => {
      expect(await first.ok('nslookup near.red.netloom')).toMatch(/Name:\s+near\.red\.netloom\s+Address( 1)?:\s+10\.0\.0\.12/);
      expect(await first.ok(`nc -w 5 near ${NEIGHBOUR} < /dev/null`)).toBe('10.0.0.11 > 10.0.0.12');
      // Packets of the whole mtu.
      await first.ok('ping -c 2 -s 1422 near');
    });

    test('reaches the outside', async () => {
      expect(await first.ok(`nc -w 5 ${OUTSIDE.address} ${NEIGHBOUR} < /dev/null`)).toMatch(/^192\.0\.2\.\d+ > 198\.18\.255\.9$/);
    });

    test('is reached from outside by its floating address', async () => {
      expect(await who(outside, FLOATING)).toBe(macOf('vm'));
    });

    test('keeps its connection, which carries a lot, while other networks come and go', async () => {
      const call = talk(outside, FLOATING, ECHO);
      const others = [0x51, 0x52, 0x53].map((vxid, index) => ({ tenant: 'red', name: `other${index}`, vxid, cidr: `10.5.${index}.0/24`, more: 'dns: true' }));
      const guests = others.slice(1).map(({ name }, index) => ({ name: `x${index}`, on: `red/${name}`, node: 'n2', attach: '{ tap: {} }' }));
      const float = definition('FloatingIP', 'name: other, namespace: red', 'address: 192.0.2.11', 'interface: x0');
      const routers = 'veth-51-o veth-52-o veth-53-o';
      const networks = (mtu?: number): readonly TestNetwork[] => [...OPTIONS.networks, ...others.map(each => ({ ...each, ...(mtu ? { mtu } : {}) }))];
      const more = [...(OPTIONS.more ?? []), float];
      const steps: readonly [ClusterOptions, string][] = [
        [{ ...OPTIONS, networks: networks(), guests: [...OPTIONS.guests, ...guests], more }, `flt-c000020b-o ${routers}`],
        [{ ...OPTIONS, networks: networks(1400), guests: [...OPTIONS.guests, ...guests] }, routers],
        [OPTIONS, ''],
      ];
      const links = async (): Promise<string> => [...(await all.node('n1').ok('ip -o link show')).matchAll(/(?:veth-5\d|flt-c000020b)-o/g)].sort().join(' ');
      for (const [step, made] of steps) {
        const before = call.heard();
        await all.pass(step);
        expect(await links()).toBe(made);
        // As much again, once all is done.
        expect(await call.hearsMoreThan(call.heard() + 200_000)).toBe(true);
        expect(call.heard()).toBeGreaterThan(before + 200_000);
      }
      expect(await call.end()).toBe('');
    });
  });

  test('moves to another node while it runs: its connection lives on, and nobody misses it for a second', async () => {
    await all.pass(vmOn('n2', 'migrateTo: n3'));
    const incoming = join(folder, 'incoming');
    const there = await boot('first, moved', 'n3', NIC, { incoming });
    try {
      const call = talk(outside, FLOATING, ECHO);
      expect(await call.hearsMoreThan(100_000)).toBe(true);
      const far = { node: outside.node, ifname: 'lo' };
      const places = [
        ['on its old node', all.guest('home'), '10.0.0.11'],
        ['on its new node', all.guest('near'), '10.0.0.11'],
        ['outside', far, FLOATING],
      ] as const;
      const meters = await Promise.all(places.map(async ([who, from, to]) => [who, await measureLoss(from, to, 20)] as const));
      await moveMachine(join(folder, 'orders'), incoming);
      await first.end();
      expect(await call.hearsMoreThan(call.heard() + 100_000)).toBe(true);
      const lost = await Promise.all(meters.map(async ([who, meter]) => [who, (await meter.stop()).longestMs] as const));
      expect(lost.filter(([, ms]) => ms >= 1000)).toEqual([]);
      await all.pass(vmOn('n3'));
      expect(await call.hearsMoreThan(call.heard() + 100_000)).toBe(true);
      expect(await call.end()).toBe('');
    } finally {
      first = there;
    }
    expect(await first.ok('cat /sys/class/net/eth0/address')).toBe(macOf('vm'));
    expect(await who(outside, FLOATING)).toBe(macOf('vm'));
  });

  test('with both on their taps, no node has anything left to do', async () => {
    const results = await Promise.all(all.nodes.map(node => labRun(all.lab, node.name, ['netloom', 'plan', '--detailed-exitcode'])));
    expect(results.map(({ exitCode, stdout, stderr }) => [exitCode, exitCode === 0 ? '' : stdout + stderr])).toEqual(all.nodes.map(() => [0, '']));
  });

  describe('the one on a network without DHCP', () => {
    test('gets no lease', async () => {
      // QEMU was told the mtu: what the drive says must show.
      expect(await second.ok('cat /sys/class/net/eth0/mtu')).toBe('1450');
      await second.ok('ip link set dev eth0 mtu 1300 up');
      expect((await second.run('udhcpc -i eth0 -n -q -t 2 -T 1 -s /lease.sh')).exitCode).toBe(1);
    });

    test('sets itself up from its config drive', async () => {
      await second.ok('sh /config-drive.sh');
      expect(await settings(second)).toEqual(['10.2.0.11/24', '1450', 'default via 10.2.0.1 dev eth0', '10.2.0.0/24 dev eth0 scope link src 10.2.0.11']);
      await second.ok(SERVERS);
    });

    test('reaches its neighbour, the outside and the other machine', async () => {
      await second.ok('ping -c 2 -s 1422 10.2.0.12');
      expect(await second.ok(`nc -w 5 ${OUTSIDE.address} ${NEIGHBOUR} < /dev/null`)).toMatch(/^192\.0\.2\.\d+ > 198\.18\.255\.9$/);
      await second.ok(`ping -c 2 ${FLOATING}`);
      expect(await second.ok(`nc -w 5 ${FLOATING} ${WHO} < /dev/null`)).toBe(macOf('vm'));
    });

    test('has no floating address, and does not answer from outside', async () => {
      const [router = ''] = (await second.ok(`nc -w 5 ${OUTSIDE.address} ${NEIGHBOUR} < /dev/null`)).split(' ');
      // The outside and the gateway node know the way, as well as they can.
      await outside.node.ip(['route add 10.2.0.0/24 via 198.18.0.1']);
      await all.node('n1').ip([`route add 10.2.0.0/24 via ${router} dev egr-br-eth1`]);
      for (const silent of ['10.2.0.11', router]) expect([silent, await ask(outside, silent, WHO)]).toEqual([silent, '']);
      expect(await who(outside, FLOATING)).toBe(macOf('vm'));
      // It would, if nobody watched: neither its router nor the gateway node.
      const { stdout } = await labRun(all.lab, 'n1', ['netloom', 'get', 'network', 'blue/still', '-o', 'json']);
      await all.node('n1').ok(`ip netns exec ${JSON.parse(stdout).status.uuid} nft flush chain ip netloom through`);
      await all.node('n1').ok('nft delete table inet netloom');
      expect(await who(outside, '10.2.0.11')).toBe(macOf('disk'));
    });
  });
});

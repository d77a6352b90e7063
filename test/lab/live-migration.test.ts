/** A running guest moves from n2 to n3: who reaches it, and for how long nobody does, measured from every place. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { OUTSIDE } from '../../src/lab/outside.ts';
import { labPlug } from '../../src/lab/plug.ts';
import { bridgeName } from '../../src/model/names.ts';
import { type Cluster, type ClusterOptions, definition, macOf, startCluster } from '../support/lab-cluster.ts';
import { type Loss, measureLoss } from '../support/lab-loss.ts';
import { nodeOf } from '../support/lab-node.ts';
import { arpReply, frame, ipv4, reverse } from '../support/lab-node-frames.ts';
import { echo, type Place, refuses, sendFrames, token } from '../support/lab-node-probe.ts';

const EVERYBODY = 'ff:ff:ff:ff:ff:ff';
const FLOATING = '192.0.2.10';
const BLUE = bridgeName(0x22);
const BOX = '10.0.0.11';
const LIBVIRT = '10.1.0.11';

/** `box` is behind a veth of netloom, `libvirt` behind a port that somebody else makes. */
const guests = (where: string): ClusterOptions['guests'] => {
  const [node = '', target] = where.split('>');
  const more = target === undefined ? '' : `migrateTo: ${target}`;
  return [
    { name: 'box', on: 'red/lan', node, address: BOX, attach: '{ netns: { name: box } }', more },
    { name: 'near', on: 'red/lan', node: 'n2', address: '10.0.0.12' },
    { name: 'far', on: 'red/lan', node: 'n3', address: '10.0.0.13' },
    { name: 'other', on: 'red/lan', node: 'n1', address: '10.0.0.14' },
    { name: 'libvirt', on: 'blue/lan', node, address: LIBVIRT, attach: '{ bridge: { port: vnet0 } }', more },
    { name: 'beside', on: 'blue/lan', node: 'n2', address: '10.1.0.12' },
    { name: 'ahead', on: 'blue/lan', node: 'n3', address: '10.1.0.13' },
    { name: 'aside', on: 'blue/lan', node: 'n1', address: '10.1.0.14' },
  ];
};
const at = (where: string): ClusterOptions => ({
  gateways: ['n1'],
  networks: [
    { tenant: 'red', name: 'lan', vxid: 0x21, cidr: '10.0.0.0/24' },
    { tenant: 'blue', name: 'lan', vxid: 0x22, cidr: '10.1.0.0/24' },
  ],
  guests: guests(where),
  more: [
    definition('AddressPool', 'name: floating', 'cidr: 192.0.2.0/24', 'device: eth1', 'mode: routed'),
    definition('FloatingIP', 'name: web, namespace: red', `address: ${FLOATING}`, 'interface: box'),
  ],
});

let all: Cluster;
let outside: Place;
let device = '';
let isMoving = false;

const guest = (name: string): Place => all.guest(name);
const boxOn = (node: string): Place => ({ node: all.node(node), netns: 'box', ifname: 'eth0', address: BOX });

/** A namespace in which nothing speaks before it is spoken to. */
async function silentNamespace(node: string, name: string): Promise<void> {
  await all.node(node).netns(name);
  await all.node(node).ok(`ip netns exec ${name} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1`);
}

const plug = (node: string, address?: string): Promise<void> =>
  labPlug(all.lab, {
    node,
    bridge: BLUE,
    port: 'vnet0',
    guest: { netns: 'libvirt', mac: macOf('libvirt'), mtu: 1550, ...(address === undefined ? {} : { address }) },
  });

beforeAll(async () => {
  all = await startCluster({ ...at('n2'), guests: at('n2').guests.map(each => (each.name === 'box' ? { ...each, attach: '{ tap: {} }' } : each)) });
  outside = { node: nodeOf(OUTSIDE.name, holderOf(all.lab, OUTSIDE.name), OUTSIDE.address, all.lab.dir), ifname: 'lo' };
  for (const node of ['n2', 'n3']) for (const name of ['box', 'libvirt']) await silentNamespace(node, name);
  await plug('n2', `${LIBVIRT}/24`);
  await all.pass(at('n2'));
  const { stdout } = await labRun(all.lab, 'n2', ['netloom', 'ensure', 'red/box', '-o', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({ device: 'eth0', netns: 'box' });
  const shown = await labRun(all.lab, 'n2', ['netloom', 'get', 'interface', 'red/box', '-o', 'json']);
  device = JSON.parse(shown.stdout).status.device;
}, 120_000);
afterAll(() => all?.end());

/** What each place loses of its echo requests to the guests while something happens. */
async function losses(act: () => Promise<unknown>): Promise<ReadonlyMap<string, Loss>> {
  const from: readonly (readonly [string, Place, string])[] = [
    ...['near', 'far', 'other'].map(name => [name, guest(name), BOX] as const),
    ['outside', outside, FLOATING],
    ...['beside', 'ahead', 'aside'].map(name => [name, guest(name), LIBVIRT] as const),
  ];
  const meters = await Promise.all(from.map(async ([name, place, to]) => [name, await measureLoss(place, to, 20)] as const));
  await act();
  return new Map(await Promise.all(meters.map(async ([name, meter]) => [name, await meter.stop()] as const)));
}

/** Nothing: what was sent was answered, from every place. */
function lostNothing(found: ReadonlyMap<string, Loss>): void {
  expect([...found].filter(([, { lost }]) => lost > 0)).toEqual([]);
  expect(found.size).toBe(7);
}

/** A revision that one node follows before the others. */
const follow = async (where: string, first: string): Promise<void> => {
  isMoving = where.includes('>');
  await all.push(at(where));
  await all.passOn(first);
  await Promise.all(all.nodes.filter(({ name }) => name !== first).map(({ name }) => all.passOn(name)));
};

describe('a guest that migrates', () => {
  test('loses nothing while both nodes make themselves ready, nor when it stays after all', async () => {
    lostNothing(await losses(() => follow('n2>n3', 'n1')));
    lostNothing(await losses(() => follow('n2', 'n3')));
    lostNothing(await losses(() => follow('n2>n3', 'n2')));
    const { exitCode, stdout, stderr } = await labRun(all.lab, 'n3', ['netloom', 'ensure', 'red/box', '-o', 'json']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ device: 'eth0', netns: 'box', mac: macOf('box'), address: `${BOX}/24` });
    await plug('n3');
    expect((await all.node('n3').json(`link show dev ${device}`))[0].flags).not.toContain('UP');
  }, 120_000);

  test('is heard by nobody else, and nobody else speaks in its name', async () => {
    // Also when it is the only test that runs.
    if (!isMoving) await follow('n2>n3', 'n1');
    const mark = token();
    await refuses([guest('near'), guest('far')], boxOn('n2'), mark, () => echo(guest('other'), BOX, mark));
    for (const liar of ['near', 'far']) {
      const lie = token();
      const deaf = [guest('other'), guest(liar === 'near' ? 'far' : 'near')];
      const shout = frame(EVERYBODY, macOf('box'), 0x0800, Buffer.concat([ipv4(BOX, '10.0.0.14'), lie]));
      await refuses(deaf, guest(liar), lie, () => sendFrames(guest(liar), [shout]));
    }
  });

  test('moves, and is reached from everywhere in less than a second, also when it says nothing', async () => {
    let tookMs = 0;
    const found = await losses(async () => {
      const begun = performance.now();
      await all.node('n2').ip([`link set dev ${device} down`]);
      await all.node('n3').ip([`link set dev ${device} up`]);
      // The port stays where it was, and its bridge knows the guest there: this one has to say that it moved.
      await all.node('n2').ip(['addr flush dev eth0'], 'libvirt');
      await all.node('n3').ip([`addr add ${LIBVIRT}/24 dev eth0`], 'libvirt');
      const announcement = frame(EVERYBODY, macOf('libvirt'), 0x0806, arpReply(macOf('libvirt'), LIBVIRT, LIBVIRT));
      await sendFrames({ node: all.node('n3'), netns: 'libvirt', ifname: 'eth0' }, [announcement]);
      tookMs = performance.now() - begun;
    });
    // What these commands took is the test's, not netloom's.
    expect([...found].filter(([, { longestMs }]) => longestMs >= 1000 + tookMs)).toEqual([]);
    const mark = token();
    await refuses([boxOn('n2')], boxOn('n3'), mark, () => echo(guest('near'), BOX, mark));
    expect((await all.node('n2').json('-4 addr show dev eth0', 'libvirt')).flatMap((row: { addr_info: object[] }) => row.addr_info)).toEqual([]);
  });

  test('is announced by RARP too', async () => {
    const mark = token();
    const said = frame(EVERYBODY, macOf('box'), 0x8035, Buffer.concat([reverse(3, macOf('box')), mark]));
    await refuses([], guest('near'), mark, () => sendFrames(boxOn('n3'), [said]));
  });

  test('loses nothing when its new node has it alone, and the old one has nothing of it', async () => {
    lostNothing(await losses(() => follow('n3', 'n2')));
    expect((await all.node('n2').json('link show')).map((row: { ifname: string }) => row.ifname)).not.toContain(device);
    const plans = await Promise.all(all.nodes.map(node => labRun(all.lab, node.name, ['netloom', 'plan', '--detailed-exitcode'])));
    expect(plans.map(({ exitCode, stdout }) => [exitCode, exitCode === 0 ? '' : stdout])).toEqual(all.nodes.map(() => [0, '']));
  });
});

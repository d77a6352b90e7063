import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labRun } from '../../src/lab/enter.ts';
import { labPlug } from '../../src/lab/plug.ts';
import { bridgeName } from '../../src/model/names.ts';
import { type Cluster, macOf, startCluster } from '../support/lab-cluster.ts';
import { foreignMac, heard, type Lie, lies, type Scene, truths } from '../support/lab-lies.ts';
import { frame, ipv4 } from '../support/lab-node-frames.ts';
import { echo, guestBehindTap, none, type Place, refuses, sendFrames, some, token } from '../support/lab-node-probe.ts';
import { openTap } from '../support/lab-tap.ts';

const BRIDGE = bridgeName(0x31);
const MTU = 1550;
const ADDRESSES = { vm: '10.0.0.11', box: '10.0.0.12', host: '10.0.0.13', named: '10.0.0.14', known: '10.0.0.15', other: '10.0.0.16' } as const;
type Tales = ReadonlyMap<string, Lie>;
type GuestName = keyof typeof ADDRESSES;
type Machine = Awaited<ReturnType<typeof guestBehindTap>>;

let all: Cluster;
let machine: Machine;

const boot = (): Promise<Machine> => guestBehindTap(all.node('n1'), 'tap-vm', { netns: 'vm', mac: macOf('vm'), address: `${ADDRESSES.vm}/24`, mtu: MTU });

/** As libvirt does it: its own port, put into the bridge by itself. */
const plug = (node: string, port: string, name: string, address: string): Promise<void> =>
  labPlug(all.lab, { node, bridge: BRIDGE, port, guest: { netns: name, mac: macOf(name), address: `${address}/24`, mtu: MTU } });

beforeAll(async () => {
  const on = 'red/lan';
  all = await startCluster({
    networks: [{ tenant: 'red', name: 'lan', vxid: 0x31, cidr: '10.0.0.0/24' }],
    guests: [
      { name: 'vm', on, node: 'n1', address: ADDRESSES.vm, attach: '{ tap: { ifname: tap-vm } }' },
      { name: 'box', on, node: 'n2', address: ADDRESSES.box },
      { name: 'host', on, node: 'n3', address: ADDRESSES.host, attach: '{ host: { ifname: lan0 } }' },
      { name: 'named', on, node: 'n1', address: ADDRESSES.named, attach: '{ bridge: { port: vnet0 } }' },
      { name: 'known', on, node: 'n2', address: ADDRESSES.known, attach: '{ bridge: {} }' },
      { name: 'other', on, node: 'n3', address: ADDRESSES.other },
    ],
  });
  machine = await boot();
  await Promise.all([plug('n1', 'vnet0', 'named', ADDRESSES.named), plug('n2', 'vnet7', 'known', ADDRESSES.known)]);
});
afterAll(() => all?.end());

function place(name: GuestName): Place {
  if (name === 'vm') return machine;
  if (name === 'host') return { node: all.node('n3'), ifname: 'lan0', address: ADDRESSES.host };
  return { ...all.guest(name), address: ADDRESSES[name] };
}

async function linkLocal(name: GuestName): Promise<Place> {
  const rows = await place(name).node.json('-6 addr show dev eth0 scope link', name);
  return { ...place(name), address: rows[0]?.addr_info[0]?.local };
}

const scene = (from: string, to: GuestName): Scene => ({
  mac: macOf(from),
  address: ADDRESSES[from as GuestName] ?? '10.0.0.99',
  victimMac: macOf(to),
  victim: ADDRESSES[to],
  otherMac: macOf('other'),
  other: ADDRESSES.other,
});

describe('a port that somebody else puts into our bridge', () => {
  test('works at once when the definition names it', () => some(place('named'), place('box'), { withinMs: 15_000 }));

  test('is cut off until a pass has recognised it by its MAC, and works then', async () => {
    await none(place('box'), place('known'), place('vm'));
    await all.pass();
    await some(place('known'), place('vm'), { withinMs: 15_000 });
    await some(place('box'), place('known'), { withinMs: 15_000 });
  });

  test('reaches nobody and hears nobody when no definition knows it', async () => {
    await plug('n2', 'vnet9', 'stranger', '10.0.0.99');
    const stranger: Place = { node: all.node('n2'), netns: 'stranger', ifname: 'eth0', address: '10.0.0.99' };
    await all.pass();
    const shout = (from: string, mark: Buffer): Buffer =>
      frame('ff:ff:ff:ff:ff:ff', macOf(from), 0x0800, Buffer.concat([ipv4(scene(from, 'box').address, '255.255.255.255'), mark]));
    const [theirs, ours] = [token(), token()];
    await refuses([place('box'), place('known'), place('vm')], stranger, theirs, () => sendFrames(stranger, [shout('stranger', theirs)]));
    await refuses([stranger], place('vm'), ours, () => sendFrames(place('box'), [shout('box', ours)]));
    // Not by the name of another either, whose entry it would take over.
    const stolen = frame(macOf('box'), macOf('known'), 0x0800, Buffer.concat([ipv4(ADDRESSES.known, ADDRESSES.box), token()]));
    await sendFrames(stranger, [stolen]);
    await none(place('vm'), { ...stranger, address: ADDRESSES.known }, place('box'));
    // The same port, as soon as nothing watches over it.
    await all.node('n2').ok('nft flush chain bridge netloom between');
    const mark = token();
    await expect(refuses([place('box')], stranger, mark, () => sendFrames(stranger, [shout('stranger', mark)]))).rejects.toThrow('hears what it must not');
    await all.node('n2').ok('ip link del dev vnet9');
    await all.pass();
    await some(place('vm'), place('known'), { withinMs: 15_000 });
  });
});

describe('guests on a tap, in a namespace, behind libvirt, and the node itself', () => {
  const NAMES: readonly GuestName[] = ['vm', 'box', 'host', 'named', 'known'];
  const pairs = NAMES.flatMap(from => NAMES.filter(to => to !== from).map(to => [from, to] as const));

  test('reach each other, each the others, with packets of the whole mtu', async () => {
    // A few at a time: each pair has a listener of its own.
    for (let at = 0; at < pairs.length; at += 5) {
      await Promise.all(pairs.slice(at, at + 5).map(([from, to]) => some(place(from), place(to), { size: MTU, withinMs: 15_000 })));
    }
    const tooBig = await Promise.all(NAMES.map((from, index) => echo(place(from), ADDRESSES[NAMES[(index + 1) % 5] as GuestName], token(), { size: MTU + 1 })));
    expect(tooBig).toEqual(NAMES.map(() => false));
  });

  test('reach each other by link-local IPv6, but for the node, which has none', async () => {
    const [vm, box, named, known] = await Promise.all((['vm', 'box', 'named', 'known'] as const).map(linkLocal));
    const ring = [vm, box, named, known, vm] as Place[];
    await Promise.all(ring.slice(1).map((to, index) => some(ring[index] as Place, to, { size: MTU, withinMs: 15_000 })));
    expect(await all.node('n3').json('-6 addr show dev lan0')).toEqual([]);
  });

  const LIARS: readonly GuestName[] = ['box', 'named', 'known', 'host'];
  const tales = (name: GuestName, to: GuestName): Tales => new Map([...lies(scene(name, to)), ...foreignMac(scene(name, to))]);
  const truth = (name: GuestName, to: GuestName): Lie => truths(scene(name, to)).get('its own address') as Lie;

  test.each(LIARS)('cannot lie: %s', async name => {
    const to = name === 'box' ? 'vm' : 'box';
    expect(await heard(place(name), place(to), tales(name, to), truth(name, to))).toEqual([]);
  });

  test('cannot lie: vm, which is started again after that, and nothing has to be done for it', async () => {
    await machine.end();
    const mouth = await openTap(all.node('n1'), 'tap-vm', join(all.lab.dir, 'tap-vm'));
    const tap = { node: all.node('n1'), ifname: 'tap-vm' };
    expect(await heard(tap, place('box'), tales('vm', 'box'), truth('vm', 'box'), mouth.send)).toEqual([]);
    await mouth.end();
    machine = await boot();
    await some(place('box'), place('vm'), { size: MTU, withinMs: 15_000 });
    await some(place('vm'), place('host'), { size: MTU, withinMs: 15_000 });
  });
});

test('once all are attached, no node has anything left to do', async () => {
  const results = await Promise.all(all.nodes.map(node => labRun(all.lab, node.name, ['netloom', 'plan', '--detailed-exitcode'])));
  expect(results.map(({ exitCode, stdout, stderr }) => [exitCode, exitCode === 0 ? '' : stdout + stderr])).toEqual(all.nodes.map(() => [0, '']));
});

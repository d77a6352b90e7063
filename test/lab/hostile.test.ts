import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spawnLong } from '../../src/host/spawn-long.ts';
import { holdersOf } from '../../src/lab/holder.ts';
import { bridgeName } from '../../src/model/names.ts';
import { type Cluster, macOf, startCluster } from '../support/lab-cluster.ts';
import { foreignMac, heard, type Lie, lies, type Scene, truths } from '../support/lab-lies.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';
import { frame, routerAdvertisement } from '../support/lab-node-frames.ts';
import { type Ear, listen, type Place, refuses, sendFrames, some, token, until } from '../support/lab-node-probe.ts';
import { udp4, vxlan } from '../support/lab-packets.ts';

const HOST = '10.0.0.31';
let all: Cluster;

beforeAll(async () => {
  all = await startCluster({
    networks: [
      { tenant: 'red', name: 'lan', vxid: 0x21, cidr: '10.0.0.0/24' },
      { tenant: 'blue', name: 'lan', vxid: 0x22, cidr: '10.0.0.0/24' },
    ],
    guests: [
      { name: 'liar', on: 'red/lan', node: 'n1', address: '10.0.0.11' },
      { name: 'near', on: 'red/lan', node: 'n1', address: '10.0.0.12' },
      { name: 'far', on: 'red/lan', node: 'n2', address: '10.0.0.13' },
      { name: 'third', on: 'red/lan', node: 'n3', address: '10.0.0.14' },
      // One that nobody holds to anything, on purpose.
      { name: 'wild', on: 'red/lan', node: 'n1', address: '10.0.0.20', more: 'spoofProtection: false' },
      { name: 'host', on: 'red/lan', node: 'n1', address: HOST, attach: '{ host: { ifname: lan0 } }' },
      { name: 'b1', on: 'blue/lan', node: 'n1', address: '10.0.0.11' },
      { name: 'b2', on: 'blue/lan', node: 'n2', address: '10.0.0.12' },
    ],
  });
});
afterAll(() => all?.end());

const guest = (name: string): Place => all.guest(name);
const scene = (victim: string): Scene => ({
  mac: macOf('liar'),
  address: '10.0.0.11',
  victimMac: macOf(victim),
  victim: guest(victim).address ?? '',
  otherMac: macOf('third'),
  other: '10.0.0.14',
});

/** Which of these frames a place hears when the liar sends all of them. */
const heardBy = (place: Place, tales: ReadonlyMap<string, Lie>, last: Lie): Promise<string[]> => heard(guest('liar'), place, tales, last);

const has = (ear: Ear, mark: Buffer): boolean => ear.frames().some(each => each.includes(mark));
const truth = (victim: string): Lie => truths(scene(victim)).get('its own address') as Lie;
const names = (tales: ReadonlyMap<string, Lie>): string[] => [...tales.keys()];

describe('a guest', () => {
  test('is heard while it tells the truth, beside it and on another node', async () => {
    expect(await heardBy(guest('near'), truths(scene('near')), truth('near'))).toEqual(names(truths(scene('near'))));
    // The mesh swallows what is said to everybody about addresses: git knows who has which.
    const across = names(truths(scene('far'))).filter(what => !['an ARP probe', 'an advertisement for itself'].includes(what));
    expect(await heardBy(guest('far'), truths(scene('far')), truth('far'))).toEqual(across);
  });

  test.each(['near', 'far'])('is silenced when it lies to one that is %s', async victim => {
    const tales = new Map([...lies(scene(victim)), ...foreignMac(scene(victim))]);
    expect(await heardBy(guest(victim), tales, truth(victim))).toEqual([]);
  });

  test('is held to its MAC by the filters, whatever its port lets through, until a pass locks that again', async () => {
    for (const port of await lockedPorts()) await all.node('n1').ok(`bridge link set dev ${port} locked off`);
    expect(await heardBy(guest('near'), foreignMac(scene('near')), truth('near'))).toEqual([]);
    await all.pass();
    await lockedPorts();
  });

  test('is held to its MAC by its port, filters or not, until a pass brings the filters back', async () => {
    const tales = lies(scene('near'));
    await all.node('n1').ok('nft flush ruleset');
    expect(await heardBy(guest('near'), foreignMac(scene('near')), truth('near'))).toEqual([]);
    // Each of the lies is one that would be believed: it was the filters that stopped it.
    expect(await heardBy(guest('near'), tales, truth('near'))).toEqual(names(tales));
    for (const port of await lockedPorts()) await all.node('n1').ok(`bridge link set dev ${port} locked off`);
    expect(await heardBy(guest('near'), foreignMac(scene('near')), truth('near'))).toEqual(names(foreignMac(scene('near'))));
    await all.pass();
    expect(await heardBy(guest('near'), new Map([...tales, ...foreignMac(scene('near'))]), truth('near'))).toEqual([]);
  });
});

async function lockedPorts(): Promise<string[]> {
  const rows: { ifname: string; linkinfo?: { info_slave_data?: { locked?: boolean } } }[] = await all.node('n1').json('link show');
  const found = rows.filter(row => row.linkinfo?.info_slave_data?.locked).map(row => row.ifname);
  expect(found).toHaveLength(4);
  return found;
}

/** A service of the node that listens on every address, and shows what it is told. */
async function service(node: TestNode, port: number): Promise<{ told(mark: Buffer, withinMs?: number): Promise<boolean>; stop(): Promise<void> }> {
  const child = spawnLong('nsenter', [...node.into(), 'socat', '-u', `UDP4-RECV:${port}`, '-']);
  let heard = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Uint8Array) => {
    heard = Buffer.concat([heard, chunk]);
  });
  const open = async (): Promise<boolean> => (await node.ok('ss -H -u -l -n')).includes(`:${port} `);
  if (!(await until(open, 30_000))) throw new Error(`no service on port ${port}: ${child.stderr()}`);
  return { told: (mark, withinMs = 5000) => until(async () => heard.includes(mark), withinMs), stop: () => child.stop() };
}

/** Whether anybody answers ARP for an address. */
async function asked(name: string, address: string): Promise<boolean> {
  const argv = ['ip', 'netns', 'exec', name, 'arping', '-q', '-f', '-w', '2', '-I', 'eth0', address];
  return (await guest(name).node.run(argv)).exitCode === 0;
}

const bridgeMacOf = async (node: string): Promise<string> => (await all.node(node).json(`link show dev ${bridgeName(0x21)}`))[0].address;
const UNDERLAY = '198.51.100.1';
const LIAR = '10.0.0.11';
const FAR = '10.0.0.13';

describe('the node that a guest runs on', () => {
  test('takes nothing that is sent to its bridge', async () => {
    const node = all.node('n2');
    const bridge = await bridgeMacOf('n2');
    const own = await service(node, 9999);
    try {
      const ways = [
        (mark: Buffer) => frame(bridge, macOf('far'), 0x0800, udp4(FAR, '198.51.100.2', 4000, 9999, mark)),
        (mark: Buffer) => frame('ff:ff:ff:ff:ff:ff', macOf('far'), 0x0800, udp4(FAR, '255.255.255.255', 4000, 9999, mark)),
      ];
      const shout = async (): Promise<boolean[]> => {
        const marks = ways.map(() => token());
        await sendFrames(
          guest('far'),
          ways.map((make, index) => make(marks[index] as Buffer)),
        );
        return Promise.all(marks.map(mark => own.told(mark, 1500)));
      };
      expect(await shout()).toEqual([false, false]);
      await node.ok('nft flush chain bridge netloom host');
      expect(await shout()).toEqual([true, true]);
      await all.pass();
      expect(await shout()).toEqual([false, false]);
    } finally {
      await own.stop();
    }
  });

  test('is reached through its own interface at the address of that, and at no other', async () => {
    const own = await service(all.node('n1'), 9999);
    try {
      const send = async (to: string): Promise<Buffer> => {
        const mark = token();
        await sendFrames(guest('liar'), [frame(macOf('host'), macOf('liar'), 0x0800, udp4(LIAR, to, 4000, 9999, mark))]);
        return mark;
      };
      const toUnderlay = await send(UNDERLAY);
      expect(await own.told(await send(HOST))).toBe(true);
      expect(await own.told(toUnderlay, 700)).toBe(false);
      expect(await Promise.all([asked('near', HOST), asked('near', UNDERLAY)])).toEqual([true, false]);
      await all.node('n1').ok('nft delete table inet netloom');
      expect(await own.told(await send(UNDERLAY))).toBe(true);
    } finally {
      await own.stop();
      await all.pass();
    }
    await some(guest('far'), { node: all.node('n1'), ifname: 'lan0', address: HOST });
  });

  test('passes nothing on to the underlay, a router or not', async () => {
    const node = all.node('n1');
    const bridge = await bridgeMacOf('n1');
    await node.ok('sysctl -qw net.ipv4.ip_forward=1');
    const there: Place = { node: all.node('n2'), ifname: 'eth0' };
    const by = (mac: string) => async (): Promise<Buffer> => {
      const mark = token();
      await sendFrames(guest('liar'), [frame(mac, macOf('liar'), 0x0800, udp4(LIAR, '198.51.100.2', 4000, 9999, mark))]);
      return mark;
    };
    const ear = await listen(there, 'udp port 9999');
    const [byBridge, byHost] = [by(bridge), by(macOf('host'))];
    try {
      const early = [await byBridge(), await byHost()];
      for (const mark of early) expect(await ear.hears(mark, 700)).toBe(false);
      await node.ok('nft flush ruleset');
      for (const mark of [await byBridge(), await byHost()]) expect(await ear.hears(mark)).toBe(true);
    } finally {
      await node.ok('sysctl -qw net.ipv4.ip_forward=0');
      await Promise.all([ear.stop(), all.pass()]);
    }
  });

  test('takes no address and no route from a router advertisement, which its guests believe', async () => {
    const told = async (node: TestNode, netns?: string): Promise<string> => {
      const rows = await Promise.all(['-6 addr show', '-6 route show table all'].map(command => node.json(command, netns)));
      return JSON.stringify(rows).replace(/"(preferred|valid)_life_time":\d+/g, '');
    };
    const before = await Promise.all(all.nodes.map(node => told(node)));
    await sendFrames(guest('wild'), [frame('33:33:00:00:00:01', macOf('wild'), 0x86dd, routerAdvertisement(macOf('wild'), token()))]);
    expect(await until(async () => (await told(all.node('n1'), 'near')).includes('fd77:'), 5000)).toBe(true);
    expect(await until(async () => (await told(all.node('n2'), 'far')).includes('fd77:'), 5000)).toBe(true);
    expect(await Promise.all(all.nodes.map(node => told(node)))).toEqual(before);
  });
});

describe('a frame that is put into VXLAN by hand', () => {
  const inner = (to: string, mark: Buffer): Buffer => frame(macOf(to), '02:aa:00:00:00:66', 0x88b5, mark);
  const inject = async (from: TestNode, mark: Buffer, bind = ''): Promise<void> => {
    const { exitCode, stderr } = await from.run(['socat', '-u', '-', `UDP4-SENDTO:198.51.100.2:4789${bind}`], { stdin: vxlan(0x22, inner('b2', mark)) });
    expect([exitCode, stderr]).toEqual([0, '']);
  };

  test('arrives from a node, and from nobody else on the underlay', async () => {
    const hub = nodeOf('hub', holdersOf(all.lab.dir).get('switch') as number, all.lab.server, all.lab.dir);
    await all.node('n1').ip(['addr add 198.51.100.99/32 dev eth0']);
    const [ear, wire] = await Promise.all([listen(guest('b2')), listen({ node: all.node('n2'), ifname: 'eth0' }, 'udp port 4789')]);
    try {
      const [fromHub, fromOther, fromNode] = [token(), token(), token()];
      await inject(hub, fromHub);
      await inject(all.node('n1'), fromOther, ',bind=198.51.100.99');
      await inject(all.node('n1'), fromNode);
      expect(await ear.hears(fromNode)).toBe(true);
      expect([await wire.hears(fromHub), await wire.hears(fromOther)]).toEqual([true, true]);
      expect([has(ear, fromHub), has(ear, fromOther)]).toEqual([false, false]);
      // It was the filter that stopped them.
      await all.node('n2').ok('nft delete table inet netloom');
      const again = token();
      await inject(hub, again);
      expect(await ear.hears(again)).toBe(true);
    } finally {
      await all.node('n1').ip(['addr del 198.51.100.99/32 dev eth0']);
      await Promise.all([ear.stop(), wire.stop(), all.pass()]);
    }
  });

  test('does not arrive from a guest, whatever node it claims to be and whichever way it takes', async () => {
    const bridge = await bridgeMacOf('n1');
    const tries = [macOf('host'), bridge].flatMap(mac => [UNDERLAY, HOST].map(to => ({ mac, to })));
    const shots = (mark: Buffer): Buffer[] =>
      tries.map(({ mac, to }) => frame(mac, macOf('wild'), 0x0800, udp4('198.51.100.2', to, 4000, 4789, vxlan(0x22, inner('b1', mark)))));
    const mark = token();
    await refuses([guest('b1')], guest('wild'), mark, () => sendFrames(guest('wild'), shots(mark)));
    // It is not the kernel that refuses them.
    await all.node('n1').ok('nft flush ruleset');
    const ear = await listen(guest('b1'));
    const again = token();
    await sendFrames(guest('wild'), shots(again));
    expect(await ear.hears(again)).toBe(true);
    await Promise.all([ear.stop(), all.pass()]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bridgeName, vxlanName } from '../../src/model/names.ts';
import { type Cluster, type ClusterOptions, macOf, startCluster } from '../support/lab-cluster.ts';
import type { TestNode } from '../support/lab-node.ts';
import { frame, ipv4 } from '../support/lab-node-frames.ts';
import { type Ear, echo, listen, none, type Place, refuses, sendFrames, some, token } from '../support/lab-node-probe.ts';

/** One guest on each of three nodes: `x1` on n1, `x2` on n2, `x3` on n3; `cidr` begins with three bytes that guests share. */
const trio = (letter: string, on: string, bytes?: string, more = ''): ClusterOptions['guests'] =>
  [1, 2, 3].map(n => ({ name: `${letter}${n}`, on, node: `n${n}`, more, ...(bytes === undefined ? {} : { address: `${bytes}${n}` }) }));

const VIP = '10.2.0.250';
const OPTIONS: ClusterOptions = {
  gateways: ['n3'],
  networks: [
    { tenant: 'red', name: 'lan', vxid: 0x11, cidr: '10.0.0.0/24' },
    { tenant: 'blue', name: 'lan', vxid: 0x12, cidr: '10.0.0.0/24' },
    { tenant: 'red', name: 'wire', vxid: 0x13 },
    { tenant: 'red', name: 'learns', vxid: 0x14, cidr: '10.1.0.0/24', learning: true },
    { tenant: 'red', name: 'moves', vxid: 0x15, cidr: '10.2.0.0/24' },
    { tenant: 'red', name: 'small', vxid: 0x16, cidr: '10.3.0.0/24', mtu: 1400 },
    { tenant: 'red', name: 'six', vxid: 0x17, cidr: 'fd12:3456::/64' },
    { tenant: 'red', name: 'routed', vxid: 0x18, cidr: '10.4.0.0/24' },
    { tenant: 'red', name: 'idle', vxid: 0x19 },
  ],
  guests: [
    ...trio('r', 'red/lan', '10.0.0.1'),
    ...trio('b', 'blue/lan', '10.0.0.1'),
    ...trio('w', 'red/wire'),
    ...trio('l', 'red/learns', '10.1.0.1', 'allowedAddresses: [10.1.0.250]'),
    ...trio('v', 'red/moves', '10.2.0.1', `allowedAddresses: [${VIP}]`),
    ...trio('s', 'red/small', '10.3.0.1').slice(0, 2),
    ...trio('x', 'red/six', 'fd12:3456::1').slice(0, 2),
  ],
};

let all: Cluster;
beforeAll(async () => {
  all = await startCluster(OPTIONS);
  // A pure layer-2 network gives no addresses: its guests bring their own.
  for (const name of ['w1', 'w2', 'w3']) await all.guest(name).node.ip([`addr add 172.16.9.${name[1]}/24 dev eth0`], name);
});
afterAll(() => all?.end());

const guest = (name: string): Place => all.guest(name);
const wired = (name: string): Place => ({ ...guest(name), address: `172.16.9.${name[1]}` });
const six = async (name: string): Promise<Place> => {
  const rows = await guest(name).node.json('-6 addr show dev eth0 scope link', name);
  return { ...guest(name), address: rows[0]?.addr_info[0]?.local };
};

/** Each to the next one, at the whole mtu; one byte more goes nowhere. */
async function ring(places: readonly Place[], size: number): Promise<void> {
  const pairs = places.map((from, index) => [from, places[(index + 1) % places.length] as Place] as const);
  await Promise.all(pairs.map(([from, to]) => some(from, to, { size, withinMs: 15_000 })));
  const tooBig = await Promise.all(pairs.map(([from, to]) => echo(from, to.address ?? '', token(), { size: size + 1 })));
  expect(tooBig).toEqual(pairs.map(() => false));
}

describe('guests of one network on three nodes', () => {
  test('reach each other with packets of the whole mtu, one byte more does not pass', () => ring(['r1', 'r2', 'r3'].map(guest), 1550));
  test('reach each other by link-local IPv6, at the whole mtu', async () => ring(await Promise.all(['r1', 'r2', 'r3'].map(six)), 1550));
  test('reach each other in the mtu of their network, where it has its own', () => ring(['s1', 's2'].map(guest), 1400));
  test('reach each other in an IPv6 network', () => ring(['x1', 'x2'].map(guest), 1550));
  test('reach each other where the mesh learns', () => ring(['l1', 'l2', 'l3'].map(guest), 1550));
  test('reach each other on a bare wire, by addresses of their own', async () => {
    await ring(['w1', 'w2', 'w3'].map(wired), 1550);
    await ring(await Promise.all(['w1', 'w2', 'w3'].map(six)), 1550);
  });
});

describe('two tenants with the same addresses', () => {
  test('both work, at the same time', async () => {
    await Promise.all([some(guest('r1'), guest('r2')), some(guest('b1'), guest('b2'))]);
  });

  test('do not hear what is sent to an address that both have', async () => {
    await Promise.all([none(guest('r1'), guest('b2'), guest('r2')), none(guest('b3'), guest('r1'), guest('b1'))]);
  });

  test("do not hear each other's broadcasts, on no node", async () => {
    const mark = token();
    const shout = frame('ff:ff:ff:ff:ff:ff', macOf('r1'), 0x0800, Buffer.concat([ipv4('10.0.0.11', '255.255.255.255'), mark]));
    const strangers = ['b1', 'b2', 'b3', 'w2', 'v1', 'l3'].map(guest);
    await refuses(strangers, guest('r3'), mark, () => sendFrames(guest('r1'), [shout]));
  });

  test("do not get a frame by naming the other's MAC", async () => {
    const mark = token();
    const to = (name: string): Buffer => frame(macOf(name), macOf('r1'), 0x0800, Buffer.concat([ipv4('10.0.0.11', '10.0.0.12'), mark]));
    await refuses([guest('b2')], guest('r2'), mark, () => sendFrames(guest('r1'), [to('b2'), to('r2')]));
  });
});

/** Hears what arrives at a node from other nodes, or leaves it. */
const underlayOf = (node: string): Promise<Ear> => listen({ node: all.node(node), ifname: 'eth0' }, 'udp port 4789');

// Ethernet type, then hardware and protocol type, their lengths, and `request`.
const ARP_REQUEST = Buffer.from('08060001080006040001', 'hex');
const asksFor = (ear: Ear, address: string): boolean => {
  const target = Buffer.from(address.split('.').map(Number));
  return ear.frames().some(each => each.includes(ARP_REQUEST) && each.subarray(each.indexOf(ARP_REQUEST)).subarray(26, 30).equals(target));
};
const forget = (name: string): Promise<string> => guest(name).node.ok(`ip -n ${name} neigh flush dev eth0`);
const within = async (met: () => boolean, ms = 3000): Promise<boolean> => {
  for (const end = Date.now() + ms; !met(); await new Promise(done => setTimeout(done, 20))) if (Date.now() > end) return false;
  return true;
};

describe('the underlay', () => {
  test('carries no ARP for guests that git knows, and does carry it for others', async () => {
    const ear = await underlayOf('n1');
    try {
      await forget('r1');
      expect(await echo(guest('r1'), '10.0.0.12', token(), { count: 5 })).toBe(true);
      expect(await echo(guest('r1'), '10.0.0.13', token(), { count: 5 })).toBe(true);
      await echo(guest('r1'), '10.0.0.99', token());
      // Learned and movable addresses are asked for by those who need them.
      await forget('v1');
      expect(await echo(guest('v1'), '10.2.0.12', token(), { count: 5 })).toBe(true);
      expect(await within(() => asksFor(ear, '10.0.0.99') && asksFor(ear, '10.2.0.12'))).toBe(true);
      expect([asksFor(ear, '10.0.0.12'), asksFor(ear, '10.0.0.13')]).toEqual([false, false]);
    } finally {
      await ear.stop();
    }
  });

  test('carries a unicast to the node of its guest and to no other, also while the guest is silent', async () => {
    const [n2, n3] = await Promise.all([underlayOf('n2'), underlayOf('n3')]);
    const sent = async (to: string): Promise<Buffer> => {
      const mark = token();
      await sendFrames(guest('r1'), [frame(to, macOf('r1'), 0x0800, Buffer.concat([ipv4('10.0.0.11', '10.0.0.12'), mark]))]);
      return mark;
    };
    try {
      await all.node('n2').ip(['link set dev eth0 down'], 'r2');
      const toSilent = await sent(macOf('r2'));
      expect([await n2.hears(toSilent), await n3.hears(toSilent, 500)]).toEqual([true, false]);
      const toUnknown = await sent('02:aa:00:00:00:77');
      const toThird = await sent(macOf('r3'));
      expect([await n3.hears(toThird), await n2.hears(toThird, 500)]).toEqual([true, false]);
      const toAll = await sent('ff:ff:ff:ff:ff:ff');
      expect([await n2.hears(toAll), await n3.hears(toAll)]).toEqual([true, true]);
      // These came later and were heard: what did not come by now does not come.
      expect([await n2.hears(toUnknown, 0), await n3.hears(toUnknown, 0)]).toEqual([false, false]);
    } finally {
      await all.node('n2').ip(['link set dev eth0 up'], 'r2');
      await Promise.all([n2.stop(), n3.stop()]);
    }
  });

  test('carries what is unknown to everybody where the mesh learns, until it is learned', async () => {
    const n3 = await underlayOf('n3');
    const unicast = async (from: string, to: string): Promise<Buffer> => {
      const mark = token();
      await sendFrames(guest(from), [frame(macOf(to), macOf(from), 0x0800, Buffer.concat([ipv4(guest(from).address ?? '', guest(to).address ?? ''), mark]))]);
      return mark;
    };
    try {
      const forget = async (): Promise<void> => {
        for (const node of all.nodes) {
          const bridges = [bridgeName(0x14), vxlanName(0x14)];
          for (const device of bridges) await node.ok(`bridge fdb flush dev ${device} ${device.startsWith('br') ? '' : 'self '}nopermanent`.trimEnd());
        }
      };
      // A guest may say something by itself meanwhile, and is known then.
      let isHeard = false;
      for (let tries = 0; tries < 10 && !isHeard; tries++) {
        await forget();
        isHeard = await n3.hears(await unicast('l1', 'l2'), 1000);
      }
      expect(isHeard).toBe(true);
      await some(guest('l2'), guest('l1'));
      const later = await unicast('l1', 'l2');
      const control = await unicast('l1', 'l3');
      expect([await n3.hears(control), await n3.hears(later, 500)]).toEqual([true, false]);
    } finally {
      await n3.stop();
    }
  });
});

/** Lets a guest have an address without a word, or take it away. */
const have = (name: string, address: string): Promise<void> => guest(name).node.ip([`addr replace ${address}/32 dev eth0`], name);
const release = (name: string, address: string): Promise<void> => guest(name).node.ip([`addr del ${address}/32 dev eth0`], name);
/** Says to everybody who has it, as keepalived does. */
async function announce(name: string, address: string): Promise<void> {
  await guest(name).node.run(['ip', 'netns', 'exec', name, 'arping', '-q', '-U', '-c', '2', '-w', '1', '-I', 'eth0', address]);
}

describe('an address that moves by gratuitous ARP', () => {
  test.each([
    ['is followed at once between nodes, where the definitions allow it', 'v', VIP],
    ['is followed at once where the mesh learns, if it is allowed there', 'l', '10.1.0.250'],
  ])('%s', async (_, letter, address) => {
    const [first, second, asker] = [`${letter}1`, `${letter}2`, `${letter}3`] as const;
    // Who asks believes what it knows: were it not told, it would find out after minutes.
    await guest(asker).node.ok(`ip netns exec ${asker} sysctl -qw net.ipv4.neigh.eth0.base_reachable_time_ms=600000`);
    await have(first, address);
    await some(guest(asker), guest(first), { to: address, withinMs: 15_000 });
    await release(first, address);
    await have(second, address);
    expect(await echo(guest(asker), address, token())).toBe(false);
    await announce(second, address);
    await some(guest(asker), guest(second), { to: address });
    await release(second, address);
  });

  test('goes nowhere where they do not: neither a free address nor that of another guest', async () => {
    await have('r1', '10.0.0.250');
    await announce('r1', '10.0.0.250');
    expect(await echo(guest('r3'), '10.0.0.250', token())).toBe(false);
    await release('r1', '10.0.0.250');
    await forget('r3');
    const claim = Buffer.from([...Buffer.from(macOf('r1').replaceAll(':', ''), 'hex'), 10, 0, 0, 12]);
    await have('r1', '10.0.0.12');
    await refuses([guest('r2'), guest('r3')], guest('r1'), claim, () => announce('r1', '10.0.0.12'));
    await release('r1', '10.0.0.12');
    await some(guest('r3'), guest('r2'));
    await some(guest('r1'), guest('r2'));
  });
});

describe('a network without interfaces', () => {
  const devicesOf = async (node: TestNode): Promise<string[]> => (await node.json('link show')).map((row: { ifname: string }) => row.ifname);

  test('makes devices on the gateway node only, and none at all without addresses', async () => {
    const seen = await Promise.all(all.nodes.map(devicesOf));
    const having = (name: string): boolean[] => seen.map(devices => devices.includes(name));
    expect([vxlanName(0x18), bridgeName(0x18)].map(having)).toEqual([
      [false, false, true],
      [false, false, true],
    ]);
    expect([vxlanName(0x19), bridgeName(0x19)].map(having)).toEqual([
      [false, false, false],
      [false, false, false],
    ]);
    // The gateway node takes part in what has guests elsewhere only.
    expect(having(vxlanName(0x16))).toEqual([true, true, true]);
    expect(having(vxlanName(0x11))).toEqual([true, true, true]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { OUTSIDE } from '../../src/lab/outside.ts';
import { routerMac } from '../../src/model/names.ts';
import { type Cluster, type ClusterOptions, definition, macOf, startCluster } from '../support/lab-cluster.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';
import { frame } from '../support/lab-node-frames.ts';
import { listen, type Place, refuses, sendFrames, token, until } from '../support/lab-node-probe.ts';
import { udp4, vxlan } from '../support/lab-packets.ts';
import { ask, askFor, type Spot, serve } from '../support/lab-tcp.ts';

// The pool `under` leaves by the very card that carries the underlay, hidden behind the node's address: what leaves looks like a node's own.
const OPTIONS: ClusterOptions = {
  gateways: ['n1', 'n2'],
  networks: [
    { tenant: 'red', name: 'lan', vxid: 0x41, cidr: '10.0.0.0/16', more: 'pool: under\n  gateway: n1' },
    { tenant: 'blue', name: 'lan', vxid: 0x42, cidr: '10.0.0.0/16', more: 'pool: under\n  gateway: n2' },
    { tenant: 'red', name: 'far', vxid: 0x43, cidr: '10.9.0.0/24', more: 'pool: far\n  gateway: n1' },
  ],
  guests: [
    { name: 'r', on: 'red/lan', node: 'n3', address: '10.0.0.2' },
    { name: 'b', on: 'blue/lan', node: 'n2', address: '10.0.0.3' },
    { name: 'f', on: 'red/far', node: 'n3', address: '10.9.0.2' },
  ],
  more: [
    definition('AddressPool', 'name: under', 'cidr: 192.0.2.0/25', 'device: eth0', 'mode: masquerade'),
    definition('AddressPool', 'name: far', 'cidr: 192.0.2.128/25', 'device: eth1', 'mode: routed', 'gateways: [n1]'),
    definition('FloatingIP', 'name: web, namespace: blue', 'pool: under', 'address: 192.0.2.10', 'interface: b'),
  ],
};

let all: Cluster;
let outside: Spot;
const at = (name: string): Spot => all.guest(name) as Spot;
const gateway = (): TestNode => all.node('n1');
const netnsOf = async (network: string): Promise<string> => {
  const { stdout } = await labRun(all.lab, 'n1', ['netloom', 'get', 'network', network, '-o', 'json']);
  return JSON.parse(stdout).status.uuid;
};
const pass = async (): Promise<{ code: number | null; said: string }> => {
  const { exitCode, stdout, stderr } = await labRun(all.lab, 'n1', ['netloom', 'reconcile'], { timeoutMs: 60_000 });
  return { code: exitCode, said: stdout + stderr };
};
const plan = async (): Promise<string> => (await labRun(all.lab, 'n1', ['netloom', 'plan'])).stdout;
const GATEWAY = /^192\.0\.2\.1(29|3\d) > /;
const reaches = (): Promise<string> => askFor(at('f'), OUTSIDE.address, 7000, GATEWAY);

beforeAll(async () => {
  all = await startCluster(OPTIONS);
  outside = { node: nodeOf(OUTSIDE.name, holderOf(all.lab, OUTSIDE.name), OUTSIDE.address, all.lab.dir) };
  await Promise.all([serve(outside, 7000), serve({ node: all.node('n3') }, 7001), serve(at('b'), 7002)]);
});
afterAll(() => all?.end());

describe('a pool by the card of the underlay', () => {
  test('hides its guests behind the node, but not from other gateway nodes of the pool', async () => {
    await all.node('n3').ok('nft flush chain inet netloom arrive');
    expect(await ask(at('b'), all.node('n3').address, 7001)).toBe('');
    await all.node('n2').ok('nft flush chain inet netloom through');
    expect(await askFor(at('b'), all.node('n3').address, 7001, /> /)).toBe(`${all.node('n2').address} > ${all.node('n3').address}`);
    await all.pass();
    expect(await askFor(at('r'), '192.0.2.10', 7002, /> 10\.0\.0\.3$/)).toMatch(/^192\.0\.2\.[2-9] > 10\.0\.0\.3$/);
  });

  test("a guest's VXLAN packet reaches no other tenant through its own NAT", async () => {
    const shot = (mark: Buffer): Buffer => {
      const inner = frame(macOf('b'), '02:aa:00:00:00:66', 0x88b5, mark);
      return frame(routerMac(0x41), macOf('r'), 0x0800, udp4('10.0.0.2', all.node('n2').address, 4000, 4789, vxlan(0x42, inner)));
    };
    const onTheWay: Place = { node: gateway(), ifname: 'egr-br-eth0' };
    const mark = token();
    await refuses([all.guest('b')], onTheWay, mark, () => sendFrames(all.guest('r'), [shot(mark)]));
    await gateway().ok('nft flush chain inet netloom through');
    const ear = await listen(all.guest('b'));
    const again = token();
    await sendFrames(all.guest('r'), [shot(again)]);
    expect(await ear.hears(again)).toBe(true);
    await ear.stop();
    expect(await pass()).toMatchObject({ code: 0 });
    await refuses([all.guest('b')], onTheWay, mark, () => sendFrames(all.guest('r'), [shot(mark)]));
  });
});

describe('the ARP table, which all tenants of a node share', () => {
  test('is not filled by one of them', async () => {
    const netns = await netnsOf('red/lan');
    const known = async (): Promise<number> => (await gateway().json('neigh show nud all', netns)).length;
    // What nobody answers for stays to be counted, however long that takes.
    await gateway().ok(`ip netns exec ${netns} sysctl -qw net/ipv4/neigh/veth-41-i/mcast_solicit=100`);
    const before = await known();
    const scan = async (): Promise<void> => {
      const frames = Array.from({ length: 200 }, (_, index) =>
        frame(routerMac(0x41), macOf('r'), 0x0800, udp4('10.0.0.2', `10.0.7.${index}`, 4000, 9, Buffer.alloc(8))),
      );
      await sendFrames(all.guest('r'), frames);
    };
    await scan();
    await new Promise(done => setTimeout(done, 500));
    expect((await known()) - before).toBeLessThan(3);
    await gateway().ok(`ip netns exec ${netns} nft flush chain ip netloom through`);
    await scan();
    expect(await until(async () => (await known()) - before > 150, 30_000)).toBe(true);
    expect(await pass()).toMatchObject({ code: 0 });
  });
});

describe('what others do to a gateway node', () => {
  test('another table that drops what is forwarded is named', async () => {
    expect(await reaches()).toMatch(GATEWAY);
    await gateway().ok(['nft', 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }']);
    expect(await ask(at('f'), OUTSIDE.address, 7000)).toBe('');
    expect(await pass()).toEqual({ code: expect.any(Number), said: expect.stringMatching(/ForwardDropped.*ip filter FORWARD.*egr-br-eth1/) });
    await gateway().ok('nft delete table ip filter');
    expect(await pass()).toEqual({ code: 0, said: expect.not.stringContaining('ForwardDropped') });
    expect(await reaches()).toMatch(GATEWAY);
  });

  test('forwarding that is switched off is drift, and switched on again', async () => {
    await gateway().ok('sysctl -qw net.ipv4.ip_forward=0');
    expect(await ask(at('f'), OUTSIDE.address, 7000)).toBe('');
    expect(await plan()).toContain('net/ipv4/ip_forward');
    expect(await pass()).toMatchObject({ code: 0 });
    expect(await reaches()).toMatch(GATEWAY);
  });

  test('filters that are flushed come back in one pass, and others are left alone', async () => {
    const netns = await netnsOf('red/far');
    await gateway().ok('nft flush ruleset');
    await gateway().ok('nft add table ip theirs');
    await gateway().ok(`ip netns exec ${netns} nft flush ruleset`);
    expect(await ask(at('f'), OUTSIDE.address, 7000)).toBe('');
    expect(await pass()).toMatchObject({ code: 0 });
    expect(await gateway().ok('nft list tables')).toContain('theirs');
    expect(await reaches()).toMatch(GATEWAY);
    expect((await labRun(all.lab, 'n1', ['netloom', 'plan', '--detailed-exitcode'])).exitCode).toBe(0);
  });

  test('a card that is down or gone is told, and everything goes on when it is back', async () => {
    const [route] = (await gateway().ok('ip route show default')).trim().split('\n');
    const back = ['link set dev eth1 up', `route replace ${(route ?? '').replace(' linkdown', '')}`];
    await gateway().ip(['link set dev eth1 down']);
    expect((await pass()).said).toMatch(/EgressDeviceDown/);
    await gateway().ip(['link set dev eth1 name gone0']);
    expect((await pass()).said).toMatch(/EgressDeviceMissing/);
    await gateway().ip(['link set dev gone0 name eth1', ...back]);
    expect(await pass()).toEqual({ code: 0, said: expect.not.stringContaining('EgressDevice') });
    expect(await reaches()).toMatch(GATEWAY);
  });
});

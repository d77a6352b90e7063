import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { OUTSIDE } from '../../src/lab/outside.ts';
import { type Cluster, type ClusterOptions, definition, startCluster } from '../support/lab-cluster.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';
import { ask, askFor, type Spot, serve } from '../support/lab-tcp.ts';

const POOL = definition('AddressPool', 'name: floating', 'cidr: 192.0.2.0/24', 'device: eth1', 'mode: routed');
const OPTIONS: ClusterOptions = {
  gateways: ['n1'],
  networks: [
    { tenant: 'red', name: 'lan', vxid: 0x21, cidr: '10.0.0.0/24', more: 'dns: true' },
    { tenant: 'blue', name: 'lan', vxid: 0x22, cidr: '10.0.0.0/24' },
    { tenant: 'red', name: 'quiet', vxid: 0x23, cidr: '10.1.0.0/24', more: 'nat: false' },
  ],
  guests: [
    { name: 'a', on: 'red/lan', node: 'n2', address: '10.0.0.2' },
    { name: 'b', on: 'red/lan', node: 'n3', address: '10.0.0.3', more: 'routedIPs: [lb]' },
    { name: 'c', on: 'red/lan', node: 'n1', address: '10.0.0.4' },
    { name: 'e', on: 'blue/lan', node: 'n2', address: '10.0.0.2' },
    { name: 'q', on: 'red/quiet', node: 'n2', address: '10.1.0.2' },
  ],
  more: [
    POOL,
    definition('FloatingIP', 'name: web, namespace: red', 'address: 192.0.2.10', 'interface: b'),
    definition('FloatingIP', 'name: out, namespace: red', 'address: 192.0.2.11', 'interface: a', 'egress: floating'),
    definition('FloatingIP', 'name: shop, namespace: blue', 'address: 192.0.2.12', 'interface: e', 'allow: [{ protocol: tcp, ports: [7004] }]'),
    definition('RoutedIP', 'name: lb, namespace: red', 'address: 192.0.2.20', 'network: lan'),
  ],
};

let all: Cluster;
let outside: Spot;
const base = mkdtempSync(join(tmpdir(), 'netloom-gateway-'));
const at = (name: string): Spot => all.guest(name) as Spot;
const root = (name: string): Spot => ({ node: all.node(name) });
const gateway = (): TestNode => all.node('n1');
const uuidOf = async (network: string): Promise<string> => {
  const { stdout } = await labRun(all.lab, 'n1', ['netloom', 'get', 'network', network, '-o', 'json']);
  return JSON.parse(stdout).status.uuid;
};
const packets = async (netns: string, link: string, way: 'rx' | 'tx'): Promise<number> => {
  const [row] = JSON.parse(await gateway().ok(`ip -n ${netns} -s -j link show ${link}`));
  return row.stats64[way].packets;
};

beforeAll(async () => {
  all = await startCluster(OPTIONS);
  outside = { node: nodeOf(OUTSIDE.name, holderOf(all.lab, OUTSIDE.name), OUTSIDE.address, all.lab.dir) };
  await all.node('n3').ip(['addr add 192.0.2.20/32 dev eth0'], 'b');
  await Promise.all([
    serve(outside, 7000),
    serve(at('b'), 7001),
    serve(at('a'), 7002),
    serve(at('c'), 7003),
    serve(at('e'), 7004),
    serve(at('e'), 7006),
    serve(root('n1'), 7005),
  ]);
});
afterAll(async () => {
  await all?.end();
  rmSync(base, { recursive: true, force: true });
});

const GATEWAY = /^192\.0\.2\.[2-9] > 198\.18\.255\.9$/;

describe('the way out', () => {
  test('guests on every node reach the outside with the gateway address of their network', async () => {
    for (const name of ['b', 'c', 'e']) expect([name, await askFor(at(name), OUTSIDE.address, 7000, GATEWAY)]).toEqual([name, expect.stringMatching(GATEWAY)]);
  });

  test('a network without NAT reaches nothing', async () => {
    expect(await ask(at('q'), OUTSIDE.address, 7000)).toBe('');
  });

  test('nobody outside reaches an address inside', async () => {
    await outside.node.ip(['route add 10.0.0.0/24 via 198.18.0.1']);
    expect(await ask(outside, '10.0.0.4', 7003)).toBe('');
    await outside.node.ip(['route del 10.0.0.0/24']);
    // The router of the very network, by its outer address: NAT would not stop this.
    const { floatingGateway } = JSON.parse((await labRun(all.lab, 'n1', ['netloom', 'get', 'network', 'red/lan', '-o', 'json'])).stdout).status;
    await gateway().ip([`route add 10.0.0.4/32 via ${floatingGateway.address} dev egr-br-eth1`]);
    expect(await ask(root('n1'), '10.0.0.4', 7003)).toBe('');
    await gateway().ip(['route del 10.0.0.4/32']);
  });

  test('guests reach no service of the gateway node', async () => {
    expect(await ask(at('c'), '192.0.2.1', 7005)).toBe('');
    expect(await ask(root('n1'), '192.0.2.1', 7005)).toBe('192.0.2.1 > 192.0.2.1');
  });
});

describe('floating addresses', () => {
  test('lead from outside to their guest, by their own pair in both directions', async () => {
    const netns = await uuidOf('red/lan');
    const before = [await packets(netns, 'flt-c000020a-i', 'rx'), await packets(netns, 'flt-c000020a-i', 'tx'), await packets(netns, 'egr-21-i', 'tx')];
    expect(await askFor(outside, '192.0.2.10', 7001, /> 10\.0\.0\.3$/)).toMatch(/> 10\.0\.0\.3$/);
    const after = [await packets(netns, 'flt-c000020a-i', 'rx'), await packets(netns, 'flt-c000020a-i', 'tx'), await packets(netns, 'egr-21-i', 'tx')];
    expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual([expect.any(Number), expect.any(Number), 0]);
    expect((after[0] ?? 0) - (before[0] ?? 0)).toBeGreaterThan(3);
    expect((after[1] ?? 0) - (before[1] ?? 0)).toBeGreaterThan(3);
  });

  test('egress floating: what the guest begins leaves with its own address', async () => {
    expect(await askFor(at('a'), OUTSIDE.address, 7000, '192.0.2.11 > 198.18.255.9')).toBe('192.0.2.11 > 198.18.255.9');
    expect(await askFor(outside, '192.0.2.11', 7002, /> 10\.0\.0\.2$/)).toMatch(/> 10\.0\.0\.2$/);
  });

  test('hairpin: from the same network, as the router', async () => {
    for (const [from, to, port] of [
      ['c', '192.0.2.10', 7001],
      ['a', '192.0.2.10', 7001],
      ['b', '192.0.2.11', 7002],
      ['a', '192.0.2.11', 7002],
    ] as const) {
      expect([from, to, await askFor(at(from), to, port, /^10\.0\.0\.1 > /)]).toEqual([from, to, expect.stringMatching(/^10\.0\.0\.1 > 10\.0\.0\.[23]$/)]);
    }
  });

  test("from another tenant's network", async () => {
    expect(await askFor(at('e'), '192.0.2.10', 7001, /> 10\.0\.0\.3$/)).toMatch(/^192\.0\.2\.[2-9] > 10\.0\.0\.3$/);
    expect(await askFor(at('a'), '192.0.2.12', 7004, /> 10\.0\.0\.2$/)).toBe('192.0.2.11 > 10.0.0.2');
  });

  test('let in what is allowed, and nothing else', async () => {
    expect(await askFor(outside, '192.0.2.12', 7004, /> 10\.0\.0\.2$/)).toMatch(/> 10\.0\.0\.2$/);
    expect(await ask(outside, '192.0.2.12', 7006)).toBe('');
    expect(await ask(at('e'), '10.0.0.2', 7006)).toBe('10.0.0.2 > 10.0.0.2');
  });

  test('an address of the pool that nobody has does not answer', async () => {
    expect(await ask(outside, '192.0.2.77', 7001)).toBe('');
  });
});

describe('a routed address', () => {
  const LB = '192.0.2.20';

  test('is reached from outside, its own network and other tenants, as it is', async () => {
    expect(await askFor(outside, LB, 7001, /> 192\.0\.2\.20$/)).toMatch(/> 192\.0\.2\.20$/);
    expect(await askFor(at('c'), LB, 7001, '10.0.0.4 > 192.0.2.20')).toBe('10.0.0.4 > 192.0.2.20');
    expect(await askFor(at('a'), LB, 7001, '10.0.0.2 > 192.0.2.20')).toBe('10.0.0.2 > 192.0.2.20');
    expect(await askFor(at('e'), LB, 7001, /> 192\.0\.2\.20$/)).toMatch(/^192\.0\.2\.[2-9] > 192\.0\.2\.20$/);
  });

  test('may be a source, for the guest that names it and no other', async () => {
    expect(await askFor(at('b'), OUTSIDE.address, 7000, '192.0.2.20 > 198.18.255.9', LB)).toBe('192.0.2.20 > 198.18.255.9');
    await all.node('n2').ip([`addr add ${LB}/32 dev eth0`], 'a');
    expect(await ask(at('a'), OUTSIDE.address, 7000, LB)).toBe('');
    await all.node('n2').ip([`addr del ${LB}/32 dev eth0`], 'a');
  });
});

describe('DHCP and DNS', () => {
  test('a guest on another node leases its address, with router, mtu, resolver and domain', async () => {
    const script = join(base, 'bound');
    const lease = join(base, 'lease');
    const words = '"$ip $router $dns $mtu $domain"';
    writeFileSync(script, `#!/bin/sh\n[ "$1" = bound ] && echo ${words} > ${lease}\nexit 0\n`, { mode: 0o755 });
    const { exitCode, stderr } = await all
      .node('n2')
      .run(['ip', 'netns', 'exec', 'a', 'busybox', 'udhcpc', '-i', 'eth0', '-n', '-q', '-t', '6', '-T', '1', '-s', script]);
    expect([exitCode, exitCode === 0 ? '' : stderr]).toEqual([0, '']);
    expect((await all.node('n2').ok(['cat', lease])).trim()).toBe('10.0.0.2 10.0.0.1 10.0.0.1 1550 red.netloom');
  });

  test('a name of a neighbour is resolved, and its address back', async () => {
    const look = async (what: string): Promise<string> =>
      (await all.node('n2').run(['ip', 'netns', 'exec', 'a', 'busybox', 'nslookup', what, '10.0.0.1'])).stdout;
    expect(await look('b.red.netloom')).toContain('10.0.0.3');
    expect(await look('10.0.0.3')).toContain('b.red.netloom');
  });
});

describe('a second pass', () => {
  test('finds nothing to do on any node', async () => {
    for (const node of ['n1', 'n2', 'n3']) {
      const { exitCode, stdout } = await labRun(all.lab, node, ['netloom', 'plan', '--detailed-exitcode']);
      expect([node, exitCode, exitCode === 0 ? '' : stdout]).toEqual([node, 0, '']);
    }
  });
});

describe('moves', () => {
  test('a floating address moves to another guest with one line', async () => {
    const more = OPTIONS.more?.map(text => text.replace('interface: b', 'interface: c')) ?? [];
    await all.pass({ ...OPTIONS, more });
    await serve(at('c'), 7001);
    expect(await askFor(outside, '192.0.2.10', 7001, /> 10\.0\.0\.4$/)).toMatch(/> 10\.0\.0\.4$/);
    expect(await askFor(outside, '192.0.2.11', 7002, /> 10\.0\.0\.2$/)).toMatch(/> 10\.0\.0\.2$/);
  });

  test('what is no longer defined is gone, processes and files too', async () => {
    await all.pass({ ...OPTIONS, networks: OPTIONS.networks.slice(1, 2), guests: OPTIONS.guests.filter(guest => guest.name === 'e'), more: [POOL] });
    const names = (await gateway().ok('ip netns list'))
      .trim()
      .split('\n')
      .filter(line => line.includes('6e6c6d'));
    expect(names).toHaveLength(1);
    expect(await gateway().ok('ip -o link show')).not.toMatch(/(veth|egr)-2[13]-o|flt-/);
    const { stdout } = await gateway().run(['pgrep', '-c', '-f', `${all.lab.dir}.*dnsmasq.conf`]);
    expect(stdout.trim()).toBe('1');
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spawnLong } from '../../src/host/spawn-long.ts';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { OUTSIDE } from '../../src/lab/outside.ts';
import { type Cluster, type ClusterOptions, definition, startCluster } from '../support/lab-cluster.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';
import { askFor, type Spot, serve } from '../support/lab-tcp.ts';

const GUESTS = ['a', 'b', 'c', 'd'];
/** Five addresses are there for networks and floating addresses: two networks, and the first `floating` guests. */
const cluster = (floating: number, more: ClusterOptions['networks'] = []): ClusterOptions => ({
  gateways: ['n1'],
  networks: [
    { tenant: 'red', name: 'lan', vxid: 0x61, cidr: '10.0.0.0/24', more: 'dns: true' },
    { tenant: 'red', name: 'two', vxid: 0x62, cidr: '10.1.0.0/24', more: 'dns: true' },
    ...more,
  ],
  guests: [
    ...GUESTS.map((name, index) => ({ name, on: 'red/lan', node: 'n2', address: `10.0.0.${index + 2}` })),
    { name: 't', on: 'red/two', node: 'n3', address: '10.1.0.2' },
  ],
  more: [
    definition('AddressPool', 'name: small', 'cidr: 192.0.2.0/29', 'device: eth1', 'mode: routed'),
    ...GUESTS.slice(0, floating).map(name => definition('FloatingIP', `name: ${name}, namespace: red`, `interface: ${name}`)),
  ],
});

let all: Cluster;
let outside: Spot;
const at = (name: string): Spot => all.guest(name) as Spot;
const gateway = (): TestNode => all.node('n1');
const pass = async (): Promise<string> => {
  const { stdout, stderr } = await labRun(all.lab, 'n1', ['netloom', 'reconcile'], { timeoutMs: 60_000 });
  return stdout + stderr;
};
// biome-ignore lint/suspicious/noExplicitAny: the JSON that the command prints; a test says what it expects of it.
const get = async (...what: readonly string[]): Promise<any> => JSON.parse((await labRun(all.lab, 'n1', ['netloom', 'get', ...what, '-o', 'json'])).stdout);
const reaches = (name: string): Promise<string> => askFor(at(name), OUTSIDE.address, 7000, /^192\.0\.2\./);
const leases = async (name: string): Promise<boolean> => {
  const argv = ['ip', 'netns', 'exec', name, 'busybox', 'udhcpc', '-i', 'eth0', '-n', '-q', '-t', '3', '-T', '1', '-s', '/bin/true'];
  return (await all.guest(name).node.run(argv)).exitCode === 0;
};

beforeAll(async () => {
  all = await startCluster(cluster(3));
  outside = { node: nodeOf(OUTSIDE.name, holderOf(all.lab, OUTSIDE.name), OUTSIDE.address, all.lab.dir) };
  await Promise.all([serve(outside, 7000), ...GUESTS.map(name => serve(at(name), 7001))]);
});
afterAll(() => all?.end());

describe('a pool that has nothing left', () => {
  test('leaves one waiting, with the reason, and all else goes on', async () => {
    await all.push(cluster(4));
    await pass();
    expect((await get('floatingip', 'red/d')).status).toMatchObject({ state: 'initial', reason: 'PoolExhausted', address: null });
    for (const name of ['a', 'b', 'c']) {
      const { status } = await get('floatingip', `red/${name}`);
      const to = new RegExp(`> 10\\.0\\.0\\.${GUESTS.indexOf(name) + 2}$`);
      expect([name, await askFor(outside, status.address, 7001, to)]).toEqual([name, expect.stringMatching(to)]);
    }
    expect(await reaches('d')).toMatch(/^192\.0\.2\./);
  });

  test('leaves a new network without its way out, with the reason, and all else goes on', async () => {
    await all.push(cluster(3, [{ tenant: 'red', name: 'late', vxid: 0x63, cidr: '10.2.0.0/24' }]));
    await pass();
    expect((await get('network', 'red/late')).status).toMatchObject({ state: 'initial', reason: 'PoolExhausted', floatingGateway: null });
    expect(await reaches('t')).toMatch(/^192\.0\.2\./);
    await all.push(cluster(3));
    await pass();
  });
});

describe('a service that cannot run', () => {
  test('for want of dnsmasq: the network works without it, and says which package', async () => {
    expect(await leases('t')).toBe(true);
    const path = (await gateway().ok('which dnsmasq')).trim();
    await gateway().ok(`mount --bind /dev/null ${path}`);
    const said = await pass();
    expect(said).toMatch(/DnsmasqMissing.*dnsmasq-base/);
    expect(await leases('t')).toBe(false);
    expect(await reaches('t')).toMatch(/^192\.0\.2\./);
    expect((await get('network', 'red/two')).status).toMatchObject({ state: 'degraded', reason: 'DnsmasqMissing' });
    await gateway().ok(`umount ${path}`);
    expect(await pass()).not.toContain('DnsmasqMissing');
    expect(await leases('t')).toBe(true);
  });

  test.each([67, 53])('for a taken port %i: that network says so, the others are served', async port => {
    const uuid = (await get('network', 'red/two')).status.uuid;
    const pid = (await gateway().ok(['pgrep', '-f', `${all.lab.dir}.*${uuid}/dnsmasq.conf`])).trim();
    await gateway().ok(`kill -KILL ${pid}`);
    const isHeld = async () => (await gateway().ok(`ip netns exec ${uuid} ss -Hlun`)).includes(`:${port} `);
    // Gone is who was killed only when the port is free.
    while (await isHeld()) await new Promise(done => setTimeout(done, 20));
    const squatter = spawnLong('nsenter', [...gateway().into(uuid), 'socat', '-u', `UDP4-RECV:${port}`, '-']);
    while (!(await isHeld())) await new Promise(done => setTimeout(done, 20));
    expect(await pass()).toMatch(/dnsmasq ended: .*Address already in use/);
    expect((await get('network', 'red/two')).status).toMatchObject({
      state: 'error',
      reason: 'ApplyFailed',
      message: expect.stringContaining('already in use'),
    });
    expect([await leases('t'), await leases('a')]).toEqual([false, true]);
    expect(await reaches('t')).toMatch(/^192\.0\.2\./);
    await squatter.stop();
    await all.passOn('n1');
    expect(await leases('t')).toBe(true);
  });
});

/** Pools whose network card is not the one of the node's own default route: they leave by their card all the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { OUTSIDE } from '../../src/lab/outside.ts';
import { type Cluster, definition, startCluster } from '../support/lab-cluster.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';
import { ask, askFor, type Spot, serve } from '../support/lab-tcp.ts';

/** What the outside sees of the second card, and what it answers to. */
const CARD = /^198\.18\.0\.3 > 198\.18\.255\.9$/;
const POOL = '192.0.2.64/26';

let all: Cluster;
let guest: Spot;
const gateway = (): TestNode => all.node('n1');
const pass = async (): Promise<{ readonly code: number | null; readonly said: string }> => {
  const { exitCode, stdout, stderr } = await labRun(all.lab, 'n1', ['netloom', 'reconcile'], { timeoutMs: 60_000 });
  return { code: exitCode, said: stdout + stderr };
};
const plan = async (): Promise<string> => (await labRun(all.lab, 'n1', ['netloom', 'plan'])).stdout;

beforeAll(async () => {
  all = await startCluster({
    gateways: ['n1'],
    networks: [
      { tenant: 'red', name: 'usual', vxid: 0x71, cidr: '10.1.0.0/24', more: 'pool: usual' },
      { tenant: 'red', name: 'aside', vxid: 0x72, cidr: '10.2.0.0/24', more: 'pool: aside' },
    ],
    guests: [
      { name: 'u', on: 'red/usual', node: 'n2', address: '10.1.0.2' },
      { name: 'a', on: 'red/aside', node: 'n2', address: '10.2.0.2' },
    ],
    more: [
      definition('AddressPool', 'name: usual', 'cidr: 192.0.2.0/26', 'device: eth1', 'mode: masquerade'),
      definition('AddressPool', 'name: aside', `cidr: ${POOL}`, 'device: eth2', 'mode: masquerade'),
      definition('FloatingIP', 'name: web, namespace: red', 'pool: aside', 'address: 192.0.2.80', 'interface: a'),
    ],
  });
  guest = all.guest('a') as Spot;
  const outside = { node: nodeOf(OUTSIDE.name, holderOf(all.lab, OUTSIDE.name), OUTSIDE.address, all.lab.dir) };
  await Promise.all([serve(outside, 7000), serve(guest, 7001), serve(all.guest('u') as Spot, 7001)]);
});
afterAll(() => all?.end());

describe('a pool of another card than that of the node’s default route', () => {
  test('leaves by its own card, with the address of that; the other pool by the other', async () => {
    expect(await askFor(guest, OUTSIDE.address, 7000, CARD)).toMatch(CARD);
    expect(await ask(all.guest('u') as Spot, OUTSIDE.address, 7000)).toMatch(/^198\.18\.0\.1 > /);
    const [way] = await gateway().json(`route get ${OUTSIDE.address}`);
    expect(way).toMatchObject({ dev: 'eth1' });
  });

  test('reaches what the node has nearer routes to: the other pool', async () => {
    const floating = await gateway().json('route get 192.0.2.80');
    expect(floating).toMatchObject([{ dev: 'egr-br-eth2' }]);
    const [gatewayOf] = await gateway().json('route get 192.0.2.2 from 192.0.2.80 iif egr-br-eth2');
    expect(gatewayOf).toMatchObject({ dev: 'egr-br-eth1' });
  });

  test('would leave by the other card without its rule, which a pass puts back', async () => {
    await gateway().ip(['rule del pref 1001']);
    expect(await ask(guest, OUTSIDE.address, 7000)).not.toMatch(CARD);
    expect(await plan()).toContain('routing rule');
    expect(await pass()).toMatchObject({ code: 0 });
    expect(await askFor(guest, OUTSIDE.address, 7000, CARD)).toMatch(CARD);
    expect(await plan()).not.toContain('routing rule');
  });

  test('hears answers also where the way back is filtered strictly: the kernel asks as the bridge would', async () => {
    await gateway().ok('sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth2.rp_filter=1 net.ipv4.conf.egr-br-eth2.rp_filter=1');
    expect(await askFor(guest, OUTSIDE.address, 7000, CARD)).toMatch(CARD);
  });

  test('has a condition while its card has no default route', async () => {
    await gateway().ip(['route del default dev eth2']);
    expect((await pass()).said).toMatch(/NotByItsDevice.*eth2 of n1 has no default route of its own/);
    expect(await gateway().json('rule show')).not.toContainEqual(expect.objectContaining({ iif: 'egr-br-eth2' }));
    await gateway().ip(['route add default via 198.18.0.2 dev eth2 metric 101']);
    expect(await pass()).toEqual({ code: 0, said: expect.not.stringContaining('NotByItsDevice') });
    expect(await askFor(guest, OUTSIDE.address, 7000, CARD)).toMatch(CARD);
  });
});

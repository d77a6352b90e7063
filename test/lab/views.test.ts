/** What people see of the gateway, on nodes that carry one: ping, usage, and taking a gateway node out of service. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labRun } from '../../src/lab/enter.ts';
import { type Cluster, type ClusterOptions, definition, startCluster } from '../support/lab-cluster.ts';

const OPTIONS: ClusterOptions = {
  gateways: ['n1', 'n2'],
  networks: [
    { tenant: 'red', name: 'lan', vxid: 0x31, cidr: '10.1.0.0/24', more: 'gateway: n1' },
    { tenant: 'red', name: 'flat', vxid: 0x32 },
  ],
  guests: [{ name: 'web', on: 'red/lan', node: 'n3', address: '10.1.0.9' }],
  more: [
    definition('AddressPool', 'name: edge', 'cidr: 192.0.2.0/26', 'device: eth1'),
    definition('FloatingIP', 'name: www, namespace: red', 'address: 192.0.2.10', 'interface: web'),
  ],
};

let all: Cluster;
const netloom = (node: string, ...argv: readonly string[]) => labRun(all.lab, node, ['netloom', ...argv]);
const json = async (node: string, ...argv: readonly string[]) => {
  const { stdout, stderr, exitCode } = await netloom(node, ...argv, '-o', 'json');
  if (stdout === '') throw new Error(`${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
  return JSON.parse(stdout);
};

function complaints(schema: string, value: unknown): unknown {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
    JSON.parse(readFileSync(new URL(`../../schemas/output/${schema}.json`, import.meta.url), 'utf8')),
  );
  return validate(value) ? [] : validate.errors;
}

beforeAll(async () => {
  all = await startCluster(OPTIONS);
});
afterAll(() => all?.end());

describe('netloom ping', () => {
  test('asks a guest on another node from the gateway node, and prints as it comes', async () => {
    const { stdout, exitCode } = await netloom('n1', 'ping', '-n', 'red', 'lan', '10.1.0.9', '-c', '2', '--interval', '0.2');
    expect(stdout).toMatch(/^64 bytes from 10\.1\.0\.9: icmp_seq=1/m);
    expect(stdout).toContain('2 packets transmitted, 2 received');
    expect(exitCode).toBe(0);
  });

  test('as JSON: lines and statistics; nobody answers: 1', async () => {
    const record = await json('n1', 'ping', 'red/lan', '10.1.0.9', '-c', '2', '--interval', '0.2');
    expect(complaints('ping', record)).toEqual([]);
    expect(record).toMatchObject({ network: 'red/lan', node: 'n1', statistics: { transmitted: 2, received: 2, lossPercent: 0 } });
    const { exitCode } = await netloom('n1', 'ping', 'red/lan', '10.1.0.77', '-c', '1', '--timeout', '0.5');
    expect(exitCode).toBe(1);
  });

  test('Ctrl-C, and the end of stdin where it stands for that, end it with its statistics', async () => {
    const argv = ['netloom', 'ping', 'red/lan', '10.1.0.9', '-c', '100', '--interval', '0.2'];
    const pressed = await labRun(all.lab, 'n1', ['timeout', '--preserve-status', '-s', 'INT', '2', ...argv]);
    expect(pressed.stdout).toMatch(/^\d+ packets transmitted, \d+ received/m);
    expect(pressed.exitCode).toBe(0);
    const ended = await labRun(all.lab, 'n1', ['sh', '-c', `sleep 2 | ${argv.join(' ')} --stop-at-eof`], { timeoutMs: 15_000 });
    expect(ended.stdout).toMatch(/^\d+ packets transmitted, \d+ received/m);
    expect(ended.exitCode).toBe(0);
  });

  test('elsewhere: exit 1, the node that can and the command to run there', async () => {
    const { stdout, stderr, exitCode } = await netloom('n3', 'ping', '-n', 'red', 'lan', '10.1.0.9');
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain('this machine does not carry the router of Network red/lan: n1 does');
    expect(stderr).toContain('run on n1: netloom ping -n red lan 10.1.0.9 -c 10 --interval 1 --timeout 2');
  });

  test('over ssh: says what ssh said, and refuses a node that cannot ask either', async () => {
    const closed = await netloom('n3', 'ping', 'red/lan', '10.1.0.9', '--ssh', 'root@127.0.0.1');
    expect([closed.exitCode, closed.stderr]).toEqual([1, expect.stringMatching(/ssh to root@127\.0\.0\.1 failed: .*refused/)]);
    const wrong = await netloom('n3', 'ping', 'red/lan', '10.1.0.9', '--ssh', 'n3');
    expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringContaining('n3 does not carry the router of Network red/lan')]);
  });

  test.each([
    ['lan', '10.2.0.9', '10.2.0.9 is not in Network red/lan (10.1.0.0/24)'],
    ['flat', '10.1.0.9', 'Network red/flat is layer 2 only'],
    ['none', '10.1.0.9', 'there is no Network none in namespace red'],
  ])('refuses %s %s', async (network, address, message) => {
    const { stderr, exitCode } = await netloom('n1', 'ping', '-n', 'red', network, address);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
  });
});

describe('get and describe', () => {
  test('everything is created, and has the shape that its schema says', async () => {
    for (const kind of ['pools', 'networks', 'interfaces', 'floatingips', 'routedips', 'nodes']) {
      const list = await json('n3', 'get', kind, '-A');
      expect(complaints('status-objects', list)).toEqual([]);
      expect(
        list.items.map((item: { status: { state: string } }) => item.status.state).filter((state: string) => !['created', 'ready'].includes(state)),
      ).toEqual([]);
    }
    const { status } = await json('n2', 'get', 'fip', '192.0.2.10', '-n', 'red');
    expect(status).toMatchObject({ state: 'created', interface: 'red/web', target: '10.1.0.9', node: 'n1', pool: 'edge' });
    const status2 = await json('n2', 'status');
    expect(complaints('status', status2)).toEqual([]);
    expect(status2).toMatchObject({
      ready: true,
      gateways: [
        { node: 'n1', routers: 1 },
        { node: 'n2', routers: 0 },
      ],
    });
  });
});

test('netloom wait knows the new kinds', async () => {
  for (const [kind, ref] of [
    ['pool', 'edge'],
    ['floatingip', 'red/www'],
  ] as const)
    expect((await netloom('n3', 'wait', kind, ref, '--timeout', '5s')).exitCode).toBe(0);
  const { exitCode, stderr } = await netloom('n3', 'wait', 'routedip', 'red/none', '--timeout', '0s');
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('it is neither defined nor in the ledger')]);
});

describe('usage', () => {
  const received = async (node: string, kind: string, ref: string) => {
    const { usage } = await json(node, 'describe', kind, '-n', 'red', ref);
    return (usage as { node: string; live: boolean; rx: { packets: number } }[]).map(each => [each.node, each.live, each.rx.packets > 0]);
  };

  test('is told live where it is counted, and nowhere else until it was sampled', async () => {
    await netloom('n1', 'ping', 'red/lan', '10.1.0.9', '-c', '3', '--interval', '0.2');
    expect(await received('n3', 'interface', 'web')).toEqual([['n3', true, true]]);
    expect(await received('n1', 'interface', 'web')).toEqual([]);
    expect((await received('n1', 'network', 'lan')).map(([node, live]) => [node, live])).toEqual([['n1', true]]);
  });

  test('is sampled with a push when an hour has gone by, for everybody to see', async () => {
    for (const node of ['n1', 'n3']) {
      const file = join(stateDirOf(node), 'usage.json');
      const kept = JSON.parse(readFileSync(file, 'utf8'));
      writeFileSync(file, JSON.stringify({ ...kept, at: '2026-01-01T00:00:00.000Z' }));
    }
    await all.pass({
      ...OPTIONS,
      networks: [...OPTIONS.networks, { tenant: 'red', name: 'more', vxid: 0x33, cidr: '10.3.0.0/24', more: 'gateway: n1' }],
      guests: [...OPTIONS.guests, { name: 'new', on: 'red/more', node: 'n3', attach: '{ tap: {} }' }],
    });
    const list = await json('n2', 'events', 'interface', '-n', 'red', 'web', '-t', 'usage');
    expect(complaints('events', list)).toEqual([]);
    expect(list.items).toHaveLength(1);
    expect(list.items[0]).toMatchObject({ node: 'n3', network: 'red/lan', extra: { rx: { packets: expect.any(Number) }, tx: { carrier_errors: 0 } } });
    expect(await received('n2', 'interface', 'web')).toEqual([['n3', false, true]]);
    // Not due again.
    expect(JSON.parse(readFileSync(join(stateDirOf('n3'), 'usage.json'), 'utf8')).at > '2026-06').toBe(true);
  });
});

function stateDirOf(node: string): string {
  return join(all.lab.dir, 'nodes', node, 'state');
}

describe('netloom cordon', () => {
  test('one commit moves the routers of a gateway node, and says before which go where', async () => {
    await all.pass({ ...OPTIONS, networks: OPTIONS.networks.map(({ more: _, ...network }) => network) });
    const checkout = join(all.lab.dir, 'checkout');
    const git = (...argv: readonly string[]) => labRun(all.lab, 'n1', ['git', ...argv], { okCodes: [0], env: { HOME: all.lab.dir } });
    await git('clone', '-q', all.lab.url, checkout);
    for (const [name, value] of [
      ['user.name', 'Ann'],
      ['user.email', 'ann@example.com'],
    ] as const)
      await git('-C', checkout, 'config', name, value);
    const { stdout, stderr, exitCode } = await labRun(all.lab, 'n1', ['netloom', 'cordon', 'n1', '--repo-dir', checkout, '--commit']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^red\/lan +n1 +n2/m);
    await git('-C', checkout, 'push', '-q');
    for (const node of ['n2', 'n1', 'n3', 'n2', 'n1', 'n3']) await all.passOn(node);
    const { status } = await json('n3', 'get', 'network', 'red/lan');
    expect(status).toMatchObject({ state: 'created', gateway: { node: 'n2', former: null } });
    expect((await netloom('n2', 'ping', 'red/lan', '10.1.0.9', '-c', '1')).exitCode).toBe(0);
    expect((await netloom('n1', 'ping', 'red/lan', '10.1.0.9', '-c', '1')).stderr).toContain('n2 does');
  });
});

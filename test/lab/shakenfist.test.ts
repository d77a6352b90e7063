/** The two walk-throughs of Shaken Fist's documentation, told as commits: after each the kernel has the objects that they show. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { pushFolder } from '../../src/lab/definitions.ts';
import { labDown } from '../../src/lab/down.ts';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { type Lab, repositoryOf } from '../../src/lab/lab.ts';
import { castOf } from '../../src/lab/topology.ts';
import { labUp } from '../../src/lab/up.ts';
import { loadFolder } from '../../src/pass/local.ts';
import { ROOT } from '../house/tree.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';

const REPO = join(ROOT, 'test', 'golden', 'shakenfist', 'repo');
const base = mkdtempSync(join(tmpdir(), 'netloom-shakenfist-'));
const folder = join(base, 'definitions');
const NODES = ['sf-1', 'sf-2', 'sf-3'];
let lab: Lab;

/** The documents of a file of the walk-throughs, by `Kind name`. */
function documents(file: string): ReadonlyMap<string, string> {
  const parts = readFileSync(join(REPO, file), 'utf8').split(/^---$/m);
  const word = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? '';
  return new Map(parts.map(text => [`${word(text, /^kind: (\S+)/m)} ${word(text, /^metadata: \{name: ([^,}]+)/m)}`, text]));
}

const doc = (file: string, name: string): string => {
  const found = documents(file).get(name);
  if (found === undefined) throw new Error(`${file} has no ${name}`);
  return found;
};

/** Commits these documents beside the cluster's, and lets every node pass. */
async function commit(...texts: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'all.yaml'), [readFileSync(join(REPO, 'cluster.yaml'), 'utf8'), ...texts].join('\n---\n'));
  if (lab === undefined) return;
  await pushFolder(lab.dir, folder);
  const ends = await Promise.all(NODES.map(node => labRun(lab, node, ['netloom', 'reconcile'], { timeoutMs: 60_000 })));
  expect(ends.map(({ exitCode, stderr }) => (exitCode === 0 ? '' : stderr))).toEqual(['', '', '']);
}

const node = (name: string): TestNode => nodeOf(name, holderOf(lab, name), '', lab.dir);
const links = async (name: string, netns?: string): Promise<readonly { ifname: string; mtu: number; master?: string }[]> => node(name).json('link show', netns);
const link = async (name: string, ifname: string, netns?: string) => (await links(name, netns)).find(each => each.ifname === ifname);
const addresses = async (name: string, ifname: string, netns?: string): Promise<readonly string[]> => {
  const rows = await node(name).json(`-4 addr show dev ${ifname}`, netns);
  return rows.flatMap((row: { addr_info?: { local: string; prefixlen: number }[] }) =>
    (row.addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`),
  );
};
const routes = async (name: string, netns?: string): Promise<readonly string[]> =>
  (await node(name).json('route show', netns)).map(
    (row: { dst: string; gateway?: string; dev: string }) => `${row.dst}${row.gateway ? ` via ${row.gateway}` : ''} ${row.dev}`,
  );
const spaces = async (name: string): Promise<readonly string[]> => (await node(name).ok('ip netns list')).split('\n').flatMap(line => line.split(' ')[0] || []);
const uuid = async (network: string): Promise<string> => {
  const { stdout } = await labRun(lab, 'sf-1', ['netloom', 'get', 'network', network, '-o', 'json']);
  return JSON.parse(stdout).status.uuid;
};
const table = async (netns: string): Promise<string> => node('sf-1').ok(['ip', 'netns', 'exec', netns, 'nft', 'list', 'table', 'ip', 'netloom']);

const DEMONET = doc('demonet.yaml', 'Network demonet');
const ON_2 = doc('demonet.yaml', 'Interface inst-on-sf-2');
const ON_3 = doc('demonet.yaml', 'Interface inst-on-sf-3');
const DEMO = doc('demo.yaml', 'Network demo');
const INSTANCE = doc('demo.yaml', 'Interface demo');
const FLOATED = doc('demo.yaml', 'Interface floatingdemo').replace(/^ {2}routedIPs:.*\n/m, '');
const FLOATING = doc('demo.yaml', 'FloatingIP floatingdemo');
const CARRIER = doc('demo.yaml', 'Interface floatingdemo');
const ROUTED = doc('demo.yaml', 'RoutedIP metallb');

beforeAll(async () => {
  await commit();
  const { catalog } = await loadFolder(folder, join(base, 'cache'));
  if (catalog === null) throw new Error('the walk-throughs are not valid');
  lab = await labUp({ dir: join(base, 'lab'), definitions: { folder, cast: castOf(catalog) }, home: ROOT });
  await commit();
});
afterAll(async () => {
  await labDown(join(base, 'lab'));
  rmSync(base, { recursive: true, force: true });
});

describe('before any network', () => {
  test('the egress bridge is there with the first address of the pool, and the card is not in it', async () => {
    expect(await link('sf-1', 'egr-br-eth1')).toMatchObject({ mtu: 1500 });
    expect(await addresses('sf-1', 'egr-br-eth1')).toEqual(['192.168.15.1/24']);
    expect((await link('sf-1', 'eth1'))?.master).toBeUndefined();
    expect(await links('sf-2')).not.toContainEqual(expect.objectContaining({ ifname: 'egr-br-eth1' }));
  });
});

describe('a network without DHCP and NAT, with an instance on each of two other nodes', () => {
  test('the network node has bridge, mesh and a namespace with the router, and no way out', async () => {
    await commit(DEMONET, ON_2, ON_3);
    const netns = await uuid('demonet');
    expect(await spaces('sf-1')).toEqual([netns]);
    for (const name of ['vxlan-2', 'veth-2-o']) expect(await link('sf-1', name)).toMatchObject({ mtu: 8950, master: 'br-vxlan-2' });
    expect(await addresses('sf-1', 'veth-2-i', netns)).toEqual(['192.168.0.1/24']);
    expect((await links('sf-1', netns)).map(each => each.ifname).sort()).toEqual(['lo', 'veth-2-i']);
    expect(await routes('sf-1', netns)).toEqual(['192.168.0.0/24 veth-2-i']);
    expect(await table(netns)).not.toMatch(/snat to 192\.168\.15|masquerade/);
    const { stdout } = await node('sf-1').run(['pgrep', '-f', `${lab.dir}.*dnsmasq.conf`]);
    expect(stdout).toBe('');
  });

  test('the others have vxlan and bridge at the same mtu, no namespace, and know each other and the router', async () => {
    for (const [name, peers] of [
      ['sf-2', ['10.2.1.11', '10.2.1.13']],
      ['sf-3', ['10.2.1.11', '10.2.1.12']],
    ] as const) {
      expect(await spaces(name)).toEqual([]);
      for (const each of ['vxlan-2', 'br-vxlan-2']) expect(await link(name, each)).toMatchObject({ mtu: 8950 });
      const fdb = await node(name).ok('bridge fdb show brport vxlan-2');
      for (const peer of peers) expect(fdb).toMatch(new RegExp(`00:00:00:00:00:00 dst ${peer} self permanent`));
      expect(fdb).toMatch(/02:02:00:00:02:01 dst 10\.2\.1\.11 self static/);
    }
    expect(await node('sf-3').ok('bridge fdb show brport vxlan-2')).toMatch(/00:00:00:34:8d:90 dst 10\.2\.1\.12 self static/);
  });
});

describe('a network with DHCP and NAT', () => {
  const kept = [DEMONET, ON_2, ON_3];
  let netns = '';
  let root: readonly string[] = [];

  test('gets an egress pair, an address of the pool, a default route, source NAT of its cidr, and dnsmasq', async () => {
    await commit(...kept, DEMO);
    netns = await uuid('demo');
    for (const name of ['vxlan-e2300f', 'br-vxlan-e2300f', 'veth-e2300f-o']) expect(await link('sf-1', name)).toMatchObject({ mtu: 8900 });
    expect(await link('sf-1', 'veth-e2300f-i', netns)).toMatchObject({ mtu: 8900 });
    expect(await link('sf-1', 'egr-e2300f-o')).toMatchObject({ mtu: 1500, master: 'egr-br-eth1' });
    expect(await addresses('sf-1', 'veth-e2300f-i', netns)).toEqual(['172.16.0.1/24']);
    const [gateway = ''] = await addresses('sf-1', 'egr-e2300f-i', netns);
    expect(gateway).toMatch(/^192\.168\.15\.\d+\/24$/);
    expect(await routes('sf-1', netns)).toEqual(['default via 192.168.15.1 egr-e2300f-i', '172.16.0.0/24 veth-e2300f-i', '192.168.15.0/24 egr-e2300f-i']);
    expect(await table(netns)).toContain(`oifname "egr-e2300f-i" ip saddr 172.16.0.0/24 snat to ${gateway.split('/')[0]}`);
    expect((await node('sf-1').ok(['pgrep', '-f', `${lab.dir}.*${netns}.*dnsmasq.conf`])).trim().split('\n')).toHaveLength(1);
    root = await routes('sf-1');
    expect(root.filter(each => each.startsWith('192.168.15.'))).toEqual(['192.168.15.0/24 egr-br-eth1']);
  });

  test('an instance on it changes nothing in the namespace', async () => {
    const before = [await links('sf-1', netns), await routes('sf-1', netns), await addresses('sf-1', 'egr-e2300f-i', netns)];
    await commit(...kept, DEMO, INSTANCE);
    expect([await links('sf-1', netns), await routes('sf-1', netns), await addresses('sf-1', 'egr-e2300f-i', netns)]).toEqual(before);
  });

  test('a floating address is a pair of its own with a /32 inside and DNAT, and nothing in the root', async () => {
    await commit(...kept, DEMO, INSTANCE, FLOATED, FLOATING);
    expect(await link('sf-1', 'flt-c0a80f1d-o')).toMatchObject({ mtu: 1500, master: 'egr-br-eth1' });
    expect(await addresses('sf-1', 'flt-c0a80f1d-i', netns)).toEqual(['192.168.15.29/32']);
    expect(await table(netns)).toContain('192.168.15.29 : 172.16.0.37');
    expect(await routes('sf-1')).toEqual(root);
    const { stdout } = await labRun(lab, 'sf-1', ['netloom', 'get', 'interface', 'floatingdemo', '-o', 'json']);
    expect(JSON.parse(stdout).status.floating).toBe('192.168.15.29');
  });

  test('a routed address leads into the network from the namespace, and nothing in the root', async () => {
    await commit(...kept, DEMO, INSTANCE, CARRIER, FLOATING, ROUTED);
    expect(await routes('sf-1', netns)).toContain('192.168.15.30 veth-e2300f-i');
    expect(await node('sf-1').ok(`ip -n ${netns} neigh show proxy`)).toContain('192.168.15.30 dev egr-e2300f-i proxy');
    expect(await routes('sf-1')).toEqual(root);
  });

  test('all of it goes with its definitions, and the other network stays', async () => {
    await commit(...kept);
    expect(await spaces('sf-1')).toEqual([await uuid('demonet')]);
    expect((await links('sf-1')).filter(each => /e2300f|flt-/.test(each.ifname))).toEqual([]);
    const { stdout } = await node('sf-1').run(['pgrep', '-f', `${lab.dir}.*dnsmasq.conf`]);
    expect(stdout).toBe('');
  });
});

describe('the same by commands, in a clone of the definitions', () => {
  const clone = join(base, 'clone');

  const straight = ['--dir', clone, '--commit', '--push'] as const;
  const waiting = [...straight, '--wait', '--timeout', '120s'] as const;

  /** A command on the network node; with --wait the nodes have passes meanwhile, as their timers would. */
  async function netloom(...args: readonly string[]): Promise<string> {
    let done = !args.includes('--wait');
    const end = labRun(lab, 'sf-1', ['netloom', ...args], { timeoutMs: 150_000 }).finally(() => {
      done = true;
    });
    while (!done) await Promise.all(NODES.map(name => labRun(lab, name, ['netloom', 'reconcile'], { timeoutMs: 60_000 })));
    const { exitCode, stdout, stderr } = await end;
    expect([args.join(' '), exitCode, exitCode === 0 ? '' : stdout + stderr]).toEqual([args.join(' '), 0, '']);
    return stdout;
  }

  test('a network is created, an interface is floated, answers, and all of it is deleted; each ends with the record', async () => {
    await run('git', ['clone', '--quiet', repositoryOf(lab.dir), clone], { okCodes: [0] });
    for (const [name, value] of Object.entries({ name: 'Ann', email: 'ann@example.com' }))
      await run('git', ['-C', clone, 'config', `user.${name}`, value], { okCodes: [0] });
    await node('sf-3').ok('ip netns add story');

    const network = await netloom('create', 'network', 'story', '10.77.0.0/24', '-l', 'team=edge', ...waiting);
    expect(network).toMatch(/^UUID: +[0-9a-f-]{36}$/m);
    expect(network).toMatch(/^VXID: +\d+ \(0x[0-9a-f]+\)$/m);
    expect(network).toMatch(/^State: +created/m);
    expect(network).toContain('team=edge');

    await netloom('route', 'story', ...straight);
    const interfaceOptions = ['--network', 'story', '--node', 'sf-3', '--attach', 'netns:story', '--float'];
    const made = JSON.parse(await netloom('create', 'interface', 'guest', ...interfaceOptions, '-o', 'json', ...waiting));
    const outside = expect.stringMatching(/^192\.168\.15\.\d+$/);
    expect(made.status).toMatchObject({ state: 'created', network: 'default/story', address: '10.77.0.2', floating: outside });
    expect(await netloom('ping', 'story', '10.77.0.2', '-c', '3', '--interval', '0.2')).toContain('bytes from 10.77.0.2');

    const { status } = JSON.parse(await netloom('get', 'routedip', 'story', '-o', 'json'));
    expect(status).toMatchObject({ state: 'created', address: outside });
    await netloom('unroute', status.address, ...straight);
    expect(await netloom('delete', 'network', 'story', '--with-dependants', ...waiting)).toMatch(/^State: +deleted/m);
    const { stdout } = await run('git', [`--git-dir=${repositoryOf(lab.dir)}`, 'log', '-5', '--format=%an: %s', 'main'], { okCodes: [0] });
    expect(stdout.trim().split('\n')).toEqual([
      'Ann: delete Network default/story with Interface default/guest, FloatingIP default/guest',
      'Ann: delete RoutedIP default/story',
      'Ann: create Interface default/guest with FloatingIP default/guest',
      'Ann: create RoutedIP default/story',
      'Ann: create Network default/story',
    ]);
  });
});

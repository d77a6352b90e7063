import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { pushFolder } from '../../src/lab/definitions.ts';
import { labDown } from '../../src/lab/down.ts';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { type Lab, repositoryOf } from '../../src/lab/lab.ts';
import { labUp } from '../../src/lab/up.ts';
import { ROOT } from '../house/tree.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';
import { arpReply, frame, ipv4, routerAdvertisement, tagged } from '../support/lab-node-frames.ts';
import { echo, listen, none, type Place, refuses, sendFrames, some, token } from '../support/lab-node-probe.ts';

/** Two tenants with the same addresses, guests of both on the same nodes. All is pinned, so that probes know where to go. */
const GUESTS = [
  { tenant: 'red', name: 'r1', node: 'n1', address: '10.0.0.11' },
  { tenant: 'red', name: 'r2', node: 'n2', address: '10.0.0.12' },
  { tenant: 'red', name: 'r3', node: 'n3', address: '10.0.0.13' },
  { tenant: 'blue', name: 'b1', node: 'n1', address: '10.0.0.11' },
  { tenant: 'blue', name: 'b2', node: 'n2', address: '10.0.0.12' },
] as const;
type GuestName = (typeof GUESTS)[number]['name'];

const NODES = ['n1', 'n2', 'n3'].map((name, index) => ({ name, address: `198.51.100.${index + 1}` }));

const base = mkdtempSync(join(tmpdir(), 'netloom-pipeline-'));
const folder = join(base, 'definitions');
let lab: Lab;
const nodes = new Map<string, TestNode>();

function definition(kind: string, metadata: string, spec: string): string {
  return `apiVersion: netloom.dev/v1\nkind: ${kind}\nmetadata: { ${metadata} }\nspec: ${spec}\n---\n`;
}

function macOf(name: string): string {
  return `02:00:00:aa:${name === 'r1' || name === 'r2' || name === 'r3' ? '01' : '02'}:0${name[1]}`;
}

function writeDefinitions(without: readonly string[] = []): void {
  const guests = GUESTS.filter(guest => !without.includes(guest.tenant));
  const tenants = [...new Set(guests.map(guest => guest.tenant))];
  const parts = [
    definition('Cluster', 'name: test', '{ underlay: { mtu: 1600 } }'),
    ...NODES.map(node => definition('Node', `name: ${node.name}`, `{ underlay: { address: ${node.address} } }`)),
    ...tenants.map(
      tenant => definition('Namespace', `name: ${tenant}`, '{}') + definition('Network', `name: lan, namespace: ${tenant}`, '{ cidr: 10.0.0.0/24 }'),
    ),
    ...guests.map(guest =>
      definition(
        'Interface',
        `name: ${guest.name}, namespace: ${guest.tenant}`,
        `{ network: lan, node: ${guest.node}, address: ${guest.address}, mac: '${macOf(guest.name)}', attach: { netns: { name: ${guest.name} } } }`,
      ),
    ),
  ];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'all.yaml'), parts.join(''));
}

/** A new revision, if the folder holds one, and a pass on every node. */
async function reconcileEverywhere(): Promise<void> {
  await pushFolder(lab.dir, folder);
  for (const node of lab.nodes) {
    const { exitCode, stdout, stderr } = await labRun(lab, node.name, ['netloom', 'reconcile']);
    expect([node.name, exitCode, exitCode === 0 ? '' : stdout + stderr]).toEqual([node.name, 0, '']);
  }
}

/** Tips of all branches of the remote. */
async function branches(): Promise<string> {
  return (await run('git', [`--git-dir=${repositoryOf(lab.dir)}`, 'for-each-ref'], { okCodes: [0] })).stdout;
}

function place(name: GuestName): Place {
  const guest = GUESTS.find(each => each.name === name);
  return { node: nodes.get(guest?.node ?? '') as TestNode, netns: name, ifname: 'eth0', address: guest?.address ?? '' };
}

async function linkLocal(name: GuestName): Promise<Place> {
  const at = place(name);
  const rows = await at.node.json('-6 addr show dev eth0 scope link', name);
  return { ...at, address: rows[0]?.addr_info[0]?.local };
}

/** Links of netloom on a node. */
async function linksOf(node: string): Promise<string[]> {
  const rows: { ifname: string; group?: string }[] = await (nodes.get(node) as TestNode).json('-N link show');
  return rows.filter(row => row.group === '97').map(row => row.ifname);
}

beforeAll(async () => {
  writeDefinitions();
  const guests = GUESTS.map(guest => ({ node: guest.node, netns: guest.name }));
  lab = await labUp({ dir: join(base, 'lab'), definitions: { folder, cast: { nodes: NODES, underlayMtu: 1600, guests } }, home: ROOT });
  for (const node of lab.nodes) nodes.set(node.name, nodeOf(node.name, holderOf(lab, node.name), node.address, lab.dir));
  await reconcileEverywhere();
});

afterAll(async () => {
  await labDown(join(base, 'lab'));
  rmSync(base, { recursive: true, force: true });
});

describe('interfaces of one network on three nodes', () => {
  test('reach each other by IPv4, with packets of the whole mtu', async () => {
    await some(place('r1'), place('r2'), { size: 1550 });
    await some(place('r3'), place('r1'), { size: 1550 });
    await some(place('b2'), place('b1'), { size: 1550 });
    expect(await echo(place('r1'), '10.0.0.12', token(), { size: 1551 })).toBe(false);
  });

  test('reach each other by link-local IPv6', async () => {
    await some(place('r1'), await linkLocal('r2'), { size: 1550 });
    await some(place('r2'), await linkLocal('r3'), { size: 1550 });
  });

  test('ask no ARP over the underlay for guests that git knows, and flood no unicast to nodes it is not for', async () => {
    const node = nodes.get('n3') as TestNode;
    await (nodes.get('n1') as TestNode).run(['ip', '-n', 'r1', 'neigh', 'flush', 'dev', 'eth0']);
    const ear = await listen({ node, ifname: 'eth0' }, 'udp port 4789');
    const mark = token();
    expect(await echo(place('r1'), '10.0.0.12', mark)).toBe(true);
    expect(await ear.hears(mark, 500)).toBe(false);
    // The same ear hears what is meant for this node.
    expect(await echo(place('r1'), '10.0.0.13', mark)).toBe(true);
    expect(await ear.hears(mark)).toBe(true);
    const arp = Buffer.from('08060001080006040001', 'hex');
    expect(ear.frames().filter(each => each.includes(arp))).toEqual([]);
    await ear.stop();
  });
});

describe('tenants with the same addresses', () => {
  test('do not hear each other', async () => {
    await none(place('r1'), place('b2'), place('r2'));
    await none(place('b1'), place('r2'), place('b2'));
  });

  test("do not hear each other's broadcasts", async () => {
    const mark = token();
    const shout = frame('ff:ff:ff:ff:ff:ff', macOf('r1'), 0x0800, Buffer.concat([ipv4('10.0.0.11', '255.255.255.255'), mark]));
    await refuses([place('b1'), place('b2')], place('r3'), mark, () => sendFrames(place('r1'), [shout]));
  });
});

describe('a guest that lies', () => {
  const shout = (mac: string, from: string, mark: Buffer): Buffer => frame(macOf('r2'), mac, 0x0800, Buffer.concat([ipv4(from, '10.0.0.12'), mark]));
  const LIES: readonly [string, (mark: Buffer) => Buffer][] = [
    ['another address', mark => shout(macOf('r1'), '10.0.0.13', mark)],
    ['another address behind a VLAN tag 0', mark => tagged(shout(macOf('r1'), '10.0.0.13', mark), 0)],
    ['its own address behind a VLAN tag', mark => tagged(shout(macOf('r1'), '10.0.0.11', mark), 7)],
    ['another address in ARP', mark => frame('ff:ff:ff:ff:ff:ff', macOf('r1'), 0x0806, Buffer.concat([arpReply(macOf('r1'), '10.0.0.13', '10.0.0.12'), mark]))],
    ['another protocol', mark => frame(macOf('r2'), macOf('r1'), 0x88b5, mark)],
    ['a router advertisement', mark => frame('33:33:00:00:00:01', macOf('r1'), 0x86dd, routerAdvertisement(macOf('r1'), mark))],
  ];
  const silenced = async (make: (mark: Buffer) => Buffer): Promise<void> => {
    const mark = token();
    await refuses([place('r2')], place('r1'), mark, () => sendFrames(place('r1'), [make(mark)]));
  };

  test('is heard while it tells the truth', async () => {
    const mark = token();
    const ear = await listen(place('r2'));
    await sendFrames(place('r1'), [shout(macOf('r1'), '10.0.0.11', mark)]);
    expect(await ear.hears(mark)).toBe(true);
    await ear.stop();
  });

  test.each(LIES)('is silenced: %s', (_, make) => silenced(make));

  test('is silenced by the port itself when it takes another MAC, filters or not', async () => {
    const another = (mark: Buffer): Buffer => shout('02:00:00:aa:01:03', '10.0.0.11', mark);
    await silenced(another);
    await (nodes.get('n1') as TestNode).ok('nft flush ruleset');
    await silenced(another);
  });

  test('is heard with each of these lies while the filters are gone, until the next pass', async () => {
    for (const node of nodes.values()) await node.ok('nft flush ruleset');
    const ear = await listen(place('r2'));
    for (const [what, make] of LIES) {
      const mark = token();
      await sendFrames(place('r1'), [make(mark)]);
      expect([what, await ear.hears(mark)]).toEqual([what, true]);
    }
    await ear.stop();
    await reconcileEverywhere();
    for (const [, make] of LIES) await silenced(make);
  });
});

describe('a guest and its node', () => {
  test('do not meet: no address by router advertisement, no answer, nothing passed on', async () => {
    const node = nodes.get('n1') as TestNode;
    const bridge = await node.json('link show type bridge');
    const mark = token();
    const toNode = bridge.map((row: { address: string }) => frame(row.address, macOf('r1'), 0x0800, Buffer.concat([ipv4('10.0.0.11', '198.51.100.2'), mark])));
    const addresses = async (): Promise<unknown> =>
      (await node.json('addr show')).map((row: { ifname: string; addr_info: { local: string }[] }) => [row.ifname, row.addr_info.map(each => each.local)]);
    const before = await addresses();
    await refuses([{ node: nodes.get('n2') as TestNode, ifname: 'eth0' }], place('r1'), mark, async () => {
      await sendFrames(place('r1'), [...toNode, frame('33:33:00:00:00:01', macOf('r1'), 0x86dd, routerAdvertisement(macOf('r1'), mark))]);
    });
    expect(bridge.length).toBeGreaterThan(0);
    expect(await addresses()).toEqual(before);
  });
});

describe('a second pass', () => {
  test('writes nothing to the kernel, and pushes nothing', async () => {
    const tips = await branches();
    const node = nodes.get('n1') as TestNode;
    const ear = await listenToKernel(node);
    await reconcileEverywhere();
    expect(await ear.quiet()).toEqual([]);
    expect(await branches()).toBe(tips);
    expect(tips.split('\n').filter(Boolean)).toHaveLength(2);
    // The ear is not deaf.
    await node.ok('ip link set dev eth0 alias x');
    expect((await ear.quiet()).length).toBeGreaterThan(0);
    await node.ok(['ip', 'link', 'set', 'dev', 'eth0', 'alias', '']);
  });
});

describe('a tenant that goes', () => {
  let before: readonly string[];

  test('takes all of its own along on every node, and nothing of the other', async () => {
    before = await linksOf('n1');
    writeDefinitions(['blue']);
    await reconcileEverywhere();
    await some(place('r1'), place('r2'));
    const after = await linksOf('n1');
    expect(before.filter(name => !after.includes(name))).toHaveLength(3);
    expect(after).toEqual(before.filter(name => after.includes(name)));
    // The guest's namespace is not ours, what we put there was.
    expect((await (nodes.get('n1') as TestNode).json('link show', 'b1')).map((row: { ifname: string }) => row.ifname)).toEqual(['lo']);
  });

  test('comes back as it was, down to the names made of vxid and uuid', async () => {
    writeDefinitions();
    await reconcileEverywhere();
    await some(place('b1'), place('b2'));
    expect([...(await linksOf('n1'))].sort()).toEqual([...before].sort());
  });
});

async function listenToKernel(node: TestNode): Promise<{ quiet(): Promise<string[]> }> {
  const file = join(base, 'monitor');
  writeFileSync(file, '');
  await node.run(['sh', '-c', `setsid ip -timestamp monitor link address route neigh netconf >${file} 2>&1 </dev/null &`]);
  await node.run(['sleep', '0.3']);
  return {
    quiet: async () => {
      await node.run(['sleep', '0.3']);
      const { stdout } = await node.run(['cat', file]);
      writeFileSync(file, '');
      return stdout.split('\n').filter(line => line.trim() !== '' && !/^Timestamp|STALE|DELAY|REACHABLE|PROBE|FAILED/.test(line));
    },
  };
}

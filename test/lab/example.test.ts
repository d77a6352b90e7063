import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labDown } from '../../src/lab/down.ts';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { type Lab, nodeDir } from '../../src/lab/lab.ts';
import { OUTSIDE } from '../../src/lab/outside.ts';
import { labPlug } from '../../src/lab/plug.ts';
import { castOf } from '../../src/lab/topology.ts';
import { labUp } from '../../src/lab/up.ts';
import { bridgeName, vethNames } from '../../src/model/names.ts';
import { loadKeptLedger } from '../../src/pass/kept.ts';
import { loadFolder } from '../../src/pass/local.ts';
import { ROOT } from '../house/tree.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';
import { echo, guestBehindTap, none, type Place, some, token, until } from '../support/lab-node-probe.ts';

const base = mkdtempSync(join(tmpdir(), 'netloom-example-'));
const folder = join(ROOT, 'example-repo');
const nodes = new Map<string, TestNode>();
let lab: Lab;

beforeAll(async () => {
  const { catalog, diagnostics } = await loadFolder(folder, join(base, 'cache'));
  if (catalog === null) throw new Error(JSON.stringify(diagnostics));
  lab = await labUp({ dir: join(base, 'lab'), definitions: { folder, cast: castOf(catalog) }, home: ROOT });
  for (const node of lab.nodes) nodes.set(node.name, nodeOf(node.name, holderOf(lab, node.name), node.address, lab.dir));
  for (const node of lab.nodes) await applyOn(node.name);
});

async function applyOn(node: string): Promise<void> {
  const dir = nodeDir(lab.dir, node);
  const argv = ['netloom', 'apply', '--local', folder, '--node', node, '--state-dir', join(dir, 'state'), '--runtime-dir', join(dir, 'run')];
  const { exitCode, stdout, stderr } = await labRun(lab, node, argv);
  if (exitCode !== 0) throw new Error(`${node}: netloom apply ended with ${exitCode}\n${stdout}${stderr}`);
}

afterAll(async () => {
  await labDown(join(base, 'lab'));
  rmSync(base, { recursive: true, force: true });
});

const nodeNamed = (name: string): TestNode => nodes.get(name) as TestNode;

/** A link with the address that it has now: the IPv4 one, or the link-local one with `family` 6. */
async function found(node: string, netns: string | undefined, ifname: string, family: 4 | 6 = 4): Promise<Place> {
  const rows = await nodeNamed(node).json(`-${family} addr show dev ${ifname}`, netns);
  return { node: nodeNamed(node), ...(netns === undefined ? {} : { netns }), ifname, address: rows[0]?.addr_info[0]?.local };
}

test('guests of the shop reach each other on all three nodes, with jumbo packets', async () => {
  const web1 = await found('n2', 'bakery-web-1', 'eth0');
  await some(web1, await found('n3', 'bakery-web-2', 'eth0'), { size: 8950 });
  await some(await found('n1', 'bakery-lb-1', 'eth0'), web1, { size: 8950 });
});

test('a virtual machine on its tap has its address in the shop', async () => {
  const near = (await nodeNamed('n3').json('link show dev tap-db-1'))[0].address;
  const guest = { netns: 'vm-db-1', mac: `02${near.slice(2)}`, address: '192.168.0.10/24', mtu: 8950 };
  const machine = await guestBehindTap(nodeNamed('n3'), 'tap-db-1', guest);
  await some(await found('n2', 'bakery-web-1', 'eth0'), machine);
  await some(machine, await found('n3', 'bakery-web-2', 'eth0'));
  await machine.end();
});

test('the museum has the same addresses and another cable', async () => {
  const guide1 = await found('n1', 'museum-guide-1', 'eth0');
  const guide2 = await found('n3', 'museum-guide-2', 'eth0');
  await some(guide1, guide2);
  await none(guide1, await found('n3', 'bakery-web-2', 'eth0'), guide2);
  await none(guide1, await found('n2', 'bakery-web-1', 'eth0'), guide2);
});

test('sensors speak without any addresses but those that links give themselves', async () => {
  const order = (await nodeNamed('n3').json('link show', 'museum-guide-2'))
    .map((row: { ifname: string }) => row.ifname)
    .find((name: string) => !['lo', 'eth0'].includes(name));
  await some(await found('n3', 'museum-guide-2', order, 6), await found('n2', 'museum-hub', 'eth0', 6));
});

test('the office has the node itself for a member, and takes in the port that libvirt brings', async () => {
  const entry = (await loadKeptLedger(join(nodeDir(lab.dir, 'n2'), 'state')))?.ledger.networks['bakery/office'];
  const till = entry?.interfaces['bakery/till-1'];
  if (entry === undefined || till?.address === undefined) throw new Error('till-1 has no address in the office');
  const guest = { netns: 'vm-till', mac: till.mac, address: `${till.address}/24`, mtu: 1500 };
  await labPlug(lab, { node: 'n2', bridge: bridgeName(entry.vxid), port: 'vnet0', guest });
  await applyOn('n2');
  const office = await found('n1', undefined, 'office0');
  const there = { node: nodeNamed('n2'), netns: guest.netns, ifname: 'eth0', address: till.address };
  await some(there, office, { size: 1500 });
  await some(office, there, { size: 1500 });
});

test('a tenant that wrote no network has one by the template of all: with addresses, a router, a way out, and a cable of its own', async () => {
  const counter = await found('n3', 'florist-counter', 'eth0');
  expect(counter.address).toMatch(/^10\.64\.0\./);
  const entry = (await loadKeptLedger(join(nodeDir(lab.dir, 'n1'), 'state')))?.ledger.networks['florist/main'];
  if (entry?.gateway === undefined) throw new Error('florist/main has no router');
  const router = await found(entry.gateway.node, entry.uuid, vethNames(entry.vxid).inner);
  await some(counter, router, { size: 8950 });
  expect(await until(() => echo(counter, OUTSIDE.address, token()), 30_000)).toBe(true);
  await none(counter, await found('n3', 'bakery-web-2', 'eth0'), router);
});

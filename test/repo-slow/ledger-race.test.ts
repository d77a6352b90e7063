/** 25 nodes at one status branch, ten rounds, while people do to it what they should not: no allocation is lost, doubled or changed. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseLedger } from '../../src/allocate/ledger-files.ts';
import { type GitServer, serveGit } from '../../src/lab/git-server.ts';
import type { Ledger } from '../../src/model/ledger.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { loadKeptLedger } from '../../src/pass/kept.ts';
import { openRemote, type Remote, readTips } from '../../src/pass/remote.ts';
import { type Settled, settle } from '../../src/pass/settle.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';
import { catalogOf } from '../report/world.ts';

const STATUS = 'netloom-status';
const NODES = 25;
const ROUNDS = 10;
const RED = 'allocations/networks/default/red.yaml';
const names = Array.from({ length: NODES }, (_, index) => `n${index + 1}`);

let bare: Bare;
let server: GitServer;

beforeEach(async () => {
  bare = await makeBare();
  server = await serveGit({ root: bare.root });
  await bare.grow('main', { 'x.yaml': 'x: 1\n' });
});
afterEach(async () => {
  await server.close();
  await bare.remove();
});

/** After `round` commits: an interface more in each of two networks with every one, on nodes in turn. */
function definitions(round: number): Catalog {
  const networks = { 'default/red': { cidr: '10.0.0.0/24' }, 'default/blue': { cidr: '10.0.0.0/24' } };
  const guests = Array.from({ length: 2 * (round + 1) }, (_, index) => {
    const network = index % 2 === 0 ? 'red' : 'blue';
    return [`default/g${index}`, { network, node: names[index % NODES] ?? '' }] as const;
  });
  return catalogOf(networks, Object.fromEntries(guests));
}

/** uuid and vxid of each network, uuid, MAC and address of each interface, by what they belong to. */
function identities(ledger: Ledger): ReadonlyMap<string, string> {
  const all = Object.entries(ledger.networks).flatMap(([key, { uuid, vxid, interfaces }]) => [
    [key, `${uuid} ${vxid}`] as const,
    ...Object.entries(interfaces).map(([id, iface]) => [id, `${iface.uuid} ${iface.mac} ${iface.address}`] as const),
  ]);
  return new Map(all);
}

async function published(): Promise<Ledger> {
  const paths = (await bare.git('ls-tree', '-r', '--name-only', STATUS, 'allocations/')).split('\n');
  const texts = await Promise.all(paths.map(async path => [path, `${await bare.show(STATUS, path)}\n`] as const));
  const { ledger, problems } = parseLedger(new Map(texts));
  expect(problems).toEqual([]);
  return ledger;
}

/** What people do to the branch before a round; the commit that must not be overwritten, if they made one. */
const deeds: readonly (() => Promise<string | null>)[] = [
  async () => null,
  async () => bare.grow(STATUS, { 'README.md': 'hands off\n' }),
  async () => bare.grow(STATUS, { [RED]: `<<<<<<< HEAD\n${await bare.show(STATUS, RED)}\n=======\n>>>>>>> theirs\n` }),
  async () => bare.git('update-ref', `refs/heads/${STATUS}`, `${STATUS}~1`).then(() => null),
  async () => bare.git('update-ref', '-d', `refs/heads/${STATUS}`).then(() => null),
  async () =>
    bare.grow(STATUS, { [RED]: `${(await bare.show(STATUS, RED)).replace(/^vxid: \d+$/m, 'vxid: 4711').replace(/^vxidHex: .*$/m, 'vxidHex: "0x1267"')}\n` }),
  async () => bare.grow(STATUS, { [RED]: null }),
];

test('25 nodes, 10 rounds: what was given stays given, once, to the same', { timeout: 150_000 }, async () => {
  const side = { url: `${server.url}/repo.git`, branch: 'main', path: '' };
  const remotes = new Map<string, Remote>();
  for (const name of names) remotes.set(name, await openRemote({ repo: side, status: { url: '', branch: STATUS } }, join(bare.root, `clone-${name}`)));
  const pass = async (name: string, catalog: Catalog): Promise<Settled> => {
    const remote = remotes.get(name) as Remote;
    const stateDir = join(bare.root, `state-${name}`);
    return settle({ remote, tip: (await readTips(remote)).status, kept: await loadKeptLedger(stateDir), catalog, node: name, stateDir });
  };
  let given: ReadonlyMap<string, string> = new Map();
  for (let round = 0; round < ROUNDS; round += 1) {
    const theirs = round === 0 ? null : await (deeds[round % deeds.length] as (typeof deeds)[0])();
    const catalog = definitions(round);
    const all = await Promise.all(names.map(name => pass(name, catalog)));
    for (const { problem, isKnown } of all) expect({ round, problem, isKnown }).toEqual({ round, problem: null, isKnown: true });
    const now = identities(await published());
    expect(now.size).toBe(2 + 2 * (round + 1));
    for (const [of, identity] of given) expect([round, of, now.get(of)]).toEqual([round, of, identity]);
    for (const { ledger } of all) for (const [of, identity] of identities(ledger)) expect([round, of, identity]).toEqual([round, of, now.get(of)]);
    for (const network of Object.values((await published()).networks)) {
      const addresses = Object.values(network.interfaces).map(({ address }) => address);
      expect(new Set(addresses).size).toBe(addresses.length);
    }
    if (theirs !== null) await bare.git('merge-base', '--is-ancestor', theirs, STATUS);
    given = now;
  }
});

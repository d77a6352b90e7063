/** Who had an address when, from real remotes: a cluster's years in a dozen commits. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ledgerFiles } from '../../src/allocate/ledger-files.ts';
import { serveGit } from '../../src/lab/git-server.ts';
import { load } from '../../src/load/load.ts';
import { EMPTY_LEDGER, type Ledger } from '../../src/model/ledger.ts';
import { blame } from '../../src/pass/blame.ts';
import { causeOf } from '../../src/pass/blame-cause.ts';
import { decide } from '../../src/pass/decide.ts';
import { newestOf } from '../../src/pass/find-revision.ts';
import { openRemote, type Remote } from '../../src/pass/remote.ts';
import { author, commitMessage } from '../../src/pass/signature.ts';
import { walkBack } from '../../src/pass/walk-back.ts';
import { blameCsv, blameJson, printBlame } from '../../src/trace/blame.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';
import { definition } from '../review/cluster.ts';

const [MAIN, STATUS] = ['main', 'netloom-status'];
const EVERY = Date.parse('2026-11-20T00:00:00Z');
const HOUR = 3_600_000;
const iso = (hour: number): string => new Date(EVERY + hour * HOUR).toISOString();

const BASE: Readonly<Record<string, string | null>> = {
  'cluster.yaml': definition('Cluster', 'one', { underlay: { mtu: 1600 } }),
  'n1.yaml': definition('Node', 'n1', { underlay: { address: '10.1.0.1' }, gateway: true }),
  'n2.yaml': definition('Node', 'n2', { underlay: { address: '10.1.0.2' } }),
  'pool.yaml': definition('AddressPool', 'edge', { cidr: '192.0.2.0/24', device: 'eth1' }),
  'shop.yaml': definition('Network', 'bakery/shop', { cidr: '10.0.0.0/24' }),
  'hall.yaml': definition('Network', 'museum/hall', { cidr: '10.0.0.0/24', egress: 'none' }),
  'web-1.yaml': definition('Interface', 'bakery/web-1', { network: 'shop', node: 'n1', address: '10.0.0.9' }),
  'web-2.yaml': definition('Interface', 'bakery/web-2', { network: 'shop', node: 'n2', address: '10.0.0.10' }),
  'guide.yaml': definition('Interface', 'museum/guide', { network: 'hall', node: 'n2', address: '10.0.0.9' }),
  'front.yaml': definition('FloatingIP', 'bakery/front', { interface: 'web-1', address: '192.0.2.10' }),
  'lb.yaml': definition('RoutedIP', 'bakery/lb', { network: 'shop', address: '192.0.2.20' }),
};
const MOVED = { 'web-1.yaml': definition('Interface', 'bakery/web-1', { network: 'shop', node: 'n2', address: '10.0.0.9' }) };
const TWO = { 'web-4.yaml': definition('Interface', 'bakery/web-4', { network: 'shop', node: 'n1', address: '10.0.0.44' }) };
const RETARGETED = { 'front.yaml': definition('FloatingIP', 'bakery/front', { interface: 'web-2', address: '192.0.2.10' }) };

describe('a cluster', () => {
  let bare: Bare;
  let close: () => Promise<void>;
  let config: Parameters<typeof blame>[0];
  let remote: Remote;
  let tips: Record<string, string | null> = { [MAIN]: null, [STATUS]: null };
  let files: Record<string, string | null> = {};
  let ledger: Ledger = EMPTY_LEDGER;
  const made: Record<string, string> = {};

  async function commit(branch: string, edits: Readonly<Record<string, string | null>>, at: number, message: string): Promise<string> {
    const repo = branch === MAIN ? remote.definitions : remote.status;
    const parent = tips[branch] ?? null;
    const who = branch === MAIN ? { name: 'Ann', email: 'ann@example.org' } : author('n1');
    const oid = await repo.commit({ parent, edits: new Map(Object.entries(edits)), author: who, message, at });
    if (oid === null || (await repo.push({ oid, branch, expect: parent })) !== 'ok') throw new Error(`nothing was pushed to ${branch}`);
    tips = { ...tips, [branch]: oid };
    return oid;
  }

  /** People commit, and a second later a node has allocated. */
  async function change(hour: number, edits: Readonly<Record<string, string | null>>, what: string): Promise<void> {
    const at = EVERY + hour * HOUR;
    files = { ...files, ...edits };
    const main = await commit(MAIN, edits, at, what);
    const present = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== null);
    const { catalog, diagnostics } = load({
      entries: present.map(([path, text]) => ({ path, mode: '100644', id: path, size: text.length })),
      bytesOf: path => Buffer.from(files[path] ?? ''),
    });
    if (catalog === null) throw new Error(JSON.stringify(diagnostics));
    const next = decide(catalog, ledger, new Date(at + 1000)).ledger;
    const before = ledgerFiles(ledger);
    const changed = Object.fromEntries([...ledgerFiles(next)].filter(([path, text]) => before.get(path) !== text));
    if (Object.keys(changed).length > 0) made[what] = await commit(STATUS, changed, at + 1000, commitMessage('n1', 'allocations', main));
    made[`${what} by`] = main;
    ledger = next;
  }

  beforeAll(async () => {
    bare = await makeBare();
    const server = await serveGit({ root: bare.root });
    const url = `${server.url}/repo.git`;
    close = () => server.close();
    config = { repo: { url, branch: MAIN, path: '' }, status: { url: '', branch: STATUS }, stateDir: bare.root };
    remote = await openRemote(config, join(bare.root, 'writer'));
    await change(0, BASE, 'begin');
    await change(1, MOVED, 'move');
    await change(2, RETARGETED, 'retarget');
    await change(3, { 'web-1.yaml': null }, 'remove');
    await change(5, MOVED, 'revert');
    const shop = 'allocations/networks/bakery/shop.yaml';
    await commit(STATUS, { [shop]: '<<<<<<< HEAD\n' }, EVERY + 6 * HOUR, 'a hand');
    const tip = tips[STATUS] ?? '';
    await commit(STATUS, { [shop]: ledgerFiles(ledger).get(shop) ?? '' }, EVERY + 6.5 * HOUR, commitMessage('n1', 'allocations'));
    const archived = tips[STATUS] ?? tip;
    await remote.status.push({ oid: archived, branch: `${STATUS}-archive-1`, expect: null });
    const message = commitMessage('n1', `begun anew; what was before is the branch ${STATUS}-archive-1 at ${archived}`);
    const root = await remote.status.root({ of: archived, author: author('n1'), message, at: EVERY + 7 * HOUR });
    await remote.status.push({ oid: root, branch: STATUS, expect: archived });
    tips = { ...tips, [STATUS]: root };
    await change(8, { 'web-1.yaml': null }, 'remove again');
    await change(30, { 'web-3.yaml': definition('Interface', 'bakery/web-3', { network: 'shop', node: 'n1', address: '10.0.0.9' }) }, 'given to another');
    // Two commits, and one pass for both.
    made['two by'] = await commit(MAIN, TWO, EVERY + 30.5 * HOUR, 'two');
    files = { ...files, ...TWO };
    await change(31, { 'front.yaml': null, 'floating/front.yaml': RETARGETED['front.yaml'] }, 'tidy');
  });
  afterAll(async () => {
    await close?.();
    await bare?.remove();
  });

  const told = (rows: Awaited<ReturnType<typeof blame>>['rows']) =>
    rows.map(({ from, until, object, network, pool, node }) => [from.slice(8, 16), until?.slice(8, 16) ?? 'now', object, network ?? pool, node]);

  test('an address, across moves, a revert, a hand on the branch and an archive; two networks of one cidr are both listed', async () => {
    const found = await blame(config, { needle: { ip: '10.0.0.9' }, when: null });
    expect(told(found.rows)).toEqual([
      ['20T00:00', '20T01:00', 'Interface bakery/web-1', 'bakery/shop', 'n1'],
      ['20T00:00', 'now', 'Interface museum/guide', 'museum/hall', 'n2'],
      ['20T01:00', '20T03:00', 'Interface bakery/web-1', 'bakery/shop', 'n2'],
      ['20T05:00', '20T08:00', 'Interface bakery/web-1', 'bakery/shop', 'n2'],
      ['21T06:00', 'now', 'Interface bakery/web-3', 'bakery/shop', 'n1'],
    ]);
    expect(found.history).toMatchObject({ reach: 'all', since: iso(0).replace('00.000', '01.000') });
    expect(found.rows.map(({ status, endedBy }) => [status, endedBy])).toEqual([
      [made.begin, made.move],
      [made.begin, null],
      [made.move, made.remove],
      [made.revert, made['remove again']],
      [made['given to another'], null],
    ]);
    expect(found.rows[2]?.definitions).toEqual({ commit: made['move by'], author: 'Ann <ann@example.org>', subject: 'move', at: iso(1) });
    expect(printBlame(found, '')).toContain(`${made['move by']?.slice(0, 10)} Ann move`);
    expect(blameCsv(found).split('\n')[3]).toContain(`Interface bakery/web-1`);
  });

  test('who had it then: in quarantine nobody, on a day all of that day', async () => {
    const at = async (first: number, last = first) =>
      told((await blame(config, { needle: { ip: '10.0.0.9' }, when: [EVERY + first * HOUR, EVERY + last * HOUR] })).rows);
    const guide = ['20T00:00', 'now', 'Interface museum/guide', 'museum/hall', 'n2'];
    expect(await at(0.5)).toEqual([['20T00:00', '20T01:00', 'Interface bakery/web-1', 'bakery/shop', 'n1'], guide]);
    expect(await at(4)).toEqual([guide]);
    expect(await at(10)).toEqual([guide]);
    expect((await at(24, 48)).map(row => row[2])).toEqual(['Interface museum/guide', 'Interface bakery/web-3']);
    expect(await at(-1)).toEqual([]);
  });

  test('a floating address: which guest it led to, also where only the definitions changed, and in whatever file it stands now', async () => {
    const found = await blame(config, { needle: { ip: '192.0.2.10' }, when: null });
    const { rows } = found;
    expect(rows.map(({ from, object, node, leadsTo }) => [from.slice(11, 16), object, node, leadsTo?.object, leadsTo?.address, leadsTo?.node])).toEqual([
      ['00:00', 'FloatingIP bakery/front', 'n1', 'Interface bakery/web-1', '10.0.0.9', 'n1'],
      ['01:00', 'FloatingIP bakery/front', 'n1', 'Interface bakery/web-1', '10.0.0.9', 'n2'],
      ['02:00', 'FloatingIP bakery/front', 'n1', 'Interface bakery/web-2', '10.0.0.10', 'n2'],
    ]);
    expect(printBlame(found, '')).toMatch(/ is told as defined, also where nodes refused that revision\.$/);
    expect(rows.map(({ definitions }) => definitions?.commit)).toEqual([made['begin by'], made['move by'], made['retarget by']]);
    expect(rows[2]).toMatchObject({ status: null, pool: 'edge', mac: '02:01:c0:00:02:0a', definitions: { commit: made['retarget by'], subject: 'retarget' } });
    expect(rows[1]?.until).toBe(iso(2));
  });

  test('the commit that wrote it is named, and not another of the same pass', async () => {
    const { rows } = await blame({ ...config, stateDir: join(bare.root, 'fresh') }, { needle: { ip: '10.0.0.44' }, when: null });
    expect(rows).toMatchObject([{ object: 'Interface bakery/web-4', status: made.tidy, definitions: { commit: made['two by'], subject: 'two' } }]);
  });

  test('a revision that changed nothing of the folder does not hide who wrote there before it', async () => {
    const web = (address: string) => ({ 'defs/web.yaml': definition('Interface', 'x/web', { network: 'lan', address }) });
    await bare.grow('side', web('10.0.0.4'));
    const wrote = await bare.grow('side', web('10.0.0.5'));
    const revision = await bare.grow('side', { 'README.md': 'nothing' });
    await bare.grow('side', web('10.0.0.6'));
    const { repo, branch, tip } = await newestOf(remote.definitions, 'side');
    const walked = await walkBack({ repo, branch, from: tip, folder: 'defs', mayFetch: true });
    const cause = (object: string) => causeOf({ repo, branch, folder: 'defs', walked }, revision, [{ object, place: 'web.yaml:1' }]);
    expect([(await cause('Interface x/web')).commit, (await cause('Interface x/none')).commit]).toEqual([wrote, revision]);
  });

  test('a routed address, the way out of a network, a router, a MAC, and what nobody ever had', async () => {
    const one = async (needle: Parameters<typeof blame>[1]['needle']) => (await blame(config, { needle, when: [EVERY + 2 * HOUR, EVERY + 2 * HOUR] })).rows;
    expect(await one({ ip: '192.0.2.20' })).toMatchObject([
      { object: 'RoutedIP bakery/lb', type: 'routed', node: 'n1', leadsTo: { object: 'Network bakery/shop' } },
    ]);
    const { address = '' } = ledger.networks['bakery/shop']?.floatingGateway ?? {};
    expect(await one({ ip: address })).toMatchObject([{ object: 'Network bakery/shop', pool: 'edge', node: 'n1', leadsTo: { object: 'Network bakery/shop' } }]);
    expect(await one({ ip: '10.0.0.1' })).toMatchObject([
      { object: 'Network bakery/shop', type: 'gateway', node: 'n1', leadsTo: null },
      { object: 'Network museum/hall' },
    ]);
    const mac = ledger.networks['bakery/shop']?.interfaces['bakery/web-2']?.mac ?? '';
    expect(await one({ mac })).toMatchObject([
      { object: 'Interface bakery/web-2', address: '10.0.0.10', mac, node: 'n2', from: iso(0).replace('00.000', '01.000') },
    ]);
    expect(await one({ ip: '10.0.0.77' })).toEqual([]);
    expect(await one({ ip: '192.0.2.0' })).toMatchObject([{ object: '', type: 'network', pool: 'edge' }]);
  });

  test('without its archive the ledger’s own dates tell, and say that they do', async () => {
    const kept = await bare.tip(`${STATUS}-archive-1`);
    await bare.git('update-ref', '-d', `refs/heads/${STATUS}-archive-1`);
    const ask = (ip: string, when: readonly [number, number] | null) => blame({ ...config, stateDir: join(bare.root, 'other') }, { needle: { ip }, when });
    const then: readonly [number, number] = [EVERY + 2 * HOUR, EVERY + 2 * HOUR];
    const { rows, history } = await ask('10.0.0.9', null);
    const atTwo = await ask('10.0.0.9', then);
    const others = [await ask('10.0.0.77', then), await ask('10.0.0.77', null), await ask('10.0.0.77', [EVERY + 8 * HOUR, EVERY + 8 * HOUR])];
    await bare.git('update-ref', `refs/heads/${STATUS}-archive-1`, kept ?? '');
    expect(atTwo.rows.map(({ object, fromLedger }) => [object, fromLedger])).toContainEqual(['Interface museum/guide', true]);
    expect(others.map(found => printBlame(found, ' then').split('\n')[0])).toEqual([
      'Who had 10.0.0.77 then is not known: history here begins 2026-11-20T07:00:00Z.',
      'Nobody is known to have had 10.0.0.77: history here begins 2026-11-20T07:00:00Z.',
      'Nobody had 10.0.0.77 then.',
    ]);
    expect(history).toMatchObject({ reach: 'cut', since: iso(7) });
    expect(rows.map(({ object, fromLedger, status }) => [object, fromLedger, status])).toEqual([
      ['Interface museum/guide', true, null],
      ['Interface bakery/web-1', true, null],
      ['Interface bakery/web-3', false, made['given to another']],
    ]);
    expect(rows[0]?.from).toMatch(/^2026-11-20T00:00:01/);
    expect(printBlame(atTwo, '')).toMatch(/Z\*.* is known only as far as the ledger noted it\.$/s);
  });

  test('the JSON is as its schema says', async () => {
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(JSON.parse(readFileSync('schemas/output/blame.json', 'utf8')));
    const json = JSON.parse(JSON.stringify(blameJson(await blame(config, { needle: { ip: '192.0.2.10' }, when: null }))));
    expect(validate(json) ? [] : validate.errors).toEqual([]);
  });
});

import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Good, loadGood } from '../../src/pass/kept.ts';
import { type Pulled, pull } from '../../src/pass/pull.ts';
import { openRemote, type Remote } from '../../src/pass/remote.ts';
import { RepoError } from '../../src/repo/repo.ts';
import { statusFile } from '../../src/report/node-report.ts';
import { doc } from '../compile/world.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';
import { reportOf } from '../report/world.ts';

const FIRST = [doc('Cluster', 'test', ''), doc('Node', 'n1', 'underlay: { address: 10.9.0.1 }')].join('---\n');

let bare: Bare;

beforeEach(async () => {
  bare = await makeBare();
  await bare.grow('main', { 'all.yaml': FIRST, 'later/all.yaml': `${FIRST}---\n${doc('Network', 'blue', '')}` });
});
afterEach(() => bare.remove());

interface How {
  readonly path?: string;
  readonly good?: Good | null;
  readonly secret?: string;
  readonly accept?: string;
}

/** One look of a node that keeps `good`, or what it kept last. */
async function pulled({ path = 'later', good, secret, ...who }: How = {}): Promise<Pulled> {
  const stateDir = join(bare.root, 'state');
  const remote = await remoteOf({ path, ...(secret === undefined ? {} : { secret }) });
  return pull({ remote, stateDir, good: good === undefined ? await loadGood(stateDir) : good, node: 'n1', ...who, keep: true });
}

function remoteOf({ path = 'later', secret }: How): Promise<Remote> {
  const auth = secret === undefined ? {} : { auth: { type: 'token', file: secret } as const };
  return openRemote({ repo: { url: bare.path, branch: 'main', path, ...auth }, status: { url: '', branch: 'status' } }, join(bare.root, 'clone'));
}

test('the last good revision is in force while the secret cannot be read', async () => {
  await pulled();
  const { refusal, catalog } = await pulled({ secret: join(bare.root, 'no-such-file') });
  expect(refusal).toMatchObject({ condition: 'FetchFailed', reason: 'Unauthorized', message: expect.stringContaining('no-such-file') });
  expect(catalog?.networks.size).toBe(1);
});

test('another folder of the same commit is another revision', async () => {
  const before = await pulled();
  const { advanced, good, catalog, refusal } = await pulled({ path: 'elsewhere' });
  expect({ advanced, good, networks: catalog?.networks.size, reason: refusal?.reason }).toEqual({
    advanced: false,
    good: before.good,
    networks: 1,
    reason: 'NoDefinitions',
  });
  await bare.grow('main', { 'elsewhere/all.yaml': `${FIRST}---\n${doc('Network', 'blue', '')}` });
  await pulled();
  expect(await pulled({ path: 'elsewhere' })).toMatchObject({ advanced: true, refusal: null, good: { path: 'elsewhere' } });
});

test('definitions that a newer netloom finds fault with are refused with their mistakes, not taken for none', async () => {
  const { good } = await pulled();
  const files = (good?.files ?? []).map(file => ({ ...file, id: 'other', bytes: Buffer.from(FIRST.replace('kind: Node', 'kind: Knot')) }));
  const { refusal, catalog } = await pulled({ good: good === null ? null : { ...good, files } });
  expect(catalog).toBeNull();
  expect(refusal).toMatchObject({ condition: 'Stalled', reason: 'InvalidDefinitions' });
  expect(refusal?.diagnostics).toContainEqual(expect.objectContaining({ code: 'unknown-kind' }));
});

describe('what was enforced stays, whole, while the branch', () => {
  const later = `${FIRST}---\n${doc('Network', 'red', '')}`;
  const cases: readonly (readonly [string, () => Promise<unknown>, string])[] = [
    ['is gone', () => bare.git('update-ref', '-d', 'refs/heads/main'), 'BranchMissing'],
    ['holds no definition any more', () => bare.grow('main', { 'later/all.yaml': null, 'later/README.md': 'moved' }), 'NoDefinitions'],
    [
      'has a mistake beside what is right',
      () => bare.grow('main', { 'later/all.yaml': later, 'later/bad.yaml': doc('Network', 'bad', 'cidr: nonsense') }),
      'InvalidDefinitions',
    ],
  ];
  test.each(cases)('%s', async (_, spoil, reason) => {
    const before = await pulled();
    await spoil();
    const { refusal, good, catalog, advanced } = await pulled();
    expect([refusal?.reason, advanced, good?.revision, [...(catalog?.networks.keys() ?? [])]]).toEqual([
      reason,
      false,
      before.good?.revision,
      ['default/blue'],
    ]);
  });
});

describe('a branch whose history', () => {
  test('is another one is refused as rewritten', async () => {
    const { good } = await pulled();
    await bare.grow('main', { 'later/all.yaml': FIRST }, { root: true });
    expect(await pulled()).toMatchObject({ good, refusal: { condition: 'Stalled', reason: 'HistoryRewritten', message: expect.stringContaining('--accept') } });
  });

  test('cannot be fetched is not called rewritten: the next pass asks again', async () => {
    const { good } = await pulled();
    await bare.grow('main', { 'later/all.yaml': FIRST }, { times: 3 });
    // The first fetch brings the tip alone, the second finds nobody.
    await rename(join(bare.root, 'clone'), join(bare.root, 'old'));
    const remote = await remoteOf({});
    const sync = remote.definitions.sync.bind(remote.definitions);
    const leaving = {
      ...remote.definitions,
      sync: async (...args: Parameters<typeof sync>) => sync(...args).then(() => rename(bare.path, `${bare.path}.away`)),
    };
    const { refusal, ...seen } = await pull({ remote: { ...remote, definitions: leaving }, stateDir: join(bare.root, 'state'), good, node: 'n1', keep: true });
    expect(refusal).toMatchObject({ condition: 'FetchFailed', reason: 'HistoryUnknown', message: expect.stringContaining('could not be fetched') });
    expect(seen.good).toEqual(good);
  });

  test('the remote itself has not whole cannot be told, and nothing is tried again before somebody acts', async () => {
    const { good } = await pulled();
    await bare.grow('main', { 'later/all.yaml': FIRST }, { times: 3 });
    const short = await makeBare();
    await short.git('fetch', '--quiet', '--depth=1', '--update-shallow', `file://${bare.path}`, 'main:main');
    await rename(bare.path, `${bare.path}.away`);
    await rename(short.path, bare.path);
    await rename(join(bare.root, 'clone'), join(bare.root, 'old'));
    expect(await pulled()).toMatchObject({
      good,
      refusal: { condition: 'Stalled', reason: 'HistoryUnknown', message: expect.stringMatching(/cut.*--unshallow.*--accept/) },
    });
    await short.remove();
  });
});

test('a look tells of what would hide the git server from the node, before anything is changed', async () => {
  const host = [doc('Network', 'back', 'cidr: 198.51.100.0/24'), doc('Interface', 'h', 'network: back, node: n1, attach: { host: {} }')];
  await bare.grow('main', { 'later/all.yaml': [FIRST, ...host].join('---\n') });
  const remote = { ...(await remoteOf({})), hosts: ['198.51.100.7'] };
  const { remarks } = await pull({ remote, stateDir: join(bare.root, 'state'), good: null, node: 'n1', keep: false });
  expect(remarks).toContainEqual(expect.stringContaining('brings 198.51.100.0/24 onto this node, and the git server 198.51.100.7 lies in it'));
});

describe('a node that keeps no revision', () => {
  const report = (node: string, accepted: string): string =>
    statusFile(reportOf(node, { revision: { observed: accepted, attempted: accepted, accepted, applied: '' } }));
  const publish = (...marks: readonly (readonly [string, string])[]): Promise<string> =>
    bare.grow('status', Object.fromEntries(marks.map(([node, accepted]) => [`nodes/${node}.yaml`, report(node, accepted)])));
  const first = (accept?: string): Promise<Pulled> => pulled({ good: null, ...(accept === undefined ? {} : { accept }) });
  let older: string;
  let newer: string;

  beforeEach(async () => {
    older = (await bare.tip('main')) ?? '';
    newer = await bare.grow('main', { 'later/all.yaml': FIRST });
  });
  const rewind = (): Promise<string> => bare.git('update-ref', 'refs/heads/main', older);

  test('takes a branch that comes after what it had accepted itself', async () => {
    await publish(['n1', older]);
    expect(await first()).toMatchObject({ advanced: true, refusal: null, remarks: [] });
  });

  test('refuses a branch that was rewound since, until a person names the commit', async () => {
    await publish(['n1', newer]);
    await rewind();
    const { refusal, catalog } = await first();
    expect(catalog).toBeNull();
    expect(refusal).toMatchObject({ condition: 'Stalled', reason: 'HistoryRewritten', message: expect.stringMatching(/n1 accepted.*--accept/) });
    // Fewer digits than git itself prints may be a slip.
    expect((await first(older.slice(0, 6))).refusal).toMatchObject({ reason: 'HistoryRewritten' });
    expect(await first(older.slice(0, 7))).toMatchObject({ advanced: true, isAccepted: true, refusal: null });
  });

  test('refuses a branch that is behind what any other node accepted, also when it is new itself', async () => {
    await publish(['n3', older], ['n2', newer]);
    await rewind();
    expect((await first()).refusal).toMatchObject({ reason: 'HistoryRewritten', message: expect.stringContaining(`${newer.slice(0, 10)}, which n2 accepted`) });
  });

  test('refuses a branch of other history', async () => {
    await publish(['n2', older]);
    await bare.grow('main', { 'later/all.yaml': FIRST }, { root: true });
    expect((await first()).refusal).toMatchObject({ reason: 'HistoryRewritten' });
  });

  test('says so when nothing is known on the status branch either', async () => {
    await rewind();
    const beginning = `no earlier revision is known, neither here nor on the branch status: ${older.slice(0, 10)} is taken as the beginning`;
    expect(await first()).toMatchObject({ advanced: true, remarks: [beginning] });
    await publish(['n2', 'garbage'], ['n3', '']);
    expect((await first()).remarks).toEqual([beginning]);
  });

  test('waits while the status branch cannot be read', async () => {
    await publish(['n2', newer]);
    const remote = await remoteOf({});
    const mute = { ...remote.status, sync: () => Promise.reject(new RepoError('unreachable', 'nobody there', '')) };
    const { refusal, catalog } = await pull({ remote: { ...remote, status: mute }, stateDir: join(bare.root, 'state'), good: null, node: 'n1', keep: true });
    expect({ catalog, refusal }).toMatchObject({ catalog: null, refusal: { condition: 'FetchFailed', reason: 'Unreachable' } });
  });
});

describe('a cache of parsed definitions that', () => {
  const cache = (): string => join(bare.root, 'state/cache');

  test('cannot be read costs a remark and nothing else', async () => {
    await mkdir(join(cache(), 'parsed.json'), { recursive: true });
    const { remarks, refusal, catalog } = await pulled();
    expect({ refusal, networks: catalog?.networks.size }).toEqual({ refusal: null, networks: 1 });
    expect(remarks.join('\n')).toContain(`cannot read ${join(cache(), 'parsed.json')}`);
  });

  test('cannot be written costs a remark, also where the newest revision is refused', async () => {
    await pulled();
    await rename(cache(), `${cache()}.old`);
    await writeFile(cache(), 'no folder');
    await bare.grow('main', { 'later/all.yaml': FIRST.replace('kind: Node', 'kind: Knot') });
    const { remarks, refusal, catalog } = await pulled();
    expect({ reason: refusal?.reason, networks: catalog?.networks.size }).toEqual({ reason: 'InvalidDefinitions', networks: 1 });
    expect(remarks).toEqual([expect.stringMatching(/the cache of parsed definitions is of no use: cannot .*state\/cache/)]);
  });

  test('works is not worth a word', async () => {
    await pulled();
    await bare.grow('main', { 'later/all.yaml': `${FIRST}---\n${doc('Network', 'blue', '')}# more\n` });
    expect(await pulled()).toMatchObject({ advanced: true, remarks: [] });
  });
});

test('a secret that others can read is told of once, whatever else is wrong', async () => {
  await pulled();
  const secret = join(bare.root, 'token');
  await writeFile(secret, 'x');
  await chmod(secret, 0o644);
  expect((await pulled({ secret })).remarks).toEqual([`the secret ${secret} has mode 0644, so that others can read it: chmod 600 ${secret}`]);
  await chmod(secret, 0o600);
  expect((await pulled({ secret })).remarks).toEqual([]);
});

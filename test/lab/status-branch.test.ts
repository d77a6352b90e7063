import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { nodeDir, repositoryOf } from '../../src/lab/lab.ts';
import { definition, type Files, type GitLab, gitLab, guest, kernelOf, STATUS, told } from './support-git.ts';
import { identitiesOf } from './support-git-ledger.ts';

const network = (name: string): string => definition('Network', `red/${name}`, { cidr: '10.0.0.0/24' });
const LAN = 'allocations/networks/red/lan.yaml';

let yard: GitLab;
let before: { readonly identities: readonly string[]; readonly kernels: unknown };

beforeAll(async () => {
  const files = {
    'red/namespace.yaml': definition('Namespace', 'red'),
    'red/lan.yaml': [network('lan'), guest('red/r1', 'lan', 'n1'), guest('red/r2', 'lan', 'n2')].join('---\n'),
    'red/own.yaml': [network('own'), guest('red/o2', 'own', 'n2')].join('---\n'),
  };
  yard = await gitLab(2, files, [
    ['n1', 'r1'],
    ['n2', 'r2'],
    ['n2', 'o2'],
    ['n1', 'l1'],
  ]);
  await yard.pass();
});
afterAll(() => yard?.end());

beforeEach(async () => {
  before = { identities: await identitiesOf(yard), kernels: await kernels() };
  expect(before.identities.length).toBeGreaterThanOrEqual(5);
});

function kernels(): Promise<unknown> {
  return Promise.all(yard.nodes.map(kernelOf));
}

/** A person commits to the branch that netloom alone should write. */
async function meddle(files: Files): Promise<string> {
  const git = (...args: readonly string[]): Promise<string> => yard.git('-C', folder, ...args);
  const folder = join(yard.base, 'meddler');
  rmSync(folder, { recursive: true, force: true });
  await yard.git('clone', '--quiet', '--branch', STATUS, repositoryOf(yard.lab.dir), folder);
  for (const [path, text] of Object.entries(files)) {
    if (text === null) await git('rm', '--quiet', path);
    else {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  }
  await git('add', '--all');
  await git('commit', '--quiet', '-m', 'by hand');
  await git('push', '--quiet', 'origin', `HEAD:${STATUS}`);
  return git('rev-parse', 'HEAD');
}

const server = (...args: readonly string[]): Promise<string> => yard.git(`--git-dir=${repositoryOf(yard.lab.dir)}`, ...args);

/** Nothing that lives got another number, nothing is there twice, no node touched its kernel, and everybody is heard again. */
async function expectUnharmed(): Promise<void> {
  const identities = await identitiesOf(yard);
  expect([...identities].sort()).toEqual([...before.identities].sort());
  expect(await kernels()).toEqual(before.kernels);
  for (const name of ['n1', 'n2']) expect((await yard.status(name)).conditions[0]).toMatchObject({ type: 'Ready', status: true });
  const tip = await yard.tip(STATUS);
  await yard.pass();
  expect(await yard.tip(STATUS)).toBe(tip);
}

test("a person's own files on the branch are left alone, and are no news", async () => {
  const tip = await meddle({ 'README.md': 'Read only, please.\n' });
  await yard.pass();
  expect(await yard.tip(STATUS)).toBe(tip);
  await yard.commit('Something new', { 'red/new.yaml': network('new') });
  await yard.pass();
  expect((await yard.files(STATUS)).get('README.md')).toBe('Read only, please.\n');
});

test('the branch is deleted: ledger and status come back as they were', async () => {
  await server('update-ref', '-d', `refs/heads/${STATUS}`);
  await yard.pass();
  await expectUnharmed();
});

test('the branch goes back to an older commit: what came after it is said again', async () => {
  const older = await yard.tip(STATUS);
  await yard.commit('A late network', { 'red/late.yaml': [network('late'), guest('red/l1', 'late', 'n1')].join('---\n') });
  await yard.pass();
  before = { identities: await identitiesOf(yard), kernels: await kernels() };
  expect(before.identities.join('\n')).toContain('red/late');
  await server('update-ref', `refs/heads/${STATUS}`, older);
  await yard.pass('n2');
  await yard.pass('n1');
  await expectUnharmed();
});

const conflicted = (text: string): string => `<<<<<<< HEAD\n${text}=======\n${text.replace(/vxid: \d+/, 'vxid: 4711')}>>>>>>> theirs\n`;

test.each([
  ['garbage', () => 'this is: [no ledger\n'],
  ['conflict markers', conflicted],
  ['nothing', () => ''],
])('a file of the ledger is turned into %s: it is mended from what the nodes know', async (_, spoil) => {
  const text = (await yard.files(STATUS)).get(LAN) ?? '';
  await meddle({ [LAN]: spoil(text) });
  await yard.pass();
  expect((await yard.files(STATUS)).get(LAN)).toBe(text);
  await expectUnharmed();
});

test('files of the ledger are deleted by hand', async () => {
  await meddle({ [LAN]: null, 'allocations/networks/red/own.yaml': null });
  await yard.pass();
  await expectUnharmed();
});

test('status and events of a node are turned into garbage: the node writes its own anew', async () => {
  await meddle({ 'nodes/n1.yaml': '<<<<<<< HEAD\n', 'events/n1.jsonl': '{"at":\n=======\nx\n', 'nodes/n2.yaml': null });
  told(await yard.netloom('n2', 'get', 'nodes'), [0]);
  await yard.pass();
  await expectUnharmed();
});

test('a live network is given another vxid by hand: the file does not agree with itself any more, and is mended', async () => {
  const text = (await yard.files(STATUS)).get(LAN) ?? '';
  const { vxid } = parse(text);
  await meddle({ [LAN]: text.replace(`vxid: ${vxid}`, `vxid: ${vxid + 1}`) });
  await yard.pass();
  await expectUnharmed();
});

test('a live network is given another vxid by a careful hand, in all three places: nothing is renumbered, and the event says what was done', async () => {
  const text = (await yard.files(STATUS)).get(LAN) ?? '';
  const { vxid, router } = parse(text);
  const [hex, mac] = [4711, 4711].map(n => n.toString(16).padStart(6, '0'));
  const edited = text
    .replace(`vxid: ${vxid}`, 'vxid: 4711')
    .replace(/vxidHex: .*/, `vxidHex: "0x${hex?.replace(/^0+/, '')}"`)
    .replace(router.mac, `02:02:${mac?.match(/[0-9a-f]{2}/g)?.join(':')}:01`);
  const theirs = await meddle({ [LAN]: edited });
  await yard.pass('n2');
  expect((await yard.files(STATUS)).get(LAN)).toBe(text);
  await server('merge-base', '--is-ancestor', theirs, STATUS);
  expect(JSON.stringify(await yard.json('n1', 'events', 'network', 'red/lan', '-o', 'json'))).toMatch(
    /its check does not fit: it was edited by hand; said again as it was/,
  );
  await yard.pass('n1');
  await expectUnharmed();
});

test('a node that lost its state reads what a broken file said before from the branch itself', async () => {
  const text = (await yard.files(STATUS)).get(LAN);
  await meddle({ [LAN]: 'garbage: [\n' });
  rmSync(join(nodeDir(yard.lab.dir, 'n2'), 'state'), { recursive: true });
  await yard.pass('n2');
  expect((await yard.files(STATUS)).get(LAN)).toBe(text);
  await yard.pass('n1');
  await expectUnharmed();
});

test('where the branch has lost its history too, it waits, and takes nothing that another one has', async () => {
  await meddle({ [LAN]: 'garbage: [\n' });
  const person = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];
  await server('update-ref', `refs/heads/${STATUS}`, await server(...person, 'commit-tree', '-m', 'squashed', `${STATUS}^{tree}`));
  rmSync(join(nodeDir(yard.lab.dir, 'n2'), 'state'), { recursive: true });
  const { exitCode, stderr } = await yard.netloom('n2', 'reconcile');
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`repair ${LAN} there`);
  expect(await kernels()).toEqual(before.kernels);
  await yard.pass('n1');
  await yard.pass('n2');
  await expectUnharmed();
});

test('a fleet that has pushed enough pushes no more for now, and what happened meanwhile is told later, with its events', async () => {
  const spare = (name: string): string[] => ['--config', yard.config(name, 'spare', { status: { pushesPerMinute: 1 } })];
  await yard.commit('Another network', { 'red/spare.yaml': [network('spare'), guest('red/s1', 'spare', 'n1'), guest('red/s2', 'spare', 'n2')].join('---\n') });
  const statusOf = async (): Promise<number> => Number(await server('rev-list', '--count', '--grep', ': status', STATUS));
  const before = await statusOf();
  for (const name of ['n1', 'n2', 'n1', 'n2']) told(await yard.netloom(name, 'reconcile', ...spare(name)), [0, 4]);
  expect(await statusOf()).toBe(before);
  expect((await yard.status('n1')).networks['red/spare']).toBeUndefined();
  const made = Date.now();
  await yard.pass();
  expect((await yard.status('n1')).networks['red/spare']).toBeDefined();
  const events: { at: string; operation: string; node: string }[] = (await yard.json('n1', 'events', 'network', 'red/spare', '-o', 'json')).items;
  const creations = events.filter(({ operation, at }) => operation === 'create vxlan interface' && Date.parse(at) < made);
  expect(new Set(creations.map(({ node }) => node))).toEqual(new Set(['n1', 'n2']));
});

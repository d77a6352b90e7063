/** Saved plans on real nodes and a real git server: carried out as they were printed, or refused with what moved. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { definition, type GitLab, gitLab, guest, linksOf, refused, STATUS, told } from './support-git.ts';

let yard: GitLab;
let dir: string;
let count = 0;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'netloom-saved-'));
  const files = {
    'red/namespace.yaml': definition('Namespace', 'red'),
    'red/lan.yaml': [definition('Network', 'red/lan', { cidr: '10.0.0.0/24', vxid: 16 }), guest('red/r1', 'lan', 'n1'), guest('red/r2', 'lan', 'n2')].join(
      '---\n',
    ),
  };
  yard = await gitLab(2, files, [
    ['n1', 'r1'],
    ['n2', 'r2'],
  ]);
});
afterAll(async () => {
  await yard?.end();
  rmSync(dir, { recursive: true, force: true });
});

/** Saves a plan of n1; its file. */
async function save(...args: readonly string[]): Promise<string> {
  const file = join(dir, `${count++}.plan`);
  const { exitCode, touched } = await refused(yard.node('n1'), () => yard.netloom('n1', 'plan', '--out', file, ...args));
  expect([exitCode, touched]).toEqual([0, []]);
  return file;
}

/** What it says when it is refused; nothing in the kernel and nothing on the status branch may move. */
async function refusal(file: string, node = 'n1'): Promise<string> {
  const tip = await yard.tip(STATUS).catch(() => '');
  const { exitCode, touched, stderr } = await refused(yard.node(node), () => yard.netloom(node, 'apply', file));
  expect([exitCode, touched]).toEqual([1, []]);
  expect(await yard.tip(STATUS).catch(() => '')).toBe(tip);
  return stderr;
}

const mtu = (value: number): Promise<string> => yard.node('n1').ok(`ip link set dev vxlan-10 mtu ${value}`);

test('a plan for a new node is made, kept from others, and carried out with its allocations', async () => {
  const file = await save();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await refusal(file, 'n2')).toContain('it is a plan for n1, and this node is n2');
  told(await yard.netloom('n1', 'apply', file), [0]);
  expect(await linksOf(yard.node('n1'))).toEqual(expect.arrayContaining(['vxlan-10', 'br-vxlan-10']));
  await yard.pass('n1', 'n2');
});

test('once done it is stale: all of it is there', async () => {
  await mtu(1400);
  const file = await save();
  told(await yard.netloom('n1', 'apply', file), [0]);
  expect(await refusal(file)).toContain('link:/vxlan-10 mtu: was 1400, is ');
});

test('what moved of the kernel since is named with field, was and is', async () => {
  await mtu(1400);
  const file = await save();
  await mtu(1350);
  expect(await refusal(file)).toContain('link:/vxlan-10 mtu: was 1400, is 1350');
});

test('what it has nothing to do with makes it not stale, and stays as it is', async () => {
  await mtu(1400);
  const file = await save();
  const steps = (JSON.parse(readFileSync(file, 'utf8')) as { steps: { ref: string }[] }).steps.map(({ ref }) => ref);
  expect(steps).toEqual(['link:/vxlan-10']);
  await yard.node('n1').ok('ip link set dev br-vxlan-10 mtu 1300');
  await yard.commit('no definition', { 'README.txt': 'x' });
  expect(await refusal(file)).toContain('commit: was ');
  const again = await save();
  const some = JSON.parse(readFileSync(again, 'utf8')) as { steps: { ref: string }[] };
  expect(some.steps.map(({ ref }) => ref)).toEqual(expect.arrayContaining(['link:/vxlan-10', 'link:/br-vxlan-10']));
  await yard
    .node('n1')
    .ok('ip link set dev veth-none down')
    .catch(() => undefined);
  await yard.node('n1').ok('bridge link set dev vxlan-10 hairpin on');
  told(await yard.netloom('n1', 'apply', again), [0]);
  expect(await yard.node('n1').ok('bridge -d link show dev vxlan-10')).toContain('hairpin on');
  await yard.pass('n1');
});

test('a commit and an allocation that moved are named', async () => {
  await mtu(1400);
  const file = await save();
  await yard.commit('a third guest', { 'red/more.yaml': guest('red/r3', 'lan', 'n2') });
  const words = await refusal(file);
  expect(words).toMatch(/commit: was [0-9a-f]{10}, is [0-9a-f]{10}/);
  expect(words).toContain('red/more.yaml: new');
  // Planned with the allocations that it would make; another node makes the same ones meanwhile.
  const planned = await save();
  await yard.pass('n2');
  told(await yard.netloom('n1', 'apply', planned), [0]);
  await yard.pass('n1');
});

test('damaged files, other formats and no file at all are refused', async () => {
  await mtu(1400);
  const file = await save();
  const text = readFileSync(file, 'utf8');
  for (const bad of [text.slice(0, 500), text.replace('1400', '1401'), text.replace('"format_version": "1.0"', '"format_version": "2.0"')]) {
    const path = join(dir, 'bad.plan');
    writeFileSync(path, bad);
    expect(await refusal(path)).toMatch(/damaged|its format is 2\.0/);
  }
  expect(await refusal(join(dir, 'none.plan'))).toContain('there is no file');
});

test('a plan of a folder is bound to what is in the folder', async () => {
  const folder = join(dir, 'folder');
  for (const [path, text] of await yard.files('main')) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const own = ['--state-dir', join(dir, 'state'), '--runtime-dir', join(dir, 'run')];
  await mtu(1400);
  const file = await save('--local', folder, '--node', 'n1', ...own);
  writeFileSync(join(folder, 'red/new.yaml'), guest('red/r4', 'lan', 'n2'));
  const { exitCode, touched, stderr } = await refused(yard.node('n1'), () => yard.netloom('n1', 'apply', file, ...own));
  expect([exitCode, touched]).toEqual([1, []]);
  expect(stderr).toContain('red/new.yaml: new');
  rmSync(join(folder, 'red/new.yaml'));
  told(await yard.netloom('n1', 'apply', file, ...own), [0]);
  expect(await refusalOf(file, own)).toContain('link:/vxlan-10 mtu: was 1400, is ');
});

async function refusalOf(file: string, own: readonly string[]): Promise<string> {
  const { exitCode, stderr } = await yard.netloom('n1', 'apply', file, ...own);
  expect(exitCode).toBe(1);
  return stderr;
}

test('a refused revision is told with exit 3, and the plan for the one in force beside it', async () => {
  await yard.commit('a mistake', { 'red/wrong.yaml': definition('Netwrok', 'red/x') });
  await mtu(1400);
  const { exitCode, stdout, stderr } = await yard.netloom('n1', 'plan', '--detailed-exitcode');
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/red\/wrong\.yaml:\d+:\d+ error unknown-kind/);
  expect(stdout).toContain('~ mtu: 1400 -> ');
});

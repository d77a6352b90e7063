/** The branch that the configuration names for status may be one that people work on: it is looked at before it is written to. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ledgerFiles } from '../../src/allocate/ledger-files.ts';
import { passExit } from '../../src/cli/reconcile-command.ts';
import type { NodeConfig } from '../../src/model/node-config.ts';
import { readPublished } from '../../src/pass/publish.ts';
import { openRemote, type Remote, readTips } from '../../src/pass/remote.ts';
import { settle } from '../../src/pass/settle.ts';
import { checkStatusTree } from '../../src/pass/status-tree.ts';
import { see } from '../../src/pass/view.ts';
import { statusFile } from '../../src/report/node-report.ts';
import { doc } from '../compile/world.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';
import { catalogOf, ledgerOf, reportOf } from '../report/world.ts';

const STATUS = 'netloom-status';
const red = catalogOf({ 'default/red': { cidr: '10.0.0.0/24' } }, { 'default/a': { network: 'red', node: 'n1' } });
const LEDGER = Object.fromEntries(ledgerFiles(ledgerOf(red)));
const REPORT = { 'nodes/n1.yaml': statusFile(reportOf('n1')) };
const PEOPLE = { 'README.md': 'ours\n', 'nodes/n1.yaml': doc('Node', 'n1', 'underlay: { address: 10.9.0.1 }'), 'src/main.c': 'int main;\n' };

let bare: Bare;
let config: NodeConfig;
let remote: Remote;

beforeEach(async () => {
  bare = await makeBare();
  await bare.grow('main', { 'all.yaml': [doc('Cluster', 'test', ''), doc('Node', 'n1', 'underlay: { address: 10.9.0.1 }')].join('---\n') });
  const repo = { url: bare.path, branch: 'main', path: '' };
  config = {
    node: 'n1',
    mode: 'enforce',
    repo,
    status: { url: '', branch: STATUS, pushesPerMinute: 6, archiveAfter: 50_000 },
    probes: [],
    confirmTimeout: '60s',
    hooks: { dir: '/nowhere', timeout: '30s' },
    metrics: {},
    stateDir: join(bare.root, 'state'),
    runtimeDir: join(bare.root, 'run'),
  };
  remote = await openRemote(config, join(bare.root, 'clone'));
});
afterEach(() => bare.remove());

async function verdict(files: Readonly<Record<string, string | null>>): Promise<string> {
  const tip = await bare.grow(STATUS, files);
  await remote.status.sync(STATUS, tip);
  return checkStatusTree(remote, tip).then(
    () => 'taken',
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  );
}

describe('a status branch is taken', () => {
  test.each([
    ['that is empty', {}],
    ['as a forge makes it', { 'README.md': 'x\n', LICENSE: 'x\n', '.gitignore': 'x\n', '.gitattributes': 'x\n', 'readme.rst': 'x\n' }],
    ['with a ledger', { ...LEDGER, 'notes.txt': 'x\n' }],
    ['with a report', { ...REPORT, 'notes.txt': 'x\n' }],
    ['with events', { 'events/n1.jsonl': '{}\n', 'notes.txt': 'x\n' }],
  ])('%s', async (_, files) => expect(await verdict(files)).toBe('taken'));
});

describe('a branch of people is refused', () => {
  test.each([
    ['that has a file', { 'a.txt': 'x\n' }, 'a.txt'],
    ['that has definitions of nodes where netloom has reports', { 'nodes/n1.yaml': PEOPLE['nodes/n1.yaml'] }, 'nodes/n1.yaml'],
    ['whose README is further down', { 'docs/README.md': 'x\n' }, 'docs/README.md'],
    ['whose folders are only called like those of netloom', { 'allocations/budget.csv': 'x\n' }, 'allocations/budget.csv'],
  ])('%s', async (_, files, named) => {
    expect(await verdict(files)).toBe(
      `not-ours: the branch ${STATUS} holds ${named}, and nothing that netloom writes: people work on it, so nothing is written there; name another branch as status.branch (one that is not there yet is made)`,
    );
  });

  test('by a pass: nothing is pushed, what is allocated goes on, and it ends with 1', async () => {
    const tip = await bare.grow(STATUS, PEOPLE);
    const kept = { tip: null, ledger: ledgerOf(red) };
    const settled = await settle({ remote, tip: (await readTips(remote)).status, kept, catalog: red, node: 'n1', stateDir: config.stateDir });
    expect(settled).toMatchObject({ ledger: kept.ledger, isKnown: true, because: 'not-ours', problem: expect.stringContaining('people work on it') });
    await expect(readPublished(remote, tip, 'n1')).rejects.toMatchObject({ code: 'not-ours' });
    expect(await bare.tip(STATUS)).toBe(tip);
    const pulled = {
      tips: null,
      good: null,
      catalog: null,
      warnings: [],
      remarks: [],
      refusal: null,
      commit: null,
      advanced: false,
      isAccepted: false,
      source: null,
    };
    expect(
      passExit(config, {
        pulled,
        node: null,
        enforced: null,
        settled,
        published: null,
        telling: null,
        diagnostics: [],
        guarded: null,
        held: null,
        suspended: null,
        stopped: null,
      }),
    ).toBe(1);
  });

  test('by those who look', async () => {
    await bare.grow(STATUS, PEOPLE);
    await mkdir(config.stateDir);
    await expect(see(config)).rejects.toMatchObject({ name: 'RepoError', code: 'not-ours' });
  });
});

test('a branch that is not there is made', async () => {
  const settled = await settle({ remote, tip: null, kept: null, catalog: red, node: 'n1', stateDir: config.stateDir });
  expect(settled).toMatchObject({ because: null, problem: null });
  expect(await bare.tip(STATUS)).toBe(settled.tip);
});

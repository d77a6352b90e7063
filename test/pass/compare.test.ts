import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ledgerFiles } from '../../src/allocate/ledger-files.ts';
import { run } from '../../src/host/exec.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import { compareRevisions } from '../../src/pass/compare.ts';
import { decide } from '../../src/pass/decide.ts';
import { loadFolder } from '../../src/pass/local.ts';
import { statusFile, statusPath } from '../../src/report/node-report.ts';
import { definition, reportOf } from '../review/cluster.ts';

const base = mkdtempSync(join(tmpdir(), 'netloom-compare-'));
const top = join(base, 'work');
const NOW = new Date('2026-11-21T10:12:00Z');
const FILES = {
  'net/cluster.yaml': definition('Cluster', 'one', { underlay: { mtu: 1600 } }),
  'net/a.yaml': definition('Node', 'a', { underlay: { address: '10.1.0.1' } }),
  'net/lan.yaml': definition('Network', 'default/lan', { cidr: '10.0.0.0/24' }),
  'net/web.yaml': definition('Interface', 'default/web', { network: 'lan', node: 'a' }),
  'README.md': 'none of it\n',
};
let main = '';

async function git(dir: string, ...args: readonly string[]): Promise<string> {
  const who = { GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.org', GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.org' };
  const env = { ...who, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  return (await run('git', args, { cwd: dir, env, okCodes: [0] })).stdout.trim();
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), text);
  }
}

async function commit(files: Readonly<Record<string, string>>): Promise<string> {
  write(files);
  await git(top, 'add', '--all');
  await git(top, 'commit', '--quiet', '--message', 'a change');
  return git(top, 'rev-parse', 'HEAD');
}

const compare = (args: Partial<Parameters<typeof compareRevisions>[0]> = {}) =>
  compareRevisions({ dir: join(top, 'net'), statusBranch: 'netloom-status', now: NOW, ...args });
const said = ({ changes }: Awaited<ReturnType<typeof compareRevisions>>) => changes.map(({ definition: name, change }) => `${change} ${name}`);

beforeAll(async () => {
  mkdirSync(top);
  await git(top, 'init', '--quiet', '--initial-branch=main', '.');
  main = await commit(FILES);
  const { catalog } = await loadFolder(join(top, 'net'), null);
  if (catalog === null) throw new Error('the definitions of this test are wrong');
  const { ledger } = decide(catalog, EMPTY_LEDGER, new Date('2026-11-21T10:00:00Z'));
  await git(top, 'checkout', '--quiet', '--orphan', 'netloom-status');
  await git(top, 'rm', '-r', '--quiet', '--force', '.');
  const report = { ...reportOf('a', catalog, ledger), revision: { observed: main, attempted: main, accepted: main, applied: main } };
  await commit({ ...Object.fromEntries(ledgerFiles(ledger)), [statusPath('a')]: statusFile(report) });
  await git(top, 'checkout', '--quiet', '-b', 'topic', 'main');
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe('two revisions of a checkout', () => {
  test('what is merged into is where the branch left main, though main went on', async () => {
    await git(top, 'checkout', '--quiet', 'main');
    await commit({ 'net/late.yaml': definition('Network', 'default/late') });
    await git(top, 'checkout', '--quiet', 'topic');
    const head = await commit({ 'net/two.yaml': definition('Interface', 'default/two', { network: 'lan', node: 'a' }) });
    const review = await compare({ head: 'HEAD' });
    expect(review.base).toEqual({ name: 'main', commit: main });
    expect(review.head).toEqual({ name: 'HEAD', commit: head });
    expect(said(review)).toEqual(['added Interface default/two']);
    expect(review.allocations.map(({ definition: name }) => name)).toEqual(['Interface default/two']);
    expect(review.nodes.map(({ ageSeconds, caveats }) => [ageSeconds, caveats])).toEqual([[720, []]]);
    expect(review.root).toBe('net');
  });

  test('the work tree counts as it is on disk, uncommitted edits and new files included', async () => {
    write({ 'net/draft.yaml': definition('Network', 'default/draft') });
    expect(said(await compare())).toEqual(['added Network default/draft', 'added Interface default/two']);
    expect(said(await compare({ head: 'HEAD' }))).toEqual(['added Interface default/two']);
    rmSync(join(top, 'net/draft.yaml'));
  });

  test('a revision that is not here, or looks like an option, is named with what to do', async () => {
    await expect(compare({ base: 'nowhere' })).rejects.toThrow(/--base "nowhere" names no commit here: fetch it first; a shallow clone/);
    await expect(compare({ base: '--all' })).rejects.toThrow(/--base "--all" names no commit/);
    await expect(compare({ status: 'nowhere' })).rejects.toThrow(/--status "nowhere" names no commit/);
    await expect(compare({ node: 'z' })).rejects.toThrow(/neither revision defines a Node z/);
    await expect(compare({ dir: base })).rejects.toThrow(/is no checkout of a git repository/);
  });

  test('without the status branch it is said that nothing is known', async () => {
    const review = await compare({ head: 'HEAD', statusBranch: 'other' });
    expect(review.remarks.map(({ reason }) => reason)).toEqual(['StatusMissing']);
    expect(review.nodes.map(({ heard }) => heard)).toEqual([null]);
  });

  test('a head with errors is told with all of them, and plans nothing', async () => {
    write({ 'net/bad.yaml': definition('Network', 'default/bad', { cidr: 7, mtuu: 1 }) });
    const review = await compare();
    expect(review.nodes).toEqual([]);
    expect(review.diagnostics.map(({ code }) => code).sort()).toEqual(['unknown-field', 'wrong-type']);
    rmSync(join(top, 'net/bad.yaml'));
  });

  test('a head with more than a quota allows blames what base has not', async () => {
    const cluster = definition('Cluster', 'one', { underlay: { mtu: 1600 }, namespaceDefaults: { quotas: { networks: 1 } } });
    write({ 'net/aa.yaml': definition('Network', 'default/aa'), 'net/cluster.yaml': cluster });
    const review = await compare();
    expect(review.diagnostics.map(({ code, at }) => `${code} ${at.file}`)).toEqual(['quota-exceeded aa.yaml']);
    rmSync(join(top, 'net/aa.yaml'));
    write({ 'net/cluster.yaml': FILES['net/cluster.yaml'] });
  });

  test('a base with errors gives way to what the nodes applied last', async () => {
    const bad = await commit({ 'net/lan.yaml': definition('Network', 'default/lan', { cidr: 7 }) });
    await commit({ 'net/lan.yaml': definition('Network', 'default/lan', { cidr: '10.0.0.0/24', mtu: 1400 }) });
    const review = await compare({ base: bad, head: 'HEAD' });
    expect(review.base).toEqual({ name: `${bad} as applied`, commit: main });
    expect(review.remarks.map(({ reason }) => reason)).toEqual(['BaseInvalid']);
    expect(said(review)).toEqual(['changed Network default/lan', 'added Interface default/two']);
    await expect(compare({ base: bad, head: 'HEAD', statusBranch: 'other' })).rejects.toThrow(/name the last good revision with --base/);
  });
});

/** `netloom cordon` on a real checkout: what it edits, what it says, what it commits. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cordonCommand, uncordonCommand } from '../../src/cli/cordon-command.ts';
import { CommandError } from '../../src/cli/exit.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import { cordonPlan } from '../../src/pass/cordon.ts';
import { decide } from '../../src/pass/decide.ts';
import { saveGood, saveKeptLedger } from '../../src/pass/kept.ts';
import { loadFolder } from '../../src/pass/local.ts';

const HEAD = 'apiVersion: netloom.dev/v1\n';
const FILES = {
  'cluster.yaml': `${HEAD}kind: Cluster\nmetadata: {name: lab}\nspec: {}\n`,
  'nodes.yaml': ['n1', 'n2', 'n3']
    .map((name, i) => `${HEAD}kind: Node\nmetadata: {name: ${name}} # rack ${i}\nspec:\n  underlay: {address: 10.2.1.${i + 1}}\n  gateway: ${name !== 'n3'}\n`)
    .join('---\n'),
  'pool.yaml': `${HEAD}kind: AddressPool\nmetadata: {name: edge}\nspec: {cidr: 192.0.2.0/24, device: eth1}\n`,
  'nets.yaml': ['a', 'b', 'c', 'd'].map((name, i) => `${HEAD}kind: Network\nmetadata: {name: ${name}}\nspec: {cidr: 10.${i}.0.0/24}\n`).join('---\n'),
  'pinned.yaml': `${HEAD}kind: Network\nmetadata: {name: pinned}\nspec: {cidr: 10.9.0.0/24, gateway: n1}\n`,
};

let dir = '';
let said = '';
const repo = (): string => join(dir, 'repo');
const git = (...args: readonly string[]): string => execFileSync('git', ['-C', repo(), ...args], { encoding: 'utf8' });
const text = (file: string): string => readFileSync(join(repo(), file), 'utf8');
const options = (more = {}) => ({ config: join(dir, 'node.yaml'), statusBranch: 'netloom-status', namespace: 'default', repoDir: repo(), ...more });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'netloom-cordon-'));
  for (const [path, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(repo(), path)), { recursive: true });
    writeFileSync(join(repo(), path), content);
  }
  git('init', '-q', '-b', 'main');
  for (const [name, value] of [
    ['user.name', 'Ann'],
    ['user.email', 'ann@example.com'],
  ] as const)
    git('config', name, value);
  git('add', '.');
  git('commit', '-q', '-m', 'all');
  said = '';
  const hear = (chunk: string | Uint8Array): boolean => {
    said += String(chunk);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(hear);
  vi.spyOn(process.stderr, 'write').mockImplementation(hear);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

async function catalog() {
  const loaded = await loadFolder(repo(), null);
  if (loaded.catalog === null) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded.catalog;
}

/** A node whose remote is away, and which keeps what it accepted last. */
async function nodeThatKeeps(): Promise<void> {
  const stateDir = join(dir, 'state');
  mkdirSync(stateDir);
  writeFileSync(join(dir, 'node.yaml'), `node: n1\nrepo: {url: ${join(dir, 'nowhere')}}\nstateDir: ${stateDir}\nruntimeDir: ${join(dir, 'run')}\n`);
  const files = Object.entries(FILES).map(([path, content]) => ({
    path,
    mode: '100644',
    size: content.length,
    id: path.padEnd(40, '0'),
    bytes: new TextEncoder().encode(content),
  }));
  await saveGood(stateDir, { revision: 'a'.repeat(40), path: '', files });
  const { ledger } = decide(await catalog(), EMPTY_LEDGER, new Date('2026-11-21T10:00:00Z'));
  await saveKeptLedger(stateDir, { tip: null, ledger });
}

describe('what moves', () => {
  test('all networks of the node go to the others, but for those that name it; and nothing comes back by itself', async () => {
    const definitions = await catalog();
    const now = new Date('2026-11-21T10:00:00Z');
    const { ledger } = decide(definitions, EMPTY_LEDGER, now);
    const [n1, n2] = ['n1', 'n2'].map(name => definitions.nodes.get(name));
    if (n1 === undefined || n2 === undefined) throw new Error('no nodes');
    const on = (node: string) => Object.keys(ledger.networks).filter(key => ledger.networks[key]?.gateway?.node === node);
    expect(on('n1').length).toBeGreaterThan(1);
    const plan = cordonPlan(definitions, ledger, n1, true, now);
    expect(plan.moves).toEqual(
      on('n1')
        .filter(key => key !== 'default/pinned')
        .map(network => ({ network, from: 'n1', to: 'n2' })),
    );
    expect(plan.stays).toEqual([{ network: 'default/pinned', why: 'its definition names this node (spec.gateway)' }]);
    const alone = { ...definitions, nodes: new Map([...definitions.nodes].filter(([name]) => name !== 'n2')) };
    const stuck = cordonPlan(alone, decide(alone, EMPTY_LEDGER, now).ledger, n1, true, now);
    expect(stuck.moves).toEqual([]);
    expect(stuck.stays[0]).toEqual({ network: 'default/a', why: expect.stringMatching(/^no node may carry the router/) });
    const cordoned = { ...definitions, nodes: new Map([...definitions.nodes, ['n1', { ...n1, spec: { ...n1.spec, cordon: true } }]]) };
    expect(cordonPlan(cordoned, decide(cordoned, ledger, now).ledger, n1, false, now)).toEqual({ moves: [], stays: [] });
  });
});

describe('the command', () => {
  test('edits one line, keeps the rest and the file’s mode, and says what moves from what this node keeps', async () => {
    await nodeThatKeeps();
    chmodSync(join(repo(), 'nodes.yaml'), 0o640);
    expect(await cordonCommand('n1', options())).toBe(0);
    expect(git('diff', '--numstat').trim()).toBe('1\t0\tnodes.yaml');
    expect(text('nodes.yaml')).toBe(FILES['nodes.yaml'].replace('spec:\n', 'spec:\n  cordon: true\n'));
    expect(statSync(join(repo(), 'nodes.yaml')).mode & 0o777).toBe(0o640);
    expect(said).toContain('nodes.yaml: spec.cordon of Node n1 is true now.');
    expect(said).toMatch(/default\/\w +n1 +n2/);
    expect(said).toContain('stays: its definition names this node');
    expect(said).toContain('It takes effect once it is committed and pushed.');
    expect((await catalog()).nodes.get('n1')?.spec.cordon).toBe(true);
  });

  test('--commit commits that file alone; uncordon undoes it', async () => {
    writeFileSync(join(repo(), 'pool.yaml'), `${FILES['pool.yaml']}# not ours to commit\n`);
    git('add', 'pool.yaml');
    expect(await cordonCommand('n2', options({ commit: true }))).toBe(0);
    expect(git('show', '--format=%s %an', '--name-only').trim()).toBe('cordon n2 Ann\n\nnodes.yaml');
    expect(git('status', '--porcelain').trim()).toBe('M  pool.yaml');
    expect(said).toContain('What moves is not known here');
    expect(said).toContain(`Committed ${git('rev-parse', '--short', 'HEAD').trim()}.`);
    expect(await cordonCommand('n2', options())).toBe(0);
    expect(said).toContain('Node n2 is cordoned already.');
    expect(await uncordonCommand('n2', options({ commit: true }))).toBe(0);
    expect(text('nodes.yaml')).toBe(FILES['nodes.yaml']);
  });

  test('refuses, changing nothing: no gateway node, no such node, edits of others in that file, bad definitions', async () => {
    const refusal = async (name: string, more = {}): Promise<string> => {
      const error = await cordonCommand(name, options(more)).catch((thrown: unknown) => thrown);
      return error instanceof CommandError ? `${error.exitCode}: ${error.message}` : `no refusal: ${error}`;
    };
    expect(await refusal('n3')).toBe('1: Node n3 is no gateway node: it carries no routers');
    expect(await refusal('n9')).toBe('1: there is no Node n9 in the definitions');
    expect(await refusal('n1', { repoDir: join(dir, 'none') })).toMatch(/^1: there is no folder /);
    writeFileSync(join(repo(), 'nodes.yaml'), `${FILES['nodes.yaml']}# mine\n`);
    expect(await refusal('n1', { commit: true })).toBe('1: nodes.yaml has changes that are not committed');
    writeFileSync(join(repo(), 'nodes.yaml'), 'kind: [\n');
    expect(await refusal('n1')).toMatch(/^3: /);
    expect(text('nodes.yaml')).toBe('kind: [\n');
  });
});

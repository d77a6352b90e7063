/** Commands that edit definitions, in a real checkout with a real remote: what they print, write, commit and push, and what they leave alone. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createInterfaceCommand, createNetworkCommand } from '../../src/cli/create-command.ts';
import { deleteCommand } from '../../src/cli/edit-delete-command.ts';
import { setMetadataCommand } from '../../src/cli/edit-set-command.ts';
import { explain } from '../../src/cli/exit.ts';
import { FILES } from '../edit/definitions.ts';
import { ROOT } from '../house/tree.ts';
import { gitAt as at, makeCheckout } from './checkout.ts';

/** The folder above. */
const UP = '.'.repeat(2);

let dir = '';
let out = '';
let err = '';
const repo = (): string => join(dir, 'repo');
const bare = (): string => join(dir, 'bare.git');
const git = (...args: readonly string[]): string => at(repo(), ...args);
const path = (file: string): string => join(repo(), file);
const read = (file: string): string => readFileSync(path(file), 'utf8');
const options = (more = {}) => ({
  repoDir: repo(),
  config: join(dir, 'none.yaml'),
  statusBranch: 'netloom-status',
  namespace: 'acme',
  timeout: '1s',
  output: 'text' as const,
  ...more,
});
const network = (name: string, more = {}) => createNetworkCommand(name, '10.9.0.0/24', { ...options(more), label: [], dhcp: true, nat: true });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'netloom-edit-test-'));
  makeCheckout(repo(), bare());
  [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation(chunk => {
    out += String(chunk);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation(chunk => {
    err += String(chunk);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

async function refusal(act: Promise<unknown>): Promise<string> {
  const { text, exitCode } = explain(
    await act.then(
      () => new Error('no refusal'),
      (error: unknown) => error,
    ),
  );
  return `${exitCode}: ${text}`;
}

const CLEAN = '## main';

describe('in a checkout', () => {
  test('the change is printed as a patch that git takes, and nothing is written', async () => {
    expect(await network('back')).toBe(0);
    expect(git('status', '-sb').trim()).toBe(CLEAN);
    expect(err).toContain('Network acme/back is new: cidr 10.9.0.0/24');
    expect(err).toContain('Network acme/back goes into acme/networks/back.yaml: beside acme/networks/front.yaml');
    expect(err).toContain('Nothing was written: --write');
    execFileSync('git', ['-C', repo(), 'apply', '-'], { input: out });
    const patched = read('acme/networks/back.yaml');
    rmSync(path('acme/networks/back.yaml'));
    await network('back', { write: true });
    expect(read('acme/networks/back.yaml')).toBe(patched);
    out = '';
    await deleteCommand('interface', 'b', options());
    execFileSync('git', ['-C', repo(), 'apply', '-'], { input: out });
    expect(read('acme/interfaces/front.yaml')).toBe(FILES['acme/interfaces/front.yaml']?.split('---\n')[0]);
  });

  test('--write keeps what is not committed, line ends and the mode of a file', async () => {
    const windows = (FILES['acme/interfaces/front.yaml'] ?? '').replaceAll('\n', '\r\n');
    writeFileSync(path('acme/interfaces/front.yaml'), `${windows}# mine\r\n`);
    chmodSync(path('acme/interfaces/front.yaml'), 0o640);
    const iface = { ...options({ write: true }), label: [], network: 'front', node: 'n2', attach: 'netns:c' };
    expect(await createInterfaceCommand('c', iface)).toBe(0);
    const added =
      'apiVersion: netloom.dev/v1\nkind: Interface\nmetadata:\n  name: c\n  namespace: acme\nspec:\n  network: front\n  node: n2\n  attach:\n    netns:\n      name: c\n';
    const schema = `# yaml-language-server: $schema=${UP}/${UP}/tools/schemas/interface.json\n`;
    expect(read('acme/interfaces/front.yaml')).toBe(`${windows}# mine\r\n${`---\n${schema}${added}`.replaceAll('\n', '\r\n')}`);
    expect(git('status', '-s').trim()).toBe('M acme/interfaces/front.yaml');
    expect(out).toContain('wrote acme/interfaces/front.yaml');
  });

  test('--commit commits its files alone, on the branch that the checkout is on, with the change in words', async () => {
    writeFileSync(path('pool.yaml'), `${FILES['pool.yaml']}# mine\n`);
    git('add', 'pool.yaml');
    expect(await network('back', { commit: true })).toBe(0);
    expect(git('log', '-1', '--format=%an <%ae>%n%B', '--name-status').trim()).toBe(
      'Ann <ann@example.com>\ncreate Network acme/back\n\nNetwork acme/back is new: cidr 10.9.0.0/24\n\n\nA\tacme/networks/back.yaml',
    );
    expect(git('status', '-s').trim()).toBe('M  pool.yaml');
    expect(err).toContain('1 other files here have changes that are not committed');
    expect(out).toMatch(/Committed \w+ on main\. Next: git push -u origin main\.\n$/);
    expect(await deleteCommand('network', 'back', options({ commit: true }))).toBe(0);
    expect(git('show', '--format=%s', '--name-status').trim()).toBe('delete Network acme/back\n\nD\tacme/networks/back.yaml');
    expect(git('diff', 'HEAD~2', '--stat', '--', 'acme')).toBe('');
  });

  test('a file that holds changes of somebody is not committed', async () => {
    writeFileSync(path('acme/interfaces/front.yaml'), `${FILES['acme/interfaces/front.yaml']}# mine\n`);
    expect(await refusal(deleteCommand('interface', 'b', options({ commit: true })))).toMatch(
      /^1: acme\/interfaces\/front\.yaml has changes that are not committed\n {2}hint: /,
    );
    expect(read('acme/interfaces/front.yaml')).toBe(`${FILES['acme/interfaces/front.yaml']}# mine\n`);
  });

  test('--branch commits on a new branch; one that is there is left alone', async () => {
    git('branch', 'taken');
    expect(await refusal(network('back', { branch: 'taken' }))).toContain('there is a branch taken here already');
    expect(await network('back', { branch: 'add/back' })).toBe(0);
    expect(git('branch', '--show-current').trim()).toBe('add/back');
    expect(git('rev-parse', 'main')).toBe(at(bare(), 'rev-parse', 'main'));
    expect(out).toContain('on add/back. Next: git push -u origin add/back, and open a pull request.');
    expect(await network('more', { branch: 'add/back' })).toBe(0);
    expect(git('log', '--format=%s', 'main..')).toBe('create Network acme/more\ncreate Network acme/back\n');
  });

  test('--push makes a branch of its own, and says where the forge opens a pull request', async () => {
    mkdirSync(join(bare(), 'hooks'), { recursive: true });
    writeFileSync(join(bare(), 'hooks/post-receive'), '#!/bin/sh\necho "Create a pull request: https://git.example.com/net/compare/x" >&2\n', { mode: 0o755 });
    expect(await network('back', { push: true })).toBe(0);
    expect(at(bare(), 'log', '-1', '--format=%s', 'create-network-acme-back').trim()).toBe('create Network acme/back');
    expect(out).toMatch(/Pushed \w+ as create-network-acme-back\. Next: open a pull request into main: https:\/\/git\.example\.com\/net\/compare\/x\n$/);
    git('switch', '-q', 'main');
    expect(await network('back', { push: true, commit: true })).toBe(0);
    expect(at(bare(), 'log', '-1', '--format=%s', 'main').trim()).toBe('create Network acme/back');
    expect(out).toMatch(/Pushed \w+ to main: nodes that follow it take it up with their next pass\.\n$/);
  });

  test('a commit that fails leaves files, index and branch as they were', async () => {
    const hook = join(repo(), '.git/hooks/pre-commit');
    mkdirSync(dirname(hook), { recursive: true });
    writeFileSync(hook, '#!/bin/sh\necho "not on a Friday" >&2\nexit 1\n', { mode: 0o755 });
    expect(await refusal(network('back', { push: true, file: 'new/folder/back.yaml' }))).toMatch(/^1: .*not on a Friday/s);
    expect(await refusal(deleteCommand('network', 'front', { ...options({ branch: 'gone' }), withDependants: true }))).toContain('not on a Friday');
    expect([git('status', '-sb').trim(), git('branch', '--format=%(refname:short)').trim()]).toEqual([CLEAN, 'main']);
    expect(existsSync(path('new'))).toBe(false);
  });

  test('commits are signed as git is set up to', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, 'key')]);
    for (const [name, value] of [
      ['gpg.format', 'ssh'],
      ['user.signingkey', join(dir, 'key.pub')],
      ['commit.gpgsign', 'true'],
    ] as const)
      git('config', name, value);
    expect(await network('back', { commit: true })).toBe(0);
    expect(git('cat-file', 'commit', 'HEAD')).toContain('-----BEGIN SSH SIGNATURE-----');
  });
});

describe('nothing is written', () => {
  test('where the definitions would be invalid: each place, and what to do', async () => {
    const iface = { ...options({ commit: true }), label: [], network: 'nope', node: 'n9' };
    const text = await refusal(createInterfaceCommand('c', iface));
    expect(text).toMatch(/^3: acme\/interfaces\/front\.yaml:20:12 error unknown-reference: there is no Network nope in namespace acme\n {2}hint: /);
    expect(text).toMatch(/front\.yaml:21:9 error unknown-reference: there is no Node n9/);
    expect(git('status', '-sb').trim()).toBe(CLEAN);
  });

  test('where they are invalid already, or are none', async () => {
    writeFileSync(path('pool.yaml'), 'kind: [\n');
    expect(await refusal(network('back', { write: true }))).toMatch(
      /^3: .*pool\.yaml:2:1 error yaml-syntax.*the definitions are invalid already, so they are not edited\n {2}hint: mend them first/s,
    );
    expect(await refusal(network('back', { repoDir: join(dir, 'nowhere') }))).toMatch(/^1: there is no folder /);
  });

  test('through a link, outside of the folder, and over a file that is no definition', async () => {
    mkdirSync(join(dir, 'elsewhere'));
    symlinkSync(join(dir, 'elsewhere'), path('linked'));
    writeFileSync(join(repo(), '.git/info/exclude'), 'linked\n');
    expect(await refusal(network('back', { write: true, file: 'linked/back.yaml' }))).toMatch(/^[13]: .*link/s);
    expect(existsSync(join(dir, 'elsewhere/back.yaml'))).toBe(false);
    rmSync(path('linked'));
    for (const file of [`${UP}/x.yaml`, '/x.yaml', `a/${UP}/${UP}/x.yaml`, 'x.txt', './x.yaml', 'a//x.yaml'])
      expect(await refusal(network('back', { write: true, file }))).toContain('is no file of definitions');
    expect(git('status', '-sb').trim()).toBe(CLEAN);
  });

  test('by options that exclude each other', async () => {
    expect(await refusal(network('back', { write: true, push: true }))).toContain('--write commits nothing');
    expect(await refusal(network('back', { commit: true, branch: 'x' }))).toContain('--branch commits');
    expect(await refusal(network('back', { repo: bare(), repoDir: '.', commit: true }))).toContain('add --push');
    expect(await refusal(network('back', { branch: '-x' }))).toContain('is no name of a branch');
    expect(await refusal(network('back', { wait: true }))).toContain('add --push');
    expect(await refusal(network('back', { wait: true, push: true }))).toContain('nodes, which follow main');
    expect(await refusal(deleteCommand('namespace', 'globex', options({ wait: true, push: true, commit: true })))).toContain('has no state to wait for');
    expect(git('status', '-sb').trim()).toBe(CLEAN);
  });
});

describe('with --repo', () => {
  const remote = (more = {}) => ({ ...options({ repo: bare(), repoDir: '.' }), ...more });
  const net = (name: string, more = {}) => createNetworkCommand(name, '10.9.0.0/24', { ...remote(more), label: [], dhcp: true, nat: true });

  test('the change is printed, or pushed as a branch or straight, once', async () => {
    expect(await net('back')).toBe(0);
    expect(out).toContain('+++ b/acme/networks/back.yaml');
    expect(await net('back', { push: true })).toBe(0);
    expect(at(bare(), 'show', '--format=%s', '--name-only', 'create-network-acme-back').trim()).toBe('create Network acme/back\n\nacme/networks/back.yaml');
    expect(await net('back', { push: true })).toBe(0);
    expect(at(bare(), 'rev-list', '--count', 'main..create-network-acme-back').trim()).toBe('1');
    expect(await net('back', { push: true, branch: 'main' })).toBe(0);
    expect(out).toMatch(/Pushed \w+ to main: nodes/);
    expect(await refusal(net('back', { push: true }))).toContain('there is a Network acme/back already');
  });
});

test('Ctrl-C while a remote is asked leaves no clone, and no key of a person, behind', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const before = process.env['TMPDIR'];
  mkdirSync(join(dir, 'tmp'));
  process.env['TMPDIR'] = join(dir, 'tmp');
  const kill = vi.spyOn(process, 'kill').mockImplementation(() => true);
  try {
    const { port } = server.address() as AddressInfo;
    const asked = refusal(network('back', { repo: `http://127.0.0.1:${port}/x.git`, repoDir: '.' }));
    await vi.waitUntil(() => readdirSync(join(dir, 'tmp')).length > 0, { timeout: 20_000, interval: 5 });
    process.emit('SIGINT', 'SIGINT');
    expect(kill).toHaveBeenCalledWith(process.pid, 'SIGINT');
    expect(readdirSync(join(dir, 'tmp'))).toEqual([]);
    server.closeAllConnections();
    server.close();
    await vi.waitUntil(() => server.listening === false, { timeout: 20_000, interval: 5 });
    expect(await asked).toMatch(/^(1|75): /);
    expect(process.listenerCount('SIGINT')).toBe(0);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    server.close();
  }
});

test('programs are told what became of it', async () => {
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(join(ROOT, 'schemas/output/edit.json'), 'utf8')));
  for (const act of [
    () => network('back', { output: 'json' }),
    () => network('back', { output: 'json', push: true }),
    () => setMetadataCommand('network', 'front', ['a-'], { ...options(), output: 'json' }),
  ]) {
    out = '';
    expect(await act()).toBe(0);
    validate(JSON.parse(out));
    expect(validate.errors ?? []).toEqual([]);
  }
  expect(JSON.parse(out)).toMatchObject({ result: 'nothing', files: [], changes: [] });
});

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { git, gitEnv, gitError, sshCommand } from '../../src/repo/git-binary.ts';
import { openRepo } from '../../src/repo/open.ts';
import type { Oid } from '../../src/repo/repo.ts';
import { AT, AUTHOR, type Bare, makeBare } from './support/remote.ts';

let bare: Bare;
beforeAll(async () => {
  bare = await makeBare();
});
afterAll(() => bare.remove());

// What git 2.39.5 with OpenSSH 9.2p1 said, word for word.
const END = 'fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n';
const SAID: readonly (readonly [string, string])[] = [
  [`No ED25519 host key is known for [127.0.0.1]:2299 and you have requested strict checking.\r\nHost key verification failed.\r\n${END}`, 'host-key'],
  [`@@@@@@@@@@@@@@@\r\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\nHost key verification failed.\r\n${END}`, 'host-key'],
  [`root@127.0.0.1: Permission denied (publickey,keyboard-interactive).\r\n${END}`, 'unauthorized'],
  [`Load key "/etc/netloom/key": invalid format\r\ngit@h: Permission denied (publickey).\r\n${END}`, 'unauthorized'],
  [`ssh: connect to host 127.0.0.1 port 2297: Connection refused\r\n${END}`, 'unreachable'],
  [`ssh: Could not resolve hostname git.invalid: Name or service not known\r\n${END}`, 'unreachable'],
  [`Connection to 127.0.0.1 port 2299 timed out\r\n${END}`, 'unreachable'],
  [`kex_exchange_identification: Connection closed by remote host\r\n${END}`, 'unreachable'],
  [`fatal: '/nowhere.git' does not appear to be a git repository\n${END}`, 'not-found'],
  [`ERROR: Repository not found.\n${END}`, 'not-found'],
  ["fatal: detected dubious ownership in repository at '/srv/a.git'\n", 'forbidden'],
  ['error: unable to write file: No space left on device\nfatal: unpack-objects failed\n', 'disk-full'],
  ['fatal: remote error: upload-pack: not our ref 1234\n', 'no-branch'],
  ['fatal: early EOF\nfatal: fetch-pack: invalid index-pack output\n', 'truncated'],
  ['error: object file objects/ab/cdef is empty\nfatal: loose object abcdef is corrupt\n', 'corrupt'],
  ['something new\n', 'other'],
];

test.each(SAID)('git’s words %j mean %s', (stderr, code) => {
  const error = gitError('ssh://git@h/a.git', ['--git-dir=/x', 'fetch', '--quiet'], { stderr, exitCode: 128, signal: null });
  expect(error).toMatchObject({ name: 'RepoError', code, url: 'ssh://git@h/a.git' });
  expect(error.message).toMatch(/^ssh:\/\/git@h\/a\.git: git fetch failed: .+ \(.+\)$/);
});

describe('ssh', () => {
  test('takes our options as they are meant, with any path', async () => {
    const command = sshCommand({ sshKey: "/etc/net loom/it's a key", knownHosts: '/etc/net loom/100%/known hosts' });
    // As git does it: a shell, the command, then what git appends.
    const shown = await run('sh', ['-c', `${command} "$@"`, 'ssh', '-G', 'git@git.example.org'], { okCodes: [0] });
    const option = (name: string): string[] =>
      shown.stdout
        .split('\n')
        .filter(line => line.startsWith(`${name} `))
        .map(line => line.slice(name.length + 1));
    expect(option('batchmode')).toEqual(['yes']);
    expect(option('stricthostkeychecking')).toEqual(['true']);
    expect(option('identitiesonly')).toEqual(['yes']);
    expect(option('identityfile')).toEqual(["/etc/net loom/it's a key"]);
    expect(option('userknownhostsfile').join()).toMatch(/^"?\/etc\/net loom\/100%%?\/known hosts"?$/);
    expect(option('globalknownhostsfile')).toEqual(['/dev/null']);
    expect(option('forwardagent')).toEqual(['no']);
  });

  test('that reaches nobody is unreachable, within the deadline', async () => {
    const repo = openRepo({ url: 'ssh://git@127.0.0.1:1/a.git', dir: join(bare.root, 'ssh'), deadlineMs: 5000 });
    await expect(repo.tips(['main'])).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('Connection refused') as string });
  });
});

test('git that does not end is ended at the deadline', async () => {
  // A reader that never gets its end of input.
  const setting = { url: '/x', env: gitEnv('file', '/dev/null', undefined) };
  const started = Date.now();
  const waits = ['-c', 'alias.wait=!sleep 30', 'wait'];
  await expect(git(setting, waits, { until: Date.now() + 400 })).rejects.toMatchObject({ name: 'RepoError', code: 'timeout' });
  expect(Date.now() - started).toBeLessThan(2000);
});

test('nothing of the user’s or the machine’s configuration, and no other transport, has a say', async () => {
  const setting = { url: '/x', env: gitEnv('file', '/dev/null', undefined) };
  const { stdout } = await git(setting, ['config', '--list', '--show-scope']);
  const scopes = new Set(
    Buffer.from(stdout)
      .toString()
      .trim()
      .split('\n')
      .map(line => line.split('\t')[0]),
  );
  expect([...scopes]).toEqual(['command']);
  await expect(git(setting, ['ls-remote', '--', 'ssh://git@127.0.0.1:1/a'])).rejects.toMatchObject({
    message: expect.stringContaining("transport 'ssh' not allowed") as string,
  });
});

test('a repository of another user on this machine can be used', async () => {
  const tip = await bare.grow('main', { 'a.yaml': 'a\n' });
  const repo = openRepo({ url: bare.path, dir: join(bare.root, 'owner') });
  await repo.sync('main', tip);
  // git's own switch to play another owner; without our configuration it refuses.
  const env = { ...gitEnv('file', join(bare.root, 'owner/gitconfig'), undefined), GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
  const { stdout } = await git({ url: bare.path, env }, ['ls-remote', '--', bare.path, 'refs/heads/main']);
  expect(Buffer.from(stdout).toString()).toContain(tip);
  await expect(git({ url: bare.path, env: { ...env, GIT_CONFIG_GLOBAL: '/dev/null' } }, ['ls-remote', '--', bare.path])).rejects.toMatchObject({
    code: 'forbidden',
  });
});

test('a fetch that brings too much is stopped, and nothing of it stays', async () => {
  const tip = await bare.grow('big', { 'noise.bin': Array.from({ length: 20_000 }, () => Math.random().toString(36)).join('\n') });
  const repo = openRepo({ url: bare.path, dir: join(bare.root, 'big'), maxBytes: 50_000 });
  await expect(repo.sync('big', tip)).rejects.toMatchObject({ name: 'RepoError', code: 'too-large' });
  const bigger = openRepo({ url: bare.path, dir: join(bare.root, 'big') });
  await bigger.sync('big', tip);
  expect(await bigger.list(tip, '')).toHaveLength(1);
});

test('a folder that is no repository, and one that is not there, are said to be so', async () => {
  for (const path of [join(bare.root, 'absent.git'), bare.root]) {
    const repo = openRepo({ url: path, dir: join(bare.root, 'none') });
    await expect(repo.tips(['main'])).rejects.toMatchObject({ code: 'not-found', url: path });
  }
});

test('file:// is the same as the path', async () => {
  const tip = await bare.grow('url', { 'a.yaml': 'a\n' });
  const repo = openRepo({ url: `file://${bare.path}`, dir: join(bare.root, 'url') });
  await repo.sync('url', (await repo.tips(['url'])).get('url') as Oid);
  const oid = (await repo.commit({ parent: tip, edits: new Map([['b', 'b']]), author: AUTHOR, message: 'm', at: AT })) as Oid;
  expect(await repo.push({ oid, branch: 'url', expect: tip })).toBe('ok');
});

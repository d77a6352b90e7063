import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/cli/config.ts';
import { CommandError, EXIT, explain } from '../../src/cli/exit.ts';
import { HostError } from '../../src/host/errors.ts';
import { RepoError } from '../../src/repo/repo.ts';

const dir = mkdtempSync(join(tmpdir(), 'netloom-config-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function config(text: string): string {
  const path = join(dir, 'node.yaml');
  writeFileSync(path, text);
  return path;
}

function complaint(text: string): string {
  try {
    loadConfig(config(text));
  } catch (error) {
    return error instanceof CommandError ? error.message.replaceAll(dir, '') : `no CommandError: ${error}`;
  }
  return 'nothing';
}

test('a node and a url are enough', () => {
  expect(loadConfig(config('node: n1\nrepo:\n  url: https://git.example.com/net.git\n'))).toEqual({
    node: 'n1',
    mode: 'enforce',
    probes: [],
    confirmTimeout: '60s',
    repo: { url: 'https://git.example.com/net.git', branch: 'main', path: '' },
    status: { url: '', branch: 'netloom-status', pushesPerMinute: 6, archiveAfter: 50_000 },
    hooks: { dir: '/etc/netloom/hooks.d', timeout: '30s' },
    metrics: {},
    stateDir: '/var/lib/netloom',
    runtimeDir: '/run/netloom',
  });
});

test.each([
  ['node: n1\nrepo: { url: x, brnch: main }\n', /node\.yaml:2: repo\.brnch/],
  ['node: n1\n', /node\.yaml:1: repo is missing$/],
  ['node: N1\nrepo: { url: x }\n', /node\.yaml:1: node must match pattern/],
  ['node: n1\nrepo: { url: x }\nstateDir: var/lib\n', /node\.yaml:3: stateDir must match pattern/],
  ['node: n1\nnode: n2\nrepo: { url: x }\n', /node\.yaml:2: Map keys must be unique/],
  ['node: [\n', /node\.yaml:2: /],
  ['nodee: n1\nrepo: { url: x }\n', /node\.yaml:1: nodee is no field here: did you mean node\?/],
  ['node: n1\nrepo: { url: x }\nhooks: { timeuot: 3s }\n', /node\.yaml:3: hooks\.timeuot is no field here: did you mean timeout\?/],
  ['node: n1\nrepo: { url: x }\nmetrics: { textfile: /var/lib/netloom.txt }\n', /node\.yaml:3: metrics\.textfile must match pattern/],
  ['node: n1\nrepo: { url: x }\nlisten: { address: localhost:1 }\n', /node\.yaml:3: listen\.address must match pattern/],
  ['node n1\nrepo: { url: x }\n', /node\.yaml:1: Implicit keys need to be on a single line$/],
  ['node: n1\nrepo: { url: x }\nstatus: { branch: main }\n', /status\.branch and repo\.branch are both main, in one repository/],
  ['node: n1\nrepo: { url: http://x/a.git }\nstatus: { url: http://x/a, branch: main }\n', /status\.branch and repo\.branch are both main/],
])('a mistake is told with its line: %j', (text, words) => {
  expect(complaint(text)).toMatch(words);
});

test('one branch name in two repositories is fine', () => {
  expect(complaint('node: n1\nrepo: { url: http://x/a.git }\nstatus: { url: http://x/b.git, branch: main }\n')).toBe('nothing');
});

test('a file that is not there is told with what to write', () => {
  expect(() => loadConfig(join(dir, 'nope.yaml'))).toThrow(/there is no such file/);
});

test('what may pass by itself ends with 75, what does not with 1', () => {
  expect(explain(new RepoError('unreachable', 'down', 'http://x')).exitCode).toBe(EXIT.tryAgain);
  expect(explain(new HostError('locked', 'taken')).exitCode).toBe(EXIT.tryAgain);
  expect(explain(new RepoError('unauthorized', 'wrong password', 'http://x')).exitCode).toBe(EXIT.error);
  expect(explain(new CommandError('invalid', { exitCode: EXIT.invalid, hint: 'mend it' }))).toEqual({
    text: 'invalid\n  hint: mend it',
    exitCode: EXIT.invalid,
  });
});

test('only a mistake in netloom shows where it happened', () => {
  expect(explain(new HostError('exists', 'it is there')).text).toBe('it is there');
  expect(explain(new Error('bug: nothing')).text).toContain('config.test.ts');
});

test('a program that was replaced while it ran says so, and is no mistake in netloom', () => {
  const gone = Object.assign(new Error("Cannot find module '/usr/lib/netloom/dist/chunks/open-A1.js'"), { code: 'ERR_MODULE_NOT_FOUND' });
  const { text, exitCode } = explain(gone);
  expect([text, exitCode]).toEqual([expect.stringMatching(/^a part of netloom is gone: .*open-A1\.js'\n {2}hint: it was replaced while it ran/), 1]);
});

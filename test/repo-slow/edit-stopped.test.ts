/** Edits that are committed and pushed, where a push fails or a signal comes while git works. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createNetworkCommand } from '../../src/cli/create-command.ts';
import { explain } from '../../src/cli/exit.ts';
import { gitAt, makeCheckout } from './checkout.ts';

const CLEAN = '## main';
let dir = '';
let err = '';
const repo = (): string => join(dir, 'repo');
const bare = (): string => join(dir, 'bare.git');
const git = (...args: readonly string[]): string => gitAt(repo(), ...args);
const common = { statusBranch: 'netloom-status', namespace: 'acme', timeout: '1s', output: 'text', label: [], dhcp: true, nat: true } as const;
const network = (name: string, more = {}) =>
  createNetworkCommand(name, '10.9.0.0/24', { ...common, label: [], repoDir: repo(), config: join(dir, 'none.yaml'), ...more });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'netloom-edit-stopped-'));
  makeCheckout(repo(), bare());
  err = '';
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
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
  const error = await act.then(
    () => new Error('no refusal'),
    (thrown: unknown) => thrown,
  );
  return explain(error).text;
}

test('a push that fails is told with the commit that is there, and how to go on or back', async () => {
  mkdirSync(join(bare(), 'hooks'), { recursive: true });
  writeFileSync(join(bare(), 'hooks/pre-receive'), '#!/bin/sh\necho "not on a Friday" >&2\nexit 1\n', { mode: 0o755 });
  const refused = await refusal(network('back', { push: true }));
  expect(refused).toMatch(/^committed \w+ on create-network-acme-back here, but not pushed: git push .*pre-receive hook declined/s);
  const hint = /hint: (git push -u origin create-network-acme-back)\n {2}or to take it back: (git switch main) && (git branch -D create-network-acme-back)$/;
  for (const line of hint.exec(refused)?.slice(2) ?? ['none']) git(...line.split(' ').slice(1), '-q');
  expect([git('status', '-sb').trim(), git('branch', '--format=%(refname:short)').trim()]).toEqual([CLEAN, 'main']);
  expect(await refusal(network('back', { push: true, commit: true }))).toMatch(/on main here, but not pushed: .*take it back: git reset --keep HEAD~1$/s);
});

/** What netloom ends by, when a signal comes while a hook of git runs that waits for ever. */
const interrupted = async (hook: string, signal: NodeJS.Signals, act: () => Promise<unknown>): Promise<string> => {
  const [file, begun] = [join(repo(), '.git/hooks', hook), join(dir, 'begun')];
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\ntouch ${begun}\nsleep 1000\n`, { mode: 0o755 });
  const really = process.kill.bind(process);
  const ends: unknown[] = [];
  vi.spyOn(process, 'kill').mockImplementation((pid, how) => {
    if (pid !== process.pid) return really(pid, how);
    ends.push(how);
    return true;
  });
  const asked = refusal(act());
  await vi.waitUntil(() => existsSync(begun), { timeout: 20_000, interval: 5 });
  process.emit(signal, signal);
  const text = await asked;
  expect(ends).toEqual([signal]);
  expect(readdirSync(join(repo(), '.git')).filter(name => name.endsWith('.lock'))).toEqual([]);
  expect(process.listenerCount(signal)).toBe(0);
  return text;
};

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s while git commits leaves files, index and branch as they were', async signal => {
  await interrupted('pre-commit', signal, () => network('back', { push: true, file: 'new/folder/back.yaml' }));
  expect(err).toContain(`stopped by ${signal}: nothing was committed`);
  expect([git('status', '-sb').trim(), git('branch', '--format=%(refname:short)').trim()]).toEqual([CLEAN, 'main']);
  expect(existsSync(join(repo(), 'new'))).toBe(false);
});

test('Ctrl-C while git pushes is told with the commit that is there', async () => {
  await interrupted('pre-push', 'SIGINT', () => network('back', { push: true }));
  expect(err).toMatch(/committed \w+ on create-network-acme-back here, but not pushed: git push .* was stopped by SIGINT\n {2}hint: git push -u /);
  expect(git('log', '-1', '--format=%s').trim()).toBe('create Network acme/back');
});

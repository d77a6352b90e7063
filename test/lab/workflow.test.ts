/** The steps of the workflow that people copy, run as they stand there in the folders that its checkouts make, on a pull request that means no good. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type RunResult, run } from '../../src/host/exec.ts';
import { ROOT } from '../house/tree.ts';

const base = mkdtempSync(join(tmpdir(), 'netloom-workflow-'));
const [origin, person] = [join(base, 'origin.git'), join(base, 'person')];
const PERSON = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'a@example.org',
};

const git = (dir: string, ...args: readonly string[]): Promise<RunResult> => run('git', args, { cwd: dir, env: PERSON, okCodes: [0] });

const STEPS = (
  parse(readFileSync(join(ROOT, 'example-repo/.github/workflows/netloom.yaml'), 'utf8')) as {
    jobs: { plan: { steps: { run?: string }[] } };
  }
).jobs.plan.steps.flatMap(({ run: line }) => (line === undefined ? [] : [line]));

beforeAll(async () => {
  await git(base, 'init', '--quiet', '--bare', '--initial-branch=main', origin);
  cpSync(join(ROOT, 'example-repo'), person, { recursive: true });
  for (const part of ['dist', 'schemas', 'package.json']) cpSync(join(ROOT, part), join(person, 'tools/netloom', part), { recursive: true });
  await git(person, 'init', '--quiet', '--initial-branch=main', '.');
  await git(person, 'remote', 'add', 'origin', origin);
  await git(person, 'add', '--all', '--force');
  await git(person, 'commit', '--quiet', '-m', 'main');
  await git(person, 'push', '--quiet', 'origin', 'main');
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** The runner's folder for a pull request with these files: the merge, two commits deep, with base and status beside it. */
async function checkedOut(name: string, files: Readonly<Record<string, string>>, hasStatus: boolean): Promise<string> {
  await git(person, 'checkout', '--quiet', '-b', name, 'main');
  for (const [path, text] of Object.entries(files)) writeFileSync(join(person, path), text);
  await git(person, 'add', '--all');
  await git(person, 'commit', '--quiet', '-m', '$(touch pwned) `touch pwned`');
  await git(person, 'checkout', '--quiet', '-b', `merge-${name}`, 'main');
  await git(person, 'merge', '--quiet', '--no-ff', '--no-edit', name);
  await git(person, 'push', '--quiet', 'origin', `merge-${name}`);
  const work = join(base, `work-${name}`);
  await git(base, 'clone', '--quiet', '--depth=2', `--branch=merge-${name}`, `file://${origin}`, work);
  await git(work, 'checkout', '--quiet', '--detach');
  mkdirSync(join(work, '.netloom'));
  await git(work, 'clone', '--quiet', '--depth=1', '--branch=main', `file://${origin}`, '.netloom/base');
  if (hasStatus) await git(work, 'clone', '--quiet', '--depth=1', '--branch=netloom-status', `file://${origin}`, '.netloom/status');
  return work;
}

/** As GitHub runs a step without `shell`: bash, which stops at the first failure. */
async function steps(work: string): Promise<readonly RunResult[]> {
  const results = [];
  for (const line of STEPS) results.push(await run('bash', ['-e', '-c', line], { cwd: work, env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` } }));
  return results;
}

const comment = (work: string): string => readFileSync(join(work, 'netloom-plan.md'), 'utf8');
const GUEST = 'apiVersion: netloom.dev/v1\nkind: Interface\nmetadata: {name: web-9, namespace: bakery}\nspec: {network: shop, node: n1}\n';

describe('a pull request', () => {
  test('is answered before any node has run', async () => {
    const work = await checkedOut('first', { 'namespaces/bakery/guest.yaml': GUEST }, false);
    expect((await steps(work)).map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(comment(work)).toContain('merging this adds 1 Interface');
    expect(comment(work)).toContain('the branch netloom-status is not here');
  });

  test('is answered from what the nodes reported', async () => {
    await git(person, 'checkout', '--quiet', '--orphan', 'netloom-status');
    await git(person, 'rm', '-r', '--quiet', '--force', '.');
    mkdirSync(join(person, 'allocations/pools'), { recursive: true });
    writeFileSync(join(person, 'README.md'), 'status\n');
    await git(person, 'add', 'README.md');
    await git(person, 'commit', '--quiet', '-m', 'status');
    await git(person, 'push', '--quiet', 'origin', 'netloom-status');
    await git(person, 'checkout', '--quiet', '--force', 'main');
    const work = await checkedOut('second', { 'namespaces/bakery/guest.yaml': GUEST }, true);
    expect((await steps(work)).map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(comment(work)).not.toContain('the branch netloom-status is not here');
    expect(comment(work)).toContain('`it never reported');
  });

  test('with names and words that a shell or a runner would obey is told as text, and ends with 3', async () => {
    const work = await checkedOut(
      'hostile',
      { '$(touch pwned);`touch pwned`.yaml': 'apiVersion: netloom.dev/v1\nkind: "::add-mask::x ##[add-mask]y @acme"\n', '::add-mask::z.yaml': '[' },
      true,
    );
    const results = await steps(work);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 3]);
    expect(existsSync(join(work, 'pwned'))).toBe(false);
    const log = results.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    expect(log.split('\n').filter(line => /^\s*::add-mask|##\[/.test(line))).toEqual([]);
    expect(log).toMatch(/^::error file=/m);
    expect(comment(work)).toContain('No node would follow this revision');
  });
});

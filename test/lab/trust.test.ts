/** Whose revisions a node takes, and which it never goes back to: a real cluster, a real server, commits signed by git itself. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { nodeDir, repositoryOf } from '../../src/lab/lab.ts';
import { definition, type GitLab, gitLab, guest, linksOf, type Refused, refused, STATUS, told } from './support-git.ts';

const DEVICE = 'vxlan-10';

let yard: GitLab;

beforeAll(async () => {
  const lan = definition('Network', 'red/lan', { cidr: '10.0.0.0/24', vxid: 16 });
  const files = {
    'red/namespace.yaml': definition('Namespace', 'red'),
    'red/lan.yaml': [lan, guest('red/r1', 'lan', 'n1'), guest('red/r2', 'lan', 'n2')].join('---\n'),
  };
  yard = await gitLab(2, files, [
    ['n1', 'r1'],
    ['n2', 'r2'],
  ]);
  await yard.pass();
});
afterAll(() => yard?.end());

const conditionOf = async (node: string, type: string): Promise<unknown> =>
  (await yard.status(node)).conditions.find((each: { type: string }) => each.type === type);

/** A pass on n1, whose kernel must be as it was afterwards. */
const pass = (...words: readonly string[]): Promise<Refused> => refused(yard.node('n1'), () => yard.netloom('n1', 'reconcile', ...words));

/** What somebody breaks is mended by the very pass that refuses the new revision. */
async function expectEnforced(...words: readonly string[]): Promise<void> {
  await yard.node('n1').ok(`ip link del dev ${DEVICE}`);
  expect((await yard.netloom('n1', 'reconcile', ...words)).exitCode).toBe(1);
  expect(await linksOf(yard.node('n1'))).toContain(DEVICE);
}

const server = (...args: readonly string[]): Promise<string> => yard.git(`--git-dir=${repositoryOf(yard.lab.dir)}`, ...args);
const loseState = (node: string): void => rmSync(join(nodeDir(yard.lab.dir, node), 'state'), { recursive: true });

test('a revision that nobody signed whom the node trusts is refused whole, and told; signed, it is taken', async () => {
  const key = join(yard.base, 'ada');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key], { okCodes: [0] });
  const allowedSigners = join(nodeDir(yard.lab.dir, 'n1'), 'allowed_signers');
  writeFileSync(allowedSigners, `ada@example.org ${readFileSync(`${key}.pub`, 'utf8')}`, { mode: 0o644 });
  const config = ['--config', yard.config('n1', 'signed', { repo: { verify: { mode: 'strict', allowedSigners } } })];
  await yard.commit('Unsigned', { 'red/new.yaml': definition('Network', 'red/new', { cidr: '10.1.0.0/24' }) });
  const { exitCode, stderr, touched } = await pass(...config);
  expect([exitCode, touched]).toEqual([1, []]);
  expect(stderr).toMatch(/SourceNotVerified.*commit [0-9a-f]{10} \(Ada <ada@example\.org>.*is not signed/);
  await expectEnforced(...config);
  expect(await conditionOf('n1', 'SourceVerified')).toMatchObject({ status: false, reason: 'Unsigned' });
  expect(await conditionOf('n1', 'Stalled')).toMatchObject({ status: true, reason: 'SourceNotVerified' });
  // git itself signs, as people do it.
  for (const [name, value] of Object.entries({ 'gpg.format': 'ssh', 'user.signingkey': key })) await yard.git('config', name, value);
  await yard.git('commit', '--quiet', '--amend', '--no-edit', '-S');
  await yard.git('push', '--quiet', '--force', 'origin', 'HEAD:main');
  const { stderr: said } = told(await yard.netloom('n1', 'reconcile', ...config), [0]);
  expect(said).not.toContain('SourceNotVerified');
  expect(await conditionOf('n1', 'SourceVerified')).toMatchObject({
    status: true,
    message: expect.stringMatching(/^strict: ada@example\.org with ED25519 SHA256:/),
  });
  await yard.pass();
  expect(await conditionOf('n1', 'SourceVerified')).toBeUndefined();
});

test('a node that lost its state goes back to no older revision, by what the status branch remembers; with that lost too it says so', async () => {
  const older = await yard.tip('main');
  await yard.commit('One more', { 'red/extra.yaml': definition('Network', 'red/extra', { cidr: '10.2.0.0/24' }) });
  await yard.commit('A guest in it', {
    'red/extra.yaml': [definition('Network', 'red/extra', { cidr: '10.2.0.0/24' }), guest('red/e1', 'extra', 'n1')].join('---\n'),
  });
  expect((await yard.netloom('n1', 'reconcile')).exitCode).toBe(0);
  await server('update-ref', 'refs/heads/main', older);
  loseState('n1');
  const { exitCode, stderr, touched } = await pass();
  expect([exitCode, touched]).toEqual([1, []]);
  expect(stderr).toMatch(/HistoryRewritten.*which n1 accepted/);
  // n2 never saw the newer revision: it knows of it from n1.
  loseState('n2');
  expect((await yard.netloom('n2', 'reconcile')).stderr).toMatch(/HistoryRewritten.*which n1 accepted/);
  const status = await yard.tip(STATUS);
  await server('update-ref', '-d', `refs/heads/${STATUS}`);
  expect((await yard.netloom('n2', 'reconcile')).stderr).toMatch(/no earlier revision is known.*is taken as the beginning/);
  await server('update-ref', `refs/heads/${STATUS}`, status);
  await yard.git('push', '--quiet', '--force', 'origin', 'HEAD:main');
  await yard.pass();
});

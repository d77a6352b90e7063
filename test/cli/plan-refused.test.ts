/** `netloom plan` where the newest revision is refused: what is wrong is said as `validate` says it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CommandError } from '../../src/cli/exit.ts';
import { planCommand } from '../../src/cli/plan-command.ts';
import type { NodeConfig } from '../../src/model/node-config.ts';
import { saveGood } from '../../src/pass/kept.ts';
import { preview } from '../../src/pass/preview.ts';
import { doc } from '../compile/world.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';

const GOOD = [doc('Cluster', 'test', ''), doc('Node', 'n1', 'underlay: { address: 10.9.0.1 }')].join('---\n');

let bare: Bare;

beforeEach(async () => {
  bare = await makeBare();
  await bare.grow('main', { 'all.yaml': GOOD.replace('kind: Node', 'kind: Knot') });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await bare.remove();
});

const configOf = (url = bare.path): NodeConfig => ({
  node: 'n1',
  mode: 'enforce',
  repo: { url, branch: 'main', path: '' },
  status: { url: '', branch: 'netloom-status', pushesPerMinute: 6, archiveAfter: 50_000 },
  probes: [],
  confirmTimeout: '60s',
  hooks: { dir: '/nowhere', timeout: '30s' },
  metrics: {},
  stateDir: join(bare.root, 'state'),
  runtimeDir: join(bare.root, 'run'),
});

async function refusal(config: NodeConfig): Promise<CommandError> {
  const path = join(bare.root, 'node.json');
  await writeFile(path, JSON.stringify(config));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const error = await planCommand({ config: path, stateDir: '', runtimeDir: '', output: 'text' }).catch((reason: unknown) => reason);
  if (!(error instanceof CommandError)) throw new Error(`no CommandError: ${String(error)}`);
  return error;
}

test('on a new node: every mistake with its place, that nothing is in force, and exit 3', async () => {
  const { message, exitCode } = await refusal(configOf());
  expect(exitCode).toBe(3);
  expect(message).toMatch(/all\.yaml:\d+:\d+ error unknown-kind/);
  expect(message).toContain('InvalidDefinitions: main at ');
  expect(message).toContain('no revision is in force on n1 yet');
});

test.each([
  ['whose remote does not answer: try again', 75, () => 'http://127.0.0.1:1/nowhere.git'],
  ['whose remote is not there: somebody has to correct that', 1, () => join(bare.root, 'nowhere.git')],
])('on a new node %s', async (_, exitCode, url) => {
  expect(await refusal(configOf(url()))).toMatchObject({ exitCode, message: expect.stringContaining('nowhere.git') });
});

test('on a node with a good revision: that one is planned for, and named', async () => {
  const bytes = new TextEncoder().encode(GOOD);
  const revision = await bare.git('rev-parse', 'main');
  await bare.grow('main', { 'all.yaml': `${GOOD}---\n${doc('Knot', 'x', '')}` });
  await saveGood(join(bare.root, 'state'), { revision, path: '', files: [{ path: 'all.yaml', mode: '100644', id: 'x', bytes }] });
  const seen = await preview(configOf());
  expect(seen).toMatchObject({ revision, refusal: { reason: 'InvalidDefinitions' }, remarks: [] });
  expect(seen.refusal?.diagnostics).toContainEqual(expect.objectContaining({ code: 'unknown-kind' }));
  expect(seen.catalog?.nodes.has('n1')).toBe(true);
});

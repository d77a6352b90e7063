/** `watch --plan-branches` on a node's kernel: how many branches, in which order, of which names, and what a look costs the remote. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openForBranches, type PlannedBranches, planBranches } from '../../src/pass/plan-branches.ts';
import type { Remote } from '../../src/pass/remote.ts';
import { type LivePlan, livePlanPath, parseLivePlan } from '../../src/report/live-plan.ts';
import { expectDump, settledDump } from './support/dump.ts';
import { document, type RemoteNode, remoteNode } from './support/remote-node.ts';

/** Names that git takes and a shell, a path or a runner might not; sorted, they come before the plain ones. */
const ODD = ['pr/!$(touch$IFS/x)', 'pr/";rm$IFS-rf$IFS$HOME', 'pr/#--upload-pack=x', 'pr/%2e%2e%2fetc', 'pr/&größe-🦊'];
const PLAIN = Array.from({ length: 9 }, (_, nth) => `pr/${nth}`);
const LONG = `pr/0${'n'.repeat(200)}`;

let node: RemoteNode;
let remote: Remote;
const planned: PlannedBranches = new Map();

beforeAll(async () => {
  node = await remoteNode();
  expect((await node.pass()).enforced?.remaining.steps).toEqual([]);
  remote = await openForBranches(node.config);
  await node.bare.git('update-ref', 'refs/heads/pr/0', 'main');
  const tip = await node.bare.grow('pr/0', { 'more.yaml': document('Interface', 'more', '{ network: lan, node: n1, attach: { tap: {} } }') });
  for (const name of [...ODD, ...PLAIN, LONG, 'other/pr']) await node.bare.git('update-ref', `refs/heads/${name}`, tip);
});
afterAll(() => node?.end());

/** One look of a watch; the branches that it planned, and the requests that it took. */
async function look(prefix = 'pr/'): Promise<{ readonly did: readonly string[]; readonly requests: readonly string[] }> {
  const from = node.proxy.asked.length;
  const listed = await remote.definitions.branches([remote.branch, prefix]);
  const did = await planBranches(node.config, remote, { prefix, listed }, planned);
  const requests = node.proxy.asked.slice(from).map(({ method, url }) => `${method} ${url.replace(/^.*\//, '')}`);
  return { did: did.map(line => line.replace(/^planned (.*) at \w+$/, '$1')), requests };
}

async function published(): Promise<readonly LivePlan[]> {
  const listing = await node.bare.git('-c', 'core.quotePath=false', 'ls-tree', '-r', '--name-only', 'netloom-status', '--', 'plans');
  const paths = listing.split('\n').filter(path => path !== '');
  for (const path of paths) expect(path).toMatch(/^plans\/[a-z0-9_=-]{1,200}\/n1\.json$/);
  return Promise.all(paths.map(async path => parseLivePlan(path, await node.bare.git('show', `netloom-status:${path}`)) as LivePlan));
}

test('ten branches are planned, the first by name, four at a look; nothing of them is applied', async () => {
  const before = await settledDump({ exact: true });
  const first = [...ODD, ...PLAIN].sort().slice(0, 10);
  expect((await look()).did).toEqual(first.slice(0, 4));
  expect((await look()).did).toEqual(first.slice(4, 8));
  expect((await look()).did).toEqual(first.slice(8));
  const plans = await published();
  expect(plans.map(({ branch }) => branch).sort()).toEqual(first);
  for (const { branch, refusal, text } of plans) expect([branch, refusal, text.join('\n')]).toEqual([branch, null, expect.stringContaining('+ tap tap-')]);
  expect(first).not.toContain(LONG);
  await expectDump(before, { exact: true });
});

test('with nothing new a look is one listing', async () => {
  expect(await look()).toEqual({ did: [], requests: ['GET refs?service=git-upload-pack'] });
});

test('a branch that cannot be read keeps none of the others back', async () => {
  await node.bare.git('update-ref', '-d', 'refs/heads/pr/8');
  for (const name of ODD) await node.bare.git('update-ref', '-d', `refs/heads/${name}`);
  await node.bare.grow('pr/1', { 'more.yaml': 'kind: [' });
  await node.bare.grow('pr/2', { 'n1.yaml': null });
  await node.bare.grow('pr/3', { 'huge.yaml': `# ${'x'.repeat(3 * 1024 * 1024)}\n` });
  // Three that moved, and three for which there was no room before.
  expect((await look()).did).toEqual(['pr/1', 'pr/2', 'pr/3', 'pr/5']);
  expect((await look()).did).toEqual(['pr/6', 'pr/7']);
  const plans = new Map((await published()).map(plan => [plan.branch, plan]));
  expect([...plans.keys()].sort()).toEqual(PLAIN.slice(0, 8));
  expect(plans.get('pr/1')?.refusal?.reason).toBe('InvalidDefinitions');
  expect(plans.get('pr/2')?.refusal?.reason).toMatch(/NodeMissing|InvalidDefinitions/);
  expect(plans.get('pr/3')?.refusal?.reason).toBe('InvalidDefinitions');
  for (const [branch, plan] of plans) expect(Buffer.byteLength(JSON.stringify(plan)), branch).toBeLessThanOrEqual(64 * 1024);
});

test('the branch of definitions and the status branch are never planned, whatever the pattern', async () => {
  const { did } = await look('n');
  expect(did).toEqual([]);
  expect((await look('m')).did).toEqual([]);
  expect(await published()).toEqual([]);
  expect(livePlanPath('main', 'n1')).toBe('plans/main/n1.json');
});

/** What a pull request is told, against what the nodes then really plan from their own kernels: the same steps, change after change. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { labRun } from '../../src/lab/enter.ts';
import { repositoryOf } from '../../src/lab/lab.ts';
import { compareRevisions } from '../../src/pass/compare.ts';
import { toJson } from '../../src/plan/to-json.ts';
import { printMarkdown } from '../../src/review/markdown.ts';
import { type Cluster, type ClusterOptions, definition, startCluster, type TestGuest } from '../support/lab-cluster.ts';

const base = mkdtempSync(join(tmpdir(), 'netloom-review-'));
const clone = join(base, 'clone');
let all: Cluster;

const A = { name: 'a', on: 'red/lan', node: 'n1', address: '10.0.0.2' };
const B = { name: 'b', on: 'red/lan', node: 'n2', address: '10.0.0.3' };
const C = { name: 'c', on: 'blue/lan', node: 'n3', address: '10.0.0.2' };
const D = { name: 'd', on: 'blue/lan', node: 'n1', attach: '{ tap: { owner: root } }' };
const RED = { tenant: 'red', name: 'lan', vxid: 0x21, cidr: '10.0.0.0/24', more: 'gateway: n1' };
const BLUE = { tenant: 'blue', name: 'lan', vxid: 0x22, cidr: '10.0.0.0/24', more: 'gateway: n1' };
const POOL = definition('AddressPool', 'name: floating', 'cidr: 192.0.2.0/24', 'device: eth1', 'mode: routed');
const web = (target: string) => definition('FloatingIP', 'name: web, namespace: red', 'address: 192.0.2.10', `interface: ${target}`);

const START: ClusterOptions = { gateways: ['n1'], networks: [RED, BLUE], guests: [A, B, C, D], more: [POOL, web('a')] };
const TWO: ClusterOptions = { ...START, gateways: ['n1', 'n2'], networks: [RED, { ...BLUE, more: 'gateway: n2' }] };

/** Each is made on top of the one before. */
const CHANGES: readonly (readonly [string, ClusterOptions])[] = [
  ['another node becomes a gateway of the pool, and a router moves there', TWO],
  [
    'a guest joins, another one leaves, and a floating address leads to one that may use any address',
    { ...TWO, guests: [A, { ...B, more: 'spoofProtection: false' }, C, { ...C, name: 'e', node: 'n2', address: '10.0.0.9' }], more: [POOL, web('b')] },
  ],
  [
    'a guest moves to another node, and its network gets a smaller mtu and serves names',
    {
      ...TWO,
      networks: [{ ...RED, mtu: 1400, more: 'gateway: n1\n  dns: true' }, ...TWO.networks.slice(1)],
      guests: [A, { ...B, node: 'n3' }, C, D],
      more: [POOL, web('b')],
    },
  ],
  ['a network learns, and another one is removed with its guests', { ...TWO, networks: [{ ...RED, learning: true }], guests: [A, B] }],
];

beforeAll(async () => {
  all = await startCluster(START);
  const namespaces: readonly TestGuest[] = [...START.guests, { ...C, name: 'e', node: 'n2' }, { ...B, node: 'n3' }].filter(
    ({ attach }) => attach === undefined,
  );
  for (const { name, node } of namespaces) await labRun(all.lab, node, ['ip', 'netns', 'add', name]);
  // The card by which the pool will leave n2; the lab gives one only to who is a gateway from the start.
  await all.node('n2').ip(['link add name eth1 type veth peer name wire1', 'link set dev wire1 up', 'link set dev eth1 up']);
  await all.pass();
  await git('clone', '--quiet', repositoryOf(all.lab.dir), clone);
});
afterAll(async () => {
  await all?.end();
  rmSync(base, { recursive: true, force: true });
});

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', args, { env: { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }, okCodes: [0] });
  return stdout.trim();
}

interface PlanJson {
  readonly steps: readonly {
    readonly actions: readonly string[];
    readonly ref: string;
    readonly replacing: boolean;
    readonly changes: readonly { readonly field: string }[];
  }[];
  readonly swept: readonly { readonly ref: string }[];
  readonly held: readonly { readonly ref: string; readonly why: string }[];
}

/** Steps in their order, with the fields that an update sets; what goes along; what is held back. */
function essence({ steps, swept, held }: PlanJson): readonly string[] {
  return [
    ...steps.map(({ actions: [action], ref, replacing, changes }) => {
      const fields = action === 'update' ? ` ${changes.map(({ field }) => field).join(',')}` : '';
      return `${action}${replacing ? ' again' : ''} ${ref}${fields}`;
    }),
    ...swept.map(({ ref }) => `swept ${ref}`).sort(),
    ...held.map(({ ref, why }) => `held ${ref} ${why}`).sort(),
  ];
}

test.each(CHANGES)('%s: every node plans what its pull request was told', async (_, options) => {
  const before = await git(`--git-dir=${repositoryOf(all.lab.dir)}`, 'rev-parse', 'main');
  await all.push(options);
  await git('-C', clone, 'fetch', '--quiet', 'origin');
  const review = await compareRevisions({ dir: clone, base: before, head: 'origin/main', statusBranch: 'netloom-status', now: new Date() });
  expect(review.nodes.map(({ caveats }) => caveats.filter(({ reason }) => reason !== 'Assumed'))).toEqual([[], [], []]);
  expect(review.consent).toBeNull();
  for (const { node, plan } of review.nodes) expect([node, await planOn(node)]).toEqual([node, essence(toJson(plan) as unknown as PlanJson)]);
  expect(review.nodes.some(({ plan }) => plan.steps.length > 0)).toBe(true);
  expect(printMarkdown(review)).toMatch(/^<!-- netloom:plan -->\n\n### netloom: merging this /);
  if (review.nodes.some(({ later }) => later !== null)) {
    // The former node of a router passes before the new one has taken over, and then has that left to do which was told as later.
    for (const node of ['n1', 'n3', 'n2']) await all.passOn(node);
    for (const { node, later } of review.nodes.filter(each => each.node !== 'n2')) {
      expect([node, await planOn(node)]).toEqual([node, later === null ? [] : essence(toJson(later) as unknown as PlanJson)]);
    }
  }
  await all.pass();
});

async function planOn(node: string): Promise<readonly string[]> {
  const { stdout, stderr, exitCode } = await labRun(all.lab, node, ['netloom', 'plan', '-o', 'json'], { timeoutMs: 60_000 });
  expect([node, exitCode, exitCode === 0 ? '' : stderr]).toEqual([node, 0, '']);
  return essence(JSON.parse(stdout) as PlanJson);
}

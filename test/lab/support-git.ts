/**
 * A lab driven the way people drive a cluster: a person's clone of the repository, real commits made and pushed with the git
 * binary, and passes of the program on the nodes.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { type RunResult, run } from '../../src/host/exec.ts';
import { labDown } from '../../src/lab/down.ts';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import { configOf, type Lab, nodeDir, repositoryOf } from '../../src/lab/lab.ts';
import { labUp } from '../../src/lab/up.ts';
import { ROOT } from '../house/tree.ts';
import { type Row, settledDump } from '../kernel/support/dump.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';
import { listen } from '../support/lab-node-probe.ts';

/** Path to text; null removes the file. */
export type Files = Readonly<Record<string, string | null>>;

export const STATUS = 'netloom-status';

export interface GitLab {
  readonly lab: Lab;
  readonly nodes: readonly TestNode[];
  /** The lab's own folder is below it; a test may keep things here. */
  readonly base: string;
  node(name: string): TestNode;
  /** git in the person's clone; trimmed output. Throws when it fails. */
  git(...args: readonly string[]): Promise<string>;
  /** Writes, commits and pushes to main; the commit's oid. */
  commit(subject: string, files: Files): Promise<string>;
  /** Tip of a branch of the server's repository; '' when there is none. */
  tip(branch: string): Promise<string>;
  /** Files below a folder of a branch, by their whole path. */
  files(branch: string, folder?: string): Promise<ReadonlyMap<string, string>>;
  /** The program on a node. */
  netloom(node: string, ...args: readonly string[]): Promise<RunResult>;
  /** What the program prints as JSON; throws when it ends with another code than 0. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of it.
  json(node: string, ...args: readonly string[]): Promise<any>;
  /** A pass on these nodes (all of them when none is named) at once, each of which must end well; every result. */
  pass(...nodes: readonly string[]): Promise<void>;
  /** Parsed status file of a node. */
  // biome-ignore lint/suspicious/noExplicitAny: see json.
  status(node: string): Promise<any>;
  /** A configuration like that of the node, but for these fields; its path. */
  config(node: string, name: string, changes: object): string;
  end(): Promise<void>;
}

/** Names and underlay addresses of n nodes. */
export function nodesOf(count: number): readonly { readonly name: string; readonly address: string }[] {
  return Array.from({ length: count }, (_, index) => ({ name: `n${index + 1}`, address: `198.51.100.${index + 1}` }));
}

/** Cluster and nodes, as every lab here has them. */
function clusterFiles(count: number): Files {
  return {
    'cluster.yaml': definition('Cluster', 'test', { underlay: { mtu: 1600 } }),
    ...Object.fromEntries(nodesOf(count).map(({ name, address }) => [`nodes/${name}.yaml`, definition('Node', name, { underlay: { address } })])),
  };
}

/** One document. `key` is the name, or `namespace/name`. */
export function definition(kind: string, key: string, spec: object = {}): string {
  const [name, namespace] = key.split('/').reverse();
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  return `apiVersion: netloom.dev/v1\nkind: ${kind}\nmetadata: ${JSON.stringify(metadata)}\nspec: ${JSON.stringify(spec)}\n`;
}

/** A guest in a namespace of its own, which is named like the interface. */
export function guest(key: string, network: string, node: string, more: object = {}): string {
  return definition('Interface', key, { network, node, attach: { netns: { name: key.split('/')[1] } }, ...more });
}

/** Makes a lab of `count` nodes with these definitions beside those of the cluster, and a guest's namespace for each pair. */
export async function gitLab(count: number, files: Files, guests: readonly (readonly [node: string, netns: string])[]): Promise<GitLab> {
  const base = mkdtempSync(join(tmpdir(), 'netloom-git-'));
  const folder = join(base, 'first');
  try {
    writeFiles(folder, { ...clusterFiles(count), ...files });
    const cast = { nodes: nodesOf(count), underlayMtu: 1600, guests: guests.map(([node, netns]) => ({ node, netns })) };
    const lab = await labUp({ dir: join(base, 'lab'), definitions: { folder, cast }, home: ROOT });
    const work = join(base, 'work');
    await run('git', ['clone', '--quiet', repositoryOf(lab.dir), work], { okCodes: [0], env: PERSON });
    return drive(lab, base, work);
  } catch (error) {
    await labDown(join(base, 'lab'));
    rmSync(base, { recursive: true, force: true });
    throw error;
  }
}

function drive(lab: Lab, base: string, work: string): GitLab {
  const nodes = lab.nodes.map(node => nodeOf(node.name, holderOf(lab, node.name), node.address, lab.dir));
  const git = async (...args: readonly string[]): Promise<string> => (await run('git', ['-C', work, ...args], { okCodes: [0], env: PERSON })).stdout.trim();
  const server = async (...args: readonly string[]): Promise<string> =>
    (await run('git', [`--git-dir=${repositoryOf(lab.dir)}`, ...args], { okCodes: [0], env: PERSON })).stdout;
  const netloom = (node: string, ...args: readonly string[]): Promise<RunResult> => labRun(lab, node, ['netloom', ...args], { timeoutMs: 90_000 });
  const files = async (branch: string, below = ''): Promise<ReadonlyMap<string, string>> => {
    const names = (await server('ls-tree', '-r', '-z', '--name-only', branch, ...(below === '' ? [] : ['--', `${below}/`]))).split('\0').filter(Boolean);
    return new Map(await Promise.all(names.map(async name => [name, await server('show', `${branch}:${name}`)] as const)));
  };
  return {
    lab,
    nodes,
    base,
    git,
    files,
    netloom,
    node: name => found(nodes, name),
    commit: async (subject, changed) => {
      writeFiles(work, changed);
      await git('add', '--all');
      await git('commit', '--quiet', '-m', subject);
      await git('push', '--quiet', 'origin', 'HEAD:main');
      return git('rev-parse', 'HEAD');
    },
    tip: async branch => (await server('for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`)).trim(),
    json: async (node, ...args) => JSON.parse(told(await netloom(node, ...args), [0]).stdout),
    pass: async (...names) => {
      const all = await Promise.all((names.length === 0 ? nodes.map(each => each.name) : names).map(name => netloom(name, 'reconcile')));
      for (const each of all) told(each, [0]);
    },
    status: async node => parse((await files(STATUS, 'nodes')).get(`nodes/${node}.yaml`) ?? 'null'),
    config: (node, name, changes) => {
      const path = join(nodeDir(lab.dir, node), `${name}.yaml`);
      const merged = merge(parse(readFileSync(configOf(lab.dir, node), 'utf8')), changes);
      writeFileSync(path, JSON.stringify(merged));
      return path;
    },
    end: async () => {
      await labDown(lab.dir);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** The result, if it ended with one of these codes. Throws what it said otherwise. */
export function told(result: RunResult, codes: readonly number[]): RunResult {
  if (result.exitCode !== null && codes.includes(result.exitCode)) return result;
  throw new Error(`ended with ${result.exitCode ?? result.signal} instead of ${codes.join(' or ')}: ${result.stderr}${result.stdout}`);
}

/** Everything of a node's kernel, down to indexes and handles: equal to an earlier one only when nobody touched anything. */
export async function kernelOf(node: TestNode): Promise<readonly Row[]> {
  const tool = (argv: readonly string[], stdin?: string): Promise<string> => node.ok(argv, stdin);
  // A guest's kernel first asks whether somebody else has its link-local address (RFC 4862): a second, seldom more.
  for (let tries = 0; ; tries += 1) {
    const rows = await settledDump({ tool, exact: true });
    if (tries === 30 || !rows.some(row => row.text.includes('"tentative"'))) return rows;
    await sleep(200);
  }
}

/** `touched`: rows of the kernel that came or went meanwhile. */
export type Refused = RunResult & { readonly touched: readonly string[] };

/** Does something on a node that must not change its kernel. */
export async function refused(node: TestNode, act: () => Promise<RunResult>): Promise<Refused> {
  const before = await kernelOf(node);
  const result = await act();
  const after = await kernelOf(node);
  return { ...result, touched: [...without(before, after, '-'), ...without(after, before, '+')] };
}

function without(some: readonly Row[], others: readonly Row[], sign: string): readonly string[] {
  const known = new Set(others.map(row => `${row.of} ${row.text}`));
  return some.flatMap(row => (known.has(`${row.of} ${row.text}`) ? [] : [`${sign} ${row.of} ${row.text}`]));
}

/** Names of netloom's links on a node. */
export async function linksOf(node: TestNode): Promise<readonly string[]> {
  const rows: { ifname: string; group?: string }[] = await node.json('-N link show');
  return rows.flatMap(row => (row.group === '97' ? [row.ifname] : [])).sort();
}

/** How many requests a node makes to the git server while something is done; seen on its wire. */
export async function requestsOf(node: TestNode, act: () => Promise<unknown>): Promise<readonly string[]> {
  const ear = await listen({ node, ifname: 'eth0' }, 'tcp dst port 80');
  try {
    await act();
    const heads = ear.frames().flatMap(frame => /(?:GET|POST) \S+ HTTP/.exec(frame.toString('latin1'))?.[0] ?? []);
    return heads;
  } finally {
    await ear.stop();
  }
}

const PERSON = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
} as const;

function writeFiles(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    if (text === null) rmSync(file, { force: true });
    else writeFileSync(file, text);
  }
}

function found<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const one = all.find(each => each.name === name);
  if (one === undefined) throw new Error(`nothing here is named ${name}`);
  return one;
}

function merge(value: Record<string, unknown>, changes: object): Record<string, unknown> {
  const result = { ...value };
  for (const [key, change] of Object.entries(changes)) {
    const was = result[key];
    result[key] = isMap(change) && isMap(was) ? merge(was, change) : change;
  }
  return result;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

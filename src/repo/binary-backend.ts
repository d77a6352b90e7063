/** Git through the git binary, for what isomorphic-git has no transport for: ssh, scp-like urls and local paths. */

import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeAtomic } from '../host/files.ts';
import type { Address } from './address.ts';
import type { Auth } from './auth.ts';
import type { Backend, CommitDraft, FetchHow, History, Swap } from './backend.ts';
import { goesBelow } from './binary-depth.ts';
import { binaryLineage } from './binary-lineage.ts';
import { branchesOf } from './edits.ts';
import { configOf, type GitSetting, git, gitEnv, gitError } from './git-binary.ts';
import { fastImport, readBatch, readPush, readRefLines, readTreeLines } from './git-formats.ts';
import { isLostRace } from './lost-race.ts';
import { type Oid, RepoError, type TreeEntry } from './repo.ts';

const DEEPER = 1000;
const TEXT = new TextDecoder();

export interface BinaryBackendOptions {
  readonly address: Exclude<Address, { readonly kind: 'http' }>;
  /** A git configuration of our own is kept here, beside the clone. */
  readonly dir: string;
  readonly auth: Auth | undefined;
  readonly maxBytes: number;
  readonly stop: AbortSignal | undefined;
}

/** Speaks to one remote through processes; each of them is bounded in time, a fetch also in size. */
export function binaryBackend({ address, dir, auth, maxBytes, stop }: BinaryBackendOptions): Backend {
  const { url } = address;
  const remote = address.kind === 'path' ? address.path : url;
  const config = configOf(dir);
  const setting: GitSetting = { url, env: gitEnv(address.kind === 'path' ? 'file' : 'ssh', config, auth), stop };
  const at = (gitdir: string): string => `--git-dir=${gitdir}`;
  const listed = (patterns: readonly string[], until: number) => listRefs({ setting, remote, prepared: writeConfig(config, address) }, patterns, until);

  return {
    url,
    // ssh reads its key itself.
    scrub: text => text,
    async tips(branches, until) {
      const found = await listed(branches, until);
      return new Map(branches.map(branch => [branch, found.get(`refs/heads/${branch}`) ?? null]));
    },
    async branches(prefixes, until) {
      const patterns = prefixes.map(prefix => `${prefix}*`);
      return branchesOf(await listed(patterns, until), prefixes);
    },
    async init(gitdir) {
      await writeConfig(config, address);
      await mkdir(gitdir, { recursive: true, mode: 0o700 });
      await git(setting, ['init', '--quiet', '--bare', '--initial-branch=main', '--template=', '--', gitdir]);
    },
    async fetch(gitdir, branch, tip, how, until) {
      await writeConfig(config, address);
      const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', ...DEPTH[how]];
      // By name of the commit: what was listed is what comes, also when the branch has moved on.
      const args = [at(gitdir), 'fetch', ...options, '--', remote, `+${tip}:refs/netloom/${branch}`];
      await git(setting, args, { until, maxFileBytes: maxBytes }).catch(async error => {
        await sweepTemporary(gitdir);
        throw error;
      });
    },
    async point(gitdir, branch, tip) {
      await git(setting, [at(gitdir), 'update-ref', `refs/heads/${branch}`, tip]);
    },
    absent: (gitdir, oids) => absent(setting, gitdir, oids),
    entries: (gitdir, commit) => entries(setting, gitdir, commit),
    blobs: (gitdir, oids) => blobs(setting, gitdir, oids),
    async commitBytes(gitdir, oid) {
      return (await git(setting, [at(gitdir), 'cat-file', 'commit', oid])).stdout;
    },
    lineage: (gitdir, from, folder) => binaryLineage(setting, gitdir, from, folder),
    history: (gitdir, from, without) => history(setting, gitdir, from, without),
    write: (gitdir, draft) => write(setting, gitdir, draft),
    writeRoot: (gitdir, of, draft) => writeRoot(setting, gitdir, of, draft),
    goesBelow: (gitdir, tip, bound, until) => goesBelow(setting, { remote, folder: join(gitdir, 'netloom-depth'), tip, bound, until, maxBytes }),
    async push(gitdir, { oid, branch, expect, hear }, until) {
      await writeConfig(config, address);
      const ref = `refs/heads/${branch}`;
      // An empty expectation means that the branch must not be there.
      const args = [at(gitdir), 'push', '--porcelain', `--force-with-lease=${ref}:${expect ?? ''}`, '--', remote, `${oid}:${ref}`];
      const result = await git(setting, args, { until, okCodes: [0, 1] });
      const moved = readPush(TEXT.decode(result.stdout), ref);
      if (moved === undefined) throw gitError(url, args, result);
      return verdict(url, branch, moved, wordsOf(result.stderr), hear);
    },
  };
}

const DEPTH: Readonly<Record<FetchHow, readonly string[]>> = { first: ['--depth=1'], more: [], deeper: [`--deepen=${DEEPER}`], whole: ['--unshallow'] };

// git refuses a repository of another user on this machine, also when that is what was asked for; only a file can allow it.
async function writeConfig(path: string, address: Address): Promise<void> {
  const folders = address.kind === 'path' ? [address.path, join(address.path, '.git')] : [];
  const text = `[safe]\n${folders.map(folder => `\tdirectory = "${folder.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"\n`).join('')}`;
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return;
  await writeAtomic(path, text);
}

// A git that was stopped, or had no room, leaves what it had written so far; on a full disk that is what keeps it full. Where the folder itself is gone, so is that.
async function sweepTemporary(gitdir: string): Promise<void> {
  const objects = join(gitdir, 'objects');
  const left = (await readdir(objects, { recursive: true }).catch(() => [])).filter(path => basename(path).startsWith('tmp_'));
  for (const path of left) await rm(join(objects, path), { recursive: true, force: true });
}

function verdict(url: string, branch: string, ref: NonNullable<ReturnType<typeof readPush>>, heard: readonly string[], hear: Swap['hear']): 'ok' | 'stale' {
  if (ref.flag !== '!') {
    if (heard.length > 0) hear?.(heard.join(' '));
    return 'ok';
  }
  if (isLostRace(ref.summary)) return 'stale';
  throw new RepoError('refused', `${url} refuses the push to ${branch}: ${[ref.summary, ...heard].join(': ')}`, url);
}

// What the server's hooks said.
function wordsOf(stderr: string): readonly string[] {
  return [...stderr.matchAll(/^remote: ?(.*)$/gm)].flatMap(match => match[1]?.trim() || []);
}

async function absent(setting: GitSetting, gitdir: string, oids: readonly Oid[]): Promise<readonly Oid[]> {
  const { stdout } = await git(setting, [`--git-dir=${gitdir}`, 'cat-file', '--batch-check', '--buffer'], { stdin: lines(oids) });
  const answers = TEXT.decode(stdout).split('\n');
  return oids.filter((oid, index) => answers[index]?.startsWith(`${oid} `) !== true || answers[index]?.endsWith(' missing') === true);
}

async function entries(setting: GitSetting, gitdir: string, commit: Oid): Promise<readonly TreeEntry[]> {
  const { stdout } = await git(setting, [`--git-dir=${gitdir}`, 'ls-tree', '-r', '-z', '--full-tree', commit]);
  return readTreeLines(stdout);
}

async function blobs(setting: GitSetting, gitdir: string, oids: readonly Oid[]): Promise<ReadonlyMap<Oid, Uint8Array>> {
  if (oids.length === 0) return new Map();
  const { stdout } = await git(setting, [`--git-dir=${gitdir}`, 'cat-file', '--batch', '--buffer'], { stdin: lines([...new Set(oids)]) });
  return readBatch(stdout);
}

async function history(setting: GitSetting, gitdir: string, from: Oid, without: readonly Oid[]): Promise<History> {
  const stops = without.map(oid => `^${oid}`);
  const { stdout } = await git(setting, [`--git-dir=${gitdir}`, 'rev-list', '--ignore-missing', '--parents', from, ...stops]);
  const shallow = new Set((await readFile(join(gitdir, 'shallow'), 'utf8').catch(() => '')).split('\n'));
  const [oids, ends, roots] = [new Set<Oid>(), new Set<Oid>(), new Set<Oid>()];
  for (const line of TEXT.decode(stdout).split('\n')) {
    const [oid = '', ...parents] = line.split(' ');
    if (oid === '') continue;
    oids.add(oid);
    if (shallow.has(oid)) ends.add(oid);
    else if (parents.length === 0) roots.add(oid);
  }
  return { oids, cut: ends.size > 0, ends, roots };
}

async function write(setting: GitSetting, gitdir: string, draft: CommitDraft): Promise<Oid> {
  const ref = 'refs/netloom/draft';
  const { stdout } = await git(setting, [`--git-dir=${gitdir}`, 'fast-import', '--quiet', '--done', '--force', '--date-format=raw'], {
    stdin: fastImport(draft, ref),
  });
  return TEXT.decode(stdout).trim();
}

async function writeRoot(setting: GitSetting, gitdir: string, of: Oid, { author, message, at }: Omit<CommitDraft, 'parent' | 'edits'>): Promise<Oid> {
  const [, NAME = '', EMAIL = ''] = /^([^<]*) <(.*)>$/.exec(author) ?? [];
  const fields = Object.entries({ NAME, EMAIL, DATE: `${Math.floor(at / 1000)} +0000` });
  const who = Object.fromEntries(['AUTHOR', 'COMMITTER'].flatMap(role => fields.map(([field, value]) => [`GIT_${role}_${field}`, value])));
  const args = [`--git-dir=${gitdir}`, 'commit-tree', '-F', '-', `${of}^{tree}`];
  const { stdout } = await git({ ...setting, env: { ...setting.env, ...who } }, args, { stdin: message });
  return TEXT.decode(stdout).trim();
}

function lines(oids: readonly Oid[]): string {
  return oids.map(oid => `${oid}\n`).join('');
}

interface Asked {
  readonly setting: GitSetting;
  readonly remote: string;
  /** The configuration that git needs is there. */
  readonly prepared: Promise<void>;
}

async function listRefs({ setting, remote, prepared }: Asked, patterns: readonly string[], until: number): Promise<ReadonlyMap<string, string>> {
  await prepared;
  const { stdout } = await git(setting, ['ls-remote', '--', remote, ...patterns.map(pattern => `refs/heads/${pattern}`)], { until });
  return readRefLines(TEXT.decode(stdout));
}

/** The two sides of git as a pass sees them: the branch with definitions, and the branch that netloom writes. */
import { join } from 'node:path';
import { addressesOf } from '../host/lookup.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { serverOf } from '../repo/address.ts';
import { readAuth, secretRemark } from '../repo/auth.ts';
import { type Oid, type Repo, RepoError } from '../repo/repo.ts';
import { keyRemarks } from '../repo/trusted-keys.ts';

/** Which repositories and branches they are. */
export interface Sides {
  readonly repo: NodeConfig['repo'];
  readonly status: Pick<NodeConfig['status'], 'url' | 'branch' | 'auth'>;
}

export interface Remote {
  readonly definitions: Repo;
  readonly status: Repo;
  readonly branch: string;
  readonly statusBranch: string;
  /** Folder of the definitions below the root; '' for the root. */
  readonly path: string;
  /** True when both branches are in one repository: one listing answers for both. */
  readonly shared: boolean;
  /** Names or addresses of their servers, where they have some. */
  readonly hosts?: readonly string[];
  /** Sentences about the files of secrets and keys. */
  readonly remarks: readonly string[];
  /** Aborted: nothing more is asked, and nothing waited for. */
  readonly stop?: AbortSignal;
  /** Whose commits count; absent = everybody's. */
  readonly verify?: NodeConfig['repo']['verify'];
}

/** What the remote's branches point to; null = no such branch. */
export interface Tips {
  readonly main: Oid | null;
  readonly status: Oid | null;
}

/** How long a remote is waited for. */
export interface Patience {
  /** A minute, when none is given. */
  readonly deadlineMs?: number | undefined;
  /** How long its name may take to be found; as long as it takes, when absent. */
  readonly lookupMs?: number | undefined;
  readonly stop?: AbortSignal | undefined;
  /** True: clones that are kept for their history. */
  readonly isForHistory?: boolean | undefined;
}

/**
 * Two disposable clones below `dir`; no request is made yet. A side that cannot be spoken to (its secret cannot be read, its
 * url is none) says so when it is asked, as one that is down: what a node enforces does not depend on it. One that does not answer
 * within the deadline (a minute, when none is given) is asked for no more objects, so that a pass waits for it once.
 */
export async function openRemote(config: Sides, dir: string, { deadlineMs, lookupMs, stop, isForHistory }: Patience = {}): Promise<Remote> {
  const statusUrl = config.status.url === '' ? config.repo.url : config.status.url;
  const shared = statusUrl === config.repo.url;
  const statusAuth = config.status.auth ?? (shared ? config.repo.auth : undefined);
  const secrets = [...new Set([await secretRemark(config.repo.auth), await secretRemark(statusAuth)])].filter(remark => remark !== null);
  const { verify } = config.repo;
  const remarks = verify === undefined || verify.mode === 'none' ? secrets : [...secrets, ...(await keyRemarks(verify))];
  const hosts = [...new Set([config.repo.url, statusUrl].flatMap(url => serverOf(url)?.host ?? []))];
  const lost = lookupMs === undefined ? [] : await lostNames(hosts, lookupMs);
  const definitions = await openSide({ url: config.repo.url, auth: config.repo.auth, dir: join(dir, 'definitions'), lost, deadlineMs, stop, isForHistory });
  const status = await openSide({ url: statusUrl, auth: statusAuth, dir: join(dir, 'status'), lost, deadlineMs, stop, isForHistory });
  const late: Late = {};
  return {
    definitions: askedOnce(definitions, late),
    status: askedOnce(status, shared ? late : {}),
    branch: config.repo.branch,
    statusBranch: config.status.branch,
    path: config.repo.path,
    shared,
    hosts,
    remarks,
    ...(stop === undefined ? {} : { stop }),
    ...(verify === undefined ? {} : { verify }),
  };
}

interface Side {
  readonly url: string;
  readonly auth: NodeConfig['repo']['auth'];
  readonly dir: string;
  /** Names that were not found. */
  readonly lost: readonly string[];
  readonly deadlineMs: number | undefined;
  readonly stop: AbortSignal | undefined;
  readonly isForHistory: boolean | undefined;
}

async function lostNames(hosts: readonly string[], withinMs: number): Promise<readonly string[]> {
  const found = await Promise.all(hosts.map(host => addressesOf(host, withinMs)));
  return hosts.filter((_, index) => found[index]?.length === 0);
}

async function openSide({ url, auth, dir, lost, deadlineMs, stop, isForHistory }: Side): Promise<Repo> {
  const host = serverOf(url)?.host ?? '';
  if (lost.includes(host)) return mute(new RepoError('unreachable', `cannot reach ${url}: nobody knows the name ${host} yet; check this node’s DNS`, url));
  try {
    const limits = deadlineMs === undefined ? {} : { deadlineMs };
    // Only where a remote is asked: what speaks git is half of the program.
    const { openRepo } = await import('../repo/open.ts');
    return openRepo({ url, dir, stop, isForHistory, ...limits, ...(auth === undefined ? {} : { auth: await readAuth(auth) }) });
  } catch (error) {
    if (error instanceof RepoError) return mute(error);
    throw error;
  }
}

/** The server that did not answer in time, and how it was told. */
interface Late {
  error?: RepoError;
}

// What is read from the clone goes on, and listings, which are small, are asked for anew: probes wait for the first that comes.
function askedOnce(repo: Repo, late: Late): Repo {
  const once = <A extends readonly unknown[], R>(ask: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) => {
    return async (...args) => {
      if (late.error !== undefined) throw late.error;
      try {
        return await ask(...args);
      } catch (error) {
        if (error instanceof RepoError && error.code === 'timeout') late.error = error;
        throw error;
      }
    };
  };
  return {
    ...repo,
    sync: once(repo.sync),
    descends: once(repo.descends),
    brings: once(repo.brings),
    past: once(repo.past),
    deepen: once(repo.deepen),
    push: once(repo.push),
  };
}

function mute(error: RepoError): Repo {
  const refuse = (): Promise<never> => Promise.reject(error);
  return {
    tips: refuse,
    branches: refuse,
    sync: refuse,
    descends: refuse,
    brings: refuse,
    past: refuse,
    lineage: refuse,
    deepen: refuse,
    here: refuse,
    local: refuse,
    bytes: refuse,
    list: refuse,
    read: refuse,
    info: refuse,
    commit: refuse,
    push: refuse,
    root: refuse,
    goesBelow: refuse,
  };
}

/** Where both branches are: one request when they share a repository. Throws RepoError. */
export async function readTips(remote: Remote): Promise<Tips> {
  if (remote.shared) {
    const tips = await remote.definitions.tips([remote.branch, remote.statusBranch]);
    return { main: tips.get(remote.branch) ?? null, status: tips.get(remote.statusBranch) ?? null };
  }
  const [main, status] = await Promise.all([remote.definitions.tips([remote.branch]), remote.status.tips([remote.statusBranch])]);
  return { main: main.get(remote.branch) ?? null, status: status.get(remote.statusBranch) ?? null };
}

/** Texts below a folder of a synced commit, by path relative to it. */
export async function readTexts(repo: Repo, commit: Oid, folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = (await repo.list(commit, folder)).filter(entry => entry.mode.startsWith('100'));
  const blobs = await repo.read(entries.map(entry => entry.oid));
  const decoder = new TextDecoder();
  return new Map(entries.flatMap(({ path, oid }) => (blobs.has(oid) ? [[path, decoder.decode(blobs.get(oid))] as const] : [])));
}

/** The two sides of git as a pass sees them: the branch with definitions, and the branch that netloom writes. */
import { join } from 'node:path';
import type { NodeConfig } from '../model/node-config.ts';
import { readAuth, secretRemark } from '../repo/auth.ts';
import { openRepo } from '../repo/open.ts';
import { type Oid, type Repo, RepoError } from '../repo/repo.ts';
import { keyRemarks } from '../repo/trusted-keys.ts';

export interface Remote {
  readonly definitions: Repo;
  readonly status: Repo;
  readonly branch: string;
  readonly statusBranch: string;
  /** Folder of the definitions below the root; '' for the root. */
  readonly path: string;
  /** True when both branches are in one repository: one listing answers for both. */
  readonly shared: boolean;
  /** Sentences about the files of secrets and keys. */
  readonly remarks: readonly string[];
  /** Whose commits count; absent = everybody's. */
  readonly verify?: NodeConfig['repo']['verify'];
}

/** What the remote's branches point to; null = no such branch. */
export interface Tips {
  readonly main: Oid | null;
  readonly status: Oid | null;
}

/**
 * Two disposable clones below `dir`; no request is made yet. A side that cannot be spoken to (its secret cannot be read, its
 * url is none) says so when it is asked, as one that is down: what a node enforces does not depend on it.
 */
export async function openRemote(config: Pick<NodeConfig, 'repo' | 'status'>, dir: string): Promise<Remote> {
  const statusUrl = config.status.url === '' ? config.repo.url : config.status.url;
  const shared = statusUrl === config.repo.url;
  const statusAuth = config.status.auth ?? (shared ? config.repo.auth : undefined);
  const secrets = [...new Set([await secretRemark(config.repo.auth), await secretRemark(statusAuth)])].filter(remark => remark !== null);
  const { verify } = config.repo;
  const remarks = verify === undefined || verify.mode === 'none' ? secrets : [...secrets, ...(await keyRemarks(verify))];
  return {
    definitions: await openSide(config.repo.url, config.repo.auth, join(dir, 'definitions')),
    status: await openSide(statusUrl, statusAuth, join(dir, 'status')),
    branch: config.repo.branch,
    statusBranch: config.status.branch,
    path: config.repo.path,
    shared,
    remarks,
    ...(verify === undefined ? {} : { verify }),
  };
}

async function openSide(url: string, auth: NodeConfig['repo']['auth'], dir: string): Promise<Repo> {
  try {
    return openRepo({ url, dir, ...(auth === undefined ? {} : { auth: await readAuth(auth) }) });
  } catch (error) {
    if (error instanceof RepoError) return mute(error);
    throw error;
  }
}

function mute(error: RepoError): Repo {
  const refuse = (): Promise<never> => Promise.reject(error);
  return {
    tips: refuse,
    sync: refuse,
    descends: refuse,
    brings: refuse,
    bytes: refuse,
    list: refuse,
    read: refuse,
    info: refuse,
    commit: refuse,
    push: refuse,
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

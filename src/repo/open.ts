/** The front of the door to git: chooses by url who speaks to the remote. */
import { type Address, parseAddress } from './address.ts';
import type { Auth } from './auth.ts';
import { binaryBackend } from './binary-backend.ts';
import { clonedRepo } from './cloned-repo.ts';
import { httpBackend } from './http-backend.ts';
import { type Repo, RepoError } from './repo.ts';

export interface OpenRepoOptions {
  readonly url: string;
  /** Folder of the clone: made when needed, thrown away when in doubt; nothing else may live in it. One for each use (definitions, status). */
  readonly dir: string;
  readonly auth?: Auth;
  /** For each call of a method, all its requests together; 60,000 by default. */
  readonly deadlineMs?: number;
  /** Aborted: what is under way ends at once, and nothing more is asked; `stopped`. */
  readonly stop?: AbortSignal | undefined;
  /** True: a clone that is kept for its history, and not begun anew because it has grown. */
  readonly isForHistory?: boolean | undefined;
  /** For one answer of the remote; 64 MiB by default. */
  readonly maxBytes?: number;
}

/** A Repo on a remote; asks nobody and writes nothing yet. Throws RepoError `unsupported-url`, and `unauthorized` for credentials that do not fit the url. */
export function openRepo({ url, dir, auth, stop, isForHistory = false, deadlineMs = 60_000, maxBytes = 64 * 1024 * 1024 }: OpenRepoOptions): Repo {
  const address = parseAddress(url);
  assertFits(auth, address);
  const common = { dir, maxBytes, auth, stop };
  const backend = address.kind === 'http' ? httpBackend({ url: address.url, ...common }) : binaryBackend({ address, ...common });
  return clonedRepo(backend, dir, { deadlineMs, isForHistory });
}

// Silently left out, the wrong sort of credentials would come back as a refusal by the server.
function assertFits(auth: Auth | undefined, { kind, url }: Address): void {
  if (auth === undefined || kind === 'path') return;
  const isForSsh = !('token' in auth) && !('bearer' in auth) && !('username' in auth);
  if (kind === 'ssh' && !isForSsh)
    throw new RepoError('unauthorized', `${url} is spoken to by ssh, which takes no token or password; set repo.auth.type to ssh`, url);
  if (kind === 'http' && isForSsh) throw new RepoError('unauthorized', `${url} takes no ssh key; set repo.auth.type to token, basic or bearer`, url);
}

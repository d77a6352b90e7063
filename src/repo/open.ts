/** The front of the door to git: chooses by url who speaks to the remote. */
import { parseAddress } from './address.ts';
import type { Auth } from './auth.ts';
import { binaryBackend } from './binary-backend.ts';
import { clonedRepo } from './cloned-repo.ts';
import { httpBackend } from './http-backend.ts';
import type { Repo } from './repo.ts';

export interface OpenRepoOptions {
  readonly url: string;
  /** Folder of the clone: made when needed, thrown away when in doubt; nothing else may live in it. One for each use (definitions, status). */
  readonly dir: string;
  readonly auth?: Auth;
  /** For each call of a method, all its requests together; 60,000 by default. */
  readonly deadlineMs?: number;
  /** For one answer of the remote; 64 MiB by default. */
  readonly maxBytes?: number;
}

/** A Repo on a remote; asks nobody and writes nothing yet. Throws RepoError `unsupported-url`. */
export function openRepo({ url, dir, auth, deadlineMs = 60_000, maxBytes = 64 * 1024 * 1024 }: OpenRepoOptions): Repo {
  const address = parseAddress(url);
  const common = { dir, maxBytes, auth };
  const backend = address.kind === 'http' ? httpBackend({ url: address.url, ...common }) : binaryBackend({ address, ...common });
  return clonedRepo(backend, dir, deadlineMs);
}

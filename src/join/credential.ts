/** Secrets that a person hands over in files, as they are kept and as a remote wants to see them. */
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { readTextIfThere, writeAtomic } from '../host/files.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { type Auth, readAuth } from '../repo/auth.ts';
import { authIn, type Credential, secretFiles } from './configuration.ts';

export interface Given {
  readonly type: 'token' | 'basic' | 'bearer';
  readonly tokenFile?: string | undefined;
  /** A token that was typed. */
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly sshKey?: string | undefined;
  readonly knownHosts?: string | undefined;
  readonly asCredential: boolean;
}

/** null: the server is asked without any. Throws HostError for a file that is not there, RepoError for one that holds no secret. */
export async function credentialOf(given: Given): Promise<Credential | null> {
  const { type, tokenFile, username, sshKey, knownHosts, asCredential } = given;
  if (sshKey !== undefined || knownHosts !== undefined) {
    const [secret, hosts] = await Promise.all([sshKey, knownHosts].map(path => (path === undefined ? undefined : textOf(path))));
    return { type: 'ssh', secret, knownHosts: hosts, asCredential };
  }
  const token = tokenFile === undefined ? given.token : secretIn(await readAuth({ type: 'token', file: tokenFile }));
  if (token === undefined || token === '') return null;
  return { type, username, secret: `${token}\n`, asCredential };
}

/** `repo.auth` that works now, with the secret in a folder that is thrown away. */
export async function authNow(folder: string, credential: Credential): Promise<NonNullable<NodeConfig['repo']['auth']>> {
  for (const { path, text, mode } of secretFiles(folder, credential)) await writeAtomic(path, text, mode);
  return authIn(folder, { ...credential, asCredential: false }) as unknown as NonNullable<NodeConfig['repo']['auth']>;
}

/** What a person's credential is to a remote; its secret stays in memory (a key of ssh in `folder`). */
export async function personsAuth(given: Given, folder: string): Promise<Auth | undefined> {
  const credential = await credentialOf(given);
  return credential === null ? undefined : readAuth(await authNow(join(folder, 'person'), credential));
}

async function textOf(path: string): Promise<string> {
  const text = await readTextIfThere(path);
  if (text !== null) return text;
  throw new HostError('no-entry', `there is no file ${path}: name the one with the key`);
}

function secretIn(auth: Auth): string {
  return 'token' in auth ? auth.token : '';
}

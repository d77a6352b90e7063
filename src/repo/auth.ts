/** Credentials: read from a file or a systemd credential, sent in a header, kept out of everything else. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfThere } from '../host/files.ts';
import { RepoError } from './repo.ts';

/** What the remote wants to see. `sshKey` and `knownHosts` are paths of files: ssh reads them itself. */
export type Auth =
  | { readonly token: string; readonly username?: string }
  | { readonly username: string; readonly password: string }
  | { readonly bearer: string }
  | { readonly sshKey?: string; readonly knownHosts?: string };

/** How the node's configuration names a secret: the path of a file, or the name of a systemd credential. */
export interface AuthConfig {
  /** `token`: a forge's access token; `basic`: a password; `bearer`: as it is in `Authorization: Bearer`; `ssh`: a private key. */
  readonly type: 'token' | 'basic' | 'bearer' | 'ssh';
  readonly file?: string;
  /** Looked for below $CREDENTIALS_DIRECTORY (`LoadCredential=` of the unit). */
  readonly credential?: string;
  /** For `basic`; with `token` where a forge wants a certain name. */
  readonly username?: string;
  /** For `ssh`: the only known_hosts file that is asked; default is ssh's own. */
  readonly knownHosts?: string;
}

/**
 * Reads the secret that the configuration names, without white space around it. Throws RepoError `unauthorized`, which names
 * the file and never its content.
 */
export async function readAuth(config: AuthConfig, env: NodeJS.ProcessEnv = process.env): Promise<Auth> {
  const hosts = config.knownHosts === undefined ? {} : { knownHosts: config.knownHosts };
  if (config.type === 'ssh' && config.file === undefined && config.credential === undefined) return hosts;
  const path = secretPath(config, env);
  if (config.type === 'ssh') return { sshKey: path, ...hosts };
  const secret = await readSecret(path);
  if (config.type === 'token') return { token: secret, ...(config.username === undefined ? {} : { username: config.username }) };
  if (config.type === 'bearer') return { bearer: secret };
  if (config.username === undefined) throw refuse('repo.auth of type basic needs a username');
  return { username: config.username, password: secret };
}

/**
 * A sentence about a secret's file that others can read, or that somebody else owns (who may give himself the right at any
 * time); null when all is well. A file that cannot be looked at is the business of who reads it.
 */
export async function secretRemark(config: AuthConfig | undefined): Promise<string | null> {
  const path = config?.file;
  if (path === undefined) return null;
  const found = await stat(path).catch(() => null);
  if (found === null) return null;
  const me = process.geteuid?.() ?? 0;
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  if (found.uid !== 0 && found.uid !== me) return `the secret ${path} (mode ${mode}) belongs to user ${found.uid}: chown ${me} ${path} && chmod 600 ${path}`;
  return (found.mode & 0o077) === 0 ? null : `the secret ${path} has mode ${mode}, so that others can read it: chmod 600 ${path}`;
}

/** The Authorization header, or nothing. Made at each call, since isomorphic-git writes into what it is given. */
export function authHeaders(auth: Auth | undefined): Record<string, string> {
  if (auth === undefined) return {};
  if ('bearer' in auth) return { authorization: `Bearer ${auth.bearer}` };
  // Forges take a token as the password of any user; this is the name that GitHub documents.
  if ('token' in auth) return { authorization: basic(auth.username ?? 'x-access-token', auth.token) };
  if ('username' in auth) return { authorization: basic(auth.username, auth.password) };
  return {};
}

/** Takes the secret, also as a server may echo it (base64, url-encoded), out of a text that somebody else wrote. */
export function scrub(text: string, auth: Auth | undefined): string {
  return secretsOf(auth).reduce((all, secret) => all.replaceAll(secret, '***'), text);
}

function secretsOf(auth: Auth | undefined): string[] {
  if (auth === undefined) return [];
  const plain = 'bearer' in auth ? auth.bearer : 'token' in auth ? auth.token : 'username' in auth ? auth.password : '';
  if (plain === '') return [];
  const header = authHeaders(auth).authorization ?? '';
  return [header.replace(/^\w+ /, ''), plain, encodeURIComponent(plain), Buffer.from(plain).toString('base64')].filter(s => s !== '');
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function secretPath(config: AuthConfig, env: NodeJS.ProcessEnv): string {
  if (config.file !== undefined && config.credential !== undefined) throw refuse('repo.auth names both a file and a credential; keep one');
  if (config.file !== undefined) return config.file;
  if (config.credential === undefined) throw refuse(`repo.auth of type ${config.type} needs file: PATH or credential: NAME`);
  if (!/^[\w.-]+$/.test(config.credential)) throw refuse(`repo.auth.credential ${JSON.stringify(config.credential)} is not the name of a credential`);
  const folder = env.CREDENTIALS_DIRECTORY;
  if (folder === undefined) {
    throw refuse(
      `repo.auth.credential ${config.credential}: $CREDENTIALS_DIRECTORY is not set; add LoadCredential=${config.credential}:PATH to the unit, or use repo.auth.file`,
    );
  }
  return join(folder, config.credential);
}

async function readSecret(path: string): Promise<string> {
  const text = await readTextIfThere(path).catch((cause: unknown) => {
    throw refuse(`cannot read the secret of repo.auth: ${cause instanceof Error ? cause.message : path}`);
  });
  if (text === null) throw refuse(`the file of the secret, ${path}, does not exist`);
  const secret = text.trim();
  if (secret === '') throw refuse(`the file of the secret, ${path}, is empty`);
  // Nothing but what may stand in a header; a second line is a mistake (a whole .netrc, a key).
  if (!/^[\x20-\x7e]+$/.test(secret)) throw refuse(`the file of the secret, ${path}, must hold the secret alone, on one line of plain text`);
  return secret;
}

function refuse(message: string): RepoError {
  return new RepoError('unauthorized', message, '');
}

/** What a join writes on the machine: the node's configuration, its secret, and drop-ins that hand the secret to the units. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lines, schemaLine, word } from '../edit/yaml-text.ts';
import { readTextIfThere, writeAtomic } from '../host/files.ts';

/** A file that join writes. */
export interface Written {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** How a node logs in; the texts are secrets. */
export interface Credential {
  readonly type: 'token' | 'basic' | 'bearer' | 'ssh';
  readonly username?: string | undefined;
  /** The token, password or private key; absent where there is none (ssh's own, a server that asks for nothing). */
  readonly secret?: string | undefined;
  /** Of ssh. */
  readonly knownHosts?: string | undefined;
  /** The unit gets it as a systemd credential. */
  readonly asCredential: boolean;
}

/** Names beside the configuration. */
const TOKEN = 'git-token';
const KEY = 'git-key';
const HOSTS = 'known_hosts';

/** First line of what join wrote, by which leave knows it. */
export const JOINED = '# Written by netloom join.';

export interface ConfigurationArgs {
  readonly path: string;
  readonly node: string;
  readonly url: string;
  readonly branch: string;
  readonly folder: string;
  readonly mode: 'enforce' | 'observe';
  readonly pushesPerMinute: number;
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly schema: string;
  readonly credential: Credential | null;
}

/** `repo.auth` of the configuration, with the secret where `folder` has it. */
export function authIn(folder: string, { type, username, secret, knownHosts, asCredential }: Credential): Readonly<Record<string, string>> {
  const where = secret === undefined ? {} : asCredential ? { credential: nameOf(type) } : { file: join(folder, nameOf(type)) };
  return { type, ...(username === undefined ? {} : { username }), ...where, ...(knownHosts === undefined ? {} : { knownHosts: join(folder, HOSTS) }) };
}

function nameOf(type: Credential['type']): string {
  return type === 'ssh' ? KEY : TOKEN;
}

/** The text of a drop-in that hands the secret to a unit. */
export function dropInText(folder: string, { type }: Credential): string {
  const name = nameOf(type);
  return lines([JOINED, '[Service]', `LoadCredential=${name}:${join(folder, name)}`]);
}

/** The secret's files in a folder, mode 0600. */
export function secretFiles(folder: string, { type, secret, knownHosts }: Credential): readonly Written[] {
  return [
    ...(secret === undefined ? [] : [{ path: join(folder, nameOf(type)), text: secret, mode: 0o600 }]),
    ...(knownHosts === undefined ? [] : [{ path: join(folder, HOSTS), text: knownHosts, mode: 0o644 }]),
  ];
}

/** All files that join may have written beside a configuration. */
export function joinedPaths(configPath: string, node: string | null): readonly string[] {
  const folder = dirname(configPath);
  return [...[TOKEN, KEY, HOSTS].map(name => join(folder, name)), ...(node === null ? [] : [definitionPath(configPath, node)])];
}

/** Where the definition is kept for a pull request. */
export function definitionPath(configPath: string, node: string): string {
  return join(dirname(configPath), 'nodes', `${node}.yaml`);
}

/** The text of node.yaml. */
export function configurationText(args: ConfigurationArgs): string {
  const { node, url, branch, folder, mode, pushesPerMinute, stateDir, runtimeDir, schema, credential } = args;
  const auth = credential === null ? [] : Object.entries(authIn(dirname(args.path), credential)).map(([key, value]) => `    ${key}: ${word(value)}`);
  return lines([
    schemaLine(schema),
    JOINED,
    '# All of it may be changed; the schema above describes every field. `netloom leave` removes it.',
    '',
    '# Which Node definition this machine is.',
    `node: ${word(node)}`,
    '# observe: plan and publish what would be done, change nothing.',
    `mode: ${mode}`,
    'repo:',
    `  url: ${word(url)}`,
    '  # The branch that is enforced, and the folder of the definitions in it.',
    `  branch: ${word(branch)}`,
    `  path: ${word(folder)}`,
    ...(auth.length === 0
      ? []
      : ['  # The secret itself stands elsewhere, never in the url. It reads definitions and writes status, nothing else.', '  auth:', ...auth]),
    ...(pushesPerMinute === DEFAULT_PUSHES ? [] : ['status:', '  # Of all nodes together; the same on every node.', `  pushesPerMinute: ${pushesPerMinute}`]),
    ...(stateDir === DEFAULT_STATE ? [] : [`stateDir: ${word(stateDir)}`]),
    ...(runtimeDir === DEFAULT_RUNTIME ? [] : [`runtimeDir: ${word(runtimeDir)}`]),
  ]);
}

/** What forges ask for. */
const DEFAULT_PUSHES = 6;
const DEFAULT_STATE = '/var/lib/netloom';
const DEFAULT_RUNTIME = '/run/netloom';

/** Writes what differs, the last one last; paths of those that were written. Throws HostError. */
export async function writeAll(files: readonly Written[]): Promise<readonly string[]> {
  const written: string[] = [];
  for (const { path, text, mode } of files) {
    // Others may read the configuration: what is secret is a file of its own.
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    if ((await readTextIfThere(path)) === text) continue;
    await writeAtomic(path, text, mode);
    written.push(path);
  }
  return written;
}

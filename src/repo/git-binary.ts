/** Runs the git binary so that nothing of the machine's or the user's configuration, and no prompt or hook, has a say. */
import { join } from 'node:path';
import { findProgram, type RunResult, run } from '../host/exec.ts';
import type { Auth } from './auth.ts';
import { RepoError, type RepoErrorCode } from './repo.ts';
import { asRepoError, stopped } from './repo-errors.ts';

/** What all calls of git for one remote have in common. */
export interface GitSetting {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  /** Aborted: what runs is ended, and nothing more is asked. */
  readonly stop?: AbortSignal | undefined;
}

export interface GitCall {
  readonly stdin?: string | Uint8Array;
  /** Milliseconds since the epoch; a minute from now without it. */
  readonly until?: number;
  readonly okCodes?: readonly number[];
  /** Most bytes that a file written by it may have: the only way to bound what a fetch brings. */
  readonly maxFileBytes?: number;
}

const SETTINGS = [
  'core.hooksPath=/dev/null',
  'gc.auto=0',
  'maintenance.auto=false',
  'fetch.fsckObjects=true',
  'core.attributesFile=/dev/null',
  'submodule.recurse=false',
  'credential.helper=',
];

/** The only configuration file that git reads, beside the clone in `dir`. */
export function configOf(dir: string): string {
  return join(dir, 'gitconfig');
}

/** What all processes of git for one clone have in their environment, and no other has. */
export function markOf(config: string): string {
  return `GIT_CONFIG_GLOBAL=${config}`;
}

/** The environment for a remote by ssh or on this machine; `config` is the path of the only configuration file that git reads. */
export function gitEnv(protocol: 'ssh' | 'file', config: string, auth: Auth | undefined): Readonly<Record<string, string>> {
  return {
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: config,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_SSH_VARIANT: 'ssh',
    GIT_SSH_COMMAND: sshCommand(auth),
  };
}

/** What git hands to a shell of its own, so every word is quoted. */
export function sshCommand(auth: Auth | undefined): string {
  const { sshKey, knownHosts } = auth !== undefined && ('sshKey' in auth || 'knownHosts' in auth) ? auth : {};
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'ConnectTimeout=20',
    'ServerAliveInterval=10',
    'ServerAliveCountMax=2',
    'ForwardAgent=no',
    'ClearAllForwardings=yes',
  ];
  // Not -i: ssh drops a file that is not there and tries the user's own keys instead.
  if (sshKey !== undefined) options.push('IdentitiesOnly=yes', `IdentityFile=${sshConfigWord(sshKey)}`);
  if (knownHosts !== undefined) options.push(`UserKnownHostsFile=${sshConfigWord(knownHosts)}`, 'GlobalKnownHostsFile=/dev/null');
  const words = ['ssh', ...options.flatMap(option => ['-o', option])];
  return words.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
}

// ssh takes quotes off, and expands % and ~.
function sshConfigWord(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}

/** Runs git and gives its output as bytes. Throws RepoError, read from git's own words. */
export async function git(setting: GitSetting, args: readonly string[], call: GitCall = {}): Promise<RunResult<Uint8Array>> {
  const timeoutMs = Math.max(1, (call.until ?? Date.now() + 60_000) - Date.now());
  const words = [...SETTINGS.flatMap(value => ['-c', value]), ...args];
  const [program, ...rest] = call.maxFileBytes === undefined ? ['git', ...words] : ['prlimit', ...bounded(call.maxFileBytes), ...words];
  const result = await run(program as string, rest, {
    env: setting.env,
    timeoutMs,
    asBuffer: true,
    ...(setting.stop === undefined ? {} : { stop: setting.stop }),
    ...(call.stdin === undefined ? {} : { stdin: call.stdin }),
  }).catch((error: unknown) => {
    throw setting.stop?.aborted === true ? stopped(setting.url, setting.stop) : asRepoError(error, setting.url);
  });
  if (result.exitCode !== null && (call.okCodes ?? [0]).includes(result.exitCode)) return result;
  throw gitError(setting.url, args, result);
}

// With the signal ignored, a write past the limit says so; index-pack would die without a word.
function bounded(bytes: number): string[] {
  return [`--fsize=${bytes}`, '--core=0', findProgram('env'), '--ignore-signal=XFSZ', findProgram('git')];
}

// The first line that fits wins. git 2.39 and OpenSSH 9.2 with LC_ALL=C; forges' own words for a missing repository.
const TABLE: readonly (readonly [RegExp, RepoErrorCode, string])[] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    'host-key',
    'the host shows another key than known_hosts has: either it was set up anew (then write its new key there) or somebody stands in between',
  ],
  [
    /Host key verification failed|host key is known/i,
    'host-key',
    'the host’s key is not in known_hosts; add it (ssh-keyscan, compared with what the host’s owner publishes), or name the file as repo.auth.knownHosts',
  ],
  [
    /Permission denied \(|Too many authentication failures|UNPROTECTED PRIVATE KEY|Load key ".*": /,
    'unauthorized',
    'the ssh key is not accepted; check repo.auth and what the host knows of the key',
  ],
  [/dubious ownership/, 'forbidden', 'the repository belongs to another user; run as its owner'],
  [/Could not resolve hostname|Name or service not known/, 'unreachable', 'its name is not known; check the url and this node’s DNS'],
  [
    /Connection .*(refused|timed out|reset|closed)|No route to host|Network is unreachable|kex_exchange_identification|banner exchange|Timeout, server/,
    'unreachable',
    'check host and port, and that the server runs',
  ],
  [/No space left on device|Disk quota exceeded/, 'disk-full', 'make room on the disk of the clone'],
  [/File too large/, 'too-large', 'more than a repository of definitions should have; is this the right one?'],
  [/not our ref|unadvertised object|couldn't find remote ref/, 'no-branch', 'the branch was moved while it was read; look again'],
  [/not a git repository: '[^']*clone/i, 'corrupt', 'the clone is made anew at the next sync'],
  [
    /does not appear to be a git repository|[Rr]epository .*not found|could not be found|does not exist|not a git repository/,
    'not-found',
    'check the url and who may see the repository',
  ],
  [/Permission denied|insufficient permission|Read-only file system/, 'forbidden', 'check who may read and write the repository'],
  [/early EOF|unexpected disconnect|hung up unexpectedly|unexpected end|premature/, 'truncated', 'the answer was not whole; try again'],
  [
    /bad config|bad shallow|not a tree object|bad object|missing (blob|tree|commit)|is (empty|corrupt)|corrupt|[Nn]ot a valid|unable to read|bad tree|inflate|index-pack|fsck|invalid sha1|bad revision|did not send all|Failed to traverse/,
    'corrupt',
    'the clone is made anew at the next sync',
  ],
];

/** Turns what git said before it failed into a RepoError. */
export function gitError(
  url: string,
  args: readonly string[],
  result: { readonly stderr: string; readonly exitCode: number | null; readonly signal: string | null },
): RepoError {
  const said = `${result.stderr}${result.signal === null ? '' : `\nkilled by ${result.signal}`}`;
  const [, code, hint] = TABLE.find(([words]) => words.test(said)) ?? [undefined, 'other' as const, 'that is all it said'];
  const what = args.find(arg => /^[a-z]+(-[a-z]+)*$/.test(arg)) ?? '';
  const line = said
    .split('\n')
    .map(text => text.trim())
    .filter(text => text !== '' && !/^@+$|^Please make sure you have|^and the repository exists|^fatal: Could not read from remote/.test(text))
    .slice(-4)
    .join('; ');
  return new RepoError(code, `${url}: git ${what} failed: ${hint} (${line === '' ? `exit ${result.exitCode}` : line})`, url);
}

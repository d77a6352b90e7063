/** A checkout of the definitions that somebody works in: begun, or files changed, and committed and pushed by their own git. */
import { lstatSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { hasProgram, type RunOptions, type RunResult, run } from '../host/exec.ts';
import { writeAtomic } from '../host/files.ts';
import type { Author } from '../repo/repo.ts';
import { whoAndWhen } from './word.ts';

/** What git may know of the person who commits: who they are, how they sign. */
const OWN =
  /^(HOME|USER|LOGNAME|EMAIL|XDG_CONFIG_HOME|GNUPGHOME|GPG_TTY|SSH_AUTH_SOCK|GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)|GIT_CONFIG_GLOBAL|GIT_SSH|GIT_SSH_COMMAND|(GIT|SSH)_ASKPASS|DISPLAY)$/;

/** Replaces a file of the checkout; its mode stays. Throws HostError. */
export async function writeFile(dir: string, path: string, text: string): Promise<void> {
  const file = join(dir, path);
  await writeAtomic(file, text, lstatSync(file).mode & 0o777);
}

/** Which of these files are not as they were committed last. Throws HostError where the folder is no checkout. */
export async function changedAmong(dir: string, paths: readonly string[]): Promise<readonly string[]> {
  const said = await personsGit(dir, ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all', '--', ...paths.map(literal)]);
  return said.stdout.split('\0').flatMap(line => (line.length > 3 ? [line.slice(3)] : []));
}

/** Commits these files, whatever else is changed or staged; the new commit's short name. Throws HostError with git's words. */
export async function commitFiles(dir: string, paths: readonly string[], message: string, how: Pick<RunOptions, 'interrupt'> = {}): Promise<string> {
  await personsGit(dir, ['commit', '--quiet', '-m', message, '--', ...paths.map(literal)], how);
  return (await personsGit(dir, ['rev-parse', '--short', 'HEAD'])).stdout.trim();
}

/** A path, not a pattern of paths. */
export function literal(path: string): string {
  return `:(literal)${path}`;
}

export interface FirstCommit {
  readonly branch: string;
  readonly message: string;
  /** Becomes `origin`; null for none. */
  readonly remote: string | null;
  /** What is committed. */
  readonly paths: readonly string[];
}

/** Makes a folder a git repository with one commit, by the git binary where there is one; the commit. Throws HostError, RepoError. */
export async function beginCheckout(dir: string, { branch, message, remote, paths }: FirstCommit): Promise<string> {
  if (!hasProgram('git')) {
    const { newRepository } = await import('../repo/new-repository.ts');
    return newRepository(dir, { branch, message, remote, paths, author: personHere() });
  }
  await git(dir, ['init', '--quiet', `--initial-branch=${branch}`]);
  await git(dir, ['add', '--all', '--force', '--', '.']);
  await git(dir, ['commit', '--quiet', '-m', message], await authorOf(dir));
  if (remote !== null) await git(dir, ['remote', 'add', 'origin', remote]);
  return (await git(dir, ['rev-parse', '--short', 'HEAD'])).trim();
}

/** Who commits on a machine on which nobody told git who they are. */
export function personHere(): Author {
  const { by } = whoAndWhen();
  return { name: by, email: `${by}@${hostname()}` };
}

// Git refuses to commit where it does not know by whom.
async function authorOf(dir: string): Promise<Readonly<Record<string, string>>> {
  if ((await configuredAuthor(dir)) !== null) return {};
  const { name, email } = personHere();
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}

/** Who commits, as git's configuration says, else the person at the keyboard. */
export async function authorHere(): Promise<Author> {
  const known = hasProgram('git') ? await configuredAuthor('/') : null;
  const [, name, email] = /^(.+) <(.*)> \d+ [+-]\d+\s*$/.exec(known ?? '') ?? [];
  return name === undefined || email === undefined ? personHere() : { name, email };
}

function configuredAuthor(dir: string): Promise<string | null> {
  const only = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'user.useConfigOnly', GIT_CONFIG_VALUE_0: 'true' };
  return git(dir, ['var', 'GIT_AUTHOR_IDENT'], only).catch(() => null);
}

async function git(dir: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<string> {
  return (await personsGit(dir, args, { env: more })).stdout;
}

/** git as the person at the keyboard has set it up, asking nothing. Throws HostError with its words. */
export async function personsGit(dir: string, args: readonly string[], { env, ...how }: Pick<RunOptions, 'env' | 'interrupt'> = {}): Promise<RunResult> {
  const own = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => OWN.test(entry[0]) && entry[1] !== undefined));
  return run('git', args, { ...how, cwd: dir, env: { ...own, GIT_TERMINAL_PROMPT: '0', ...env }, okCodes: [0] });
}

/** A checkout of the definitions that somebody works in: begun, or one file changed, and committed by their own git. */
import { lstatSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { hasProgram, run } from '../host/exec.ts';
import { writeAtomic } from '../host/files.ts';
import type { Author } from '../repo/repo.ts';
import { whoAndWhen } from './word.ts';

/** What git may know of the person who commits: who they are, how they sign. */
const OWN = /^(HOME|USER|LOGNAME|EMAIL|XDG_CONFIG_HOME|GNUPGHOME|GPG_TTY|SSH_AUTH_SOCK|GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)|GIT_CONFIG_GLOBAL)$/;

/** Replaces a file of the checkout; its mode stays. Throws HostError. */
export async function writeFile(dir: string, path: string, text: string): Promise<void> {
  const file = join(dir, path);
  await writeAtomic(file, text, lstatSync(file).mode & 0o777);
}

/** True when the file is as it was committed last. Throws HostError where the folder is no checkout. */
export async function isUnchanged(dir: string, path: string): Promise<boolean> {
  return (await git(dir, ['status', '--porcelain', '--', path])).trim() === '';
}

/** Commits this one file, whatever else is changed or staged; the new commit's short name. Throws HostError with git's words. */
export async function commitFile(dir: string, path: string, message: string): Promise<string> {
  await git(dir, ['commit', '--quiet', '-m', message, '--', path]);
  return (await git(dir, ['rev-parse', '--short', 'HEAD'])).trim();
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
  const known = await git(dir, ['var', 'GIT_AUTHOR_IDENT'], {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'user.useConfigOnly',
    GIT_CONFIG_VALUE_0: 'true',
  }).catch(() => null);
  if (known !== null) return {};
  const { name, email } = personHere();
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}

async function git(dir: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<string> {
  const own = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => OWN.test(entry[0]) && entry[1] !== undefined));
  const { stdout } = await run('git', args, { cwd: dir, env: { ...own, ...more }, okCodes: [0] });
  return stdout;
}

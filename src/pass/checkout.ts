/** A checkout of the definitions that somebody works in: one file changed, and committed by their own git. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../host/exec.ts';
import { writeAtomic } from '../host/files.ts';

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

async function git(dir: string, args: readonly string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => OWN.test(entry[0]) && entry[1] !== undefined));
  const { stdout } = await run('git', args, { cwd: dir, env, okCodes: [0] });
  return stdout;
}

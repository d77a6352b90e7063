/** Edits of definitions in a checkout: written all or not at all, committed by the person's git, pushed by it. What is there besides is left alone. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { remove, writeAtomic } from '../host/files.ts';
import { changedAmong, commitFiles, literal, personsGit } from './checkout.ts';
import { type FileEdit, linkIn } from './push-edit.ts';

type Edits = ReadonlyMap<string, FileEdit>;

/** Writes them; where one cannot be written, none is. Throws HostError. */
export async function writeEdits(dir: string, edits: Edits): Promise<void> {
  for (const [path, { from }] of edits) checkStill(dir, path, from);
  const done: [string, FileEdit][] = [];
  try {
    for (const [path, edit] of edits) {
      done.push([path, edit]);
      await put(dir, path, edit.text);
    }
  } catch (error) {
    await takeBack(dir, done);
    throw error;
  }
}

// A link may lead out of the folder, and what was edited meanwhile is not written over.
function checkStill(dir: string, path: string, from: string | null): void {
  const parts = path.split('/');
  for (const [depth] of parts.entries()) {
    const above = parts.slice(0, depth + 1).join('/');
    const stat = lstatSync(join(dir, above), { throwIfNoEntry: false });
    if (stat?.isSymbolicLink() === true) throw new HostError('invalid', `${above} is a link: nothing was written; choose another file with --file`);
  }
  const now = existsSync(join(dir, path)) ? readFileSync(join(dir, path), 'utf8') : null;
  if (now !== from) throw new HostError('stale', `${path} ${from === null ? 'is there already' : 'was changed meanwhile'}: nothing was written; do it again`);
}

async function put(dir: string, path: string, text: string | null): Promise<void> {
  const file = join(dir, path);
  if (text === null) {
    await remove(file);
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  const mode = lstatSync(file, { throwIfNoEntry: false })?.mode ?? 0o644;
  await writeAtomic(file, text, mode & 0o777);
}

async function takeBack(dir: string, edits: Iterable<readonly [string, FileEdit]>): Promise<void> {
  for (const [path, { from }] of edits) {
    await put(dir, path, from);
    if (from === null) removeEmpty(dir, dirname(path));
  }
}

// Folders that were made for a file that is not there after all.
function removeEmpty(dir: string, folder: string): void {
  if (folder === '.' || !existsSync(join(dir, folder)) || readdirSync(join(dir, folder)).length > 0) return;
  rmdirSync(join(dir, folder));
  removeEmpty(dir, dirname(folder));
}

export interface CommitArgs {
  /** One that is not there yet, which the checkout is on afterwards; null: the one that it is on. */
  readonly branch: string | null;
  readonly message: string;
  /** Aborted: as where it fails. */
  readonly interrupt: AbortSignal;
}

/** Writes and commits them; where either fails, files and branch are what they were. The commit's short name. Throws HostError. */
export async function commitEdits(dir: string, edits: Edits, { branch, message, interrupt }: CommitArgs): Promise<string> {
  const made = [...edits].flatMap(([path, { from }]) => (from === null ? [literal(path)] : []));
  const before = await headOf(dir);
  if (branch !== null) await personsGit(dir, ['switch', '--quiet', '--create', branch]);
  try {
    await writeEdits(dir, edits);
    try {
      if (made.length > 0) await personsGit(dir, ['add', '--intent-to-add', '--', ...made]);
      return await commitFiles(dir, [...edits.keys()], message, { interrupt });
    } catch (error) {
      if (made.length > 0) await personsGit(dir, ['reset', '--quiet', '--', ...made]).catch(() => undefined);
      await takeBack(dir, edits);
      throw error;
    }
  } catch (error) {
    if (branch !== null) await backTo(dir, before, branch);
    throw error;
  }
}

async function backTo(dir: string, before: Head, branch: string): Promise<void> {
  await personsGit(dir, ['switch', '--quiet', ...(before.branch === null ? ['--detach', before.commit] : [before.branch])]);
  await personsGit(dir, ['branch', '--quiet', '--delete', '--force', branch]);
}

/** Which of these files hold what is not committed, and how many others do. Throws HostError where the folder is no checkout. */
export async function uncommitted(dir: string, paths: readonly string[]): Promise<{ readonly ours: readonly string[]; readonly others: number }> {
  const ours = await changedAmong(dir, paths);
  const all = await changedAmong(dir, ['.']);
  return { ours, others: all.filter(path => !ours.includes(path) && /\.ya?ml$/.test(path)).length };
}

export interface Head {
  /** null: none, a commit is checked out by itself. */
  readonly branch: string | null;
  readonly commit: string;
}

/** Where a checkout is. Throws HostError where it has no commit, or is none. */
export async function headOf(dir: string): Promise<Head> {
  const commit = (await personsGit(dir, ['rev-parse', '--verify', 'HEAD^{commit}'])).stdout.trim();
  const branch = (await personsGit(dir, ['branch', '--show-current'])).stdout.trim();
  return { branch: branch === '' ? null : branch, commit };
}

/** True where the checkout has such a branch. */
export async function hasBranch(dir: string, branch: string): Promise<boolean> {
  return (await personsGit(dir, ['for-each-ref', '--format=%(refname)', `refs/heads/${branch}`])).stdout.trim() !== '';
}

/** Where a checkout came from; null for none. */
export async function originOf(dir: string): Promise<string | null> {
  return personsGit(dir, ['remote', 'get-url', 'origin']).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}

/** Pushes what the checkout is at to a branch of origin; the link by which the forge opens a pull request, where it says one. Throws HostError, also where it is interrupted. */
export async function pushHead(dir: string, branch: string, interrupt: AbortSignal): Promise<string | null> {
  const { stderr } = await personsGit(dir, ['push', '--quiet', '--set-upstream', 'origin', `HEAD:refs/heads/${branch}`], { interrupt });
  return linkIn(stderr);
}

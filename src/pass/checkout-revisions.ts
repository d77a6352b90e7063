/** Revisions of a checkout that somebody works in, or that CI made: resolved and read by git, never checked out. */
import { realpathSync } from 'node:fs';
import { HostError } from '../host/errors.ts';
import { run } from '../host/exec.ts';
import { checkEntries } from '../load/entries.ts';
import type { SourceEntry, SourceFile } from '../load/source.ts';
import { readBatch, readTreeLines } from '../repo/git-formats.ts';
import type { TreeEntry } from '../repo/repo.ts';

/** A clone with a work tree. */
export interface Checkout {
  /** The folder that was named. */
  readonly dir: string;
  /** That folder below the top of the work tree: `` or `definitions/`. */
  readonly prefix: string;
}

/** The checkout that a folder is, or is in. Throws HostError. */
export async function openCheckout(dir: string): Promise<Checkout> {
  const real = realpathSync(dir);
  const said = await git({ dir: real }, ['rev-parse', '--show-prefix']);
  if (said === null) throw new HostError('no-entry', `${dir} is no checkout of a git repository: run it in one, or name one with --local`);
  return { dir: real, prefix: text(said) };
}

/** The commit that a revision names; null when there is none. Throws HostError. */
export async function commitOf(checkout: Checkout, revision: string): Promise<string | null> {
  const said = await git(checkout, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]);
  return said === null ? null : text(said);
}

/** Where the history of a commit left that of the default branch, and the name of that branch; null: that cannot be told. */
export async function forkPoint(checkout: Checkout, commit: string): Promise<{ readonly commit: string; readonly branch: string } | null> {
  const said = await git(checkout, ['symbolic-ref', '--quiet', 'refs/remotes/origin/HEAD']);
  const usual = ['origin/main', 'origin/master', 'main', 'master'];
  const names = said === null ? usual : [text(said).replace('refs/remotes/', ''), ...usual];
  for (const branch of names) {
    const tip = await commitOf(checkout, branch);
    const common = tip === null ? null : await git(checkout, ['merge-base', commit, tip]);
    if (common !== null) return { commit: text(common), branch };
  }
  return null;
}

/** A commit as load takes it: the tree below the checkout's folder, and the files of it that are definitions. Throws HostError. */
export async function filesOf(
  checkout: Checkout,
  commit: string,
): Promise<{ readonly files: readonly SourceFile[]; readonly entries: readonly SourceEntry[] }> {
  const { prefix } = checkout;
  const below = (await treeOf(checkout, commit)).filter(({ path }) => path.startsWith(prefix));
  const entries = below.map(({ path, mode, oid }) => ({ path: path.slice(prefix.length), mode, id: oid }));
  const { wanted } = checkEntries(entries);
  const blobs = await blobsOf(
    checkout,
    wanted.map(({ id }) => id),
  );
  return { entries, files: wanted.flatMap(entry => withBytes(entry, blobs.get(entry.id))) };
}

/** Every text of a commit, by its path. Throws HostError. */
export async function textsOf(checkout: Checkout, commit: string): Promise<ReadonlyMap<string, string>> {
  const files = (await treeOf(checkout, commit)).filter(({ mode }) => mode.startsWith('100'));
  const blobs = await blobsOf(
    checkout,
    files.map(({ oid }) => oid),
  );
  const decoder = new TextDecoder();
  return new Map(files.map(({ path, oid }) => [path, decoder.decode(blobs.get(oid))]));
}

function withBytes(entry: SourceEntry, bytes: Uint8Array | undefined): readonly SourceFile[] {
  return bytes === undefined ? [] : [{ ...entry, bytes }];
}

async function treeOf(checkout: Checkout, commit: string): Promise<readonly TreeEntry[]> {
  return readTreeLines(await must(checkout, ['ls-tree', '-r', '-z', '--full-tree', commit]));
}

async function blobsOf(checkout: Checkout, oids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  if (oids.length === 0) return new Map();
  const stdin = [...new Set(oids)].map(oid => `${oid}\n`).join('');
  return readBatch(await must(checkout, ['cat-file', '--batch', '--buffer'], stdin));
}

async function must(checkout: Pick<Checkout, 'dir'>, args: readonly string[], stdin?: string): Promise<Uint8Array> {
  const { stdout } = await run('git', args, { ...setting(checkout), asBuffer: true, okCodes: [0], ...(stdin === undefined ? {} : { stdin }) });
  return stdout;
}

/** null: git says that there is nothing like it (1, and 128 with nothing on stdout). Throws HostError for a repository that it refuses to read. */
async function git(checkout: Pick<Checkout, 'dir'>, args: readonly string[]): Promise<Uint8Array | null> {
  const { stdout, stderr, exitCode } = await run('git', args, { ...setting(checkout), asBuffer: true });
  if (exitCode === 0) return stdout;
  if (stderr.includes('dubious ownership')) throw new HostError('not-permitted', `git does not trust ${checkout.dir}: ${stderr.trim()}`);
  return null;
}

// Whose the folder is, and whether that is trusted, is said in the person's own configuration.
function setting({ dir }: Pick<Checkout, 'dir'>): { readonly cwd: string; readonly env: Record<string, string> } {
  const home = process.env['HOME'];
  return { cwd: dir, env: { ...(home === undefined ? {} : { HOME: home }), GIT_NO_LAZY_FETCH: '1', GIT_OPTIONAL_LOCKS: '0' } };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').trim();
}

/** What commits did to a folder, told by one `git log`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GitSetting, git } from './git-binary.ts';
import { readTreeLines } from './git-formats.ts';
import { type FolderChange, type Lineage, type Oid, RepoError } from './repo.ts';

const TEXT = new TextDecoder();
const NOTHING = /^0+$/;

/** Along first parents, from a commit that is here to where the clone ends. */
export async function binaryLineage(setting: GitSetting, gitdir: string, from: Oid, folder: string): Promise<Lineage> {
  const at = `--git-dir=${gitdir}`;
  const below = folder === '' ? [] : ['--', folder];
  // Sparse: every commit is listed, what it changed only where it lies below the folder.
  const options = ['--first-parent', '-m', '--sparse', '--raw', '--no-abbrev', '--no-renames', '--format=%H %ct'];
  const { stdout } = await git(setting, [at, 'log', '-z', ...options, from, ...below]);
  const all = readLog(TEXT.decode(stdout), folder);
  const last = all.at(-1);
  if (last === undefined) throw new RepoError('corrupt', `git log names no commit from ${from} on`, setting.url);
  const shallow = (await readFile(join(gitdir, 'shallow'), 'utf8').catch(() => '')).split('\n');
  const tree = await git(setting, [at, 'ls-tree', '-r', '-z', '--full-tree', last.oid, ...below]);
  const files = new Map(readTreeLines(tree.stdout).map(({ path, oid }) => [inside(path, folder), oid] as const));
  // Where the log ends, everything looks new.
  const changes = all.slice(0, -1).filter(change => change.files.size > 0);
  return { changes, last: { oid: last.oid, at: last.at, files }, isCut: shallow.includes(last.oid), walked: all.length };
}

/** `<oid> <time>` NUL, then for each file `:<modes> <blobs> <letter>` NUL `<path>` NUL. */
function readLog(output: string, folder: string): readonly FolderChange[] {
  const all: { oid: Oid; at: number; files: Map<string, { was: Oid | null; is: Oid | null }> }[] = [];
  const words = output.split('\0');
  for (let i = 0; i < words.length; i += 1) {
    const word = (words[i] ?? '').trimStart();
    const head = /^([0-9a-f]{40}) (\d+)$/.exec(word);
    if (head !== null) all.push({ oid: head[1] ?? '', at: Number(head[2]) * 1000, files: new Map() });
    else if (word.startsWith(':')) {
      const [, , was = '', is = ''] = word.split(' ');
      i += 1;
      all.at(-1)?.files.set(inside(words[i] ?? '', folder), { was: blob(was), is: blob(is) });
    }
  }
  return all;
}

function blob(oid: string): Oid | null {
  return NOTHING.test(oid) ? null : oid;
}

function inside(path: string, folder: string): string {
  return folder === '' ? path : path.slice(folder.length + 1);
}

/** A folder of definitions as the entries that a commit of it would have. Links are not followed. */
import { createHash } from 'node:crypto';
import { type Dirent, lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { isDefinitions } from '../load/entries.ts';
import type { SourceEntry } from '../load/source.ts';

/** An entry whose content has not been read: `stamp` changes when the file does. */
export interface Stamped {
  readonly path: string;
  readonly mode: string;
  readonly size: number;
  readonly stamp: string;
  /** Milliseconds since the epoch of the last change of content or name. */
  readonly changedAt: number;
}

/** Everything that `checkEntries` has something to say about, sorted by path. `.git` and `node_modules` are passed over. */
export function listFolder(root: string): readonly Stamped[] {
  const found: Stamped[] = [];
  walk(root, '', found);
  return found.sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
}

/** Content of a file of the folder; null when it is not readable any more. */
export function readIn(root: string, path: string): Uint8Array | null {
  try {
    return readFileSync(join(root, path));
  } catch {
    return null;
  }
}

/** Name of a content as git gives it: sha-1 of `blob <size>\0<content>`. */
export function blobId(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** The entry with its content's name. */
export function identified({ path, mode, size }: Stamped, id: string): SourceEntry {
  return { path, mode, size, id };
}

function walk(root: string, below: string, found: Stamped[]): void {
  for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name === '.git' || entry.name === 'node_modules') continue;
    if (!entry.isDirectory()) add(root, path, entry, found);
    else if (isRepository(root, path)) found.push({ path, mode: '160000', size: 0, stamp: '', changedAt: 0 });
    else walk(root, path, found);
  }
}

function add(root: string, path: string, entry: Dirent, found: Stamped[]): void {
  if (entry.isSymbolicLink()) found.push({ path, mode: '120000', size: 0, stamp: '', changedAt: 0 });
  if (!entry.isFile() || !isDefinitions(path)) return;
  const stat = lstatSync(join(root, path));
  const mode = (stat.mode & 0o100) === 0 ? '100644' : '100755';
  found.push({ path, mode, size: stat.size, stamp: stampOf(stat), changedAt: Math.max(stat.ctimeMs, stat.mtimeMs) });
}

/** The whole of a file's state that the file system tells: the change time cannot be set back by users. */
export function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}

// A commit would hold it as a submodule, or not at all.
function isRepository(root: string, path: string): boolean {
  return lstatSync(join(root, path, '.git'), { throwIfNoEntry: false }) !== undefined;
}

/** Trees, blobs and commits of a bare repository on disk through isomorphic-git; no network here. */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import type { CommitDraft, History } from './backend.ts';
import { parseCommit, parseTree } from './edits.ts';
import { packedBlobs } from './pack-index.ts';
import { type Edits, type Oid, RepoError, type TreeEntry } from './repo.ts';

/** Where the objects are, with isomorphic-git's cache of their packs. */
export interface Place {
  readonly gitdir: string;
  readonly cache: object;
}

/**
 * Node's file system with a write that is whole or not there: isomorphic-git writes in place, and leaves an existing file
 * with an object's name alone, so a torn object would stay.
 */
export const wholeFs = { promises: { ...fs.promises, writeFile: writeWhole } };

async function writeWhole(path: fs.PathLike, data: string | Uint8Array, options?: fs.WriteFileOptions): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(data, typeof options === 'string' ? { encoding: options } : {});
      // A lost loose object is found out by its hash; a pack is trusted by its name and size from one run to the next.
      if (String(path).includes('/objects/pack/')) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes an empty bare repository that knows its remote. */
export async function initStore(gitdir: string, url: string): Promise<void> {
  await fs.promises.mkdir(gitdir, { recursive: true, mode: 0o700 });
  await git.init({ fs: wholeFs, gitdir, bare: true, defaultBranch: 'main' });
  await git.addRemote({ fs: wholeFs, gitdir, remote: 'origin', url });
}

/** All entries below a commit's root but the trees, in git's order. */
export async function entriesOf(place: Place, commit: Oid): Promise<readonly TreeEntry[]> {
  const all: TreeEntry[] = [];
  let seen = 0;
  const walk = async (oid: Oid, prefix: string): Promise<void> => {
    for (const entry of parseTree(await contentOf(place, oid, 'tree'))) {
      if (++seen > MOST_ENTRIES)
        throw new RepoError('too-large', `the commit ${commit} has more than ${MOST_ENTRIES} files: is this the right repository?`, '');
      const path = `${prefix}${entry.path}`;
      if (entry.mode === TREE) await walk(entry.oid, `${path}/`);
      else all.push({ ...entry, path });
    }
  };
  await walk(treeOf(await commitTextOf(place, commit)), '');
  return all;
}

const TREE = '040000';

/** Ten small trees that name each other ten times each are ten billion files: they must not be listed. */
const MOST_ENTRIES = 500_000;

/** The tree that a commit names. */
export function treeOf(commitText: string): Oid {
  return /^tree ([0-9a-f]{40})\n/.exec(commitText)?.[1] ?? '';
}

/** An object of a type, as stored. */
export async function contentOf(place: Place, oid: Oid, want: 'tree' | 'commit'): Promise<Uint8Array> {
  const { object, type } = await git.readObject({ fs: wholeFs, ...place, oid, format: 'content' });
  if (type !== want) throw new Error(`${oid} is a ${type}, not a ${want}`);
  return object as Uint8Array;
}

/** Contents of blobs, each checked against its name. */
export async function blobsOf(place: Place, oids: readonly Oid[]): Promise<ReadonlyMap<Oid, Uint8Array>> {
  if (oids.length === 0) return new Map();
  const all = await packedBlobs(place.gitdir, oids);
  // What we wrote ourselves is loose.
  for (const oid of oids) if (!all.has(oid)) all.set(oid, (await git.readBlob({ fs: wholeFs, ...place, oid })).blob);
  return all;
}

/** The commit object as stored. */
export function commitBytesOf(place: Place, oid: Oid): Promise<Uint8Array> {
  return contentOf(place, oid, 'commit');
}

async function commitTextOf(place: Place, oid: Oid): Promise<string> {
  return Buffer.from(await commitBytesOf(place, oid)).toString('utf8');
}

/** Commits from one backwards, up to `without` and to where the clone ends. */
export async function historyOf(place: Place, from: Oid, without: readonly Oid[]): Promise<History> {
  const shallow = new Set((await readFile(join(place.gitdir, 'shallow'), 'utf8').catch(() => '')).split('\n'));
  const stop = new Set(without);
  const oids = new Set<Oid>();
  const ends = new Set<Oid>();
  const roots = new Set<Oid>();
  const next = [from];
  for (let oid = next.pop(); oid !== undefined; oid = next.pop()) {
    if (oids.has(oid) || stop.has(oid)) continue;
    oids.add(oid);
    if (shallow.has(oid)) {
      ends.add(oid);
      continue;
    }
    const { parents } = parseCommit(oid, await commitTextOf(place, oid));
    if (parents.length === 0) roots.add(oid);
    next.push(...parents);
  }
  return { oids, cut: ends.size > 0, ends, roots };
}

/** Writes blobs, trees and the commit. */
export async function writeCommit(place: Place, draft: CommitDraft): Promise<Oid> {
  const root = draft.parent === null ? null : treeOf(await commitTextOf(place, draft.parent));
  const tree = (await writeTree(place, root, draft.edits)) ?? (await git.writeTree({ fs: wholeFs, gitdir: place.gitdir, tree: [] }));
  return writeCommitOf(place, tree, draft.parent === null ? [] : [draft.parent], draft);
}

/** Writes a commit without parents that has the tree of another one. */
export async function writeRoot(place: Place, of: Oid, draft: Omit<CommitDraft, 'parent' | 'edits'>): Promise<Oid> {
  return writeCommitOf(place, treeOf(await commitTextOf(place, of)), [], draft);
}

async function writeCommitOf(place: Place, tree: Oid, parent: Oid[], draft: Omit<CommitDraft, 'parent' | 'edits'>): Promise<Oid> {
  const [, name = '', email = ''] = /^([^<]*) <(.*)>$/.exec(draft.author) ?? [];
  const who = { name, email, timestamp: Math.floor(draft.at / 1000), timezoneOffset: 0 };
  return git.writeCommit({ fs: wholeFs, gitdir: place.gitdir, commit: { tree, parent, author: who, committer: who, message: draft.message } });
}

/** The tree with edits applied, or null when nothing is left in it. Only folders on the way to an edit are read and written. */
async function writeTree(place: Place, base: Oid | null, edits: Edits): Promise<Oid | null> {
  const { gitdir } = place;
  const before = base === null ? [] : (await git.readTree({ fs: wholeFs, ...place, oid: base })).tree;
  const entries = new Map(before.map(entry => [entry.path, entry]));
  const folders = new Map<string, Map<string, string | null>>();
  for (const [path, content] of edits) {
    const slash = path.indexOf('/');
    if (slash >= 0) {
      const name = path.slice(0, slash);
      folders.set(name, (folders.get(name) ?? new Map()).set(path.slice(slash + 1), content));
    } else if (content === null) entries.delete(path);
    else entries.set(path, { mode: '100644', path, type: 'blob', oid: await git.writeBlob({ fs: wholeFs, gitdir, blob: Buffer.from(content) }) });
  }
  for (const [name, inside] of folders) {
    const there = entries.get(name);
    const oid = await writeTree(place, there?.type === 'tree' ? there.oid : null, inside);
    if (oid !== null) entries.set(name, { mode: '040000', path: name, type: 'tree', oid });
    else if (there?.type === 'tree') entries.delete(name);
  }
  return entries.size === 0 ? null : git.writeTree({ fs: wholeFs, gitdir, tree: [...entries.values()] });
}

/** What commits did to a folder, told by comparing trees: only what has another name is read. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCommit, parseTree } from './edits.ts';
import { contentOf, type Place, treeOf } from './iso-store.ts';
import { packReader } from './pack-index.ts';
import type { FolderChange, Lineage, Oid } from './repo.ts';

const TREE = '040000';

interface Stand {
  readonly oid: Oid;
  readonly at: number;
  readonly parent: Oid | undefined;
  /** What the folder is there; null where there is none. */
  readonly tree: Oid | null;
}

type Read = (oid: Oid, type: 'commit' | 'tree') => Promise<Uint8Array>;

/** Along first parents, from a commit that is here to where the clone ends. */
export async function isoLineage(place: Place, from: Oid, folder: string): Promise<Lineage> {
  const shallow = new Set((await readFile(join(place.gitdir, 'shallow'), 'utf8').catch(() => '')).split('\n'));
  const packed = await packReader(place.gitdir);
  // What we wrote ourselves is loose.
  const read: Read = async (oid, type) => packed(oid, type) ?? (await contentOf(place, oid, type));
  const parts = folder.split('/').filter(part => part !== '');
  const changes: FolderChange[] = [];
  let walked = 1;
  let here = await standAt(read, from, parts);
  while (here.parent !== undefined && !shallow.has(here.oid)) {
    const before = await standAt(read, here.parent, parts);
    if (before.tree !== here.tree) {
      const files = new Map<string, { was: Oid | null; is: Oid | null }>();
      await compare(read, before.tree, here.tree, '', files);
      changes.push({ oid: here.oid, at: here.at, files });
    }
    here = before;
    walked += 1;
  }
  const held = new Map<string, { was: Oid | null; is: Oid | null }>();
  await compare(read, null, here.tree, '', held);
  const files = new Map([...held].flatMap(([path, { is }]) => (is === null ? [] : [[path, is] as const])));
  return { changes, last: { oid: here.oid, at: here.at, files }, isCut: shallow.has(here.oid), walked };
}

async function standAt(read: Read, oid: Oid, parts: readonly string[]): Promise<Stand> {
  const text = Buffer.from(await read(oid, 'commit')).toString('utf8');
  const { parents, at } = parseCommit(oid, text);
  let tree: Oid | null = treeOf(text);
  for (const part of parts) {
    if (tree === null) break;
    tree = parseTree(await read(tree, 'tree')).find(({ path, mode }) => path === part && mode === TREE)?.oid ?? null;
  }
  return { oid, at, parent: parents[0], tree };
}

async function compare(read: Read, was: Oid | null, is: Oid | null, prefix: string, into: Map<string, { was: Oid | null; is: Oid | null }>): Promise<void> {
  const [before, after] = [await entriesIn(read, was), await entriesIn(read, is)];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(name), after.get(name)];
    if (old?.oid === now?.oid && old?.mode === now?.mode) continue;
    const treeOnly = (entry: typeof old): Oid | null => (entry?.mode === TREE ? entry.oid : null);
    const blobOnly = (entry: typeof old): Oid | null => (entry === undefined || entry.mode === TREE ? null : entry.oid);
    if (treeOnly(old) !== null || treeOnly(now) !== null) await compare(read, treeOnly(old), treeOnly(now), `${prefix}${name}/`, into);
    if (blobOnly(old) !== null || blobOnly(now) !== null) into.set(`${prefix}${name}`, { was: blobOnly(old), is: blobOnly(now) });
  }
}

async function entriesIn(read: Read, tree: Oid | null) {
  if (tree === null) return new Map<string, { readonly mode: string; readonly oid: Oid }>();
  return new Map(parseTree(await read(tree, 'tree')).map(({ path, mode, oid }) => [path, { mode, oid }] as const));
}

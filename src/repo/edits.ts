/** Pure helpers around trees and commits: which edits change anything, what a blob is called, what a commit object says. */
import { createHash } from 'node:crypto';
import type { Author, CommitInfo, Edits, Oid, TreeEntry } from './repo.ts';

/** Git's name for a blob: sha-1 over a header and the bytes. */
export function blobOid(content: string | Uint8Array): Oid {
  return objectOid('blob', Buffer.from(content));
}

/** Git's name for any object: sha-1 over a header and the bytes. */
export function objectOid(type: 'blob' | 'commit' | 'tree', bytes: Uint8Array): Oid {
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
}

/** The edits that would change a tree with these entries: not a deletion of what is absent, not the same content again. */
export function effective(edits: Edits, entries: readonly TreeEntry[]): Edits {
  const there = new Map(entries.map(entry => [entry.path, entry]));
  const changes = [...edits].filter(([path, content]) => {
    assertPath(path);
    const entry = there.get(path);
    if (content === null) return entry !== undefined;
    return entry === undefined || !entry.mode.startsWith('100') || entry.oid !== blobOid(content);
  });
  return new Map(changes);
}

// Paths come from our own code, so a bad one is a bug; but one that left the tree must never be written.
function assertPath(path: string): void {
  const bad = path.split('/').some(part => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git');
  if (bad || /[\0\n\\]/.test(path)) throw new Error(`bug: ${JSON.stringify(path)} is no path in a tree`);
}

/** True for what git takes as the name of a branch (git-check-ref-format), so that it can stand in a path, a ref or a refspec. */
export function isBranchName(name: string): boolean {
  const parts = name.split('/');
  const bad = [...name].some(c => c <= ' ' || '\x7f~^:?*[\\'.includes(c)) || name.includes('..') || name.includes('@{') || name === '@';
  return !bad && !name.startsWith('-') && parts.every(part => part !== '' && !part.startsWith('.') && !part.endsWith('.') && !part.endsWith('.lock'));
}

/**
 * Reads a tree object: `<mode> <name>\0<20 bytes>`, again and again (git's only description is its source). Not isomorphic-git's
 * reader, which gives up a whole tree for one file with a backslash in its name; judging names is the reader's part.
 */
export function parseTree(bytes: Uint8Array): TreeEntry[] {
  const tree = Buffer.from(bytes);
  const all: TreeEntry[] = [];
  for (let at = 0; at < tree.length; ) {
    const space = tree.indexOf(32, at);
    const end = tree.indexOf(0, space);
    if (space < 0 || end < 0 || end + 21 > tree.length) throw new Error('a tree object ends in the middle');
    all.push({
      mode: tree.toString('latin1', at, space).padStart(6, '0'),
      path: tree.toString('utf8', space + 1, end),
      oid: tree.toString('hex', end + 1, end + 21),
    });
    at = end + 21;
  }
  return all;
}

/** `Name <email>` without what would end a field. */
export function signature(author: Author): string {
  const clean = (text: string): string =>
    [...text]
      .filter(c => c >= ' ' && c !== '<' && c !== '>')
      .join('')
      .trim();
  return `${clean(author.name)} <${clean(author.email)}>`;
}

/** Reads a commit object (gitformat: headers, empty line, message). Throws an Error when it is none. */
export function parseCommit(oid: Oid, text: string): CommitInfo {
  const end = text.indexOf('\n\n');
  const headers = (end < 0 ? text : text.slice(0, end)).split('\n');
  const all = (name: string): string[] => headers.filter(line => line.startsWith(`${name} `)).map(line => line.slice(name.length + 1));
  const person = /^(.*) (\d+) [+-]\d{4}$/;
  const author = person.exec(all('author')[0] ?? '');
  const committer = person.exec(all('committer')[0] ?? '');
  if (author === null || committer === null) throw new Error(`${oid} is no commit`);
  const subject =
    end < 0
      ? ''
      : (text
          .slice(end + 2)
          .trimStart()
          .split('\n')[0] ?? '');
  return { oid, parents: all('parent'), author: author[1] ?? '', subject, at: Number(committer[2]) * 1000 };
}

/** Entries below a folder ('' = all), with paths relative to it. */
export function below(entries: readonly TreeEntry[], path: string): readonly TreeEntry[] {
  const folder = path
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .join('/');
  if (folder === '') return entries;
  return entries.filter(entry => entry.path.startsWith(`${folder}/`)).map(entry => ({ ...entry, path: entry.path.slice(folder.length + 1) }));
}

/** Branches whose names begin with one of these, of refs by their whole names; without names that git would refuse. */
export function branchesOf(refs: ReadonlyMap<string, string>, prefixes: readonly string[]): ReadonlyMap<string, string> {
  const heads = 'refs/heads/';
  const found = [...refs].flatMap(([ref, oid]) => (prefixes.some(prefix => ref.startsWith(heads + prefix)) ? [[ref.slice(heads.length), oid] as const] : []));
  return new Map(found.filter(([name]) => isBranchName(name)));
}

/** Files of the definitions changed by a commit, with a person's credential: onto the branch itself, or as a branch for a pull request. */
import { join } from 'node:path';
import type { Auth } from '../repo/auth.ts';
import { openRepo } from '../repo/open.ts';
import { type Author, type Oid, type Repo, RepoError } from '../repo/repo.ts';
import { backOff } from './retry.ts';

export interface FileEdit {
  /** What it says where the edit was made from; null: nothing was there. A branch that says something else by now is left alone. */
  readonly from: string | null;
  /** null removes the file. */
  readonly text: string | null;
}

export interface EditArgs {
  readonly url: string;
  readonly auth: Auth | undefined;
  /** For a clone that is thrown away. */
  readonly scratch: string;
  /** The branch of the definitions. */
  readonly main: string;
  /** Where it is pushed to: that branch, or one that is made for it. */
  readonly branch: string;
  /** By path below the root of the repository. */
  readonly edits: ReadonlyMap<string, FileEdit>;
  readonly message: string;
  readonly author: Author;
}

export interface Pushed {
  /** `there`: the branch says so already. */
  readonly state: 'pushed' | 'there';
  readonly branch: string;
  readonly commit: Oid;
  /** Where the forge says that a pull request is opened; null when it says nothing. */
  readonly link: string | null;
}

const TRIES = 10;

/** Throws RepoError: `refused`, `forbidden`, `unauthorized` where the server does not take it. */
export async function pushEdit(args: EditArgs): Promise<Pushed> {
  const { url, auth, scratch, main, branch } = args;
  const repo = openRepo({ url, dir: join(scratch, 'push'), ...(auth === undefined ? {} : { auth }) });
  for (let attempt = 1; ; attempt += 1) {
    const tips = await repo.tips([main, branch]);
    const base = tips.get(main) ?? null;
    if (base === null) throw new RepoError('no-branch', `${url} has no branch ${main}`, url);
    await repo.sync(main, base);
    const target = tips.get(branch) ?? null;
    if (branch !== main && target !== null) return asked(repo, args, target);
    const pushed = await once(repo, args, base, target);
    if (pushed !== null) return pushed;
    if (attempt === TRIES) throw new RepoError('refused', `${url}: ${branch} moved at each of ${TRIES} tries: push it again`, url);
    await backOff(attempt);
  }
}

async function once(repo: Repo, args: EditArgs, base: Oid, expect: Oid | null): Promise<Pushed | null> {
  const { url, main, branch, edits, message, author } = args;
  const now = await textsAt(repo, base, edits);
  const open = [...edits].filter(([path, { text }]) => now.get(path) !== text);
  if (open.length === 0) return { state: 'there', branch, commit: base, link: null };
  const moved = open.find(([path, { from }]) => now.get(path) !== from);
  if (moved !== undefined) throw new RepoError('refused', `${url}: ${moved[0]} of ${main} says something else than a moment ago: do this again`, url);
  const texts = new Map(open.map(([path, { text }]) => [path, text]));
  const oid = await repo.commit({ parent: base, edits: texts, author, message, at: Date.now() });
  if (oid === null) return { state: 'there', branch, commit: base, link: null };
  let words = '';
  const hear = (said: string): void => {
    words = said;
  };
  const verdict = await repo.push({ oid, branch, expect, hear });
  return verdict === 'ok' ? { state: 'pushed', branch, commit: oid, link: linkIn(words) } : null;
}

// A branch that says something else is somebody's: another machine may ask for the same name.
async function asked(repo: Repo, { url, branch, edits }: EditArgs, tip: Oid): Promise<Pushed> {
  await repo.sync(branch, tip);
  const now = await textsAt(repo, tip, edits);
  const other = [...edits].find(([path, { text }]) => now.get(path) !== text);
  if (other === undefined) return { state: 'there', branch, commit: tip, link: null };
  const message = `${url} has a branch ${branch} that says something else in ${other[0]}`;
  throw new RepoError('refused', `${message}: merge or delete it first, or name another branch`, url);
}

// null where no file is.
async function textsAt(repo: Repo, commit: Oid, edits: EditArgs['edits']): Promise<ReadonlyMap<string, string | null>> {
  const entries = (await repo.list(commit, '')).filter(({ path }) => edits.has(path));
  const blobs = await repo.read(entries.map(({ oid }) => oid));
  const texts = new Map(entries.map(({ path, oid }) => [path, editableText(blobs.get(oid))]));
  return new Map([...edits.keys()].map(path => [path, texts.get(path) ?? null]));
}

/** A file as an edit of its text needs it: with the mark that some editors put at its beginning, or that would be lost. */
export function editableText(bytes: Uint8Array | undefined): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** By which a forge offers to open a pull request, in what it says after a push; null when it says nothing. */
export function linkIn(words: string): string | null {
  return /https?:\/\/[!-~]+/.exec(words)?.[0] ?? null;
}

/**
 * A Repo over a disposable clone, whichever way git is spoken: checks the whole closure of what it gives out, and throws the
 * clone away rather than mend it. Its one law: what `sync` resolved for can be read.
 */
import type { Backend, Bound, History } from './backend.ts';
import { type CloneFolder, cloneFolder } from './clone-folder.ts';
import { countPacks, isShallowFileSound, notePushed, noteTip, readState, shallowText } from './clone-state.ts';
import { below, effective, isBranchName, objectOid, parseCommit, signature } from './edits.ts';
import { type Oid, type Repo, RepoError, type TreeEntry } from './repo.ts';
import { asRepoError } from './repo-errors.ts';

// Past these a clone is slow to read (a folder of packs) and to push from (history): measured with isomorphic-git 1.44.
const MOST_PACKS = 50;
const MOST_COMMITS = 200;
// One that is looked into now and then, and nothing is pushed from it.
const MOST_PACKS_OF_HISTORY = 300;

const SUBMODULE = '160000';

interface Clone {
  readonly backend: Backend;
  readonly folder: CloneFolder;
  /** Milliseconds for each call of a method. */
  readonly deadlineMs: number;
  /** True: its history is what it is for, so age does not end it. */
  readonly isForHistory: boolean;
  /** The last commit's entries: asked for by the closure check, by `list` and by `commit`. */
  listed?: { readonly commit: Oid; readonly entries: readonly TreeEntry[] };
}

/** Makes the Repo; `dir` is made when it is first needed, and nothing but the clone may live in it. */
export function clonedRepo(backend: Backend, dir: string, { deadlineMs, isForHistory }: Pick<Clone, 'deadlineMs' | 'isForHistory'>): Repo {
  const clone: Clone = { backend, folder: cloneFolder(dir, backend.url), deadlineMs, isForHistory };
  const { gitdir } = clone.folder;
  return {
    tips: guarded(clone, async branches => {
      for (const branch of branches) assertBranch(clone, branch);
      return backend.tips(branches, until(clone));
    }),
    branches: guarded(clone, async prefixes => {
      // What follows a whole name is a name; glob signs are none.
      for (const prefix of prefixes) assertBranch(clone, `${prefix}x`);
      return backend.branches(prefixes, until(clone));
    }),
    sync: guarded(clone, (branch, tip) => sync(clone, branch, tip)),
    descends: guarded(clone, (descendant, ancestor) => descends(clone, descendant, ancestor)),
    list: guarded(clone, async (commit: Oid, path: string) => below(await entriesOf(clone, commit), path)),
    read: guarded(clone, oids => backend.blobs(gitdir, oids)),
    brings: guarded(clone, (tip, from) => brings(clone, tip, from)),
    past: guarded(clone, (tip: Oid, path: string, most: number) => past(clone, tip, path, most)),
    lineage: guarded(clone, (from: Oid, folder: string) => backend.lineage(gitdir, from, folder)),
    deepen: guarded(clone, branch => deepen(clone, branch)),
    local: guarded(clone, async (branch: string) => {
      const { tips, pushed } = await readState(gitdir);
      return pushed?.[branch] ?? tips[branch] ?? null;
    }),
    here: guarded(clone, async (oids: readonly Oid[]) => {
      if (!(await clone.folder.exists())) return new Set<Oid>();
      const absent = new Set(await backend.absent(gitdir, oids));
      return new Set(oids.filter(oid => !absent.has(oid)));
    }),
    info: guarded(clone, async (oid: Oid) => parseCommit(oid, Buffer.from(await backend.commitBytes(gitdir, oid)).toString('utf8'))),
    bytes: guarded(clone, oid => commitBytes(clone, oid)),
    commit: guarded(clone, args => commit(clone, args)),
    root: guarded(clone, ({ of, author, message, at }: Parameters<Repo['root']>[0]) =>
      clone.folder.exclusive(until(clone), () => backend.writeRoot(gitdir, of, { author: signature(author), message: `${message.trimEnd()}\n`, at })),
    ),
    goesBelow: guarded(clone, (tip: Oid, bound: Bound) => backend.goesBelow(gitdir, tip, bound, until(clone))),
    push: guarded(clone, args => push(clone, args)),
  };
}

/** Nothing but a RepoError leaves, whatever garbage on disk made a library stumble over; then the clone is not trusted any more. */
function guarded<A extends readonly unknown[], R>({ backend, folder }: Clone, method: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await method(...args);
    } catch (error) {
      const known = asRepoError(error, backend.url);
      if (known.code === 'corrupt') await folder.markDamaged();
      throw scrubbed(known, backend);
    }
  };
}

// A server may say our own credentials back to us; a stack repeats the message, so it goes too.
function scrubbed(error: RepoError, { scrub, url }: Backend): RepoError {
  // Who read the objects does not know where they came from.
  const message = scrub(error.url === '' ? `${url}: ${error.message}` : error.message);
  if (message === error.message) return error;
  return new RepoError(error.code, message, url, error.retryAfterS === undefined ? {} : { retryAfterS: error.retryAfterS });
}

function until({ deadlineMs }: Clone): number {
  return Date.now() + deadlineMs;
}

async function entriesOf(clone: Clone, commit: Oid): Promise<readonly TreeEntry[]> {
  if (clone.listed?.commit !== commit) clone.listed = { commit, entries: await clone.backend.entries(clone.folder.gitdir, commit) };
  return clone.listed.entries;
}

function assertBranch({ backend: { url } }: Clone, branch: string): void {
  if (!isBranchName(branch))
    throw new RepoError('no-branch', `${JSON.stringify(branch)} cannot be the name of a branch of ${url}; check repo.branch and status.branch`, url);
}

async function sync(clone: Clone, branch: string, tip: Oid): Promise<void> {
  assertBranch(clone, branch);
  if (await isWhole(clone, tip)) return;
  const { folder, backend } = clone;
  const end = until(clone);
  await folder.exclusive(end, async () => {
    if (await isWhole(clone, tip)) return;
    const anew = (): Promise<void> => folder.replace(fresh => fill(clone, fresh, branch, tip, end));
    if (!(await folder.exists()) || (await isWorn(clone))) return anew();
    try {
      await advance(clone, branch, tip, end);
    } catch (error) {
      if (asRepoError(error, backend.url).code !== 'corrupt') throw error;
      await anew();
    }
  });
}

async function isWhole({ folder }: Clone, tip: Oid): Promise<boolean> {
  return (await folder.exists()) && !(await folder.isInDoubt()) && (await readState(folder.gitdir)).whole.includes(tip);
}

// Asked as the only writer.
async function isWorn({ isForHistory, folder: { gitdir, isDamaged } }: Clone): Promise<boolean> {
  if ((await isDamaged()) || !(await isShallowFileSound(gitdir))) return true;
  if (isForHistory) return (await countPacks(gitdir)) > MOST_PACKS_OF_HISTORY;
  return (await countPacks(gitdir)) > MOST_PACKS || (await readState(gitdir)).commits > MOST_COMMITS;
}

async function fill({ backend }: Clone, fresh: string, branch: string, tip: Oid, end: number): Promise<void> {
  await backend.init(fresh);
  await backend.fetch(fresh, branch, tip, 'first', end);
  await checkClosure(backend, fresh, tip);
  await backend.point(fresh, branch, tip);
  await noteTip(fresh, branch, tip, 1);
}

async function advance({ backend, folder: { gitdir } }: Clone, branch: string, tip: Oid, end: number): Promise<void> {
  const { tips } = await readState(gitdir);
  // What we pushed ourselves is here already.
  const isHere = (await backend.absent(gitdir, [tip])).length === 0;
  if (!isHere) await backend.fetch(gitdir, branch, tip, tips[branch] === undefined ? 'first' : 'more', end);
  await checkClosure(backend, gitdir, tip);
  await backend.point(gitdir, branch, tip);
  const { oids } = await backend.history(gitdir, tip, Object.values(tips));
  await noteTip(gitdir, branch, tip, oids.size);
}

/** Every tree below a commit can be read and every blob is there; throws RepoError `corrupt` naming what is missing. */
async function checkClosure(backend: Backend, gitdir: string, tip: Oid): Promise<void> {
  const broken = (what: string): RepoError => new RepoError('corrupt', `what came from ${backend.url} is not all of commit ${tip}: ${what}`, backend.url);
  if ((await backend.absent(gitdir, [tip])).length > 0) throw broken('the commit itself is missing');
  const entries = await backend.entries(gitdir, tip);
  const blobs = [...new Set(entries.filter(entry => entry.mode !== SUBMODULE).map(entry => entry.oid))];
  const [missing, ...more] = await backend.absent(gitdir, blobs);
  if (missing !== undefined) throw broken(`blob ${missing}${more.length === 0 ? '' : ` and ${more.length} more`} missing`);
}

async function descends(clone: Clone, descendant: Oid, ancestor: Oid): Promise<boolean | null> {
  if (descendant === ancestor) return true;
  const near = tell(await clone.backend.history(clone.folder.gitdir, descendant, []), ancestor);
  const far = near ?? tell(await olderHistory(clone, descendant, 'deeper'), ancestor);
  return far ?? tell(await olderHistory(clone, descendant, 'whole'), ancestor);
}

function tell(history: History, ancestor: Oid): boolean | null {
  if (history.oids.has(ancestor)) return true;
  return history.cut ? null : false;
}

async function commitBytes({ backend, folder: { gitdir } }: Clone, oid: Oid): Promise<Uint8Array> {
  const bytes = await backend.commitBytes(gitdir, oid);
  if (objectOid('commit', bytes) === oid) return bytes;
  throw new RepoError('corrupt', `what the clone of ${backend.url} has as commit ${oid} is something else`, backend.url);
}

async function brings(clone: Clone, tip: Oid, from: Oid): Promise<readonly Oid[] | null> {
  const { backend, folder } = clone;
  const since = async (): Promise<readonly Oid[] | null> => {
    const all = await backend.history(folder.gitdir, tip, []);
    const isHere = (await backend.absent(folder.gitdir, [from])).length === 0;
    const known = isHere ? await backend.history(folder.gitdir, from, []) : { oids: new Set<Oid>(), cut: all.cut };
    const fresh = [...all.oids].filter(oid => !known.oids.has(oid));
    if (fresh.some(oid => all.ends.has(oid))) return null;
    // What reaches a root may have come by a part of `from`'s own history that is not here.
    return known.cut && fresh.some(oid => all.roots.has(oid)) ? null : fresh;
  };
  for (const how of ['deeper', 'whole'] as const) {
    const fresh = await since();
    if (fresh !== null) return fresh;
    await olderHistory(clone, tip, how);
  }
  return since();
}

async function past(clone: Clone, tip: Oid, path: string, most: number): Promise<readonly Uint8Array[]> {
  const { backend, folder } = clone;
  const blobAt = async (commit: Oid): Promise<Oid | undefined> =>
    (await backend.entries(folder.gitdir, commit)).find(entry => entry.path === path && entry.mode !== SUBMODULE)?.oid;
  const isHere = async (commit: Oid): Promise<boolean> => (await backend.absent(folder.gitdir, [commit])).length === 0;
  const versions = new Set([await blobAt(tip)]);
  let commit = tip;
  for (let back = 0; back < most; back += 1) {
    const text = Buffer.from(await backend.commitBytes(folder.gitdir, commit)).toString('utf8');
    const [parent] = parseCommit(commit, text).parents;
    if (parent === undefined) break;
    if (!(await isHere(parent))) await olderHistory(clone, tip, 'deeper');
    if (!(await isHere(parent))) break;
    versions.add(await blobAt(parent));
    commit = parent;
  }
  const oids = [...versions].slice(1).filter(oid => oid !== undefined);
  const blobs = await backend.blobs(folder.gitdir, oids);
  return oids.flatMap(oid => blobs.get(oid) ?? []);
}

// A server deepens what the branch that is asked for reaches, and nothing else.
async function deepen(clone: Clone, branch: string): Promise<boolean> {
  const { backend, folder } = clone;
  const { gitdir } = folder;
  const end = until(clone);
  return folder.exclusive(end, async () => {
    const tip = (await readState(gitdir)).tips[branch];
    const before = await shallowText(gitdir);
    if (tip === undefined || before === '') return false;
    await backend.fetch(gitdir, branch, tip, 'deeper', end);
    await noteTip(gitdir, branch, tip, 0);
    return (await shallowText(gitdir)) !== before;
  });
}

async function olderHistory(clone: Clone, from: Oid, how: 'deeper' | 'whole'): Promise<History> {
  const { backend, folder } = clone;
  const { tips } = await readState(folder.gitdir);
  // Deepening moves every end of the clone, so any branch will do; the commit's own is the surest.
  const [branch, tip] = Object.entries(tips).sort(([, a], [, b]) => Number(b === from) - Number(a === from))[0] ?? [];
  if (branch === undefined || tip === undefined) return backend.history(folder.gitdir, from, []);
  const end = until(clone);
  return folder.exclusive(end, async () => {
    await backend.fetch(folder.gitdir, branch, tip, how, end);
    await noteTip(folder.gitdir, branch, tip, 0);
    return backend.history(folder.gitdir, from, []);
  });
}

function commit(clone: Clone, { parent, edits, author, message, at }: Parameters<Repo['commit']>[0]): Promise<Oid | null> {
  const { backend, folder } = clone;
  return folder.exclusive(until(clone), async () => {
    if (!(await folder.exists())) {
      if (parent !== null) throw new RepoError('corrupt', `the clone of ${backend.url} above ${folder.gitdir} was lost; sync it again`, backend.url);
      await folder.replace(fresh => backend.init(fresh));
    }
    const changes = effective(edits, parent === null ? [] : await entriesOf(clone, parent));
    if (changes.size === 0) return null;
    return backend.write(folder.gitdir, { parent, edits: changes, author: signature(author), message: `${message.trimEnd()}\n`, at });
  });
}

async function push(clone: Clone, swap: Parameters<Repo['push']>[0]): Promise<'ok' | 'stale'> {
  assertBranch(clone, swap.branch);
  const end = until(clone);
  const { backend, folder } = clone;
  const hear = (words: string): void => swap.hear?.(backend.scrub(words));
  return folder.exclusive(end, async () => {
    const verdict = await backend.push(folder.gitdir, { ...swap, hear }, end);
    if (verdict === 'ok') await notePushed(folder.gitdir, swap.branch, swap.oid);
    return verdict;
  });
}

/** The status branch's past: its commits, those of the branches that it was archived to, and what files of the ledger said when. */
import { parseLedger } from '../allocate/ledger-files.ts';
import type { Oid, Repo } from '../repo/repo.ts';
import type { Space } from '../trace/holding.ts';
import type { Version } from '../trace/tenure.ts';
import type { Line } from './find-revision.ts';
import { type Walked, walkBack } from './walk-back.ts';

export interface PastArgs {
  readonly folder: string;
  /** Older than this is not fetched; null: all of it. */
  readonly until: number | null;
  readonly tell?: ((commits: number, back: Date) => void) | undefined;
}

/** Walks back through the branch and its archives (`archive.ts`). Throws RepoError. */
export async function statusPast(line: Line, { folder, until, tell }: PastArgs): Promise<Walked> {
  const { repo } = line;
  let all: Walked | undefined;
  for (let at: Pick<Line, 'branch' | 'tip'> | null = line; at !== null; ) {
    const before: Walked | undefined = all;
    const part: Walked = await walkBack({
      repo,
      branch: at.branch,
      from: at.tip,
      folder,
      mayFetch: true,
      isEnough: ({ last }) => until !== null && last.at < until,
      tell: ({ walked, last }) => tell?.((before?.walked ?? 0) + walked, new Date(last.at)),
    });
    const older: Older = part.end === 'first' ? await olderThan(repo, part.last.oid) : 'none';
    const isEnough = until !== null && part.last.at < until;
    // The new beginning has the very files of what it stands for: it began nothing.
    const end = older === 'none' ? part.end : older === 'gone' ? 'cut' : 'here';
    all = { ...part, end, changes: [...(before?.changes ?? []), ...part.changes], walked: (before?.walked ?? 0) + part.walked };
    at = typeof older === 'string' || isEnough ? null : older;
  }
  if (all === undefined) throw new Error('bug: a branch without a commit');
  return all;
}

type Older = Pick<Line, 'branch' | 'tip'> | 'none' | 'gone';

const ANEW = /: begun anew; what was before is the branch (\S+) at ([0-9a-f]{40})$/;

/** What a first commit says that it began anew from: a branch that is there still, or not, or nothing. */
async function olderThan(repo: Repo, root: Oid): Promise<Older> {
  const [, branch, tip] = ANEW.exec((await repo.info(root)).subject) ?? [];
  if (branch === undefined || tip === undefined) return 'none';
  const now = (await repo.tips([branch])).get(branch) ?? null;
  if (now === null) return 'gone';
  await repo.sync(branch, now);
  return (await repo.here([tip])).has(tip) ? { branch, tip } : 'gone';
}

/** Every file that the walk knows. */
export function pathsOf({ changes, last }: Walked): readonly string[] {
  return [...new Set([...last.files.keys(), ...changes.flatMap(({ files }) => [...files.keys()])])].sort();
}

/** What a file was, oldest first; null where it was not there. */
export function versionsOf({ changes, last, end }: Walked, path: string): readonly Version<Oid | null>[] {
  const first = { at: last.at, commit: end === 'first' ? last.oid : '', value: last.files.get(path) ?? null };
  const later = changes.flatMap(({ oid, at, files }): readonly Version<Oid | null>[] => {
    const file = files.get(path);
    return file === undefined ? [] : [{ at, commit: oid, value: file.is }];
  });
  return [first, ...later.reverse()];
}

/** Texts that are held at once: a ledger's files are small, and there may be a hundred thousand versions of them. */
const AT_ONCE = 2000;

/** Every text once among some versions. Throws RepoError. */
export async function eachText(repo: Repo, versions: readonly Version<Oid | null>[], take: (oid: Oid, text: string) => void): Promise<void> {
  const oids = [...new Set(versions.flatMap(({ value }) => value ?? []))];
  for (let from = 0; from < oids.length; from += AT_ONCE) {
    for (const [oid, bytes] of await repo.read(oids.slice(from, from + AT_ONCE))) take(oid, Buffer.from(bytes).toString());
  }
}

/** An entry as it was; null where the file was not there, `broken` where a hand wrote what is none. */
export type SpaceThen = Space | 'broken' | null;

/** What a file of the ledger said, oldest first; `path` is below `allocations/`. Throws RepoError. */
export async function spacesIn(repo: Repo, path: string, versions: readonly Version<Oid | null>[]): Promise<readonly Version<SpaceThen>[]> {
  const known = new Map<Oid, SpaceThen>();
  await eachText(repo, versions, (oid, text) => known.set(oid, spaceIn(path, text)));
  return versions.map(({ at, commit, value }) => ({ at, commit, value: value === null ? null : (known.get(value) ?? 'broken') }));
}

function spaceIn(path: string, text: string): SpaceThen {
  const { ledger } = parseLedger(new Map([[`allocations/${path}`, text]]));
  const [network] = Object.entries(ledger.networks);
  if (network !== undefined) return { network: network[0], entry: network[1] };
  const [pool] = Object.entries(ledger.pools ?? {});
  return pool === undefined ? 'broken' : { pool: pool[0], entry: pool[1] };
}

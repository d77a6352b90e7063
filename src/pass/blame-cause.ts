/** Who wrote what an address was given for: commits of the definitions, of which many may lie between two passes. */
import type { Oid, Repo } from '../repo/repo.ts';
import type { Cause } from '../trace/blame.ts';
import { type DefinitionVersion, followDefinition } from './definition-past.ts';
import { type Walked, walkBack } from './walk-back.ts';

export interface DefinitionsPast {
  readonly repo: Repo;
  readonly branch: string;
  readonly folder: string;
  readonly walked: Walked;
}

/** Something defined: `Interface bakery/web-1`, and a place in which it stood once, as the ledger notes it. */
export interface Defined {
  readonly object: string;
  readonly place: string;
}

/** Newest first, each looked for when it is asked for. */
export function versionsNewestFirst({ repo, walked }: Pick<DefinitionsPast, 'repo' | 'walked'>, { object, place }: Defined): AsyncGenerator<DefinitionVersion> {
  const [kind = '', key = ''] = object.split(' ');
  return followDefinition({ repo, walked, kind, key, path: place.replace(/:\d+$/, '') });
}

/** True when more history would not tell more of who wrote what was defined at an instant. */
export async function isWrittenIn(past: Pick<DefinitionsPast, 'repo' | 'walked'>, defined: Defined, instant: number): Promise<boolean> {
  for await (const { at, commit } of versionsNewestFirst(past, defined)) {
    if (at <= instant || commit === '') return commit !== '';
  }
  return true;
}

/** The newest commit up to a revision that wrote one of these; the revision itself where history does not tell. Throws RepoError. */
export async function causeOf(past: DefinitionsPast | null, revision: Oid, defined: readonly Defined[]): Promise<Cause> {
  const isHere = past !== null && (await past.repo.here([revision])).has(revision);
  if (!isHere) return { commit: revision, author: null, subject: null, at: null };
  const commit = (await lastToWrite(past, revision, defined)) ?? revision;
  const { author, subject, at } = await past.repo.info(commit);
  return { commit, author, subject, at: new Date(at).toISOString() };
}

async function lastToWrite(past: DefinitionsPast, revision: Oid, defined: readonly Defined[]): Promise<Oid | undefined> {
  const known = commitsOf(past.walked);
  // A revision that changed nothing in the folder, or that the branch does not have any more, is the beginning of a walk of its own.
  const { repo, branch, folder } = past;
  const walked = known.includes(revision) ? past.walked : await walkBack({ repo, branch, folder, from: revision, mayFetch: false });
  const commits = commitsOf(walked);
  const upTo = Math.max(commits.indexOf(revision), 0);
  const found: number[] = [];
  for (const each of defined) {
    for await (const { commit, value } of versionsNewestFirst({ repo, walked }, each)) {
      const place = commits.indexOf(commit);
      if (place < upTo) continue;
      if (value !== null) found.push(place);
      break;
    }
  }
  return commits[Math.min(...found)];
}

function commitsOf({ changes, last }: Walked): readonly Oid[] {
  return [...changes.map(({ oid }) => oid), last.oid];
}

/** What one definition said before: its versions, followed from file to file, however they were written. */
import { parseFile } from '../load/parse-file.ts';
import type { Definition } from '../objects/object.ts';
import { equal } from '../plan/compare.ts';
import type { FolderChange, Oid, Repo } from '../repo/repo.ts';
import type { Version } from '../trace/tenure.ts';
import { said } from './definition-changes.ts';
import type { Walked } from './walk-back.ts';

export interface FollowArgs {
  readonly repo: Pick<Repo, 'read'>;
  readonly walked: Walked;
  /** `Interface`. */
  readonly kind: string;
  /** `namespace/name`, or `name`. */
  readonly key: string;
  /** A file that it stands in, or stood in: where it went from there in one commit is found. */
  readonly path: string;
}

/** From a commit on: what it said, null where it was gone. */
export type DefinitionVersion = Version<Definition | null>;

/**
 * Changes of a definition, newest first, each looked for when it is asked for. Where history is cut the last one has no commit.
 * A file that was not valid for a while changed nothing by that: nodes stay with what was before.
 */
export async function* followDefinition({ repo, walked, kind, key, path: start }: FollowArgs): AsyncGenerator<DefinitionVersion> {
  const read = (path: string, oid: Oid | null): Promise<Definition | null | 'invalid'> => readOne(repo, { kind, key, path, oid });
  let path = await movedTo(walked, start, read);
  // What it said after the commits that are still to come, and the commit that mended a file that was not valid.
  let now: Definition | null | undefined;
  let mended: FolderChange | undefined;
  for (const change of walked.changes) {
    const file = change.files.get(path);
    if (file === undefined) continue;
    const after = await read(path, file.is);
    const found = await before(change, path, read);
    if (after !== 'invalid') {
      now ??= after;
      mended = change;
    }
    if (found.value === 'invalid') continue;
    if (now !== undefined && mended !== undefined && !isSame(found.value, now)) yield { at: mended.at, commit: mended.oid, value: now };
    [now, mended, path] = [found.value, undefined, found.path];
  }
  const first = await read(path, walked.last.files.get(path) ?? null);
  if (first === null || first === 'invalid') return;
  if (mended !== undefined && now != null && !isSame(first, now)) yield { at: mended.at, commit: mended.oid, value: now };
  yield { at: walked.last.at, commit: walked.end === 'first' ? walked.last.oid : '', value: first };
}

type Read = (path: string, oid: Oid | null) => Promise<Definition | null | 'invalid'>;

// Where a file's only change is its name, nobody may have noted the new one.
async function movedTo({ changes }: Walked, start: string, read: Read): Promise<string> {
  const seen = new Set<string>();
  let path = start;
  for (let next: string | null = start; next !== null && !seen.has(next); next = await nextFile(changes, path, read)) {
    path = next;
    seen.add(path);
  }
  return path;
}

async function nextFile(changes: Walked['changes'], path: string, read: Read): Promise<string | null> {
  for (const { files } of changes) {
    const file = files.get(path);
    if (file === undefined) continue;
    if ((await read(path, file.is)) !== null) return null;
    if ((await read(path, file.was)) === null) continue;
    for (const [other, { is }] of files) {
      const there = other === path ? null : await read(other, is);
      if (there !== null && there !== 'invalid') return other;
    }
    return null;
  }
  return null;
}

// What is new in one file may have stood in another.
async function before({ files }: FolderChange, path: string, read: Read): Promise<{ readonly value: Definition | null | 'invalid'; readonly path: string }> {
  const value = await read(path, files.get(path)?.was ?? null);
  if (value !== null) return { value, path };
  for (const [other, { was }] of files) {
    const there = other === path ? null : await read(other, was);
    if (there !== null && there !== 'invalid') return { value: there, path: other };
  }
  return { value: null, path };
}

async function readOne(repo: Pick<Repo, 'read'>, { kind, key, path, oid }: { kind: string; key: string; path: string; oid: Oid | null }) {
  if (oid === null || !/\.ya?ml$/.test(path)) return null;
  const bytes = (await repo.read([oid])).get(oid) ?? new Uint8Array();
  // Most files of a commit have nothing to do with it, and parsing is what costs.
  if (!Buffer.from(bytes).includes(key.split('/').at(-1) ?? key)) return null;
  const { docs, diagnostics } = parseFile(path, bytes);
  const found = docs.find(doc => doc.kind === kind && doc.key === key);
  if (found !== undefined) return found;
  return diagnostics.some(({ severity }) => severity === 'error') ? 'invalid' : null;
}

function isSame(a: Definition | null, b: Definition | null): boolean {
  return a === null || b === null ? a === b : equal(said(a), said(b));
}

/** One commit of the definitions, as load takes it. */
import { checkEntries } from '../load/entries.ts';
import type { SourceEntry, SourceFile } from '../load/source.ts';
import type { Oid, Repo } from '../repo/repo.ts';

/** A commit's tree, and the blobs of the files that are definitions. Never a work tree. */
export async function readFiles(repo: Repo, commit: Oid, folder: string): Promise<{ files: readonly SourceFile[]; entries: readonly SourceEntry[] }> {
  const entries = (await repo.list(commit, folder)).map(({ path, mode, oid }) => ({ path, mode, id: oid }));
  const { wanted } = checkEntries(entries);
  const blobs = await repo.read(wanted.map(entry => entry.id));
  const files = wanted.flatMap(entry => {
    const bytes = blobs.get(entry.id);
    return bytes === undefined ? [] : [{ ...entry, bytes }];
  });
  return { files, entries };
}

/** A work tree that becomes a repository with one commit, where there is no git binary. */
import * as fs from 'node:fs';
import * as git from 'isomorphic-git';
import type { Author, Oid } from './repo.ts';
import { asRepoError } from './repo-errors.ts';

/** The first commit of a folder; its short name. Throws RepoError. */
export async function newRepository(
  dir: string,
  args: { readonly branch: string; readonly message: string; readonly remote: string | null; readonly paths: readonly string[]; readonly author: Author },
): Promise<Oid> {
  try {
    const { branch, message, remote, paths, author } = args;
    await git.init({ fs, dir, defaultBranch: branch });
    await git.add({ fs, dir, filepath: [...paths], parallel: false });
    const oid = await git.commit({ fs, dir, message, author });
    if (remote !== null) await git.addRemote({ fs, dir, remote: 'origin', url: remote });
    return oid.slice(0, 7);
  } catch (error) {
    throw asRepoError(error, dir);
  }
}

/** Whose the status branch is: netloom writes only where nothing is, where a README is, or where its own files are. */
import { RepoError } from '../repo/repo.ts';
import type { Remote } from './remote.ts';

/** Folders that netloom writes, at the root of the branch. */
const OURS = /^(allocations|nodes|events)\//;
const README = /^readme(\.[a-z]+)?$/i;

/** Throws RepoError `not-ours` where a synced commit holds files of people and nothing of netloom's. */
export async function checkStatusTree(remote: Remote, tip: string): Promise<void> {
  const paths = (await remote.status.list(tip, '')).map(entry => entry.path);
  const foreign = paths.find(path => !README.test(path));
  if (foreign === undefined || paths.some(path => OURS.test(path))) return;
  throw new RepoError('not-ours', `the branch ${remote.statusBranch} holds ${foreign}, which netloom does not write: name another one as status.branch`, '');
}

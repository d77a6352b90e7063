/** Whose the status branch is: netloom writes only where nothing is, where a README is, or where its own files are. */
import { type Repo, RepoError, type TreeEntry } from '../repo/repo.ts';
import type { Remote } from './remote.ts';

/** Files of the ledger and of events: nobody else has any like them. */
const OURS = /^(allocations\/(networks|pools)\/.+\.yaml|events\/[^/]+\.jsonl)$/;
/** People keep definitions of nodes in a folder of that name too: what is in the file tells. */
const NODE = /^nodes\/[^/]+\.yaml$/;
const STATUS = /^kind: NodeStatus$/m;
/** What a forge puts into a new branch. */
const BEGINNING = /^(readme|license|licence)(\.[a-z]+)?$|^\.git[^/]*$/i;

/**
 * Throws RepoError `not-ours` where a synced commit holds files of people and nothing of netloom's: a branch of theirs that
 * the configuration names by mistake.
 */
export async function checkStatusTree({ status, statusBranch }: Pick<Remote, 'status' | 'statusBranch'>, tip: string): Promise<void> {
  const entries = await status.list(tip, '');
  const foreign = entries.find(({ path }) => !BEGINNING.test(path));
  if (foreign === undefined || entries.some(({ path }) => OURS.test(path)) || (await holdsStatus(status, entries))) return;
  const what = `the branch ${statusBranch} holds ${foreign.path}, and nothing that netloom writes: people work on it`;
  throw new RepoError('not-ours', `${what}, so nothing is written there; name another branch as status.branch (one that is not there yet is made)`, '');
}

async function holdsStatus(status: Repo, entries: readonly TreeEntry[]): Promise<boolean> {
  const nodes = entries.filter(({ path }) => NODE.test(path)).map(({ oid }) => oid);
  const decoder = new TextDecoder();
  return [...(await status.read(nodes)).values()].some(bytes => STATUS.test(decoder.decode(bytes)));
}

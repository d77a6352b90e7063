/**
 * The status branch begins anew when it has grown long: what it was stays as a branch of its own, and its newest tree is the new
 * root. Both by compare-and-swap: who pushes meanwhile wins, or loses a race as any other and finds the same files there.
 */
import { type Oid, RepoError } from '../repo/repo.ts';
import type { Remote } from './remote.ts';
import { author, commitMessage } from './signature.ts';

/** A lost race is tried again this often; then a later commit's turn comes. */
const TRIES = 5;
/** Archives that are looked for at once. */
const AT_ONCE = 50;

export interface ArchiveArgs {
  readonly remote: Remote;
  readonly node: string;
  /** Tip of the status branch, as this node just pushed it. */
  readonly tip: Oid;
  /** How many commits it may have. */
  readonly archiveAfter: number;
}

export interface Archived {
  /** Branch that has the history. */
  readonly branch: string;
  readonly tip: Oid;
}

/** True for one commit in a hundredth of `archiveAfter`: its author asks how long the branch is, so that somebody does, and no more. */
export function isTurn(tip: Oid, archiveAfter: number): boolean {
  return Number.parseInt(tip.slice(0, 8), 16) % Math.max(1, Math.floor(archiveAfter / 100)) === 0;
}

/** Archives and begins anew where that is due; null where it is not. Throws RepoError, `refused` where the branch may not be replaced. */
export async function archiveIfLong({ remote, node, tip: first, archiveAfter }: ArchiveArgs): Promise<Archived | null> {
  if (!isTurn(first, archiveAfter) || !(await remote.status.goesBelow(first, { commits: archiveAfter }))) return null;
  const { status, statusBranch } = remote;
  let archive = await keepHistory(remote, await archiveFor(remote, first), first);
  let tip = first;
  for (let attempt = 1; archive !== null && attempt <= TRIES; attempt += 1) {
    const message = commitMessage(node, `begun anew; what was before is the branch ${archive.branch} at ${tip}`);
    const root = await status.root({ of: tip, author: author(node), message, at: Date.now() });
    if ((await status.push({ oid: root, branch: statusBranch, expect: tip })) === 'ok') return { branch: archive.branch, tip: root };
    const now = (await status.tips([statusBranch])).get(statusBranch) ?? null;
    // Gone, or begun anew by somebody else.
    if (now === null || !(await status.goesBelow(now, { branch: archive.branch }))) return null;
    await status.sync(statusBranch, now);
    tip = now;
    archive = await keepHistory(remote, archive, tip);
  }
  return null;
}

interface Archive {
  readonly branch: string;
  /** null: not there yet. */
  readonly tip: Oid | null;
}

// One that a crash left without a new beginning is taken further, and so is one of a branch that may not be replaced.
async function archiveFor(remote: Remote, tip: Oid): Promise<Archive> {
  const last = await lastArchive(remote);
  if (last.tip === null || last.tip === tip || (await remote.status.goesBelow(tip, { branch: last.branch }))) return last;
  return { branch: nameOf(remote, numberOf(last.branch) + 1), tip: null };
}

async function keepHistory({ status }: Remote, { branch, tip: before }: Archive, tip: Oid): Promise<Archive | null> {
  if (before === tip) return { branch, tip };
  return (await status.push({ oid: tip, branch, expect: before })) === 'ok' ? { branch, tip } : null;
}

async function lastArchive(remote: Remote): Promise<Archive> {
  let last: Archive = { branch: nameOf(remote, 1), tip: null };
  for (let from = 1; ; from += AT_ONCE) {
    const names = Array.from({ length: AT_ONCE }, (_, index) => nameOf(remote, from + index));
    const tips = await remote.status.tips(names);
    const there = names.filter(name => tips.get(name) !== null);
    const name = there.at(-1);
    if (name !== undefined) last = { branch: name, tip: tips.get(name) ?? null };
    if (there.length < AT_ONCE) return last;
  }
}

function nameOf({ statusBranch }: Remote, n: number): string {
  return `${statusBranch}-archive-${n}`;
}

function numberOf(branch: string): number {
  return Number(/(?<!\d)\d+$/.exec(branch)?.[0] ?? 0);
}

/** Like `archiveIfLong`, for who has published already: what the remote says no to is a sentence. */
export async function archiveOrSay(args: ArchiveArgs): Promise<string | null> {
  try {
    const archived = await archiveIfLong(args);
    return archived === null
      ? null
      : `the branch ${args.remote.statusBranch} had more than ${args.archiveAfter} commits: they are the branch ${archived.branch} now, and it begins anew`;
  } catch (error) {
    if (error instanceof RepoError) return `the branch ${args.remote.statusBranch} could not be archived: ${error.message}`;
    throw error;
  }
}

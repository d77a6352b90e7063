/** One look at a remote by a machine that is no node yet, or is to be none any more: nothing of it is kept. */
import { join } from 'node:path';
import { parseLedger } from '../allocate/ledger-files.ts';
import { EMPTY_LEDGER, type Ledger } from '../model/ledger.ts';
import { type Pulled, pull } from '../pass/pull.ts';
import { openRemote, type Remote, readTexts, type Sides } from '../pass/remote.ts';
import { checkStatusTree } from '../pass/status-tree.ts';
import { reportsIn } from '../pass/view.ts';
import { readAuth } from '../repo/auth.ts';
import { RepoError } from '../repo/repo.ts';
import { serverClock } from '../repo/server-clock.ts';
import { type NetEvent, parseEvents } from '../report/events.ts';
import type { NodeReport } from '../report/node-report.ts';

export interface Look {
  readonly remote: Remote;
  readonly pulled: Pulled;
  /** What nodes say on the status branch. */
  readonly said: Said;
  /** How much later it is here than at `by`; null when nobody told. */
  readonly ahead: { readonly ms: number | null; readonly by: string };
}

export interface Said {
  readonly reports: ReadonlyMap<string, NodeReport>;
  readonly events: readonly NetEvent[];
  readonly ledger: Ledger;
}

export const NOTHING_SAID: Said = { reports: new Map(), events: [], ledger: EMPTY_LEDGER };

/** Definitions and status as they are now, by clones in a folder that is thrown away. What the remote says no to is in `pulled.refusal`. */
export async function lookAt(sides: Sides, scratch: string): Promise<Look> {
  const remote = await openRemote(sides, join(scratch, 'clone'), { deadlineMs: 30_000 });
  const pulled = await pull({ remote, stateDir: scratch, good: null, node: null, keep: false });
  const said = await saidOn(remote, pulled.tips?.status ?? null);
  return { remote, pulled, said, ahead: await aheadOf(sides, remote, pulled) };
}

/** What nodes say at a tip of the status branch; nothing where there is none, or where it is a branch of people. */
export async function saidOn(remote: Remote, tip: string | null): Promise<Said> {
  if (tip === null) return NOTHING_SAID;
  await remote.status.sync(remote.statusBranch, tip);
  await checkStatusTree(remote, tip);
  const texts = await readTexts(remote.status, tip, '');
  return {
    reports: reportsIn(texts),
    ledger: parseLedger(texts).ledger,
    events: [...texts].flatMap(([path, text]) => (path.startsWith('events/') ? parseEvents(text) : [])),
  };
}

async function aheadOf({ repo }: Sides, remote: Remote, { tips }: Pulled): Promise<Look['ahead']> {
  if (tips === null) return { ms: null, by: '' };
  const auth = repo.auth === undefined ? undefined : await readAuth(repo.auth);
  const there = await serverClock(repo.url, auth).catch(notTold);
  if (there !== null) return { ms: Date.now() - there, by: 'the git server' };
  // A commit from the future: its maker's clock, or ours.
  const newest = await newestCommit(remote, tips);
  return { ms: newest === null ? null : Math.min(0, Date.now() - newest), by: 'the newest commit' };
}

async function newestCommit(remote: Remote, tips: NonNullable<Pulled['tips']>): Promise<number | null> {
  const at = async (repo: Remote['status'], tip: string | null): Promise<number[]> => (tip === null ? [] : [(await repo.info(tip).catch(notTold))?.at ?? 0]);
  const all = [...(await at(remote.status, tips.status)), ...(await at(remote.definitions, tips.main))].filter(time => time > 0);
  return all.length === 0 ? null : Math.max(...all);
}

function notTold(error: unknown): null {
  if (error instanceof RepoError) return null;
  throw error;
}

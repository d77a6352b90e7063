/**
 * allocate: decides what the definitions ask for and publishes it before anything uses it. The only atomic act is a
 * compare-and-swap of the status branch; a lost race reads again and decides again, all of it.
 */
import { createHash } from 'node:crypto';
import type { AllocationChange, AllocationNote, PendingAsk } from '../allocate/allocate.ts';
import { EMPTY_LEDGER, type Ledger } from '../model/ledger.ts';
import { membersOf } from '../objects/mesh.ts';
import type { Catalog } from '../objects/object.ts';
import { type Oid, RepoError, type RepoErrorCode } from '../repo/repo.ts';
import { decide } from './decide.ts';
import { type KeptLedger, saveKeptLedger } from './kept.ts';
import { type Base, publishLedger, readLedger } from './ledger-branch.ts';
import { type Remote, readTips, type Tips } from './remote.ts';
import { backOff, pause } from './retry.ts';

/** A lost race is decided anew this often before the asks wait for the next pass. */
const TRIES = 20;
/** How long each node before us in line gets to answer an ask. */
const TURN_MS = 500;
const LONGEST_WAIT_MS = 3_000;
const LOOK_MS = 150;

export interface Settled {
  /** Published, hence usable. */
  readonly ledger: Ledger;
  /** Tip of the status branch that holds it; null when there is none. */
  readonly tip: Oid | null;
  /** What this pass allocated or released itself. */
  readonly changes: readonly AllocationChange[];
  readonly pending: readonly PendingAsk[];
  readonly notes: readonly AllocationNote[];
  /** Why nothing could be published; null when it was, or nothing had to be. */
  readonly problem: string | null;
  /** When it was decided; ISO 8601, UTC, milliseconds. */
  readonly at: string;
  /** False: this node has no copy of the ledger and could not read all of it. What the ledger lacks must not be taken for gone. */
  readonly isKnown: boolean;
  /** What the door to git said where it is why nothing could be published; `not-ours`: the status branch is one that people work on, and stays as it is. */
  readonly because: RepoErrorCode | null;
  /** True: `ledger` is this node's copy, whatever `tip` holds: nothing of it may be published. */
  readonly isApart?: true;
}

export interface SettleArgs {
  readonly remote: Remote;
  /** The status branch as the pass found it; undefined when the remote did not answer. */
  readonly tip: Oid | null | undefined;
  /** The revision that `catalog` is; where the branch has gone on, the ledger may already answer a newer one. Absent = the newest. */
  readonly revision?: Oid | undefined;
  /** The branch of definitions as the pass found it. */
  readonly main?: Oid | null | undefined;
  readonly kept: KeptLedger | null;
  readonly catalog: Catalog;
  readonly node: string;
  readonly stateDir: string;
  /**
   * True: others may enforce a newer revision because a person told them so, and not this node. What they release it does not
   * take back, or both would push for ever: it goes on with the ledger that its revision ran with.
   */
  readonly isApart?: boolean;
  /** True: nothing will be applied, so nothing is allocated or released, and what this node last ran with stays its copy. */
  readonly isLook?: boolean;
}

/** The ledger to run with. Without a push, what is allocated goes on and new asks wait. Throws only for a full disk. */
export async function settle(args: SettleArgs): Promise<Settled> {
  if (args.tip === undefined) return offline(args, 'the remote did not answer');
  if (args.isApart && args.kept !== null) return apart(args, args.tip, args.kept);
  const seen: Seen = { ledger: null };
  try {
    if (args.isLook) return await look(args, args.tip);
    return await settleOnline(args, args.tip, seen);
  } catch (error) {
    if (error instanceof Behind) return offline(args, 'the published allocations are those of a newer revision than this node enforces');
    if (!(error instanceof RepoError)) throw error;
    const problem = error.code === 'not-ours' ? error.message : `allocations could not be published: ${error.message}`;
    return offline({ ...args, kept: seen.ledger ?? args.kept }, problem, error.code);
  }
}

async function look(args: SettleArgs, tip: Oid | null): Promise<Settled> {
  const { ledger } = await readLedger(args, tip);
  return { ...offline({ ...args, kept: { tip, ledger } }, ''), problem: null, isApart: true };
}

// What others released meanwhile lives here, with the values that it had.
function apart(args: SettleArgs, tip: Oid | null, kept: KeptLedger): Settled {
  const { changes, ledger } = decide(args.catalog, kept.ledger, new Date());
  const restored = changes.every(({ change }) => change === 'restore') ? ledger : kept.ledger;
  return { ...offline({ ...args, kept: { tip, ledger: restored } }, ''), problem: null, isApart: true };
}

/** The ledger answers definitions that are not enforced here yet. */
class Behind extends Error {}

/** The newest published ledger that a pass read whole: what counts when the push after it fails. */
interface Seen {
  ledger: KeptLedger | null;
}

async function settleOnline(args: SettleArgs, firstTip: Oid | null, seen: Seen): Promise<Settled> {
  let tip = firstTip;
  let base = await readSeen(args, { main: args.main ?? args.revision ?? null, status: tip }, seen);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const now = new Date();
    const at = now.toISOString();
    const decided = decide(args.catalog, base.ledger, now, base.unreadable);
    if (decided.ledger === base.ledger && !base.lost) return keep(args, base, { ...decided, tip, at });
    if (attempt === 0) {
      const moved = await waitForTurn(args, tip, decided.changes);
      if (moved !== null) {
        tip = moved.status;
        base = await readSeen(args, moved, seen);
        continue;
      }
    }
    const pushed = await publishLedger({ ...args, revision: args.revision ?? args.main }, base, decided.ledger, tip);
    if (pushed !== null) return keep(args, base, { ...decided, changes: [...mendedIn(base), ...decided.changes], tip: pushed, at });
    await backOff(attempt + 1, args.remote.stop);
    const tips = await readTips(args.remote);
    tip = tips.status;
    base = await readSeen(args, tips, seen);
  }
  return offline({ ...args, kept: seen.ledger ?? args.kept }, `allocations lost ${TRIES} races in a row`);
}

async function readSeen(args: SettleArgs, { main, status: tip }: Tips, seen: Seen): Promise<Base> {
  const base = await readLedger(args, tip);
  // A newer revision than this node enforces may ask for the other numbers: then they are not taken, and not taken back either.
  if (base.isRenumbered && args.revision !== undefined && main !== args.revision) throw new Behind();
  // Where a branch is not there, a node without a copy has seen nothing.
  if (args.kept !== null || (tip !== null && base.unreadable.length === 0)) seen.ledger = { tip, ledger: base.ledger };
  return base;
}

// The first of the network's nodes in hash order answers; the others wait their turn and look whether it has.
async function waitForTurn(args: SettleArgs, tip: Oid | null, changes: readonly AllocationChange[]): Promise<Tips | null> {
  const waitMs = Math.min(LONGEST_WAIT_MS, TURN_MS * rankOf(args, changes));
  const until = performance.now() + waitMs;
  while (performance.now() < until) {
    await pause(LOOK_MS, args.remote.stop);
    const seen = await readTips(args.remote);
    if (seen.status !== tip) return seen;
  }
  return null;
}

function rankOf({ catalog, node, kept }: SettleArgs, changes: readonly AllocationChange[]): number {
  const about = changes[0]?.network ?? '';
  const network = catalog.networks.get(about);
  const members = network === undefined ? [] : membersOf(network, { catalog, ledger: kept?.ledger ?? EMPTY_LEDGER }).map(member => member.name);
  const names = members.length === 0 ? [...catalog.nodes.keys()] : members;
  const order = [...names].sort((a, b) => (hashOf(about, a) < hashOf(about, b) ? -1 : 1));
  const rank = order.indexOf(node);
  return rank === -1 ? order.length : rank;
}

function hashOf(network: string, node: string): string {
  return createHash('sha256').update(`${network}\n${node}`).digest('hex');
}

// Files that somebody broke or edited, and that are now as they were.
function mendedIn({ problems, unreadable }: Base): readonly AllocationChange[] {
  return problems
    .filter(({ about }) => !unreadable.includes(about))
    .map(({ path, about, message }) => {
      const network = about.includes('/') ? about : '';
      return {
        definition: network === '' ? 'Ledger' : `Network ${network}`,
        change: 'repair',
        network,
        message: `${path} on the status branch: ${message}; said again as it was`,
      };
    });
}

type Decided = Omit<Settled, 'problem' | 'isKnown' | 'because'>;

// A ledger of which a part cannot be read is never taken for the whole one of its tip: it is read again by the next pass.
async function keep({ kept, catalog, stateDir }: SettleArgs, { unreadable }: Base, settled: Decided): Promise<Settled> {
  const isKnown = kept !== null || !unreadable.some(about => catalog.networks.has(about) || catalog.pools.has(about));
  const tip = unreadable.length === 0 ? settled.tip : null;
  if (isKnown && (kept?.tip !== tip || kept.ledger !== settled.ledger)) await saveKeptLedger(stateDir, { tip, ledger: settled.ledger });
  return { ...settled, problem: null, isKnown, because: null };
}

// What is allocated stays; who asks for something new waits. Nothing that only this node knows of is used.
function offline(args: SettleArgs, problem: string, because: RepoErrorCode | null = null): Settled {
  const ledger = args.kept?.ledger ?? EMPTY_LEDGER;
  const decided = decide(args.catalog, ledger, new Date());
  const news = decided.changes.some(change => change.change !== 'release');
  const isKnown = args.kept !== null;
  const known = news || because === 'not-ours' ? problem : null;
  return {
    ledger,
    tip: args.kept?.tip ?? null,
    changes: [],
    pending: decided.pending,
    notes: [],
    problem: isKnown ? known : `${problem}; this node has no copy of what is allocated, so nothing is changed until it can be read`,
    at: new Date().toISOString(),
    isKnown,
    because,
  };
}

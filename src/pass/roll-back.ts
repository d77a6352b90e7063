/**
 * A person goes back to an earlier revision on this node, until `netloom resume` or a newer commit. Other nodes follow the branch
 * meanwhile, so nothing is allocated for it: what it asks for must still be held, or remembered, in the ledger.
 */
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { takeLock } from '../host/lock.ts';
import type { Ledger } from '../model/ledger.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { type Oid, type Repo, RepoError } from '../repo/repo.ts';
import { settleArmed } from './armed.ts';
import { decide } from './decide.ts';
import { forgetHeldBack, type HeldBack, loadHeldBack, saveHeldBack } from './held-back.ts';
import { type Good, type KeptLedger, loadGood, loadKeptLedger, restoreKept } from './kept.ts';
import { enforcedBefore, lastEnforced, openRecord } from './last-enforced.ts';
import { loadCached } from './parsed-cache.ts';
import { openRemote, type Remote, readTips } from './remote.ts';
import { readFiles } from './revision.ts';
import { verifySource } from './verify.ts';
import { note, whoAndWhen } from './word.ts';

/** How far back a shortened name is looked for. */
const MOST_COMMITS = 10_000;

/**
 * Makes an earlier revision the one to enforce; the next pass does it. Without `wanted` the one that was enforced before this
 * one. Throws HostError when it cannot be, and changes nothing then.
 */
export async function rollBack(config: NodeConfig, wanted: string | undefined): Promise<HeldBack> {
  const { stateDir } = config;
  const lock = await takeLock(config.runtimeDir, 'netloom rollback');
  try {
    await settleArmed(stateDir);
    await openRecord(stateDir);
    const [now, kept, before] = [await loadGood(stateDir), await loadKeptLedger(stateDir), await loadHeldBack(stateDir)];
    if (now === null || kept === null) throw new HostError('no-entry', `${config.node} has enforced nothing yet: there is nothing to go back from`);
    const remote = await openRemote(config, join(stateDir, 'clone'));
    const tip = await tipOf(remote, before?.revision ?? now.revision);
    const found = await stateOf(config, wanted, { remote, tip, now, kept, before });
    const { good } = found;
    const ledger = await ledgerFor(config, found, kept);
    const { by } = whoAndWhen();
    const [from, to] = [now.revision.slice(0, 10), good.revision.slice(0, 10)];
    const message = `${by} went back from ${from} to ${to}, which is enforced until netloom resume, or a commit after ${tip.slice(0, 10)}`;
    const held: HeldBack = { format: 1, reason: 'RolledBack', revision: tip, instead: good.revision, message };
    await restoreKept(stateDir, good, { tip: kept.tip, ledger });
    await saveHeldBack(stateDir, held);
    await note(config, 'roll back', message);
    return held;
  } finally {
    lock.release();
  }
}

/** The branch is followed again from the next pass on; what was gone back from, or null where nobody went back. */
export async function endRollBack({ stateDir, node }: Pick<NodeConfig, 'stateDir' | 'node'>): Promise<HeldBack | null> {
  const held = await loadHeldBack(stateDir);
  if (held?.reason !== 'RolledBack') return null;
  await forgetHeldBack(stateDir);
  await note({ stateDir, node }, 'resume', `by ${whoAndWhen().by}: the branch is followed again`);
  return held;
}

// With the remote out of reach the newest commit that this node saw is what is gone back from.
async function tipOf(remote: Remote, seen: Oid): Promise<Oid> {
  try {
    return (await readTips(remote)).main ?? seen;
  } catch (error) {
    if (error instanceof RepoError) return seen;
    throw error;
  }
}

interface Where {
  readonly remote: Remote;
  readonly tip: Oid;
  readonly now: Good;
  readonly kept: KeptLedger;
  readonly before: HeldBack | null;
}

/** Definitions, and the ledger that they ran with where it is known. */
interface Found {
  readonly good: Good;
  readonly ledger: Ledger | null;
}

async function stateOf(config: NodeConfig, wanted: string | undefined, where: Where): Promise<Found> {
  const [last, earlier] = [await lastEnforced(config.stateDir), await enforcedBefore(config.stateDir)].map(({ good, ledger }) =>
    good === null ? null : { good, ledger: ledger?.ledger ?? null },
  );
  if (wanted === undefined) {
    if (where.before?.reason === 'RolledBack') throw new HostError('invalid', `${config.node} went back already (${where.before.message}): name a commit`);
    if (!earlier) throw new HostError('no-entry', `${config.node} does not know of an earlier revision: name a commit`);
    return earlier;
  }
  if (!/^[0-9a-f]{7,40}$/i.test(wanted)) throw new HostError('invalid', `${JSON.stringify(wanted)} is no commit: 7 to 40 hexadecimal digits`);
  const name = wanted.toLowerCase();
  const known = [{ good: where.now, ledger: where.kept.ledger }, last, earlier].find(
    state => state?.good.revision.startsWith(name) && state.good.path === config.repo.path,
  );
  return known ?? { good: await fromGit(config, name, where), ledger: null };
}

async function fromGit({ stateDir, repo }: NodeConfig, name: string, { remote, tip }: Where): Promise<Good> {
  await remote.definitions.sync(remote.branch, tip);
  const commit = await commitNamed(remote.definitions, name, tip);
  if (commit === null) throw new HostError('no-entry', `there is no commit ${name} in the history of ${remote.branch} at ${tip.slice(0, 10)}`);
  const source = await verifySource({ remote, stateDir, tip: commit, since: null, enforced: null });
  if (source?.isVerified === false) throw new HostError('invalid', `${commit.slice(0, 10)} is not verified: ${source.message}`);
  const { files } = await readFiles(remote.definitions, commit, repo.path);
  return { revision: commit, path: repo.path, files };
}

// A node keeps only the newest commit: asking whether the tip descends from one fetches the history, as far as it is needed.
async function commitNamed(definitions: Repo, name: string, tip: Oid): Promise<Oid | null> {
  if (name.length === 40) return (await definitions.descends(tip, name)) === true ? name : null;
  const near = await walkTo(definitions, name, tip);
  if (near !== null) return near;
  await definitions.descends(tip, name.padEnd(40, '0'));
  return walkTo(definitions, name, tip);
}

// All parents, nearest first; where history is cut the walk ends.
async function walkTo(definitions: Repo, name: string, tip: Oid): Promise<Oid | null> {
  const seen = new Set([tip]);
  for (const at of seen) {
    if (at.startsWith(name)) return at;
    if (seen.size > MOST_COMMITS) return null;
    for (const parent of await parentsOf(definitions, at)) seen.add(parent);
  }
  return null;
}

async function parentsOf(definitions: Repo, commit: Oid): Promise<readonly Oid[]> {
  try {
    return (await definitions.info(commit)).parents;
  } catch (error) {
    if (error instanceof RepoError && error.code === 'corrupt') return [];
    throw error;
  }
}

// What it ran with, as when a change is taken back. Else what is taken from the memory of the ledger stays in quarantine for
// everybody else; what nobody holds any more would be new.
async function ledgerFor(config: NodeConfig, { good, ledger }: Found, kept: KeptLedger): Promise<Ledger> {
  const { catalog, diagnostics } = await loadCached(config.stateDir, good.files);
  const name = good.revision.slice(0, 10);
  if (catalog === null) throw new HostError('invalid', `${name} is not valid: ${diagnostics[0]?.message ?? 'no definitions'}`);
  if (!catalog.nodes.has(config.node)) throw new HostError('invalid', `${name} has no Node ${config.node}`);
  if (ledger !== null) return ledger;
  const decided = decide(catalog, kept.ledger, new Date());
  const [lost] = decided.changes.filter(({ change }) => change === 'allocate' || change === 'change');
  if (lost === undefined) return decided.ledger;
  const why = `${name} needs allocations that nobody has any more (${lost.definition}), and one node alone makes none`;
  throw new HostError('invalid', `${why}: revert the commit in git`);
}

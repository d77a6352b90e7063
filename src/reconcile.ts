/**
 * One pass, from the remote to the kernel and back: pull, load, allocate, look, compile, read, plan, apply, verify, report,
 * publish. This file is the table of contents; each stage is a file in `pass/`.
 */
import { join } from 'node:path';
import { checkPrivileges } from './host/features.ts';
import { takeLock } from './host/lock.ts';
import type { Diagnostic } from './model/diagnostic.ts';
import type { Ledger } from './model/ledger.ts';
import type { NodeConfig } from './model/node-config.ts';
import type { Catalog, NodeDef } from './objects/object.ts';
import { dropNoted, loadNoted } from './pass/control.ts';
import { type Enforced, enforce, prepare, type Target } from './pass/enforce.ts';
import { passEvents } from './pass/events.ts';
import { checkBefore, tidyAfterKills } from './pass/guarded.ts';
import { loadGood, loadKeptLedger } from './pass/kept.ts';
import { type Published, type PublishResult, publish, readPublished } from './pass/publish.ts';
import { type Pulled, pull } from './pass/pull.ts';
import { openRemote, type Remote } from './pass/remote.ts';
import { reportOf } from './pass/report.ts';
import { type Settled, settle } from './pass/settle.ts';
import { takenBetween, takeOver } from './pass/take-over.ts';
import { dueSample } from './pass/usage.ts';
import { RepoError } from './repo/repo.ts';

/** What a pass came to. `enforced` is null when there was nothing that this node could enforce: the kernel is untouched then. */
export interface PassResult {
  readonly pulled: Pulled;
  readonly node: NodeDef | null;
  readonly settled: Settled | null;
  readonly enforced: Enforced | null;
  readonly published: PublishResult | null;
  readonly diagnostics: readonly Diagnostic[];
}

export interface PassOptions {
  /** Follow the branch to this commit although it does not descend from the enforced one. */
  readonly accept?: string | undefined;
  /** What runs, for whoever finds the lock taken. */
  readonly command: string;
  readonly now?: () => Date;
}

/** One pass under the node's lock. Throws HostError for what is wrong with the node itself (lock, privileges, disk, kernel). */
export async function reconcile(config: NodeConfig, options: PassOptions): Promise<PassResult> {
  checkPrivileges();
  const lock = await takeLock(config.runtimeDir, options.command);
  try {
    await tidyAfterKills(config.stateDir, config.runtimeDir);
    const remote = await openRemote(config, join(config.stateDir, 'clone'));
    const pulled = await pull({
      remote,
      stateDir: config.stateDir,
      good: await loadGood(config.stateDir),
      node: config.node,
      accept: options.accept,
      keep: true,
    });
    const diagnostics = [...pulled.warnings, ...(pulled.refusal?.diagnostics ?? [])];
    const { catalog } = pulled;
    const node = catalog?.nodes.get(config.node) ?? null;
    if (catalog === null || node === null) return { pulled, node, settled: null, enforced: null, published: null, diagnostics };
    return { pulled, node, diagnostics, ...(await bring(config, remote, pulled, catalog, node)) };
  } finally {
    lock.release();
  }
}

async function bring(config: NodeConfig, remote: Remote, pulled: Pulled, catalog: Catalog, node: NodeDef) {
  const { stateDir } = config;
  const kept = await loadKeptLedger(stateDir);
  const settled = await settle({ remote, tip: pulled.tips?.status, kept, catalog, node: node.name, stateDir });
  if (!settled.isKnown) return { settled, enforced: null, published: null };
  const prepared = await prepare({ catalog, ledger: settled.ledger, node }, config.runtimeDir);
  const observing = config.mode === 'observe';
  const enforced = observing
    ? { ...prepared, outcomes: [], remaining: prepared.plan, rounds: 0 }
    : await enforce(prepared, () => checkBefore(prepared.facts, stateDir));
  if (pulled.tips === null) return { settled, enforced, published: null };
  const over = observing ? settled : await takeOver({ remote, settled, catalog, enforced, node: node.name, stateDir });
  const done = await turnTo(enforced, { catalog, ledger: settled.ledger, node, taken: takenBetween(settled, over) }, config.runtimeDir);
  const published = await tell(config, remote, { pulled, settled: over, catalog, enforced: done, previous: kept?.ledger ?? null });
  return { settled: over, enforced: done, published };
}

// The others turn to this node's routers from now on, so what comes back for them is taken at once. Their addresses are announced
// in the next pass: the former node may send by them until its own.
async function turnTo(enforced: Enforced, target: Target & { readonly taken: ReadonlySet<string> }, runtimeDir: string): Promise<Enforced> {
  if (target.taken.size === 0) return enforced;
  const next = await enforce(await prepare(target, runtimeDir), async () => undefined);
  return { ...next, outcomes: [...enforced.outcomes, ...next.outcomes], rounds: enforced.rounds + next.rounds };
}

interface Told {
  readonly pulled: Pulled;
  readonly settled: Settled;
  readonly catalog: Catalog;
  readonly enforced: Enforced;
  readonly previous: Ledger | null;
}

async function tell(config: NodeConfig, remote: Remote, told: Told): Promise<PublishResult> {
  const { settled, catalog } = told;
  let before: Published;
  try {
    before = await readPublished(remote, settled.tip, config.node);
  } catch (error) {
    if (error instanceof RepoError) return { result: 'failed', message: error.message };
    throw error;
  }
  const date = new Date();
  const now = `${date.toISOString().slice(0, 19)}Z`;
  const report = reportOf({ config, ...told, before: before.report, now });
  const noted = await loadNoted(config.stateDir);
  const events = [...noted, ...passEvents({ node: config.node, ...told, before: before.report, report })];
  const sample = () => dueSample({ stateDir: config.stateDir, node: config.node, catalog, ledger: settled.ledger, now: date });
  const isUrgent = told.pulled.isAccepted;
  const published = await publish({ remote, tip: settled.tip, node: config.node, nodes: catalog.nodes.size, report, events, isUrgent, sample }, before);
  if (published.result === 'news') await dropNoted(config.stateDir, noted);
  return published;
}

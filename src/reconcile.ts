/**
 * One pass, from the remote to the kernel and back: pull, load, allocate, look, compile, read, plan, apply, verify, report,
 * publish. This file is the table of contents; each stage is a file in `pass/`.
 */
import { join } from 'node:path';
import { checkPrivileges } from './host/features.ts';
import { holdSignals, type Interruption } from './host/interruption.ts';
import { takeLock } from './host/lock.ts';
import { inStage } from './host/stage.ts';
import type { Diagnostic } from './model/diagnostic.ts';
import type { NodeConfig } from './model/node-config.ts';
import type { Catalog, NodeDef } from './objects/object.ts';
import { settleArmed } from './pass/armed.ts';
import { changeKernel, isOver, turnTo } from './pass/change.ts';
import { idleness, loadSuspension, type Suspension } from './pass/control.ts';
import type { Enforced, Target } from './pass/enforce.ts';
import { noteFirst, patienceOf } from './pass/first-of-boot.ts';
import type { Guarded } from './pass/guard.ts';
import { tidyAfterKills } from './pass/guarded.ts';
import { forgetHeldBack, frozen, type HeldBack, loadHeldBack, stillHeld, wrongWith } from './pass/held-back.ts';
import { openHookMemory, queueForHooks } from './pass/hooks.ts';
import { loadGood, loadKeptLedger } from './pass/kept.ts';
import { keepEnforced, openRecord } from './pass/last-enforced.ts';
import { measured } from './pass/metrics.ts';
import type { PublishResult } from './pass/publish.ts';
import { isApart, type Pulled, pull } from './pass/pull.ts';
import { openRemote, type Remote } from './pass/remote.ts';
import { type Gate, sourceOf } from './pass/saved-plan.ts';
import { type Settled, settle } from './pass/settle.ts';
import { takenBetween, takeOver } from './pass/take-over.ts';
import { type Telling, tell, tellNobody, tellOfNothing } from './pass/tell.ts';
import { note } from './pass/word.ts';

/** What a pass came to. `enforced` is null when there was nothing that this node could enforce: the kernel is untouched then. */
export interface PassResult {
  readonly pulled: Pulled;
  readonly node: NodeDef | null;
  readonly settled: Settled | null;
  readonly enforced: Enforced | null;
  readonly published: PublishResult | null;
  /** What this node says of itself now; null when nothing was enforced, and when the pass was cut short. */
  readonly telling: Telling | null;
  /** Nothing was applied because somebody said so. */
  readonly suspended: Suspension | null;
  readonly diagnostics: readonly Diagnostic[];
  /** What became of the change; null when nothing was enforced. */
  readonly guarded: Guarded | null;
  /** What this node does not follow its branch to. */
  readonly held: HeldBack | null;
  /** The signal that ended it before all was done and told; null when none did. */
  readonly stopped: NodeJS.Signals | null;
}

export interface PassOptions {
  /** Follow the branch to this commit although it does not descend from the enforced one. */
  readonly accept?: string | undefined;
  /** What runs, for whoever finds the lock taken. */
  readonly command: string;
  /** A person confirms what changes, within this time; then the previous state comes back. */
  readonly confirmMs?: number | undefined;
  /** Carries out a saved plan: that and nothing else, or it throws. */
  readonly gate?: Gate | undefined;
  /** How long the remote may take for one answer; a minute by default, a moment in the first pass of a boot. */
  readonly deadlineMs?: number;
  /** What there is to say is published now, however much the fleet has pushed: a person waits for it. */
  readonly isUrgent?: boolean;
}

/** One pass under the node's lock. Throws HostError for what is wrong with the node itself (lock, privileges, disk, kernel). */
export async function reconcile(config: NodeConfig, options: PassOptions): Promise<PassResult> {
  checkPrivileges();
  const lock = await takeLock(config.runtimeDir, options.command);
  const signals = holdSignals();
  try {
    return await measured(config, () => passLocked(config, options, signals));
  } finally {
    signals.release();
    lock.release();
  }
}

async function passLocked(config: NodeConfig, options: PassOptions, signals: Interruption): Promise<PassResult> {
  await tidyAfterKills(config.stateDir, config.runtimeDir);
  await settleArmed(config.stateDir);
  await openRecord(config.stateDir);
  await openHookMemory(config);
  const course = { ...(await patienceOf(config)), ...options, signals };
  const result = await follow(config, course);
  // What was there before is enforced: that is looked at, and told, like the outcome of any pass.
  const last = result.guarded?.fate === 'reverted' ? await follow(config, { ...course, accept: undefined, confirmMs: undefined, gate: undefined }) : result;
  await noteFirst(config, last.enforced);
  return { ...last, stopped: isCutShort(last) ? signals.signal() : null };
}

// A signal that comes when all is done and told ends nothing.
function isCutShort({ enforced, guarded, published }: Told): boolean {
  return enforced === null || guarded?.fate === 'stopped' || published === null || published.result === 'failed';
}

interface Course extends PassOptions {
  readonly lookupMs?: number;
  readonly signals: Interruption;
}

type Told = Omit<PassResult, 'stopped'>;

async function follow(config: NodeConfig, course: Course): Promise<Told> {
  const { stateDir } = config;
  const { deadlineMs, lookupMs, signals } = course;
  const remote = await openRemote(config, join(stateDir, 'clone'), { deadlineMs, lookupMs, stop: signals.stop });
  const held = await loadHeldBack(stateDir);
  const suspended = await loadSuspension(stateDir);
  const seen = { held, node: config.node, accept: course.accept, keep: suspended === null };
  const pulled = await pull({ remote, stateDir, good: await loadGood(stateDir), ...seen });
  course.gate?.source(sourceOf(pulled.good?.revision ?? '', pulled.good?.files ?? []));
  // Kept until it is published: what was accepted before counts for nodes that keep nothing.
  if (pulled.isAccepted) await note(config, 'accept history', `${pulled.good?.revision ?? ''} was named by a person`);
  const diagnostics = [...pulled.warnings, ...(pulled.refusal?.diagnostics ?? [])];
  const { catalog } = pulled;
  const node = catalog?.nodes.get(config.node) ?? null;
  const found = { pulled, node, suspended, diagnostics };
  if (catalog === null && held !== null && pulled.tips !== null) await tellOfNothing(config, remote, pulled, held, pulled.tips);
  const untouched = { settled: null, enforced: null, published: null, telling: null, guarded: null, held };
  if (catalog === null || node === null || signals.signal() !== null) return { ...found, ...untouched };
  return { ...found, ...(await bring(config, remote, { ...course, held, pulled, suspended, catalog, node })) };
}

interface Brought extends Course {
  readonly held: HeldBack | null;
  readonly pulled: Pulled;
  readonly suspended: Suspension | null;
  readonly catalog: Catalog;
  readonly node: NodeDef;
}

type Outcome = Pick<PassResult, 'settled' | 'enforced' | 'published' | 'telling' | 'guarded' | 'held'>;

async function bring(config: NodeConfig, remote: Remote, brought: Brought): Promise<Outcome> {
  const { pulled, suspended, catalog, node } = brought;
  const { stateDir } = config;
  const kept = await loadKeptLedger(stateDir);
  const held = stillHeld(brought.held, pulled);
  const mind = { isApart: isApart(pulled.refusal), isLook: suspended !== null };
  const tip = pulled.tips?.status;
  const wants = { catalog, revision: pulled.good?.revision, main: pulled.tips?.main, node: node.name };
  const settled = held === null ? await inStage('allocating', () => settle({ remote, tip, kept, stateDir, ...wants, ...mind })) : frozen(kept, tip);
  if (!settled.isKnown) return { settled, enforced: null, published: null, telling: null, guarded: null, held };
  // What was changed is judged whole, also by who is asked to stop.
  const judge = await openRemote(config, join(stateDir, 'clone'), { deadlineMs: brought.deadlineMs });
  const course = { ...brought, stop: brought.signals.signal };
  const change = (target: Partial<Target>): Promise<Guarded> => changeKernel(config, judge, course, { catalog, ledger: settled.ledger, node, ...target });
  const first = await change({});
  const untold = (guarded: Guarded): Outcome => ({ settled, enforced: guarded.enforced, published: null, telling: null, guarded, held });
  if (isOver(first)) return untold(first);
  const isDone = !idleness(config, suspended) && first.fate !== 'waiting' && first.fate !== 'held';
  if (isDone) await keepEnforced(stateDir);
  if (isDone && held === null) await forgetHeldBack(stateDir);
  const about = { pulled, suspended, catalog, previous: kept?.ledger ?? null };
  if (pulled.tips === null) {
    const told = { ...about, settled, enforced: first.enforced, wrong: wrongWith(first, held) };
    const telling = tellNobody(config, told);
    await queueForHooks(config, remote, told, telling);
    return { ...untold(first), telling };
  }
  const over = isDone && held === null ? await takeOver({ remote, settled, catalog, enforced: first.enforced, node: node.name, stateDir }) : settled;
  // What no saved plan holds is done by the next pass.
  const done = await turnTo(first, brought.gate === undefined ? takenBetween(settled, over) : new Set(), taken => change({ taken }));
  if (isOver(done)) return { ...untold(done), settled: over };
  const told = { ...about, settled: over, enforced: done.enforced, wrong: wrongWith(done, held), isUrgent: brought.isUrgent };
  const telling = await inStage('publishing the status', () => tell(config, remote, told));
  await queueForHooks(config, remote, told, telling);
  return { settled: over, enforced: done.enforced, published: telling.published, guarded: done, held, telling };
}

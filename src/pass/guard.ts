/**
 * Enforces a plan so that it cannot lock the node out: a plan that meets the way by which the node is managed is armed before its
 * first change, and stays only when what answered before answers after it, or when a person says so.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { bootId, bootSeconds, markOf } from '../host/boot.ts';
import { HostError } from '../host/errors.ts';
import { startWatcher } from '../host/watcher.ts';
import { readWay } from '../host/way.ts';
import type { Observed, Resource } from '../kinds/kind.ts';
import { parseDuration } from '../model/duration.ts';
import { ipFamily } from '../model/ip.ts';
import type { Ledger } from '../model/ledger.ts';
import type { NodeConfig } from '../model/node-config.ts';
import type { WayReading } from '../model/way.ts';
import type { Catalog, NodeDef } from '../objects/object.ts';
import type { Plan } from '../plan/plan.ts';
import { labelOf } from '../plan/summary.ts';
import { type Touch, touchesOf, wayOf } from '../plan/way.ts';
import { serverOf } from '../repo/address.ts';
import type { Asked } from './control.ts';
import { type Enforced, enforce, type Prepared } from './enforce.ts';
import { checkBefore } from './guarded.ts';
import type { HeldBack } from './held-back.ts';
import { disarm, type Journal, openJournal, secondsLeft, turnPage } from './journal.ts';
import { heldByKernel } from './kernel-consent.ts';
import { keepEnforced, lastEnforced } from './last-enforced.ts';
import { candidates, lostText, thoseThatWork, whatIsLost } from './probes.ts';
import { homeDir } from './program.ts';
import { prolong } from './prolong.ts';
import type { Remote } from './remote.ts';
import { failedText, takeBack } from './take-back.ts';
import { loadTakenOver, noteTakenOver, oursBefore } from './taken-over.ts';
import { heldByUpgrade } from './upgrade-consent.ts';

export interface GuardArgs {
  readonly config: Pick<NodeConfig, 'node' | 'stateDir' | 'runtimeDir' | 'probes' | 'confirmTimeout'> & { readonly repo: { readonly url: string } };
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly node: NodeDef;
  /** Commit; '' for a folder of definitions. */
  readonly revision: string;
  /** null where git is not asked: then its server is, for a connection. */
  readonly remote: Remote | null;
  /** Whether git has just answered; null: it was not asked. */
  readonly hasAnswered: boolean | null;
  /** A person confirms, within this time; else the probes do. */
  readonly confirmMs?: number | undefined;
  /** The signal that asks to stop; null while none came. */
  readonly stop: () => string | null;
  /** A hash of deletions that a person named with the command; `all`: whatever it deletes. */
  readonly approve?: string | undefined;
  /** True: what is planned is done and nothing further, also where that leaves something to do. */
  readonly isExact?: boolean;
}

/**
 * held: nothing was done, since somebody must agree to what would be deleted. plain: nothing was at stake. confirmed: what answered before answers. waiting: for a person. stopped: between two acts; what is
 * armed stays armed. reverted: the previous state is back.
 */
export type Guarded =
  | { readonly fate: 'plain' | 'confirmed' | 'stopped'; readonly enforced: Enforced }
  | { readonly fate: 'held'; readonly enforced: Enforced; readonly asked: Asked }
  | { readonly fate: 'waiting'; readonly enforced: Enforced; readonly journal: Journal }
  | { readonly fate: 'reverted'; readonly enforced: Enforced; readonly held: HeldBack };

/** Needs the node's lock. Throws HostError; what was armed by then is taken back first. */
export async function enforceGuarded(prepared: Prepared, args: GuardArgs): Promise<Guarded> {
  const { stateDir } = args.config;
  const asked = (await heldByKernel(prepared, args)) ?? (await heldByUpgrade(prepared.plan, args));
  if (asked !== null) return { fate: 'held', enforced: { ...prepared, outcomes: [], remaining: prepared.plan, rounds: 0 }, asked };
  const armed: { journal: Journal | null; isChecked: boolean; settle: () => Promise<Journal | null> } = {
    journal: null,
    isChecked: false,
    settle: async () => null,
  };
  const before = async (plan: Plan): Promise<void> => {
    if (!armed.isChecked) await checkBefore(prepared.facts, stateDir);
    armed.isChecked = true;
    await noteTakenOver(stateDir, plan, prepared);
    if (armed.journal !== null) return;
    armed.journal = await arm(prepared, plan, args);
    if (armed.journal !== null) armed.settle = prolongFor(armed.journal, args);
  };
  try {
    const enforced = await enforce(prepared, { before, stop: args.stop, ...(args.isExact === true ? { rounds: 1 } : {}) });
    armed.journal = await armed.settle();
    if (args.stop() !== null && enforced.remaining.steps.length > 0) return { fate: 'stopped', enforced };
    return armed.journal === null ? { fate: 'plain', enforced } : await conclude(enforced, armed.journal, args);
  } catch (error) {
    armed.journal = await armed.settle();
    if (armed.journal === null || !(error instanceof HostError)) throw error;
    const held = await takeBack(stateDir, armed.journal, `it could not be enforced: ${error.message}`, args.remote);
    throw new HostError(error.code, held.message, { cause: error });
  }
}

function prolongFor(journal: Journal, args: GuardArgs): () => Promise<Journal> {
  const { stateDir } = args.config;
  return prolong(journal, {
    forMs: timeToConfirm(args),
    isWell: async mostMs => (await whatIsLost(journal.probes, args.remote, mostMs)).length === 0,
    turn: (page, next) => turnPage(stateDir, page, next),
  });
}

function timeToConfirm({ config, confirmMs }: GuardArgs): number {
  return confirmMs ?? parseDuration(config.confirmTimeout) ?? 60_000;
}

async function conclude(enforced: Enforced, journal: Journal, args: GuardArgs): Promise<Guarded> {
  const { stateDir } = args.config;
  // Half of what is left is for the way back.
  const lost = await whatIsLost(journal.probes, args.remote, (secondsLeft(journal) * 1000) / 2);
  if (lost.length > 0) {
    const failed = enforced.outcomes.filter(({ status }) => status === 'failed').map(failedText);
    const why = [`${lostText(lost)}, after: ${journal.touches.join(', ')}`, ...(failed.length === 0 ? [] : [`failed: ${failed.join(', ')}`])].join('; ');
    return { fate: 'reverted', enforced, held: await takeBack(stateDir, journal, why, args.remote) };
  }
  if (journal.confirm === 'person') return { fate: 'waiting', enforced, journal: await turnPage(stateDir, journal, { phase: 'applied' }) };
  await confirm(stateDir, journal);
  return { fate: 'confirmed', enforced };
}

/** What is enforced stays. Needs the node's lock. */
export async function confirm(stateDir: string, journal: Journal): Promise<void> {
  if (journal.phase !== 'confirmed') await turnPage(stateDir, journal, { phase: 'confirmed' });
  if (journal.revision !== '') await keepEnforced(stateDir);
  await disarm(stateDir, journal);
}

// null: the plan does not meet the way, and nobody asked for it.
async function arm(prepared: Prepared, plan: Plan, args: GuardArgs): Promise<Journal | null> {
  const { config } = args;
  const reading = await readWay(wayArgs(prepared, args));
  const touches = touchesOf(plan.steps, wayOf(reading));
  if (touches.length === 0 && args.confirmMs === undefined) return null;
  if (!(await isWayBack(prepared, args))) return null;
  const probes = await thoseThatWork(candidates(config, reading, peersOf(args)), args.remote, args.hasAnswered);
  const journal: Journal = {
    format: 1,
    id: randomBytes(4).toString('hex'),
    phase: 'arming',
    node: config.node,
    runtimeDir: config.runtimeDir,
    revision: args.revision,
    boot: bootId(),
    deadlineS: bootSeconds() + timeToConfirm(args) / 1000,
    confirm: args.confirmMs === undefined ? 'probes' : 'person',
    pass: markOf(),
    touches: touches.slice(0, 20).map(touchText),
    settings: settingsBefore(prepared.observed, plan, args.node),
    probes,
  };
  await openJournal(config.stateDir, journal);
  try {
    await startWatcher(watcherOf(config.stateDir, journal));
    return await turnPage(config.stateDir, journal, { phase: 'applying' });
  } catch (error) {
    await disarm(config.stateDir, journal);
    throw error;
  }
}

/** The watcher of a journal: this program, as `netloom undo`. */
export function watcherOf(stateDir: string, journal: Journal): Parameters<typeof startWatcher>[0] {
  const args = [join(homeDir(), 'dist', 'netloom.js'), 'undo', stateDir, journal.id];
  return { id: journal.id, program: process.execPath, args, seconds: secondsLeft(journal), folder: journal.runtimeDir };
}

// A node that lost its record, and whose kernel has what somebody enforced: nothing is known to go back to, and nothing is not it.
async function isWayBack({ observed }: Prepared, { config, confirmMs }: GuardArgs): Promise<boolean> {
  const { good } = await lastEnforced(config.stateDir);
  if (good !== null || oursBefore(observed, await loadTakenOver(config.stateDir)).length === 0) return true;
  if (confirmMs === undefined) return false;
  throw new HostError(
    'invalid',
    `nothing was changed: ${config.stateDir} does not know what was enforced before, to go back to; run a pass without --confirm-timeout first`,
  );
}

function wayArgs({ facts }: Prepared, args: GuardArgs): Parameters<typeof readWay>[0] {
  const server = serverOf(args.config.repo.url);
  const underlay = facts.underlay === null ? null : { link: facts.underlay.device, address: args.node.spec.underlay.address };
  // Where git has just not answered, its name may be why: what the system does not find takes its time.
  const isAsked = server !== null && (args.hasAnswered !== false || ipFamily(server.host.replace(/^\[|\]$/g, '')) !== null);
  return { hosts: isAsked ? [server.host] : [], peers: peersOf(args), underlay };
}

// The next ones by name: in a large cluster not all nodes ask the same ones.
function peersOf({ catalog, node }: GuardArgs): WayReading['ends'] {
  const names = [...catalog.nodes.keys()].sort();
  const at = names.indexOf(node.name);
  return [...names.slice(at + 1), ...names.slice(0, at)].flatMap(name => catalog.nodes.get(name)?.spec.underlay.address ?? []);
}

function touchText({ verb, title, ref, meets }: Touch): string {
  return `${verb} ${title} ${labelOf(ref)} (${meets})`;
}

/** What the plan sets of the node's own, as it is now. */
function settingsBefore(observed: readonly Observed[], { steps }: Plan, node: NodeDef): readonly Resource[] {
  const set = new Set(steps.map(({ ref }) => ref));
  const from = [{ definition: `Node ${node.name}`, at: node.at }];
  return observed.filter(({ owner, ref }) => owner === 'common' && set.has(ref)).map(({ kind, ref, spec }) => ({ kind, ref, spec, from }));
}

/** `netloom apply`: plan, apply and verify on this node, without a remote. */
import { checkPrivileges } from '../host/features.ts';
import { holdSignals } from '../host/interruption.ts';
import { takeLock } from '../host/lock.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { placesOf } from '../objects/index.ts';
import { settleArmed } from '../pass/armed.ts';
import { keepContests, loadContests } from '../pass/contests.ts';
import { type Enforced, prepare } from '../pass/enforce.ts';
import { enforceGuarded, type GuardArgs, type Guarded } from '../pass/guard.ts';
import { tidyAfterKills } from '../pass/guarded.ts';
import { loadGood } from '../pass/kept.ts';
import { keepEnforced, openRecord } from '../pass/last-enforced.ts';
import { settleLocally } from '../pass/local.ts';
import type { Gate } from '../pass/saved-plan.ts';
import type { Held } from '../plan/plan.ts';
import { printText } from '../plan/print-text.ts';
import { loadConfig } from './config.ts';
import { confirmOption, fateExit } from './confirm-words.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { keptContext, localContext, type NodeContext, type NodeOptions } from './node-context.ts';
import { outcomeText } from './outcome-text.ts';
import { paintPlan, print, say } from './terminal.ts';

type Options = NodeOptions & { readonly confirmTimeout?: string; readonly approve?: string };

/**
 * Exit 0 when the kernel is as wanted, 4 when something could not be done, 5 when somebody must agree, 1 when it was taken back. With a gate only what a saved
 * plan holds.
 */
export async function applyNow(options: Options, gate?: Gate): Promise<ExitCode> {
  const { guarded } = await applyHere(options, gate === undefined ? {} : { gate });
  return fateExit(guarded) ?? (gate === undefined ? exitOf(guarded.enforced) : exactExit(guarded.enforced));
}

/** One pass without a remote, told on the terminal; a quiet one tells nothing where there is nothing to do. */
export async function applyHere(
  options: Options,
  { gate, isQuiet = false }: { readonly gate?: Gate; readonly isQuiet?: boolean },
): Promise<{ readonly guarded: Guarded }> {
  checkPrivileges();
  const confirmMs = confirmOption(options.confirmTimeout);
  if (options.local === undefined) checkEnforcing(loadConfig(options.config));
  const stateDir = options.local === undefined ? loadConfig(options.config).stateDir : options.stateDir;
  // First the lock: what a pass that runs now accepts must not be undone by what it had before.
  const lock = await takeLock(options.local === undefined ? loadConfig(options.config).runtimeDir : options.runtimeDir, 'netloom apply');
  const signals = holdSignals();
  try {
    await settleArmed(stateDir);
    await openRecord(stateDir);
    const context = options.local === undefined ? await keptContext(options) : await localContext(options, gate === undefined);
    await tidyAfterKills(context.stateDir, context.runtimeDir);
    for (const line of context.remarks) say(line);
    gate?.source(context.source);
    const kept = await loadContests(context.stateDir);
    const found = await prepare({ ...context.target, contests: kept.contests }, context.runtimeDir);
    const prepared = gate?.plan(found, context.target.ledger) ?? found;
    if (gate !== undefined) await settleLocally(context.target.catalog, context.stateDir, true);
    const isTold = !isQuiet || prepared.plan.steps.length > 0;
    if (isTold) print(printText(prepared.plan, { paint: paintPlan, placeOf: placesOf(context.target.catalog) }));
    const revision = options.local === undefined ? ((await loadGood(stateDir))?.revision ?? '') : '';
    const guarded = await enforceGuarded(prepared, {
      config: guardConfig(options, context),
      ...context.target,
      ...UNASKED,
      revision,
      confirmMs,
      approve: options.approve,
      stop: signals.signal,
      isExact: gate !== undefined,
    });
    await keepContests({ node: context.target.node.name, stateDir: context.stateDir }, kept, guarded.enforced);
    if (options.local === undefined && guarded.fate === 'plain') await keepEnforced(stateDir);
    if (isTold) for (const line of context.pending) say(`waits: ${line}`);
    if (isTold && guarded.fate !== 'held') say(outcomeText(guarded.enforced));
    return { guarded };
  } finally {
    signals.release();
    lock.release();
  }
}

/** Throws CommandError on a node that only looks. */
export function checkEnforcing({ mode, node }: Pick<NodeConfig, 'mode' | 'node'>): void {
  if (mode === 'observe')
    throw new CommandError(`${node} is in mode observe, where nothing is applied`, {
      hint: 'set mode: enforce in its configuration; until then netloom plan says what would be done',
    });
}

const UNASKED = { remote: null, hasAnswered: null } as const;

function guardConfig(options: Options, { target, stateDir, runtimeDir }: NodeContext): GuardArgs['config'] {
  if (options.local === undefined) return loadConfig(options.config);
  return { node: target.node.name, stateDir, runtimeDir, probes: [], confirmTimeout: '60s', repo: { url: '' } };
}

/** 0 when everything that was planned is done, whatever else there is to do by now. */
export function exactExit({ outcomes }: Enforced): ExitCode {
  return outcomes.every(({ status }) => status === 'done') ? EXIT.fine : EXIT.partly;
}

const STUCK: ReadonlySet<Held['why']> = new Set(['conflict', 'in-use', 'unread']);

/** True for what somebody has to look at: waiting for a guest is no fault, and what depends on a held thing is told with it. */
export function isStuck({ why }: Pick<Held, 'why'>): boolean {
  return STUCK.has(why);
}

/** 0 when nothing differs, is stuck or in trouble. */
export function exitOf(enforced: Enforced): ExitCode {
  const { steps, held } = enforced.remaining;
  const stuck = held.some(isStuck) || enforced.compiled.troubles.some(trouble => trouble.fatal);
  return steps.length > 0 || stuck ? EXIT.partly : EXIT.fine;
}

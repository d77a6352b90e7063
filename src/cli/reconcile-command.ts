/** `netloom reconcile`: one pass, what the timer runs. */
import type { NodeConfig } from '../model/node-config.ts';
import { formatPlace } from '../model/place.ts';
import { placesOf } from '../objects/index.ts';
import { idleness, type Suspension, suspensionText } from '../pass/control.ts';
import type { Enforced } from '../pass/enforce.ts';
import { isFirstOfBoot } from '../pass/first-of-boot.ts';
import type { PublishResult } from '../pass/publish.ts';
import { contestText } from '../plan/contest.ts';
import { heldReason } from '../plan/print-held.ts';
import { printText } from '../plan/print-text.ts';
import { type PassResult, reconcile } from '../reconcile.ts';
import { exitOf, isStuck } from './apply-command.ts';
import { loadConfig } from './config.ts';
import { confirmOption, fateExit } from './confirm-words.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { EXIT, type ExitCode, PASSING } from './exit.ts';
import { logger } from './log.ts';
import { nodeOf } from './node-context.ts';
import { outcomeText } from './outcome-text.ts';
import { refusalExit } from './refusal-exit.ts';
import { tellHooks } from './tell-hooks.ts';
import { paintPlan, print, say } from './terminal.ts';

/** Exit 0 fine, 1 a remote that refuses us, 3 invalid definitions, 4 partly applied, 75 remote unreachable; the last good revision is enforced in all of them. */
export async function reconcileCommand(options: Options): Promise<ExitCode> {
  const config = loadConfig(options.config);
  const confirmMs = confirmOption(options.confirmTimeout);
  const guestsWait = await isFirstOfBoot(config);
  const result = await reconcile(config, { accept: options.accept, confirmMs, command: 'netloom reconcile' });
  tellPass(config, result);
  // At boot the unit has to end before guests begin: the next pass tells.
  if (result.stopped === null && !guestsWait) await tellHooks(config);
  return endOf(config, result);
}

/** Says how it ended where that is not how a pass ends anyway; the exit code. */
export function endOf(config: NodeConfig, result: PassResult): ExitCode {
  if (result.stopped !== null)
    say(`stopped by ${result.stopped}: ${result.enforced === null ? 'nothing was changed' : 'between two acts'}; the next pass goes on`);
  if (result.stopped !== null) return EXIT.tryAgain;
  return (result.guarded === null ? null : fateExit(result.guarded)) ?? passExit(config, result);
}

/** Says what a pass came to: to a person on a terminal, else as a log. */
export function tellPass(config: NodeConfig, result: PassResult): void {
  if (process.stderr.isTTY === true) tellPerson(result);
  else tellLog(config, result);
}

interface Options {
  readonly config: string;
  readonly accept?: string;
  readonly confirmTimeout?: string;
}

/** What a pass means as an exit code. Throws CommandError where this node is not in the definitions. */
export function passExit(config: NodeConfig, { pulled, node, enforced, settled, suspended, held }: PassResult): ExitCode {
  if (pulled.catalog !== null && node === null) nodeOf(pulled.catalog, config.node);
  if (held?.reason === 'Reverted') return EXIT.error;
  // What a person asked for is no failure.
  if (pulled.refusal !== null && pulled.refusal.reason !== 'RolledBack') return refusalExit(pulled.refusal);
  if (settled?.problem) return settled.because === null || PASSING.has(settled.because) ? EXIT.tryAgain : EXIT.error;
  if (enforced === null) return EXIT.error;
  return idleness(config, suspended) ? EXIT.fine : exitOf(enforced);
}

// What is worth a word about the status branch; null for nothing.
function publishText(published: PublishResult | null): string | null {
  if (published?.result === 'failed') return `the status could not be published: ${published.message}`;
  if (published?.result === 'news') return published.remark ?? null;
  if (published?.result !== 'later') return null;
  return `all nodes together have pushed enough for now: a pass in ${Math.ceil(published.waitMs / 1000)} s or later publishes the status (status.pushesPerMinute)`;
}

const NOTHING_YET = 'this node has no good revision yet: there is nothing to enforce, and nothing was changed';

function heldBack(suspended: Suspension): string {
  return `this node is suspended ${suspensionText(suspended)}, since ${suspended.since}: nothing is applied before netloom resume`;
}

function tellPerson({ pulled, suspended, enforced, settled, published, diagnostics, held }: PassResult): void {
  for (const remark of pulled.remarks) say(remark);
  if (diagnostics.length > 0) say(formatDiagnostics(diagnostics));
  if (pulled.refusal !== null) say(`${pulled.refusal.reason}: ${pulled.refusal.message}`);
  if (held !== null && pulled.refusal?.reason !== held.reason) say(`${held.reason}: ${held.message}`);
  if (pulled.good === null) say(NOTHING_YET);
  if (suspended !== null) say(heldBack(suspended));
  if (settled?.problem) say(settled.problem);
  for (const note of settled?.notes ?? []) say(`${note.definition}: ${note.message}`);
  for (const ask of settled?.pending ?? []) say(`${ask.definition}: ${ask.reason}: ${ask.message}`);
  if (enforced !== null) {
    print(printText(enforced.plan, { paint: paintPlan, ...(pulled.catalog === null ? {} : { placeOf: placesOf(pulled.catalog) }) }));
    say(outcomeText(enforced));
  }
  const untold = publishText(published);
  if (untold !== null) say(untold);
}

function tellLog(config: NodeConfig, { pulled, suspended, enforced, settled, published, diagnostics, held }: PassResult): void {
  const log = logger(config.node);
  for (const remark of pulled.remarks) log.warn(remark);
  for (const diagnostic of diagnostics)
    log[diagnostic.severity === 'error' ? 'error' : 'warn'](
      { code: diagnostic.code, at: formatPlace(diagnostic.at), related: diagnostic.related?.map(formatPlace), hint: diagnostic.hint },
      diagnostic.message,
    );
  if (pulled.refusal !== null) log.error({ reason: pulled.refusal.reason }, pulled.refusal.message);
  if (held !== null && pulled.refusal?.reason !== held.reason) log.error({ reason: held.reason }, held.message);
  if (pulled.good === null) log.error(NOTHING_YET);
  if (suspended !== null) log.warn(heldBack(suspended));
  if (settled?.problem) log.warn(settled.problem);
  for (const change of settled?.changes ?? []) log.info({ definition: change.definition }, `${change.change}: ${change.message}`);
  for (const ask of settled?.pending ?? []) log.warn({ definition: ask.definition, reason: ask.reason }, ask.message);
  if (enforced !== null) tellWork(log, enforced, pulled.good?.revision.slice(0, 10) ?? '');
  const untold = publishText(published);
  if (untold !== null) log[published?.result === 'later' ? 'info' : 'warn'](untold);
}

function tellWork(log: ReturnType<typeof logger>, { compiled, outcomes, remaining, rounds }: Enforced, revision: string): void {
  for (const trouble of compiled.troubles) log.warn({ definition: trouble.definition, reason: trouble.reason }, trouble.message);
  for (const held of remaining.held.filter(isStuck)) {
    const { why: reason, ref, on, from } = held;
    log.warn({ definition: from[0]?.definition, ref, reason, on }, `${ref} is left as it is: ${heldReason(held)}`);
  }
  for (const each of remaining.contested ?? []) log.warn({ definition: each.definition, ref: each.ref, reason: 'Contested' }, contestText(each));
  for (const outcome of outcomes) if (outcome.status === 'failed') log.error({ ref: outcome.step.ref, verb: outcome.step.verb }, outcome.error ?? 'failed');
  const done = outcomes.filter(one => one.status === 'done').length;
  log.info({ revision, done, left: remaining.steps.length, held: remaining.held.length, rounds }, 'pass ended');
}

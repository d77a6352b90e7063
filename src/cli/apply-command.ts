/** `netloom apply`: plan, apply and verify on this node, without a remote. */
import { checkPrivileges } from '../host/features.ts';
import { takeLock } from '../host/lock.ts';
import { placesOf } from '../objects/index.ts';
import { type Enforced, enforce, prepare } from '../pass/enforce.ts';
import { checkBefore, tidyAfterKills } from '../pass/guarded.ts';
import type { Held } from '../plan/plan.ts';
import { printText } from '../plan/print-text.ts';
import { loadConfig } from './config.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { keptContext, localContext, type NodeOptions } from './node-context.ts';
import { outcomeText } from './outcome-text.ts';
import { paintPlan, print, say } from './terminal.ts';

/** Exit 0 when the kernel is as wanted, 4 when something could not be done. */
export async function applyCommand(options: NodeOptions): Promise<ExitCode> {
  checkPrivileges();
  // First the lock: what a pass that runs now accepts must not be undone by what it had before.
  const lock = await takeLock(options.local === undefined ? loadConfig(options.config).runtimeDir : options.runtimeDir, 'netloom apply');
  try {
    const context = options.local === undefined ? await keptContext(options) : await localContext(options, true);
    await tidyAfterKills(context.stateDir, context.runtimeDir);
    for (const line of context.remarks) say(line);
    const prepared = await prepare(context.target, context.runtimeDir);
    print(printText(prepared.plan, { paint: paintPlan, placeOf: placesOf(context.target.catalog) }));
    const enforced = await enforce(prepared, () => checkBefore(prepared.facts, context.stateDir));
    for (const line of context.pending) say(`waits: ${line}`);
    say(outcomeText(enforced));
    return exitOf(enforced);
  } finally {
    lock.release();
  }
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

/** `netloom apply`: plan, apply and verify on this node, without a remote. */
import { checkPrivileges } from '../host/features.ts';
import { takeLock } from '../host/lock.ts';
import { type Enforced, enforce, prepare } from '../pass/enforce.ts';
import { checkBefore } from '../pass/guarded.ts';
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
    const prepared = await prepare(context.target, context.runtimeDir);
    print(printText(prepared.plan, { paint: paintPlan }));
    const enforced = await enforce(prepared, () => checkBefore(prepared.facts, context.stateDir));
    for (const line of context.pending) say(`waits: ${line}`);
    say(outcomeText(enforced));
    return exitOf(enforced);
  } finally {
    lock.release();
  }
}

/** 0 when nothing differs, is held back in conflict or in trouble. */
export function exitOf(enforced: Enforced): ExitCode {
  const { steps, held } = enforced.remaining;
  const stuck = held.some(one => one.why === 'conflict' || one.why === 'in-use') || enforced.compiled.troubles.some(trouble => trouble.fatal);
  return steps.length > 0 || stuck ? EXIT.partly : EXIT.fine;
}

/** `netloom suspend` and `resume`: whether this node applies anything at all. */
import { HostError } from '../host/errors.ts';
import { takeLockInTime } from '../host/lock.ts';
import { dropContests } from '../pass/contests.ts';
import { loadSuspension, saveSuspension, suspensionText } from '../pass/control.ts';
import { endRollBack } from '../pass/roll-back.ts';
import { note, whoAndWhen } from '../pass/word.ts';
import { loadConfig } from './config.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { print } from './terminal.ts';

const LONGEST_PASS_MS = 120_000;

/** Returns when nothing is applied any more: a pass that runs now is waited for. */
export async function suspendCommand(options: { readonly config: string; readonly reason: string }): Promise<ExitCode> {
  const { node, stateDir, runtimeDir } = loadConfig(options.config);
  const before = await loadSuspension(stateDir);
  const suspension = { ...whoAndWhen(), reason: options.reason };
  await saveSuspension(stateDir, suspension);
  await note({ node, stateDir }, 'suspend', suspensionText(suspension));
  await endOfPass(runtimeDir);
  const again = before === null ? '' : ` It was suspended already, ${suspensionText(before)}, since ${before.since}.`;
  print(`${node} is suspended ${suspensionText(suspension)}.${again} Nothing is applied before: netloom resume`);
  return EXIT.fine;
}

/** Ends a suspension, and a rollback. Nothing is done here; the next pass does it. */
export async function resumeCommand(options: { readonly config: string }): Promise<ExitCode> {
  const { node, stateDir } = loadConfig(options.config);
  const suspension = await loadSuspension(stateDir);
  const held = await endRollBack({ node, stateDir });
  if (held !== null) print(`${node} follows the branch again: ${held.message}. The next pass catches up: netloom reconcile`);
  const contests = await dropContests(stateDir);
  if (contests > 0) {
    await note({ node, stateDir }, 'resume', `by ${whoAndWhen().by}: what others kept changing is put right again`);
    print(`${node} puts right again what others kept changing (${contests}). The next pass does it: netloom reconcile`);
  }
  if (suspension === null) {
    if (held === null && contests === 0) print(`${node} is not suspended.`);
    return EXIT.fine;
  }
  await saveSuspension(stateDir, null);
  const { by } = whoAndWhen();
  await note({ node, stateDir }, 'resume', `by ${by}; suspended ${suspensionText(suspension)}, since ${suspension.since}`);
  print(`${node} is resumed; it was suspended ${suspensionText(suspension)}, since ${suspension.since}. The next pass catches up: netloom reconcile`);
  return EXIT.fine;
}

// Its word is on the disk: whoever takes the lock from now on applies nothing.
async function endOfPass(runtimeDir: string): Promise<void> {
  try {
    (await takeLockInTime(runtimeDir, 'netloom suspend', LONGEST_PASS_MS)).release();
  } catch (error) {
    if (!(error instanceof HostError && error.code === 'locked')) throw error;
    throw new CommandError(`suspended, but a pass that began before still runs: ${error.message}`, {
      exitCode: EXIT.tryAgain,
      hint: 'it is the last one: wait for its end',
    });
  }
}

/** What becomes of an armed change, for people and for exit codes. */
import { waitingText } from '../pass/armed.ts';
import { type Asked, askedText } from '../pass/control.ts';
import type { Guarded } from '../pass/guard.ts';
import { durationOption } from './duration-option.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { say } from './terminal.ts';

const SHORTEST_MS = 5_000;

/** Milliseconds of --confirm-timeout; undefined without it. Throws CommandError. */
export function confirmOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = durationOption('--confirm-timeout', text);
  if (ms >= SHORTEST_MS) return ms;
  throw new CommandError(`--confirm-timeout ${text} is too short to read this sentence`, { hint: '2m leaves time to look whether all is well' });
}

/** Says what became of it where that is not how a pass ends anyway; the exit code, or null to go by what was enforced. */
export function fateExit(guarded: Guarded): ExitCode | null {
  if (guarded.fate === 'waiting') say(waitingText(guarded.journal));
  if (guarded.fate === 'stopped') say('stopped between two acts; the next pass goes on');
  if (guarded.fate === 'reverted') say(guarded.held.message);
  if (guarded.fate === 'held') {
    say(guarded.asked.revision === '' ? localText(guarded.asked) : askedText(guarded.asked));
    return EXIT.needsApproval;
  }
  if (guarded.fate === 'stopped') return EXIT.tryAgain;
  return guarded.fate === 'reverted' ? EXIT.error : null;
}

// The state directory of a folder takes no other words.
function localText({ hash, why }: Asked): string {
  return `nothing was changed: ${why}; if that is meant, the same again with --approve ${hash}`;
}

/** How a command ends: the exit codes, and an error that a command throws to end with one of them and a message for people. */

import { adviceFor, codeOfErrno, errnoOf } from '../host/errors.ts';

/** Exit codes, the same for every command. */
export const EXIT = { fine: 0, error: 1, changes: 2, invalid: 3, partly: 4, needsApproval: 5, tryAgain: 75 } as const;

/** What each tells, in a few words. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'fine',
  1: 'error',
  2: 'changes found or not Ready',
  3: 'invalid definitions',
  4: 'partly applied',
  5: 'needs approval',
  75: 'locked or remote unreachable (try again)',
};

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command ends with this message and this code; `hint` says what to do. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  /** What to do; null only where the person has just decided it. */
  readonly hint: string | null;
  constructor(message: string, { exitCode = EXIT.error, hint }: { exitCode?: ExitCode; hint: string | null }) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** What of any error people are shown: message, hint and exit code; the stack only for a bug. */
export function explain(error: unknown): { readonly text: string; readonly exitCode: ExitCode } {
  if (error instanceof CommandError) return { text: withHint(error.message, error.hint), exitCode: error.exitCode };
  if (error instanceof Error && (error.name === 'HostError' || error.name === 'RepoError')) {
    const code = String((error as Error & { code?: unknown }).code ?? 'other');
    const exitCode = PASSING.has(code) ? EXIT.tryAgain : EXIT.error;
    return { text: withHint(error.message, error.name === 'RepoError' && exitCode === EXIT.tryAgain ? AGAIN : null), exitCode };
  }
  if (isPartGone(error)) return { text: withHint(`a part of netloom is gone: ${error.message}`, GONE), exitCode: EXIT.error };
  const short = shortOf(error);
  if (short !== null) return { text: withHint(short.message, adviceFor(codeOfErrno(short))), exitCode: EXIT.error };
  if (isRefusal(error)) return { text: withHint(error.message, 'run it as root'), exitCode: EXIT.error };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text: `${text}\nThis is a mistake in netloom: please report it with what you did.`, exitCode: EXIT.error };
}

const AGAIN = 'try again in a while; what nodes enforce does not depend on it';
const GONE = 'it was replaced while it ran, and the next run is whole; or else it has to be installed anew';

// An upgrade takes away what the old program would load now.
function isPartGone(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

// What the node is short of, wherever that shows: also while our own code is loaded.
function shortOf(error: unknown): Error | null {
  return error instanceof Error && SHORT.has(errnoOf(error)) ? error : null;
}

const SHORT: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ENOMEM', 'ENOBUFS', 'EAGAIN']);

// What the system says to somebody who may not.
function isRefusal(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
}

/** Codes of HostError and RepoError that pass by themselves: another try may help, and nobody has to do anything. tls: a clock is wrong after a boot. */
export const PASSING: ReadonlySet<string> = new Set(['locked', 'unreachable', 'timeout', 'rate-limited', 'truncated', 'tls', 'stopped', 'corrupt']);

function withHint(message: string, hint: string | null): string {
  return hint === null ? message : `${message}\n  hint: ${hint}`;
}

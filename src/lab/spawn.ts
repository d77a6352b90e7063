/**
 * Processes that a lab needs and `host/exec.ts` refuses to make on purpose: such that outlive this one (namespaces live as long
 * as a process is in them), and such that own the user's terminal (`lab exec n1 -- bash`). argv arrays, no shell.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { findProgram } from '../host/exec.ts';

export interface ApartOptions {
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** File that takes stdout and stderr; without it they go nowhere. */
  readonly log?: string;
}

/** Starts a process in a session of its own that goes on when we end; its pid. Throws what the system says when it cannot be started. */
export async function spawnApart(program: string, args: readonly string[], options: ApartOptions): Promise<number> {
  const log = options.log === undefined ? undefined : openSync(options.log, 'a', 0o600);
  try {
    const child = spawn(findProgram(program), args, { detached: true, stdio: ['ignore', log ?? 'ignore', log ?? 'ignore'], env: options.env, cwd: '/' });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    return child.pid as number;
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

/** Runs a program on our own terminal; its exit code, 128 + signal when a signal ended it. */
export async function runAttached(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(findProgram(program), args, { stdio: 'inherit', env });
  // The terminal sends Ctrl-C to both of us: it is meant for the one inside.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
  } finally {
    process.off('SIGINT', ignore);
  }
}

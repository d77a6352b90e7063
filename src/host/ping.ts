/** Starts programs that talk while they run: ping inside a network's namespace, and ssh to a node that can do that. */
import { findProgram } from './exec.ts';
import { type LongChild, spawnLong } from './spawn-long.ts';

export interface PingArgs {
  /** Name below /run/netns. */
  readonly netns: string;
  /** IPv4. */
  readonly address: string;
  readonly count: number;
  readonly intervalS: number;
  /** How long an answer is waited for. */
  readonly timeoutS: number;
}

/** ping in a namespace. Throws HostError `missing-program`. */
export function startPing({ netns, address, count, intervalS, timeoutS }: PingArgs): LongChild {
  const options = ['-n', '-c', String(count), '-i', String(intervalS), '-W', String(timeoutS)];
  return spawnLong('ip', ['netns', 'exec', netns, findProgram('ping'), ...options, address]);
}

/**
 * One command on another machine. ssh hands the line to the login shell there, so `line` is quoted for it. Nobody can be asked
 * for a password: keys, or the agent of `env`, must do.
 *
 * @param destination  `node`, `user@node`; never begins with a dash
 */
export function startSsh(destination: string, line: string, env: Readonly<Record<string, string>>): LongChild {
  if (destination.startsWith('-')) throw new Error(`bug: ${destination} is no ssh destination`);
  return spawnLong('ssh', ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', '--', destination, line], { env });
}

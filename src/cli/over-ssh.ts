/** Commands that run on another node: where ssh is to go, and what it may know of us. */
import { startSsh } from '../host/ping.ts';
import type { LongChild } from '../host/spawn-long.ts';
import { CommandError } from './exit.ts';

/** Starts one line there; keys, agent and configuration of ssh are those of whoever runs us. */
export function sshTo(destination: string, line: string): LongChild {
  const own = ['HOME', 'USER', 'LOGNAME', 'SSH_AUTH_SOCK'].flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  return startSsh(destination, line, Object.fromEntries(own) as Record<string, string>);
}

/** The name of the node in `node` or `user@node`. Throws CommandError for what ssh must not be given. */
export function nodeOfDestination(text: string, hint: string): string {
  const name = text.slice(text.lastIndexOf('@') + 1);
  if (name === '' || text.startsWith('-') || /[\s\p{Cc}]/u.test(text)) throw new CommandError(`--ssh ${JSON.stringify(text)} is no node`, { hint });
  return name;
}

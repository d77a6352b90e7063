/** What `join` and `leave` are told: options as commander gives them, and what they mean. */
import { isIP } from 'node:net';
import type { Given } from '../join/credential.ts';
import type { NewNode } from '../join/node-definition.ts';
import { CommandError } from './exit.ts';

export interface PushOptions {
  readonly push?: string | true;
  readonly pushTokenFile?: string;
  readonly pushUsername?: string;
  readonly pushSshKey?: string;
  readonly pushOwn?: true;
}

export interface JoinOptions extends PushOptions {
  readonly config: string;
  readonly node?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly auth: 'token' | 'basic' | 'bearer';
  readonly sshKey?: string;
  readonly knownHosts?: string;
  readonly credential?: true;
  readonly branch: string;
  readonly path: string;
  readonly mode: 'enforce' | 'observe';
  readonly pushesPerMinute: string;
  readonly address?: string;
  readonly mtu?: string;
  readonly gateway?: true;
  readonly egress: readonly string[];
  readonly wait?: string;
  readonly timeout: string;
  readonly watch?: true;
  readonly force?: true;
  readonly output: 'text' | 'json';
  readonly stateDir: string;
  readonly runtimeDir: string;
}

/** The node's own credential. */
export function nodesOwn({ auth, tokenFile, username, sshKey, knownHosts, credential }: JoinOptions, token?: string): Given {
  return { type: auth, tokenFile, token, username, sshKey, knownHosts, asCredential: credential === true };
}

/** A person's, for the one push. */
export function persons({ pushTokenFile, pushUsername, pushSshKey }: PushOptions, token?: string, knownHosts?: string): Given {
  const hosts = pushSshKey === undefined ? undefined : knownHosts;
  return { type: 'token', tokenFile: pushTokenFile, token, username: pushUsername, sshKey: pushSshKey, knownHosts: hosts, asCredential: false };
}

/** `POOL=DEVICE` each. Throws CommandError. */
export function egressOf(all: readonly string[]): NewNode['egress'] {
  return all.map(text => {
    const [pool, device, ...more] = text.split('=');
    if (pool && device && more.length === 0) return { pool, device };
    throw new CommandError(`--egress ${text}: it is a pool, an equals sign and a network card`, { hint: 'such as floating=eth1' });
  });
}

/** Throws CommandError for what is no address. */
export function addressOf(text: string | undefined): string | undefined {
  if (text === undefined || isIP(text) !== 0) return text;
  throw new CommandError(`--address ${text} is no address`, { hint: 'one that this machine has, without prefix length' });
}

/** Throws CommandError for what no wire carries. */
export function mtuOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const mtu = Number(text);
  if (Number.isInteger(mtu) && mtu >= 576 && mtu <= 65535) return mtu;
  throw new CommandError(`--mtu ${text} is no mtu`, { hint: 'a number of bytes, such as 1500' });
}

/** Throws CommandError for what is no number of pushes. */
export function pushesOf(text: string): number {
  const pushes = Number(text);
  if (Number.isInteger(pushes) && pushes >= 1 && pushes <= 100_000) return pushes;
  throw new CommandError(`--pushes-per-minute ${text} is no number of pushes`, { hint: 'forges ask for no more than 6; a git server of your own may take 60' });
}

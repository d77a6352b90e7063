/** What `netloom ping` may ask, and where: every answer is a value or a CommandError that says what to do. */
import { canonicalIp, contains } from '../model/ip.ts';
import type { Ledger } from '../model/ledger.ts';
import { shellText } from '../model/shell.ts';
import { routerNodes } from '../objects/mesh.ts';
import type { Catalog } from '../objects/object.ts';
import { CommandError } from './exit.ts';
import { nodeOfDestination } from './over-ssh.ts';

export interface PingOptions {
  readonly count: string;
  readonly interval: string;
  readonly timeout: string;
  readonly output: 'text' | 'json';
  readonly ssh?: string;
}

export interface PingTarget {
  /** `namespace/name`. */
  readonly network: string;
  /** Canonical. */
  readonly address: string;
  /** Names of the nodes that carry the network's router, hence can ask. */
  readonly nodes: readonly string[];
  /** Name of the namespace there. */
  readonly netns: string;
}

export interface PingNumbers {
  readonly count: number;
  readonly intervalS: number;
  readonly timeoutS: number;
}

/** The network and the address, if one can be asked from the other. */
export function pingTarget(key: string, text: string, { catalog, ledger }: { readonly catalog: Catalog; readonly ledger: Ledger }): PingTarget {
  const network = catalog.networks.get(key);
  if (network === undefined) throw new CommandError(`Network ${key} is not defined any more`, { hint: 'netloom get networks -A' });
  const address = canonicalIp(text);
  if (address === null)
    throw new CommandError(`${JSON.stringify(text)} is no address`, { hint: 'netloom get interfaces --network NETWORK shows those of its guests' });
  const { cidr } = network.spec;
  if (cidr === undefined)
    throw new CommandError(`Network ${key} is layer 2 only: netloom has no address in it to ask from`, { hint: 'ask from one of its guests' });
  if (!contains(cidr, address))
    throw new CommandError(`${address} is not in Network ${key} (${cidr})`, { hint: `netloom addresses ${key} lists those that are given` });
  const nodes = routerNodes(network, { catalog, ledger });
  const entry = ledger.networks[key];
  if (entry === undefined || nodes.length === 0) {
    throw new CommandError(`no gateway node carries Network ${key}: there is no router to ask from`, { hint: `netloom describe network ${key} says why` });
  }
  return { network: key, address, nodes, netns: entry.uuid };
}

/** The numbers of the options. A duration without a unit is in seconds, as ping takes it. */
export function pingNumbers({ count, interval, timeout }: PingOptions): PingNumbers {
  const n = Number(count);
  if (!Number.isInteger(n) || n < 1 || n > 1_000_000)
    throw new CommandError(`--count ${count} is not a number from 1 to 1000000`, { hint: 'ten, when it is left out' });
  return { count: n, intervalS: seconds('--interval', interval, 0.002), timeoutS: seconds('--timeout', timeout, 0.001) };
}

/** The words that ask the same on a node that carries the network. */
export function pingWords({ network, address }: PingTarget, { count, interval, timeout, output }: PingOptions): readonly string[] {
  const [namespace = '', name = ''] = network.split('/');
  const options = ['-c', count, '--interval', interval, '--timeout', timeout, ...(output === 'json' ? ['-o', 'json'] : [])];
  return ['netloom', 'ping', '-n', namespace, name, address, ...options];
}

/** For a machine that does not carry the network. */
export function elsewhere(target: PingTarget, options: PingOptions): CommandError {
  const [first = ''] = target.nodes;
  const line = shellText(pingWords(target, options));
  return new CommandError(
    `this machine does not carry the router of Network ${target.network}: ${target.nodes.join(' and ')} ${target.nodes.length === 1 ? 'does' : 'do'}`,
    {
      hint: `run on ${first}: ${line}\n  or here, with --ssh ${first}`,
    },
  );
}

/** The name of a node, or user@node, that ssh is to be given. Throws CommandError for a node that could not ask either. */
export function sshDestination(text: string, target: PingTarget, catalog: Catalog): string {
  const name = nodeOfDestination(text, `--ssh ${target.nodes[0]}`);
  if (catalog.nodes.has(name) && !target.nodes.includes(name)) {
    throw new CommandError(`${name} does not carry the router of Network ${target.network}`, { hint: `--ssh ${target.nodes.join(', or --ssh ')}` });
  }
  return text;
}

function seconds(option: string, text: string, least: number): number {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const value = Number(digits) * { ms: 0.001, s: 1, m: 60 }[unit as 'ms' | 's' | 'm'];
  if (digits === undefined || value < least || value > 3600) {
    throw new CommandError(`${option} ${text} is no duration from ${least * 1000} ms to an hour`, {
      hint: 'seconds, or a number and ms, s or m: 0.2, 500ms, 2s',
    });
  }
  return value;
}

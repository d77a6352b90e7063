/** tcpdump at a device of a namespace, and how a device is found that has no name of ours. */
import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { findProgram } from './exec.ts';
import { type LongChild, spawnLong } from './spawn-long.ts';

export interface CaptureArgs {
  /** Name below /run/netns; '' is the node's own. */
  readonly netns: string;
  /** ifname. */
  readonly device: string;
  /** One argument, behind the end of options; '' for none. */
  readonly filter: string;
  readonly count: number | null;
  /** True: packets as a file has them, on stdout. */
  readonly isFile: boolean;
}

/** What tcpdump is called with; nothing of it is an option but ours. */
export function captureWords({ device, filter, count, isFile }: Omit<CaptureArgs, 'netns'>): readonly string[] {
  const how = isFile ? ['-U', '-w', '-'] : ['-l', '-e'];
  return ['-n', '--immediate-mode', '-i', device, ...(count === null ? [] : ['-c', String(count)]), ...how, '--', ...(filter === '' ? [] : [filter])];
}

/** Starts it; whoever reads its stdout writes the file, so that its own rights and confinement do not matter. Throws HostError `missing-program`, which names the package. */
export function startCapture(args: CaptureArgs): LongChild {
  const words = [...AS_NOBODY, findProgram('tcpdump'), ...captureWords(args)];
  return args.netns === '' ? spawnLong('setpriv', words) : spawnLong('ip', ['netns', 'exec', args.netns, findProgram('setpriv'), ...words]);
}

// As root tcpdump would change its user by itself, and then no longer die with us; what reads tenants' packets shall not be root either.
const NOBODY = '65534';
const CAPS = '-all,+net_raw';
const AS_NOBODY = ['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', '--inh-caps', CAPS, '--ambient-caps', CAPS, '--pdeathsig', 'KILL'];

/** The port of a bridge that has a MAC; null where none has. */
export function portWithMac(bridge: string, mac: string): string | null {
  try {
    return readdirSync(`/sys/class/net/${bridge}/brif`).find(name => readFileSync(`/sys/class/net/${name}/address`, 'utf8').trim() === mac) ?? null;
  } catch {
    return null;
  }
}

/** Numbers of the ports that a bridge has now; empty where there is no such bridge. */
export function portIndexes(bridge: string): readonly number[] {
  try {
    return readdirSync(`/sys/class/net/${bridge}/brif`).map(name => Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8')));
  } catch {
    return [];
  }
}

/** The card that has an address, in the namespace that we are in; null where none has. */
export function cardWithAddress(address: string): string | null {
  const all = Object.entries(networkInterfaces());
  return all.find(([, addresses]) => addresses?.some(each => each.address === address))?.[0] ?? null;
}

/** Counters of links, by `ip -s -s -j link`: read only when a sample of usage is due or asked for. */
import { arraysOf } from './corrections.ts';
import { codeOfText, HostError } from './errors.ts';
import { run } from './exec.ts';

/** What a link counted since it was made, under the kernel's names. */
export interface LinkCounters {
  readonly ifname: string;
  readonly ifindex: number;
  /** MAC; '' for none. */
  readonly address: string;
  /** ifname of the bridge that it is a port of. */
  readonly master?: string;
  readonly rx: Readonly<Record<'bytes' | 'packets' | 'errors' | 'dropped' | 'over_errors' | 'multicast', number>>;
  readonly tx: Readonly<Record<'bytes' | 'packets' | 'errors' | 'dropped' | 'carrier_errors' | 'collisions', number>>;
}

/** Counters of every link of a namespace; '' is the node's own. Throws HostError `no-entry` where there is no such namespace. */
export async function readCounters(netns: string): Promise<readonly LinkCounters[]> {
  const args = [...(netns === '' ? [] : ['-n', netns]), '-s', '-s', '-j', 'link', 'show'];
  const { stdout, stderr, exitCode } = await run('ip', args);
  if (exitCode !== 0 || stderr.trim() !== '') throw new HostError(codeOfText(stderr), `ip ${args.join(' ')}: ${stderr.trim()}`, { command: 'ip' });
  return arraysOf(stdout).flat().flatMap(toCounters);
}

function toCounters(row: Readonly<Record<string, unknown>>): readonly LinkCounters[] {
  const { ifname, ifindex, address, master, stats64 } = row;
  const { rx, tx } = (stats64 ?? {}) as { rx?: Readonly<Record<string, unknown>>; tx?: Readonly<Record<string, unknown>> };
  if (typeof ifname !== 'string' || typeof ifindex !== 'number' || rx === undefined || tx === undefined) return [];
  const pick = <N extends string>(from: Readonly<Record<string, unknown>>, names: readonly N[]): Record<N, number> =>
    Object.fromEntries(names.map(name => [name, typeof from[name] === 'number' ? from[name] : 0])) as Record<N, number>;
  return [
    {
      ifname,
      ifindex,
      address: typeof address === 'string' ? address : '',
      ...(typeof master === 'string' ? { master } : {}),
      rx: pick(rx, ['bytes', 'packets', 'errors', 'dropped', 'over_errors', 'multicast']),
      tx: pick(tx, ['bytes', 'packets', 'errors', 'dropped', 'carrier_errors', 'collisions']),
    },
  ];
}

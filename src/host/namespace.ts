/** Network namespaces as names below /run/netns: which are real, how a tool gets into one, and where sysctls are. */
import { readdirSync, statfsSync } from 'node:fs';
import { errnoOf } from './errors.ts';

/** NSFS_MAGIC (linux/magic.h). */
const NSFS = 0x6e736673;

/** True for a name below /run/netns that is a plain file and no namespace: left by an `ip netns add` that was killed between its two acts. */
export function isStaleNamespace(name: string): boolean {
  try {
    return statfsSync(`/run/netns/${name}`).type !== NSFS;
  } catch {
    return false;
  }
}

/** Names below /run/netns that are namespaces, sorted. */
export function namespacesNow(): readonly string[] {
  try {
    return readdirSync('/run/netns')
      .filter(name => !isStaleNamespace(name))
      .sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Program and arguments that run a tool in a namespace; '' is the node's own. */
export function entering(netns: string, tool: string, args: readonly string[]): [string, readonly string[]] {
  return netns === '' ? [tool, args] : ['nsenter', [`--net=/run/netns/${netns}`, '--', tool, ...args]];
}

/** Path of a sysctl key in slash form (`net/ipv4/conf/eth0.1/forwarding`). Keys that are not below `net` are a Bug. */
export function sysctlPath(key: string, proc = '/proc'): string {
  if (!/^net(\/[^/\s]+)+$/.test(key) || key.split('/').includes('..')) throw new Error(`bug: not a sysctl key below net: ${JSON.stringify(key)}`);
  return `${proc}/sys/${key}`;
}

/** The calling thread, and nothing else, in another network namespace for a while; and the ids that one has for others. */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { codeOfErrno, errnoOf, HostError } from '../errors.ts';
import type { Channel } from './channel.ts';
import type { Library } from './library.ts';
import { attributesOf, u32 } from './message.ts';

/**
 * Does something in a network namespace; '' is the thread's own. It must be synchronous: what else ran meanwhile on this
 * thread, and each thread and process that it started, would be there too. Throws HostError `no-namespace`, `not-permitted`.
 */
export function inNamespace<T>(lib: Pick<Library, 'setns'>, netns: string, work: () => T extends PromiseLike<unknown> ? never : T): T {
  if (netns === '') return work();
  const home = openSync('/proc/thread-self/ns/net', constants.O_RDONLY);
  try {
    enter(lib, netns);
    try {
      return work();
    } finally {
      comeBack(lib, home);
    }
  } finally {
    closeSync(home);
  }
}

function enter(lib: Pick<Library, 'setns'>, netns: string): void {
  const fd = openNamespace(netns);
  try {
    lib.setns(fd);
  } catch (error) {
    // EINVAL: a file that is no network namespace.
    const code = errnoOf(error) === 'EINVAL' ? 'no-namespace' : codeOfErrno(error);
    throw new HostError(code, `entering the network namespace ${netns}: ${errnoOf(error)}`, { command: 'setns', netns, cause: error });
  } finally {
    closeSync(fd);
  }
}

// Whatever came next would read and write in a namespace that it was not meant for: nothing comes next.
function comeBack(lib: Pick<Library, 'setns'>, home: number): void {
  try {
    lib.setns(home);
  } catch (error) {
    writeSync(2, `netloom: stopped, since it cannot leave a network namespace that it read: ${errnoOf(error)}\n`);
    process.kill(process.pid, 'SIGKILL');
    throw error;
  }
}

function openNamespace(netns: string): number {
  try {
    // What has the name may be anything, and a pipe would wait for a writer.
    return openSync(`/run/netns/${netns}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = errnoOf(error) === 'ENOENT' ? 'no-namespace' : codeOfErrno(error);
    throw new HostError(code, `opening the network namespace ${netns}: ${errnoOf(error)}`, { netns, cause: error });
  }
}

const RTM_GETNSID = 90;
const NETNSA_NSID = 1;
const NETNSA_FD = 3;

/** Name of each namespace that the channel's has an id for, by id. Names that went meanwhile, or are none, are left out. */
export function readNames(channel: Channel, names: readonly string[]): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const name of names) {
    const id = idOf(channel, name);
    if (id >= 0 && !found.has(id)) found.set(id, name);
  }
  return found;
}

// Negative: none.
function idOf(channel: Channel, name: string): number {
  let fd = -1;
  try {
    fd = openNamespace(name);
    const request = { type: RTM_GETNSID, fixed: Buffer.alloc(4), values: [[NETNSA_FD, fd]] as const };
    return channel.ask('ids of namespaces', request, (bytes, from, to) => (u32(attributesOf(bytes, from + 4, to), NETNSA_NSID) ?? -1) | 0) ?? -1;
  } catch (error) {
    if (error instanceof HostError && (error.code === 'no-namespace' || error.code === 'invalid')) return -1;
    throw error;
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

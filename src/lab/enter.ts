/** Running things inside a lab's nodes. */
import { delimiter, dirname, join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { findProgram, type RunOptions, type RunResult, run } from '../host/exec.ts';
import { entering, holdersOf, markOf } from './holder.ts';
import { configOf, type Lab, nodeDir } from './lab.ts';
import { OUTSIDE } from './outside.ts';
import { runAttached } from './spawn.ts';

const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** pid of the holder of a node, or of what stands for the outside. Throws HostError `no-entry` for an unknown node, `no-namespace` for one that is not up. */
export function holderOf(lab: Lab, node: string): number {
  const places = [...lab.nodes.map(each => each.name), ...(lab.uplinks.length > 0 ? [OUTSIDE.name] : [])];
  if (!places.includes(node)) throw new HostError('no-entry', `the lab has no node ${node}; it has ${places.join(', ')}`);
  const isNode = lab.nodes.some(each => each.name === node);
  const pid = holdersOf(lab.dir).get(isNode ? `node/${node}` : node);
  if (pid === undefined) throw new HostError('no-namespace', `node ${node} of the lab in ${lab.dir} is not up: netloom lab down, then up`);
  return pid;
}

/** Runs a command in a node on the user's terminal; its exit code. `netloom` in it means this one, with the node's configuration. */
export function labExec(lab: Lab, node: string, argv: readonly string[]): Promise<number> {
  const pid = holderOf(lab, node);
  const own = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const env = { ...Object.fromEntries(own), ...environmentIn(lab, node, process.env['PATH']) };
  // nsenter would leave us in the folder `/`; env goes back to where the user is, inside.
  return runAttached(findProgram('nsenter'), [...entering(pid), findProgram('env'), `--chdir=${process.cwd()}`, ...argv], env);
}

/** Runs a command in a node and waits for its end, like `run` of host/exec.ts. */
export function labRun(lab: Lab, node: string, argv: readonly string[], options: RunOptions & { readonly asBuffer?: false } = {}): Promise<RunResult> {
  const pid = holderOf(lab, node);
  const env = { ...environmentIn(lab, node, undefined), ...options.env };
  return run('nsenter', [...entering(pid), findProgram('env'), ...argv], { ...options, env });
}

function environmentIn(lab: Lab, node: string, path: string | undefined): Record<string, string> {
  // Node itself too: `netloom` is found by its first line, and need not be in a folder of the system.
  const folders = [join(lab.dir, 'bin'), ...(path === undefined ? [] : [path]), dirname(process.execPath), ...SYSTEM_FOLDERS];
  // Processes of two labs do not see each other, so neither would heed the other's lock.
  const cache = join(nodeDir(lab.dir, node), 'cache');
  return { ...markOf(lab.dir), NETLOOM_CONFIG: configOf(lab.dir, node), XDG_CACHE_HOME: cache, PATH: folders.join(delimiter) };
}

/**
 * Holders: small sleeping processes, each the owner of one network and mount namespace. They carry the lab's folder and their
 * role in their environment, so that a lab is found by looking at what runs, also when the process that made it was killed
 * before it could write anything down.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HostError } from '../host/errors.ts';
import { findProgram, run } from '../host/exec.ts';
import { environmentOf, killNow, markedProcesses } from '../host/marked.ts';
import { spawnApart } from './spawn.ts';

const MARK = 'NETLOOM_LAB';
const ROLE = 'NETLOOM_LAB_ROLE';
// Making and removing namespaces waits for one lock of the whole kernel: beside other heavy work this can take a while.
const START_MS = 30_000;
const END_MS = 30_000;

/** What every process of a lab has in its environment. */
export function markOf(lab: string): Readonly<Record<string, string>> {
  return { [MARK]: lab };
}

/**
 * Makes a network and mount namespace that lives until its holder is killed; the holder's pid. In it: loopback up, its own
 * empty /run/netns, its own /sys. `lab` is the lab's folder, `role` is unique in it. Throws HostError.
 */
export async function startHolder(lab: string, role: string): Promise<number> {
  const args = ['--net', '--mount', '--propagation', 'private', findProgram('sleep'), 'infinity'];
  const pid = await spawnApart('unshare', args, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...markOf(lab), [ROLE]: role } });
  const deadline = Date.now() + START_MS;
  // unshare becomes sleep when the namespaces are there; until then what is entered would be the machine's own.
  while (commandOf(pid) !== 'sleep') {
    if (commandOf(pid) === '') throw new HostError('not-permitted', 'no network namespace can be made here: a lab needs root (CAP_SYS_ADMIN, CAP_NET_ADMIN)');
    if (Date.now() > deadline) throw new HostError('timeout', `process ${pid} did not get its namespaces within ${START_MS} ms`);
    await sleep(5);
  }
  await inside(pid, ['mount', '-t', 'tmpfs', 'tmpfs', '/run/netns']);
  // Without it /sys/class/net shows the machine's links. Where it cannot be had (a container), everything else works.
  await run('nsenter', [...entering(pid), findProgram('mount'), '-t', 'sysfs', 'sysfs', '/sys']);
  await inside(pid, ['ip', 'link', 'set', 'dev', 'lo', 'up']);
  // A new namespace begins with the machine's own value: a node of a lab routes nothing until something needs it.
  await inside(pid, ['sysctl', '-qw', 'net.ipv4.ip_forward=0']);
  return pid;
}

/** Arguments of nsenter that lead into a holder's network and mount namespaces. */
export function entering(pid: number): string[] {
  return [`--target=${pid}`, '--net', '--mount', '--'];
}

/** Runs a program inside; throws HostError when it does not end with 0. `stdin` is for batches. */
export async function inside(pid: number, argv: readonly string[], stdin?: string): Promise<string> {
  const [program = '', ...args] = argv;
  const input = stdin === undefined ? {} : { stdin };
  const { stdout } = await run('nsenter', [...entering(pid), findProgram(program), ...args], { okCodes: [0], ...input });
  return stdout;
}

/** Living holders of a lab: role to pid. */
export function holdersOf(lab: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const pid of marked(lab)) {
    const role = environmentOf(pid).find(entry => entry.startsWith(`${ROLE}=`));
    if (role !== undefined && commandOf(pid) === 'sleep') found.set(role.slice(ROLE.length + 1), pid);
  }
  return found;
}

/** Every process of a lab: those with its mark, and those in its network namespaces, guests' ones included. */
export function processesOf(lab: string): number[] {
  // Only holders are asked for namespaces: another marked process may see the machine's own /run/netns.
  const namespaces = new Set([...holdersOf(lab).values()].flatMap(pid => [inodeOf(`/proc/${pid}/ns/net`), ...guestInodes(pid)]));
  const ownNet = inodeOf('/proc/self/ns/net');
  const inThem = pids().filter(pid => {
    const net = inodeOf(`/proc/${pid}/ns/net`);
    return net !== 0 && net !== ownNet && namespaces.has(net);
  });
  const us = ancestors();
  return [...new Set([...marked(lab), ...inThem])].filter(pid => !us.has(pid));
}

/** Kills processes at once and waits until they are gone. Throws HostError when one stays. */
export async function killAll(victims: readonly number[], timeoutMs = END_MS): Promise<void> {
  for (const pid of victims) killNow(pid);
  const deadline = Date.now() + timeoutMs;
  for (let left = victims; ; ) {
    left = left.filter(pid => !['', 'Z', 'X'].includes(stateOf(pid)));
    if (left.length === 0) return;
    if (Date.now() > deadline) throw new HostError('busy', `processes ${left.join(', ')} of the lab do not end`);
    await sleep(10);
  }
}

function marked(lab: string): readonly number[] {
  return markedProcesses(`${MARK}=${lab}`);
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number);
}

/** This process and all above it: a lab that is torn down from inside must not kill who does it. */
function ancestors(): Set<number> {
  const found = new Set<number>();
  for (let pid = process.pid; pid > 0; pid = Number(/^PPid:\s*(\d+)/m.exec(readQuietly(`/proc/${pid}/status`))?.[1] ?? 0)) found.add(pid);
  return found;
}

function guestInodes(pid: number): number[] {
  if (inodeOf(`/proc/${pid}/ns/mnt`) === inodeOf('/proc/self/ns/mnt')) return [];
  try {
    return readdirSync(`/proc/${pid}/root/run/netns`).map(name => inodeOf(`/proc/${pid}/root/run/netns/${name}`));
  } catch {
    return [];
  }
}

function inodeOf(path: string): number {
  try {
    return statSync(path).ino;
  } catch {
    return 0;
  }
}

function commandOf(pid: number): string {
  return stateOf(pid) === 'Z' ? '' : readQuietly(`/proc/${pid}/comm`).trim();
}

function stateOf(pid: number): string {
  return /^State:\s*(\S)/m.exec(readQuietly(`/proc/${pid}/status`))?.[1] ?? '';
}

// A process may end while we look.
function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

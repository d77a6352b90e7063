/** Services of networks among the processes of this node: found by the file that they were started with, and how they stand to what they are asked. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SERVICE_USERS } from '../kinds/render-service.ts';
import { errnoOf } from './errors.ts';
import { isOfUnit, isRunBy, mayExecute } from './process-owner.ts';
import { localAccounts } from './users.ts';

export interface ServiceProcess {
  readonly pid: number;
  /** `<uuid>/dnsmasq`. */
  readonly id: string;
  /** Where notes about it lie. */
  readonly folder: string;
}

/** Where notes about services lie. */
export function servicesFolder(runtimeFolder: string): string {
  return join(runtimeFolder, 'services');
}

/** Living services whose notes lie in `folder`, by pid; those of other nodes on the same machine (labs) have other folders. */
export function serviceProcesses(folder: string): readonly ServiceProcess[] {
  const uids = serviceUids();
  return readdirSync('/proc').flatMap(name => {
    const found = /^\d+$/.test(name) ? serviceProcess(Number(name), uids) : null;
    return found?.folder === folder ? [found] : [];
  });
}

const CONF = /\0--conf-file=([^\0]+)\/networks\/([^/\0]+)\/([^/\0]+)\.conf\0/;

/**
 * What a process says of itself, which everybody may read; null for one that is none of ours, not itself yet, or gone. A zombie says
 * nothing. What anybody can say counts from a user that runs services, or from a unit of systemd, alone.
 */
export function serviceProcess(pid: number, uids: ReadonlySet<number> = serviceUids()): ServiceProcess | null {
  const words = readQuietly(`/proc/${pid}/cmdline`);
  const [, runtimeFolder, uuid, program] = CONF.exec(words) ?? [];
  // Whoever starts it has the same words, but another name.
  if (runtimeFolder === undefined || basename(words.slice(0, words.indexOf('\0'))) !== program) return null;
  if (!mayExecute(pid, program) || !(isRunBy(pid, uids) || isOfUnit(pid, serviceUnit(uuid)))) return null;
  return { pid, id: `${uuid}/${program}`, folder: servicesFolder(runtimeFolder) };
}

/** The unit of systemd that carries a network's dnsmasq. */
export function serviceUnit(uuid = ''): string {
  return `${SERVICE_UNIT}${uuid}.service`;
}

const SERVICE_UNIT = 'netloom-dnsmasq@';

function serviceUids(): ReadonlySet<number> {
  return new Set(localAccounts(SERVICE_USERS).map(({ uid }) => uid));
}

/** Inode of the network namespace that a process is in, or that a path is; 0 when it is gone. */
export function netnsInode(path: string): number {
  try {
    return statSync(path).ino;
  } catch {
    return 0;
  }
}

/** One letter as in proc(5): `S`, `T`, `Z`; '' when it is gone. */
export function stateOf(pid: number): string {
  const stat = readQuietly(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
}

/** Bytes that lie unread at a process's UDP ports. null: it is not there, was stopped, or does not hold all of them. */
export function unreadOf(pid: number, ports: readonly number[]): number | null {
  if (['', 'T', 't', 'Z', 'X'].includes(stateOf(pid))) return null;
  if (ports.length === 0) return 0;
  const held = socketsOf(pid);
  const sockets = udpSockets(readQuietly(`/proc/${pid}/net/udp`)).filter(socket => held === null || held.has(socket.inode));
  if (!ports.every(port => sockets.some(socket => socket.port === port))) return null;
  return sockets.reduce((sum, { port, unread }) => (ports.includes(port) ? sum + unread : sum), 0);
}

/** How many datagrams were ever read in a process's network namespace. */
export function datagramsRead(pid: number): number {
  return Number(/^Udp: (\d+)/m.exec(readQuietly(`/proc/${pid}/net/snmp`))?.[1] ?? 0);
}

interface UdpSocket {
  readonly port: number;
  /** Bytes that nobody has read yet. */
  readonly unread: number;
  readonly inode: string;
}

/** Sockets of /proc/PID/net/udp. */
function udpSockets(text: string): readonly UdpSocket[] {
  return text.split('\n').flatMap(line => {
    const [, , port, queue, inode] = /^\s*(\d+): [0-9A-F]+:([0-9A-F]{4}) \S+ \S+ [0-9A-F]+:([0-9A-F]+) \S+ \S+ +\d+ +\d+ (\d+)/.exec(line) ?? [];
    if (port === undefined || queue === undefined || inode === undefined) return [];
    return [{ port: Number.parseInt(port, 16), unread: Number.parseInt(queue, 16), inode }];
  });
}

// null: may not be read (of another user, without CAP_SYS_PTRACE); then whoever holds a port there counts as it.
function socketsOf(pid: number): ReadonlySet<string> | null {
  try {
    const links = readdirSync(`/proc/${pid}/fd`).flatMap(name => linkIfThere(`/proc/${pid}/fd/${name}`));
    return new Set(links.flatMap(link => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  } catch {
    return null;
  }
}

function linkIfThere(path: string): readonly string[] {
  try {
    return [readlinkSync(path)];
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

// A process may end while we look.
function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

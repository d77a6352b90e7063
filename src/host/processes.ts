/** Services of networks among the processes of this node: found by the marks in their environment, asked what they do. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

export interface ServiceProcess {
  readonly pid: number;
  /** `<uuid>/dnsmasq`. */
  readonly id: string;
  readonly folder: string;
  readonly conf: string;
  readonly loaded: string;
  /** Ports of UDP that it should hold. */
  readonly ports: readonly number[];
}

/** Living services whose notes lie in `folder`, by pid; those of other nodes on the same machine (labs) have other folders. */
export function serviceProcesses(folder: string): readonly ServiceProcess[] {
  return readdirSync('/proc').flatMap(name => {
    const found = /^\d+$/.test(name) ? serviceProcess(Number(name)) : null;
    return found?.folder === folder ? [found] : [];
  });
}

/** What a process says of itself; null for one that is none of ours, or gone. A zombie says nothing. */
export function serviceProcess(pid: number): ServiceProcess | null {
  const text = readQuietly(`/proc/${pid}/environ`);
  if (!text.includes('NETLOOM_SERVICE=')) return null;
  const marks = new Map(text.split('\0').map(entry => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
  const id = marks.get('NETLOOM_SERVICE');
  const folder = marks.get('NETLOOM_FOLDER');
  if (id === undefined || folder === undefined) return null;
  const ports = (marks.get('NETLOOM_PORTS') ?? '').split(',').filter(Boolean).map(Number);
  return { pid, id, folder, conf: marks.get('NETLOOM_CONF') ?? '', loaded: marks.get('NETLOOM_LOADED') ?? '', ports };
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

/**
 * How a process stands to the questions of its guests. `gone`: it is not there, was stopped, or does not hold all its ports.
 * `waiting`: questions lie unread in one of its sockets just now. `ready`: none does.
 */
export function attentionOf({ pid, ports }: Pick<ServiceProcess, 'pid' | 'ports'>): 'ready' | 'waiting' | 'gone' {
  if (['', 'T', 't', 'Z', 'X'].includes(stateOf(pid))) return 'gone';
  if (ports.length === 0) return 'ready';
  const held = socketsOf(pid);
  const sockets = udpSockets(`${readQuietly(`/proc/${pid}/net/udp`)}\n${readQuietly(`/proc/${pid}/net/udp6`)}`).filter(
    socket => held === null || held.has(socket.inode),
  );
  if (!ports.every(port => sockets.some(socket => socket.port === port))) return 'gone';
  return sockets.some(socket => ports.includes(socket.port) && socket.unread > 0) ? 'waiting' : 'ready';
}

export interface UdpSocket {
  readonly port: number;
  /** Bytes that nobody has read yet. */
  readonly unread: number;
  readonly inode: string;
}

/** Sockets of /proc/PID/net/udp. */
export function udpSockets(text: string): readonly UdpSocket[] {
  return text.split('\n').flatMap(line => {
    const [, , port, queue, inode] = /^\s*(\d+): [0-9A-F]+:([0-9A-F]{4}) \S+ \S+ [0-9A-F]+:([0-9A-F]+) \S+ \S+ +\d+ +\d+ (\d+)/.exec(line) ?? [];
    if (port === undefined || queue === undefined || inode === undefined) return [];
    return [{ port: Number.parseInt(port, 16), unread: Number.parseInt(queue, 16), inode }];
  });
}

// null: may not be read (without CAP_SYS_PTRACE); then whoever holds a port there counts as it.
function socketsOf(pid: number): ReadonlySet<string> | null {
  try {
    const links = readdirSync(`/proc/${pid}/fd`).flatMap(name => linkQuietly(`/proc/${pid}/fd/${name}`));
    return new Set(links.flatMap(link => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  } catch {
    return null;
  }
}

function linkQuietly(path: string): readonly string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    return [];
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

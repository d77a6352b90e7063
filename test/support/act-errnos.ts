/**
 * What each kind of act can be refused with, in one place: the errnos that the kernel, the file system or the start of a process
 * has for it (Linux 6.x, iproute2 6.1, nftables 1.0.6, procps 4, man pages), and how the tool that carries it words them.
 */
import { getSystemErrorMap } from 'node:util';
import { adviceFor, codeOfErrno, codeOfText, HostError, type HostErrorCode } from '../../src/host/errors.ts';
import type { Op } from '../../src/kinds/op.ts';

/** strerror of glibc, and the code that netloom has for it. */
const STRERROR = {
  EPERM: ['Operation not permitted', 'not-permitted'],
  EACCES: ['Permission denied', 'not-permitted'],
  ENOENT: ['No such file or directory', 'no-entry'],
  ESRCH: ['No such process', 'no-entry'],
  ENODEV: ['No such device', 'no-device'],
  ENXIO: ['No such device or address', 'no-device'],
  EEXIST: ['File exists', 'exists'],
  EBUSY: ['Device or resource busy', 'busy'],
  ETXTBSY: ['Text file busy', 'busy'],
  EADDRINUSE: ['Address already in use', 'busy'],
  EINVAL: ['Invalid argument', 'invalid'],
  ERANGE: ['Numerical result out of range', 'invalid'],
  E2BIG: ['Argument list too long', 'invalid'],
  ELOOP: ['Too many levels of symbolic links', 'invalid'],
  ENOTDIR: ['Not a directory', 'invalid'],
  ENAMETOOLONG: ['File name too long', 'invalid'],
  ENOMEM: ['Cannot allocate memory', 'no-memory'],
  ENOBUFS: ['No buffer space available', 'no-memory'],
  ENOSPC: ['No space left on device', 'no-space'],
  EDQUOT: ['Disk quota exceeded', 'no-space'],
  EFBIG: ['File too large', 'no-space'],
  EMFILE: ['Too many open files', 'too-many-files'],
  ENFILE: ['Too many open files in system', 'too-many-files'],
  EAGAIN: ['Resource temporarily unavailable', 'interrupted'],
  EINTR: ['Interrupted system call', 'interrupted'],
  EOPNOTSUPP: ['Operation not supported', 'unsupported'],
  EAFNOSUPPORT: ['Address family not supported by protocol', 'unsupported'],
  EPROTONOSUPPORT: ['Protocol not supported', 'unsupported'],
  EADDRNOTAVAIL: ['Cannot assign requested address', 'no-entry'],
  ENETUNREACH: ['Network is unreachable', 'unreachable'],
  ENETDOWN: ['Network is down', 'unreachable'],
  EHOSTUNREACH: ['No route to host', 'unreachable'],
  ECONNREFUSED: ['Connection refused', 'unreachable'],
  EROFS: ['Read-only file system', 'read-only'],
  EIO: ['Input/output error', 'io-error'],
} as const satisfies Record<string, readonly [string, HostErrorCode]>;

export type Errno = keyof typeof STRERROR;

export const strerror = (errno: Errno): string => STRERROR[errno][0];

const LINK = ['EPERM', 'EINVAL', 'ENOMEM', 'ENOBUFS', 'EOPNOTSUPP', 'EBUSY', 'EAGAIN', 'EINTR', 'EMFILE'] as const;
const SET = [...LINK, 'ENODEV', 'ERANGE', 'EADDRINUSE', 'EADDRNOTAVAIL', 'ENETDOWN'] as const;
const BIRTH = [...LINK, 'EEXIST', 'ENODEV', 'ENOENT', 'ENFILE', 'ENOSPC'] as const;
const ENTRY = ['EPERM', 'EINVAL', 'ENOMEM', 'ENOBUFS', 'EOPNOTSUPP', 'ENODEV', 'ENOENT', 'EEXIST', 'ENOSPC', 'EAGAIN', 'EINTR', 'EMFILE'] as const;
const GONE = ['EPERM', 'EINVAL', 'ENODEV', 'ENOENT', 'EBUSY', 'ENOMEM', 'EAGAIN', 'EINTR', 'EMFILE'] as const;
const FILE = ['EACCES', 'EPERM', 'ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'EFBIG', 'ENOTDIR', 'ELOOP', 'EINTR', 'ENOMEM', 'EBUSY'] as const;
const SPAWN = ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'EACCES', 'EPERM', 'E2BIG', 'EIO', 'ETXTBSY'] as const;

/** A new kind of act without a row does not compile; one that no plan of the test has fails there. */
export const ERRNOS: Readonly<Record<Op['op'], readonly Errno[]>> = {
  'netns-add': ['EEXIST', 'ENOSPC', 'EMFILE', 'ENFILE', 'EPERM', 'EACCES', 'ENOMEM', 'EROFS', 'EINVAL', 'EBUSY', 'EIO'],
  'netns-del': ['ENOENT', 'EBUSY', 'EPERM', 'EACCES', 'EROFS', 'EIO', 'EMFILE'],
  'bridge-add': BIRTH,
  'vxlan-add': [...BIRTH, 'EADDRINUSE', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETUNREACH'],
  'veth-add': [...BIRTH, 'ESRCH'],
  'tap-add': [...BIRTH, 'ENXIO', 'EACCES'],
  'link-set': [...SET, 'EEXIST', 'ELOOP', 'ENFILE'],
  'port-set': SET,
  'vxlan-set': [...SET, 'EAFNOSUPPORT', 'EEXIST'],
  'bridge-set': SET,
  'link-del': [...GONE, 'EOPNOTSUPP'],
  'addr-add': [...ENTRY, 'EADDRNOTAVAIL', 'ENETDOWN'],
  'addr-del': [...GONE, 'EADDRNOTAVAIL'],
  'route-add': [...ENTRY, 'ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH', 'EAFNOSUPPORT', 'EADDRNOTAVAIL'],
  'route-del': [...GONE, 'ESRCH', 'EAFNOSUPPORT'],
  'neigh-replace': [...ENTRY, 'ENETDOWN', 'EAFNOSUPPORT'],
  'neigh-del': GONE,
  'flood-append': [...ENTRY, 'EAFNOSUPPORT', 'ERANGE'],
  'flood-del': [...GONE, 'EOPNOTSUPP'],
  'vtep-replace': [...ENTRY, 'EAFNOSUPPORT', 'EADDRNOTAVAIL'],
  'vtep-del': [...GONE, 'EOPNOTSUPP'],
  'fdb-replace': [...ENTRY, 'EBUSY'],
  'fdb-del': [...GONE, 'EOPNOTSUPP'],
  'nft-replace': [
    'EPERM',
    'EINVAL',
    'ENOENT',
    'EEXIST',
    'EBUSY',
    'ENOMEM',
    'ENOBUFS',
    'ENOSPC',
    'EMFILE',
    'ENFILE',
    'EOPNOTSUPP',
    'EPROTONOSUPPORT',
    'EAGAIN',
    'EINTR',
    'ERANGE',
    'E2BIG',
  ],
  'nft-del': ['EPERM', 'EBUSY', 'ENOMEM', 'EMFILE', 'EOPNOTSUPP', 'EAGAIN', 'EINTR', 'ENOENT'],
  'sysctl-set': ['EPERM', 'EACCES', 'EROFS', 'ENOENT', 'EINVAL', 'ENOMEM', 'EBUSY', 'EIO', 'EINTR', 'EMFILE', 'ENFILE', 'ERANGE'],
  'rule-add': [...ENTRY, 'EAFNOSUPPORT'],
  'rule-del': [...GONE, 'EAFNOSUPPORT'],
  'proxy-replace': [...ENTRY, 'ENETDOWN', 'EAFNOSUPPORT'],
  'proxy-del': GONE,
  'flows-end': ['EPERM', 'EINVAL', 'ENOMEM', 'ENOBUFS', 'EBUSY', 'EOPNOTSUPP', 'EPROTONOSUPPORT', 'EMFILE', 'EAGAIN', 'EINTR', 'ENOENT'],
  'file-write': [...FILE, 'ENAMETOOLONG'],
  'file-del': FILE,
  'service-start': [...SPAWN, ...FILE.filter(errno => !(SPAWN as readonly string[]).includes(errno)), 'EADDRINUSE', 'EADDRNOTAVAIL', 'ENODEV', 'ENOENT'],
  'service-reload': ['EPERM', 'ENOSPC', 'EROFS', 'EIO', 'EMFILE', 'EAGAIN', 'ENOMEM'],
  'service-stop': ['EPERM', 'EBUSY', 'EMFILE', 'ENOMEM', 'EIO', 'EROFS'],
};

/** The code that a failed act has. Renaming to a name that is taken is told apart; so is what netns(8) says. */
export function codeFor({ op, ...more }: Op, errno: Errno): HostErrorCode {
  if (op === 'link-set' && errno === 'EEXIST' && 'set' in more && 'name' in more.set) return 'name-in-use';
  if (op === 'netns-del' && errno === 'ENOENT') return 'no-namespace';
  return STRERROR[errno][1];
}

const ABSENT: readonly Errno[] = ['ENOENT', 'ENODEV', 'ESRCH', 'EADDRNOTAVAIL', 'ENXIO'];

/** True where the refusal says that what was to go is not there. */
export function isGone({ op }: Op, errno: Errno): boolean {
  if (!op.endsWith('-del') || op === 'file-del') return false;
  return ABSENT.includes(errno) || (errno === 'EOPNOTSUPP' && /^(fdb|vtep|flood)-del$/.test(op));
}

/** What `ip -batch` and `bridge -batch` print for a line. */
export function saidByIp(op: Op, errno: Errno): string {
  const words = strerror(errno);
  if (op.op === 'netns-add' && ['ENOSPC', 'EMFILE', 'ENFILE', 'ENOMEM'].includes(errno))
    return `Failed to create a new network namespace "${op.name}": ${words}`;
  if (op.op === 'netns-add') return `Cannot create namespace file "/run/netns/${op.name}": ${words}`;
  if (op.op === 'netns-del') return `Cannot remove namespace file "/run/netns/${op.name}": ${words}`;
  if (op.op === 'tap-add') return errno === 'ENOENT' ? `open: ${words}` : `ioctl(TUNSETIFF): ${words}`;
  if (errno === 'ENODEV' && 'link' in op) return `Cannot find device "${op.link}"`;
  return `RTNETLINK answers: ${words}`;
}

export function saidByNft(errno: Errno): string {
  const words = strerror(errno);
  if (errno === 'EMFILE' || errno === 'ENFILE') return `netlink.c:84: Unable to initialize Netlink socket: ${words}`;
  if (errno === 'EPERM') return `netlink: Error: cache initialization failed: ${words}`;
  return `/dev/stdin:3:3-41: Error: Could not process rule: ${words}\n  chain c { type filter hook input priority 0; }\n  ^^^^^^^`;
}

export function saidBySysctl(key: string, errno: Errno): string {
  const dotted = key.replaceAll('/', '.');
  if (errno === 'EACCES') return `sysctl: permission denied on key "${dotted}"`;
  if (errno === 'ENOENT') return `sysctl: cannot stat /proc/sys/${key}: ${strerror(errno)}`;
  return `sysctl: setting key "${dotted}": ${strerror(errno)}`;
}

/** What Node.js throws for a system call. */
export function systemError(errno: Errno, call: string, path: string): Error {
  const [number = 0, [, words] = ['', '']] = [...getSystemErrorMap()].find(([, [name]]) => name === (errno === 'EOPNOTSUPP' ? 'ENOTSUP' : errno)) ?? [];
  return Object.assign(new Error(`${errno}: ${words}, ${call} '${path}'`), { code: errno, errno: number, syscall: call, path });
}

/** What the act itself throws, as `host/act.ts` and what it calls do. */
export function thrownBy(op: Op, errno: Errno): Error {
  if (op.op === 'flows-end') {
    const words = errno === 'EMFILE' ? `Can't open netlink handler: ${strerror(errno)}` : `Operation failed: ${strerror(errno)}`;
    const said = `conntrack v1.4.7 (conntrack-tools): ${words}`;
    return new HostError(codeOfText(said), `conntrack -D -d ${op.ip}: ${said}`);
  }
  if (op.op === 'file-write') {
    const { code, message, cause } = withWords(systemError(errno, errno === 'ENOTDIR' ? 'mkdir' : 'open', op.path), `cannot write ${op.path}`);
    return new HostError(code, `${message} (${adviceFor(code)})`, { cause });
  }
  if (op.op === 'file-del') return systemError(errno, 'unlink', op.path);
  if (op.op === 'service-stop') return systemError(errno, 'kill', op.id);
  if (!('conf' in op)) throw new Error(`bug: ${op.op} is carried by a batch`);
  if (op.op === 'service-start' && ['EADDRINUSE', 'EADDRNOTAVAIL', 'ENODEV', 'ENOENT'].includes(errno)) {
    const said = `dnsmasq: failed to create listening socket for port 53: ${strerror(errno)}`;
    return new HostError(codeOfText(said), `${op.program} ended: ${said}`);
  }
  return withWords(systemError(errno, 'spawn', op.program), `cannot start ${op.program}`);
}

function withWords(error: Error, what: string): HostError {
  return new HostError(codeOfErrno(error), `${what}: ${error.message}`, { cause: error });
}

/** What the node says no with: one error class, and the one table that turns words of tools and errnos into stable codes. */

export type HostErrorCode =
  | 'exists'
  | 'name-in-use'
  | 'no-device'
  | 'no-entry'
  | 'no-namespace'
  | 'not-permitted'
  | 'unsupported'
  | 'invalid'
  | 'busy'
  | 'unreachable'
  | 'no-space'
  | 'no-memory'
  | 'too-many-files'
  | 'io-error'
  | 'read-only'
  | 'timeout'
  | 'missing-program'
  | 'interrupted'
  | 'too-much-output'
  | 'locked'
  | 'killed'
  | 'suspended'
  | 'stale'
  | 'other';

/** Who holds a node's lock: written into the lock file by the holder. */
export interface Holder {
  /** 0 when the holder has not said its name yet. */
  readonly pid: number;
  /** `netloom reconcile`. */
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

export interface HostErrorParts {
  readonly command?: string;
  readonly netns?: string;
  readonly ref?: string;
  /** Trying again later, with nothing changed by people, can help. */
  readonly canRetry?: boolean;
  readonly holder?: Holder;
  /** The program never ran: nothing of what it was to do is done. */
  readonly isUnstarted?: boolean;
  readonly cause?: unknown;
}

/** The node said no. `message` is one sentence that says where and what to do; `command` is what was run, for people. */
export class HostError extends Error {
  readonly code: HostErrorCode;
  readonly command: string;
  readonly canRetry: boolean;
  readonly netns?: string;
  readonly ref?: string;
  readonly holder?: Holder;
  readonly isUnstarted: boolean;
  constructor(code: HostErrorCode, message: string, parts: HostErrorParts = {}) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = 'HostError';
    this.code = code;
    this.command = parts.command ?? '';
    this.canRetry = parts.canRetry ?? RETRY.has(code);
    this.isUnstarted = parts.isUnstarted ?? false;
    if (parts.netns !== undefined) this.netns = parts.netns;
    if (parts.ref !== undefined) this.ref = parts.ref;
    if (parts.holder !== undefined) this.holder = parts.holder;
  }
}

const RETRY: ReadonlySet<HostErrorCode> = new Set([
  'busy',
  'no-space',
  'no-memory',
  'too-many-files',
  'timeout',
  'interrupted',
  'locked',
  'killed',
  'unreachable',
]);

// Order matters: the first line that fits wins. Words are those of LC_ALL=C: strerror of glibc, iproute2 6.1 and 6.15, nft 1.0.6 and 1.1.3, kernel ext-acks.
const TABLE: readonly (readonly [RegExp, HostErrorCode])[] = [
  // Only what says that it is not there: a namespace that cannot be entered for want of a right or a descriptor is there all the same.
  [/(Cannot open network namespace|Cannot remove namespace file|nsenter: ).*No such file/i, 'no-namespace'],
  [/(setting the network namespace|reassociate to namespace).*Invalid argument|Invalid "netns" value/i, 'no-namespace'],
  [/Too many open files|cannot open shared object file: Error 2[34]/i, 'too-many-files'],
  [/Operation not permitted|Permission denied|Mount.*failed: Operation not/i, 'not-permitted'],
  [/Read-only file system/i, 'read-only'],
  [/Address already in use/i, 'busy'],
  [/name .*already (exists|in use)|Name not unique/i, 'name-in-use'],
  [/File exists|already assigned|already exists|VNI.*already/i, 'exists'],
  [/Cannot find device|No such device|Device .*does not exist|Unable to find|Interface does not exist/i, 'no-device'],
  [/Unknown device type|Operation not supported|Protocol not supported|Address family not supported|not supported|only supported/i, 'unsupported'],
  [/No such process|Address not found|No such file or directory|Object does not exist|Cannot assign requested address|not found/i, 'no-entry'],
  [/Device or resource busy|Resource busy|Text file busy/i, 'busy'],
  [/Resource temporarily unavailable|Dump was interrupted|Interrupted system call/i, 'interrupted'],
  [/No space left on device|Disk quota exceeded|File too large/i, 'no-space'],
  [/Input\/output error/i, 'io-error'],
  [/No buffer space available|Cannot allocate memory|Out of memory|mmap.*failed/i, 'no-memory'],
  [/Network is unreachable|Network is down|No route to host|Connection refused|invalid gateway|Nexthop/i, 'unreachable'],
  [/timed out|Timeout/i, 'timeout'],
  [
    /Invalid argument|Argument list too long|File name too long|Not a directory|Is a directory|Too many levels|Numerical result out of range|is wrong|is a duplicate|syntax error|wrong|invalid|not a valid|out of range|illegal|less than|greater than/i,
    'invalid',
  ],
];

/** Code for what a tool said on stderr (LC_ALL=C). */
export function codeOfText(stderr: string): HostErrorCode {
  return TABLE.find(([words]) => words.test(stderr))?.[1] ?? 'other';
}

const ERRNO: Readonly<Record<string, HostErrorCode>> = {
  EEXIST: 'exists',
  ENODEV: 'no-device',
  ENXIO: 'no-device',
  ENOENT: 'no-entry',
  ESRCH: 'no-entry',
  EADDRNOTAVAIL: 'no-entry',
  EPERM: 'not-permitted',
  EACCES: 'not-permitted',
  EOPNOTSUPP: 'unsupported',
  EAFNOSUPPORT: 'unsupported',
  EPROTONOSUPPORT: 'unsupported',
  ENOTSUP: 'unsupported',
  ENOSYS: 'unsupported',
  EINVAL: 'invalid',
  E2BIG: 'invalid',
  ENAMETOOLONG: 'invalid',
  ENOTDIR: 'invalid',
  EISDIR: 'invalid',
  ELOOP: 'invalid',
  ERANGE: 'invalid',
  EBUSY: 'busy',
  ETXTBSY: 'busy',
  EADDRINUSE: 'busy',
  EAGAIN: 'interrupted',
  EINTR: 'interrupted',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'no-space',
  ENOBUFS: 'no-memory',
  ENOMEM: 'no-memory',
  EROFS: 'read-only',
  EMFILE: 'too-many-files',
  ENFILE: 'too-many-files',
  EIO: 'io-error',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ECONNREFUSED: 'unreachable',
  ETIMEDOUT: 'timeout',
};

/** Code for an errno that a system call of ours ended with; `other` for what is no errno. */
export function codeOfErrno(error: unknown): HostErrorCode {
  return ERRNO[errnoOf(error)] ?? 'other';
}

/** `ENOENT`, or '' when the value carries none. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}

/** What to do about a code, as the end of a sentence; '' for what says so itself. */
export function adviceFor(code: HostErrorCode): string {
  return ADVICE[code];
}

const AGAIN = 'the next pass looks again';

const ADVICE: Readonly<Record<HostErrorCode, string>> = {
  exists: `something else made it meanwhile: ${AGAIN}`,
  'name-in-use': 'another link has that name: rename or remove that one',
  'no-device': `the link went away meanwhile: ${AGAIN}`,
  'no-entry': `what it needs is not there, or went away meanwhile: ${AGAIN}`,
  'no-namespace': `the namespace went away meanwhile: ${AGAIN}`,
  'not-permitted': 'run as root, or with CAP_NET_ADMIN and CAP_SYS_ADMIN',
  unsupported: 'this kernel lacks a needed part; the modules are vxlan, bridge, veth, tun and nf_tables',
  invalid: 'this kernel or this tool does not take it: see dmesg, and report it with what netloom plan -o commands prints',
  busy: 'something else holds it: end that, then the next pass does it',
  unreachable: `a route or a link on the way is missing or down: ${AGAIN}`,
  'no-space': 'make room on the disk, or raise the limit of the kernel that is reached (see dmesg)',
  'no-memory': 'a table of the kernel is full or memory is short; see dmesg',
  'too-many-files': 'raise LimitNOFILE of the unit (ulimit -n), or fs.file-max',
  'io-error': 'the disk or the device fails; see dmesg',
  'read-only': 'the file system is mounted read-only; check ProtectKernelTunables and ReadWritePaths of the unit',
  timeout: AGAIN,
  interrupted: AGAIN,
  killed: AGAIN,
  other: `see dmesg; ${AGAIN}`,
  'missing-program': '',
  'too-much-output': '',
  locked: '',
  suspended: '',
  stale: '',
};

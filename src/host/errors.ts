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
  constructor(code: HostErrorCode, message: string, parts: HostErrorParts = {}) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = 'HostError';
    this.code = code;
    this.command = parts.command ?? '';
    this.canRetry = parts.canRetry ?? RETRY.has(code);
    if (parts.netns !== undefined) this.netns = parts.netns;
    if (parts.ref !== undefined) this.ref = parts.ref;
    if (parts.holder !== undefined) this.holder = parts.holder;
  }
}

const RETRY: ReadonlySet<HostErrorCode> = new Set(['busy', 'no-space', 'no-memory', 'timeout', 'interrupted', 'locked', 'killed', 'unreachable']);

// Order matters: the first line that fits wins. Words are those of LC_ALL=C: strerror of glibc, iproute2 6.1 and 6.15, nft 1.0.6 and 1.1.3, kernel ext-acks.
const TABLE: readonly (readonly [RegExp, HostErrorCode])[] = [
  [/Cannot open network namespace|setting the network namespace|reassociate to namespace|Invalid "netns" value|Cannot remove namespace file/i, 'no-namespace'],
  [/nsenter: .*No such file/i, 'no-namespace'],
  [/Operation not permitted|Permission denied|Mount.*failed: Operation not/i, 'not-permitted'],
  [/Read-only file system/i, 'read-only'],
  [/name .*already (exists|in use)|Name not unique/i, 'name-in-use'],
  [/File exists|already assigned|already exists|VNI.*already/i, 'exists'],
  [/Cannot find device|No such device|Device .*does not exist|Unable to find|Interface does not exist/i, 'no-device'],
  [/Unknown device type|Operation not supported|Protocol not supported|Address family not supported|not supported|only supported/i, 'unsupported'],
  [/No such process|Address not found|No such file or directory|Object does not exist|Cannot assign requested address|not found/i, 'no-entry'],
  [/Device or resource busy|Resource busy|Text file busy/i, 'busy'],
  [/Resource temporarily unavailable|Dump was interrupted|Interrupted system call/i, 'interrupted'],
  [/No space left on device|Disk quota exceeded/i, 'no-space'],
  [/No buffer space available|Cannot allocate memory|Out of memory/i, 'no-memory'],
  [/Network is unreachable|No route to host|invalid gateway|Nexthop/i, 'unreachable'],
  [/timed out|Timeout/i, 'timeout'],
  [
    /Invalid argument|Numerical result out of range|is wrong|is a duplicate|syntax error|wrong|invalid|not a valid|out of range|illegal|less than|greater than/i,
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
  EINVAL: 'invalid',
  ERANGE: 'invalid',
  EBUSY: 'busy',
  EAGAIN: 'interrupted',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'no-space',
  ENOBUFS: 'no-memory',
  ENOMEM: 'no-memory',
  EROFS: 'read-only',
  ENETUNREACH: 'unreachable',
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

/** What to do about a code, as the end of a sentence; '' when the tool's own words are enough. */
export function adviceFor(code: HostErrorCode): string {
  switch (code) {
    case 'not-permitted':
      return 'run as root, or with CAP_NET_ADMIN and CAP_SYS_ADMIN';
    case 'unsupported':
      return 'this kernel lacks a needed part; the modules are vxlan, bridge, veth, tun and nf_tables';
    case 'no-memory':
      return 'a table of the kernel is full or memory is short; see dmesg';
    case 'read-only':
      return 'the file system is mounted read-only; check ProtectKernelTunables and ReadWritePaths of the unit';
    default:
      return '';
  }
}

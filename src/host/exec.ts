/**
 * The only place that runs processes, and the only user of execa. No shell: an argv array, a program looked up once on a
 * fixed list of folders, a fixed environment, a deadline, and no child that outlives us.
 */
import { accessSync, constants } from 'node:fs';
import { shellText } from '../model/shell.ts';
import { codeOfErrno, codeOfText, HostError } from './errors.ts';

const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

/** Debian package of each program that we may need, for the message that says it is missing. */
const PACKAGE: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  bridge: 'iproute2',
  nft: 'nftables',
  setpriv: 'util-linux',
  flock: 'util-linux',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  git: 'git',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  gpgv: 'gpgv',
  tcpdump: 'tcpdump',
  ping: 'iputils-ping',
  sysctl: 'procps',
  conntrack: 'conntrack',
  dnsmasq: 'dnsmasq-base',
  xorriso: 'xorriso',
};

/** The Debian package of a program; its own name where that is not known. */
export function packageOf(program: string): string {
  return PACKAGE[program] ?? program;
}

const found = new Map<string, string>();

/** Absolute path of a program; an absolute name stays as it is. Throws HostError `missing-program` naming the package. */
export function findProgram(name: string): string {
  const known = found.get(name);
  if (known !== undefined) return known;
  const path = name.startsWith('/') ? absolute(name) : FOLDERS.map(folder => `${folder}/${name}`).find(isExecutable);
  if (path === undefined) {
    const advice = PACKAGE[name] === undefined ? '' : `; install the package ${PACKAGE[name]}`;
    throw new HostError('missing-program', `the program ${name} is in none of ${FOLDERS.join(', ')}${advice}`, { command: name });
  }
  found.set(name, path);
  return path;
}

/** True when a program is there. */
export function hasProgram(name: string): boolean {
  try {
    findProgram(name);
    return true;
  } catch (error) {
    if (error instanceof HostError) return false;
    throw error;
  }
}

function absolute(path: string): string {
  if (isExecutable(path)) return path;
  throw new HostError('missing-program', `there is no program ${path}`, { command: path });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface RunOptions {
  /** Bytes for stdin; without it stdin is /dev/null. A child that closes it early is no error. */
  readonly stdin?: string | Uint8Array;
  /** 60,000 by default. */
  readonly timeoutMs?: number;
  /** Added to LC_ALL=C and a fixed PATH; nothing of our own environment is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** `/` by default. */
  readonly cwd?: string;
  /** Given: any other exit code, or a signal, throws HostError. Absent: exit codes do not throw. */
  readonly okCodes?: readonly number[];
  /** stdout as bytes. */
  readonly asBuffer?: boolean;
  /** Characters (bytes with asBuffer) of stdout, and of stderr, that are taken; more is an error. 256 Mi by default. */
  readonly maxBytes?: number;
  /** Aborted: it is killed with its children, and that is an error, `interrupted`. */
  readonly stop?: AbortSignal;
  /** Aborted: it gets a SIGINT with its children, and takes back what it began; an error, `interrupted`, unless it ends with 0 all the same. */
  readonly interrupt?: AbortSignal;
  /** Open descriptors of ours that the child keeps open as 3, 4, …: locks that must hold as long as it lives. */
  readonly keepOpen?: readonly number[];
}

export interface RunResult<T = string> {
  readonly stdout: T;
  readonly stderr: string;
  /** null when it died by a signal. */
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** Waits for a program to end. Throws HostError `missing-program`, `timeout`, `too-much-output`, and what `okCodes` asks for. */
export function run(program: string, args: readonly string[], options: RunOptions & { readonly asBuffer: true }): Promise<RunResult<Uint8Array>>;
export function run(program: string, args: readonly string[], options?: RunOptions & { readonly asBuffer?: false }): Promise<RunResult>;
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult<string | Uint8Array>> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const shown = commandText(program, args);
  // execa's types name descriptors up to 9 only; it hands on any.
  const keepOpen = (options.keepOpen ?? []) as readonly 3[];
  const [tool, words] = dyingWithUs(program, args);
  const { execa } = await loadExeca(shown);
  const child = execa(tool, words, {
    ...fixed(options),
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...keepOpen],
    ...(options.stdin === undefined ? {} : { input: options.stdin }),
    encoding: options.asBuffer ? 'buffer' : 'utf8',
    maxBuffer: options.maxBytes ?? 256 * 1024 * 1024,
  });
  const late = deadline(child.pid, timeoutMs);
  const asked = [onceAsked(options.stop, child.pid, 'SIGKILL'), onceAsked(options.interrupt, child.pid, 'SIGINT')];
  const end = await child;
  late.cancel();
  for (const each of asked) each.cancel();
  const ending = end.exitCode === 0 ? options.stop : AbortSignal.any([options.stop, options.interrupt].filter(each => each !== undefined));
  if (ending?.aborted === true) throw new HostError('interrupted', `${shown} was stopped by ${ending.reason}`, { command: shown });
  if (late.hit()) throw new HostError('timeout', `${shown} did not end within ${timeoutMs} ms and was killed`, { command: shown });
  if (end.isMaxBuffer) throw new HostError('too-much-output', `${shown} printed more than ${options.maxBytes ?? 256 * 1024 * 1024} bytes`, { command: shown });
  const result = { stdout: end.stdout, stderr: textOf(end.stderr), exitCode: end.exitCode ?? null, signal: end.signal ?? null };
  if (result.exitCode === null && result.signal === null) throw cannotStart(shown, options.cwd, end.cause);
  if (options.okCodes !== undefined) refuse(shown, result, options.okCodes);
  return result as RunResult<string | Uint8Array>;
}

export interface DetachedOptions {
  /** Marks by which it is found again; with LC_ALL=C and a fixed PATH all that it gets. */
  readonly env: Readonly<Record<string, string>>;
  /** An open file for what it prints. */
  readonly output: number;
}

/** A program that goes on when we end: a session of its own, and no descriptor of ours but its output. */
export interface Detached {
  readonly pid: number;
  /** True once it ended, as long as we live to see it. */
  hasEnded(): boolean;
}

/** Starts a program that outlives us. Throws HostError when it cannot be started. */
export async function startDetached(program: string, args: readonly string[], options: DetachedOptions): Promise<Detached> {
  const { execa } = await loadExeca(commandText(program, args));
  const output = options.output as 3;
  const child = execa(findProgram(program), [...args], { ...fixed({ env: options.env }), stdio: ['ignore', output, output], buffer: false, cleanup: false });
  if (child.pid === undefined) throw cannotStart(commandText(program, args), undefined, undefined);
  let ended = false;
  void child.then(() => {
    ended = true;
  });
  child.unref();
  return { pid: child.pid, hasEnded: () => ended };
}

// Loaded by the first that needs it: a pass with nothing to do runs no process.
async function loadExeca(shown: string): Promise<typeof import('execa')> {
  try {
    return await import('execa');
  } catch (error) {
    throw cannotStart(shown, undefined, error);
  }
}

/** The same program, killed when we are. */
export function dyingWithUs(program: string, args: readonly string[]): [tool: string, args: string[]] {
  return [findProgram('setpriv'), ['--pdeathsig', 'KILL', findProgram(program), ...args]];
}

/** A command as people would type it, for messages; long ones are cut. */
export function commandText(program: string, args: readonly string[]): string {
  const text = shellText([program, ...args]);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** Options of all: a group of its own (`detached`), so that Ctrl-C reaches us alone and a deadline reaches the child's children too. */
export function fixed(options: Pick<RunOptions, 'env' | 'cwd'>) {
  const env = { LC_ALL: 'C', PATH: FOLDERS.join(':'), ...options.env };
  return { env, extendEnv: false, cwd: options.cwd ?? '/', shell: false, preferLocal: false, reject: false, stripFinalNewline: false, detached: true } as const;
}

function deadline(pid: number | undefined, timeoutMs: number): { cancel(): void; hit(): boolean } {
  let hit = false;
  const timer = setTimeout(() => {
    hit = true;
    if (pid !== undefined) signalGroup(pid, 'SIGKILL');
  }, timeoutMs);
  return { cancel: () => clearTimeout(timer), hit: () => hit };
}

function onceAsked(asked: AbortSignal | undefined, pid: number | undefined, signal: NodeJS.Signals): { cancel(): void } {
  const send = (): void => void (pid !== undefined && signalGroup(pid, signal));
  asked?.addEventListener('abort', send);
  if (asked?.aborted === true) send();
  return { cancel: () => asked?.removeEventListener('abort', send) };
}

/** A signal for a child and its children. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}

function refuse(
  shown: string,
  result: { readonly stderr: string; readonly exitCode: number | null; readonly signal: string | null },
  okCodes: readonly number[],
): void {
  if (result.exitCode !== null && okCodes.includes(result.exitCode)) return;
  const words = result.stderr.trim().split('\n').slice(-3).join('; ');
  const how = result.signal === null ? `ended with ${result.exitCode}` : `was killed by ${result.signal}`;
  const code = result.signal === null ? codeOfText(result.stderr) : 'killed';
  throw new HostError(code, `${shown} ${how}${words === '' ? '' : `: ${words}`}`, { command: shown });
}

/** What becomes of a program that did not start. */
export function cannotStart(shown: string, cwd: string | undefined, cause: unknown): HostError {
  const code = codeOfErrno(cause);
  const words = cause instanceof Error ? cause.message : 'no process could be made';
  return new HostError(code, `cannot start ${shown}${cwd === undefined ? '' : ` in the folder ${cwd}`}: ${words}`, {
    command: shown,
    isUnstarted: true,
    cause,
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : Buffer.from((value as Uint8Array | undefined) ?? []).toString();
}

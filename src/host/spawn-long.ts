/** Children that stream, for as long as they are wanted; they die with us. */
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import { cannotStart, commandText, dyingWithUs, fixed, type RunOptions, signalGroup } from './exec.ts';

/** A child that streams for as long as it is wanted. */
export interface LongChild {
  /** As people would type it, for messages. */
  readonly command: string;
  readonly pid: number;
  /** Errors of it (the child is gone) are swallowed: `ended` tells. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** The last 8,192 characters of stderr so far. */
  stderr(): string;
  /** Never rejects. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;
  /** SIGINT to it and its children: what Ctrl-C is to programs on a terminal. */
  interrupt(): void;
  /** SIGTERM to it and its children; SIGKILL after a second. Resolves when it is gone, whoever else holds its output open. */
  stop(): Promise<void>;
}

export interface LongOptions extends Pick<RunOptions, 'env' | 'cwd'> {
  /** Told whenever it writes to stderr. */
  readonly heardError?: () => void;
}

/** Starts a child with streaming stdin and stdout (`git cat-file --batch`, `tcpdump`). Throws HostError when it cannot be started. */
export function spawnLong(program: string, args: readonly string[], options: LongOptions = {}): LongChild {
  const [tool, words] = dyingWithUs(program, args);
  const child = execa(tool, words, {
    ...fixed(options),
    stdio: ['pipe', 'pipe', 'pipe'],
    buffer: false,
    encoding: 'buffer',
  });
  if (child.pid === undefined) throw cannotStart(commandText(program, args), options.cwd, undefined);
  const pid = child.pid;
  let tail = '';
  child.stderr.on('data', (chunk: Uint8Array) => {
    tail = (tail + Buffer.from(chunk).toString()).slice(-8192);
    options.heardError?.();
  });
  child.stdin.on('error', () => undefined);
  child.stdout.on('error', () => undefined);
  const ended = child.then(end => ({ exitCode: end.exitCode ?? null, signal: end.signal ?? null }));
  const stop = async (): Promise<void> => {
    signalGroup(pid, 'SIGTERM');
    const hard = setTimeout(() => signalGroup(pid, 'SIGKILL'), 1000);
    // A child of its own that took a session for itself is in no group of ours, and may live on with our pipes.
    const letGo = setTimeout(() => [child.stdout, child.stderr].map(stream => stream.destroy()), 2000);
    await ended;
    clearTimeout(hard);
    clearTimeout(letGo);
  };
  const command = commandText(program, args);
  return { command, pid, stdin: child.stdin, stdout: child.stdout, stderr: () => tail, ended, interrupt: () => signalGroup(pid, 'SIGINT'), stop };
}

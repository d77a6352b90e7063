/**
 * Programs of this node that are told of events. Only what root alone can write is run: whoever may write a hook, or a folder above it,
 * is root on this node.
 */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOfErrno, errnoOf, HostError } from './errors.ts';
import { spawnLong } from './spawn-long.ts';

export interface Hook {
  /** Of its file. */
  readonly name: string;
  readonly path: string;
}

export interface HookFolder {
  /** In the order in which they are run. */
  readonly hooks: readonly Hook[];
  /** Why a folder or a program is not used: a sentence each. */
  readonly refused: readonly string[];
}

/**
 * The programs of a folder, by name. As with run-parts(8), names are letters, digits, `_` and `-`, and what is not executable is none. A
 * folder that is not there has none. Throws nothing.
 */
export function hooksIn(dir: string): HookFolder {
  try {
    const unsafe = unsafeAbove(dir);
    if (unsafe !== null) return { hooks: [], refused: [`no hook is run: ${unsafe}`] };
    const found = readdirSync(dir)
      .sort()
      .filter(name => /^[A-Za-z0-9_-]+$/.test(name))
      .map(name => hookOr(name, join(dir, name)));
    return { hooks: found.flatMap(({ hook }) => hook ?? []), refused: found.flatMap(({ why }) => why ?? []) };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return { hooks: [], refused: [] };
    return { hooks: [], refused: [`no hook is run: cannot look into ${dir}: ${error instanceof Error ? error.message : error}`] };
  }
}

function hookOr(name: string, path: string): { readonly hook?: Hook; readonly why?: string } {
  const found = lstatSync(path);
  if (found.isFile() && (found.mode & 0o111) === 0) return {};
  if (found.isDirectory()) return {};
  const why = found.isFile() ? writableBy(path, found) : `${path} is no file (a link leads where others may write)`;
  return why === null ? { hook: { name, path } } : { why: `the hook ${name} is not run: ${why}` };
}

// A folder is as safe as all that it is in: who may rename one of them puts another in its place.
function unsafeAbove(dir: string): string | null {
  for (let path = dir; ; path = dirname(path)) {
    const found = lstatSync(path);
    if (!found.isDirectory()) return `${path} is no folder`;
    const isSticky = path !== dir && (found.mode & 0o1000) !== 0;
    const why = isSticky && found.uid === 0 ? null : writableBy(path, found);
    if (why !== null || path === '/') return why;
  }
}

function writableBy(path: string, { uid, mode }: Stats): string | null {
  if (uid !== 0) return `${path} belongs to user ${uid}: chown root ${path}`;
  return (mode & 0o022) === 0 ? null : `${path} can be written by others than root (mode ${(mode & 0o7777).toString(8)}): chmod go-w ${path}`;
}

export interface HookRun {
  /** null: by a signal, or it did not start. */
  readonly exitCode: number | null;
  /** `exit 3`, `killed by SIGTERM`, `not ended within 30 s`, `not started: …`; '' when it ended with 0. */
  readonly trouble: string;
  /** The end of what it printed, stdout and stderr. */
  readonly output: string;
  readonly durationMs: number;
  /** We were asked to stop, and so was it. */
  readonly isStopped: boolean;
}

export interface HookOrder {
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly timeoutMs: number;
  /** Aborted: it is asked to end. */
  readonly stop: AbortSignal;
}

/** Characters that are kept of what a hook prints. */
const KEPT = 16_384;

/**
 * Runs a hook: no shell, a fixed environment, its own process group. At the deadline, or when we are asked to stop, the group gets SIGTERM, and
 * a second later SIGKILL; it dies with us. Throws nothing.
 */
export async function runHook({ path }: Hook, { env, stdin, timeoutMs, stop }: HookOrder): Promise<HookRun> {
  const started = performance.now();
  const end = (exitCode: number | null, trouble: string, output: string): HookRun => {
    return { exitCode, trouble, output, durationMs: Math.round(performance.now() - started), isStopped: stop.aborted };
  };
  if (stop.aborted) return end(null, 'not started', '');
  try {
    const child = spawnLong(path, [], { env });
    let output = '';
    child.stdout.on('data', (chunk: Uint8Array) => {
      output = (output + Buffer.from(chunk).toString()).slice(-KEPT);
    });
    child.stdin.end(stdin);
    let isLate = false;
    const deadline = setTimeout(() => {
      isLate = true;
      void child.stop();
    }, timeoutMs);
    const halt = (): void => void child.stop();
    stop.addEventListener('abort', halt);
    const { exitCode, signal } = await child.ended;
    clearTimeout(deadline);
    stop.removeEventListener('abort', halt);
    const how = signal === null ? (exitCode === 0 ? '' : `exit ${exitCode}`) : `killed by ${signal}`;
    return end(exitCode, isLate ? `not ended within ${timeoutMs / 1000} s` : how, `${output}${child.stderr()}`);
  } catch (error) {
    const code = error instanceof HostError ? error.code : codeOfErrno(error);
    return end(null, `not started (${code}): ${error instanceof Error ? error.message : error}`, '');
  }
}

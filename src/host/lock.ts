/**
 * One reconciler per node. The lock is the kernel's own (flock on a file below the runtime folder), so it is free the moment
 * its holder is gone, however it went; and it is a file's, so processes of one node meet in whatever network namespace they are.
 *
 * Node.js cannot call flock(2): koffi does, and where it is missing flock(1) is asked to lock a descriptor that we hand to it: the
 * lock belongs to the open file, which stays ours. Children that write to the kernel keep the file open too (`heldLocks`), so that after a kill -9 nobody
 * gets the lock while one of them still runs.
 */
import { closeSync, constants, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOfErrno, type Holder, HostError } from './errors.ts';
import { run } from './exec.ts';
import { ensureFolder } from './files.ts';
import { type Library, usualLibrary } from './netlink/library.ts';

export interface Lock {
  /** Frees it; a second call does nothing. */
  release(): void;
}

const held = new Set<number>();

/** Descriptors of the locks that this process holds, for children that must not outlive them. */
export function heldLocks(): readonly number[] {
  return [...held];
}

/**
 * Takes the node's lock at once or not at all.
 *
 * @param runtimeFolder  made if it is not there; the lock is `lock` in it
 * @param command        what we are doing, for the loser's message: `netloom reconcile`
 * @param name           of the file, where it is another lock than that of passes
 * @throws HostError `locked` with `holder` when another process has it
 */
export async function takeLock(runtimeFolder: string, command: string, name = 'lock'): Promise<Lock> {
  await ensureFolder(runtimeFolder);
  const path = join(runtimeFolder, name);
  const fd = openLock(path);
  try {
    if (!(await tryLock(fd, path))) throw lockedError(path, await holderOf(path));
    sayName(fd, command);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  held.add(fd);
  return { release: () => release(fd) };
}

const LOOK_MS = 200;

/** Takes it as soon as it is free. Throws HostError `locked` when others have it all that time. */
export async function takeLockInTime(runtimeFolder: string, command: string, mostMs: number): Promise<Lock> {
  const until = performance.now() + mostMs;
  for (;;) {
    try {
      return await takeLock(runtimeFolder, command);
    } catch (error) {
      if (!(error instanceof HostError && error.code === 'locked') || performance.now() > until) throw error;
    }
    await sleep(LOOK_MS);
  }
}

async function tryLock(fd: number, path: string): Promise<boolean> {
  const lib = await usualLibrary();
  if (lib !== null) return flockNow(lib, fd, path);
  const { exitCode, stderr } = await run('flock', ['--exclusive', '--nonblock', '--conflict-exit-code', '75', '3'], { keepOpen: [fd], timeoutMs: 10_000 });
  if (exitCode === 0 || exitCode === 75) return exitCode === 0;
  throw new HostError('other', `cannot lock ${path}: flock ended with ${exitCode}: ${stderr.trim()}`, { command: 'flock' });
}

function flockNow(lib: Library, fd: number, path: string): boolean {
  try {
    return lib.flock(fd);
  } catch (error) {
    throw new HostError(codeOfErrno(error), `cannot lock ${path}: ${error instanceof Error ? error.message : error}`, { command: 'flock', cause: error });
  }
}

function openLock(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    throw new HostError(codeOfErrno(error), `cannot open the lock ${path}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

// The file is never removed: who had opened it just before would lock a file that nobody else sees.
function release(fd: number): void {
  if (!held.delete(fd)) return;
  try {
    ftruncateSync(fd);
  } catch {
    // Whose name stands in it is gone: nobody takes it for a holder.
  } finally {
    closeSync(fd);
  }
}

function sayName(fd: number, command: string): void {
  const holder: Holder = { pid: process.pid, command, since: new Date().toISOString() };
  ftruncateSync(fd);
  writeSync(fd, `${JSON.stringify(holder)}\n`, 0);
}

// What stands in the file may be nothing, or a killed holder's, for the moment in which the new one writes its name.
async function holderOf(path: string): Promise<Holder> {
  let holder = NOBODY_YET;
  for (let tries = 0; tries < 10; tries++) {
    holder = readHolder(path);
    if (holder.pid !== 0 && existsSync(`/proc/${holder.pid}`)) return holder;
    await sleep(20);
  }
  return holder;
}

const NOBODY_YET: Holder = { pid: 0, command: 'unknown', since: '' };

function readHolder(path: string): Holder {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isHolder(value) ? value : NOBODY_YET;
  } catch {
    return NOBODY_YET;
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, command, since } = value as Partial<Holder>;
  return typeof pid === 'number' && typeof command === 'string' && typeof since === 'string';
}

function lockedError(path: string, holder: Holder): HostError {
  const who = holder.pid === 0 ? 'another process' : `pid ${holder.pid} (${holder.command}, since ${holder.since})`;
  return new HostError('locked', `this node's lock ${path} is held by ${who}: wait until it ends, or stop it`, { command: 'flock', holder });
}

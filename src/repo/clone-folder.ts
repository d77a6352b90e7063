/**
 * The folder of a disposable clone: one writer at a time over all processes, and whatever a writer left half done is thrown
 * away by the next. The clone itself appears and is replaced by a rename, so it is never seen half made.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configOf, markOf } from './git-binary.ts';
import { endOrphans } from './orphans.ts';
import { RepoError } from './repo.ts';

export interface CloneFolder {
  /** The bare repository; there only when `exists`. */
  readonly gitdir: string;
  exists(): Promise<boolean>;
  /** Remembers that something in the clone could not be read. */
  markDamaged(): Promise<void>;
  /** True when `markDamaged` was called for this very clone, in whatever process. */
  isDamaged(): Promise<boolean>;
  /** True when it is damaged, or a writer is at work or was killed. */
  isInDoubt(): Promise<boolean>;
  /** Runs `work` as the only writer. Throws RepoError `timeout` naming the holder when it waits too long. */
  exclusive<T>(until: number, work: () => Promise<T>): Promise<T>;
  /** Makes a clone with `fill` beside the old one and puts it in its place; when `fill` fails the old one stays. */
  replace(fill: (gitdir: string) => Promise<void>): Promise<void>;
}

/** Uses `dir`, which is made when it is needed. */
export function cloneFolder(dir: string, url: string): CloneFolder {
  const gitdir = join(dir, 'clone');
  const fresh = join(dir, 'clone.new');
  const old = join(dir, 'clone.old');
  const writing = join(dir, 'writing');

  // Inside the clone, so that it goes with it.
  const damaged = join(gitdir, 'netloom-damaged');

  const exists = (): Promise<boolean> => isThere(join(gitdir, 'objects'));
  const isDamaged = (): Promise<boolean> => isThere(damaged);
  const isInDoubt = async (): Promise<boolean> => (await isDamaged()) || (await isThere(writing));
  // Best effort: no clone, or a full disk, is found out by the next one as well.
  const markDamaged = (): Promise<void> => writeFile(damaged, '').catch(() => undefined);

  async function exclusive<T>(until: number, work: () => Promise<T>): Promise<T> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const release = await takeLock(dir, url, until);
    try {
      // Its writer was killed: nobody knows how far it came, and a new clone costs little.
      if (await isThere(writing)) {
        await endOrphans(markOf(configOf(dir)), url);
        await removeAll(gitdir, fresh, old);
      }
      await writeFile(writing, '');
      const result = await work();
      await rm(writing, { force: true });
      return result;
    } catch (error) {
      // An error that was thrown is not a crash: the backends leave a clone whole, or say `corrupt`.
      await rm(writing, { force: true });
      throw error;
    } finally {
      await release();
    }
  }

  async function replace(fill: (gitdir: string) => Promise<void>): Promise<void> {
    await removeAll(fresh, old);
    try {
      await fill(fresh);
      if (await isThere(gitdir)) await rename(gitdir, old);
      await rename(fresh, gitdir);
    } finally {
      await removeAll(fresh, old);
    }
  }

  return { gitdir, exists, markDamaged, isDamaged, isInDoubt, exclusive, replace };
}

/** The longest that a timer can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** Ends of the last turns of this process, by lock. */
const turns = new Map<string, Promise<void>>();

// Writers of one process take turns among themselves, so that the file is between processes alone: none sees another come and go there.
async function takeLock(dir: string, url: string, until: number): Promise<() => Promise<void>> {
  const lock = join(dir, 'lock');
  const before = turns.get(lock) ?? Promise.resolve();
  let end = (): void => undefined;
  const over = new Promise<void>(resolve => {
    end = resolve;
  });
  const mine = before.then(() => over);
  turns.set(lock, mine);
  // Also who gave up stays in line until those before it are done: nobody passes them.
  const leave = (): void =>
    void before.then(() => {
      end();
      if (turns.get(lock) === mine) turns.delete(lock);
    });
  try {
    const isMine = await Promise.race([before.then(() => true), sleep(Math.min(Math.max(0, until - Date.now()), LONGEST_MS), false, { ref: false })]);
    if (!isMine) throw inUse(dir, url, `${process.pid}`);
    const release = await takeFile(dir, lock, url, until);
    return () => release().finally(leave);
  } catch (error) {
    leave();
    throw error;
  }
}

// A file that names its holder: the holder's life is what holds it. link() makes it appear with its content.
async function takeFile(dir: string, lock: string, url: string, until: number): Promise<() => Promise<void>> {
  const mine = join(dir, `lock.${randomUUID()}`);
  const me = `${process.pid} ${await startOf(process.pid)} ${randomUUID()}\n`;
  // Before it is there, or another writer of this process could take it for a leftover.
  held.add(me);
  try {
    await writeFile(mine, me);
    for (;;) {
      if (await tryLink(mine, lock)) break;
      const holder = await readText(lock);
      if (holder === null) continue;
      if (!(await isHeld(holder))) await evict(lock, holder);
      else if (Date.now() > until) throw inUse(dir, url, holder);
      else await sleep(10 + Math.random() * 20);
    }
  } catch (error) {
    held.delete(me);
    throw error;
  } finally {
    // What cannot be removed is nobody's lock.
    await rm(mine, { force: true }).catch(() => undefined);
  }
  return async () => {
    held.delete(me);
    // Nor is one that stays because the disk takes no change: its name is not among those that are held.
    if ((await readText(lock).catch(() => null)) === me) await unlink(lock).catch(() => undefined);
  };
}

/** Locks of this process, as they stand in their files. */
const held = new Set<string>();

async function isHeld(holder: string): Promise<boolean> {
  const own = `${process.pid} ${await startOf(process.pid)} `;
  return holder.startsWith(own) ? held.has(holder) : lives(holder);
}

async function tryLink(mine: string, lock: string): Promise<boolean> {
  try {
    await link(mine, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

// Taken aside by rename, which one of several evicters wins; what is found to be another's is put back.
async function evict(lock: string, holder: string): Promise<void> {
  const aside = `${lock}.${randomUUID()}`;
  if ((await readText(lock)) !== holder) return;
  try {
    await rename(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readText(aside)) !== holder) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

async function lives(holder: string): Promise<boolean> {
  const [pid = '', start] = holder.trim().split(' ');
  if (!/^\d+$/.test(pid)) return false;
  const now = await startOf(Number.parseInt(pid, 10));
  return now !== '' && now === start;
}

/** When a process began (field 22 of proc(5) stat), so that a pid used again is not taken for its predecessor; '' when it is gone. */
async function startOf(pid: number): Promise<string> {
  const line = await readText(`/proc/${pid}/stat`);
  if (line === null) return '';
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
}

function inUse(dir: string, url: string, holder: string): RepoError {
  return new RepoError('timeout', `the clone in ${dir} is in use by process ${holder.split(' ')[0]}; wait for it to end`, url);
}

async function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // ESRCH: the process went while its stat was read.
    if (['ENOENT', 'ENOTDIR', 'ESRCH'].includes(error.code ?? '')) return null;
    throw error;
  });
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
}

async function removeAll(...paths: readonly string[]): Promise<void> {
  // Children of a git that was killed may go on writing for a moment.
  for (const path of paths) await rm(path, { recursive: true, force: true, maxRetries: 8, retryDelay: 25 });
}

/** Files that survive a crash: written whole beside the old one, on disk before they are renamed into place. */
import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { adviceFor, codeOfErrno, errnoOf, HostError } from './errors.ts';

/** Makes a folder and its parents (0700), if they are not there. Throws HostError. */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(`cannot make the folder ${path}`, error);
  }
}

/** Replaces a file in one act: temporary file beside it, fsync, rename, fsync of the folder. Makes the folder if needed. Throws HostError. */
export async function writeAtomic(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  await ensureFolder(dirname(path));
  await replaceFile(path, data, mode);
}

/** The same for a file that everybody may read, whatever the umask is, in a folder that is there. Throws HostError. */
export async function writeForOthers(path: string, data: string): Promise<void> {
  await replaceFile(path, data, 0o644);
}

async function replaceFile(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const temporary = `${path}.${passing()}.tmp`;
  try {
    await writeThrough(temporary, data, mode);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(`cannot write ${path}`, error);
  }
}

// Names its writer, so that what a killed one left is told from what is being written.
function passing(): string {
  return `${process.pid}-${randomUUID().slice(0, 8)}`;
}

/** Removes from a folder, not from those in it, what writers that are gone were just writing; an absent folder is fine. Throws HostError. */
export async function removeTorn(folder: string): Promise<void> {
  try {
    const names = await readdir(folder);
    const torn = names.filter(name => !isRunning(Number(/\.(\d+)-[0-9a-f]{8}\.tmp$/.exec(name)?.[1] ?? process.pid)));
    for (const name of torn) await rm(join(folder, name), { force: true });
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileError(`cannot tidy ${folder}`, error);
  }
}

/** Removes the folders in a folder that hold nothing; an absent folder is fine. Throws HostError. */
export async function removeEmptyFolders(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    await rmdir(join(folder, name)).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'ENOENT'].includes(errnoOf(error))) throw fileError(`cannot tidy ${folder}`, error);
    });
  }
}

const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** Content of a file, or null when there is none. Throws HostError for anything else. */
export async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return null;
    throw fileError(`cannot read ${path}`, error);
  }
}

/** Like `readIfThere`, as UTF-8 text. */
export async function readTextIfThere(path: string): Promise<string | null> {
  const bytes = await readIfThere(path);
  return bytes === null ? null : Buffer.from(bytes).toString('utf8');
}

/** Removes a file or a folder with all it holds; absent is fine. Throws HostError. */
export async function remove(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw fileError(`cannot remove ${path}`, error);
  }
}

/**
 * Proves that `bytes` more can be written below a folder: asked before the first change of the kernel, so that a full disk
 * does not end a pass in the middle. Writes and removes a probe (at most 1 MiB), since quotas and inodes are not in the
 * file system's own figures. Throws HostError `no-space`, `read-only`, `not-permitted`.
 */
export async function checkWritable(folder: string, bytes: number): Promise<void> {
  await ensureFolder(folder);
  const probe = join(folder, `.probe.${passing()}.tmp`);
  try {
    const room = await statfs(folder);
    const free = room.bavail * room.bsize;
    if (room.blocks > 0 && free < bytes) throw new HostError('no-space', `${folder} has ${free} bytes free, ${bytes} are needed: make room there`);
    await writeThrough(probe, new Uint8Array(Math.min(bytes, 1024 * 1024)), 0o600);
  } catch (error) {
    if (error instanceof HostError) throw error;
    throw fileError(`cannot write below ${folder}`, error);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

async function writeThrough(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
  try {
    await file.writeFile(data);
    if ((mode & 0o077) !== 0) await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Flushes the names in a folder. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function fileError(what: string, error: unknown): HostError {
  const code = codeOfErrno(error);
  const advice = adviceFor(code);
  const words = error instanceof Error ? error.message : String(error);
  return new HostError(code, `${what}: ${words}${advice === '' ? '' : ` (${advice})`}`, { cause: error });
}

/** Files that belong together as they are now, kept under a name by hard links: replaced in one act, at no cost for their size. */
import { randomUUID } from 'node:crypto';
import { link, lstat, mkdir, readdir, readlink, rename, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOfErrno, errnoOf, HostError } from './errors.ts';
import { ensureFolder, remove, syncFolder } from './files.ts';

/** True when what is kept under `name` are these very files, and no others. */
export async function isKept(name: string, sources: readonly string[]): Promise<boolean> {
  if ((await inodeOf(name)) === null) return false;
  const same = sources.map(async source => (await inodeOf(source)) === (await inodeOf(join(name, basename(source)))));
  return (await Promise.all(same)).every(Boolean);
}

/**
 * Keeps files under `name`, a link to a folder beside it; those that are not there are left out. What was kept under it before
 * is found under `former` then, if `isFormer`, and is gone otherwise. Throws HostError.
 */
export async function keepTogether(name: string, sources: readonly string[], former: string, isFormer: boolean): Promise<void> {
  await told(`cannot keep ${basename(name)} below ${dirname(name)}`, async () => {
    await ensureFolder(dirname(name));
    const fresh = `${name}.${randomUUID().slice(0, 8)}`;
    await linkInto(fresh, sources);
    const before = await readlink(name).catch(() => null);
    if (isFormer && before !== null) await point(former, before);
    await point(name, basename(fresh));
    await tidy(name, former);
  });
}

/** Makes a folder that holds these files by hard links; those that are not there are left out. */
export async function linkInto(folder: string, sources: readonly string[]): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  for (const source of sources) {
    try {
      await link(source, join(folder, basename(source)));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  await syncFolder(folder);
}

async function point(name: string, target: string): Promise<void> {
  const temporary = `${name}.${randomUUID().slice(0, 8)}.link`;
  await symlink(target, temporary);
  await rename(temporary, name);
  await syncFolder(dirname(name));
}

// What a killed one left, and what nobody points to any more.
async function tidy(name: string, former: string): Promise<void> {
  const used = new Set(await Promise.all([name, former].map(each => readlink(each).catch(() => ''))));
  const isLeft = (entry: string): boolean => [name, former].some(each => entry.startsWith(`${basename(each)}.`)) && !used.has(entry);
  for (const entry of await readdir(dirname(name))) {
    if (isLeft(entry)) await remove(join(dirname(name), entry));
  }
}

async function inodeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ino;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return null;
    throw error;
  }
}

/** True when something is kept under a name, were it nothing but an empty folder. Throws HostError. */
export async function isAnythingKept(name: string): Promise<boolean> {
  return told(`cannot look at ${name}`, async () => {
    try {
      await lstat(join(name, '.'));
      return true;
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return false;
      throw error;
    }
  });
}

async function told<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof HostError) throw error;
    throw new HostError(codeOfErrno(error), `${what}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** Files and folders as a source of events. What is in them is read by whoever is woken; here they are only looked at from outside. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Calm, newCalm } from './calm.ts';

export interface Watched {
  /** A file, or a folder with all below it. It may come and go, and be renamed over; the folder that it is in must be there. */
  readonly path: string;
  readonly changed: () => void;
}

export interface FileEars {
  /** From now on these, and no others. */
  follow(all: readonly Watched[]): void;
  close(): Promise<void>;
}

/** `failed`: what cannot be watched (too many watches, no permission); what it would have told is found by the interval. */
export async function listenToFiles(failed: (error: unknown) => void): Promise<FileEars> {
  const { watch } = await import('chokidar');
  let all: readonly Watched[] = [];
  let followed: ReadonlySet<string> = new Set();
  const isWanted = (path: string): boolean => followed.has(path) || all.some(each => path === each.path || isBelow(path, each.path));
  const watcher = watch([], { ignoreInitial: true, ignorePermissionErrors: true, followSymlinks: false, ignored: path => !isWanted(path) });
  const calms = new Map<string, Calm>();
  watcher.on('error', failed);
  watcher.on('all', (_, path) => {
    for (const each of all) if (path === each.path || isBelow(path, each.path)) calms.get(each.path)?.news();
  });
  return {
    follow: next => {
      all = next;
      for (const { path, changed } of next) if (!calms.has(path)) calms.set(path, newCalm(changed, TIMES));
      const before = followed;
      followed = new Set(next.flatMap(({ path }) => rootsOf(path)));
      watcher.add([...followed].filter(root => !before.has(root)));
      const gone = [...before].filter(root => !followed.has(root));
      if (gone.length > 0) watcher.unwatch(gone);
    },
    close: async () => {
      for (const calm of calms.values()) calm.close();
      await watcher.close();
    },
  };
}

const TIMES = { quietMs: 150, longestMs: 2_000, burst: 10, refillMs: 2_000 };

// A folder itself, and of everything the folder that it is in: it may be renamed over, and come only later.
function rootsOf(path: string): readonly string[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return [...(isFolder ? [path] : []), ...(existsSync(dirname(path)) ? [dirname(path)] : [])];
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`) && !/\/(\.git|node_modules)(\/|$)/.test(path.slice(folder.length));
}

/** What of a repository on this machine changes when a branch moves. */
export function refsOf(repository: string): readonly string[] {
  const folder = existsSync(join(repository, '.git')) ? join(repository, '.git') : repository;
  return ['refs/heads', 'packed-refs', 'reftable'].map(name => join(folder, name));
}

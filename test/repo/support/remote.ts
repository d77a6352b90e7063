/** A real bare repository in a folder of its own, and git itself to look into it and to change it behind our back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../src/host/exec.ts';
import { createBareRepository } from '../../../src/lab/git-server.ts';
import type { Author, Oid } from '../../../src/repo/repo.ts';

export const AUTHOR: Author = { name: 'node-1', email: 'netloom@node-1' };
/** 2026-11-21T00:00:00Z. */
export const AT = 1_795_219_200_000;

export interface Bare {
  /** Folder of its own; the repository is in it. */
  readonly root: string;
  readonly path: string;
  /** Runs git on it; trimmed output. */
  git(...args: readonly string[]): Promise<string>;
  /** Commits these files (null deletes) on top of the branch, whatever it is now, or as a new root. */
  grow(branch: string, files: Readonly<Record<string, string | null>>, how?: { readonly root?: boolean; readonly times?: number }): Promise<Oid>;
  tip(branch: string): Promise<Oid | null>;
  /** Content of a file at a branch's tip. */
  show(branch: string, path: string): Promise<string>;
  remove(): Promise<void>;
}

const ENV = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' };

/** Makes an empty one; `branch` is what its HEAD names. */
export async function makeBare(branch = 'main', folder?: string, name = 'repo.git'): Promise<Bare> {
  const root = folder ?? (await mkdtemp(join(tmpdir(), 'netloom-repo-')));
  const path = join(root, name);
  await createBareRepository(path, branch);
  const git = async (...args: readonly string[]): Promise<string> =>
    (await run('git', [`--git-dir=${path}`, ...args], { env: ENV, okCodes: [0] })).stdout.trimEnd();
  const tip = async (name: string): Promise<Oid | null> => (await git('for-each-ref', '--format=%(objectname)', `refs/heads/${name}`)) || null;
  return {
    root,
    path,
    git,
    tip,
    async grow(name, files, { root: orphan = false, times = 1 } = {}) {
      const before = orphan ? null : await tip(name);
      const script = Array.from({ length: times }, (_, round) => commitScript(name, files, round === 0 ? before : undefined, round)).join('');
      await run('git', [`--git-dir=${path}`, 'fast-import', '--quiet', '--force', '--date-format=raw'], {
        env: ENV,
        stdin: `${orphan ? `reset refs/heads/${name}\n` : ''}${script}done\n`,
        okCodes: [0],
      });
      return (await tip(name)) as Oid;
    },
    show: (name, file) => git('show', `${name}:${file}`),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

function commitScript(branch: string, files: Readonly<Record<string, string | null>>, from: Oid | null | undefined, round: number): string {
  const message = `people: change ${round}`;
  const lines = Object.entries(files).map(([path, text]) => {
    if (text === null) return `D ${path}\n`;
    const bytes = round === 0 ? text : `${text}# ${round}\n`;
    return `M 100644 inline ${path}\ndata ${Buffer.byteLength(bytes)}\n${bytes}\n`;
  });
  const person = `people <people@example.org> ${1_795_000_000 + round} +0100`;
  return `commit refs/heads/${branch}\nauthor ${person}\ncommitter ${person}\ndata ${message.length}\n${message}\n${from ? `from ${from}\n` : ''}${lines.join('')}\n`;
}

/** How far the history of a remote goes, asked by the git binary. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bound } from './backend.ts';
import { type GitSetting, git } from './git-binary.ts';
import type { Oid } from './repo.ts';

interface Depth {
  readonly remote: string;
  /** Of ours; it is made and goes again. */
  readonly folder: string;
  readonly tip: Oid;
  readonly bound: Bound;
  readonly until: number;
  readonly maxBytes: number;
}

/** True when history goes on below the bound. No command asks for that alone: a clone without files (where the server can leave them out) tells. */
export async function goesBelow(setting: GitSetting, { remote, folder, tip, bound, until, maxBytes }: Depth): Promise<boolean> {
  const at = `--git-dir=${folder}`;
  await rm(folder, { recursive: true, force: true });
  try {
    await git(setting, ['init', '--quiet', '--bare', '--template=', '--', folder], { until });
    // The last commit of a depth counts as an end, also where it is the first of all.
    const end = 'commits' in bound ? `--depth=${bound.commits + 1}` : `--shallow-exclude=refs/heads/${bound.branch}`;
    const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--filter=tree:0', end];
    await git(setting, [at, 'fetch', ...options, '--', remote, `+${tip}:refs/netloom/depth`], { until, maxFileBytes: maxBytes });
    return (await readFile(join(folder, 'shallow'), 'utf8').catch(() => '')) !== '';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

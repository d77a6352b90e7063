/** The lab's git repository: made bare, filled from a folder as it is on disk, uncommitted changes included. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../host/exec.ts';
import { createBareRepository } from './git-server.ts';
import { repositoryOf } from './lab.ts';

const BRANCH = 'main';

/** Makes the lab's empty repository. Throws HostError. */
export async function createRepository(dir: string): Promise<void> {
  await createBareRepository(repositoryOf(dir), BRANCH);
}

/**
 * Commits what a folder holds now as the next revision of the lab's `main`, and gives the commit's oid. What the folder's
 * .gitignore names stays out; nothing is written into the folder. The same content makes no commit.
 */
export async function pushFolder(dir: string, folder: string, message = 'definitions'): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'netloom-lab-'));
  const git = async (...args: string[]): Promise<string> => {
    const env = { ...ENVIRONMENT, GIT_INDEX_FILE: join(scratch, 'index') };
    const result = await run('git', [`--git-dir=${repositoryOf(dir)}`, `--work-tree=${folder}`, '-c', 'core.autocrlf=false', ...args], {
      env,
      cwd: folder,
      okCodes: [0],
    });
    return result.stdout.trim();
  };
  try {
    await git('add', '--all', '--', '.');
    const tree = await git('write-tree');
    const parent = await git('for-each-ref', '--format=%(objectname)', `refs/heads/${BRANCH}`);
    if (parent !== '' && (await git('rev-parse', `${parent}^{tree}`)) === tree) return parent;
    const commit = await git('commit-tree', '-m', message, ...(parent === '' ? [] : ['-p', parent]), tree);
    await git('update-ref', `refs/heads/${BRANCH}`, commit, parent === '' ? '0'.repeat(40) : parent);
    return commit;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'netloom lab',
  GIT_AUTHOR_EMAIL: 'lab@localhost',
  GIT_COMMITTER_NAME: 'netloom lab',
  GIT_COMMITTER_EMAIL: 'lab@localhost',
} as const;

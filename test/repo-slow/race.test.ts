import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serveGit } from '../../src/lab/git-server.ts';
import { openRepo } from '../../src/repo/open.ts';
import type { Oid, Repo } from '../../src/repo/repo.ts';
import { AT, AUTHOR, type Bare, makeBare } from '../repo/support/remote.ts';

const WRITERS = 8;
const ROUNDS = 3;
const BRANCH = 'netloom-status';

describe.each(['http', 'the git binary'])('over %s', way => {
  let bare: Bare;
  let url: string;
  let close: () => Promise<void>;

  beforeEach(async () => {
    bare = await makeBare();
    if (way === 'http') {
      const server = await serveGit({ root: bare.root });
      url = `${server.url}/repo.git`;
      close = server.close;
    } else {
      url = bare.path;
      close = async () => undefined;
    }
  });
  afterEach(async () => {
    await close();
    await bare.remove();
  });

  const open = (name: string): Repo => openRepo({ url, dir: join(bare.root, name) });
  const tipOf = async (repo: Repo): Promise<Oid | null> => (await repo.tips([BRANCH])).get(BRANCH) ?? null;

  test('eight writers at once lose nothing, and every lost race is said to be one', { timeout: 60_000 }, async () => {
    let stale = 0;
    const writer = async (index: number): Promise<void> => {
      const repo = open(`writer-${index}`);
      for (let round = 1; round <= ROUNDS; ) {
        const tip = await tipOf(repo);
        if (tip !== null) await repo.sync(BRANCH, tip);
        const edits = new Map([
          [`nodes/${index}.yaml`, `round: ${round}\n`],
          [`rounds/${round}/${index}`, ''],
        ]);
        const oid = (await repo.commit({ parent: tip, edits, author: AUTHOR, message: `${index}/${round}`, at: AT })) as Oid;
        if ((await repo.push({ oid, branch: BRANCH, expect: tip })) === 'ok') round++;
        else {
          stale++;
          await sleep(Math.random() * 150);
        }
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, index) => writer(index)));
    const subjects = (await bare.git('log', '--format=%s', BRANCH)).split('\n').sort();
    expect(subjects).toEqual(Array.from({ length: WRITERS * ROUNDS }, (_, n) => `${Math.floor(n / ROUNDS)}/${(n % ROUNDS) + 1}`).sort());
    expect((await bare.git('ls-tree', '-r', '--name-only', BRANCH, 'rounds/')).split('\n')).toHaveLength(WRITERS * ROUNDS);
    for (let index = 0; index < WRITERS; index++) expect(await bare.show(BRANCH, `nodes/${index}.yaml`)).toBe(`round: ${ROUNDS}`);
    expect(stale).toBeGreaterThan(0);
  });

  test('a branch that moves while a push is on its way is a lost race, not a refusal', async () => {
    const before = await bare.grow(BRANCH, { 'a.yaml': 'a\n' });
    const other = await bare.grow('other', { 'b.yaml': 'b\n' });
    const repo = open('late');
    await repo.sync(BRANCH, before);
    const oid = (await repo.commit({ parent: before, edits: new Map([['a.yaml', 'mine\n']]), author: AUTHOR, message: 'late', at: AT })) as Oid;
    // The server has compared the old tip by then, and finds another one when it takes the lock.
    await mkdir(join(bare.path, 'hooks'), { recursive: true });
    const hook = join(bare.path, 'hooks/update');
    await writeFile(hook, `#!/bin/sh\ngit update-ref refs/heads/${BRANCH} ${other}\n`);
    await chmod(hook, 0o755);
    expect(await repo.push({ oid, branch: BRANCH, expect: before })).toBe('stale');
    expect(await bare.tip(BRANCH)).toBe(other);
  });
});

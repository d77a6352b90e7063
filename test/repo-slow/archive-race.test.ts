import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serveGit } from '../../src/lab/git-server.ts';
import { archiveOrSay } from '../../src/pass/archive.ts';
import { openRemote, type Remote } from '../../src/pass/remote.ts';
import { AT, AUTHOR, type Bare, makeBare } from '../repo/support/remote.ts';

const STATUS = 'netloom-status';

describe.each(['http', 'the git binary'])('over %s', way => {
  let bare: Bare;
  let url: string;
  let close: () => Promise<void>;

  beforeEach(async () => {
    bare = await makeBare();
    const server = way === 'http' ? await serveGit({ root: bare.root }) : null;
    url = server === null ? bare.path : `${server.url}/repo.git`;
    close = async () => server?.close();
    await bare.grow(STATUS, { 'nodes/n1.yaml': 'a: 1\n', 'nodes/n2.yaml': 'b: 1\n', 'README.md': 'ours\n' }, { times: 30 });
  });
  afterEach(async () => {
    await close();
    await bare.remove();
  });

  let clones = 0;
  const remoteOf = (): Promise<Remote> =>
    openRemote({ repo: { url, branch: 'main', path: '' }, status: { url: '', branch: STATUS } }, join(bare.root, `clone-${clones++}`));
  /** As a node that has just pushed the tip. */
  const due = async (archiveAfter: number) => {
    const remote = await remoteOf();
    const tip = (await bare.tip(STATUS)) ?? '';
    await remote.status.sync(STATUS, tip);
    return { remote, node: 'n1', tip, archiveAfter };
  };

  test('nothing is lost while others push', { timeout: 60_000 }, async () => {
    const writers = 3;
    const rounds = 5;
    const write = async (index: number): Promise<void> => {
      const { status } = await remoteOf();
      for (let round = 1; round <= rounds; ) {
        const tip = (await status.tips([STATUS])).get(STATUS) ?? null;
        if (tip === null) throw new Error('the branch is gone');
        await status.sync(STATUS, tip);
        const edits = new Map([[`nodes/w${index}.yaml`, `round: ${round}\n`]]);
        const oid = await status.commit({ parent: tip, edits, author: AUTHOR, message: `${index}/${round}`, at: AT });
        if (oid !== null && (await status.push({ oid, branch: STATUS, expect: tip })) === 'ok') round += 1;
        await sleep(Math.random() * 300);
      }
    };
    let isOver = false;
    let archived = 0;
    const archiver = async (): Promise<void> => {
      while (!isOver) {
        // Two at once may meet: then one of them says so, and tries again with a later commit.
        if ((await archiveOrSay(await due(10)))?.endsWith('it begins anew')) archived += 1;
        await sleep(Math.random() * 100);
      }
    };
    const both = Promise.all([archiver(), archiver()]);
    await Promise.all(Array.from({ length: writers }, (_, index) => write(index)));
    isOver = true;
    await both;
    expect(archived).toBeGreaterThan(0);
    for (let index = 0; index < writers; index += 1) expect(await bare.show(STATUS, `nodes/w${index}.yaml`)).toBe(`round: ${rounds}`);
    const subjects = (await bare.git('log', '--format=%s', '--branches', '--author=node-1')).split('\n').sort();
    expect(subjects).toEqual(Array.from({ length: writers * rounds }, (_, n) => `${Math.floor(n / rounds)}/${(n % rounds) + 1}`).sort());
    expect(await bare.show(STATUS, 'README.md')).toMatch(/^ours/);
  });
});

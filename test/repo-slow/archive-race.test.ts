import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { archiveOrSay } from '../../src/pass/archive.ts';
import { AT, AUTHOR, type Bare } from '../repo/support/remote.ts';
import { STATUS, type StatusRemote, statusRemote } from '../repo/support/status-branch.ts';

describe.each(['http', 'the git binary'])('over %s', way => {
  let all: StatusRemote;
  let bare: Bare;

  beforeEach(async () => {
    all = await statusRemote(way);
    bare = all.bare;
  });
  afterEach(() => all.end());

  test('nothing is lost while others push', { timeout: 60_000 }, async () => {
    const writers = 3;
    const rounds = 5;
    const write = async (index: number): Promise<void> => {
      const { status } = await all.remoteOf();
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
        if ((await archiveOrSay(await all.due(10)))?.endsWith('it begins anew')) archived += 1;
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

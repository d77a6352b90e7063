import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { archiveIfLong, archiveOrSay, isTurn } from '../../src/pass/archive.ts';
import type { Bare } from '../repo/support/remote.ts';
import { STATUS, type StatusRemote, statusRemote } from '../repo/support/status-branch.ts';

const FIRST = `${STATUS}-archive-1`;
const SECOND = `${STATUS}-archive-2`;

describe.each(['http', 'the git binary'])('over %s', way => {
  let all: StatusRemote;
  let bare: Bare;

  beforeEach(async () => {
    all = await statusRemote(way);
    bare = all.bare;
  });
  afterEach(() => all.end());

  const count = async (branch: string): Promise<number> => Number(await bare.git('rev-list', '--count', branch));
  const tree = (branch: string): Promise<string> => bare.git('rev-parse', `${branch}^{tree}`);

  test('a branch that is short enough stays as it is', async () => {
    expect(await archiveIfLong(await all.due(30))).toBeNull();
    expect([await count(STATUS), await bare.tip(FIRST)]).toEqual([30, null]);
  });

  test('one that is too long is kept as another branch, and begins anew with the same files', async () => {
    const before = { tip: await bare.tip(STATUS), tree: await tree(STATUS) };
    expect(await archiveIfLong(await all.due(29))).toMatchObject({ branch: FIRST, tip: await bare.tip(STATUS) });
    expect({ tip: await bare.tip(FIRST), tree: await tree(STATUS), count: await count(STATUS) }).toEqual({ ...before, count: 1 });
    expect(await bare.git('log', '-1', '--format=%an %s', STATUS)).toBe(
      `netloom n1 netloom: n1: begun anew; what was before is the branch ${FIRST} at ${before.tip}`,
    );
  });

  test('the next time there is a second archive, and the first stays', async () => {
    await archiveIfLong(await all.due(29));
    const first = await bare.tip(FIRST);
    await bare.grow(STATUS, { 'nodes/n1.yaml': 'a: 2\n' }, { times: 30 });
    const tip = await bare.tip(STATUS);
    expect(await archiveIfLong(await all.due(29))).toMatchObject({ branch: SECOND });
    expect([await bare.tip(FIRST), await bare.tip(SECOND), await count(STATUS)]).toEqual([first, tip, 1]);
  });

  test('an archive that a crash left without a new beginning is taken further', async () => {
    await bare.git('update-ref', `refs/heads/${FIRST}`, `${STATUS}~3`);
    const tip = await bare.tip(STATUS);
    expect(await archiveIfLong(await all.due(29))).toMatchObject({ branch: FIRST });
    expect([await bare.tip(FIRST), await bare.tip(SECOND), await count(STATUS)]).toEqual([tip, null, 1]);
  });

  test('a branch that may not be replaced stays, is told, and does not fill the repository with archives', async () => {
    await bare.git('config', 'receive.denyNonFastForwards', 'true');
    for (let round = 0; round < 2; round += 1) {
      await bare.grow(STATUS, { 'nodes/n1.yaml': `a: ${round}\n` });
      const before = await bare.tip(STATUS);
      expect(await archiveOrSay(await all.due(29))).toMatch(/could not be archived: .*refuses the push/);
      expect([await bare.tip(STATUS), await bare.tip(FIRST), await bare.tip(SECOND)]).toEqual([before, before, null]);
    }
  });
});

test('somebody looks whether it is long after about one commit in a hundredth of that', () => {
  const tips = Array.from({ length: 20_000 }, (_, n) => ((n * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0').padEnd(40, '0'));
  const asked = tips.filter(tip => isTurn(tip, 50_000)).length;
  expect(asked).toBeGreaterThan(20);
  expect(asked).toBeLessThan(80);
  expect(tips.every(tip => isTurn(tip, 50))).toBe(true);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bootId, bootSeconds, killMarked, markOf } from '../../src/host/boot.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import { confirmArmed } from '../../src/pass/armed.ts';
import { isExpired, type Journal, loadJournal, openJournal, stateBefore } from '../../src/pass/journal.ts';
import { saveGood, saveKeptLedger } from '../../src/pass/kept.ts';
import { enforcedBefore, keepEnforced, lastEnforced, openRecord } from '../../src/pass/last-enforced.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'netloom-record-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const accept = (revision: string) => saveGood(dir, { revision, path: '', files: [] });
const settle = (tip: string) => saveKeptLedger(dir, { tip, ledger: EMPTY_LEDGER });
const names = async () => [(await lastEnforced(dir)).good?.revision ?? null, (await enforcedBefore(dir)).good?.revision ?? null];

describe('what was enforced', () => {
  test('is nothing on a new node, also when a first pass was killed after it had accepted a revision', async () => {
    await openRecord(dir);
    await accept('a');
    await openRecord(dir);
    expect(await names()).toEqual([null, null]);
  });

  test('is what a netloom without such a record had accepted', async () => {
    await accept('a');
    await openRecord(dir);
    expect(await names()).toEqual(['a', null]);
  });

  test('is not what was accepted since; and the revision before it is known, whatever became of the ledger', async () => {
    await accept('a');
    await keepEnforced(dir);
    await accept('b');
    expect(await names()).toEqual(['a', null]);
    await keepEnforced(dir);
    await settle('tip');
    await keepEnforced(dir);
    expect(await names()).toEqual(['b', 'a']);
    expect((await lastEnforced(dir)).ledger?.tip).toBe('tip');
    // Two links and two folders, whatever came and went.
    expect(readdirSync(dir).filter(name => name.startsWith('enforced'))).toHaveLength(4);
  });

  test('costs nothing to say again', async () => {
    await accept('a');
    await keepEnforced(dir);
    const before = readdirSync(dir);
    await keepEnforced(dir);
    expect(readdirSync(dir)).toEqual(before);
  });
});

describe('a journal', () => {
  const journal: Journal = {
    format: 1,
    id: '0badcafe',
    phase: 'applying',
    node: 'n1',
    runtimeDir: '/nowhere',
    revision: 'b',
    boot: bootId(),
    deadlineS: bootSeconds() + 60,
    confirm: 'probes',
    pass: markOf(),
    touches: [],
    settings: [],
    probes: [],
  };

  test('has what was enforced, and keeps it while that moves on', async () => {
    await accept('a');
    await settle('old');
    await keepEnforced(dir);
    await accept('b');
    await settle('new');
    await openJournal(dir, journal);
    await keepEnforced(dir);
    expect(await loadJournal(dir)).toEqual(journal);
    expect(await stateBefore(dir)).toMatchObject({ good: { revision: 'a' }, ledger: { tip: 'old' } });
  });

  test.each(['null', '{', '{"format":2}'])('that says %j stops whoever finds it', async text => {
    await openJournal(dir, journal);
    writeFileSync(join(dir, 'armed', 'journal.json'), text);
    await expect(loadJournal(dir)).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('is no journal') });
  });

  test('cannot be confirmed past its time, nor once it is taken back, nor while its pass has not done all of it', async () => {
    for (const [page, why] of [
      [{ phase: 'applied', deadlineS: bootSeconds() - 1 }, 'too late'],
      [{ phase: 'undoing' }, 'too late'],
      [{ phase: 'applying' }, 'ended before it was done'],
    ] as const) {
      await openJournal(dir, { ...journal, ...page });
      await expect(confirmArmed(dir, join(dir, 'run'))).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining(why) });
      expect(await loadJournal(dir)).toMatchObject({ phase: page.phase });
      rmSync(join(dir, 'armed'), { recursive: true });
    }
  });

  test('is past its time when that is over, and after a reboot', () => {
    expect(isExpired(journal)).toBe(false);
    expect(isExpired({ ...journal, deadlineS: bootSeconds() - 1 })).toBe(true);
    expect(isExpired({ ...journal, boot: 'of another day' })).toBe(true);
  });

  test('has nobody killed who only got the number of its pass', async () => {
    const other = spawn('sleep', ['60'], { stdio: 'ignore' });
    const ended = once(other, 'exit');
    const { pid = 0 } = other;
    expect([killMarked({ pid, started: '1' }), killMarked({ pid, started: '' })]).toEqual([false, false]);
    expect(killMarked(markOf(pid))).toBe(true);
    await ended;
    expect(killMarked(markOf(pid))).toBe(false);
  });
});

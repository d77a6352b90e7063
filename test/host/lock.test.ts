import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { heldLocks, takeLock } from '../../src/host/lock.ts';
import { killNow, line, type Program, printed, program } from './program.ts';

let folder: string;
let holder: Program;

beforeAll(async () => {
  holder = await program(`
    import { run } from '../../src/host/exec.ts';
    import { heldLocks, takeLock } from '../../src/host/lock.ts';
    const [folder = '', child] = process.argv.slice(2);
    await takeLock(folder, 'netloom reconcile').then(
      () => console.log('held'),
      error => { console.log(error.code + ' ' + error.holder.pid); process.exit(75); },
    );
    if (child !== undefined) void run('setpriv', ['--pdeathsig', 'clear', 'sleep', child], { keepOpen: heldLocks() });
    setInterval(() => {}, 1000);
  `);
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netloom-lock-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => holder.remove());

test('the loser is told who holds the lock, since when, and for what', async () => {
  const child = holder.start([folder]);
  expect(await line(child)).toBe('held');
  const error = await takeLock(folder, 'netloom apply').catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'locked',
    canRetry: true,
    holder: { pid: child.pid, command: 'netloom reconcile', since: expect.stringMatching(/^\d{4}-.*Z$/) },
  });
  expect(String(error)).toContain(`pid ${child.pid} (netloom reconcile, since `);
  await killNow(child);
});

test('a killed holder leaves nothing that keeps the next one out', async () => {
  for (let round = 0; round < 5; round++) {
    const child = holder.start([folder]);
    expect(await line(child)).toBe('held');
    await killNow(child);
    (await takeLock(folder, 'netloom apply')).release();
  }
});

test('of twenty that try at once exactly one holds, and all others name it', async () => {
  const children = Array.from({ length: 20 }, () => holder.start([folder]));
  const said = await Promise.all(children.map(line));
  const winner = children[said.indexOf('held')];
  expect(said.filter(text => text === 'held')).toHaveLength(1);
  expect(new Set(said.filter(text => text !== 'held'))).toEqual(new Set([`locked ${winner?.pid}`]));
  if (winner !== undefined) await killNow(winner);
});

test('the lock is free only when the last child that writes to the kernel is gone', async () => {
  const child = holder.start([folder, '1']);
  expect(await line(child)).toBe('held');
  await new Promise(resolve => setTimeout(resolve, 300));
  await killNow(child);
  await expect(takeLock(folder, 'netloom apply')).rejects.toMatchObject({ code: 'locked' });
  await new Promise(resolve => setTimeout(resolve, 1200));
  (await takeLock(folder, 'netloom apply')).release();
});

test('the same process cannot hold it twice, and can again after release', async () => {
  const lock = await takeLock(folder, 'netloom apply');
  expect(heldLocks()).toHaveLength(1);
  await expect(takeLock(folder, 'netloom apply')).rejects.toMatchObject({ code: 'locked', holder: { pid: process.pid } });
  lock.release();
  lock.release();
  expect(heldLocks()).toEqual([]);
  (await takeLock(folder, 'netloom apply')).release();
});

test('a lock file that was written by nobody we know still locks', async () => {
  writeFileSync(join(folder, 'lock'), 'garbage\n');
  const lock = await takeLock(folder, 'netloom apply');
  expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
  lock.release();
});

test('a link in place of the lock file is not followed', async () => {
  const other = join(folder, 'other');
  writeFileSync(other, 'of somebody else');
  symlinkSync(other, join(folder, 'lock'));
  await expect(takeLock(folder, 'netloom reconcile')).rejects.toMatchObject({ name: 'HostError' });
  expect(readFileSync(other, 'utf8')).toBe('of somebody else');
});

test('nodes with folders of their own do not meet', async () => {
  const other = mkdtempSync(join(tmpdir(), 'netloom-lock-'));
  const child = holder.start([other]);
  expect(await line(child)).toBe('held');
  (await takeLock(folder, 'netloom apply')).release();
  child.stdout?.resume();
  await killNow(child);
  rmSync(other, { recursive: true, force: true });
});

test('a holder that prints nothing more ends when it is killed', async () => {
  const child = holder.start([folder]);
  const all = printed(child);
  await once(child.stdout ?? child, 'data');
  await killNow(child);
  expect(await all).toBe('held\n');
});

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { checkWritable, readIfThere, readTextIfThere, remove, removeEmptyFolders, removeTorn, writeAtomic } from '../../src/host/files.ts';
import { killNow, line, program } from './program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netloom-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a file is replaced whole, readable for its owner alone, and leaves nothing beside it', async () => {
  const path = join(folder, 'deep', 'state.json');
  await writeAtomic(path, 'one');
  await writeAtomic(path, 'two');
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'deep'))).toEqual(['state.json']);
});

test('a writer that is killed leaves the old content or the new, never a part', async () => {
  const writer = await program(`
    import { writeAtomic } from '../../src/host/files.ts';
    for (let n = 0; ; n++) {
      await writeAtomic(process.argv[2] ?? '', String(n % 10).repeat(300_000));
      if (n === 0) console.log('go');
    }
  `);
  onTestFinished(writer.remove);
  const path = join(folder, 'ledger');
  for (let round = 0; round < 5; round++) {
    const child = writer.start([path]);
    expect(await line(child)).toBe('go');
    await new Promise(resolve => setTimeout(resolve, 50 + round * 17));
    await killNow(child);
    const text = readFileSync(path, 'utf8');
    expect([text.length, new Set(text).size]).toEqual([300_000, 1]);
  }
});

test('what a killed writer was writing is taken away, what is being written and what others have there is not', async () => {
  const writer = await program(`
    import { writeAtomic } from '../../src/host/files.ts';
    console.log('go');
    for (;;) await writeAtomic(process.argv[2] ?? '', 'x'.repeat(300_000));
  `);
  onTestFinished(writer.remove);
  const torn = (): readonly string[] => readdirSync(folder).filter(name => name.endsWith('.tmp'));
  while (torn().length === 0) {
    const child = writer.start([join(folder, 'ledger')]);
    await line(child);
    await killNow(child);
  }
  const others = [`ledger.${process.pid}-0123abcd.tmp`, 'x.tmp', 'notes'];
  for (const name of others) writeFileSync(join(folder, name), '');
  await removeTorn(folder);
  expect(
    readdirSync(folder)
      .filter(name => name !== 'ledger')
      .sort(),
  ).toEqual(others.sort());
  await removeTorn(join(folder, 'nothing'));
});

test('what is not there reads as null, what cannot be read is an error that names it', async () => {
  expect(await readIfThere(join(folder, 'nothing'))).toBeNull();
  expect(await readTextIfThere(join(folder, 'nothing', 'below'))).toBeNull();
  await expect(readIfThere(folder)).rejects.toThrow(folder);
});

test('a link put in place of a file is replaced, not followed', async () => {
  const victim = join(folder, 'victim');
  writeFileSync(victim, 'untouched');
  symlinkSync(victim, join(folder, 'state'));
  await writeAtomic(join(folder, 'state'), 'mine');
  expect([readFileSync(victim, 'utf8'), readFileSync(join(folder, 'state'), 'utf8')]).toEqual(['untouched', 'mine']);
});

test('folders that hold nothing are taken away, others and files stay', async () => {
  for (const name of ['empty', 'full/deep']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'file'), '');
  await removeEmptyFolders(folder);
  expect(readdirSync(folder).sort()).toEqual(['file', 'full']);
  expect(readdirSync(join(folder, 'full'))).toEqual(['deep']);
  await removeEmptyFolders(join(folder, 'nothing'));
});

test('removing what is absent is success', async () => {
  await remove(join(folder, 'nothing'));
  writeFileSync(join(folder, 'a'), '');
  await remove(join(folder, 'a'));
  expect(readdirSync(folder)).toEqual([]);
});

test('room that is not there is found out before anything is written', async () => {
  await checkWritable(folder, 100_000);
  expect(readdirSync(folder)).toEqual([]);
  await expect(checkWritable(folder, 2 ** 60)).rejects.toMatchObject({ code: 'no-space', message: expect.stringContaining(folder) });
  writeFileSync(join(folder, 'file'), '');
  await expect(checkWritable(join(folder, 'file', 'below'), 1)).rejects.toThrow(join(folder, 'file', 'below'));
});

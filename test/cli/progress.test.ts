import { expect, test } from 'vitest';
import { progressLine } from '../../src/cli/progress.ts';
import { inStage, onStage, type Stage } from '../../src/host/stage.ts';

function screen(width = 60) {
  let now = 0;
  const written: string[] = [];
  const line = progressLine({ write: text => written.push(text), width: () => width, now: () => now });
  const at = (ms: number): readonly string[] => {
    now = ms;
    line.draw();
    return written.splice(0);
  };
  return { line, at, written };
}

const WIPE = '\r\u001b[2K';

test('what ends soon is not told', () => {
  const { line, at, written } = screen();
  line.enter({ what: 'asking the remote' });
  expect(at(600)).toEqual([]);
  line.enter(null);
  expect(at(5_000)).toEqual([]);
  expect(written).toEqual([]);
});

test('what takes longer is told with its time, and wiped when it is over', () => {
  const { line, at, written } = screen();
  line.enter({ what: 'changing the kernel', done: 500, of: 3000 });
  expect(at(2_500)).toEqual([`${WIPE}changing the kernel: 500 of 3000 ... 2 s`]);
  expect(at(2_600)).toEqual([]);
  line.enter({ what: 'changing the kernel', done: 1000, of: 3000 });
  expect(written.splice(0)).toEqual([`${WIPE}changing the kernel: 1000 of 3000 ... 2 s`]);
  line.enter(null);
  expect(written).toEqual([WIPE]);
});

test('a line never reaches the edge of the terminal, where it would break', () => {
  const { line, at } = screen(20);
  line.enter({ what: 'reading the status branch' });
  expect(at(1_000)).toEqual([`${WIPE}reading the status `]);
});

test('work within work is told, and then the outer one again; nothing when it failed', async () => {
  const heard: (Stage | null)[] = [];
  onStage(stage => heard.push(stage));
  await inStage('a pass', async () => inStage('changing the kernel', async reached => reached(1, 2)));
  await expect(inStage('asking', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
  expect(heard).toEqual([
    { what: 'a pass' },
    { what: 'changing the kernel' },
    { what: 'changing the kernel', done: 1, of: 2 },
    { what: 'a pass' },
    null,
    { what: 'asking' },
    null,
  ]);
});

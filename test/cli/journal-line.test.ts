import { expect, test } from 'vitest';
import { journalLine } from '../../src/cli/journal-line.ts';

const line = (level: number, msg: string, more: object = {}): string =>
  journalLine(JSON.stringify({ level, time: '2026-11-21T12:00:00.000Z', node: 'n1', ...more, msg }));

test('the journal gets a priority, a sentence, and what it is about, without what it knows itself', () => {
  expect(line(30, 'pass ended', { revision: '0123abcd', done: 3, held: undefined })).toBe('<6>pass ended (revision 0123abcd, done 3)\n');
  expect(line(40, 'waits', { definition: 'Interface acme/web', on: ['link:/br0'] })).toBe('<4>waits (definition Interface acme/web, on ["link:/br0"])\n');
  expect([line(60, 'x'), line(50, 'x'), line(35, 'x'), line(20, 'x')]).toEqual(['<2>x\n', '<3>x\n', '<6>x\n', '<7>x\n']);
});

test('text of definitions makes no second line and no priority of its own', () => {
  expect(line(50, 'bad\n<0>forged', { hint: 'a\u001b[31m' })).toBe('<3>bad\\u{a}<0>forged (hint a\\u{1b}[31m)\n');
});

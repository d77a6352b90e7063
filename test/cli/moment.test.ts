import { expect, test } from 'vitest';
import { momentOf } from '../../src/cli/moment.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const iso = (text: string): readonly string[] => momentOf('--at', text, NOW).map(at => new Date(at).toISOString());

test('a day is all of it, a minute all of that minute, and a duration ago an instant; UTC where no zone is said', () => {
  expect(iso('2026-11-20')).toEqual(['2026-11-20T00:00:00.000Z', '2026-11-20T23:59:59.999Z']);
  expect(iso('2026-11-20T14:03')).toEqual(['2026-11-20T14:03:00.000Z', '2026-11-20T14:03:59.999Z']);
  expect(iso('2026-11-20 14:03:07+01:00')).toEqual(['2026-11-20T13:03:07.000Z', '2026-11-20T13:03:07.000Z']);
  expect(iso('2026-11-20T14:03:07.250Z')).toEqual(['2026-11-20T14:03:07.250Z', '2026-11-20T14:03:07.250Z']);
  expect(iso('2h ago')).toEqual(['2026-11-21T10:00:00.000Z', '2026-11-21T10:00:00.000Z']);
  expect(iso('3d')).toEqual(['2026-11-18T12:00:00.000Z', '2026-11-18T12:00:00.000Z']);
});

test.each(['yesterday', '', '2026-11', '2026-11-31', '2026-02-30T10:00', '2026-13-01', '20.11.2026', '2026-11-20T25:00', '-2h', 'ago'])('%j is none', text => {
  expect(() => momentOf('--at', text, NOW)).toThrow(/--at .* is no time/);
});

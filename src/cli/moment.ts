/** Points in time on the command line. */
import { parseDuration } from '../model/duration.ts';
import { CommandError } from './exit.ts';

const DAY_MS = 86_400_000;

/**
 * First and last millisecond of what a text means: `2026-11-20` is that whole day, `2026-11-20T14:03` that minute, both in UTC, `2h ago` (or
 * `2h`) and an instant are one. Throws CommandError that shows the forms.
 */
export function momentOf(option: string, text: string, now: number): readonly [number, number] {
  const ago = parseDuration(text.replace('ago', '').trim());
  if (ago !== null) return [now - ago, now - ago];
  const [, day, time, zone = 'Z'] = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(text.trim()) ?? [];
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T${time ?? '00:00'}${time?.length === 5 || time === undefined ? ':00' : ''}${zone}`);
  if (Number.isNaN(at) || dayOf(Date.parse(`${day}T00:00:00Z`)) !== day) {
    throw new CommandError(`${option} ${JSON.stringify(text)} is no time`, { hint: '2026-11-20, 2026-11-20T14:03Z, or 2h ago (s, m, h, d)' });
  }
  if (time === undefined) return [at, at + DAY_MS - 1];
  return [at, time.length === 5 ? at + 59_999 : at];
}

// The 31st of a month of thirty days would be taken for the first of the next.
function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

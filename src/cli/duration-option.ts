/** Durations on the command line. */
import { parseDuration } from '../model/duration.ts';
import { CommandError } from './exit.ts';

/** Milliseconds. Throws CommandError that shows the form. */
export function durationOption(name: string, text: string): number {
  const ms = /^[0-9]{1,6}ms$/.test(text) ? Number.parseInt(text, 10) : parseDuration(text);
  if (ms === null) throw new CommandError(`${name} ${text} is no duration`, { hint: 'a number and ms, s, m, h or d: 30s, 2m' });
  return ms;
}

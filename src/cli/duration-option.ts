/** Durations on the command line. */
import { parseDuration } from '../model/duration.ts';
import { CommandError } from './exit.ts';

/** Milliseconds. Throws CommandError that shows the form. */
export function durationOption(name: string, text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new CommandError(`${name} ${text} is no duration`, { hint: 'a number and s, m, h or d: 30s, 2m' });
  return ms;
}

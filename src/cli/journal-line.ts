/** A line of the log as systemd's journal takes it: its priority, what happened, and what it is about. */
import { harmless } from '../model/text.ts';

/** Levels of pino from which on a priority of syslog counts: sd-daemon(3). */
const PRIORITIES = [
  [60, 2],
  [50, 3],
  [40, 4],
  [30, 6],
  [0, 7],
] as const;

/** What every line has, and the journal says by itself. */
const KNOWN: ReadonlySet<string> = new Set(['level', 'time', 'node', 'msg']);

/** `<6>pass ended (revision 0123abcd, done 3)`, of one line of JSON; what is no text is written as JSON, and all stays on one line. */
export function journalLine(json: string): string {
  const fields: Readonly<Record<string, unknown>> = JSON.parse(json);
  const level = Number(fields['level']);
  const [, priority] = PRIORITIES.find(([from]) => level >= from) ?? [0, 7];
  const more = Object.entries(fields).filter(([name]) => !KNOWN.has(name));
  const about = more.length === 0 ? '' : ` (${more.map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(', ')})`;
  return `<${priority}>${harmless(`${fields['msg'] ?? ''}${about}`)}\n`;
}

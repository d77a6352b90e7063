/**
 * The program's own log, on stderr: JSON lines for programs, and where stderr is systemd's journal lines that people read there. Results
 * of commands are not logs and go to stdout.
 */
import { writeSync } from 'node:fs';
import { destination, type Logger, pino } from 'pino';
import { journalLine } from './journal-line.ts';
import { isJournal } from './terminal.ts';

/** A logger that names the node in every JSON line (the journal names the machine itself). Control characters are escaped. */
export function logger(node: string): Logger {
  const stream = isJournal() ? { write: (line: string) => void writeSync(2, journalLine(line)) } : destination({ fd: 2, sync: true });
  return pino({ base: { node }, level: process.env['NETLOOM_LOG_LEVEL'] ?? 'info', timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

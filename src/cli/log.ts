/** The program's own log: JSON lines on stderr. Results of commands are not logs and go to stdout. */
import { destination, type Logger, pino } from 'pino';

/** A logger that names the node in every line. Control characters are escaped by JSON. */
export function logger(node: string): Logger {
  return pino(
    { base: { node }, level: process.env['NETLOOM_LOG_LEVEL'] ?? 'info', timestamp: pino.stdTimeFunctions.isoTime },
    destination({ fd: 2, sync: true }),
  );
}

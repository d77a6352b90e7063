/** Writing to people: results on stdout, everything else on stderr; colour only where a terminal shows it. */
import { fstatSync } from 'node:fs';
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** A reader that went away (`netloom plan | head`) is no error. */
export function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}

let first = (): void => undefined;

/** What is called ahead of everything that is printed or said. */
export function beforeWriting(wipe: () => void): void {
  first = wipe;
}

/** Prints a result; the text gets its final newline here. */
export function print(text: string): void {
  first();
  if (text !== '') process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Says something beside the result. */
export function say(text: string): void {
  first();
  if (text !== '') process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Says why a command failed: in the journal, with the priority of an error. */
export function complain(text: string): void {
  say(isJournal() ? text.replace(/^/gm, '<3>') : text);
}

/** True where stderr goes to systemd's journal: systemd.exec(5) names its stream by device and inode, since a child may have another. */
export function isJournal(): boolean {
  const stream = process.env['JOURNAL_STREAM'];
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(2);
  return stream === `${dev}:${ino}`;
}

/** True where stdout shows colour: a terminal, no NO_COLOR, no --no-color. */
export function usesColour(): boolean {
  return process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb' && !process.argv.includes('--no-color');
}

/** Colours text when stdout shows colour. */
export function paint(style: Style, text: string): string {
  return usesColour() ? styleText(style, text, { validateStream: false }) : text;
}

const PLAN_STYLES = { heading: 'bold', add: 'green', change: 'yellow', replace: 'magenta', destroy: 'red', held: 'cyan', dim: 'dim' } as const;

/** Colours the parts of a printed plan. */
export function paintPlan(text: string, style: keyof typeof PLAN_STYLES): string {
  return paint(PLAN_STYLES[style], text);
}

/** Columns of the terminal; undefined when stdout is none: then nothing is cut. */
export function columns(): number | undefined {
  return process.stdout.isTTY === true ? process.stdout.columns : undefined;
}

/** One line at the end of a terminal that says what a long command is at. Gone before anything else is printed, and with the command. */
import { onStage, type Stage } from '../host/stage.ts';
import { beforeWriting } from './terminal.ts';

/** A command that answers within this time says nothing of what it does meanwhile. */
const PATIENCE_MS = 700;
const EVERY_MS = 200;
const WIPE = '\r\u001b[2K';

/** Where the line is drawn; a terminal, or what stands for one in a test. */
export interface Screen {
  readonly write: (text: string) => void;
  /** Columns. */
  readonly width: () => number;
  /** Milliseconds of a clock that only goes on. */
  readonly now: () => number;
}

/** Draws the stages that work goes through, from now until the process ends; nothing where stderr is no terminal that can wipe a line. */
export function showProgress(): void {
  if (process.stderr.isTTY !== true || process.env['TERM'] === 'dumb') return;
  const line = progressLine({ write: text => process.stderr.write(text), width: () => process.stderr.columns || 80, now: () => performance.now() });
  onStage(line.enter);
  beforeWriting(line.wipe);
  process.on('exit', line.wipe);
  setInterval(line.draw, EVERY_MS).unref();
}

/** The line itself. */
export function progressLine(screen: Screen): {
  readonly enter: (stage: Stage | null) => void;
  readonly draw: () => void;
  readonly wipe: () => void;
} {
  let since = screen.now();
  let now: Stage | null = null;
  let shown = '';
  const wipe = (): void => {
    if (shown !== '') screen.write(WIPE);
    shown = '';
  };
  const draw = (): void => {
    if (now === null || screen.now() - since < PATIENCE_MS) return;
    const text = worded(now, screen.now() - since).slice(0, screen.width() - 1);
    if (text !== shown) screen.write(WIPE + text);
    shown = text;
  };
  const enter = (stage: Stage | null): void => {
    if (now === null) since = screen.now();
    now = stage;
    if (now === null) wipe();
    else draw();
  };
  return { enter, draw, wipe };
}

function worded({ what, done, of }: Stage, tookMs: number): string {
  return `${what}${done === undefined ? '' : `: ${done} of ${of}`} ... ${Math.floor(tookMs / 1000)} s`;
}

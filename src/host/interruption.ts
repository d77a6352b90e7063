/** SIGTERM, SIGINT and SIGHUP while a pass runs: the act that runs is finished, the next one is not begun, and no remote is waited for. */

export interface Interruption {
  /** The signal that came; null while none did. */
  signal(): NodeJS.Signals | null;
  /** Aborted by the first signal. */
  readonly stop: AbortSignal;
  /** From now on signals do what they always did. */
  release(): void;
}

/** Those that ask a program to end; a closed terminal is one of them. */
const ASKS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Takes all of them for a while. A second one ends the process as ever. */
export function holdSignals(): Interruption {
  const stop = new AbortController();
  let came: NodeJS.Signals | null = null;
  const note = (signal: NodeJS.Signals): void => {
    came = signal;
    release();
    stop.abort(signal);
  };
  const release = (): void => {
    for (const each of ASKS) process.off(each, note);
  };
  for (const each of ASKS) process.on(each, note);
  return { signal: () => came, stop: stop.signal, release };
}

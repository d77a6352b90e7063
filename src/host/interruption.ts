/** SIGTERM and SIGINT while the kernel is changed: the act that runs is finished, the next one is not begun. */

export interface Interruption {
  /** The signal that came; null while none did. */
  signal(): NodeJS.Signals | null;
  /** From now on signals do what they always did. */
  release(): void;
}

/** Takes both signals for a while. A second one ends the process as ever. */
export function holdSignals(): Interruption {
  let came: NodeJS.Signals | null = null;
  const note = (signal: NodeJS.Signals): void => {
    came = signal;
    release();
  };
  const release = (): void => {
    process.off('SIGTERM', note);
    process.off('SIGINT', note);
  };
  process.on('SIGTERM', note);
  process.on('SIGINT', note);
  return { signal: () => came, release };
}

/** Listening to a child that streams, until it has ended; Ctrl-C is passed on to it, and so is the end of a terminal. */
import type { LongChild } from '../host/spawn-long.ts';

// A terminal that closed is one of them.
const ASKS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Manner {
  /** Told what the child says on stdout, as it comes. */
  readonly take: (chunk: Uint8Array) => void;
  /** What the first Ctrl-C does; a second one stops the child. */
  readonly interrupt: () => void;
  /** Its end does the same as Ctrl-C. */
  readonly until?: NodeJS.ReadStream;
}

/** Resolves when the child is gone and all that it said was taken. */
export async function conversation(child: LongChild, { take, interrupt, until }: Manner): Promise<void> {
  let pressed = 0;
  const press = (): void => {
    pressed += 1;
    if (pressed === 1) interrupt();
    else void child.stop();
  };
  child.stdout.on('data', take);
  for (const signal of ASKS) process.on(signal, press);
  until?.resume().once('end', press);
  const closed = new Promise(resolve => child.stdout.once('close', resolve));
  await child.ended;
  await closed;
  for (const signal of ASKS) process.off(signal, press);
  until?.destroy();
}

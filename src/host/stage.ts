/** What long work is at, for whoever wants to show it. Where nobody listens nothing is done, and no room has to hand a listener on. */
import { channel } from 'node:diagnostics_channel';

/** One thing that takes its time. */
export interface Stage {
  /** For people, in the present tense: `asking the remote`. */
  readonly what: string;
  /** How much of it is done, where that is known. */
  readonly done?: number;
  readonly of?: number;
}

const STAGES = channel('netloom:stage');
let inner: Stage | null = null;

/** Does `work` and says meanwhile what is being done. Work within it may say more exactly what; after that it is this again. */
export async function inStage<T>(what: string, work: (reached: (done: number, of: number) => void) => Promise<T>): Promise<T> {
  const outer = inner;
  tell({ what });
  try {
    return await work((done, of) => tell({ what, done, of }));
  } finally {
    tell(outer);
  }
}

/** Calls `listener` with what is being done from now on, and with null when nothing is. */
export function onStage(listener: (stage: Stage | null) => void): void {
  STAGES.subscribe(message => listener(message as Stage | null));
}

function tell(stage: Stage | null): void {
  inner = stage;
  if (STAGES.hasSubscribers) STAGES.publish(stage);
}

/** The one instant at which a ledger is decided, and what it says about instants in the past. */

export interface Clock {
  /** ISO 8601 in UTC with seconds. */
  readonly now: string;
  /** Released so short a while ago that nobody may have it. */
  isQuarantined(released: string): boolean;
  /** Released so long ago that the ledger lets go of it. */
  isForgotten(released: string): boolean;
}

/** A clock that stands at `now`. Instants in the future (another node's clock is ahead) count as now. */
export function clockAt(now: string, { quarantineMs, memoryMs }: { readonly quarantineMs: number; readonly memoryMs: number }): Clock {
  const at = Date.parse(now);
  if (Number.isNaN(at)) throw new Error(`bug: ${JSON.stringify(now)} is no instant`);
  const ageMs = (released: string): number => Math.max(0, at - Date.parse(released));
  // What is still in quarantine is never forgotten, however short the memory is set.
  const isQuarantined = (released: string): boolean => ageMs(released) < quarantineMs;
  return { now, isQuarantined, isForgotten: released => !isQuarantined(released) && ageMs(released) >= memoryMs };
}

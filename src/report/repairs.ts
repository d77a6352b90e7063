/** Drift that nodes found and put right lately, by node: who or what alters their kernels is worth a look. */
import { counts } from './census.ts';
import type { NetEvent } from './events.ts';

export interface Repairs {
  readonly node: string;
  /** How many operations it took. */
  readonly count: number;
  /** When the newest one ended. */
  readonly last: string;
  /** Of the newest one: `Network default/demo`, and what was done. */
  readonly object: string;
  readonly operation: string;
}

/** Not older than `sinceMs` before `now`; the newest first. */
export function repairsIn(events: readonly NetEvent[], now: string, sinceMs: number): readonly Repairs[] {
  const since = new Date(Date.parse(now) - sinceMs).toISOString();
  const recent = events.filter(event => event.at >= since).sort((a, b) => (a.at < b.at ? 1 : -1));
  const count = counts(recent.map(event => event.node));
  const newest = new Map<string, NetEvent>();
  for (const event of recent) if (!newest.has(event.node)) newest.set(event.node, event);
  return [...newest.values()].map(({ node, at, object, operation }) => ({ node, count: count.get(node) ?? 0, last: at, object, operation }));
}

/**
 * How often a fleet speaks: forges ask for no more than six pushes a minute to a repository, whoever makes them. Everything here is
 * a function of what the status branch shows, so that a node needs no memory and no other node for it.
 */
import { createHash } from 'node:crypto';
import { HEARTBEAT_S } from '../report/node-report.ts';

/** A change that comes right after another one is told with it. */
const LEAST_WINDOW_MS = 5_000;
/** Who waits longest still leaves this much of the spread, or all of those would meet. */
const LEAST_PATIENCE = 0.25;
/** A node that says nothing new is heard of this often all the same. */
const HEARTBEAT_MS = HEARTBEAT_S * 1000;

export interface Fleet {
  /** How many nodes are defined. */
  readonly nodes: number;
  /** What they may push together. */
  readonly pushesPerMinute: number;
}

export interface Speech extends Fleet {
  readonly node: string;
  /** All in milliseconds since the epoch. */
  readonly now: number;
  /** When this node pushed its report last; null for never. */
  readonly heard: number | null;
  /** The tip of the status branch; null where there is none. */
  readonly tip: { readonly oid: string; readonly at: number } | null;
}

/**
 * How long a node has to wait until it may push its status; 0 = now. It speaks once in max(5 s, nodes × 60 s / pushes a minute); in a
 * fleet of more nodes than pushes a minute also no sooner after anybody's last push than that allows, and up to twice as late, by a
 * hash, so that those who wait do not all come at once; who was not heard of for long comes before the others. What lies in the
 * future (a clock that was wrong) holds up nobody.
 */
export function waitMs({ node, nodes, pushesPerMinute, now, heard, tip }: Speech): number {
  const gapMs = 60_000 / pushesPerMinute;
  // Who allows thousands a minute (a lab) is not to be spared.
  const windowMs = Math.max(Math.min(LEAST_WINDOW_MS, 100 * gapMs), nodes * gapMs);
  const own = left(heard, windowMs, now);
  if (nodes <= pushesPerMinute || tip === null) return own;
  const patience = heard === null ? LEAST_PATIENCE : Math.max(LEAST_PATIENCE, 1 - (now - heard) / (3 * windowMs));
  return Math.max(own, left(tip.at, gapMs * (1 + patience * share(`${node} ${tip.oid}`)), now));
}

/** How often a node is heard of that has nothing to say: half an hour, and more where half of the pushes would not do for that. */
export function heartbeatMs({ nodes, pushesPerMinute }: Fleet): number {
  return Math.max(HEARTBEAT_MS, (2 * nodes * 60_000) / pushesPerMinute);
}

function left(since: number | null, windowMs: number, now: number): number {
  return since === null || Number.isNaN(since) || since > now ? 0 : Math.max(0, since + windowMs - now);
}

/** 0 to 1, the same for the same text. */
function share(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}

/** Usage: what a network, an interface or a floating address received and sent, added up over links that come and go. */
import type { NetEvent } from './events.ts';
import type { Listing } from './rows.ts';

/** The counters that the kernel keeps for each direction of a link, under its own names (rtnl_link_stats64). */
const RX = ['bytes', 'packets', 'errors', 'dropped', 'over_errors', 'multicast'] as const;
const TX = ['bytes', 'packets', 'errors', 'dropped', 'carrier_errors', 'collisions'] as const;

export interface Counters {
  readonly rx: Readonly<Record<(typeof RX)[number], number>>;
  readonly tx: Readonly<Record<(typeof TX)[number], number>>;
}

/** What one link shows now. */
export interface Reading extends Counters {
  /** Tells one link from a later one of its name: index and address. */
  readonly link: string;
}

/** What is kept of an object between samples: losing it costs the sum, and nothing else. */
export interface Tally {
  readonly total: Counters;
  /** What the link showed when it was last looked at. */
  readonly last: Reading;
}

/** Usage of one object on one node, as `describe` shows it. */
export interface Usage extends Counters {
  readonly node: string;
  /** ISO 8601. */
  readonly at: string;
  /** True: read from the kernel just now; false: from the newest sample that was published. */
  readonly live: boolean;
}

export const NO_TRAFFIC: Counters = {
  rx: { bytes: 0, packets: 0, errors: 0, dropped: 0, over_errors: 0, multicast: 0 },
  tx: { bytes: 0, packets: 0, errors: 0, dropped: 0, carrier_errors: 0, collisions: 0 },
};

/** The sum with what a link counted since it was last looked at. A link that was made again began at zero: all of it is new. */
export function tally(before: Tally | undefined, now: Reading): Tally {
  if (before === undefined) return { total: countersOf(now), last: now };
  const isSame = before.last.link === now.link && !wentBack(before.last, now);
  const grown = isSame ? combine(now, before.last, (is, was) => is - was) : now;
  return { total: combine(before.total, grown, (sum, more) => sum + more), last: now };
}

/**
 * The far end's view of a link: what the node sends there, the guest receives. Counters that one direction alone has
 * (multicast, overruns, carrier, collisions) are the link's own either way: the other end keeps none that could be read.
 */
export function seenByGuest<T extends Counters>(port: T): T {
  const { rx, tx } = port;
  const turned = ({ bytes, packets, errors, dropped }: Counters['rx'] | Counters['tx']) => ({ bytes, packets, errors, dropped });
  return { ...port, rx: { ...rx, ...turned(tx) }, tx: { ...tx, ...turned(rx) } };
}

/** The sample as an event of the object. */
export function usageEvent(about: { readonly node: string; readonly object: string; readonly network?: string }, total: Counters, at: string): NetEvent {
  return {
    at,
    ...about,
    type: 'usage',
    operation: 'usage',
    phase: 'finish',
    durationMs: null,
    message: `received ${amount(total.rx.bytes)} in ${total.rx.packets} packets, sent ${amount(total.tx.bytes)} in ${total.tx.packets} packets`,
    revision: '',
    extra: { rx: total.rx, tx: total.tx },
  };
}

/** The newest published sample of an object from each node, by node. */
export function publishedUsage(events: readonly NetEvent[], object: string): readonly Usage[] {
  const newest = new Map<string, Usage>();
  for (const event of events) {
    if (event.type !== 'usage' || event.object !== object) continue;
    const counters = countersIn(event.extra);
    const known = newest.get(event.node);
    if (counters !== null && (known === undefined || known.at < event.at)) newest.set(event.node, { node: event.node, at: event.at, live: false, ...counters });
  }
  return [...newest.values()].sort((a, b) => (a.node < b.node ? -1 : Number(a.node > b.node)));
}

/** Two lines for each node: received and sent. */
export function usageRows(all: readonly Usage[]): Listing {
  const line = (usage: Usage, way: 'received' | 'sent'): readonly string[] => {
    const { bytes, packets, errors, dropped } = way === 'received' ? usage.rx : usage.tx;
    const own = way === 'received' ? [usage.rx.over_errors, usage.rx.multicast, '', ''] : (['', '', usage.tx.carrier_errors, usage.tx.collisions] as const);
    return [usage.node, way, ...[bytes, packets, errors, dropped, ...own].map(String), usage.live ? 'now' : usage.at];
  };
  return {
    columns: ['NODE', 'WAY', 'BYTES', 'PACKETS', 'ERRORS', 'DROPPED', 'OVERRUNS', 'MULTICAST', 'CARRIER', 'COLLISIONS', 'AT'],
    rows: all.flatMap(usage => [line(usage, 'received'), line(usage, 'sent')]),
  };
}

/** True when nothing was counted between two sums. */
export function isSameTotal(a: Counters, b: Counters): boolean {
  return RX.every(name => a.rx[name] === b.rx[name]) && TX.every(name => a.tx[name] === b.tx[name]);
}

/** `1.5 MB`: powers of 1000. */
function amount(bytes: number): string {
  const step = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const unit = ['bytes', 'kB', 'MB', 'GB', 'TB'][step] ?? 'bytes';
  return step === 0 ? `${bytes} ${unit}` : `${(bytes / 1000 ** step).toFixed(1)} ${unit}`;
}

function wentBack(last: Counters, now: Counters): boolean {
  return RX.some(name => now.rx[name] < last.rx[name]) || TX.some(name => now.tx[name] < last.tx[name]);
}

function countersOf({ rx, tx }: Counters): Counters {
  return { rx, tx };
}

function combine(a: Counters, b: Counters, how: (a: number, b: number) => number): Counters {
  const each = <N extends string>(names: readonly N[], one: Readonly<Record<N, number>>, two: Readonly<Record<N, number>>): Record<N, number> =>
    Object.fromEntries(names.map(name => [name, how(one[name], two[name])])) as Record<N, number>;
  return { rx: each(RX, a.rx, b.rx), tx: each(TX, a.tx, b.tx) };
}

// An event comes from a file that anybody may have written.
function countersIn(extra: unknown): Counters | null {
  const { rx, tx } = (extra ?? {}) as Partial<Counters>;
  const isWhole = (names: readonly string[], of: unknown): boolean =>
    typeof of === 'object' && of !== null && names.every(name => Number.isFinite((of as Record<string, unknown>)[name]));
  return rx !== undefined && tx !== undefined && isWhole(RX, rx) && isWhole(TX, tx) ? { rx, tx } : null;
}

/**
 * Usage on a node: counters are looked at once an hour, when the node speaks anyway, and added up in the state directory.
 * Losing that file costs the sums and nothing else.
 */
import { join } from 'node:path';
import { type LinkCounters, readCounters } from '../host/counters.ts';
import { HostError } from '../host/errors.ts';
import { readTextIfThere, writeAtomic } from '../host/files.ts';
import type { Ledger } from '../model/ledger.ts';
import type { Catalog } from '../objects/object.ts';
import type { NetEvent } from '../report/events.ts';
import { isSameTotal, NO_TRAFFIC, type Reading, seenByGuest, type Tally, tally, type Usage, usageEvent } from '../report/usage.ts';
import { type UsagePoint, usagePoints } from '../report/usage-points.ts';

export interface UsageArgs {
  readonly stateDir: string;
  readonly node: string;
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly now: Date;
}

/** A sample that is not yet counted as taken: `keep` says that it was published. */
export interface Sample {
  readonly events: readonly NetEvent[];
  keep(): Promise<void>;
}

const EVERY_MS = 60 * 60_000;
const FORMAT = 1;
const NOTHING: Sample = { events: [], keep: () => Promise.resolve() };
/** Namespaces that are read at the same time. */
const AT_ONCE = 4;

interface Kept {
  readonly format: typeof FORMAT;
  /** When the last sample was taken. */
  readonly at: string;
  /** By object. */
  readonly tallies: Readonly<Record<string, Tally>>;
}

/**
 * The sample that is due: an event for each object whose counters moved. None where the last one is younger than an hour; a
 * new node starts to count and says nothing. What cannot be read is left out.
 */
export async function dueSample(args: UsageArgs): Promise<Sample> {
  const kept = await load(args.stateDir);
  const at = args.now.toISOString();
  if (kept === null) {
    await save(args.stateDir, { format: FORMAT, at, tallies: {} });
    return NOTHING;
  }
  // A clock that was set back must not silence a node for long.
  if (Math.abs(args.now.getTime() - Date.parse(kept.at)) < EVERY_MS) return NOTHING;
  const found = await tallies(usagePoints(args.node, args), kept);
  const events = found.flatMap(({ point, now, before }): NetEvent[] =>
    isSameTotal(now.total, before?.total ?? NO_TRAFFIC) ? [] : [usageEvent({ node: args.node, object: point.object, network: point.network }, now.total, at)],
  );
  const all = { ...stillDefined(kept.tallies, args.catalog), ...Object.fromEntries(found.map(({ point, now }) => [point.object, now])) };
  return { events, keep: () => save(args.stateDir, { format: FORMAT, at, tallies: all }) };
}

/** Usage of one object on this node by now; null where it is not counted here, or its link cannot be read. */
export async function liveUsage(object: string, args: UsageArgs): Promise<Usage | null> {
  const points = usagePoints(args.node, args).filter(point => point.object === object);
  const [found] = await tallies(points, await loadIfAllowed(args.stateDir));
  return found === undefined ? null : { node: args.node, at: args.now.toISOString(), live: true, ...found.now.total };
}

interface Found {
  readonly point: UsagePoint;
  readonly now: Tally;
  readonly before: Tally | undefined;
}

async function tallies(points: readonly UsagePoint[], kept: Kept | null): Promise<readonly Found[]> {
  const links = await countersOf([...new Set(points.map(point => point.netns))]);
  return points.flatMap((point): Found[] => {
    const reading = readingOf(point, links.get(point.netns) ?? []);
    const before = kept?.tallies[point.object];
    return reading === null ? [] : [{ point, before, now: tally(before, reading) }];
  });
}

async function countersOf(namespaces: readonly string[]): Promise<ReadonlyMap<string, readonly LinkCounters[]>> {
  const found = new Map<string, readonly LinkCounters[]>();
  for (let at = 0; at < namespaces.length; at += AT_ONCE) {
    await Promise.all(namespaces.slice(at, at + AT_ONCE).map(async netns => found.set(netns, await readOrNothing(netns))));
  }
  return found;
}

async function readOrNothing(netns: string): Promise<readonly LinkCounters[]> {
  try {
    return await readCounters(netns);
  } catch (error) {
    if (error instanceof HostError) return [];
    throw error;
  }
}

function readingOf({ link, bridge, mac, isFar }: UsagePoint, links: readonly LinkCounters[]): Reading | null {
  const found = links.find(each => (link === undefined ? each.master === bridge && each.address === mac : each.ifname === link));
  if (found === undefined) return null;
  const reading = { link: `${found.ifindex} ${found.address}`, rx: found.rx, tx: found.tx };
  return isFar ? seenByGuest(reading) : reading;
}

// What moved to another node may come back, and goes on counting then.
function stillDefined(all: Kept['tallies'], { networks, interfaces, floatingIPs }: Catalog): Kept['tallies'] {
  const defined: Readonly<Record<string, ReadonlyMap<string, unknown>>> = { Network: networks, Interface: interfaces, FloatingIP: floatingIPs };
  return Object.fromEntries(
    Object.entries(all).filter(([object]) => {
      const [kind = '', key = ''] = object.split(' ');
      return defined[kind]?.has(key) === true;
    }),
  );
}

function fileIn(stateDir: string): string {
  return join(stateDir, 'usage.json');
}

async function load(stateDir: string): Promise<Kept | null> {
  const text = await readTextIfThere(fileIn(stateDir));
  try {
    const kept = JSON.parse(text ?? 'null') as Kept | null;
    return kept?.format === FORMAT && !Number.isNaN(Date.parse(kept.at)) ? kept : null;
  } catch {
    return null;
  }
}

async function loadIfAllowed(stateDir: string): Promise<Kept | null> {
  try {
    return await load(stateDir);
  } catch (error) {
    if (error instanceof HostError) return null; // not ours to read: what the links count now is told all the same
    throw error;
  }
}

async function save(stateDir: string, kept: Kept): Promise<void> {
  await writeAtomic(fileIn(stateDir), JSON.stringify(kept));
}

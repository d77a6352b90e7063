/** The ledger as allocation sees it: well-formed, each object once, without what its memory has let go. */
import type { InterfaceEntry, Ledger, NetworkEntry } from '../model/ledger.ts';
import type { Clock } from './clock.ts';
import { shapeNetwork } from './shape.ts';

/** One interface, and the network whose entry holds it. */
export interface Berth {
  readonly network: string;
  readonly entry: InterfaceEntry;
}

export interface Standing {
  /** Live ones and tombstones; field values that were damaged are '' or 0. */
  readonly networks: ReadonlyMap<string, NetworkEntry>;
  /** By key; of an object that stands in two networks the live one, then the older. */
  readonly interfaces: ReadonlyMap<string, Berth>;
  /** Networks whose entry was not as it must be, and is to be written anew. */
  readonly damaged: ReadonlySet<string>;
  /** What new objects begin to count with. */
  readonly incarnations: number;
}

/** Reads a ledger that may be stale, hand-edited or broken; never throws. Time alone changes nothing that is kept. */
export function standing(ledger: Ledger, clock: Clock): Standing {
  const networks = new Map<string, NetworkEntry>();
  const damaged = new Set<string>();
  const berths = new Map<string, Berth[]>();
  let incarnations = Number.isSafeInteger(ledger.incarnations) ? Math.max(0, ledger.incarnations ?? 0) : 0;
  for (const key of Object.keys(ledger.networks ?? {}).sort()) {
    const { entry, problems } = shapeNetwork(ledger.networks[key], key);
    if (problems.length > 0) damaged.add(key);
    const network = tidyNetwork(dated(entry, clock), clock, gone => {
      incarnations = Math.max(incarnations, gone + 1);
    });
    if (network === null) continue;
    networks.set(key, network);
    for (const [id, iface] of Object.entries(network.interfaces)) berths.set(id, [...(berths.get(id) ?? []), { network: key, entry: iface }]);
  }
  const interfaces = new Map([...berths].flatMap(([id, found]) => (found[0] === undefined ? [] : [[id, found.reduce(firstOf)] as const])));
  return { networks, interfaces, damaged, incarnations };
}

/** An entry without what is forgotten, and with quarantine that has run out as `remembered`; null when all of it is forgotten. */
function tidyNetwork(entry: NetworkEntry, clock: Clock, forget: (incarnation: number) => void): NetworkEntry | null {
  const isGone = (removed: string | undefined): boolean => removed !== undefined && clock.isForgotten(removed);
  const whole = isGone(entry.removed);
  if (whole) forget(entry.incarnation);
  const kept: [string, InterfaceEntry][] = [];
  for (const [id, iface] of Object.entries(entry.interfaces)) {
    const removed = iface.removed ?? entry.removed; // nothing lives in a network that is gone
    if (whole || isGone(removed)) forget(iface.incarnation);
    else kept.push([id, removed === iface.removed || removed === undefined ? iface : { ...iface, removed }]);
  }
  if (whole) return null;
  const addresses = entry.addresses.flatMap(address => {
    if (address.type !== 'quarantine' && address.type !== 'remembered') return [address];
    if (clock.isForgotten(address.since)) return [];
    return [address.type === 'quarantine' && !clock.isQuarantined(address.since) ? { ...address, type: 'remembered' as const } : address];
  });
  return { ...entry, interfaces: Object.fromEntries(kept), addresses };
}

// A damaged instant counts as now: nothing is older by accident, and nothing is forgotten by it.
function dated(entry: NetworkEntry, clock: Clock): NetworkEntry {
  const since = (text: string): string => (text === '' ? clock.now : text);
  return {
    ...entry,
    since: since(entry.since),
    interfaces: Object.fromEntries(Object.entries(entry.interfaces).map(([id, iface]) => [id, { ...iface, since: since(iface.since) }])),
    addresses: entry.addresses.map(address => ({ ...address, since: since(address.since) })),
  };
}

function firstOf(a: Berth, b: Berth): Berth {
  const rank = ({ entry, network }: Berth): string => `${entry.removed === undefined ? 0 : 1} ${entry.since} ${network}`;
  return rank(a) <= rank(b) ? a : b;
}

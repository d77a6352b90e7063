/** What changed hands between two ledgers, one sentence per definition: for events, commit messages and logs. */
import type { InterfaceEntry, Ledger, NetworkEntry, PoolEntry, PoolHolder } from '../model/ledger.ts';
import { hex } from '../model/vxid.ts';
import type { AllocationChange } from './allocation.ts';
import { HOLDERS, type HolderKind } from './pools.ts';

/**
 * Differences of two ledgers by definition, by key: networks, interfaces, pools, floating and routed addresses. Places and
 * since do not count.
 */
export function changesOf(before: Ledger, after: Ledger): readonly AllocationChange[] {
  const holders = (kind: HolderKind): readonly AllocationChange[] => changesIn(HOLDERS[kind], seatsOf(before, kind), seatsOf(after, kind), holderParts);
  const all = [
    ...changesIn('Network', networksOf(before), networksOf(after), networkParts),
    ...changesIn('Interface', berthsOf(before), berthsOf(after), interfaceParts),
    ...changesIn('AddressPool', poolsOf(before), poolsOf(after), poolParts),
    ...holders('floating'),
    ...holders('routed'),
  ];
  return all.length > 0 ? all : [{ definition: 'Ledger', change: 'repair', network: '', message: 'an entry was not as netloom writes it' }];
}

interface Held {
  /** Key of the network that it is, or that it is in; '' for pools and what they give out. */
  readonly network: string;
  /** The same again after it went away and came back: then it was given back. */
  readonly identity: string;
  readonly removed?: string;
}

/**
 * What an entry holds: what it is called, and its value or null; whole entries tell all that have one, changes what differs.
 * `alone`: told only when it is all that changed.
 */
type Part = readonly [label: string, value: string | null, alone?: 'alone'];

function changesIn<T extends Held>(
  kind: string,
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  partsOf: (entry: T) => readonly Part[],
): readonly AllocationChange[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap(key => {
    const was = before.get(key);
    const is = after.get(key);
    const entry = is ?? was;
    const difference = was === undefined || is === undefined ? '' : differenceText(partsOf(was), partsOf(is));
    const change = verb(was, is, difference !== '');
    if (entry === undefined || change === null) return [];
    const message = change === 'change' ? difference : wholeText(partsOf(entry));
    return [{ definition: `${kind} ${key}`, change, network: entry.network, message }];
  });
}

function wholeText(parts: readonly Part[]): string {
  const told = parts.filter(([, , alone]) => alone === undefined);
  return told.flatMap(([label, value]) => (value === null ? (label === 'node' ? ['unplaced'] : []) : [`${label} ${value}`])).join(', ');
}

// Both sides tell the same parts in the same order.
function differenceText(was: readonly Part[], is: readonly Part[]): string {
  const differing = is.flatMap(([label, value, alone], index) => {
    const before = was[index]?.[1] ?? null;
    return value === before ? [] : [{ text: `${label} ${before ?? 'none'} -> ${value ?? 'none'}`, alone: alone !== undefined }];
  });
  const told = differing.filter(({ alone }) => !alone);
  return (told.length > 0 ? told : differing).map(({ text }) => text).join(', ');
}

function verb<T extends Held>(was: T | undefined, is: T | undefined, differs: boolean): AllocationChange['change'] | null {
  if (is === undefined) return was === undefined ? null : 'forget';
  const hadIt = was !== undefined && was.removed === undefined;
  if (is.removed !== undefined) return hadIt ? 'release' : null;
  if (!hadIt) return was?.identity === is.identity ? 'restore' : 'allocate';
  return differs ? 'change' : null;
}

function networksOf(ledger: Ledger): ReadonlyMap<string, NetworkEntry & Held> {
  return new Map(Object.entries(ledger.networks).map(([key, entry]) => [key, { ...entry, network: key, identity: entry?.uuid }]));
}

function poolsOf(ledger: Ledger): ReadonlyMap<string, PoolEntry & Held> {
  return new Map(Object.entries(ledger.pools ?? {}).map(([key, entry]) => [key, { ...entry, network: '', identity: key }]));
}

/** The live one of an object that stands in two entries. */
function liveOf<T extends { readonly removed?: string }>(all: readonly (readonly [string, T])[]): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const [key, entry] of all) if (entry.removed === undefined || !found.has(key)) found.set(key, entry);
  return found;
}

function berthsOf(ledger: Ledger): ReadonlyMap<string, InterfaceEntry & Held> {
  return liveOf(
    Object.entries(ledger.networks).flatMap(([network, entry]) =>
      Object.entries(entry?.interfaces ?? {}).map(([key, iface]) => [key, { ...iface, network, identity: iface?.uuid }] as const),
    ),
  );
}

type Seat = PoolHolder & Held & { readonly pool: string };

function seatsOf(ledger: Ledger, kind: HolderKind): ReadonlyMap<string, Seat> {
  return liveOf(
    Object.entries(ledger.pools ?? {}).flatMap(([pool, entry]) =>
      Object.entries(entry?.[kind] ?? {}).map(([key, holder]) => [key, { ...holder, pool, network: '', identity: `${pool} ${holder?.address}` }] as const),
    ),
  );
}

function networkParts({ vxid, uuid, cidr, gateway, floatingGateway }: NetworkEntry): readonly Part[] {
  return [
    ['vxid', `${vxid} (0x${typeof vxid === 'number' ? hex(vxid) : '?'})`],
    ['uuid', uuid],
    ['cidr', cidr ?? null],
    ['gateway node', gateway?.node ?? null],
    ['former gateway node', gateway?.former ?? null, 'alone'],
    ['floating gateway', floatingGateway?.address ?? null],
  ];
}

function interfaceParts({ network, uuid, mac, node, migrating, address }: InterfaceEntry & Held): readonly Part[] {
  return [
    ['network', network],
    ['node', node ?? null],
    ['migrating to', migrating?.to ?? null, 'alone'],
    ['uuid', uuid],
    ['MAC', mac],
    ['address', address ?? null],
  ];
}

function poolParts({ cidr }: PoolEntry): readonly Part[] {
  return [['cidr', cidr]];
}

function holderParts({ pool, address }: Seat): readonly Part[] {
  return [
    ['pool', pool],
    ['address', address],
  ];
}

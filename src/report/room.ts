/** How many addresses of a prefix are given out, and how many are left. */
import { ipToBigInt, parseCidr, parseIp } from '../model/ip.ts';
import type { AddressEntry } from '../model/ledger.ts';

export interface Room {
  /** Addresses of the prefix; more than 2^53 - 1 are not counted. */
  readonly size: number;
  /** Not to be had: in use, reserved, in quarantine, and the prefix's own. */
  readonly taken: number;
  /** The rest; those that are only remembered are among them. */
  readonly free: number;
}

/** Counts the addresses of a prefix; null for none. `entries` is the ledger's list: what is not in it is free. */
export function roomOf(cidr: string | undefined, entries: readonly AddressEntry[]): Room | null {
  const range = cidr === undefined ? null : parseCidr(cidr);
  if (range === null) return null;
  const spans = entries.filter(entry => entry.type !== 'remembered').flatMap(spanOf);
  let taken = 0n;
  let next = range.first;
  for (const [first, last] of spans.sort(([a], [b]) => (a < b ? -1 : Number(a > b)))) {
    const from = first > next ? first : next;
    const to = last < range.last ? last : range.last;
    if (to < from) continue;
    taken += to - from + 1n;
    next = to + 1n;
  }
  const size = range.last - range.first + 1n;
  return { size: counted(size), taken: counted(taken), free: counted(size - taken) };
}

/** True when less than a tenth is left. */
export function isNearlyFull({ size, free }: Room): boolean {
  return free * 10 < size;
}

/** The address of an entry, of a reserved range (`10.0.0.5-10.0.0.9`) the first. */
export function startOf({ address }: Pick<AddressEntry, 'address'>): string {
  return address.split('-')[0] ?? address;
}

function spanOf(entry: AddressEntry): readonly (readonly [bigint, bigint])[] {
  const first = startOf(entry);
  const last = entry.address.split('-')[1] ?? first;
  return parseIp(first) === null || parseIp(last) === null ? [] : [[ipToBigInt(first), ipToBigInt(last)]];
}

function counted(n: bigint): number {
  return Number(n > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : n);
}

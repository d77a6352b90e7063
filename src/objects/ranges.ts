/** Ranges of addresses against each other, and what is reserved in them. Sorted, never each with each. */
import { type Cidr, compareIps } from '../model/ip.ts';
import { rangesOf } from './asks.ts';

type Reservations = Parameters<typeof rangesOf>[0];

/** Neighbours in order of their first address that share one: each with the one that reaches furthest before it. */
export function meetings<R extends { readonly cidr: Cidr }>(ranges: readonly R[]): readonly (readonly [R, R])[] {
  const sorted = [...ranges].sort((a, b) => a.cidr.family - b.cidr.family || (a.cidr.first < b.cidr.first ? -1 : Number(a.cidr.first > b.cidr.first)));
  const found: (readonly [R, R])[] = [];
  let reach: R | null = null;
  for (const range of sorted) {
    const meets = reach !== null && reach.cidr.family === range.cidr.family && range.cidr.first <= reach.cidr.last;
    if (meets && reach !== null) found.push([range, reach]);
    if (!meets || reach === null || range.cidr.last > reach.cidr.last) reach = range;
  }
  return found;
}

/** Index of the first that is not below `value`; the length when all are. */
export function firstAtLeast(sorted: readonly { readonly value: bigint }[], value: bigint): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.value ?? 0n) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the reservation that holds the address; -1 when it is free. Indices are those of the list as it is written. */
export function reservationOf(address: string, reservations: Reservations = []): number {
  return reservations.findIndex(each => rangesOf([each]).some(({ first, last }) => compareIps(first, address) <= 0 && compareIps(address, last) <= 0));
}

/** Indices of the reservations that hold an address outside of the range. */
export function outside(range: Cidr, reservations: Reservations = []): readonly number[] {
  return reservations.flatMap((each, index) => {
    const apart = rangesOf([each]).some(({ first, last }) => compareIps(first, range.network) < 0 || compareIps(last, lastOf(range)) > 0);
    return apart ? [index] : [];
  });
}

function lastOf(range: Cidr): string {
  return range.broadcast ?? range.network;
}

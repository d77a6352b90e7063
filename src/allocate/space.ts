/**
 * A range of addresses (a network's, a pool's) shared out to those who ask, and the list of it that people see. Addresses
 * take the lowest free one; what is reserved nobody gets without naming it; what is released waits in quarantine.
 */
import { type Cidr, compareIps, contains, ipFromBigInt, ipToBigInt, parseIp } from '../model/ip.ts';
import type { AddressEntry, AddressType } from '../model/ledger.ts';
import type { ReservedRange } from '../objects/object.ts';
import type { Context } from './context.ts';
import { type Former, type Seeker, share } from './share.ts';

/** An address that a space has for itself: its network, broadcast and router address. */
export interface OwnAddress {
  readonly address: string;
  readonly type: AddressType;
  readonly user: string;
  readonly comment: string;
  /** Who has it, in words: `the router of Network default/demo`. */
  readonly holder: string;
}

export interface Space {
  /** Whose it is: `Network default/demo`, `AddressPool floating`. */
  readonly definition: string;
  /** null: none to be given out. */
  readonly cidr: Cidr | null;
  readonly own: readonly OwnAddress[];
  readonly reserved: readonly ReservedRange[];
  /** What was listed before, addresses of a former cidr included. */
  readonly old: readonly AddressEntry[];
  /** True for an entry that somebody asked for, not the space itself. */
  readonly isGuest: (entry: AddressEntry) => boolean;
}

/** Somebody who wants one address of a space. */
export interface Claim {
  /** Who is told: `Interface default/web`. */
  readonly definition: string;
  /** How the list names it. */
  readonly user: string;
  readonly type: AddressType;
  /** Where its definition stands. */
  readonly comment: string;
  /** Who has been there longest goes first. */
  readonly since: string;
  /** False: it is new, or comes back. */
  readonly isLive: boolean;
  /** What it lives with, or had when it went away, here. */
  readonly address?: string;
  readonly pin?: string;
}

/** Address by definition. Who gets none is pending and not in the answer. */
export function shareSpace(space: Space, claims: readonly Claim[], ctx: Context): ReadonlyMap<string, string> {
  const { cidr, definition } = space;
  if (cidr === null) return new Map();
  const seekers = claims.flatMap(claim => seekerOf(claim, space, cidr, ctx));
  const open = unreserved(cidr, space.reserved);
  const shares = share({
    seekers,
    fixed: new Map(space.own.map(({ address, holder }) => [address, holder])),
    former: space.old.flatMap(entry => formerOf(entry, space, cidr, ctx)),
    // Nothing becomes free while addresses are given out, so the search goes on where it stood.
    pick: (_, free) => {
      for (let next = open.next(); next.done !== true; next = open.next()) if (free(next.value)) return next.value;
      return undefined;
    },
  });
  const pins = new Map(seekers.map(({ id, pin }) => [id, pin]));
  for (const [id, { why, by }] of shares.refused) {
    if (why === 'taken') ctx.pend(id, 'AddressTaken', `address ${pins.get(id)} is held by ${by}`);
    else ctx.pend(id, 'PoolExhausted', `no free address in ${cidr.text} of ${definition}: all are held${reservedToo(space)} or in quarantine`);
  }
  for (const [id, lost] of shares.lost) ctx.lose(id, 'address', lost, shares.given.get(id) ?? '');
  return shares.given;
}

/** Every address that is not free, sorted by number; what was released in this pass is in quarantine. */
export function listSpace(space: Space, held: ReadonlyMap<string, Claim>, ctx: Context): readonly AddressEntry[] {
  const old = new Map(space.old.map(entry => [entry.address, entry]));
  const list = new Map<string, AddressEntry>();
  const add = (address: string, { type, user, comment }: Omit<AddressEntry, 'address' | 'since'>): void => {
    const was = old.get(address);
    const since = was?.type === type && was.user === user ? was.since : ctx.clock.now;
    list.set(address, { address, type, user, comment, since });
  };
  for (const own of space.own) add(own.address, own);
  for (const [address, claim] of held) add(address, claim);
  if (space.cidr !== null) for (const range of space.reserved) if (!list.has(rangeText(range))) add(rangeText(range), reservedEntry(range));
  for (const entry of old.values()) if (!list.has(entry.address)) for (const kept of leave(entry, space, ctx)) list.set(entry.address, kept);
  return [...list.values()].sort((a, b) => compareIps(startOf(a), startOf(b)));
}

/** The list of a space that is gone: what others held is released, its own stays on the tombstone. */
export function releaseSpace(addresses: readonly AddressEntry[], isGuest: Space['isGuest'], ctx: Context): readonly AddressEntry[] {
  return addresses.map(entry => (isGuest(entry) ? { ...entry, type: 'quarantine', since: ctx.clock.now } : entry));
}

/** `10.0.0.5`, or `10.0.0.5-10.0.0.9`: one line of the list, however long the range. */
export function rangeText({ first, last }: Pick<ReservedRange, 'first' | 'last'>): string {
  return first === last ? first : `${first}-${last}`;
}

/** The address of an entry, of a reserved range the first. */
export function startOf({ address }: Pick<AddressEntry, 'address'>): string {
  return address.split('-')[0] ?? address;
}

function reservedEntry({ comment }: ReservedRange): Omit<AddressEntry, 'address' | 'since'> {
  return { type: 'reserved', user: '', comment };
}

function reservedToo({ reserved }: Space): string {
  return reserved.length === 0 ? '' : ', reserved';
}

// What nobody holds any more: somebody's goes into quarantine, the space's own of a former cidr just go.
function leave(entry: AddressEntry, { isGuest }: Space, ctx: Context): readonly AddressEntry[] {
  if (isGuest(entry)) return [{ ...entry, type: 'quarantine', since: ctx.clock.now }];
  return isReleased(entry) ? [entry] : [];
}

function isReleased({ type }: AddressEntry): boolean {
  return type === 'quarantine' || type === 'remembered';
}

/** The addresses after the space's first one, in order, without reserved ones. */
function* unreserved({ first, last, family }: Cidr, reserved: readonly ReservedRange[]): Generator<string, undefined> {
  const bounds = reserved.flatMap(range => (parseIp(range.first)?.family === family ? [[ipToBigInt(range.first), ipToBigInt(range.last)] as const] : []));
  let next = first + 1n;
  for (const [from, to] of [...bounds.sort(([a], [b]) => (a < b ? -1 : Number(a > b))), [last + 1n, last + 1n] as const]) {
    for (; next < from && next <= last; next++) yield ipFromBigInt(next, family);
    if (to >= next) next = to + 1n;
  }
  return undefined;
}

function isReserved(address: string, reserved: readonly ReservedRange[]): boolean {
  return reserved.some(({ first, last }) => compareIps(first, address) <= 0 && compareIps(address, last) <= 0);
}

function formerOf(entry: AddressEntry, space: Space, cidr: Cidr, ctx: Context): readonly Former<string>[] {
  const { address, since } = entry;
  if (!contains(cidr, address)) return [];
  if (space.isGuest(entry)) return [{ value: address, since: ctx.clock.now, quarantined: true }];
  if (!isReleased(entry)) return [];
  return [{ value: address, since, quarantined: entry.type === 'quarantine' || isReserved(address, space.reserved) }];
}

function seekerOf(claim: Claim, space: Space, cidr: Cidr, ctx: Context): readonly Seeker<string>[] {
  const { definition: id, since, isLive, pin } = claim;
  const own = claim.address !== undefined && contains(cidr, claim.address) ? claim.address : undefined;
  // Its own address under the new cidr may be the router's or the broadcast: then it has none.
  const has = isLive && own !== undefined && !space.own.some(({ address }) => address === own) ? own : undefined;
  const had = [...(own !== undefined && !isLive ? [own] : []), ...remembered(claim.user, space, cidr)].filter(each => !isReserved(each, space.reserved));
  const seeker = { id, since, ...(has === undefined ? { had } : { has }) };
  if (pin === undefined) return [seeker];
  if (contains(cidr, pin)) return [{ ...seeker, pin }];
  ctx.pend(id, 'AddressInvalid', `address ${pin} is not in ${cidr.text} of ${space.definition}`);
  return has === undefined ? [] : [seeker];
}

/** The addresses that were this user's, the last one first. */
function remembered(user: string, { old, isGuest }: Space, cidr: Cidr): readonly string[] {
  return old
    .filter(entry => entry.user === user && (isReleased(entry) || isGuest(entry)) && contains(cidr, entry.address))
    .sort((a, b) => Number(a.since < b.since) - Number(a.since > b.since) || compareIps(a.address, b.address))
    .map(entry => entry.address);
}

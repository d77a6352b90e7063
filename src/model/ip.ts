/**
 * Addresses and prefixes of both families: strict on entry, canonical afterwards, so that everything else compares
 * strings. Lenient spellings (`010.1.1.1`, `1.2.3`, `0x7f.1`, zone ids) are no addresses here: tools disagree about them.
 */
import { isIPv4, isIPv6 } from 'node:net';

export type Family = 4 | 6;

/** An address without prefix length. */
export interface Ip {
  readonly family: Family;
  /** Canonical: dotted decimal, or RFC 5952 (as glibc and iproute2 print it). */
  readonly text: string;
  readonly value: bigint;
}

/** A prefix, with the address that was written in it. */
export interface Cidr {
  readonly family: Family;
  /** 0..32 or 0..128. */
  readonly prefix: number;
  /** Canonical `network/prefix`, host bits cleared. */
  readonly text: string;
  /** The address as it was written, canonical; differs from `network` when host bits are set. */
  readonly address: string;
  readonly network: string;
  /** The all-ones address of an IPv4 prefix up to /30, else null: IPv6, /31 and /32 have none. */
  readonly broadcast: string | null;
  /** Network address and last address as numbers, inclusive. */
  readonly first: bigint;
  readonly last: bigint;
}

/** Reads an address in its strict form; null for anything else, a prefix length or a zone included. */
export function parseIp(text: string): Ip | null {
  if (isIPv4(text)) return { family: 4, text, value: ipv4Value(text) };
  if (!isIPv6(text) || text.includes('%')) return null;
  const value = ipv6Value(text);
  return { family: 6, text: ipv6Text(value), value };
}

/** The one spelling of an address that netloom compares and prints; null when it is none. */
export function canonicalIp(text: string): string | null {
  return isIPv4(text) ? text : (parseIp(text)?.text ?? null);
}

/** 4 or 6; null when `text` is no address. */
export function ipFamily(text: string): Family | null {
  if (isIPv4(text)) return 4;
  return isIPv6(text) && !text.includes('%') ? 6 : null;
}

/** The address as a number. Only for text that was checked before: anything else is a bug. */
export function ipToBigInt(text: string): bigint {
  const ip = parseIp(text);
  if (ip === null) throw new Error(`bug: ${JSON.stringify(text)} is no address`);
  return ip.value;
}

/** Canonical text of a number. */
export function ipFromBigInt(value: bigint, family: Family): string {
  if (family === 6) return ipv6Text(value);
  const n = Number(value);
  return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
}

/** Reads `address/length`; host bits may be set (see `hostBitsSet`). Null when it is none, a length with leading zero included. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const ip = slash < 0 ? null : parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (ip === null || !/^(0|[1-9][0-9]{0,2})$/.test(length)) return null;
  const prefix = Number(length);
  const bits = ip.family === 4 ? 32 : 128;
  if (prefix > bits) return null;
  const mask = (1n << BigInt(bits - prefix)) - 1n;
  const first = ip.value & ~mask;
  const last = first | mask;
  const network = ipFromBigInt(first, ip.family);
  const broadcast = ip.family === 4 && prefix <= 30 ? ipFromBigInt(last, 4) : null;
  return { family: ip.family, prefix, text: `${network}/${prefix}`, address: ip.text, network, broadcast, first, last };
}

/** Reads `10.0.0.5` or `10.0.0.5-10.0.0.9` (IPv4); null for anything else, and when the first is after the last. */
export function parseIpRange(text: string): { readonly first: string; readonly last: string } | null {
  const [a = '', b = a, more] = text.split('-');
  const first = parseIp(a);
  const last = parseIp(b);
  if (more !== undefined || first?.family !== 4 || last?.family !== 4) return null;
  return compareIps(first.text, last.text) > 0 ? null : { first: first.text, last: last.text };
}

/** True when the address lies inside; false for another family and for what is no address. */
export function contains(cidr: Cidr | string, ip: string): boolean {
  const range = checked(cidr);
  const inner = parseIp(ip);
  return inner !== null && inner.family === range.family && inner.value >= range.first && inner.value <= range.last;
}

/** True when two prefixes share an address; never across families. */
export function overlaps(a: Cidr | string, b: Cidr | string): boolean {
  const one = checked(a);
  const two = checked(b);
  return one.family === two.family && one.first <= two.last && two.first <= one.last;
}

/** True when the written address is not the network's first one: `10.0.0.5/24`. The corrected form is `cidr.text`. */
export function hostBitsSet(cidr: Cidr | string): boolean {
  const range = checked(cidr);
  return range.address !== range.network;
}

/** The n-th address, 0 = the network's own; the router has 1. Past the end is a bug of the caller. */
export function nthAddress(cidr: Cidr | string, n: number | bigint): string {
  const range = checked(cidr);
  const value = range.first + BigInt(n);
  if (value < range.first || value > range.last) throw new Error(`bug: ${range.text} has no address ${n}`);
  return ipFromBigInt(value, range.family);
}

/** Dotted mask of an IPv4 prefix length: 24 gives `255.255.255.0`. */
export function netmask(prefix: number): string {
  return ipFromBigInt((0xffffffffn << BigInt(32 - prefix)) & 0xffffffffn, 4);
}

/** Sorts addresses as numbers, IPv4 before IPv6; what is no address comes last, by text. */
export function compareIps(a: string, b: string): number {
  const one = parseIp(a);
  const two = parseIp(b);
  if (one === null || two === null) return one === two ? Number(a > b) - Number(a < b) : one === null ? 1 : -1;
  if (one.family !== two.family) return one.family - two.family;
  return one.value < two.value ? -1 : Number(one.value > two.value);
}

function checked(cidr: Cidr | string): Cidr {
  const range = typeof cidr === 'string' ? parseCidr(cidr) : cidr;
  if (range === null) throw new Error(`bug: ${JSON.stringify(cidr)} is no prefix`);
  return range;
}

function ipv4Value(text: string): bigint {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return BigInt(a * 0x1000000 + b * 0x10000 + c * 0x100 + d);
}

function ipv6Value(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  return all.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

function groups(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap(group => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const value = Number(ipv4Value(group));
    return [value >>> 16, value & 0xffff];
  });
}

function ipv6Text(value: bigint): string {
  const all = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  const { start, length } = longestZeros(all);
  // glibc writes mapped and compatible addresses with a dotted end, and what the kernel's tools print is what we compare with.
  if (start === 0 && (length === 6 || (length === 5 && all[5] === 0xffff))) {
    return `${length === 6 ? '::' : '::ffff:'}${ipFromBigInt(value & 0xffffffffn, 4)}`;
  }
  const hex = (part: readonly number[]): string => part.map(group => group.toString(16)).join(':');
  return length < 2 ? hex(all) : `${hex(all.slice(0, start))}::${hex(all.slice(start + length))}`;
}

// RFC 5952, section 4.2.3: the longest run, the first one of equals; a single group is never shortened.
function longestZeros(all: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 0 };
  let run = 0;
  all.forEach((group, i) => {
    run = group === 0 ? run + 1 : 0;
    if (run > best.length) best = { start: i - run + 1, length: run };
  });
  return best;
}

/** True for an address that a group of machines has (RFC 5771, RFC 4291). */
export function isMulticast(ip: string): boolean {
  const first = Number.parseInt(ip, 10);
  return ip.includes(':') ? ip.startsWith('ff') : first >= 224 && first < 240;
}

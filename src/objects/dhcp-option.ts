/** Values of DHCP options in dnsmasq's words. Which words each option takes was tried with dnsmasq 2.90, code by code. */
import { ipFamily, parseCidr } from '../model/ip.ts';

/** Options that dnsmasq takes as IPv4 addresses and nothing else: another value keeps it from starting. */
const ADDRESSES = new Set([1, 3, 6, 7, 9, 16, 21, 28, 32, 33, 41, 42, 44, 45, 48, 49, 50, 54, 65, 68, 69, 70, 71, 74, 150]);

/** Options that dnsmasq encodes as domain names (RFC 3397, RFC 3361): what is none keeps it from starting. */
const NAMES = new Set([119, 120]);

/** Options of which dnsmasq takes no numbers. */
const NUMBERLESS = new Set([43, 52, 53, 55, 56, 57, 61, 81, 82, 118]);

/** What one option can hold, in bytes (RFC 2132, section 2). */
const OPTION_MAX = 255;

const NAME = /^[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9])?(\.[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9])?)*$/i;

/**
 * The value of an extra option as dnsmasq's configuration takes it: addresses (several with commas), a number, else text in
 * quotes, of which every character arrives as it is. Null when dnsmasq takes no such value for this option: text where it
 * insists on addresses or names. `code` 1..254; `value` printable ASCII, anything else is a bug.
 */
export function optionValue(code: number, value: string): string | null {
  const parts = value.split(',').map(part => part.trim());
  if (parts.every(part => ipFamily(part) === 4)) return parts.join(',');
  if (ADDRESSES.has(code)) return null;
  if (NAMES.has(code)) return value.length < 250 && parts.every(part => NAME.test(part)) ? parts.join(',') : null;
  if (/^(0|[1-9][0-9]{0,9})$/.test(value) && Number(value) <= 0xffffffff && !NUMBERLESS.has(code)) return value;
  return quoted(value);
}

/** What `optionValue` wants for an option that it refused something for. */
export function optionTakes(code: number): string {
  return NAMES.has(code) ? 'domain names, several with commas' : 'IPv4 addresses, several with commas';
}

/** Text as one word of dnsmasq's configuration. Control characters and what is not ASCII are a bug: nothing lets them get here. */
export function quoted(text: string): string {
  if (!/^[ -~]*$/.test(text)) throw new Error(`bug: ${JSON.stringify(text)} has characters that no line may have`);
  return `"${text.replace(/["\\]/g, found => `\\${found}`)}"`;
}

/** A route that guests are told. `to` is an IPv4 prefix, `via` a router of the network. */
export interface GuestRoute {
  readonly to: string;
  readonly via: string;
}

/**
 * Option 121 (RFC 3442) as bytes in hexadecimal with colons, since as words they would pass the 1,024 characters of a line:
 * length of the prefix, its significant bytes, the router. The routes that fit into an option, in the order given; '' without any.
 */
export function routesOption(routes: readonly GuestRoute[]): string {
  return bytesThatFit(routes)
    .map(byte => byte.toString(16).padStart(2, '0'))
    .join(':');
}

/**
 * What surely has room beside everything else in the smallest message, 576 bytes with 312 for options (RFC 2131, section 2):
 * busybox's client asks for no longer ones, and dnsmasq leaves an option out that has no room.
 */
export const ROUTES_SURE = 190;

/** True when all these routes fit into option 121, or into so many bytes of it. */
export function fitsRoutes(routes: readonly GuestRoute[], bytes = OPTION_MAX): boolean {
  return routes.reduce((sum, route) => sum + routeBytes(route).length, 0) <= bytes;
}

function bytesThatFit(routes: readonly GuestRoute[]): readonly number[] {
  const all: number[] = [];
  for (const route of routes) {
    const bytes = routeBytes(route);
    if (all.length + bytes.length <= OPTION_MAX) all.push(...bytes);
  }
  return all;
}

function routeBytes({ to, via }: GuestRoute): readonly number[] {
  const range = parseCidr(to);
  if (range === null || range.family !== 4) return [];
  return [range.prefix, ...bytesOf(range.network).slice(0, Math.ceil(range.prefix / 8)), ...bytesOf(via)];
}

function bytesOf(ip: string): readonly number[] {
  return ip.split('.').map(Number);
}

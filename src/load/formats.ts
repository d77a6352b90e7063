/**
 * The formats that schemas name: when a text has one, how it is written canonically, and what people call it. ajv's
 * validators look into `FORMATS`, generated and run-time ones alike.
 */
import { parseCidr, parseIp, parseIpRange } from '../model/ip.ts';
import { canonicalMac } from '../model/mac.ts';
import { isIfname, isNetnsName } from '../model/names.ts';
import { isKey } from '../model/text.ts';

interface Format {
  /** The one spelling that netloom compares; null when the text does not have the format. */
  readonly canonical: (text: string) => string | null;
  /** As a sentence needs it after "must be". */
  readonly words: string;
}

const TABLE: Readonly<Record<string, Format>> = {
  'netloom-ip': { canonical: ip, words: 'an IP address without prefix length' },
  'netloom-cidr': { canonical: cidr, words: 'a prefix such as 10.0.0.0/24' },
  'netloom-ip-or-cidr': { canonical: text => ip(text) ?? cidr(text), words: 'an IP address or a prefix such as 10.0.0.0/24' },
  'netloom-ipv4': { canonical: ipv4, words: 'an IPv4 address without prefix length' },
  'netloom-ip-range': { canonical: ipRange, words: 'an IPv4 address, or a range such as 10.0.0.5-10.0.0.9' },
  'netloom-mac': { canonical: canonicalMac, words: 'a MAC address such as 02:00:00:12:34:56' },
  'netloom-mac-prefix': { canonical: macPrefix, words: 'the first three bytes of a MAC address such as 02:00:00' },
  'netloom-ifname': {
    canonical: text => (isIfname(text) ? text : null),
    words: 'a device name of at most 15 letters, digits, dots, dashes and underscores',
  },
  'netloom-netns': {
    canonical: text => (isNetnsName(text) ? text : null),
    words: 'the name of a network namespace: at most 63 letters, digits, dots, dashes and underscores',
  },
  'netloom-key': { canonical: text => (isKey(text) ? text : null), words: 'a text of at most 253 bytes' },
};

/** True when a text has the format; by the format's name. */
export const FORMATS: Record<string, (text: string) => boolean> = Object.fromEntries(
  Object.entries(TABLE).map(([name, format]) => [name, (text: string) => format.canonical(text) !== null]),
);

/** The canonical spelling of a text that has the format; the text itself when nothing is known about it. */
export function canonicalFormat(format: string, text: string): string {
  return TABLE[format]?.canonical(text) ?? text;
}

/** `an IP address without prefix length`: what must be written; null for formats of others. */
export function formatWords(format: string): string | null {
  return TABLE[format]?.words ?? null;
}

function ip(text: string): string | null {
  return parseIp(text)?.text ?? null;
}

function ipv4(text: string): string | null {
  const found = parseIp(text);
  return found?.family === 4 ? found.text : null;
}

function ipRange(text: string): string | null {
  const range = parseIpRange(text);
  if (range === null) return null;
  return range.first === range.last ? range.first : `${range.first}-${range.last}`;
}

// Host bits stay: only the cross-checks can say which prefix was meant.
function cidr(text: string): string | null {
  const range = parseCidr(text);
  return range === null ? null : `${range.address}/${range.prefix}`;
}

function macPrefix(text: string): string | null {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){2}$/i.test(text) ? text.toLowerCase() : null;
}

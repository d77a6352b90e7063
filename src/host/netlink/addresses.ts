/** Addresses in messages as text: of IPv4 and IPv6 as inet_ntop(3) writes them, of links as iproute2 does. */
import { type Attributes, raw } from './message.ts';

/** An IPv4 or IPv6 address, by its length. */
export function ip(attributes: Attributes, type: number): string | undefined {
  const bytes = raw(attributes, type);
  return bytes === undefined ? undefined : ipOf(bytes);
}

/** A link-layer address, `02:00:00:00:00:01`. Those of tunnels are addresses of four or sixteen bytes. */
export function hardware(attributes: Attributes, type: number): string | undefined {
  const bytes = raw(attributes, type);
  if (bytes === undefined) return undefined;
  let words = '';
  for (const byte of bytes) words += `${words === '' ? '' : ':'}${HEX[byte]}`;
  return ipOf(bytes) ?? words;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Text of four or sixteen bytes; undefined for others. */
export function ipOf(bytes: Buffer): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  return bytes.length === 16 ? ip6(bytes) : undefined;
}

function ip6(bytes: Buffer): string {
  const words = Array.from({ length: 8 }, (_, nth) => bytes.readUInt16BE(2 * nth));
  const gap = longestGap(words);
  const holdsIp4 = gap.from === 0 && (gap.length === 6 || (gap.length === 5 && words[5] === 0xffff));
  const tail = holdsIp4 ? [bytes.subarray(12).join('.')] : [];
  const shown = [...words.slice(0, holdsIp4 ? 6 : 8).map(word => word.toString(16)), ...tail];
  if (gap.length < 2) return shown.join(':');
  return `${shown.slice(0, gap.from).join(':')}::${shown.slice(gap.from + gap.length).join(':')}`;
}

// Of several that are as long, the first.
function longestGap(words: readonly number[]): { readonly from: number; readonly length: number } {
  let best = { from: 0, length: 0 };
  let length = 0;
  for (const [nth, word] of words.entries()) {
    length = word === 0 ? length + 1 : 0;
    if (length > best.length) best = { from: nth - length + 1, length };
  }
  return best;
}

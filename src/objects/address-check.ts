/** Ranges that no node and no guest can use as its own. */
import { type Cidr, overlaps, parseCidr } from '../model/ip.ts';

// IANA special-purpose registries (RFC 6890): what never names one host on a link.
const RANGES: readonly (readonly [Cidr, string])[] = (
  [
    ['0.0.0.0/8', 'unspecified'],
    ['127.0.0.0/8', 'of the loopback'],
    ['224.0.0.0/4', 'multicast'],
    ['240.0.0.0/4', 'reserved'],
    ['::/127', 'unspecified or of the loopback'],
    ['::ffff:0:0/96', 'an IPv4 address in IPv6'],
    ['fe80::/10', 'link-local'],
    ['ff00::/8', 'multicast'],
  ] as const
).flatMap(([text, why]) => {
  const range = parseCidr(text);
  return range === null ? [] : [[range, why] as const];
});

/** Why an address or prefix cannot be used, as a predicate (`multicast`); null when it can. Link-local IPv4 can. */
export function unusable(text: string): string | null {
  const range = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
  if (range === null) return null;
  return RANGES.find(([special]) => overlaps(special, range))?.[1] ?? null;
}

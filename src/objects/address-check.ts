/** Ranges that no node and no guest can use as its own. */
import { type Cidr, overlaps, parseCidr } from '../model/ip.ts';

// IANA special-purpose registries (RFC 6890): what never names one host on a link. By family.
const SPECIAL = {
  4: [
    ['0.0.0.0/8', 'unspecified'],
    ['127.0.0.0/8', 'of the loopback'],
    ['224.0.0.0/4', 'multicast'],
    ['240.0.0.0/4', 'reserved'],
  ],
  6: [
    ['::/127', 'unspecified or of the loopback'],
    ['::ffff:0:0/96', 'an IPv4 address in IPv6'],
    ['fe80::/10', 'link-local'],
    ['ff00::/8', 'multicast'],
  ],
} as const;

// Read when first asked for: most clusters have one family, and `validate` of a small folder should cost nothing.
const READ = new Map<number, readonly (readonly [Cidr, string])[]>();

/** Why an address or prefix cannot be used, as a predicate (`multicast`); null when it can. Link-local IPv4 can. */
export function unusable(text: string): string | null {
  const range = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
  if (range === null) return null;
  let special = READ.get(range.family);
  if (special === undefined) {
    special = SPECIAL[range.family].flatMap(([cidr, why]) => pair(parseCidr(cidr), why));
    READ.set(range.family, special);
  }
  return special.find(([other]) => overlaps(other, range))?.[1] ?? null;
}

function pair(range: Cidr | null, why: string): readonly (readonly [Cidr, string])[] {
  return range === null ? [] : [[range, why]];
}

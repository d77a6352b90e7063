/** Addresses of links. They carry no mark (iproute2 6.1): an address is ours because its link is. */
import { parseCidr } from '../model/ip.ts';
import type { Kind, Observed, Owner } from './kind.ts';
import { ourLinkNames } from './link-fields.ts';
import { addressesRef, firstOfEach, isLinkLocal, linkRef } from './refs.ts';
import type { AddrRow, Rows } from './rows.ts';

export interface AddressSpec {
  readonly netns: string;
  /** ifname. */
  readonly link: string;
  /** Canonical, without prefix length. */
  readonly ip: string;
  readonly prefix: number;
}

export const address: Kind<AddressSpec> = {
  name: 'address',
  title: 'address',
  fields: { netns: 'key', link: 'key', ip: 'key', prefix: 'key' },
  ref: s => `address:${s.netns}/${s.link}/${s.ip}/${s.prefix}`,
  ties: s => [{ to: linkRef(s.netns, s.link), when: 'goes' }],
  groups: s => (isLinkLocal(s.ip) ? [] : [addressesRef(s.netns, s.link, s.ip)]),
  claims,
  parse: rows => {
    const ours = ourLinkNames(rows);
    return firstOfEach(rows.links.flatMap(row => row.addr_info.map(found => observe(rows, row.ifname, found, ours))));
  },
  carries: () => false,
  create: s => [{ op: 'addr-add', ...s }],
  update: () => [],
  remove: s => [{ op: 'addr-del', ...s }],
  impact: { make: 'no-traffic', delete: 'existing-flows', fields: {} },
};

// A second IPv4 address of a subnet becomes secondary and dies with the first: the old one has to go before.
function claims(s: AddressSpec): readonly string[] {
  const range = parseCidr(`${s.ip}/${s.prefix}`);
  return range?.family === 4 ? [`subnet:${s.netns}/${s.link}/${range.text}`] : [];
}

function observe(rows: Rows, link: string, row: AddrRow, ours: ReadonlySet<string>): Observed<AddressSpec> {
  const spec = { netns: rows.netns, link, ip: row.local, prefix: row.prefixlen };
  return { kind: 'address', ref: address.ref(spec), spec, owner: ownerOf(link, row, ours) };
}

function ownerOf(link: string, row: AddrRow, ours: ReadonlySet<string>): Owner {
  if (link === 'lo') return 'common';
  if (!ours.has(link)) return 'foreign';
  return isKernelMade(row) ? 'common' : 'ours';
}

// Link-local by addrgenmode, or from a router advertisement: it comes and goes by itself.
function isKernelMade(row: AddrRow): boolean {
  return row.dynamic === true || row.mngtmpaddr === true || isLinkLocal(row.local);
}

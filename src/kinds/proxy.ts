/** Proxy neighbours: addresses that the node answers ARP for on a link, on behalf of what is behind it. */
import type { Kind, Observed } from './kind.ts';
import { ourLinkNames } from './link-fields.ts';
import { isHome, OURS } from './marks.ts';
import type { Op } from './op.ts';
import { addressesRef, linkRef } from './refs.ts';
import type { ProxyRow } from './rows.ts';

export interface ProxySpec {
  readonly netns: string;
  /** ifname. */
  readonly link: string;
  /** Canonical, without prefix length. */
  readonly ip: string;
}

export const proxy: Kind<ProxySpec> = {
  name: 'proxy',
  title: 'proxy neighbour',
  fields: { netns: 'key', link: 'key', ip: 'key' },
  ref: s => `proxy:${s.netns}/${s.link}/${s.ip}`,
  // Admin down and the loss of its last address flush a link's proxies too (seen with 6.18).
  ties: s => [
    { to: linkRef(s.netns, s.link), when: 'goes' },
    { to: linkRef(s.netns, s.link), when: 'again' },
    { to: addressesRef(s.netns, s.link, s.ip), when: 'again', optional: true },
  ],
  claims: () => [],
  parse: rows => {
    const ours = ourLinkNames(rows);
    return rows.proxies.map(row => observe(rows.netns, row, ours));
  },
  carries: () => false,
  create: s => [set(s)],
  update: s => [set(s)],
  remove: s => [{ op: 'proxy-del', netns: s.netns, link: s.link, ip: s.ip }],
  impact: { make: 'no-traffic', delete: 'existing-flows', fields: {} },
};

// `replace` is said of one that is there already as well.
function set(s: ProxySpec): Op {
  return { op: 'proxy-replace', netns: s.netns, link: s.link, ip: s.ip, proto: OURS.proto };
}

function observe(netns: string, row: ProxyRow, ours: ReadonlySet<string>): Observed<ProxySpec> {
  const spec = { netns, link: row.dev, ip: row.dst };
  const isOurs = ours.has(row.dev) || (isHome(netns) && row.protocol === String(OURS.proto));
  return { kind: 'proxy', ref: proxy.ref(spec), spec, owner: isOurs ? 'ours' : 'foreign' };
}

/**
 * "This address was announced on its link, and whatever flows to it leads to that target." What the kernel cannot be asked
 * afterwards is noted in the link's alias, as the last act: after a crash all of it is done again.
 */
import type { Kind, Observed, Ref } from './kind.ts';
import { isOurLink } from './link-fields.ts';
import { isHome, OURS } from './marks.ts';
import type { Op } from './op.ts';
import { addressesRef, announceRef, linkRef, sysctlRef, tableRef } from './refs.ts';
import type { LinkRow } from './rows.ts';

export interface AnnounceSpec {
  readonly netns: string;
  /** ifname. Its alias belongs to the announcement; the link's own kind leaves it unmanaged. */
  readonly link: string;
  /** IPv4, without prefix length. */
  readonly ip: string;
  /** The link's own MAC, lower case. */
  readonly mac: string;
  /** Whom flows to the address lead to; '' for an address that leads nowhere further. */
  readonly target: string;
  /** `netloom:FloatingIP default/web`: provenance for people; ` (from n1)` behind it while another node has the address too. */
  readonly alias: string;
  /** What must stand before anybody is sent here: the outer end's port, rules, routes. */
  readonly after?: readonly Ref[];
}

export const announce: Kind<AnnounceSpec> = {
  name: 'announce',
  title: 'announcement',
  fields: { netns: 'key', link: 'key', ip: 'fixed', mac: 'policy', target: 'live', alias: 'live', after: 'policy' },
  ref: s => announceRef(s.netns, s.link),
  // `first`, since its flows must end while there is still a namespace that knows them.
  ties: s => [
    { to: linkRef(s.netns, s.link), when: 'first' },
    { to: addressesRef(s.netns, s.link, s.ip), when: 'after' },
    { to: tableRef(s.netns, 'ip', OURS.table), when: 'after' },
    // Without the first the kernel announces nothing, without the second nobody is served who comes.
    { to: sysctlRef(s.netns, `net/ipv4/conf/${s.link}/arp_notify`), when: 'after' },
    { to: sysctlRef(s.netns, 'net/ipv4/ip_forward'), when: 'after' },
    ...(s.after ?? []).map(to => ({ to, when: 'after' }) as const),
  ],
  claims: () => [],
  readsAs: ({ after: _, ...s }) => s,
  parse: rows => rows.links.flatMap(row => observe(rows.netns, row)),
  create: s => [endFlows(s), ...said(s)],
  // Another name for the same target ends nothing, and is announced again: a router that moved here is alone with its addresses now.
  update: (s, changed) => (changed.length === 1 && changed[0] === 'alias' ? said(s) : announce.create(s)),
  remove: s => [endFlows(s), note(s, '')],
  impact: { make: 'existing-flows', delete: 'existing-flows', fields: { target: 'existing-flows', alias: 'no-traffic' } },
};

function endFlows(s: AnnounceSpec): Op {
  return { op: 'flows-end', netns: s.netns, ip: s.ip };
}

// With arp_notify the kernel announces the addresses of a link whose MAC is set, also to what it is.
function said(s: AnnounceSpec): readonly Op[] {
  return [{ op: 'link-set', netns: s.netns, name: s.link, set: { mac: s.mac } }, note(s, aliasOf(s))];
}

function note(s: AnnounceSpec, alias: string): Op {
  return { op: 'link-set', netns: s.netns, name: s.link, set: { alias } };
}

function aliasOf(s: AnnounceSpec): string {
  return `${s.alias} ${s.ip} -> ${s.target}`;
}

function observe(netns: string, row: LinkRow): readonly Observed<AnnounceSpec>[] {
  const [, alias, ip, target] = /^(netloom:.+) (\S+) ->(?: (\S*))?$/.exec(row.ifalias ?? '') ?? [];
  if (alias === undefined || ip === undefined || !isHome(netns) || !isOurLink(netns, row)) return [];
  const spec = { netns, link: row.ifname, ip, mac: row.address ?? '', target: target ?? '', alias };
  return [{ kind: 'announce', ref: announce.ref(spec), spec, owner: 'ours', formerly: alias.slice('netloom:'.length).replace(/ \(from \S+\)$/, '') }];
}

/** Permanent neighbour (ARP, NDP) entries: which MAC answers for an address on a link. */
import type { Kind, Observed } from './kind.ts';
import { ourLinkNames } from './link-fields.ts';
import { isHome, OURS } from './marks.ts';
import type { Op } from './op.ts';
import { addressesRef, announceRef, linkRef } from './refs.ts';
import type { NeighRow } from './rows.ts';

export interface NeighSpec {
  readonly netns: string;
  /** ifname. */
  readonly link: string;
  /** Canonical, without prefix length. */
  readonly ip: string;
  /** Lower case, colons. */
  readonly mac: string;
}

export const neigh: Kind<NeighSpec> = {
  name: 'neigh',
  title: 'neighbours',
  fields: { netns: 'key', link: 'key', ip: 'key', mac: 'live' },
  ref: s => `neigh:${s.netns}/${s.link}/${s.ip}`,
  // A change of the link's MAC (an announcement is one, to the same), admin down, and the loss of its last address flush its neighbours, permanent ones too.
  ties: s => [
    { to: linkRef(s.netns, s.link), when: 'goes' },
    { to: linkRef(s.netns, s.link), when: 'again' },
    { to: addressesRef(s.netns, s.link, s.ip), when: 'again', optional: true },
    { to: announceRef(s.netns, s.link), when: 'again', optional: true },
  ],
  claims: () => [],
  // Learned entries come and go; they are not state.
  parse: rows => {
    const ours = ourLinkNames(rows);
    return rows.neighs.filter(row => row.state.includes('PERMANENT')).map(row => observe(rows.netns, row, ours));
  },
  carries: () => false,
  create: s => [set(s)],
  update: s => [set(s)],
  remove: s => [{ op: 'neigh-del', netns: s.netns, link: s.link, ip: s.ip }],
  impact: { make: 'no-traffic', delete: 'new-flows', fields: { mac: 'existing-flows' } },
};

// `replace` makes or changes, and takes over a learned entry.
function set(s: NeighSpec): Op {
  return { op: 'neigh-replace', netns: s.netns, link: s.link, ip: s.ip, mac: s.mac, proto: OURS.proto };
}

// An entry on a link of ours is ours whoever made it; it would steer what the bridge answers. On other links the mark counts, at home.
function observe(netns: string, row: NeighRow, ours: ReadonlySet<string>): Observed<NeighSpec> {
  const spec = { netns, link: row.dev, ip: row.dst, mac: row.lladdr ?? '' };
  const isOurs = ours.has(row.dev) || (isHome(netns) && row.protocol === String(OURS.proto));
  return { kind: 'neigh', ref: neigh.ref(spec), spec, owner: isOurs ? 'ours' : 'foreign' };
}

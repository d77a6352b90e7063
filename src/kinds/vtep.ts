/** Where a remote MAC lives: the peer to which a VXLAN device sends its frames. Static, so that traffic cannot move it. */
import { ANY_MAC, peerRows } from './fdb-rows.ts';
import type { Kind, Observed } from './kind.ts';
import { ourLinkNames } from './link-fields.ts';
import type { Op } from './op.ts';
import { firstOfEach, linkRef } from './refs.ts';

export interface VtepSpec {
  readonly netns: string;
  /** ifname of the VXLAN device. */
  readonly link: string;
  /** Lower case, colons. */
  readonly mac: string;
  /** Underlay address of the peer, canonical. */
  readonly dst: string;
}

export const vtep: Kind<VtepSpec> = {
  name: 'vtep',
  title: 'mesh elements',
  fields: { netns: 'key', link: 'key', mac: 'key', dst: 'live' },
  ref: s => `vtep:${s.netns}/${s.link}/${s.mac}`,
  // A device that is to learn no more knows its peers first.
  ties: s => [{ to: linkRef(s.netns, s.link), when: 'goes', early: true }],
  claims: () => [],
  parse: rows => {
    const ours = ourLinkNames(rows);
    const found = peerRows(rows).filter(row => row.mac !== ANY_MAC);
    return firstOfEach(
      found.map((spec): Observed<VtepSpec> => {
        const whole = { netns: rows.netns, ...spec };
        return { kind: 'vtep', ref: vtep.ref(whole), spec: whole, owner: ours.has(spec.link) ? 'ours' : 'foreign' };
      }),
    );
  },
  carries: () => false,
  create: s => [set(s)],
  update: s => [set(s)],
  remove: s => [{ op: 'vtep-del', netns: s.netns, link: s.link, mac: s.mac }],
  impact: { make: 'no-traffic', delete: 'new-flows', fields: { dst: 'existing-flows' } },
};

// `replace` switches a MAC to another peer in one act (measured: no packet lost) and takes over a learned entry.
function set(s: VtepSpec): Op {
  return { op: 'vtep-replace', netns: s.netns, link: s.link, mac: s.mac, dst: s.dst };
}

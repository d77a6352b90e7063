/** Flood entries of a VXLAN device: peers that get a copy of every frame without a known destination. */
import { ANY_MAC, peerRows } from './fdb-rows.ts';
import type { Kind, Observed } from './kind.ts';
import { ourLinkNames } from './link-fields.ts';
import { firstOfEach, linkRef } from './refs.ts';

export interface FloodSpec {
  readonly netns: string;
  /** ifname of the VXLAN device. */
  readonly link: string;
  /** Underlay address of a peer, canonical; an observed one may have more words (`PeerRow`). */
  readonly dst: string;
}

export const flood: Kind<FloodSpec> = {
  name: 'flood',
  title: 'mesh elements',
  fields: { netns: 'key', link: 'key', dst: 'key' },
  ref: s => `flood:${s.netns}/${s.link}/${s.dst}`,
  ties: s => [{ to: linkRef(s.netns, s.link), when: 'goes' }],
  claims: () => [],
  parse: rows => {
    const ours = ourLinkNames(rows);
    const found = peerRows(rows).filter(row => row.mac === ANY_MAC);
    return firstOfEach(
      found.map((row): Observed<FloodSpec> => {
        const spec = { netns: rows.netns, link: row.link, dst: row.dst };
        return { kind: 'flood', ref: flood.ref(spec), spec, owner: ours.has(row.link) ? 'ours' : 'foreign' };
      }),
    );
  },
  carries: () => false,
  // Append and not replace: the kernel keeps a list of destinations for this MAC alone.
  create: s => [{ op: 'flood-append', ...s }],
  update: () => [],
  remove: s => [{ op: 'flood-del', ...s }],
  impact: { make: 'no-traffic', delete: 'new-flows', fields: {} },
};

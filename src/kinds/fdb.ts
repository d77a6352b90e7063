/** Which port of a bridge a MAC is behind. Sticky: a plain static entry moves to whoever sends with that MAC. */
import type { Impact, Kind, Observed, Ref } from './kind.ts';
import { ourLinkNames } from './link-fields.ts';
import type { Op } from './op.ts';
import type { PortSpec } from './port.ts';
import { firstOfEach, linkRef, portRef } from './refs.ts';
import type { FdbRow, Rows } from './rows.ts';

export interface FdbSpec {
  readonly netns: string;
  /** ifname of the bridge. */
  readonly bridge: string;
  /** Lower case, colons. */
  readonly mac: string;
  /** ifname of the port. */
  readonly link: string;
  /** Always true when wanted; an entry without it can be hijacked, and is drift. */
  readonly sticky: boolean;
}

export const fdb: Kind<FdbSpec> = {
  name: 'fdb',
  title: 'mesh elements',
  fields: { netns: 'key', bridge: 'key', mac: 'key', link: 'live', sticky: 'live' },
  ref: s => `fdb:${s.netns}/${s.bridge}/${s.mac}`,
  // A port that leaves its bridge takes its entries along, and so does the bridge. One that is locked, or floods no more, keeps those that are pinned.
  ties: s => [
    { to: portRef(s.netns, s.link), when: 'goes', early: true },
    { to: linkRef(s.netns, s.bridge), when: 'goes' },
  ],
  claims: () => [],
  parse: rows => {
    const ours = ourLinkNames(rows);
    return firstOfEach(rows.fdb.filter(isPinned).map(row => observe(rows, row, ours)));
  },
  carries: () => false,
  create: s => [set(s)],
  update: s => [set(s)],
  remove: s => [{ op: 'fdb-del', netns: s.netns, link: s.link, mac: s.mac }],
  impact: { make: 'no-traffic', delete: 'existing-flows', fields: { link: 'existing-flows', sticky: 'no-traffic' }, gone: unpinned },
};

// A port that floods gets what is for a MAC that nothing holds; one that is locked passes nothing on of it.
function unpinned({ netns, link }: FdbSpec, wanted: (ref: Ref) => object | undefined): Impact | undefined {
  const { flood, locked }: Partial<PortSpec> = wanted(portRef(netns, link)) ?? {};
  return flood === true && locked === false ? 'no-traffic' : undefined;
}

function set(s: FdbSpec): Op {
  if (!s.sticky) throw new Error(`bug: the entry ${s.mac} of ${s.bridge} is not sticky`);
  return { op: 'fdb-replace', netns: s.netns, link: s.link, mac: s.mac };
}

// A port's own MAC is `permanent`; learned entries have no state.
function isPinned(row: FdbRow): boolean {
  return row.master !== undefined && row.state === 'static' && !row.flags.includes('self');
}

function observe(rows: Rows, row: FdbRow, ours: ReadonlySet<string>): Observed<FdbSpec> {
  const bridge = row.master ?? '';
  const spec = { netns: rows.netns, bridge, mac: row.mac, link: row.ifname, sticky: row.flags.includes('sticky') };
  return { kind: 'fdb', ref: fdb.ref(spec), spec, owner: ours.has(bridge) || ours.has(row.ifname) ? 'ours' : 'foreign' };
}

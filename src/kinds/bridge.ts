/** Bridges: one per network and node, with an address of its own and without spanning tree. */
import type { Kind, Observed } from './kind.ts';
import { deleteLink, formerly, LINK_FATES, type LinkFields, linkFields, linksOfType, ownerOfLink, said, setLink } from './link-fields.ts';
import type { BridgeSet, Op } from './op.ts';
import { ifnameClaim, linkRef, tiesToNetns } from './refs.ts';
import type { LinkRow } from './rows.ts';

export interface BridgeSpec extends LinkFields {
  readonly stp: boolean;
  /** Hundredths of a second. */
  readonly forwardDelay: number;
  /** Multicast snooping: on, it loses IPv6 neighbour discovery across a mesh without querier. */
  readonly snooping: boolean;
}

export const bridge: Kind<BridgeSpec> = {
  name: 'bridge',
  title: 'vxlan bridge',
  fields: { ...LINK_FATES, stp: 'live', forwardDelay: 'live', snooping: 'live' },
  ref: s => linkRef(s.netns, s.name),
  ties: s => tiesToNetns(s.netns),
  claims: s => [ifnameClaim(s.netns, s.name)],
  parse: rows => linksOfType(rows, 'bridge').map(row => observe(rows.netns, row)),
  create,
  update: (s, changed) => {
    const fields = said(changed, bridge.fields);
    return [...change(s, fields, ['stp']), ...change(s, fields, ['forwardDelay', 'snooping']), ...setLink(s, fields)];
  },
  remove: deleteLink,
  impact: (verb, changed) => {
    if (verb === 'make') return 'no-traffic';
    return verb === 'delete' || changed.some(field => field === 'up' || field === 'mac' || field === 'stp') ? 'existing-flows' : 'no-traffic';
  },
};

// The mtu sticks only when it is changed after birth: one that is given at birth is lost to the first port with a smaller one.
function create(s: BridgeSpec): readonly Op[] {
  const { netns, name, mac, group } = s;
  const set = bridgeSet(s, ['stp', 'forwardDelay', 'snooping']);
  return [{ op: 'bridge-add', netns, name, mac, mtu: s.mtu + 1, group, set }, ...setLink(s, ['mtu', 'alias', 'addrgenmode', ...(s.up ? ['up'] : [])])];
}

// Spanning tree first and alone: while it is on, the kernel takes no forward delay under two seconds, and it reads that first.
function change(s: BridgeSpec, fields: readonly string[], some: readonly string[]): readonly Op[] {
  const set = bridgeSet(
    s,
    some.filter(field => fields.includes(field)),
  );
  return Object.keys(set).length > 0 ? [{ op: 'bridge-set', netns: s.netns, name: s.name, set }] : [];
}

function bridgeSet(s: BridgeSpec, fields: readonly string[]): BridgeSet {
  return {
    ...(fields.includes('stp') ? { stp: s.stp } : {}),
    ...(fields.includes('forwardDelay') ? { forwardDelay: s.forwardDelay } : {}),
    ...(fields.includes('snooping') ? { snooping: s.snooping } : {}),
  };
}

function observe(netns: string, row: LinkRow): Observed<BridgeSpec> {
  const data = row.linkinfo?.info_data ?? {};
  const spec: BridgeSpec = {
    ...linkFields(netns, row),
    stp: Number(data.stp_state ?? 0) !== 0,
    forwardDelay: Number(data.forward_delay ?? 0),
    snooping: Number(data.mcast_snooping ?? 0) !== 0,
  };
  return { kind: 'bridge', ref: bridge.ref(spec), spec, owner: ownerOfLink(netns, row), ...formerly(row) };
}

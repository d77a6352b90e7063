/** A link as a member of a bridge, with its flags: leaving a bridge and joining again resets them and drops static entries. */
import type { Kind, Observed, Tie } from './kind.ts';
import { ownerOfLink, said } from './link-fields.ts';
import { OURS } from './marks.ts';
import type { Op, PortSet } from './op.ts';
import { linkRef, portRef, sysctlRef, tableRef } from './refs.ts';
import type { LinkRow } from './rows.ts';

export interface PortSpec {
  readonly netns: string;
  /** ifname. */
  readonly link: string;
  /** ifname of the bridge. */
  readonly bridge: string;
  /** Whether source MACs of frames from it are learned. */
  readonly learning: boolean;
  /** Whether frames to unknown MACs go out of it. */
  readonly flood: boolean;
  /** Whether the bridge answers ARP in place of what is behind it. */
  readonly suppress: boolean;
  /** Whether frames from MACs without an entry for this port are dropped. */
  readonly locked: boolean;
  /** True: it joins only after the node's filters know it and the bridge is deaf to IPv6 for the node itself. */
  readonly guarded?: boolean;
}

export const port: Kind<PortSpec> = {
  name: 'port',
  title: 'port',
  fields: { netns: 'key', link: 'key', bridge: 'fixed', learning: 'live', flood: 'live', suppress: 'live', locked: 'live', guarded: 'policy' },
  ref: s => portRef(s.netns, s.link),
  ties: s => [{ to: linkRef(s.netns, s.link), when: 'goes' }, { to: linkRef(s.netns, s.bridge), when: 'goes' }, ...(s.guarded ? guards(s) : [])],
  claims: () => [],
  parse: rows => rows.links.filter(row => row.linkinfo?.info_slave_kind === 'bridge').map(row => observe(rows.netns, row)),
  create: s => [{ op: 'link-set', netns: s.netns, name: s.link, set: { master: s.bridge } }, ...setPort(s, ['learning', 'flood', 'suppress', 'locked'])],
  update: (s, changed) => setPort(s, said(changed, port.fields)),
  remove: s => [{ op: 'link-set', netns: s.netns, name: s.link, set: { master: '' } }],
  impact: verb => (verb === 'make' ? 'no-traffic' : 'existing-flows'),
};

function guards(s: PortSpec): readonly Tie[] {
  return [
    { to: tableRef(s.netns, 'bridge', OURS.table), when: 'after' },
    { to: tableRef(s.netns, 'inet', OURS.table), when: 'after' },
    { to: sysctlRef(s.netns, `net/ipv6/conf/${s.bridge}/disable_ipv6`), when: 'after' },
  ];
}

function setPort(s: PortSpec, fields: readonly string[]): readonly Op[] {
  const set: PortSet = {
    ...(fields.includes('learning') ? { learning: s.learning } : {}),
    ...(fields.includes('flood') ? { flood: s.flood } : {}),
    ...(fields.includes('suppress') ? { suppress: s.suppress } : {}),
    ...(fields.includes('locked') ? { locked: s.locked } : {}),
  };
  return Object.keys(set).length > 0 ? [{ op: 'port-set', netns: s.netns, name: s.link, set }] : [];
}

function observe(netns: string, row: LinkRow): Observed<PortSpec> {
  const data = row.linkinfo?.info_slave_data ?? {};
  const spec: PortSpec = {
    netns,
    link: row.ifname,
    bridge: row.master ?? '',
    learning: data.learning === true,
    flood: data.flood === true,
    suppress: data.neigh_suppress === true,
    locked: data.locked === true,
  };
  // Whose the link is decides: a guest's link in our bridge is a bystander, ours in another's bridge is drift.
  return { kind: 'port', ref: port.ref(spec), spec, owner: ownerOfLink(netns, row) };
}

/** A link as a member of a bridge, with its flags: leaving a bridge and joining again resets them and drops static entries. */
import { egressBridgeName } from '../model/names.ts';
import type { Kind, Observed, Owner, Tie } from './kind.ts';
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
  /** Whether it passes frames to no other isolated port. */
  readonly isolated?: boolean;
  /** Whether frames may go back where they came from. */
  readonly hairpin?: boolean;
  /** Whether multicast, which IPv6 needs to find neighbours, goes out of it. */
  readonly mcastFlood?: boolean;
  /** Whether broadcast, which ARP needs, goes out of it. */
  readonly bcastFlood?: boolean;
  /** Whether the bridge answers ARP on it, in either of the two ways that it knows besides `suppress`. */
  readonly proxyArp?: boolean;
  /** False: it is up, and somebody stopped it. Where the kernel stops it itself (no carrier, spanning tree) this is true. */
  readonly forwarding?: boolean;
  /** True: it joins only after the node's filters know it and the bridge is deaf to IPv6 for the node itself. */
  readonly guarded?: boolean;
}

/** As a link joins a bridge, and as guests need it: what somebody else changed is put back. */
export const PLAIN_PORT = {
  isolated: false,
  hairpin: false,
  mcastFlood: true,
  bcastFlood: true,
  proxyArp: false,
  forwarding: true,
} as const satisfies Partial<PortSpec>;

const PLAIN = Object.keys(PLAIN_PORT) as (keyof typeof PLAIN_PORT)[];
const CHOSEN = ['learning', 'flood', 'suppress', 'locked'] as const;

export const port: Kind<PortSpec> = {
  name: 'port',
  title: 'port',
  fields: {
    netns: 'key',
    link: 'key',
    bridge: 'fixed',
    learning: 'live',
    flood: 'live',
    suppress: 'live',
    locked: 'live',
    isolated: 'live',
    hairpin: 'live',
    mcastFlood: 'live',
    bcastFlood: 'live',
    proxyArp: 'live',
    forwarding: 'live',
    guarded: 'policy',
  },
  birth: PLAIN_PORT,
  ref: s => portRef(s.netns, s.link),
  ties: s => [{ to: linkRef(s.netns, s.link), when: 'goes' }, { to: linkRef(s.netns, s.bridge), when: 'goes' }, ...(s.guarded ? guards(s) : [])],
  claims: () => [],
  readsAs: ({ guarded: _, ...s }) => s,
  parse: rows => {
    const bridges = new Map(rows.links.filter(row => row.linkinfo?.info_kind === 'bridge').map(row => [row.ifname, row]));
    return rows.links.filter(row => row.linkinfo?.info_slave_kind === 'bridge').map(row => observe(rows.netns, row, bridges.get(row.master ?? '')));
  },
  create: s => [
    { op: 'link-set', netns: s.netns, name: s.link, set: { master: s.bridge } },
    ...setPort(s, [...CHOSEN, ...PLAIN.filter(field => s[field] !== PLAIN_PORT[field])]),
  ],
  update: (s, changed) => setPort(s, said(changed, port.fields)),
  remove: s => [{ op: 'link-set', netns: s.netns, name: s.link, set: { master: '' } }],
  impact: {
    make: 'existing-flows',
    delete: 'existing-flows',
    fields: {
      learning: 'no-traffic',
      flood: 'new-flows',
      suppress: 'no-traffic',
      locked: 'existing-flows',
      isolated: 'no-traffic',
      hairpin: 'no-traffic',
      mcastFlood: 'no-traffic',
      bcastFlood: 'no-traffic',
      proxyArp: 'no-traffic',
      forwarding: 'no-traffic',
    },
    // What is opened harms nobody.
    told: (field, want) => ((field === 'flood' && want.flood) || (field === 'locked' && !want.locked) ? 'no-traffic' : undefined),
  },
};

function guards(s: PortSpec): readonly Tie[] {
  return [
    { to: tableRef(s.netns, 'bridge', OURS.table), when: 'after' },
    { to: tableRef(s.netns, 'inet', OURS.table), when: 'after' },
    { to: sysctlRef(s.netns, `net/ipv6/conf/${s.bridge}/disable_ipv6`), when: 'after' },
  ];
}

function setPort(s: PortSpec, fields: readonly string[]): readonly Op[] {
  const managed = [...CHOSEN, ...PLAIN].filter(field => fields.includes(field) && s[field] !== undefined);
  const set: PortSet = Object.fromEntries(managed.map(field => [field, s[field]]));
  return managed.length > 0 ? [{ op: 'port-set', netns: s.netns, name: s.link, set }] : [];
}

// One that is down, or runs spanning tree, stops ports by itself.
function isSteady(bridge: LinkRow | undefined): boolean {
  return bridge?.flags.includes('UP') === true && Number(bridge.linkinfo?.info_data?.stp_state ?? 0) === 0;
}

// The kernel lets a port forward as soon as it is up with a carrier (`UNKNOWN`: it has none to tell of).
function isStopped(row: LinkRow, master: LinkRow | undefined): boolean {
  const couldForward = row.flags.includes('UP') && (row.operstate === 'UP' || row.operstate === 'UNKNOWN') && isSteady(master);
  const state = row.linkinfo?.info_slave_data?.state;
  return couldForward && state !== undefined && state !== 'forwarding';
}

function observe(netns: string, row: LinkRow, master: LinkRow | undefined): Observed<PortSpec> {
  const data = row.linkinfo?.info_slave_data ?? {};
  const spec: PortSpec = {
    netns,
    link: row.ifname,
    bridge: row.master ?? '',
    learning: data.learning === true,
    flood: data.flood === true,
    suppress: data.neigh_suppress === true,
    locked: data.locked === true,
    isolated: data.isolated === true,
    hairpin: data.hairpin === true,
    mcastFlood: data.mcast_flood !== false,
    bcastFlood: data.bcast_flood !== false,
    proxyArp: data.proxy_arp === true || data.proxy_arp_wifi === true,
    forwarding: !isStopped(row, master),
  };
  return { kind: 'port', ref: port.ref(spec), spec, owner: ownerOf(netns, row, master) };
}

// Whose the link is decides: a guest's link in our bridge is a bystander, ours in another's bridge is drift. But a network
// card in the egress bridge of its own name is there because of us: a card takes no mark, so its place is the mark.
function ownerOf(netns: string, row: LinkRow, master: LinkRow | undefined): Owner {
  const isPlaced = master !== undefined && master.ifname === egressBridgeName(row.ifname) && ownerOfLink(netns, master) === 'ours';
  return isPlaced ? 'ours' : ownerOfLink(netns, row);
}

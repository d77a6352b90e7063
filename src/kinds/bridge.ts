/** Bridges: one per network and node, with an address of its own and without spanning tree. */
import type { Kind, Observed } from './kind.ts';
import {
  ADOPT_LINK,
  deleteLink,
  formerly,
  LINK_FATES,
  LINK_IMPACT,
  LINK_MARKS,
  type LinkFields,
  linkFields,
  linksOfType,
  linkTold,
  ownerOfLink,
  said,
  setLink,
} from './link-fields.ts';
import type { BridgeSet, Op } from './op.ts';
import { ifnameClaim, linkRef, tiesToNetns } from './refs.ts';
import type { LinkRow } from './rows.ts';

export interface BridgeSpec extends LinkFields {
  readonly stp: boolean;
  /** Hundredths of a second. */
  readonly forwardDelay: number;
  /** Multicast snooping: on, it loses IPv6 neighbour discovery across a mesh without querier. */
  readonly snooping: boolean;
  /** Whether ports pass only frames of the VLANs that they are members of. */
  readonly vlanFiltering?: boolean;
  /** Hundredths of a second after which a learned MAC is forgotten; 0 makes a hub of it. */
  readonly ageing?: number;
  /** Whether it hands frames to the IP filters of the node, whatever the node's own setting says. */
  readonly netfilter?: boolean;
}

/** As the kernel makes a bridge, and as a network needs it. */
export const PLAIN_BRIDGE = { vlanFiltering: false, ageing: 30_000 } as const satisfies Partial<BridgeSpec>;

const BIRTH = { ...PLAIN_BRIDGE, netfilter: false } as const;
const SET = ['forwardDelay', 'snooping', 'vlanFiltering', 'ageing', 'netfilter'] as const;

export const bridge: Kind<BridgeSpec> = {
  name: 'bridge',
  title: 'vxlan bridge',
  fields: { ...LINK_FATES, stp: 'live', forwardDelay: 'live', snooping: 'live', vlanFiltering: 'live', ageing: 'live', netfilter: 'live' },
  insists: LINK_MARKS,
  adopt: { ...ADOPT_LINK, quiet: ['mac'] },
  birth: BIRTH,
  ref: s => linkRef(s.netns, s.name),
  ties: s => tiesToNetns(s.netns),
  claims: s => [ifnameClaim(s.netns, s.name)],
  parse: rows => linksOfType(rows, 'bridge').map(row => observe(rows.netns, row)),
  create,
  update: (s, changed) => {
    const fields = said(changed, bridge.fields);
    return [...change(s, fields, ['stp']), ...change(s, fields, SET), ...setLink(s, fields)];
  },
  remove: deleteLink,
  impact: {
    make: 'no-traffic',
    delete: 'existing-flows',
    fields: {
      ...LINK_IMPACT,
      mac: 'existing-flows',
      stp: 'no-traffic',
      forwardDelay: 'no-traffic',
      snooping: 'no-traffic',
      vlanFiltering: 'no-traffic',
      ageing: 'no-traffic',
      netfilter: 'no-traffic',
    },
    told: linkTold,
  },
};

// The mtu sticks only when it is changed after birth: one that is given at birth is lost to the first port with a smaller one.
function create(s: BridgeSpec): readonly Op[] {
  const { netns, name, mac, group } = s;
  const set = bridgeSet(
    s,
    ['stp', ...SET].filter(field => !(field in BIRTH) || s[field as keyof typeof BIRTH] !== BIRTH[field as keyof typeof BIRTH]),
  );
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
    ...(fields.includes('vlanFiltering') && s.vlanFiltering !== undefined ? { vlanFiltering: s.vlanFiltering } : {}),
    ...(fields.includes('ageing') && s.ageing !== undefined ? { ageing: s.ageing } : {}),
    ...(fields.includes('netfilter') && s.netfilter !== undefined ? { netfilter: s.netfilter } : {}),
  };
}

function observe(netns: string, row: LinkRow): Observed<BridgeSpec> {
  const data = row.linkinfo?.info_data ?? {};
  const spec: BridgeSpec = {
    ...linkFields(netns, row),
    stp: isOn(data.stp_state),
    forwardDelay: Number(data.forward_delay ?? 0),
    snooping: isOn(data.mcast_snooping),
    vlanFiltering: isOn(data.vlan_filtering),
    ageing: Number(data.ageing_time ?? PLAIN_BRIDGE.ageing),
    netfilter: [data.nf_call_iptables, data.nf_call_ip6tables, data.nf_call_arptables].some(isOn),
  };
  return { kind: 'bridge', ref: bridge.ref(spec), spec, owner: ownerOfLink(netns, row), ...formerly(row) };
}

function isOn(value: unknown): boolean {
  return Number(value ?? 0) !== 0;
}

/** VXLAN devices (RFC 7348) with unicast peers: no group, no default remote; who is behind whom is said by `flood` and `vtep`. */
import { canonicalIp, type Family } from '../model/ip.ts';
import type { Impact, Kind, Observed } from './kind.ts';
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
import type { Op } from './op.ts';
import { ifnameClaim, linkRef, tiesToNetns } from './refs.ts';
import type { LinkRow } from './rows.ts';

export interface VxlanSpec extends LinkFields {
  /** 1..16777215. */
  readonly vni: number;
  /** UDP port, ours and the peers'. */
  readonly port: number;
  /** The node's underlay address; need not exist yet, then the device is mute. */
  readonly local: string;
  /** That of `local`: a device keeps the family that it was born with ("New local address family does not match old", 6.1). */
  readonly family: Family;
  /** Whether the device learns which peer a MAC is behind. */
  readonly learning: boolean;
}

export const vxlan: Kind<VxlanSpec> = {
  name: 'vxlan',
  title: 'vxlan interface',
  fields: { ...LINK_FATES, vni: 'fixed', port: 'fixed', local: 'live', family: 'fixed', learning: 'live' },
  insists: LINK_MARKS,
  adopt: ADOPT_LINK,
  ref: s => linkRef(s.netns, s.name),
  ties: s => tiesToNetns(s.netns),
  claims: s => [ifnameClaim(s.netns, s.name), `vni:${s.netns}/${s.port}/${s.vni}`],
  parse: rows => linksOfType(rows, 'vxlan').map(row => observe(rows.netns, row)),
  create: s => [add(s), ...setLink(s, ['alias', 'addrgenmode', ...(s.up ? ['up'] : [])])],
  update: (s, changed) => {
    const fields = said(changed, vxlan.fields);
    const set = { ...(fields.includes('local') ? { local: s.local } : {}), ...(fields.includes('learning') ? { learning: s.learning } : {}) };
    const own: Op[] = Object.keys(set).length > 0 ? [{ op: 'vxlan-set', netns: s.netns, name: s.name, set }] : [];
    return [...own, ...setLink(s, fields)];
  },
  remove: deleteLink,
  impact: { make: 'no-traffic', delete: 'existing-flows', fields: { ...LINK_IMPACT, local: 'existing-flows', learning: 'no-traffic' }, told },
};

// One without sends from the address that the route gives it, which is the same where a node has one underlay address.
function told(field: string, want: VxlanSpec, have: Partial<VxlanSpec>): Impact | undefined {
  return field === 'local' && have.local === '' ? 'no-traffic' : linkTold(field, want, have);
}

function add(s: VxlanSpec): Op {
  const { netns, name, mac, mtu, group, vni, port, local, learning } = s;
  return { op: 'vxlan-add', netns, name, mac, mtu, group, vni, port, local, learning };
}

// iproute2 names the field after the family. A device that was made without a local address says neither.
function observe(netns: string, row: LinkRow): Observed<VxlanSpec> {
  const data = row.linkinfo?.info_data ?? {};
  const local = String(data.local ?? data.local6 ?? '');
  const spec: VxlanSpec = {
    ...linkFields(netns, row),
    vni: Number(data.id ?? 0),
    port: Number(data.port ?? 0),
    local: canonicalIp(local) ?? local,
    family: local.includes(':') ? 6 : 4,
    learning: data.learning === true,
  };
  return { kind: 'vxlan', ref: vxlan.ref(spec), spec, owner: ownerOfLink(netns, row), ...(local === '' ? { unknown: ['family'] } : {}), ...formerly(row) };
}

/** The near end of a veth pair: the end in the node's own namespace, which makes both. The other end is the kind `far`. */
import type { Kind, Observed } from './kind.ts';
import {
  deleteLink,
  formerly,
  isFarEnd,
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
import { endName, ifnameClaim, linkRef, netnsRef } from './refs.ts';
import type { LinkRow } from './rows.ts';

export interface VethSpec extends LinkFields {
  /** The far end, `<netns>/<name>`; `?/` when it is in a namespace that cannot be seen. */
  readonly peer: string;
  /** MAC of the far end at birth; afterwards it is a field of the far end. */
  readonly peerMac?: string;
}

export const veth: Kind<VethSpec> = {
  name: 'veth',
  title: 'veth pair',
  fields: { ...LINK_FATES, peer: 'fixed', peerMac: 'policy' },
  insists: LINK_MARKS,
  ref: s => linkRef(s.netns, s.name),
  // A namespace that a process holds open does not take its veths along when its name goes: the pair goes first.
  ties: s => (peerOf(s).netns === '' ? [] : [{ to: netnsRef(peerOf(s).netns), when: 'first' }]),
  claims: s => [ifnameClaim(s.netns, s.name), `ifname:${s.peer}`],
  readsAs: ({ peerMac: _, ...s }) => s,
  parse: rows =>
    linksOfType(rows, 'veth')
      .filter(row => !isFarEnd(rows.netns, row))
      .map(row => observe(rows.netns, row)),
  create: s => [add(s), ...setLink(s, ['alias', 'addrgenmode', ...(s.up ? ['up'] : [])])],
  update: (s, changed) => setLink(s, said(changed, veth.fields)),
  remove: deleteLink,
  impact: { make: 'no-traffic', delete: 'existing-flows', fields: { ...LINK_IMPACT }, told: linkTold },
};

/** The other end in a veth's spec: `?/` when it cannot be seen (no namespace has this name), without a name where its namespace could not be read. */
export function peerEnd(row: LinkRow): string {
  return row.peer === undefined ? '?/' : endName(row.peer.netns, row.peer.name ?? '');
}

function peerOf(s: VethSpec): { readonly netns: string; readonly name: string } {
  const slash = s.peer.indexOf('/');
  return { netns: s.peer.slice(0, slash), name: s.peer.slice(slash + 1) };
}

function add(s: VethSpec): Op {
  const { netns, name, mac, mtu, group, peerMac } = s;
  // A link that is born without an address gets a random one, which udev may change later.
  if (peerMac === undefined) throw new Error(`bug: the far end of ${name} has no mac`);
  return { op: 'veth-add', netns, name, mac, mtu, group, peer: { ...peerOf(s), mac: peerMac } };
}

function observe(netns: string, row: LinkRow): Observed<VethSpec> {
  const spec: VethSpec = { ...linkFields(netns, row), peer: peerEnd(row) };
  const unknown = row.peer !== undefined && row.peer.name === undefined ? { unknown: ['peer'] } : {};
  return { kind: 'veth', ref: veth.ref(spec), spec, owner: ownerOfLink(netns, row), ...unknown, ...formerly(row) };
}

/** The far end of a veth pair, mostly in a guest's namespace: made by its near end, here it only gets its settings. */
import { contains, parseCidr, parseIp } from '../model/ip.ts';
import type { AddressSpec } from './address.ts';
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
import { isHome } from './marks.ts';
import type { NeighSpec } from './neigh.ts';
import { endRef, ifnameClaim, linkRef, netnsRef } from './refs.ts';
import type { LinkRow } from './rows.ts';
import { peerEnd } from './veth.ts';

export interface FarSpec extends LinkFields {
  /** The end that made it, `<netns>/<name>`. */
  readonly near: string;
  /** Addresses and prefixes that the guest may put there by itself: they are left alone. */
  readonly guestAddresses: readonly string[];
}

export const far: Kind<FarSpec> = {
  name: 'far',
  title: 'veth pair',
  fields: { ...LINK_FATES, near: 'fixed', guestAddresses: 'policy' },
  insists: LINK_MARKS,
  ref: s => linkRef(s.netns, s.name),
  // The namespace comes with the near end, and is named all the same: what is in it may not be known.
  ties: s => [{ to: endRef(s.near), when: 'goes' }, ...(s.netns === '' ? [] : [{ to: netnsRef(s.netns), when: 'after' } as const])],
  // A near end in the node's own namespace claims this name as well, and one claim is enough.
  claims: s => (s.near.startsWith('/') ? [] : [ifnameClaim(s.netns, s.name)]),
  readsAs: s => ({ ...s, guestAddresses: [] }),
  parse: rows =>
    linksOfType(rows, 'veth')
      .filter(row => isFarEnd(rows.netns, row))
      .map(row => observe(rows.netns, row)),
  // What a guest resolves by hand inside its own namespace is its own business; a router has no guest in it.
  spares: (s, other) =>
    other.kind === 'neigh' ? !isHome(s.netns) && isOn(s, other.spec as NeighSpec) : other.kind === 'address' && isGuestAddress(s, other.spec as AddressSpec),
  // One that lost its mark goes with its near end all the same.
  carries: () => false,
  create: s => setLink(s, ['mac', 'mtu', 'alias', 'addrgenmode', 'up']),
  update: (s, changed) => setLink(s, said(changed, far.fields)),
  remove: deleteLink,
  impact: { make: 'no-traffic', delete: 'existing-flows', fields: { ...LINK_IMPACT, mac: 'existing-flows' }, told: linkTold },
};

function isOn(s: FarSpec, found: { readonly netns: string; readonly link: string }): boolean {
  return found.netns === s.netns && found.link === s.name;
}

function isGuestAddress(s: FarSpec, found: AddressSpec): boolean {
  if (!isOn(s, found)) return false;
  return s.guestAddresses.some(allowed => {
    const range = parseCidr(allowed);
    return range === null ? parseIp(allowed)?.text === found.ip : contains(range, found.ip);
  });
}

function observe(netns: string, row: LinkRow): Observed<FarSpec> {
  const spec: FarSpec = { ...linkFields(netns, row), near: peerEnd(row), guestAddresses: [] };
  return { kind: 'far', ref: far.ref(spec), spec, owner: ownerOfLink(netns, row), ...formerly(row) };
}

/** Links of types that netloom does not make, and `lo`: known so that ties to them hold and their names are taken. */
import type { Kind, Observed, Owner } from './kind.ts';
import { deleteLink, formerly, isOurLink, isTap } from './link-fields.ts';
import { ifnameClaim, linkRef, tiesToNetns } from './refs.ts';
import type { LinkRow } from './rows.ts';

export interface OtherLinkSpec {
  readonly netns: string;
  readonly name: string;
}

export const otherLink: Kind<OtherLinkSpec> = {
  name: 'other-link',
  title: 'link',
  fields: { netns: 'key', name: 'key' },
  ref: s => linkRef(s.netns, s.name),
  ties: s => tiesToNetns(s.netns),
  claims: s => [ifnameClaim(s.netns, s.name)],
  parse: rows => rows.links.filter(isOther).map(row => observe(rows.netns, row)),
  create: s => {
    throw new Error(`bug: nothing makes the link ${s.name}`);
  },
  update: () => [],
  remove: deleteLink,
  impact: { make: 'no-traffic', delete: 'existing-flows', fields: {} },
};

const OWN_KINDS = new Set(['bridge', 'vxlan', 'veth']);

function isOther(row: LinkRow): boolean {
  return !OWN_KINDS.has(row.linkinfo?.info_kind ?? '') && !isTap(row);
}

function observe(netns: string, row: LinkRow): Observed<OtherLinkSpec> {
  const spec = { netns, name: row.ifname };
  return { kind: 'other-link', ref: otherLink.ref(spec), spec, owner: ownerOf(netns, row), ...formerly(row) };
}

// A type that we never make with our mark on it was made by hand in our name; hardware, whatever its group, was not.
function ownerOf(netns: string, row: LinkRow): Owner {
  if (row.flags.includes('LOOPBACK')) return 'common';
  return isOurLink(netns, row) ? 'ours' : 'foreign';
}

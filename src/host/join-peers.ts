/** Finds the other end of every veth: the kernel tells an index, and an id of a namespace, which only the reading namespace understands. */
import type { LinkRow } from '../kinds/rows.ts';
import type { RawLink } from './corrections.ts';

/** What is known of one namespace before the ends of veths are joined. */
export interface RawLinks {
  readonly netns: string;
  readonly links: readonly RawLink[];
  /** Name of each namespace that this one has an id for. */
  readonly names: ReadonlyMap<number, string>;
}

/**
 * Joins the ends of veths over everything that was read: `peer` is set where the other end was read too, and without a name
 * where it is in one of the namespaces that could not be read.
 */
export function joinPeers(all: readonly RawLinks[], unread: ReadonlySet<string> = new Set()): ReadonlyMap<string, readonly LinkRow[]> {
  const byIndex = new Map(all.map(one => [one.netns, new Map(one.links.map(link => [link.ifindex, link]))]));
  const back = reverse(all);
  return new Map(all.map(one => [one.netns, one.links.map(link => withPeer(one, link, byIndex, back) ?? withUnread(one, link, unread))]));
}

type Index = ReadonlyMap<string, ReadonlyMap<number, RawLink>>;

function withPeer(one: RawLinks, link: RawLink, byIndex: Index, back: ReadonlyMap<string, LinkRow['peer']>): LinkRow | undefined {
  if (link.linkinfo?.info_kind !== 'veth') return link;
  const peer = nearPeer(one, link) ?? farPeer(one, link, byIndex) ?? back.get(`${one.netns}#${link.ifindex}`);
  return peer === undefined ? undefined : { ...link, peer };
}

function withUnread(one: RawLinks, link: RawLink, unread: ReadonlySet<string>): LinkRow {
  const netns = link.link_netnsid === undefined ? undefined : one.names.get(link.link_netnsid);
  if (netns === undefined || link.link_index === undefined || !unread.has(netns)) return link;
  return { ...link, peer: { netns, ifindex: link.link_index } };
}

function nearPeer(one: RawLinks, link: RawLink): LinkRow['peer'] | undefined {
  if (link.link === undefined || link.link_netnsid !== undefined) return undefined;
  const other = one.links.find(({ ifname }) => ifname === link.link);
  return other === undefined ? undefined : endOf(one.netns, other);
}

function farPeer(one: RawLinks, link: RawLink, byIndex: Index): LinkRow['peer'] | undefined {
  const netns = link.link_netnsid === undefined ? undefined : one.names.get(link.link_netnsid);
  const other = netns === undefined || link.link_index === undefined ? undefined : byIndex.get(netns)?.get(link.link_index);
  return netns === undefined || other === undefined ? undefined : endOf(netns, other);
}

function endOf(netns: string, { ifname, ifindex, group }: RawLink): NonNullable<LinkRow['peer']> {
  return { netns, name: ifname, ifindex, group };
}

// The node's own namespace has no name below /run/netns, so ends inside others find their way back only from here.
function reverse(all: readonly RawLinks[]): ReadonlyMap<string, LinkRow['peer']> {
  const own = all.find(one => one.netns === '');
  const found = new Map<string, LinkRow['peer']>();
  for (const link of own?.links ?? []) {
    const netns = link.link_netnsid === undefined ? undefined : own?.names.get(link.link_netnsid);
    if (netns !== undefined && link.link_index !== undefined) found.set(`${netns}#${link.link_index}`, endOf('', link));
  }
  return found;
}

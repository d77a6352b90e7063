/** What links of every type have in common: the fields that can be set in place, and how a row tells whose it is. */
import type { Adopted, Fate, Impact, Observed, Owner } from './kind.ts';
import { isHome, isOurGroup, OURS } from './marks.ts';
import type { AddrGenMode, LinkSet, Op } from './op.ts';
import type { AddrRow, LinkRow, Rows } from './rows.ts';

/** Key and live fields of every link that we make. */
export interface LinkFields {
  /** '' is the node's own. */
  readonly netns: string;
  /** ifname. */
  readonly name: string;
  /** Lower case, colons. */
  readonly mac: string;
  readonly mtu: number;
  /** `netloom:Network default/demo`: provenance for people, compared but never trusted. */
  readonly alias?: string;
  /** Always OURS.group when wanted; a doomed link that is wanted again gets it back. */
  readonly group: number;
  /** Absent: not said, as it is born down. */
  readonly up?: boolean;
  /** Whether the kernel makes an IPv6 link-local address; to be said before `up`. */
  readonly addrgenmode?: AddrGenMode;
}

/** Fates of the common fields; all of them can be set on a link that is up. */
export const LINK_FATES = {
  netns: 'key',
  name: 'key',
  mac: 'live',
  mtu: 'live',
  alias: 'live',
  group: 'live',
  up: 'live',
  addrgenmode: 'live',
} as const satisfies { readonly [F in keyof LinkFields]-?: Fate };

/** By what a link is known to be ours, and what was done to it: never left to others. */
export const LINK_MARKS = ['group', 'alias'] as const;

/** How changes of the common fields meet packets; a link's MAC counts where somebody speaks to it. */
export const LINK_IMPACT = {
  mac: 'no-traffic',
  mtu: 'existing-flows',
  alias: 'no-traffic',
  group: 'no-traffic',
  up: 'existing-flows',
  addrgenmode: 'no-traffic',
} as const satisfies { readonly [F in keyof LinkFields]?: Impact };

/** A larger mtu takes all that a smaller one took; a link that comes up had no packets. */
export function linkTold(field: string, want: Partial<LinkFields>, have: Partial<LinkFields>): Impact | undefined {
  if (field === 'mtu' && want.mtu !== undefined && have.mtu !== undefined && want.mtu > have.mtu) return 'no-traffic';
  return field === 'up' && want.up === true ? 'no-traffic' : undefined;
}

const SETTABLE = ['mac', 'mtu', 'alias', 'group', 'addrgenmode'] as const;

/** Reads the common fields; a driver that does not know a field leaves it out. */
export function linkFields(netns: string, row: LinkRow): LinkFields {
  return {
    netns,
    name: row.ifname,
    mac: row.address ?? '',
    mtu: row.mtu,
    alias: row.ifalias ?? '',
    group: Number(row.group),
    up: row.flags.includes('UP'),
    ...(row.inet6_addr_gen_mode === undefined ? {} : { addrgenmode: row.inet6_addr_gen_mode as AddrGenMode }),
  };
}

/**
 * Says the common fields in `changed`, `up` in a line of its own and last: `addrgenmode none up` in one line still makes
 * a link-local address (seen with 6.18).
 */
export function setLink(want: LinkFields, changed: readonly string[]): readonly Op[] {
  const at = { op: 'link-set', netns: want.netns, name: want.name } as const;
  const set: Record<string, unknown> = {};
  for (const field of SETTABLE) if (changed.includes(field) && want[field] !== undefined) set[field] = want[field];
  const ops: Op[] = Object.keys(set).length > 0 ? [{ ...at, set: set as LinkSet }] : [];
  return changed.includes('up') && want.up !== undefined ? [...ops, { ...at, set: { up: want.up } }] : ops;
}

/** The fields to say: those that differ, or, said again after a disturbance, all of them. */
export function said<S extends object>(changed: readonly (keyof S & string)[], fates: { readonly [F in keyof S]-?: Fate }): readonly string[] {
  if (changed.length > 0) return changed;
  return Object.entries(fates).flatMap(([field, fate]) => (fate === 'live' ? [field] : []));
}

/** The link goes. */
export function deleteLink(have: { readonly netns: string; readonly name: string }): readonly Op[] {
  return [{ op: 'link-del', netns: have.netns, name: have.name }];
}

/**
 * Ours by group; a tap under its staging name too, since it is born without one. The far end of a veth is ours when its
 * near end is: whoever is root in a guest's namespace can change the mark there, and could set it on what is not ours. For
 * the same reason nothing else in a guest's namespace is ours, whatever its mark. What is taken over is ours, about to be marked.
 */
export function isOurLink(netns: string, row: LinkRow): boolean {
  if (row.adopted !== undefined) return true;
  if (!isHome(netns)) return isFarEnd(netns, row) && row.peer !== undefined && isHome(row.peer.netns) && isOurGroup(row.peer.group);
  if (isFarEnd(netns, row) && row.peer?.group !== undefined) return isOurGroup(row.peer.group);
  if (isOurGroup(row.group)) return row.linkinfo?.info_kind !== undefined;
  return isTap(row) && row.ifname.startsWith(OURS.staging);
}

/** Which definition a link was made for, by its alias (only told of, never trusted), and what is known of it being taken over. */
export function formerly({ ifalias, adopted, kept }: LinkRow): Pick<Observed, 'formerly' | 'adopted' | 'kept'> {
  // An announcement notes its address and target behind it.
  const made = ifalias?.startsWith('netloom:') ? { formerly: ifalias.slice('netloom:'.length).replace(/ \S+ ->.*$/, '') } : {};
  return { ...made, ...(adopted === undefined ? {} : { adopted }), ...(kept === undefined ? {} : { kept }) };
}

/** Group, alias and name. */
export const ADOPT_LINK = {
  fields: LINK_MARKS,
  ops: (want: LinkFields, as: Adopted): readonly Op[] => {
    const { netns, name, group, alias } = want;
    const set = { group, ...(as.name === name ? {} : { name }), ...(alias === undefined ? {} : { alias }) };
    return [{ op: 'link-set', netns, name: as.name, set }];
  },
};

/** `ours` or `foreign`. */
export function ownerOfLink(netns: string, row: LinkRow): Owner {
  return isOurLink(netns, row) ? 'ours' : 'foreign';
}

/**
 * Which end of a veth pair did not make it: the one outside the node's own namespace; with both ends there, the one with the
 * lower index, since `ip link add A type veth peer B` registers B first.
 */
export function isFarEnd(netns: string, row: LinkRow): boolean {
  if (row.linkinfo?.info_kind !== 'veth') return false;
  if (netns !== '') return true;
  return row.peer !== undefined && row.peer.netns === '' && row.ifindex < row.peer.ifindex;
}

/** The links of a type, with the answer to whose they are. */
export function linksOfType(rows: Rows, type: string): readonly LinkRow[] {
  return rows.links.filter(row => row.linkinfo?.info_kind === type);
}

/** True for tun devices that carry Ethernet frames. */
export function isTap(row: LinkRow): boolean {
  return row.linkinfo?.info_kind === 'tun' && row.linkinfo.info_data?.type === 'tap';
}

/** An address that somebody gave the link, and not the kernel by itself. */
export function ownAddress({ addr_info }: LinkRow): AddrRow | undefined {
  return addr_info.find(({ scope, local }) => scope !== 'link' && !local.startsWith('fe80:'));
}

/** Names of the links of ours in a namespace, for kinds that belong to links; in a guest's namespace the far ends of our veths. */
export function ourLinkNames(rows: Rows): ReadonlySet<string> {
  return new Set(rows.links.filter(row => isOurLink(rows.netns, row)).map(row => row.ifname));
}

/**
 * Taking over links that somebody else made, where a definition permits it: which of them are what the definition speaks of. Said of
 * rows, before anything is made of them: what hangs on a link (ports, entries) is whose the link is. Its one law: in doubt it stays foreign.
 */
import { isMulticast } from '../model/ip.ts';
import type { Resource } from './kind.ts';
import { isOurLink } from './link-fields.ts';
import { linkRef } from './refs.ts';
import type { LinkRow, Rows } from './rows.ts';

/** A network that may be taken over on this node. */
export interface NetworkAdoption {
  readonly vni: number;
  /** UDP port of the cluster. */
  readonly port: number;
  /** ifnames that it is to have. */
  readonly vxlan: string;
  readonly bridge: string;
  /** Underlay addresses of the other members. */
  readonly peers: readonly string[];
  /** ifnames of ports that definitions speak of, and MACs by which ports without a defined name are recognised. */
  readonly ports: readonly string[];
  readonly portMacs: readonly string[];
}

/** A tap that may be taken over: by its name, in the bridge of its network. */
export interface TapAdoption {
  readonly tap: string;
  readonly bridge: string;
}

export interface Adoptions {
  readonly networks: readonly NetworkAdoption[];
  readonly taps: readonly TapAdoption[];
}

/** Those of which all is wanted, as what it is: what nobody wants is never taken over, or it would be deleted as ours. Undefined for none. */
export function onlyWanted({ networks, taps }: Adoptions, want: readonly Resource[]): Adoptions | undefined {
  if (networks.length + taps.length === 0) return undefined;
  const kinds = new Map<string, string>(want.map(({ ref, kind }) => [ref, kind]));
  const isWanted = (name: string, kind: string): boolean => kinds.get(linkRef('', name)) === kind;
  return {
    networks: networks.filter(({ vxlan, bridge }) => isWanted(vxlan, 'vxlan') && isWanted(bridge, 'bridge')),
    taps: taps.filter(({ tap }) => isWanted(tap, 'tap')),
  };
}

/** What becomes of a row: the name that it is to have, and, where it stays foreign, why. */
interface Verdict {
  readonly to: string;
  readonly kept?: string;
}

/** The rows of the node's own namespace in which names of links occur. */
type Named = Pick<Rows, 'fdb' | 'neighs' | 'proxies' | 'routes' | 'rules'> & { readonly links: readonly LinkRow[] };

/**
 * The rows of the node's own namespace with what is taken over marked `adopted`, under the name that it is to have; `kept` says why
 * something that was meant is left alone, under its own name and the one that it was to have. The same value where there is nothing to take over.
 */
export function adopting<R extends Named>(rows: R, adoptions: Adoptions | undefined): R {
  if (adoptions === undefined) return rows;
  const { networks, taps } = adoptions;
  const verdicts = new Map<string, Verdict>();
  for (const each of networks) for (const [name, verdict] of judgeNetwork(rows, each)) verdicts.set(name, verdict);
  const viewed = verdicts.size === 0 ? rows : renamed(rows, verdicts);
  const more = new Map(taps.flatMap(each => judgeTap(viewed.links, each)));
  return more.size === 0 ? viewed : { ...viewed, links: viewed.links.map(link => marked(link, more.get(link.ifname))) };
}

function judgeNetwork(rows: Named, network: NetworkAdoption): readonly (readonly [string, Verdict])[] {
  const { links } = rows;
  const vxlan = vxlanOf(links, network);
  const bridge = links.find(({ ifname }) => ifname === (vxlan?.master ?? network.bridge));
  const found = [
    { link: vxlan, to: network.vxlan, wrong: (link: LinkRow) => wrongVxlan(rows, link, network) },
    { link: bridge, to: network.bridge, wrong: (link: LinkRow) => wrongBridge(links, link, network, vxlan) },
  ];
  const open = found.flatMap(({ link, to, wrong }) =>
    link === undefined || isOurLink('', link) ? [] : [{ link, to, why: wrong(link) ?? taken(links, link, to) }],
  );
  // One without the other would be a network that is half ours.
  const why = open.find(each => each.why !== undefined)?.why;
  return open.map(({ link, to }) => [link.ifname, why === undefined ? { to } : { to, kept: why }] as const);
}

/** That of the vxid: with the cluster's port, else with our name, else the only one. Else what has our name, whatever it is. */
function vxlanOf(links: readonly LinkRow[], { vni, port, vxlan }: NetworkAdoption): LinkRow | undefined {
  const all = links.filter(link => isVxlan(link) && Number(link.linkinfo?.info_data?.['id']) === vni);
  const known = all.find(link => Number(link.linkinfo?.info_data?.['port']) === port) ?? all.find(({ ifname }) => ifname === vxlan);
  return known ?? (all.length === 1 ? all[0] : links.find(({ ifname }) => ifname === vxlan));
}

function wrongVxlan({ fdb }: Named, link: LinkRow, { vni, port, vxlan, peers }: NetworkAdoption): string | undefined {
  const { ifname, linkinfo } = link;
  const data = linkinfo?.info_data ?? {};
  if (!isVxlan(link)) return `${ifname} is of the type ${linkinfo?.info_kind ?? 'none'} and not vxlan`;
  if (Number(data['id']) !== vni) return `${ifname} has the vxid ${data['id']} and not ${vni}`;
  if (Number(data['port']) !== port && ifname !== vxlan) {
    return `${ifname} uses the UDP port ${data['port']} and the cluster ${port}: say the port in Cluster.spec.underlay.port, on which all nodes have to agree`;
  }
  const stranger = fdb.find(({ ifname: on, dst }) => on === ifname && dst !== undefined && !isMulticast(dst) && !peers.includes(dst))?.dst;
  return stranger === undefined
    ? undefined
    : `${ifname} sends to ${stranger}, where no definition has a member of the network: run netloom adopt there too, or take that entry out`;
}

function wrongBridge(links: readonly LinkRow[], link: LinkRow, { ports, portMacs }: NetworkAdoption, vxlan: LinkRow | undefined): string | undefined {
  const { ifname, linkinfo, addr_info } = link;
  if (linkinfo?.info_kind !== 'bridge') return `${ifname} is of the type ${linkinfo?.info_kind ?? 'none'} and not bridge`;
  const own = addr_info.find(({ scope, local }) => scope !== 'link' && !local.startsWith('fe80:'));
  if (own !== undefined) {
    return `${ifname} carries ${own.local}/${own.prefixlen}, an address of the node itself, which is no party on a tenant's network: take it away, or give it to the node by an Interface with attach.host`;
  }
  const other = links.find(each => {
    if (each.master !== ifname || each.ifname === vxlan?.ifname || isOurLink('', each)) return false;
    return !ports.includes(each.ifname) && !portMacs.includes(each.address ?? '');
  });
  return other === undefined ? undefined : `${other.ifname} is in ${ifname}, and no Interface of this node speaks of it: it would be cut off`;
}

function taken(links: readonly LinkRow[], { ifname }: LinkRow, to: string): string | undefined {
  return ifname !== to && links.some(link => link.ifname === to) ? `${ifname} is to be named ${to}, and that name is taken` : undefined;
}

function judgeTap(links: readonly LinkRow[], { tap, bridge }: TapAdoption): readonly (readonly [string, Verdict])[] {
  const link = links.find(({ ifname }) => ifname === tap);
  if (link === undefined || isOurLink('', link)) return [];
  const why = wrongTap(links, link, bridge);
  return [[tap, why === undefined ? { to: tap } : { to: tap, kept: why }]];
}

function wrongTap(links: readonly LinkRow[], { ifname, linkinfo, master }: LinkRow, bridge: string): string | undefined {
  if (linkinfo?.info_kind !== 'tun' || linkinfo.info_data?.['type'] !== 'tap') return `${ifname} is of the type ${linkinfo?.info_kind ?? 'none'} and no tap`;
  if (master !== bridge) return `${ifname} is in ${master ?? 'no bridge'} and not in ${bridge}`;
  const host = links.find(link => link.ifname === bridge);
  return host !== undefined && isOurLink('', host) ? undefined : `${bridge}, which it is in, is not ours`;
}

function renamed<R extends Named>(rows: R, verdicts: ReadonlyMap<string, Verdict>): R {
  const now = <T extends string | undefined>(name: T): T => {
    const verdict = name === undefined ? undefined : verdicts.get(name);
    return (verdict === undefined || verdict.kept !== undefined ? name : verdict.to) as T;
  };
  const dev = <T extends { readonly dev?: string }>(row: T): T => (row.dev === undefined ? row : { ...row, dev: now(row.dev) });
  const links = rows.links.map(link => {
    const there = marked(link, verdicts.get(link.ifname));
    return there.master === undefined ? there : { ...there, master: now(there.master) };
  });
  return {
    ...rows,
    links: [...links, ...stoppers(links, verdicts)],
    fdb: rows.fdb.map(row => ({ ...row, ifname: now(row.ifname), ...(row.master === undefined ? {} : { master: now(row.master) }) })),
    neighs: rows.neighs.map(dev),
    proxies: rows.proxies.map(dev),
    routes: rows.routes.map(dev),
    rules: rows.rules.map(row => (row.iif === undefined ? row : { ...row, iif: now(row.iif) })),
  };
}

/** What is left alone under another name keeps that, and stands under the name that it was to have too: nothing is made beside it. */
function stoppers(links: readonly LinkRow[], verdicts: ReadonlyMap<string, Verdict>): readonly LinkRow[] {
  return [...verdicts].flatMap(([name, { to, kept }]) => {
    const link = links.find(({ ifname }) => ifname === name);
    if (kept === undefined || link === undefined || to === name || links.some(({ ifname }) => ifname === to)) return [];
    const { master, ...rest } = link;
    return [{ ...rest, ifname: to, ...(master === undefined ? {} : { master: verdicts.get(master)?.to ?? master }) }];
  });
}

function marked(link: LinkRow, verdict: Verdict | undefined): LinkRow {
  if (verdict === undefined) return link;
  const { to, kept } = verdict;
  return kept === undefined ? { ...link, ifname: to, adopted: { name: link.ifname, group: link.group } } : { ...link, kept };
}

function isVxlan({ linkinfo }: LinkRow): boolean {
  return linkinfo?.info_kind === 'vxlan';
}

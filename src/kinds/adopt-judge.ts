/** Whether links of somebody else are what a definition means, and nobody else's: a reason against it, or none. */
import { isMulticast } from '../model/ip.ts';
import type { NetworkAdoption, TapAdoption } from './adopt.ts';
import { KINDS } from './index.ts';
import type { Resource } from './kind.ts';
import { isOurLink, isTap, ownAddress } from './link-fields.ts';
import type { LinkIndex } from './link-index.ts';
import { linkRef } from './refs.ts';
import type { LinkRow, Rows } from './rows.ts';

/** What becomes of a row: the name that it is to have, and, where it stays foreign, why. */
export interface Verdict {
  readonly to: string;
  readonly kept?: string;
}

type Verdicts = readonly (readonly [ifname: string, verdict: Verdict])[];
type Want = ReadonlyMap<string, Resource> | undefined;

export function judgeNetwork(index: LinkIndex, network: NetworkAdoption, want: Want): Verdicts {
  const vxlan = vxlanOf(index, network);
  const bridge = index.named(vxlan?.master ?? network.bridge);
  const found = [
    { link: vxlan, to: network.vxlan, wrong: (link: LinkRow) => wrongVxlan(index, link, network) },
    { link: bridge, to: network.bridge, wrong: (link: LinkRow) => wrongBridge(index, link, network, vxlan) },
  ];
  const open = found.flatMap(({ link, to, wrong }) =>
    link === undefined || isOurLink('', link)
      ? []
      : [{ link, to, why: wrong(link) ?? othersUse(index, link) ?? taken(index, link, to) ?? unlike(link, want?.get(linkRef('', to))) }],
  );
  // One without the other would be a network that is half ours.
  const why = open.find(each => each.why !== undefined)?.why;
  return open.map(({ link, to }) => [link.ifname, why === undefined ? { to } : { to, kept: why }] as const);
}

/** That of the vxid: with the cluster's port, else with our name, else the only one. Else what has our name, whatever it is. */
function vxlanOf({ vxlans, named }: LinkIndex, { vni, port, vxlan }: NetworkAdoption): LinkRow | undefined {
  const all = vxlans(vni);
  const known = all.find(link => Number(link.linkinfo?.info_data?.['port']) === port) ?? all.find(({ ifname }) => ifname === vxlan);
  return known ?? (all.length === 1 ? all[0] : named(vxlan));
}

function wrongVxlan({ entries }: LinkIndex, { ifname, linkinfo }: LinkRow, { vni, port, vxlan, peers }: NetworkAdoption): string | undefined {
  const data = linkinfo?.info_data ?? {};
  if (linkinfo?.info_kind !== 'vxlan') return `${ifname} is of the type ${linkinfo?.info_kind ?? 'none'} and not vxlan`;
  if (Number(data['id']) !== vni) return `${ifname} has the vxid ${data['id']} and not ${vni}`;
  if (Number(data['port']) !== port && ifname !== vxlan) {
    return `${ifname} uses the UDP port ${data['port']} and the cluster ${port}: say the port in Cluster.spec.underlay.port, on which all nodes have to agree`;
  }
  // Told by the peers too, since before anything is wanted filters are made for what is taken over.
  const local = data['local'] ?? data['local6'];
  const [peer] = peers;
  if (local !== undefined && peer !== undefined && String(local).includes(':') !== peer.includes(':')) {
    return `${ifname} sends from ${local} and would have to be made anew, which cuts: ${peer}, a member of the network, is of the other family`;
  }
  const stranger = entries(ifname).find(({ dst }) => dst !== undefined && !isMulticast(dst) && !peers.includes(dst))?.dst;
  return stranger === undefined
    ? undefined
    : `${ifname} sends to ${stranger}, where no definition has a member of the network: run netloom adopt there too, or take that entry out`;
}

function wrongBridge(index: LinkIndex, { ifname, linkinfo }: LinkRow, { ports, portMacs }: NetworkAdoption, vxlan: LinkRow | undefined): string | undefined {
  if (linkinfo?.info_kind !== 'bridge') return `${ifname} is of the type ${linkinfo?.info_kind ?? 'none'} and not bridge`;
  const other = index.ports(ifname).find(each => {
    if (each.ifname === vxlan?.ifname || isOurLink('', each)) return false;
    return !ports.includes(each.ifname) && !portMacs.includes(each.address ?? '');
  });
  return other === undefined ? undefined : `${other.ifname} is in ${ifname}, and no Interface of this node speaks of it: it would be cut off`;
}

/** What the node itself, or somebody on a device above it, has there. */
export function othersUse({ uppers }: LinkIndex, link: LinkRow): string | undefined {
  const { ifname } = link;
  const own = ownAddress(link);
  if (own !== undefined) {
    return `${ifname} carries ${own.local}/${own.prefixlen}, an address of the node itself, which is no party on a tenant's network: take it away, or give it to the node by an Interface with attach.host`;
  }
  const upper = uppers(ifname).find(each => !isOurLink('', each));
  return upper === undefined ? undefined : `${upper.ifname} stands on ${ifname}, and no definition speaks of it: it would be cut off`;
}

function taken({ named }: LinkIndex, { ifname }: LinkRow, to: string): string | undefined {
  return ifname !== to && named(to) !== undefined ? `${ifname} is to be named ${to}, and that name is taken` : undefined;
}

export function judgeTap(index: LinkIndex, { tap, bridge }: TapAdoption, want: Want): Verdicts {
  const link = index.named(tap);
  if (link === undefined || isOurLink('', link)) return [];
  const why = wrongTap(index, link, bridge) ?? othersUse(index, link) ?? unlike(link, want?.get(linkRef('', tap)));
  return [[tap, why === undefined ? { to: tap } : { to: tap, kept: why }]];
}

function wrongTap({ named }: LinkIndex, link: LinkRow, bridge: string): string | undefined {
  const { ifname, linkinfo, master, ownerUnanswered } = link;
  if (!isTap(link)) return `${ifname} is of the type ${linkinfo?.info_kind ?? 'none'} and no tap`;
  if (master !== bridge) return `${ifname} is in ${master ?? 'no bridge'} and not in ${bridge}`;
  const host = named(bridge);
  if (host === undefined || !isOurLink('', host)) return `${bridge}, which it is in, is not ours`;
  return ownerUnanswered ? `nobody answers which user owns ${ifname}` : undefined;
}

/** What differs and cannot be changed: once it is ours it would be made anew, and what hangs on it cut off. */
function unlike(link: LinkRow, want: Resource | undefined): string | undefined {
  const kind = want === undefined ? undefined : KINDS.get(want.kind);
  const have = kind?.parse({ ...NO_ROWS, links: [link] })[0];
  if (want === undefined || kind === undefined || have === undefined) return undefined;
  const said = want.spec as Readonly<Record<string, unknown>>;
  const read = have.spec as Readonly<Record<string, unknown>>;
  const field = Object.keys(kind.fields).find(
    each => kind.fields[each] === 'fixed' && each !== REPLACED && have.unknown?.includes(each) !== true && said[each] !== read[each],
  );
  if (field === undefined) return undefined;
  const is = said[field] === undefined ? 'what the definition says is not known now' : `the definition says ${said[field] ?? 'none'}`;
  return `${link.ifname} would have to be made anew, which cuts: its ${field} is ${read[field] ?? 'none'}, ${is}; let the definition say what it has`;
}

/** The UDP port of a device that has our name: docs/adopt.md says that such a one is made anew. */
const REPLACED = 'port';

const NO_ROWS: Rows = {
  ...{ netns: '', namespaces: [], links: [], routes: [], neighs: [], proxies: [] },
  ...{ rules: [], fdb: [], tables: [], files: [], services: [], sysctls: {} },
};

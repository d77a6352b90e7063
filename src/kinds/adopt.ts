/**
 * Taking over links that somebody else made, where a definition permits it: which of them are what the definition speaks of. Said of
 * rows, before anything is made of them: what hangs on a link (ports, entries) is whose the link is. Its one law: in doubt it stays foreign.
 */
import { judgeNetwork, judgeTap, type Verdict } from './adopt-judge.ts';
import type { Resource } from './kind.ts';
import { indexOf } from './link-index.ts';
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
  /** What is wanted, by ref, once that is known: what is not made as that says is not taken over. */
  readonly want?: ReadonlyMap<string, Resource>;
}

/** Those of which all is wanted, as what it is: what nobody wants is never taken over, or it would be deleted as ours. Undefined for none. */
export function onlyWanted({ networks, taps }: Adoptions, want: readonly Resource[]): Adoptions | undefined {
  if (networks.length + taps.length === 0) return undefined;
  const wanted = new Map<string, Resource>(want.map(each => [each.ref, each]));
  const isWanted = (name: string, kind: string): boolean => wanted.get(linkRef('', name))?.kind === kind;
  return {
    networks: networks.filter(({ vxlan, bridge }) => isWanted(vxlan, 'vxlan') && isWanted(bridge, 'bridge')),
    taps: taps.filter(({ tap }) => isWanted(tap, 'tap')),
    want: wanted,
  };
}

/** The rows of the node's own namespace in which names of links occur. */
type Named = Pick<Rows, 'fdb' | 'neighs' | 'proxies' | 'routes' | 'rules'> & { readonly links: readonly LinkRow[] };

/**
 * The rows of the node's own namespace with what is taken over marked `adopted`, under the name that it is to have; `kept` says why
 * something that was meant is left alone, under its own name and the one that it was to have. The same value where there is nothing to take over.
 */
export function adopting<R extends Named>(rows: R, adoptions: Adoptions | undefined): R {
  if (adoptions === undefined) return rows;
  const { networks, taps, want } = adoptions;
  const index = indexOf(rows);
  const verdicts = new Map<string, Verdict>(networks.flatMap(each => judgeNetwork(index, each, want)));
  const viewed = verdicts.size === 0 ? rows : renamed(rows, verdicts);
  const links = viewed === rows ? index : indexOf(viewed);
  const more = new Map(taps.flatMap(each => judgeTap(links, each, want)));
  return more.size === 0 ? viewed : { ...viewed, links: viewed.links.map(link => marked(link, more.get(link.ifname))) };
}

function renamed<R extends Named>(rows: R, verdicts: ReadonlyMap<string, Verdict>): R {
  const now = <T extends string | undefined>(name: T): T => {
    const verdict = name === undefined ? undefined : verdicts.get(name);
    return (verdict === undefined || verdict.kept !== undefined ? name : verdict.to) as T;
  };
  const dev = <T extends { readonly dev?: string }>(row: T): T => (row.dev === undefined ? row : { ...row, dev: now(row.dev) });
  const links = rows.links.map(link => {
    const there = marked(link, verdicts.get(link.ifname));
    return {
      ...there,
      ...(there.master === undefined ? {} : { master: now(there.master) }),
      ...(there.link === undefined ? {} : { link: now(there.link) }),
    };
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

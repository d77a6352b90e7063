/** Looks at the node before anything is compiled: the few facts that definitions meet there. */
import { existsSync } from 'node:fs';
import { isOurGroup, OURS } from '../kinds/marks.ts';
import type { LinkRow, RouteRow } from '../kinds/rows.ts';
import type { EgressFacts, Facts } from '../model/facts.ts';
import { hasProgram } from './exec.ts';
import { missingFeatures } from './features.ts';
import { forwardDrops } from './firewall.ts';
import { type OwnReading, readOwn } from './read.ts';
import { usersOf } from './users.ts';

export interface LookArgs {
  /** The node's declared underlay address, without prefix length. */
  readonly underlayAddress: string;
  /** User names that definitions name as owners of taps. */
  readonly users: readonly string[];
  /** Network cards and bridges by which pools leave the node. */
  readonly egress?: readonly string[];
  /** Where the answer of the feature probe is kept until the next boot; without it the probe runs each time. */
  readonly runtimeFolder?: string;
  /** The node's own namespace, where it was read already. */
  readonly own?: OwnReading;
}

/** Facts about this node, from its own namespace. Changes nothing there. Throws HostError. */
export async function look(args: LookArgs): Promise<Facts> {
  const leaves = (args.egress ?? []).length > 0;
  const [{ links, routes }, { uids, unanswered }, missing, drops] = await Promise.all([
    args.own ?? readOwn(),
    usersOf(args.users),
    missingFeatures(args.runtimeFolder),
    leaves ? forwardDrops() : [],
  ]);
  const ways = defaultRoutes(routes);
  return {
    underlay: underlayOf(links, args.underlayAddress),
    bridgeNetfilter: existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables'),
    ports: links.flatMap(portOf),
    users: Object.fromEntries(args.users.map(name => [name, uids.get(name) ?? null])),
    ...(unanswered.size === 0 ? {} : { unanswered: [...unanswered].sort() }),
    egress: Object.fromEntries(links.flatMap(link => (args.egress?.includes(link.ifname) ? [[link.ifname, egressOf(link, ways)]] : []))),
    ...(ways[0]?.dev === undefined ? {} : { defaultDevice: ways[0].dev }),
    ...(args.runtimeFolder === undefined ? {} : { runtimeFolder: args.runtimeFolder }),
    programs: { dnsmasq: hasProgram('dnsmasq'), conntrack: hasProgram('conntrack') },
    ...(leaves ? { forwardDrops: drops } : {}),
    devices: links.filter(link => !isOurs(link)).map(link => link.ifname),
    missing,
  };
}

function underlayOf(links: readonly LinkRow[], address: string): Facts['underlay'] {
  const link = links.find(({ addr_info }) => addr_info.some(({ local }) => local === address));
  return link === undefined ? null : { device: link.ifname, mtu: link.mtu, up: link.flags.includes('UP') && link.flags.includes('LOWER_UP') };
}

/** The IPv4 default routes of the node's main table that are not ours, the best first. */
function defaultRoutes(routes: readonly RouteRow[]): readonly RouteRow[] {
  const found = routes.filter(
    ({ family, dst, table, protocol }) => family === 'inet' && dst === 'default' && table === '254' && protocol !== String(OURS.proto),
  );
  return [...found].sort((a, b) => (a.metric ?? 0) - (b.metric ?? 0));
}

function egressOf(link: LinkRow, ways: readonly RouteRow[]): EgressFacts {
  const addresses = link.addr_info.map(found => found.local).filter(ip => !ip.startsWith('fe80:'));
  const own = ways.find(({ dev }) => dev === link.ifname);
  return {
    mtu: link.mtu,
    up: link.flags.includes('UP') && link.flags.includes('LOWER_UP'),
    addresses,
    ...(own === undefined ? {} : { gateway: own.gateway ?? '' }),
    ...(link.master === undefined ? {} : { master: link.master }),
  };
}

function portOf(link: LinkRow): Facts['ports'] {
  if (!link.master?.startsWith('br-vxlan-')) return [];
  return [{ bridge: link.master, ifname: link.ifname, mac: link.address ?? '', ours: isOurs(link) }];
}

function isOurs(link: LinkRow): boolean {
  return link.adopted !== undefined || isOurGroup(link.group) || link.ifname.startsWith(OURS.staging);
}

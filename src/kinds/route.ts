/**
 * Routes of any table, IPv4 and IPv6. Ours by protocol, in a guest's namespace only over ends of our veths; added, never
 * replaced, so that a foreign one is not taken over.
 */
import { canonicalIp, parseCidr } from '../model/ip.ts';
import type { Kind, Observed, Owner, Tie } from './kind.ts';
import { ourLinkNames } from './link-fields.ts';
import { isHome, OURS } from './marks.ts';
import type { Op } from './op.ts';
import { addressesRef, firstOfEach, isLinkLocal, linkRef, tiesToNetns } from './refs.ts';
import type { RouteRow, Rows } from './rows.ts';

export interface RouteSpec {
  readonly netns: string;
  /** `default` (IPv4), `::/0` (IPv6), or a prefix with its length: `10.0.0.0/24`, `192.0.2.20/32`. */
  readonly dst: string;
  /** Digits; main is `254`. */
  readonly table: string;
  /** Absent: what the kernel takes by itself (0, for IPv6 1024). */
  readonly metric?: number;
  /** The next hop; absent: the destination is on the link. */
  readonly via?: string;
  /** ifname. */
  readonly link?: string;
}

export const route: Kind<RouteSpec> = {
  name: 'route',
  title: 'route',
  fields: { netns: 'key', dst: 'key', table: 'key', metric: 'key', via: 'fixed', link: 'fixed' },
  ref: s => `route:${s.netns}/${s.table}/${s.dst}${s.metric === undefined ? '' : `/${s.metric}`}`,
  ties,
  claims: () => [],
  parse: rows => {
    const isOurs = whoseRoutes(rows);
    return firstOfEach(rows.routes.filter(isSomebodys).map(row => observe(rows.netns, row, isOurs(row) ? 'ours' : 'foreign')));
  },
  carries: () => false,
  create: s => [act('route-add', s)],
  update: () => [],
  remove: s => [act('route-del', s)],
  impact: { make: 'no-traffic', delete: 'existing-flows', fields: {} },
};

// The kernel takes routes along with their link, and those of a link that loses its last address.
function ties(s: RouteSpec): readonly Tie[] {
  if (s.link === undefined) return tiesToNetns(s.netns);
  const link: Tie = { to: linkRef(s.netns, s.link), when: 'goes' };
  return s.via === undefined || isLinkLocal(s.via) ? [link] : [link, { to: addressesRef(s.netns, s.link, s.via), when: 'first' }];
}

function act(op: 'route-add' | 'route-del', s: RouteSpec): Op {
  const { netns, dst, table } = s;
  return {
    op,
    netns,
    dst,
    table,
    ...(s.via === undefined ? {} : { via: s.via }),
    ...(s.link === undefined ? {} : { link: s.link }),
    ...(s.metric === undefined ? {} : { metric: s.metric }),
    proto: OURS.proto,
  };
}

// A route of several next hops names no link: netloom makes none.
function whoseRoutes(rows: Rows): (row: RouteRow) => boolean {
  const isMarked = (row: RouteRow) => row.protocol === String(OURS.proto);
  if (isHome(rows.netns)) return isMarked;
  const ends = ourLinkNames(rows);
  return row => isMarked(row) && row.dev !== undefined && ends.has(row.dev);
}

function observe(netns: string, row: RouteRow, owner: Owner): Observed<RouteSpec> {
  const v6 = isIpv6(row);
  const usual = v6 ? 1024 : 0;
  const metric = row.metric ?? 0;
  const spec: RouteSpec = {
    netns,
    dst: destination(row.dst, v6),
    table: row.table,
    ...(metric === usual ? {} : { metric }),
    ...(row.gateway === undefined ? {} : { via: canonicalIp(row.gateway) ?? row.gateway }),
    ...(row.dev === undefined ? {} : { link: row.dev }),
  };
  return { kind: 'route', ref: route.ref(spec), spec, owner };
}

// The kernel's own are left out: local, broadcast, anycast, multicast. Blackholes and the like take their destination too.
const KERNEL_TYPES = new Set(['2', '3', '4', '5', 'local', 'broadcast', 'anycast', 'multicast']);

function isSomebodys(row: RouteRow): boolean {
  return row.type === undefined || !KERNEL_TYPES.has(row.type);
}

// One dump of all tables carries both families, and `default` says neither.
function isIpv6(row: RouteRow): boolean {
  return row.family === 'inet6' || row.dst.includes(':') || (row.gateway?.includes(':') ?? false);
}

function destination(dst: string, v6: boolean): string {
  if (dst === 'default') return v6 ? '::/0' : 'default';
  return parseCidr(dst.includes('/') ? dst : `${dst}/${v6 ? 128 : 32}`)?.text ?? dst;
}

/** Routes and rules, as `ip -N -j -d route show table all` and `ip -N -j rule show` print them (iproute2 6.1). */
import type { RouteRow, RuleRow } from '../../kinds/rows.ts';
import { ip, ipOf } from './addresses.ts';
import type { Channel } from './channel.ts';
import { AF_INET, familyOf, given } from './links.ts';
import { type Attributes, attributesOf, has, raw, readU32, text, typesOf, u8, u32 } from './message.ts';

/** Name of the link with an index. Throws HostError `interrupted` for one that came after the links were read. */
export type NameOf = (ifindex: number) => string;

const RTM_GETROUTE = 26;
const RTM_GETRULE = 34;
const RTA = { dst: 1, oif: 4, gateway: 5, priority: 6, table: 15 } as const;

/** Protocols of routes that the kernel makes: by itself, and from router advertisements. */
const KERNEL_MADE: ReadonlySet<number | undefined> = new Set([2, 9]);
/** Copies of a route that a destination was looked up with. */
const RTM_F_CLONED = 0x200;

/** Routes of all tables and both families, without what the kernel made. */
export function readRoutes(channel: Channel, nameOf: NameOf): readonly RouteRow[] {
  return channel.dump('routes', { type: RTM_GETROUTE, fixed: Buffer.alloc(12) }, (bytes, from, to) => routeOf(bytes, from, to, nameOf));
}

// struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags.
function routeOf(bytes: Buffer, from: number, to: number, nameOf: NameOf): RouteRow | null {
  const family = familyOf(bytes, from);
  if (family === undefined || KERNEL_MADE.has(bytes[from + 5]) || (readU32(bytes, from + 8) & RTM_F_CLONED) !== 0) return null;
  const attributes = attributesOf(bytes, from + 12, to);
  const link = u32(attributes, RTA.oif);
  return {
    family,
    dst: prefixOf(ip(attributes, RTA.dst), bytes[from + 1] as number, family === 'inet' ? 32 : 128),
    ...given('gateway', ip(attributes, RTA.gateway)),
    ...(link === undefined ? {} : { dev: nameOf(link) }),
    protocol: String(bytes[from + 5]),
    table: String(u32(attributes, RTA.table) ?? bytes[from + 4]),
    ...given('metric', u32(attributes, RTA.priority)),
    scope: String(bytes[from + 6]),
    type: String(bytes[from + 7]),
  };
}

function prefixOf(address: string | undefined, length: number, whole: number): string {
  if (address === undefined) return length === 0 ? 'default' : `0/${length}`;
  return length === whole ? address : `${address}/${length}`;
}

const FRA = {
  dst: 1,
  src: 2,
  iifname: 3,
  priority: 6,
  fwmark: 10,
  suppressIfgroup: 13,
  suppressPrefixlen: 14,
  table: 15,
  fwmask: 16,
  oifname: 17,
  protocol: 21,
};
const FIB_RULE_INVERT = 0x2;
/** The rule names a link that is not there. */
const DETACHED = { iif: 0x8, oif: 0x10 } as const;
const TO_TABLE = 1;
const FOUND_BY_NAME: ReadonlySet<number> = new Set([...Object.values(FRA), 18]);
const NONE = 0xffffffff;

/** Rules of IPv4. What a rule asks for beside the named fields shows as the field `more`, with the numbers of its attributes. */
export function readRules(channel: Channel): readonly RuleRow[] {
  return channel.dump('rules', { type: RTM_GETRULE, fixed: Buffer.from([AF_INET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) }, ruleOf);
}

// struct fib_rule_hdr: family, dst_len, src_len, tos, table, two reserved, action, flags.
function ruleOf(bytes: Buffer, from: number, to: number): RuleRow | null {
  if (bytes[from] !== AF_INET) return null;
  const attributes = attributesOf(bytes, from + 12, to);
  const [dstLength, srcLength, tos, action] = [1, 2, 3, 7].map(at => bytes[from + at] as number) as [number, number, number, number];
  const flags = readU32(bytes, from + 8);
  const table = u32(attributes, FRA.table) ?? (bytes[from + 4] as number);
  const more = typesOf(attributes).filter(type => !FOUND_BY_NAME.has(type));
  return {
    priority: u32(attributes, FRA.priority) ?? 0,
    ...((flags & FIB_RULE_INVERT) !== 0 ? { not: null } : {}),
    src: srcLength === 0 ? 'all' : sideOf(raw(attributes, FRA.src)),
    ...(srcLength === 0 || srcLength === 32 ? {} : { srclen: srcLength }),
    ...(dstLength === 0 ? {} : { dst: sideOf(raw(attributes, FRA.dst)), ...(dstLength === 32 ? {} : { dstlen: dstLength }) }),
    ...(tos === 0 ? {} : { tos: `0x${tos.toString(16).padStart(2, '0')}` }),
    ...markOf(attributes),
    ...given('iif', text(attributes, FRA.iifname)),
    ...((flags & DETACHED.iif) !== 0 ? { iif_detached: null } : {}),
    ...given('oif', text(attributes, FRA.oifname)),
    ...((flags & DETACHED.oif) !== 0 ? { oif_detached: null } : {}),
    ...(table === 0 ? {} : { table: String(table), ...suppressed(attributes) }),
    ...(action === TO_TABLE ? {} : { action }),
    ...protocolOf(attributes),
    ...(more.length === 0 ? {} : { more }),
  };
}

function sideOf(address: Buffer | undefined): string {
  return address === undefined ? '0' : (ipOf(address) ?? '');
}

function markOf(attributes: Attributes): Pick<RuleRow, 'fwmark'> {
  if (!has(attributes, FRA.fwmark) && !has(attributes, FRA.fwmask)) return {};
  const mask = u32(attributes, FRA.fwmask) ?? NONE;
  return { fwmark: hex(u32(attributes, FRA.fwmark) ?? 0), ...(mask === NONE ? {} : { fwmask: hex(mask) }) };
}

// As printf's `%#x` writes it: without `0x` for zero.
function hex(value: number): string {
  return value === 0 ? '0' : `0x${value.toString(16)}`;
}

function suppressed(attributes: Attributes): object {
  const length = u32(attributes, FRA.suppressPrefixlen) ?? NONE;
  const group = u32(attributes, FRA.suppressIfgroup) ?? NONE;
  return { ...(length === NONE ? {} : { suppress_prefixlen: length }), ...(group === NONE ? {} : { suppress_ifgroup: String(group) }) };
}

function protocolOf(attributes: Attributes): Pick<RuleRow, 'protocol'> {
  const protocol = u8(attributes, FRA.protocol) ?? 0;
  return protocol === 0 ? {} : { protocol: String(protocol) };
}

/**
 * NAT and filter of a gateway namespace, as the rows of one table that is replaced in one transaction: the network's way out,
 * its floating addresses both ways, its routed addresses, and nothing else from outside.
 */
import { OURS } from './marks.ts';
import {
  ACCEPT,
  addressValue,
  buildTable,
  ct,
  DROP,
  differs,
  equals,
  goto,
  has,
  IIFNAME,
  mangle,
  mapped,
  meta,
  OIFNAME,
  payload,
  RETURN,
  type TableBuilder,
} from './nft-build.ts';
import type { NftJson, NftTable } from './rows.ts';

/** Traffic that is let in; what is absent is not looked at. */
export interface Allowed {
  readonly cidr?: string;
  readonly protocol?: 'tcp' | 'udp' | 'icmp';
  readonly ports?: readonly (number | { readonly first: number; readonly last: number })[];
}

/** A floating address that leads to a guest. */
export interface FloatingPath {
  /** IPv4, without prefix length. */
  readonly address: string;
  /** The guest's address. */
  readonly target: string;
  /** ifname of the inner end of its pair. */
  readonly link: string;
  /** Mark and routing table of its traffic. */
  readonly mark: number;
  /** True: what the guest begins leaves with this address too. */
  readonly bothWays: boolean;
  /** Absent: everything is let in. */
  readonly allow?: readonly Allowed[];
}

/** What a network's gateway namespace passes on. */
export interface GatewayContent {
  /** ifname of the end in the network. */
  readonly inner: string;
  readonly cidr: string;
  /** The router's address in the network. */
  readonly router: string;
  /** The way out: ifname, and the address that guests get; without `nat` they keep their own. */
  readonly egress?: { readonly link: string; readonly nat?: string };
  readonly floating: readonly FloatingPath[];
  /** Addresses of pools that are in the network as they are. */
  readonly routed: readonly string[];
}

const SADDR = payload('ip', 'saddr');
const DADDR = payload('ip', 'daddr');
const NEW = has(ct('state'), 'new');
const GOING_ON = has(ct('state'), ['established', 'related']);
const REWRITTEN = has(ct('status'), 'dnat');
const FLOATING_LINKS = 'flt-*';

/** The table `ip netloom` of a gateway namespace: only what its network uses, since thousands of them are read and compared. */
export function gatewayTable(content: GatewayContent): NftTable {
  const rows = buildTable('ip', OURS.table);
  const { floating } = content;
  const limited = floating.filter(path => path.allow !== undefined);
  fill(rows, content, limited);
  services(rows, content);
  through(rows, content, limited);
  if (floating.length > 0) {
    rows.hook('arrive', 'prerouting', -100, 'nat');
    rows.rule('arrive', [{ dnat: { addr: mapped(DADDR, 'fip') } }]);
    steer(rows, content);
  }
  leave(rows, content);
  return rows.table();
}

function fill(rows: TableBuilder, { floating, routed }: GatewayContent, limited: readonly FloatingPath[]): void {
  const out = floating.filter(path => path.bothWays);
  const map = (name: string, key: string, value: string, elements: readonly (readonly [NftJson, NftJson])[]) => {
    if (elements.length > 0) rows.map(name, { key, value }, elements);
  };
  const set = (name: string, elements: readonly string[]) => {
    if (elements.length > 0) rows.set(name, 'ipv4_addr', elements);
  };
  const pairs = (of: readonly FloatingPath[], key: 'address' | 'link' | 'target', value: 'target' | 'mark' | 'address') =>
    of.map(path => [path[key], path[value]] as const);
  map('fip', 'ipv4_addr', 'ipv4_addr', pairs(floating, 'address', 'target'));
  map('fip_mark', 'ifname', 'mark', pairs(floating, 'link', 'mark'));
  map('out', 'ipv4_addr', 'ipv4_addr', pairs(out, 'target', 'address'));
  map('out_mark', 'ipv4_addr', 'mark', pairs(out, 'target', 'mark'));
  set('routed', routed);
  set(
    'limited',
    limited.map(path => path.address),
  );
}

// Its resolver is the network's own: the outside gets echoes and answers only.
function services(rows: TableBuilder, { inner }: GatewayContent): void {
  rows.hook('services', 'input', 0);
  rows.rule('services', [equals(IIFNAME, inner), ACCEPT]);
  rows.rule('services', [equals(IIFNAME, 'lo'), ACCEPT]);
  rows.rule('services', [GOING_ON, ACCEPT]);
  rows.rule('services', [equals(meta('l4proto'), 'icmp'), ACCEPT]);
  rows.rule('services', [DROP], 'the outside reaches no service of a tenant');
}

// NAT is no filter: without this, whoever is on the egress network reaches inner addresses past it.
function through(rows: TableBuilder, { inner, cidr, egress, floating, routed }: GatewayContent, limited: readonly FloatingPath[]): void {
  rows.hook('through', 'forward', 0);
  if (limited.length > 0) rows.rule('through', [NEW, REWRITTEN, equals(ct('ip daddr', 'original'), '@limited'), goto('limits')]);
  rows.rule('through', [GOING_ON, ACCEPT]);
  if (floating.length > 0) rows.rule('through', [REWRITTEN, ACCEPT]);
  if (routed.length > 0) rows.rule('through', [equals(DADDR, '@routed'), ACCEPT]);
  rows.rule('through', [equals(IIFNAME, inner), equals(DADDR, addressValue(cidr)), DROP], "a guest fills no ARP table: it is all tenants'");
  rows.rule('through', [equals(IIFNAME, inner), ACCEPT]);
  if (egress !== undefined && egress.nat === undefined) rows.rule('through', [equals(DADDR, addressValue(cidr)), ACCEPT], 'routed: no NAT');
  rows.rule('through', [DROP]);
  if (limited.length > 0) rows.chain('limits');
  for (const path of limited) limit(rows, path);
}

function limit(rows: TableBuilder, path: FloatingPath): void {
  const chain = `flt_${path.mark.toString(16).padStart(8, '0')}`;
  rows.rule('limits', [equals(ct('ip daddr', 'original'), path.address), goto(chain)]);
  rows.chain(chain);
  for (const allowed of path.allow ?? []) rows.rule(chain, [...conditions(allowed), ACCEPT]);
  rows.rule(chain, [DROP]);
}

function conditions({ cidr, protocol, ports = [] }: Allowed): readonly NftJson[] {
  const from = cidr === undefined || cidr === '0.0.0.0/0' ? [] : [equals(SADDR, addressValue(cidr))];
  if (protocol === undefined) return from;
  if (ports.length === 0 || protocol === 'icmp') return [...from, equals(meta('l4proto'), protocol)];
  const [first, ...others] = ports.map(port => (typeof port === 'number' ? port : { range: [port.first, port.last] }));
  return [...from, equals(payload(protocol, 'dport'), others.length === 0 ? (first ?? null) : { set: [first ?? null, ...others] })];
}

// After DNAT on purpose: what goes back inside (hairpin) must not take a floating address's table.
function steer(rows: TableBuilder, { inner, cidr, floating, routed }: GatewayContent): void {
  rows.hook('steer', 'prerouting', -90);
  rows.rule('steer', [equals(IIFNAME, FLOATING_LINKS), NEW, mangle(ct('mark'), mapped(IIFNAME, 'fip_mark'))]);
  rows.rule('steer', [differs(IIFNAME, inner), RETURN]);
  rows.rule('steer', [equals(DADDR, addressValue(cidr)), RETURN]);
  if (routed.length > 0) rows.rule('steer', [equals(DADDR, '@routed'), RETURN]);
  rows.rule('steer', [differs(ct('mark'), 0), mangle(meta('mark'), ct('mark')), RETURN]);
  if (isAnyBothWays(floating)) rows.rule('steer', [NEW, mangle(meta('mark'), mapped(SADDR, 'out_mark')), mangle(ct('mark'), meta('mark'))]);
}

function leave(rows: TableBuilder, { inner, cidr, router, egress, floating }: GatewayContent): void {
  if (floating.length === 0 && egress?.nat === undefined) return;
  rows.hook('leave', 'postrouting', 100, 'nat');
  if (floating.length > 0) rows.rule('leave', [equals(OIFNAME, inner), REWRITTEN, equals(SADDR, addressValue(cidr)), { snat: { addr: router } }], 'hairpin');
  if (isAnyBothWays(floating)) rows.rule('leave', [equals(OIFNAME, FLOATING_LINKS), { snat: { addr: mapped(SADDR, 'out') } }]);
  if (egress?.nat === undefined) return;
  rows.rule('leave', [equals(OIFNAME, egress.link), equals(SADDR, addressValue(cidr)), { snat: { addr: egress.nat } }]);
}

function isAnyBothWays(floating: readonly FloatingPath[]): boolean {
  return floating.some(path => path.bothWays);
}

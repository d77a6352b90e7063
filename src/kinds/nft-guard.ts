/**
 * Spoof protection, as the rows of a node's bridge table: guests are held to their own addresses, and the node is kept off
 * tenants' networks. Guests are elements of sets, not rules: a frame costs the same lookups with one guest and with a thousand.
 */
import { type Cidr, parseCidr } from '../model/ip.ts';
import { OURS } from './marks.ts';
import { addressValue, buildTable, ct, DROP, differs, equals, goto, IIFNAME, meta, OIFNAME, pair, payload, type TableBuilder } from './nft-build.ts';
import type { NftJson, NftTable } from './rows.ts';

/** What a node's bridge table is filled with. */
export interface Guarded {
  /** Ports with spoof protection. */
  readonly guests: readonly string[];
  /** All ports of ours: guests', VXLAN devices, router ends. */
  readonly ours: readonly string[];
  readonly macs: readonly { readonly ifname: string; readonly mac: string }[];
  /** What a port may send from: addresses and prefixes of both families. IPv6 link-local is always among them. */
  readonly addresses: readonly { readonly ifname: string; readonly address: string }[];
  /** Guests that may be here or elsewhere: what is for one of them goes by these ports, and by no other. */
  readonly moving: readonly { readonly mac: string; readonly ports: readonly string[] }[];
}

/** The bridge table `netloom`: default drop by ethertype for guests, the node deaf to our ports, undeclared ports cut off. */
export function guardTable(guarded: Guarded): NftTable {
  const rows = buildTable('bridge', OURS.table);
  fillSets(rows, guarded);
  rows.hook('pre', 'prerouting', -300);
  rows.rule('pre', [equals(IIFNAME, '@guests'), goto('guest')]);
  guestRules(rows);
  arpRules(rows);
  ipRules(rows);
  ip6Rules(rows);
  rows.hook('host', 'input', 0);
  rows.rule('host', [equals(IIFNAME, '@ours'), DROP], "the node is never a party on a tenant's network");
  rows.hook('between', 'forward', 0);
  rows.rule('between', [equals(meta('oifname'), '@ours'), differs(IIFNAME, '@ours'), DROP], 'a port nobody declared reaches nobody');
  rows.rule('between', [equals(IIFNAME, '@ours'), differs(meta('oifname'), '@ours'), DROP], 'and hears nobody');
  const to = payload('ether', 'daddr');
  // At ports of ours only: of bridges that are not, and that may know the same MAC, it says nothing.
  rows.rule('between', [equals(OIFNAME, '@ours'), equals(to, '@moving'), differs(pair(to, OIFNAME), '@ways'), DROP], MOVING);
  return rows.table();
}

/** A link by which the node itself is in a tenant's network. */
export interface HostEnd {
  readonly ifname: string;
  /** Where it may be spoken to there: its addresses and prefixes, and the network's broadcast address. */
  readonly addresses: readonly string[];
  /** Whether it may pass packets on between that network and others. */
  readonly routes: boolean;
}

/** An egress bridge of this node. */
export interface EgressEnd {
  /** ifname. */
  readonly bridge: string;
  /** Prefixes that may leave by it: those of its pools, and of networks that are routed without NAT. */
  readonly sources: readonly string[];
  /** Pools whose packets get the address of the network card when they leave by it. */
  readonly masquerade: readonly { readonly device: string; readonly cidr: string }[];
}

/** What a node's root table is filled with. */
export interface Root {
  /** Underlay addresses of all nodes, of one family. */
  readonly vteps: readonly string[];
  readonly port: number;
  readonly hosts?: readonly HostEnd[];
  readonly egress?: readonly EgressEnd[];
}

/**
 * `inet netloom`: VXLAN only from the members' underlay addresses; the kernel's VXLAN takes it from anyone. Where the node has
 * an interface in a network, its guests reach it at the address of that interface (Linux would answer at all of its
 * addresses), bring no VXLAN, and are not routed to anywhere. What comes out of an egress bridge reaches of the node itself answers and
 * echoes only, never an underlay address (a guest could bring VXLAN into another tenant's network), and only from addresses
 * that belong there. A probe of another node, which is no VXLAN, is answered by an ICMP error.
 */
export function rootTable({ vteps, port, hosts = [], egress = [] }: Root): NftTable {
  const v6 = vteps.some(vtep => vtep.includes(':'));
  const rows = buildTable('inet', OURS.table);
  rows.set('vteps', v6 ? 'ipv6_addr' : 'ipv4_addr', vteps);
  rows.hook('arrive', 'input', 0);
  rows.rule('arrive', [equals(payload('udp', 'dport'), port), differs(payload(v6 ? 'ip6' : 'ip', 'saddr'), '@vteps'), DROP]);
  rows.hook('probed', 'input', LAST);
  rows.rule('probed', [equals(payload('udp', 'dport'), port), equals(PROBE, OURS.probe), REJECT], 'netloom doctor: it came through everything before');
  if (hosts.length + egress.length > 0) rows.hook('through', 'forward', 0);
  if (hosts.length > 0) hostRules(rows, hosts, port);
  if (egress.length > 0) egressRules(rows, egress, v6);
  return rows.table();
}

// After whatever else filters what comes in: an answer says that all of it let the datagram pass. How often, the kernel bounds (icmp_ratelimit).
const LAST = 1000;
/** The first four bytes of a datagram. */
const PROBE: NftJson = { payload: { base: 'th', offset: 64, len: 32 } };
const REJECT: NftJson = { reject: { type: 'icmpx', expr: 'admin-prohibited' } };

const MULTICAST = ['224.0.0.0/4', '255.255.255.255'];

function hostRules(rows: TableBuilder, hosts: readonly HostEnd[], port: number): void {
  const reached = hosts.flatMap(({ ifname, addresses }) => sourcesOf(ifname, [...addresses, ...MULTICAST].map(rangeOf)));
  const ends = hosts.filter(host => !host.routes).map(host => host.ifname);
  rows.set(
    'hosts',
    'ifname',
    hosts.map(host => host.ifname),
  );
  rows.set('host_v4', ['ifname', 'ipv4_addr'], reached.filter(({ range }) => range.family === 4).map(asPrefix), ['interval']);
  rows.set('ends', 'ifname', ends);
  rows.rule('arrive', [equals(IIFNAME, '@hosts'), equals(payload('udp', 'dport'), port), DROP], 'a guest may claim the address of a node');
  rows.rule('arrive', [equals(IIFNAME, '@hosts'), differs(pair(IIFNAME, payload('ip', 'daddr')), '@host_v4'), DROP], 'addresses of other links');
  rows.rule('through', [equals(IIFNAME, '@ends'), DROP], 'the node is no router');
  rows.rule('through', [equals(meta('oifname'), '@ends'), DROP]);
}

function egressRules(rows: TableBuilder, egress: readonly EgressEnd[], v6: boolean): void {
  const sources = egress.flatMap(({ bridge, sources }) => sourcesOf(bridge, sources.map(rangeOf)));
  rows.set(
    'egress',
    'ifname',
    egress.map(end => end.bridge),
  );
  rows.set('egress_v4', ['ifname', 'ipv4_addr'], sources.map(asPrefix), ['interval']);
  rows.rule('arrive', [equals(IIFNAME, '@egress'), equals(ct('direction'), 'original'), differs(meta('l4proto'), 'icmp'), DROP], 'answers and echoes only');
  rows.rule('through', [equals(IIFNAME, '@egress'), equals(payload(v6 ? 'ip6' : 'ip', 'daddr'), '@vteps'), DROP], 'no VXLAN out of a guest');
  rows.rule('through', [equals(IIFNAME, '@egress'), differs(pair(IIFNAME, payload('ip', 'saddr')), '@egress_v4'), DROP]);
  const hidden = egress.flatMap(end => end.masquerade);
  if (hidden.length === 0) return;
  rows.hook('leave', 'postrouting', 100, 'nat');
  for (const { device, cidr } of hidden) {
    const inside = addressValue(cidr);
    rows.rule('leave', [equals(OIFNAME, device), equals(payload('ip', 'saddr'), inside), differs(payload('ip', 'daddr'), inside), { masquerade: null }]);
  }
}

function fillSets(rows: TableBuilder, guarded: Guarded): void {
  const written = new Map<string, Cidr[]>(guarded.guests.map(guest => [guest, [LINK_LOCAL]]));
  for (const { ifname, address } of guarded.addresses) written.get(ifname)?.push(rangeOf(address));
  const sources = [...written].flatMap(([guest, ranges]) => sourcesOf(guest, ranges));
  const v4 = sources.filter(source => source.range.family === 4);
  const v6 = sources.filter(source => source.range.family === 6);
  const macs = guarded.macs.map(({ ifname, mac }) => ({ concat: [ifname, mac] }));
  rows.set('guests', 'ifname', guarded.guests);
  rows.set('ours', 'ifname', guarded.ours);
  rows.set('mac', ['ifname', 'ether_addr'], macs);
  // A bridge floods what is for a guest that no port holds: its neighbours are not to read it.
  rows.set(
    'moving',
    'ether_addr',
    guarded.moving.map(({ mac }) => mac),
  );
  rows.set(
    'ways',
    ['ether_addr', 'ifname'],
    guarded.moving.flatMap(({ mac, ports }) => ports.map(port => ({ concat: [mac, port] }))),
  );
  rows.set('v4', ['ifname', 'ipv4_addr'], v4.map(asPrefix), ['interval']);
  rows.set('v6', ['ifname', 'ipv6_addr'], v6.map(asPrefix), ['interval']);
  // nft 1.0.6 has no `icmpv6 taddr`: the target of an advertisement is read as the 128 bits that it is.
  rows.set('nd', ['ifname', 'integer'], v6.map(asIntegers), ['interval']);
}

interface Source {
  readonly ifname: string;
  readonly range: Cidr;
}

/** What a guest may send from, without ranges that lie inside others: nft refuses overlapping elements. */
function sourcesOf(ifname: string, written: readonly Cidr[]): readonly Source[] {
  const all = [...new Map(written.map(range => [range.text, range])).values()];
  return all.filter(range => !all.some(other => other !== range && covers(other, range))).map(range => ({ ifname, range }));
}

const LINK_LOCAL = rangeOf('fe80::/10');

function rangeOf(text: string): Cidr {
  const range = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
  if (range === null) throw new Error(`bug: ${JSON.stringify(text)} is no address and no prefix`);
  return range;
}

function covers(outer: Cidr, inner: Cidr): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

function asPrefix({ ifname, range }: Source): NftJson {
  return { concat: [ifname, { prefix: { addr: range.network, len: range.prefix } }] };
}

function asIntegers({ ifname, range }: Source): NftJson {
  return { concat: [ifname, { range: [`0x${range.first.toString(16)}`, `0x${range.last.toString(16)}`] }] };
}

const MOVING = 'what is for a guest that moves is flooded, and for nobody else';
const RARP = 'after a move QEMU says so in the name of its guest';

function guestRules(rows: TableBuilder): void {
  rows.chain('guest');
  rows.rule('guest', [differs(pair(IIFNAME, payload('ether', 'saddr')), '@mac'), DROP]);
  for (const [type, target] of [
    ['arp', 'guest_arp'],
    ['ip', 'guest_ip'],
    ['ip6', 'guest_ip6'],
  ] as const) {
    rows.rule('guest', [equals(payload('ether', 'type'), type), goto(target)]);
  }
  // RARP (RFC 903): by a request about itself a hypervisor says where a guest is after it moved, and nobody answers one here.
  rows.rule('guest', [equals(payload('ether', 'type'), 0x8035), equals({ payload: { base: 'nh', offset: 48, len: 16 } }, 3), { accept: null }], RARP);
  rows.rule('guest', [DROP], 'tagged frames too: VLAN 0 would walk around every rule by protocol');
}

// 0.0.0.0 as sender is a probe for duplicates (RFC 5227), which a guest without address sends too.
function arpRules(rows: TableBuilder): void {
  rows.chain('guest_arp');
  rows.rule('guest_arp', [differs(pair(IIFNAME, payload('arp', 'saddr ether')), '@mac'), DROP]);
  rows.rule('guest_arp', [equals(payload('arp', 'saddr ip'), '0.0.0.0'), { accept: null }]);
  rows.rule('guest_arp', [equals(pair(IIFNAME, payload('arp', 'saddr ip')), '@v4'), { accept: null }]);
  rows.rule('guest_arp', [DROP]);
}

// A guest asks by DHCP, it does not answer.
function ipRules(rows: TableBuilder): void {
  rows.chain('guest_ip');
  rows.rule('guest_ip', [equals(payload('udp', 'sport'), 67), DROP]);
  rows.rule('guest_ip', [
    equals(payload('ip', 'saddr'), '0.0.0.0'),
    equals(payload('ip', 'daddr'), '255.255.255.255'),
    equals(payload('udp', 'sport'), 68),
    equals(payload('udp', 'dport'), 67),
    { accept: null },
  ]);
  rows.rule('guest_ip', [equals(pair(IIFNAME, payload('ip', 'saddr')), '@v4'), { accept: null }]);
  rows.rule('guest_ip', [DROP]);
}

// No router advertisement, no redirect, no DHCPv6 server, and no fragments in which they could hide.
function ip6Rules(rows: TableBuilder): void {
  const icmp = payload('icmpv6', 'type');
  rows.chain('guest_ip6');
  rows.rule('guest_ip6', [equals(icmp, { set: ['nd-router-advert', 'nd-redirect'] }), DROP]);
  rows.rule('guest_ip6', [equals(payload('udp', 'sport'), 547), DROP]);
  rows.rule('guest_ip6', [equals(meta('l4proto'), 'ipv6-icmp'), equals({ exthdr: { name: 'frag' } }, true), DROP]);
  const target = { payload: { base: 'th', offset: 64, len: 128 } };
  rows.rule('guest_ip6', [equals(icmp, 'nd-neighbor-advert'), differs(pair(IIFNAME, target), '@nd'), DROP]);
  const duplicate = { set: ['nd-neighbor-solicit', 'mld-listener-report', 'mld2-listener-report'] };
  rows.rule('guest_ip6', [equals(payload('ip6', 'saddr'), '::'), equals(icmp, duplicate), { accept: null }]);
  rows.rule('guest_ip6', [equals(pair(IIFNAME, payload('ip6', 'saddr')), '@v6'), { accept: null }]);
  rows.rule('guest_ip6', [DROP]);
}

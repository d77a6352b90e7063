/**
 * The names that netloom gives to things in the kernel, all of them: pure functions of vxid, uuid, node and device. A name
 * has at most 15 bytes (IFNAMSIZ - 1); what would be longer is shortened by hash, and collisions are refused by validate.
 */
import { hash } from 'node:crypto';
import { macText } from './mac.ts';
import { hex } from './vxid.ts';

export const IFNAME_MAX = 15;

/** Start of the last group of every uuid made here ("nlm"), by which network namespaces are recognised as ours. */
export const UUID_TAG = '6e6c6d';

/** `vxlan-2`: the network's VXLAN device. */
export function vxlanName(vxid: number): string {
  return `vxlan-${hex(vxid)}`;
}

/** `br-vxlan-2`: the network's bridge. */
export function bridgeName(vxid: number): string {
  return `br-vxlan-${hex(vxid)}`;
}

/** `veth-2-o` (outer end, in the bridge) and `veth-2-i` (inner end, in the network's namespace). */
export function vethNames(vxid: number): { readonly outer: string; readonly inner: string } {
  return { outer: `veth-${hex(vxid)}-o`, inner: `veth-${hex(vxid)}-i` };
}

/** `egr-2-o` (outer end, in the egress bridge) and `egr-2-i` (inner end, in the network's namespace). */
export function egressNames(vxid: number): { readonly outer: string; readonly inner: string } {
  return { outer: `egr-${hex(vxid)}-o`, inner: `egr-${hex(vxid)}-i` };
}

/** `flt-c000020a-o` and `flt-c000020a-i`: the pair of a floating IPv4 address. */
export function floatingNames(address: string): { readonly outer: string; readonly inner: string } {
  const digits = addressMark(address).toString(16).padStart(8, '0');
  return { outer: `flt-${digits}-o`, inner: `flt-${digits}-i` };
}

/** An IPv4 address as the number that marks its traffic and names its routing table. */
export function addressMark(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

/** MAC of a pool's IPv4 address, equal wherever the address is: `02:01:<IPv4>`. */
export function poolMac(address: string): string {
  return macText([0x02, 0x01, ...address.split('.').map(Number)]);
}

/** `egr-br-eth0`: the egress bridge of a network card; names over eight bytes are hashed. */
export function egressBridgeName(nic: string): string {
  return shortName('egr-br-', nic);
}

/** What a link of ours is there for, by its name; '' for all others. */
export function linkRole(name: string): '' | 'router' | 'egress' | 'floating' {
  if (/^veth-[0-9a-f]{1,6}-[oi]$/.test(name)) return 'router';
  if (/^flt-[0-9a-f]{8}-[oi]$/.test(name)) return 'floating';
  return /^egr-([0-9a-f]{1,6}-[oi]|br-.+)$/.test(name) ? 'egress' : '';
}

/** `tap-<8 hex>`: the near end of an interface, by its uuid, where the definition names none. */
export function tapName(uuid: string): string {
  return `tap-${uuid.slice(0, 8)}`;
}

/** `host-<8 hex>`: the end that the node itself uses, by the interface's uuid, where the definition names none. */
export function hostLinkName(uuid: string): string {
  return `host-${uuid.slice(0, 8)}`;
}

/** MAC of an attachment's near end: `fe:` and the guest's last five bytes; the highest first byte, so no bridge takes it for its own. */
export function nearMac(guestMac: string): string {
  return `fe${guestMac.slice(2)}`;
}

/** MAC of a network's router, equal on every node and after every move: `02:02:<vxid, 3 bytes>:01`. */
export function routerMac(vxid: number): string {
  return macText([0x02, 0x02, vxid >>> 16, (vxid >>> 8) & 255, vxid & 255, 0x01]);
}

/** MAC of a bridge on a node: `02:03` and four bytes of a hash. */
export function bridgeMac(node: string, name: string): string {
  return `02:03:${fourBytes(digest('bridge-mac', [node, name]))}`;
}

/** MAC of any other link of ours on a node: `02:04` and four bytes of a hash. */
export function linkMac(node: string, name: string): string {
  return `02:04:${fourBytes(digest('link-mac', [node, name]))}`;
}

/** Routing table of a node for what comes out of an egress bridge: 0x6e000000 and three bytes of a hash, in digits. */
export function egressTable(bridge: string): string {
  return String(0x6e000000 + Number.parseInt(digest('egress-table', [bridge]).slice(0, 6), 16));
}

/** Version 8 uuid (RFC 9562) of a network: a hash of what it is made from, with our tag. Equal inputs, equal uuid. */
export function networkUuid(...from: readonly (string | number)[]): string {
  return uuid8('network', from);
}

/** Version 8 uuid of an interface; never that of a network with the same inputs. */
export function interfaceUuid(...from: readonly (string | number)[]): string {
  return uuid8('interface', from);
}

/** `prefix` + `rest`, or `prefix` + hash of `rest` where that would pass 15 bytes. Eight hex digits, fewer after a long prefix. */
export function shortName(prefix: string, rest: string): string {
  if (Buffer.byteLength(prefix + rest) <= IFNAME_MAX) return prefix + rest;
  return prefix + digest('short-name', [rest]).slice(0, Math.min(8, IFNAME_MAX - prefix.length));
}

/** What the kernel and `ip` take for the name of a link, and nothing that a tool could read as an option, a word or a pattern. */
export function isIfname(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(text);
}

/** What may name a network namespace in /run/netns: one path segment that is no option. */
export function isNetnsName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/.test(text);
}

// Words of iproute2 and of /proc/sys/net/*/conf, and what the kernel or others make in every namespace.
const RESERVED = new Set(
  'lo all default dev name type group none off on master bonding_masters tunl0 gre0 gretap0 erspan0 sit0 ip6tnl0 ip6gre0 ip_vti0 ip6_vti0 docker0 virbr0'.split(
    ' ',
  ),
);

/** True for names that definitions must not give to a device: the loopback, words of the tools, devices that others make. */
export function isReservedDevice(name: string): boolean {
  return RESERVED.has(name);
}

/** True for names that one of the functions above can make (or a tap is born under): definitions must not use them. */
export function isOurName(name: string): boolean {
  return /^((br-)?vxlan-[0-9a-f]{1,6}|(veth|egr)-[0-9a-f]{1,6}-[oi]|flt-[0-9a-f]{8}-[oi]|egr-br-.*|(tap|host|nl)-[0-9a-f]{8})$/.test(name);
}

function uuid8(kind: string, from: readonly (string | number)[]): string {
  const h = digest(kind, from);
  const variant = '89ab'[Number.parseInt(h[16] ?? '0', 16) & 3];
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-8${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${UUID_TAG}${h.slice(20, 26)}`;
}

// In hex. JSON keeps the inputs apart: ['a', 'b/c'] and ['a/b', 'c'] differ.
function digest(purpose: string, from: readonly (string | number)[]): string {
  return hash('sha256', JSON.stringify(['netloom', purpose, ...from]));
}

/** The first bytes of a digest, as the end of a MAC. */
function fourBytes(digits: string): string {
  return `${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}:${digits.slice(6, 8)}`;
}

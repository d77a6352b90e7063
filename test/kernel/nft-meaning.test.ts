/** Which packets the rules in the kernel let pass, by another reader than the program's, against what definitions ask for. */
import { execFileSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import type { Catalog } from '../../src/objects/object.ts';
import { judge, type Packet } from '../support/nft-machine.ts';
import { type Definitions, type Given, given } from './support/definitions.ts';
import { converge, freshNode } from './support/node.ts';
import { RICH_DEFINITIONS } from './support/rich.ts';

/** As people would write a node's guests: each way of being held or let free, over two networks. */
function generated(seed: number): Definitions {
  let state = seed;
  const pick = <T>(...all: readonly T[]): T => {
    state = (state * 48_271) % 2_147_483_647;
    return all[state % all.length] as T;
  };
  const interfaces = Array.from({ length: 12 }, (_, i): [string, string] => {
    const how = pick('tap: {}', `tap: { ifname: tp${i} }`, 'tap: {}');
    const more = pick('', ', spoofProtection: false', `, allowedAddresses: [10.7.${i}.0/24]`, ', allowedAddresses: [10.8.0.7, "fd00::7"]', ', address: none');
    return [`g${i}`, `{ network: ${pick('lan', 'dark')}, node: ${pick('n1', 'n1', 'n1', 'n2')}, attach: { ${how} }${more} }`];
  });
  return { networks: { lan: '{ cidr: 10.0.0.0/16 }', dark: '{ cidr: 10.9.0.0/24, nat: false }' }, interfaces: Object.fromEntries(interfaces) };
}

interface Guest {
  readonly name: string;
  readonly port: string;
  readonly mac: string;
  /** null: it may use any. */
  readonly own: string | null;
  readonly allowed: readonly string[];
  readonly isHeld: boolean;
  readonly isMute: boolean;
}

/** The guests of n1 that have a tap, by definitions and ledger. Their port is found in the kernel by the guest's MAC. */
function guestsOf({ catalog, ledger }: Given): readonly Guest[] {
  const links = JSON.parse(execFileSync('ip', ['-j', 'link'], { encoding: 'utf8' })) as { ifname: string; address?: string }[];
  return [...catalog.interfaces.values()].flatMap(({ key, namespace, spec }) => {
    const entry = ledger.networks[`${namespace}/${spec.network}`]?.interfaces[key];
    const hasPort = spec.attach.tap !== undefined || spec.attach.netns !== undefined;
    if (spec.node !== 'n1' || !hasPort || entry === undefined) return [];
    const near = `fe${entry.mac.slice(2)}`;
    const port = links.find(link => link.address === near)?.ifname;
    if (port === undefined) throw new Error(`no link of ${key}`);
    const isMute = spec.address === 'none';
    const isFree = cidrOf(catalog, namespace, spec.network) === undefined && !isMute;
    return [
      {
        name: key,
        port,
        mac: entry.mac,
        own: isFree ? null : (entry.address ?? ''),
        allowed: spec.allowedAddresses ?? [],
        isHeld: spec.spoofProtection !== false,
        isMute,
      },
    ];
  });
}

const cidrOf = (catalog: Catalog, namespace: string, network: string): string | undefined => catalog.networks.get(`${namespace}/${network}`)?.spec.cidr;

const OTHER = '02:00:00:ff:ff:01';
const STRANGE = '203.0.113.9';

/** What a guest sends, and whether it may. */
function trials({ port, mac, own, allowed, isHeld }: Guest, others: readonly Guest[]): readonly (readonly [string, Packet, boolean])[] {
  const from = (ether: string, more: Packet): Packet => ({ 'meta iifname': port, 'ether saddr': ether, ...more });
  const ip = (source: string, more: Packet = {}): Packet =>
    from(mac, { 'ether type': 'ip', 'ip saddr': source, 'ip daddr': '10.0.0.9', 'meta l4proto': 'tcp', ...more });
  const arp = (source: string, sender = mac): Packet => from(mac, { 'ether type': 'arp', 'arp saddr ip': source, 'arp saddr ether': sender });
  const ip6 = (source: string, more: Packet = {}): Packet => from(mac, { 'ether type': 'ip6', 'ip6 saddr': source, ...more });
  const icmp = (type: string, more: Packet = {}): Packet => ({ 'icmpv6 type': type, 'meta l4proto': 'ipv6-icmp', ...more });
  const udp = (sport: number, dport: number): Packet => ({ 'udp sport': sport, 'udp dport': dport, 'meta l4proto': 'udp' });
  const held = (may: boolean): boolean => !isHeld || may;
  const any = own === null;
  const mine = own === null || own === '' ? [] : [own];
  const inside = allowed.map(each => each.replace(/\/\d+$/, '').replace(/\.0$/, '.77'));
  const neighbours = others.flatMap(({ own: its }) => (its === null || its === '' || mine.includes(its) ? [] : [its]));
  return [
    ...mine.flatMap(source => [['its own address', ip(source), true] as const, ['ARP of its own', arp(source), true] as const]),
    ...inside.map(source => ['an address that it was allowed', source.includes(':') ? ip6(source) : ip(source), true] as const),
    ...[STRANGE, ...neighbours].flatMap(source => [
      ["somebody else's address", ip(source), held(any)] as const,
      ["ARP of somebody else's", arp(source), held(any)] as const,
    ]),
    ["somebody else's MAC", from(OTHER, { 'ether type': 'ip', 'ip saddr': mine[0] ?? STRANGE, 'ip daddr': '10.0.0.9', 'meta l4proto': 'tcp' }), held(false)],
    ["ARP with somebody else's MAC in it", arp(mine[0] ?? '0.0.0.0', OTHER), held(false)],
    ['an ARP probe', arp('0.0.0.0'), true],
    ['a question for DHCP', ip('0.0.0.0', { ...udp(68, 67), 'ip daddr': '255.255.255.255' }), true],
    ['an answer of DHCP', ip(mine[0] ?? STRANGE, udp(67, 68)), held(false)],
    ['an answer of DHCPv6', ip6('fe80::1', udp(547, 546)), held(false)],
    ['a router advertisement', ip6('fe80::1', icmp('nd-router-advert')), held(false)],
    ['a redirect', ip6('fe80::1', icmp('nd-redirect')), held(false)],
    ['duplicate address detection', ip6('::', icmp('nd-neighbor-solicit')), true],
    ['link-local IPv6', ip6('fe80::5', { 'meta l4proto': 'tcp' }), true],
    ["somebody else's IPv6 address", ip6('2001:db8::9', { 'meta l4proto': 'tcp' }), held(any)],
    ['a frame with a VLAN tag', from(mac, { 'ether type': '8021q' }), held(false)],
    ['another protocol', from(mac, { 'ether type': '0x88b5' }), held(false)],
  ];
}

const ruleset = () => JSON.parse(execFileSync('nft', ['-j', 'list', 'ruleset'], { encoding: 'utf8' }));

beforeAll(freshNode);

test.each([['many kinds of everything', RICH_DEFINITIONS] as const, ...[1, 2, 3, 4, 5].map(seed => [`generated ${seed}`, generated(seed)] as const)])(
  'what guests may send, and what reaches the node, is what definitions say: %s',
  async (_, definitions) => {
    const wanted = given(definitions);
    await converge(wanted);
    const rules = ruleset();
    const guests = guestsOf(wanted);
    expect(guests.length).toBeGreaterThan(3);
    const wrong = guests.flatMap(guest =>
      trials(guest, guests).flatMap(([what, packet, may]) =>
        judge(rules, 'bridge', 'prerouting', packet) === (may ? 'accept' : 'drop') ? [] : [`${guest.name}: ${what}`],
      ),
    );
    expect(wrong).toEqual([]);
    // The node is never a party, and a port that nobody declared neither speaks nor hears.
    const [{ port } = { port: '' }] = guests;
    expect(judge(rules, 'bridge', 'input', { 'meta iifname': port })).toBe('drop');
    expect(judge(rules, 'bridge', 'input', { 'meta iifname': 'eth9' })).toBe('accept');
    const passes = (iif: string, oif: string) => judge(rules, 'bridge', 'forward', { 'meta iifname': iif, 'meta oifname': oif });
    expect([passes(port, port), passes('vnet9', port), passes(port, 'vnet9'), passes('vnet9', 'vnet8')]).toEqual(['accept', 'drop', 'drop', 'accept']);
    const vxlan = (source: string) =>
      judge(rules, 'inet', 'input', { 'meta iifname': 'eth0', 'udp dport': 4789, 'ip saddr': source, 'ip daddr': '192.0.2.11' });
    expect([vxlan('192.0.2.12'), vxlan('192.0.2.13'), vxlan(STRANGE)]).toEqual(['accept', 'accept', 'drop']);
  },
);

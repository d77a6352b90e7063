/** What was found, as documents that a person reads, checks and commits. What is not sure is a line that begins with `# check:`. */

import { word } from '../edit/yaml-text.ts';
import { harmless } from '../model/text.ts';
import { hex } from '../model/vxid.ts';
import type { FoundGuest, FoundNetwork } from './find.ts';

export interface Named {
  readonly name: string;
  readonly namespace: string;
}

const HEAD = 'apiVersion: netloom.dev/v1';
const ADOPT = [
  '  annotations:',
  '    # What somebody else made may be taken over. Take this out when `netloom plan` has nothing more to do on any node.',
  '    netloom.dev/adopt: "true"',
];

function document(kind: string, { name, namespace }: Named, adopt: boolean, spec: readonly string[], comments: readonly string[] = []): readonly string[] {
  return [
    ...comments.map(line => `# ${harmless(line)}`),
    HEAD,
    `kind: ${kind}`,
    'metadata:',
    `  name: ${word(name)}`,
    ...(namespace === '' ? [] : [`  namespace: ${word(namespace)}`]),
    ...(adopt ? ADOPT : []),
    'spec:',
    ...spec.map(line => `  ${line}`),
  ];
}

/** The Cluster of a folder that has none. */
export function clusterText(name: string, port: number): readonly string[] {
  const comment =
    port === 4789 ? [] : ['  # The port that the devices here use; all nodes have to agree on it. IANA gave VXLAN 4789, Linux without a word uses 8472.'];
  return document('Cluster', { name, namespace: '' }, false, ['underlay:', ...comment, `  port: ${port}`]);
}

/** What a Network says besides what was found. */
export interface NetworkWords {
  readonly cidr: string | undefined;
  readonly gateway: string | undefined;
  readonly pool: string | undefined;
  readonly checks: readonly string[];
}

/** A Network, with its vxid and mtu pinned. */
export function networkText(named: Named, found: FoundNetwork, node: string, { cidr, gateway, pool, checks }: NetworkWords): readonly string[] {
  const { vxid, vxlan, bridge, port, mtu, peers } = found;
  const where = bridge === undefined ? `${vxlan}, which is in no bridge` : `${vxlan} in ${bridge}`;
  const way = gateway === undefined ? [] : [`gateway: ${word(gateway)}`, `dns: ${found.dns}`, ...(pool === undefined ? [] : [`pool: ${word(pool)}`])];
  return document(
    'Network',
    named,
    true,
    [
      `vxid: 0x${hex(vxid)}`,
      `mtu: ${mtu}`,
      ...(cidr === undefined ? [] : [`cidr: ${word(cidr)}`]),
      ...checks.map(check => `# check: ${harmless(check)}`),
      `dhcp: ${gateway !== undefined && found.dhcp}`,
      `nat: ${gateway !== undefined && found.router?.nat === true}`,
      ...way,
    ],
    [`Found on ${node}: ${where}, vxid ${vxid}, UDP port ${port}, peers: ${peers.length === 0 ? 'none' : peers.join(', ')}.`],
  );
}

/** How an Interface gets its address, and what to check about it. */
export interface GuestWords {
  readonly address: string | undefined;
  /** Further ones that it may use. */
  readonly allowed: readonly string[];
  readonly checks: readonly string[];
  /** Whether it is held to what is known of it. */
  readonly isKnown: boolean;
}

/** An Interface for a port; as a comment where its MAC is not known, since a wrong one would cut the guest off. */
export function guestText(
  named: Named,
  network: string,
  node: string,
  guest: FoundGuest,
  { address, allowed, checks, isKnown }: GuestWords,
): readonly string[] {
  const { port, tap, mac, name } = guest;
  const all = document('Interface', named, tap !== undefined, [
    `network: ${word(network)}`,
    `node: ${word(node)}`,
    ...(name === undefined ? [] : [`instance: ${word(name)}`]),
    `mac: ${mac === undefined ? '# check: write it here, and take the comment signs out' : word(mac)}`,
    ...(address === undefined ? [] : [`address: ${word(address)}`]),
    ...(allowed.length === 0 ? [] : ['allowedAddresses:', ...allowed.map(each => `  - ${word(each)}`)]),
    ...checks.map(check => `# check: ${harmless(check)}`),
    ...(isKnown ? [] : ['spoofProtection: false']),
    ...attachLines(port, tap),
  ]);
  return mac === undefined
    ? [`# check: no MAC is known behind ${port}: until this is a definition, its network is not taken over.`, ...all.map(line => `# ${line}`)]
    : all;
}

function attachLines(port: string, tap: FoundGuest['tap']): readonly string[] {
  if (tap === undefined) return ['attach:', '  bridge:', `    port: ${word(port)}`];
  const owner = tap.owner === undefined ? [] : [`    owner: ${word(tap.owner)}`];
  return ['attach:', '  tap:', `    ifname: ${word(port)}`, ...owner, ...(tap.multiQueue ? ['    multiQueue: true'] : [])];
}

/** The router of somebody else as one more guest of the network: it keeps its work, and the mesh knows where it is. */
export function routerGuestText(named: Named, network: string, node: string, found: FoundNetwork): readonly string[] {
  const { router } = found;
  if (router === undefined) return [];
  return document(
    'Interface',
    named,
    true,
    [
      `network: ${word(network)}`,
      `node: ${word(node)}`,
      `mac: ${word(router.mac)}`,
      `# It has ${harmless(router.address)}, which netloom keeps for a router of its own.`,
      'address: none',
      'spoofProtection: false',
      'attach:',
      '  bridge:',
      `    port: ${word(router.port)}`,
    ],
    [`The router that somebody else made, in the namespace ${router.netns}. It goes on with its work; docs/adopt.md says how netloom takes that over.`],
  );
}

/** An address of the node itself on the bridge or the VXLAN device, as the Interface that it could be. */
export function hostText(named: Named, network: string, node: string, own: NonNullable<FoundNetwork['own']>): readonly string[] {
  const [address = ''] = own.address.split('/');
  const all = document('Interface', named, false, [`network: ${word(network)}`, `node: ${word(node)}`, `address: ${word(address)}`, 'attach:', '  host: {}']);
  return [
    `# check: the node itself has ${own.address} on ${harmless(own.on)}. netloom keeps nodes out of tenants' networks, so nothing is taken over while that is so. Either take the`,
    '# address away, or make this a definition and take the address away in the moment before the pass.',
    ...all.map(line => `# ${line}`),
  ];
}

/** The pool that floating addresses come from. */
export function poolText(name: string, cidr: string, device: string | undefined): readonly string[] {
  return document('AddressPool', { name, namespace: '' }, false, [
    `cidr: ${word(cidr)}`,
    'mode: masquerade',
    ...(device === undefined ? ['# check: which network card does it leave by?', 'device: eth0'] : [`device: ${word(device)}`]),
  ]);
}

/** A FloatingIP with the address that it has. */
export function floatText(named: Named, pool: string, address: string, iface: string): readonly string[] {
  return document('FloatingIP', named, false, [`pool: ${word(pool)}`, `address: ${word(address)}`, `interface: ${word(iface)}`]);
}

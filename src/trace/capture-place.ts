/** Where the packets of an object pass: on which nodes, in which namespace, by which device, and what of that device's are its. */
import { ipFamily } from '../model/ip.ts';
import type { Ledger, NetworkEntry } from '../model/ledger.ts';
import { bridgeName, egressNames, floatingNames, nearMac, vethNames } from '../model/names.ts';
import { membersOf, nodesOf, routerNodes } from '../objects/mesh.ts';
import type { Catalog, NetworkDef } from '../objects/object.ts';
import { targetOf } from '../objects/services.ts';
import { heldBy } from '../report/holders.ts';
import { deviceOf } from '../report/records.ts';
import { berthOf, homeOf } from '../report/state.ts';

export type On = 'bridge' | 'router' | 'egress' | 'underlay';

export interface CapturePlace {
  /** `the bridge of Network bakery/shop`. */
  readonly what: string;
  /** Nodes that have it, by name. */
  readonly nodes: readonly string[];
  /** '' is the node's own. */
  readonly netns: string;
  /** A device by its name, all ports of a bridge, the one with a MAC, or the card that has an address. */
  readonly device:
    | { readonly name: string }
    | { readonly portsOf: string }
    | { readonly bridge: string; readonly mac: string }
    | { readonly address: Readonly<Record<string, string>> };
  /** Part of the filter that every packet must pass; '' for none. */
  readonly only: string;
}

/** What there is to capture is not there, and why. */
export interface NoPlace {
  readonly why: string;
  readonly hint: string;
}

type Placed = { readonly catalog: Catalog; readonly ledger: Ledger };

/** Of a Network, Interface or FloatingIP that is defined; `on` is for networks. */
export function capturePlace(kind: 'Network' | 'Interface' | 'FloatingIP', key: string, on: On, placed: Placed): CapturePlace | NoPlace {
  if (kind === 'Interface') return interfacePlace(key, placed);
  if (kind === 'FloatingIP') return floatingPlace(key, placed);
  const network = placed.catalog.networks.get(key);
  const entry = placed.ledger.networks[key];
  if (network === undefined) return { why: `Network ${key} is not defined any more`, hint: 'netloom get networks -A lists those that are' };
  if (entry === undefined) return { why: `nothing is allocated to Network ${key} yet`, hint: `netloom describe network ${key} says why` };
  return NETWORK[on](network, entry, placed);
}

type OfNetwork = (network: NetworkDef, entry: NetworkEntry, placed: Placed) => CapturePlace | NoPlace;

const NETWORK: Readonly<Record<On, OfNetwork>> = {
  bridge: (network, { vxid }, placed) => ({
    what: `the bridge of Network ${network.key}`,
    nodes: membersOf(network, placed).map(({ name }) => name),
    netns: '',
    // The bridge itself hears nothing of what its ports say to each other: the node is no party there.
    device: { portsOf: bridgeName(vxid) },
    only: '',
  }),
  router: (network, { vxid, uuid }, placed) => atRouter(network, placed, { what: 'the router', netns: uuid, device: { name: vethNames(vxid).inner } }),
  egress: (network, { vxid, uuid, floatingGateway }, placed) => {
    if (floatingGateway === undefined) return { why: `Network ${network.key} has no way out of its own`, hint: '--on bridge, or --on router' };
    return atRouter(network, placed, { what: 'the way out', netns: uuid, device: { name: egressNames(vxid).inner } });
  },
  underlay: (network, { vxid }, placed) => {
    const members = membersOf(network, placed);
    const address = Object.fromEntries(members.map(({ name, spec }) => [name, spec.underlay.address]));
    const isSix = members.some(({ spec }) => ipFamily(spec.underlay.address) === 6);
    const { port } = placed.catalog.cluster.spec.underlay;
    const nodes = members.map(({ name }) => name);
    return { what: `the underlay, of Network ${network.key} alone`, nodes, netns: '', device: { address }, only: vxlanFilter(port, vxid, isSix) };
  },
};

function atRouter(network: NetworkDef, placed: Placed, { what, ...where }: { what: string; netns: string; device: { name: string } }): CapturePlace | NoPlace {
  const nodes = routerNodes(network, placed);
  if (nodes.length === 0) return { why: `no node carries a router of Network ${network.key}`, hint: `--on bridge, or netloom describe network ${network.key}` };
  return { what: `${what} of Network ${network.key}`, nodes, ...where, only: '' };
}

/**
 * VXLAN packets of one network (RFC 7348, section 5): the identifier is in bytes 4 to 6 behind the UDP header. libpcap reads into UDP over IPv4
 * only, over IPv6 from the fixed header on.
 */
export function vxlanFilter(port: number, vxid: number, isSix: boolean): string {
  const vni = `0x${(vxid * 256).toString(16).padStart(8, '0')}`;
  const at = isSix ? 'ip6[52:4]' : 'udp[12:4]';
  return `udp dst port ${port} and ${at} & 0xffffff00 = ${vni}`;
}

function interfacePlace(key: string, { catalog, ledger }: Placed): CapturePlace | NoPlace {
  const def = catalog.interfaces.get(key);
  const berth = berthOf(key, ledger, homeOf(def));
  const entry = berth?.entry;
  if (def === undefined) return { why: `Interface ${key} is not defined any more`, hint: 'netloom get interfaces -A lists those that are' };
  const nodes = nodesOf(def);
  if (nodes.length === 0 || entry === undefined || berth === undefined) {
    return { why: `Interface ${key} is on no node yet`, hint: `netloom describe interface ${key} says why` };
  }
  const network = ledger.networks[berth.network];
  const name = deviceOf(def, entry);
  const device = name === null ? { bridge: bridgeName(network?.vxid ?? 0), mac: nearMac(entry.mac) } : { name };
  return { what: `the near end of Interface ${key}`, nodes, netns: '', device, only: '' };
}

function floatingPlace(key: string, { catalog, ledger }: Placed): CapturePlace | NoPlace {
  const def = catalog.floatingIPs.get(key);
  const address = heldBy('floating', key, ledger)?.holder.address;
  const network = def === undefined ? undefined : targetOf(def, catalog)?.network;
  const netns = network === undefined ? undefined : ledger.networks[network.key]?.uuid;
  if (def === undefined) return { why: `FloatingIP ${key} is not defined any more`, hint: 'netloom get floatingips -A lists those that are' };
  if (address === undefined || network === undefined || netns === undefined) {
    return { why: `FloatingIP ${key} leads nowhere yet`, hint: `netloom describe floatingip ${key} says why` };
  }
  return {
    what: `FloatingIP ${key}, ${address}`,
    nodes: routerNodes(network, { catalog, ledger }),
    netns,
    device: { name: floatingNames(address).inner },
    only: '',
  };
}

/** What comes in by one of some links, each packet once: the any device has what goes out by the others too. */
export function portsFilter(ifindexes: readonly number[]): string {
  return `inbound and (${ifindexes.map(index => `ifindex ${index}`).join(' or ')})`;
}

/**
 * The filter as one argument of tcpdump: what the place asks for, and what the person said. Words that would be an option, and what no filter
 * holds, are refused: a sentence.
 */
export function filterOf(only: string, words: readonly string[]): { readonly filter: string } | { readonly why: string } {
  const said = words.join(' ').trim();
  if (said.startsWith('-')) return { why: `a filter does not begin with a dash: ${JSON.stringify(said)}` };
  if (/[\p{Cc}\p{Cf}]/u.test(said)) return { why: 'a filter is one line of plain text' };
  if (only === '') return { filter: said };
  return { filter: said === '' ? only : `(${only}) and (${said})` };
}

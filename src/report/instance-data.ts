/** What a guest has to know about its network cards to set them up without DHCP: the model that each format of `instance-data` is made of. */
import { type Cidr, type Family, ipFamily, ipFromBigInt, netmask, nthAddress, parseCidr } from '../model/ip.ts';
import type { Ledger } from '../model/ledger.ts';
import { bridgeName, interfaceUuid } from '../model/names.ts';
import { harmless, nearest } from '../model/text.ts';
import { routesBy } from '../objects/guest-routes.ts';
import { networkMtu } from '../objects/mesh.ts';
import type { Catalog, InterfaceDef, NetworkDef } from '../objects/object.ts';
import { domainOf, hostnameOf, servesDns, upstreamsOf } from '../objects/services.ts';
import { deviceOf } from './records.ts';

export interface InstanceData {
  readonly namespace: string;
  /** As the interfaces' `instance` says; an Interface without one is an instance of its own, of its own name. */
  readonly name: string;
  /** Always the same for namespace and name. */
  readonly uuid: string;
  /** That of the first card. */
  readonly hostname: string;
  /** By order; never empty, no order twice. */
  readonly nics: readonly Nic[];
}

/** A network card of the guest. */
export interface Nic {
  /** `namespace/name` of its Interface. */
  readonly key: string;
  /** `eth<order>`. */
  readonly name: string;
  readonly order: number;
  readonly uuid: string;
  readonly mac: string;
  readonly mtu: number;
  readonly model: string;
  readonly networkUuid: string;
  readonly bridge: string;
  readonly attach: InterfaceDef['spec']['attach'];
  /** The device on the node; null when it is known there alone. */
  readonly device: string | null;
  /** Absent for a card without address: then it has no routes and no resolvers either. */
  readonly address?: NicAddress;
}

export interface NicAddress {
  readonly family: Family;
  readonly ip: string;
  readonly prefix: number;
  readonly netmask: string;
  /** Static routes and, on the first card whose network has a way out, the default route. */
  readonly routes: readonly NicRoute[];
  readonly resolvers: readonly string[];
  /** Domain in which the network's resolver knows the guests; absent without one. */
  readonly search?: string;
}

export interface NicRoute {
  /** Canonical prefix: `0.0.0.0/0` is the default route. */
  readonly to: Cidr;
  readonly via: string;
}

/** A sentence, what may have been meant, and whether the same question may have an answer soon. */
export interface Missing {
  readonly missing: string;
  readonly hint?: string;
  readonly again: boolean;
}

type Known = { readonly catalog: Catalog; readonly ledger: Ledger };

/** `ref` is `<name>`, looked up in `namespace`, or `<namespace>/<name>`. */
export function instanceData(ref: string, namespace: string, known: Known): InstanceData | Missing {
  const cut = ref.indexOf('/');
  const places = [[namespace, ref], ...(cut < 0 ? [] : [[ref.slice(0, cut), ref.slice(cut + 1)]])] as [string, string][];
  for (const [home, name] of places) {
    const found = cardsOf(home, name, known.catalog);
    if (found.length > 0) return assembled(home, name, found, known);
  }
  return unknown(ref, cut < 0 ? namespace : null, known.catalog);
}

function instanceOf({ name, spec }: InterfaceDef): string {
  return spec.instance ?? name;
}

// By order. An instance that is named goes before an Interface of the same name that belongs to none.
function cardsOf(namespace: string, name: string, catalog: Catalog): readonly InterfaceDef[] {
  const all = [...catalog.interfaces.values()].filter(iface => iface.namespace === namespace && instanceOf(iface) === name);
  const named = all.filter(iface => iface.spec.instance !== undefined);
  return (named.length > 0 ? named : all).sort((a, b) => a.spec.order - b.spec.order || (a.key < b.key ? -1 : 1));
}

function unknown(ref: string, namespace: string | null, catalog: Catalog): Missing {
  const all = [...catalog.interfaces.values()];
  const message = `there is no instance ${harmless(ref)}${namespace === null ? '' : ` in namespace ${namespace}`}`;
  const elsewhere = [...new Set(all.filter(iface => instanceOf(iface) === ref).map(iface => `${iface.namespace}/${ref}`))].sort();
  const full = ref.includes('/') ? ref : `${namespace}/${ref}`;
  const near = nearestOf(full, new Set(all.map(iface => `${iface.namespace}/${instanceOf(iface)}`)));
  const meant = elsewhere.length > 0 ? elsewhere : near;
  return { missing: message, again: false, ...(meant.length === 0 ? {} : { hint: `did you mean ${harmless(meant.join(', '))}?` }) };
}

const SUGGESTIONS = 3;

function nearestOf(word: string, candidates: Set<string>): readonly string[] {
  const found: string[] = [];
  for (let next = nearest(word, candidates); next !== null && found.length < SUGGESTIONS; next = nearest(word, candidates)) {
    found.push(next);
    candidates.delete(next);
  }
  return found;
}

function assembled(namespace: string, name: string, cards: readonly InterfaceDef[], known: Known): InstanceData | Missing {
  const nics: Nic[] = [];
  for (const iface of cards) {
    const nic = nicOf(iface, known);
    if ('missing' in nic) return nic;
    nics.push(nic);
  }
  const [first] = cards;
  if (first === undefined) throw new Error(`bug: instance ${namespace}/${name} without a card`);
  return { namespace, name, uuid: interfaceUuid('instance', namespace, name), hostname: hostnameOf(first), nics };
}

function nicOf(iface: InterfaceDef, { catalog, ledger }: Known): Nic | Missing {
  const home = `${iface.namespace}/${iface.spec.network}`;
  const network = catalog.networks.get(home);
  const entry = ledger.networks[home];
  const given = entry?.interfaces[iface.key];
  if (network === undefined || entry === undefined || given === undefined || given.removed !== undefined)
    return { missing: `nothing is allocated to Interface ${iface.key} yet`, again: true };
  const wants = network.spec.cidr !== undefined && iface.spec.address !== 'none';
  if (wants && given.address === undefined) return { missing: `Interface ${iface.key} has no address yet`, again: true };
  return {
    key: iface.key,
    name: `eth${iface.spec.order}`,
    order: iface.spec.order,
    uuid: given.uuid,
    mac: given.mac,
    mtu: networkMtu(network, catalog),
    model: iface.spec.model ?? 'virtio',
    networkUuid: entry.uuid,
    bridge: bridgeName(entry.vxid),
    attach: iface.spec.attach,
    device: deviceOf(iface, given),
    ...(given.address === undefined ? {} : { address: addressOf(iface, network, given.address, catalog) }),
  };
}

function addressOf(iface: InterfaceDef, network: NetworkDef, ip: string, catalog: Catalog): NicAddress {
  const range = parseCidr(network.spec.cidr ?? '');
  if (range === null) throw new Error(`bug: ${iface.key} has ${ip} in a network without prefix`);
  const { family, prefix } = range;
  const answers = servesDns(network, catalog);
  const resolvers = answers ? [nthAddress(range, 1)] : upstreamsOf(network, catalog).filter(each => ipFamily(each) === family);
  return {
    family,
    ip,
    prefix,
    netmask: maskOf(prefix, family),
    routes: routesOf(iface, catalog),
    resolvers,
    ...(answers ? { search: domainOf(network.namespace, catalog) } : {}),
  };
}

function routesOf(iface: InterfaceDef, catalog: Catalog): readonly NicRoute[] {
  return routesBy(iface, catalog).flatMap(({ to, via }) => {
    const cidr = parseCidr(to);
    return cidr === null ? [] : [{ to: cidr, via }];
  });
}

/** `255.255.255.0`, `ffff:ffff:ffff:ffff::`. */
export function maskOf(prefix: number, family: Family): string {
  if (family === 4) return netmask(prefix);
  return ipFromBigInt(((1n << BigInt(prefix)) - 1n) << BigInt(128 - prefix), 6);
}

/** What people call an object by: name, namespace/name, uuid or its start, vxid, address, MAC or device. */
import { canonicalIp } from '../model/ip.ts';
import { canonicalMac } from '../model/mac.ts';
import { bridgeName, egressBridgeName, egressNames, floatingNames, vethNames, vxlanName } from '../model/names.ts';
import { isVxid, parseVxid } from '../model/vxid.ts';
import { egressDevice, nodesOfPool, targetOf } from '../objects/services.ts';
import { floatingTo, type HolderPlural, heldBy, holderKeys } from './holders.ts';
import { deviceOf } from './records.ts';
import { berthOf, homeOf, type View } from './state.ts';

/** Kinds that a REF can mean. */
export type RefKind = 'Network' | 'Interface' | 'Node' | 'Namespace' | 'AddressPool' | 'FloatingIP' | 'RoutedIP';

/** Everything that one object is called. */
export interface Called {
  readonly kind: RefKind;
  /** `namespace/name`, or `name` of what has no tenant. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uuid?: string;
  readonly vxid?: number;
  readonly addresses: readonly string[];
  readonly macs: readonly string[];
  readonly devices: readonly string[];
}

export type Resolved = { readonly key: string } | { readonly candidates: readonly string[]; readonly message: string };

const KINDS: ReadonlyMap<string, RefKind> = new Map([
  ['network', 'Network'],
  ['net', 'Network'],
  ['interface', 'Interface'],
  ['iface', 'Interface'],
  ['node', 'Node'],
  ['namespace', 'Namespace'],
  ['ns', 'Namespace'],
  ['pool', 'AddressPool'],
  ['addresspool', 'AddressPool'],
  ['floatingip', 'FloatingIP'],
  ['floating', 'FloatingIP'],
  ['fip', 'FloatingIP'],
  ['routedip', 'RoutedIP'],
  ['routed', 'RoutedIP'],
  ['rip', 'RoutedIP'],
]);

/** `networks`, `network`, `Network`, `net` ... as commands take a kind; null when it is none. */
export function parseKind(text: string): RefKind | null {
  const word = text.toLowerCase();
  return KINDS.get(word) ?? KINDS.get(word.replace(/s$/, '')) ?? null;
}

/** All objects that definitions and ledger know, tombstones included, by what they are called. */
export function refIndex({ catalog, ledger }: Pick<View, 'catalog' | 'ledger'>): readonly Called[] {
  const networks = new Set([...catalog.networks.keys(), ...Object.keys(ledger.networks)]);
  const interfaces = new Set([...catalog.interfaces.keys(), ...Object.values(ledger.networks).flatMap(entry => Object.keys(entry.interfaces))]);
  const holders = (plural: HolderPlural, defined: Iterable<string>): readonly string[] => [...new Set([...defined, ...holderKeys(plural, ledger)])].sort();
  const floating = holders('floating', catalog.floatingIPs.keys());
  const routed = holders('routed', catalog.routedIPs.keys());
  const pools = new Set([...catalog.pools.keys(), ...Object.keys(ledger.pools ?? {})]);
  const tenants = new Set([...catalog.namespaces.keys(), ...[...networks, ...interfaces, ...floating, ...routed].map(key => key.split('/')[0] ?? '')]);
  const plain = { addresses: [], macs: [], devices: [], namespace: '' };
  return [
    ...[...networks].sort().map(key => networkCalled(key, ledger.networks[key])),
    ...[...interfaces].sort().map(key => interfaceCalled(key, { catalog, ledger })),
    ...[...pools].sort().map(name => poolCalled(name, { catalog, ledger })),
    ...floating.map(key => holderCalled('floating', key, { catalog, ledger })),
    ...routed.map(key => holderCalled('routed', key, { catalog, ledger })),
    ...[...catalog.nodes.values()].map(({ name, spec }): Called => ({ ...plain, kind: 'Node', key: name, name, addresses: [spec.underlay.address] })),
    ...[...tenants].sort().map((name): Called => ({ ...plain, kind: 'Namespace', key: name, name })),
  ];
}

/**
 * The one object of a kind that `ref` means. `namespace` is where a bare name is looked up, and what decides between tenants
 * that use the same address; null = all tenants. Ambiguous or unknown: the candidates, as `namespace/name`, and a sentence.
 */
export function resolveRef(ref: string, kind: RefKind, namespace: string | null, index: readonly Called[]): Resolved {
  const all = index.filter(each => each.kind === kind);
  const isHere = (each: Called): boolean => namespace === null || each.namespace === '' || each.namespace === namespace;
  const mac = canonicalMac(ref);
  const ip = canonicalIp(ref);
  const vxid = parseVxid(ref);
  // The first rule that finds something decides; tenants are asked after the one that is meant.
  const rules: readonly ((each: Called) => boolean)[] = [
    each => each.key === ref && ref.includes('/'),
    each => each.name === ref && isHere(each),
    each => each.uuid === ref.toLowerCase(),
    each => vxid !== null && isVxid(vxid) && each.vxid === vxid,
    each => ip !== null && each.addresses.includes(ip) && isHere(each),
    each => ip !== null && each.addresses.includes(ip),
    each => mac !== null && each.macs.includes(mac),
    each => each.devices.includes(ref),
    each => isUuidStart(ref) && each.uuid?.startsWith(ref.toLowerCase()) === true,
  ];
  for (const rule of rules) {
    const found = all.filter(rule).map(each => each.key);
    const [first] = found;
    if (first === undefined) continue;
    return found.length === 1 ? { key: first } : { candidates: found, message: `${ref} is not one ${kind} but ${found.length}: ${found.join(', ')}` };
  }
  return unknown(ref, kind, namespace, all);
}

function networkCalled(key: string, entry: View['ledger']['networks'][string] | undefined): Called {
  const [namespace = '', name = ''] = key.split('/');
  const head = { kind: 'Network', key, namespace, name } as const;
  if (entry === undefined) return { ...head, addresses: [], macs: [], devices: [] };
  const guests = Object.values(entry.interfaces).filter(iface => iface.removed === undefined);
  const router = entry.router === undefined ? [] : [entry.router];
  const guestAddresses = guests.flatMap(each => each.address ?? []);
  const pairs = [vethNames(entry.vxid), egressNames(entry.vxid)];
  return {
    ...head,
    uuid: entry.uuid,
    vxid: entry.vxid,
    addresses: [...router.map(each => each.address), ...(entry.floatingGateway === undefined ? [] : [entry.floatingGateway.address]), ...guestAddresses],
    macs: [...router, ...guests].map(each => each.mac),
    devices: [vxlanName(entry.vxid), bridgeName(entry.vxid), ...pairs.flatMap(({ outer, inner }) => [outer, inner])],
  };
}

function interfaceCalled(key: string, { catalog, ledger }: Pick<View, 'catalog' | 'ledger'>): Called {
  const [namespace = '', name = ''] = key.split('/');
  const def = catalog.interfaces.get(key);
  const entry = berthOf(key, ledger, homeOf(def))?.entry;
  const device = deviceOf(def, entry);
  const floating = def === undefined ? undefined : floatingTo(def, catalog, ledger);
  return {
    kind: 'Interface',
    key,
    namespace,
    name,
    ...(entry === undefined ? {} : { uuid: entry.uuid }),
    addresses: [...(entry?.address === undefined ? [] : [entry.address]), ...(floating === undefined ? [] : [floating.address])],
    macs: entry === undefined ? [] : [entry.mac],
    devices: device === null ? [] : [device],
  };
}

function poolCalled(name: string, { catalog, ledger }: Pick<View, 'catalog' | 'ledger'>): Called {
  const def = catalog.pools.get(name);
  const nodes = def === undefined ? [] : nodesOfPool(def, catalog).flatMap(each => catalog.nodes.get(each) ?? []);
  const ways = def === undefined ? [] : nodes.map(node => egressDevice(def, node));
  const devices = ways.flatMap(({ device, bridge }) => bridge ?? (device === undefined ? [] : [egressBridgeName(device), device]));
  const addresses = (ledger.pools?.[name]?.addresses ?? []).map(entry => entry.address);
  return { kind: 'AddressPool', key: name, namespace: '', name, addresses, macs: [], devices: [...new Set(devices)] };
}

// Called by its network's uuid and vxid too, where it is the only one there.
function holderCalled(plural: HolderPlural, key: string, { catalog, ledger }: Pick<View, 'catalog' | 'ledger'>): Called {
  const [namespace = '', name = ''] = key.split('/');
  const floating = catalog.floatingIPs.get(key);
  const routed = catalog.routedIPs.get(key);
  const aim = floating === undefined ? undefined : targetOf(floating, catalog)?.network.key;
  const network = plural === 'floating' ? aim : routed && `${routed.namespace}/${routed.spec.network}`;
  const entry = network === undefined ? undefined : ledger.networks[network];
  const address = heldBy(plural, key, ledger)?.holder.address;
  const pair = plural === 'floating' && address !== undefined ? floatingNames(address) : undefined;
  return {
    kind: plural === 'floating' ? 'FloatingIP' : 'RoutedIP',
    key,
    namespace,
    name,
    ...(entry === undefined ? {} : { uuid: entry.uuid, vxid: entry.vxid }),
    addresses: address === undefined ? [] : [address],
    macs: [],
    devices: pair === undefined ? [] : [pair.outer, pair.inner],
  };
}

// Shorter ones would match by accident; dashes stand where uuids have them.
function isUuidStart(text: string): boolean {
  return text.length >= 4 && /^[0-9a-f-]+$/i.test(text);
}

const OF_CLUSTER: ReadonlySet<RefKind> = new Set(['Node', 'Namespace', 'AddressPool']);

function unknown(ref: string, kind: RefKind, namespace: string | null, all: readonly Called[]): Resolved {
  const elsewhere = all.filter(each => each.name === ref).map(each => each.key);
  if (elsewhere.length > 0)
    return {
      candidates: elsewhere,
      message: `there is no ${kind} ${ref} in namespace ${namespace}; there is ${elsewhere.join(', ')}: use -n or namespace/name`,
    };
  return {
    candidates: [],
    message: `there is no ${kind} ${ref}${namespace === null || OF_CLUSTER.has(kind) || ref.includes('/') ? '' : ` in namespace ${namespace}`}`,
  };
}

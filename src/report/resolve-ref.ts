/** What people call an object by: name, namespace/name, uuid or its start, vxid, address, MAC or device. */
import { canonicalIp } from '../model/ip.ts';
import { canonicalMac } from '../model/mac.ts';
import { bridgeName, egressBridgeName, egressNames, floatingNames, vethNames, vxlanName } from '../model/names.ts';
import { isVxid, parseVxid } from '../model/vxid.ts';
import { egressDevice, nodesOfPool, targetOf } from '../objects/services.ts';
import { floatingTo, type HolderPlural, heldBy, holderKeys } from './holders.ts';
import type { RefKind } from './kind-words.ts';
import { keysOf } from './record-head.ts';
import { deviceOf } from './records.ts';
import { berthOf, homeOf, type View } from './state.ts';

export { parseKind, type RefKind } from './kind-words.ts';

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
  /** No definition, only the ledger's memory of it: what lives comes first. */
  readonly isGone: boolean;
}

export type Resolved = { readonly key: string } | { readonly candidates: readonly string[]; readonly message: string };

type Known = Pick<View, 'catalog' | 'ledger'>;

/** All objects of a kind (absent: of all) that definitions and ledger know, tombstones included, by what they are called. */
export function refIndex(known: Known, kind?: RefKind): readonly Called[] {
  return kind === undefined ? Object.values(CALLED).flatMap(called => called(known)) : CALLED[kind](known);
}

const PLAIN = { addresses: [], macs: [], devices: [], namespace: '', isGone: false } as const;

const CALLED: Readonly<Record<RefKind, (known: Known) => readonly Called[]>> = {
  Network: known => networkKeys(known).map(key => networkCalled(key, known)),
  Interface: known => interfaceKeys(known).map(key => interfaceCalled(key, known)),
  AddressPool: known => keysOf(known.catalog.pools.keys(), Object.keys(known.ledger.pools ?? {})).map(name => poolCalled(name, known)),
  FloatingIP: known => heldKeys('floating', known).map(key => holderCalled('floating', key, known)),
  RoutedIP: known => heldKeys('routed', known).map(key => holderCalled('routed', key, known)),
  Node: ({ catalog }) =>
    [...catalog.nodes.values()].map(({ name, spec }): Called => ({ ...PLAIN, kind: 'Node', key: name, name, addresses: [spec.underlay.address] })),
  Namespace: known => tenantsOf(known).map((name): Called => ({ ...PLAIN, kind: 'Namespace', key: name, name })),
};

function networkKeys({ catalog, ledger }: Known): readonly string[] {
  return keysOf(catalog.networks.keys(), Object.keys(ledger.networks));
}

function interfaceKeys({ catalog, ledger }: Known): readonly string[] {
  return keysOf(
    catalog.interfaces.keys(),
    Object.values(ledger.networks).flatMap(entry => Object.keys(entry.interfaces)),
  );
}

function heldKeys(plural: HolderPlural, { catalog, ledger }: Known): readonly string[] {
  return keysOf(plural === 'floating' ? catalog.floatingIPs.keys() : catalog.routedIPs.keys(), holderKeys(plural, ledger));
}

function tenantsOf(known: Known): readonly string[] {
  const keys = [...networkKeys(known), ...interfaceKeys(known), ...heldKeys('floating', known), ...heldKeys('routed', known)];
  return keysOf(
    known.catalog.namespaces.keys(),
    keys.map(key => key.split('/')[0] ?? ''),
  );
}

export interface Manner {
  /** Whole names and uuids only: for what would be hard to take back, and for what waits for an object that is not there yet. */
  readonly exact?: boolean;
}

/**
 * The one object of a kind that `ref` means. `namespace` is where a bare name is looked up, and what decides between tenants
 * that use the same address; null = all tenants. What lives comes before what is only remembered, and a whole name before the
 * start of one. Ambiguous or unknown: the candidates, as `namespace/name`, and a sentence.
 */
export function resolveRef(ref: string, kind: RefKind, namespace: string | null, index: readonly Called[], { exact = false }: Manner = {}): Resolved {
  const all = index.filter(each => each.kind === kind);
  const isHere = (each: Called): boolean => namespace === null || each.namespace === '' || each.namespace === namespace;
  for (const rule of [...wholeRules(ref, isHere), ...(exact ? [] : [startRule(ref, isHere)])]) {
    const found = all.filter(rule);
    const living = found.filter(each => !each.isGone);
    const keys = (living.length > 0 ? living : found).map(each => each.key);
    const [first] = keys;
    if (first === undefined) continue;
    return keys.length === 1 ? { key: first } : { candidates: keys, message: severalText(ref, kind, keys) };
  }
  return unknown(ref, kind, namespace, all, exact ? all.filter(startRule(ref, isHere)).map(each => each.key) : []);
}

type Rule = (each: Called) => boolean;

/** The first rule that finds something decides; tenants are asked after the one that is meant. */
function wholeRules(ref: string, isHere: Rule): readonly Rule[] {
  const mac = canonicalMac(ref);
  const ip = canonicalIp(ref);
  const vxid = parseVxid(ref);
  return [
    each => each.key === ref && ref.includes('/'),
    each => each.name === ref && isHere(each),
    each => each.uuid === ref.toLowerCase(),
    each => vxid !== null && isVxid(vxid) && each.vxid === vxid,
    each => ip !== null && each.addresses.includes(ip) && isHere(each),
    each => ip !== null && each.addresses.includes(ip),
    each => mac !== null && each.macs.includes(mac),
    each => each.devices.includes(ref),
  ];
}

// One rule for both: what is typed may be the start of a name here and of a uuid there.
function startRule(ref: string, isHere: Rule): Rule {
  const isUuid = isUuidStart(ref);
  return each =>
    (ref !== '' && ((each.name.startsWith(ref) && isHere(each)) || (isInTenant(ref) && each.key.startsWith(ref)))) ||
    (isUuid && each.uuid?.startsWith(ref.toLowerCase()) === true);
}

// `acme/` alone is the start of everything there, and means nothing.
function isInTenant(ref: string): boolean {
  return /^[^/]+\/./.test(ref);
}

function severalText(ref: string, kind: RefKind, keys: readonly string[]): string {
  const more = keys.length > SHOWN ? ` and ${keys.length - SHOWN} more` : '';
  return `${ref} is not one ${kind} but ${keys.length}: ${keys.slice(0, SHOWN).join(', ')}${more}`;
}

const SHOWN = 20;

function networkCalled(key: string, { catalog, ledger }: Known): Called {
  const [namespace = '', name = ''] = key.split('/');
  const entry = ledger.networks[key];
  const head = { kind: 'Network', key, namespace, name, isGone: !catalog.networks.has(key) } as const;
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

function interfaceCalled(key: string, { catalog, ledger }: Known): Called {
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
    isGone: def === undefined,
  };
}

function poolCalled(name: string, { catalog, ledger }: Known): Called {
  const def = catalog.pools.get(name);
  const nodes = def === undefined ? [] : nodesOfPool(def, catalog).flatMap(each => catalog.nodes.get(each) ?? []);
  const ways = def === undefined ? [] : nodes.map(node => egressDevice(def, node));
  const devices = ways.flatMap(({ device, bridge }) => bridge ?? (device === undefined ? [] : [egressBridgeName(device), device]));
  const addresses = (ledger.pools?.[name]?.addresses ?? []).map(entry => entry.address);
  return { kind: 'AddressPool', key: name, namespace: '', name, addresses, macs: [], devices: [...new Set(devices)], isGone: def === undefined };
}

// Called by its network's uuid and vxid too, where it is the only one there.
function holderCalled(plural: HolderPlural, key: string, { catalog, ledger }: Known): Called {
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
    isGone: (floating ?? routed) === undefined,
  };
}

// Shorter ones would match by accident; dashes stand where uuids have them.
function isUuidStart(text: string): boolean {
  return text.length >= 4 && /^[0-9a-f-]+$/i.test(text);
}

const OF_CLUSTER: ReadonlySet<RefKind> = new Set(['Node', 'Namespace', 'AddressPool']);

function unknown(ref: string, kind: RefKind, namespace: string | null, all: readonly Called[], starts: readonly string[]): Resolved {
  if (starts.length > 0)
    return { candidates: [], message: `there is no ${kind} ${ref}, only ${starts.slice(0, SHOWN).join(', ')}: here it takes the whole name` };
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

/** What people call an object by: name, namespace/name, uuid or its start, vxid, address, MAC or device. */
import { canonicalIp } from '../model/ip.ts';
import { canonicalMac } from '../model/mac.ts';
import { bridgeName, vxlanName } from '../model/names.ts';
import { hex, isVxid, parseVxid } from '../model/vxid.ts';
import { deviceOf } from './records.ts';
import { berthOf, homeOf, type View } from './state.ts';

/** Kinds that a REF can mean. */
export type RefKind = 'Network' | 'Interface' | 'Node' | 'Namespace';

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
  const tenants = new Set([...catalog.namespaces.keys(), ...[...networks, ...interfaces].map(key => key.split('/')[0] ?? '')]);
  const plain = { addresses: [], macs: [], devices: [], namespace: '' };
  return [
    ...[...networks].sort().map(key => networkCalled(key, ledger.networks[key])),
    ...[...interfaces].sort().map(key => interfaceCalled(key, catalog.interfaces.get(key), berthOf(key, ledger, homeOf(catalog.interfaces.get(key)))?.entry)),
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
  return {
    ...head,
    uuid: entry.uuid,
    vxid: entry.vxid,
    addresses: [...router.map(each => each.address), ...guests.flatMap(each => each.address ?? [])],
    macs: [...router, ...guests].map(each => each.mac),
    devices: [vxlanName(entry.vxid), bridgeName(entry.vxid), `veth-${hex(entry.vxid)}-o`, `veth-${hex(entry.vxid)}-i`],
  };
}

function interfaceCalled(key: string, def: Parameters<typeof deviceOf>[0], entry: Parameters<typeof deviceOf>[1]): Called {
  const [namespace = '', name = ''] = key.split('/');
  const device = deviceOf(def, entry);
  return {
    kind: 'Interface',
    key,
    namespace,
    name,
    ...(entry === undefined ? {} : { uuid: entry.uuid }),
    addresses: entry?.address === undefined ? [] : [entry.address],
    macs: entry === undefined ? [] : [entry.mac],
    devices: device === null ? [] : [device],
  };
}

// Shorter ones would match by accident; dashes stand where uuids have them.
function isUuidStart(text: string): boolean {
  return text.length >= 4 && /^[0-9a-f-]+$/i.test(text);
}

function unknown(ref: string, kind: RefKind, namespace: string | null, all: readonly Called[]): Resolved {
  const elsewhere = all.filter(each => each.name === ref).map(each => each.key);
  if (elsewhere.length > 0)
    return {
      candidates: elsewhere,
      message: `there is no ${kind} ${ref} in namespace ${namespace}; there is ${elsewhere.join(', ')}: use -n or namespace/name`,
    };
  return {
    candidates: [],
    message: `there is no ${kind} ${ref}${namespace === null || kind === 'Node' || kind === 'Namespace' || ref.includes('/') ? '' : ` in namespace ${namespace}`}`,
  };
}

/**
 * The question that nearly every pass asks: has everybody what it asks for, and nobody else anything? One walk without
 * building anything, so that a pass with nothing to do costs little. In doubt the answer is no.
 */
import { type Cidr, contains, parseCidr } from '../model/ip.ts';
import type { GatewayEntry, InterfaceEntry, Ledger, NetworkEntry } from '../model/ledger.ts';
import { routerMac } from '../model/names.ts';
import { isVxid } from '../model/vxid.ts';
import type { Ask } from '../objects/object.ts';
import { hasRoom, isInstance, networkUser, routerAddress, userOf } from './addresses.ts';
import type { AllocateArgs, InterfaceAsk, NetworkAsk } from './allocation.ts';
import { isMarked, isObject, isReleasedList, listsExactly, ownUsers } from './settled-list.ts';
import { settledPool } from './settled-pools.ts';
import { isInstant, isKey, isLabel, isMac, isUuid } from './shape.ts';

/** True only when `allocate` would give back the very ledger, with nothing pending. The order in lists and maps does not count. */
export function isSettled({ asks, ledger, nodes }: Pick<AllocateArgs, 'asks' | 'ledger' | 'nodes'>): boolean {
  const asked = new Map(asks.map(ask => [`${ask.for} ${ask.key}`, ask]));
  if (asked.size !== asks.length) return false;
  const walk: Walk = { asked, nodes: nodes === undefined ? null : new Set(nodes), unique: new Set(), gateways: new Map() };
  let answered = 0;
  for (const [key, entry] of Object.entries(ledger.networks ?? {})) {
    if (!isEntry(entry)) return false;
    const ask = asked.get(`network ${key}`);
    if ((ask === undefined) !== (entry.removed !== undefined)) return false;
    const found = ask?.for === 'network' ? settledNetwork(key, ask, entry, walk) : settledTomb(entry);
    if (found === null) return false;
    answered += found;
  }
  const pooled = settledPools(ledger, walk);
  return pooled !== null && answered + pooled === asks.length;
}

interface Walk {
  readonly asked: ReadonlyMap<string, Ask>;
  readonly nodes: ReadonlySet<string> | null;
  /** uuids, vxids, MACs and device names that were met. */
  readonly unique: Set<string | number>;
  /** By pool: floating gateways, and how its list must name them. */
  readonly gateways: Map<string, Map<string, string>>;
}

function settledPools(ledger: Ledger, { asked, gateways }: Walk): number | null {
  let answered = 0;
  for (const [name, entry] of Object.entries(ledger.pools ?? {})) {
    const found = settledPool(name, entry, asked, gateways.get(name) ?? new Map());
    if (found === null) return null;
    gateways.delete(name);
    answered += found;
  }
  return gateways.size === 0 ? answered : null;
}

/** How many asks this entry answers; null when something is to be done. */
function settledNetwork(key: string, ask: NetworkAsk, entry: NetworkEntry, walk: Walk): number | null {
  const range = ask.cidr === undefined ? null : parseCidr(ask.cidr);
  if (!isThatNetwork(key, ask, entry) || !hasRange(entry, ask, range) || !areNew(walk.unique, entry.uuid, entry.vxid)) return null;
  if (!hasGateway(entry, ask, walk) || !hasFloatingGateway(key, entry, ask, walk)) return null;
  const users = usersIn(key, entry, range, walk);
  if (users === null) return null;
  const own = range === null ? new Map<string, string>() : ownUsers(range, routerAddress(range), networkUser(entry.uuid, key));
  const reserved = range === null ? [] : (ask.reserved ?? []);
  return listsExactly(entry.addresses, { own, users: users.addresses, reserved }) ? users.live + 1 : null;
}

/** How many interfaces live in the network, and how its list must name those that have an address; null when something is to be done. */
function usersIn(key: string, entry: NetworkEntry, range: Cidr | null, walk: Walk): { readonly live: number; readonly addresses: Map<string, string> } | null {
  const addresses = new Map<string, string>();
  let live = 0;
  for (const [id, iface] of Object.entries(entry.interfaces)) {
    if (!isKey(id) || !isInterface(iface)) return null;
    const guest = walk.asked.get(`interface ${id}`);
    if (iface.removed !== undefined && guest === undefined) continue;
    if (guest?.for !== 'interface' || guest.network !== key || !hasAll(guest, iface, range)) return null;
    if (!areNew(walk.unique, iface.uuid.slice(0, 8), iface.mac)) return null;
    if (iface.address !== undefined) addresses.set(iface.address, `instance ${userOf(iface.uuid, id)}`);
    live += 1;
  }
  return { live, addresses };
}

function isThatNetwork(key: string, ask: NetworkAsk, { namespace, name, uuid, vxid }: NetworkEntry): boolean {
  if (key !== `${namespace}/${name}` || namespace !== ask.namespace || name !== ask.name) return false;
  return isUuid(uuid) && isVxid(vxid) && (ask.vxid === undefined || ask.vxid === vxid);
}

function hasRange({ vxid, cidr, router }: NetworkEntry, ask: NetworkAsk, range: Cidr | null): boolean {
  if (range === null || !hasRoom(range)) return ask.cidr === undefined && cidr === undefined && router === undefined;
  return cidr === range.text && router?.address === routerAddress(range) && router.mac === routerMac(vxid);
}

function hasGateway({ gateway }: NetworkEntry, { gateway: asked }: NetworkAsk, { nodes }: Walk): boolean {
  if (asked === undefined || gateway === undefined) return asked === undefined && gateway === undefined;
  if (!isGateway(gateway)) return false;
  const { node, former } = gateway;
  if (former !== undefined && (former === node || typeof former !== 'string' || !isLabel(former) || (nodes !== null && !nodes.has(former)))) return false;
  return asked.pin === undefined ? asked.candidates.includes(node) : asked.pin === node;
}

function isGateway(gateway: GatewayEntry): boolean {
  const { node, since } = gateway ?? {};
  return typeof node === 'string' && isLabel(node) && typeof since === 'string' && isInstant(since);
}

function hasFloatingGateway(key: string, { uuid, floatingGateway: has }: NetworkEntry, { gateway: asked }: NetworkAsk, { gateways }: Walk): boolean {
  if (asked?.pool === undefined || has === undefined) return asked?.pool === undefined && has === undefined;
  if (has?.pool !== asked.pool || typeof has.address !== 'string') return false;
  const users = gateways.get(asked.pool) ?? new Map<string, string>();
  gateways.set(asked.pool, users);
  if (users.has(has.address)) return false;
  users.set(has.address, `gateway ${networkUser(uuid, key)}`);
  return true;
}

// A tombstone with something alive in it is to be put right.
function settledTomb({ interfaces, addresses, gateway }: NetworkEntry): number | null {
  const isBuried = Object.values(interfaces).every(iface => isInterface(iface) && iface.removed !== undefined);
  const isHandedOver = gateway === undefined || (isGateway(gateway) && gateway.former === undefined);
  return isBuried && isHandedOver && isReleasedList(addresses, isInstance) ? 0 : null;
}

function hasAll({ node, migrateTo, mac, address }: InterfaceAsk, entry: InterfaceEntry, range: Cidr | null): boolean {
  if (entry.removed !== undefined) return false;
  if (node !== entry.node || !isMoving(entry, migrateTo) || (mac !== undefined && mac !== entry.mac)) return false;
  if (range === null || address === 'none') return entry.address === undefined && (address === 'auto' || address === 'none');
  return entry.address !== undefined && (address === 'auto' || address === entry.address) && contains(range, entry.address);
}

function isMoving({ migrating }: InterfaceEntry, to: string | undefined): boolean {
  return to === undefined ? migrating === undefined : migrating?.to === to && typeof migrating.since === 'string' && isInstant(migrating.since);
}

function isEntry(entry: NetworkEntry | undefined): entry is NetworkEntry {
  if (entry === undefined || !isObject(entry) || !isObject(entry.interfaces) || !Array.isArray(entry.addresses)) return false;
  return entry.addresses.every(isObject) && isMarked(entry) && Number.isSafeInteger(entry.incarnation);
}

function isInterface(entry: InterfaceEntry | undefined): entry is InterfaceEntry {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    typeof entry.uuid === 'string' &&
    isUuid(entry.uuid) &&
    typeof entry.mac === 'string' &&
    isMac(entry.mac) &&
    isMarked(entry) &&
    Number.isSafeInteger(entry.incarnation)
  );
}

function areNew(unique: Set<string | number>, ...values: readonly (string | number)[]): boolean {
  const before = unique.size;
  for (const value of values) unique.add(value);
  return unique.size === before + values.length;
}

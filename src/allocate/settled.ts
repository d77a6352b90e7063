/**
 * The question that nearly every pass asks: has everybody what it asks for, and nobody else anything? One walk without
 * building anything, so that a pass with nothing to do costs little. In doubt the answer is no.
 */
import { type Cidr, canonicalIp, contains, parseCidr } from '../model/ip.ts';
import type { InterfaceEntry, Ledger, NetworkEntry } from '../model/ledger.ts';
import { routerMac } from '../model/names.ts';
import { isVxid } from '../model/vxid.ts';
import type { Ask } from '../objects/object.ts';
import { hasRoom, routerAddress, userOf } from './addresses.ts';
import type { InterfaceAsk, NetworkAsk } from './allocation.ts';
import { isInstant, isKey, isMac, isUuid } from './shape.ts';

/** True only when `allocate` would give back the very ledger, with nothing pending. The order in lists and maps does not count. */
export function isSettled(asks: readonly Ask[], ledger: Ledger): boolean {
  const asked = new Map(asks.map(ask => [`${ask.for} ${ask.key}`, ask]));
  if (asked.size !== asks.length) return false;
  const unique = new Set<string | number>();
  let answered = 0;
  for (const [key, entry] of Object.entries(ledger.networks ?? {})) {
    if (!isEntry(entry)) return false;
    const ask = asked.get(`network ${key}`);
    if ((ask === undefined) !== (entry.removed !== undefined)) return false;
    const found = ask?.for === 'network' ? settledNetwork(key, ask, entry, asked, unique) : settledTomb(entry);
    if (found === null) return false;
    answered += found;
  }
  return answered === asks.length;
}

/** How many asks this entry answers; null when something is to be done. */
function settledNetwork(key: string, ask: NetworkAsk, entry: NetworkEntry, asked: ReadonlyMap<string, Ask>, unique: Set<string | number>): number | null {
  const range = ask.cidr === undefined ? null : parseCidr(ask.cidr);
  if (!isThatNetwork(key, ask, entry) || !hasRange(entry, ask, range) || !areNew(unique, entry.uuid, entry.vxid)) return null;
  const users = new Map<string, string>();
  let live = 0;
  for (const [id, iface] of Object.entries(entry.interfaces)) {
    if (!isKey(id) || !isInterface(iface)) return null;
    const guest = asked.get(`interface ${id}`);
    if (iface.removed !== undefined && guest === undefined) continue;
    if (guest?.for !== 'interface' || guest.network !== key || !hasAll(guest, iface, range)) return null;
    if (!areNew(unique, iface.uuid.slice(0, 8), iface.mac)) return null;
    if (iface.address !== undefined) users.set(iface.address, userOf(iface.uuid, id));
    live += 1;
  }
  return listsExactly(entry, range, users) ? live + 1 : null;
}

function isThatNetwork(key: string, ask: NetworkAsk, { namespace, name, uuid, vxid }: NetworkEntry): boolean {
  if (key !== `${namespace}/${name}` || namespace !== ask.namespace || name !== ask.name) return false;
  return isUuid(uuid) && isVxid(vxid) && (ask.vxid === undefined || ask.vxid === vxid);
}

function hasRange({ vxid, cidr, router }: NetworkEntry, ask: NetworkAsk, range: Cidr | null): boolean {
  if (range === null || !hasRoom(range)) return ask.cidr === undefined && cidr === undefined && router === undefined;
  return cidr === range.text && router?.address === routerAddress(range) && router.mac === routerMac(vxid);
}

// A tombstone with something alive in it is to be put right.
function settledTomb(entry: NetworkEntry): number | null {
  const isBuried = Object.values(entry.interfaces).every(iface => isInterface(iface) && iface.removed !== undefined);
  const isReleased = entry.addresses.every(({ type }) => type !== 'instance');
  return isBuried && isReleased && new Set(entry.addresses.map(({ address }) => address)).size === entry.addresses.length ? 0 : null;
}

function hasAll({ node, mac, address }: InterfaceAsk, entry: InterfaceEntry, range: Cidr | null): boolean {
  if (entry.removed !== undefined) return false;
  if (node !== entry.node || (mac !== undefined && mac !== entry.mac)) return false;
  if (range === null || address === 'none') return entry.address === undefined && (address === 'auto' || address === 'none');
  return entry.address !== undefined && (address === 'auto' || address === entry.address) && contains(range, entry.address);
}

/** The list has each guest's address with its user and the network's own, each address once, and no other that is in use. */
function listsExactly({ uuid, namespace, name, addresses }: NetworkEntry, range: Cidr | null, users: ReadonlyMap<string, string>): boolean {
  const listed = new Set<string>();
  const own = new Map<string, string>();
  if (range !== null) {
    own.set(range.network, 'network ').set(routerAddress(range), `gateway Network ${uuid} ${namespace}/${name}`);
    if (range.broadcast !== null) own.set(range.broadcast, 'broadcast ');
  }
  let used = 0;
  for (const { address, type, user, since } of addresses) {
    if (listed.has(address) || !isInstant(since) || canonicalIp(address) !== address) return false;
    listed.add(address);
    const isHeld = users.get(address) === user && type === 'instance';
    const isOwn = own.get(address) === `${type} ${user}`;
    if (isHeld && own.has(address)) return false;
    if (isHeld || isOwn) used += 1;
    else if (users.has(address) || own.has(address) || IN_USE.has(type)) return false;
  }
  return used === users.size + own.size;
}

const IN_USE: ReadonlySet<string> = new Set(['network', 'broadcast', 'gateway', 'instance']);

function isEntry(entry: NetworkEntry | undefined): entry is NetworkEntry {
  if (entry === undefined || !isObject(entry) || !isObject(entry.interfaces) || !Array.isArray(entry.addresses)) return false;
  return entry.addresses.every(isObject) && isMarked(entry);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isInterface(entry: InterfaceEntry | undefined): entry is InterfaceEntry {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    typeof entry.uuid === 'string' &&
    isUuid(entry.uuid) &&
    typeof entry.mac === 'string' &&
    isMac(entry.mac) &&
    isMarked(entry)
  );
}

function isMarked({ since, removed, incarnation }: NetworkEntry | InterfaceEntry): boolean {
  return (
    typeof since === 'string' &&
    isInstant(since) &&
    (removed === undefined || (typeof removed === 'string' && isInstant(removed))) &&
    Number.isSafeInteger(incarnation)
  );
}

function areNew(unique: Set<string | number>, ...values: readonly (string | number)[]): boolean {
  const before = unique.size;
  for (const value of values) unique.add(value);
  return unique.size === before + values.length;
}

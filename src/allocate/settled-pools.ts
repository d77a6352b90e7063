/** The glance at pools: has everybody that asks for an address of one just that, and nobody else any? */
import { type Cidr, canonicalIp, contains, parseCidr } from '../model/ip.ts';
import type { PoolEntry, PoolHolder } from '../model/ledger.ts';
import type { Ask, HolderAsk } from '../objects/object.ts';
import { type HolderKind, holderUser, isHeld, poolRouter } from './pools.ts';
import { isMarked, isObject, isReleasedList, listsExactly, ownUsers } from './settled-list.ts';
import { isKey } from './shape.ts';

const KINDS: readonly HolderKind[] = ['floating', 'routed'];

/**
 * How many asks a pool's entry answers; null when something is to be done.
 *
 * @param gateways  floating gateways that networks have of it: `gateway <user>` by address
 */
export function settledPool(name: string, entry: PoolEntry, asked: ReadonlyMap<string, Ask>, gateways: ReadonlyMap<string, string>): number | null {
  if (!isEntry(entry)) return null;
  const ask = asked.get(`pool ${name}`);
  if (ask?.for !== 'pool') return entry.removed !== undefined && gateways.size === 0 ? settledTomb(entry) : null;
  const range = parseCidr(ask.cidr);
  if (entry.removed !== undefined || entry.name !== name || range === null || entry.cidr !== range.text) return null;
  const users = new Map(gateways);
  let live = 0;
  for (const kind of KINDS) {
    for (const [id, holder] of Object.entries(entry[kind])) {
      const holds = settledHolder(id, holder, asked.get(`${kind} ${id}`), { name, range });
      if (holds === null || (holds && users.has(holder.address))) return null;
      if (!holds) continue;
      users.set(holder.address, `${kind} ${holderUser(kind, id)}`);
      live += 1;
    }
  }
  const isInside = [...gateways.keys()].every(address => contains(range, address));
  return isInside && listsExactly(entry.addresses, { own: ownUsers(range, poolRouter(ask, range), ''), users, reserved: ask.reserved }) ? live + 1 : null;
}

/** True: it has what it asks for. False: it is a tombstone. null: something is to be done. */
function settledHolder(id: string, holder: PoolHolder, ask: Ask | undefined, pool: { readonly name: string; readonly range: Cidr }): boolean | null {
  if (!isKey(id) || !isHolder(holder)) return null;
  if (ask === undefined) return holder.removed === undefined ? null : false;
  return hasAll(ask as HolderAsk, holder, pool) ? true : null;
}

function hasAll(ask: HolderAsk, { address, removed }: PoolHolder, { name, range }: { readonly name: string; readonly range: Cidr }): boolean {
  return removed === undefined && ask.pool === name && (ask.address === undefined || ask.address === address) && contains(range, address);
}

function settledTomb(entry: PoolEntry): number | null {
  const isBuried = KINDS.every(kind => Object.values(entry[kind]).every(holder => isHolder(holder) && holder.removed !== undefined));
  return isBuried && isReleasedList(entry.addresses, isHeld) ? 0 : null;
}

function isEntry(entry: PoolEntry | undefined): entry is PoolEntry {
  if (!isObject(entry) || !isObject(entry.floating) || !isObject(entry.routed) || !Array.isArray(entry.addresses)) return false;
  return entry.addresses.every(isObject) && isMarked(entry);
}

function isHolder(holder: PoolHolder | undefined): holder is PoolHolder {
  if (!isObject(holder) || typeof holder.address !== 'string' || canonicalIp(holder.address) !== holder.address) return false;
  return isMarked(holder) && (holder.incarnation === undefined || Number.isSafeInteger(holder.incarnation));
}

/** Turns what `ip -N -j -d`, `bridge -j` and `nft -j` print into rows, with the corrections that the contract of rows names. */
import type { FdbRow, LinkRow, NeighRow, NftJson, ProxyRow, RouteRow, RuleRow } from '../kinds/rows.ts';

type Raw = Readonly<Record<string, unknown>>;

/** Output of one `ip -j -batch` or `ip -j`: one array a line, without the empty objects that filters leave behind. */
export function arraysOf(stdout: string): readonly (readonly Raw[])[] {
  return stdout
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => withoutEmpty(JSON.parse(line)));
}

function withoutEmpty(value: unknown): readonly Raw[] {
  if (!Array.isArray(value)) throw new SyntaxError('not an array');
  return value.filter(isFull);
}

function isFull(row: unknown): row is Raw {
  if (typeof row !== 'object' || row === null) return false;
  for (const _ in row) return true;
  return false;
}

/** A link as it was printed, with what the join of veth ends needs. */
export interface RawLink extends LinkRow {
  /** Index of the other end, when that is in another namespace. */
  readonly link_index?: number;
  /** Id that the reading namespace has for the namespace of the other end. */
  readonly link_netnsid?: number;
}

/** Links of `link show` with the addresses that `addr show` printed for them. */
export function withAddresses(links: readonly Raw[], addressed: readonly Raw[]): readonly RawLink[] {
  const found = new Map(addressed.map(row => [row.ifindex, row.addr_info]));
  return links.map(link => ({ ...link, addr_info: found.get(link.ifindex) ?? [] })) as unknown as readonly RawLink[];
}

/** Users that own taps, as `ip` prints them: names where there is one, else numbers. */
export function tapUsers(links: readonly RawLink[]): readonly string[] {
  return links.flatMap(link => {
    const user = tapUser(link);
    return typeof user === 'string' ? [user] : [];
  });
}

/** Puts the uid of a tap's owner into the row. A name without uid (removed meanwhile) leaves the owner out; one that nobody answered for is told. */
export function withOwner(link: RawLink, uids: ReadonlyMap<string, number>, unanswered?: ReadonlySet<string>): RawLink {
  const user = tapUser(link);
  if (typeof user === 'string' && unanswered?.has(user)) return { ...link, ownerUnanswered: true };
  const uid = typeof user === 'string' ? uids.get(user) : user;
  return uid === undefined ? link : { ...link, owner: uid };
}

function tapUser(link: RawLink): string | number | undefined {
  if (link.linkinfo?.info_kind !== 'tun') return undefined;
  const user = link.linkinfo.info_data?.user;
  return typeof user === 'string' || typeof user === 'number' ? user : undefined;
}

const KERNEL_MADE: ReadonlySet<unknown> = new Set(['2', '9']);

/** Routes without those that the kernel made (protocols kernel and ra), with their family. */
export function routesOf(rows: readonly Raw[]): readonly RouteRow[] {
  return rows.filter(row => !KERNEL_MADE.has(row.protocol)).map(row => ({ ...row, family: familyOf(row) }) as unknown as RouteRow);
}

// `ip -j` does not say it. Routes of IPv6 always carry `pref`.
function familyOf(row: Raw): 'inet' | 'inet6' {
  const six = [row.dst, row.gateway].some(text => typeof text === 'string' && text.includes(':'));
  return six || row.pref !== undefined ? 'inet6' : 'inet';
}

/** Permanent neighbours as they are printed. */
export function neighsOf(rows: readonly Raw[]): readonly NeighRow[] {
  return rows as unknown as readonly NeighRow[];
}

/** Proxy neighbours as they are printed, without the word that says that they are. */
export function proxiesOf(rows: readonly Raw[]): readonly ProxyRow[] {
  return rows.map(({ proxy: _, ...row }) => row) as unknown as readonly ProxyRow[];
}

/** Rules as they are printed; protocol 0 is said by nobody. */
export function rulesOf(rows: readonly Raw[]): readonly RuleRow[] {
  return rows.map(({ protocol, ...row }) => (protocol === undefined || protocol === '0' ? row : { ...row, protocol })) as unknown as readonly RuleRow[];
}

/** Forwarding entries of bridges and vxlans as they are printed. */
export function fdbOf(rows: readonly Raw[]): readonly FdbRow[] {
  return rows as unknown as readonly FdbRow[];
}

/** Objects of `nft -j`, without the `metainfo`. */
export function nftObjects(stdout: string): readonly Raw[] {
  const value = JSON.parse(stdout) as { readonly nftables?: unknown };
  return withoutEmpty(value.nftables).filter(row => row.metainfo === undefined);
}

/** A table's objects as values that can be compared: without handles, indexes and what counters count. */
export function tableRows(objects: readonly Raw[]): readonly NftJson[] {
  return objects.filter(row => row.table === undefined).map(row => settled(row as NftJson));
}

// Sets have thousands of elements, so this is written as a loop.
function settled(value: NftJson): NftJson {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(settled);
  const kept: Record<string, NftJson> = {};
  for (const [key, inner] of Object.entries(value)) {
    // An anonymous counter is nothing but its numbers.
    if (!MOVING.has(key)) kept[key] = key === 'counter' ? counterOf(inner) : settled(inner);
  }
  return kept;
}

const MOVING: ReadonlySet<string> = new Set(['handle', 'index']);

function counterOf(value: NftJson): NftJson {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const rest = Object.entries(value).filter(([key]) => !MOVING.has(key) && key !== 'packets' && key !== 'bytes');
  return rest.length === 0 ? null : Object.fromEntries(rest);
}

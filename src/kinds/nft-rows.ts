/**
 * The one form of an nft table's rows that is compared: what `nft -j` prints without handles and counts, sets as
 * multisets, objects in a fixed order. Never fails: a table that somebody altered may hold anything.
 */
import type { NftJson } from './rows.ts';

type Body = { readonly [key: string]: NftJson };

const ORDER = ['set', 'map', 'chain', 'rule'];

/** Names that nft reads from /etc/protocols, where there is one, and numbers otherwise. */
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'ipv6-icmp' };

/** Sorted: sets, maps and chains by name, then rules chain by chain, in their own order. */
export function canonicalRows(rows: readonly NftJson[]): readonly NftJson[] {
  const found = rows.map(canonicalRow).filter(row => row.type !== 'table' && row.type !== 'metainfo');
  return found.sort((a, b) => rank(a) - rank(b) || compare(a.key, b.key)).map(row => ({ [row.type]: row.body }));
}

interface Row {
  readonly type: string;
  /** The name; of a rule its chain, so that a stable sort keeps the order inside. */
  readonly key: string;
  readonly body: NftJson;
}

function rank(row: Row): number {
  const at = ORDER.indexOf(row.type);
  return at < 0 ? ORDER.length : at;
}

function canonicalRow(row: NftJson): Row {
  const [type = '', body = null] = Object.entries(asBody(row))[0] ?? [];
  const { handle: _, index: __, ...rest } = asBody(body);
  if (type === 'rule') return { type, key: String(rest.chain), body: { ...rest, expr: asList(rest.expr).map(canonical) } };
  if (type === 'set' || type === 'map') return { type, key: String(rest.name), body: sortedKeys(canonicalSet(rest)) };
  return { type, key: String(rest.name ?? ''), body: sortedKeys(rest) };
}

function canonicalSet(body: Body): Body {
  const { elem, flags, ...rest } = body;
  const isInteger = [rest.type].flat().includes('integer');
  const elements = asList(elem).map(one => canonical(isInteger ? hexNumbers(one) : one));
  return {
    ...rest,
    ...(asList(flags).length > 0 ? { flags: sortedByText(asList(flags)) } : {}),
    ...(elements.length > 0 ? { elem: sortedByText(elements) } : {}),
  };
}

/** Small integers are printed as numbers and large ones as hex; here all of them are hex. */
function hexNumbers(value: NftJson): NftJson {
  if (typeof value === 'number') return `0x${value.toString(16)}`;
  if (Array.isArray(value)) return value.map(hexNumbers);
  if (!isBody(value) || 'prefix' in value) return value;
  return mapped(value, hexNumbers);
}

function mapped(body: Body, change: (value: NftJson) => NftJson): NftJson {
  const changed: { [key: string]: NftJson } = {};
  for (const key of Object.keys(body)) changed[key] = change(body[key] ?? null);
  return changed;
}

function canonical(value: NftJson): NftJson {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isBody(value)) return value;
  // The elements of large sets, ahead of everything that is rare.
  if (Array.isArray(value.concat)) return { concat: value.concat.map(canonical) };
  if ('counter' in value) return { counter: null };
  if ('set' in value && Array.isArray(value.set)) return { set: sortedByText(value.set.map(canonical)) };
  if ('prefix' in value) return canonicalPrefix(value);
  if ('range' in value) return canonicalRange(value);
  if ('match' in value) return { match: canonicalMatch(asBody(value.match ?? null)) };
  return mapped(value, canonical);
}

function canonicalMatch(match: Body): NftJson {
  const { left = null, right = null } = match;
  const meta = asBody(asBody(left).meta ?? null).key;
  const named = meta === 'l4proto' && typeof right === 'number' ? (PROTOCOLS[right] ?? right) : right;
  return { ...match, left: canonical(left), right: canonical(named) };
}

function canonicalPrefix(value: Body): NftJson {
  const { addr = null, len = null } = asBody(value.prefix ?? null);
  const whole = typeof addr === 'string' && len === (addr.includes(':') ? 128 : 32);
  return whole ? addr : { prefix: { addr, len } };
}

function canonicalRange(value: Body): NftJson {
  const [first = null, last = null] = asList(value.range);
  return first === last ? first : { range: [first, last] };
}

function sortedKeys(body: Body): NftJson {
  return Object.fromEntries(Object.entries(body).sort(([a], [b]) => compare(a, b)));
}

// The texts are made once: sets may have thousands of elements, most of them pairs.
function sortedByText(values: readonly NftJson[]): NftJson[] {
  const texts = values.map(value => ({ value, text: textOf(value) }));
  return texts.sort((a, b) => compare(a.text, b.text)).map(({ value }) => value);
}

function textOf(value: NftJson): string {
  return JSON.stringify(isBody(value) && !('concat' in value) ? sortedDeep(value) : value);
}

function sortedDeep(value: NftJson): NftJson {
  if (Array.isArray(value)) return value.map(sortedDeep);
  return isBody(value) ? sortedKeys(mapped(value, sortedDeep) as Body) : value;
}

function compare(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

function asList(value: NftJson | undefined): readonly NftJson[] {
  return Array.isArray(value) ? value : [];
}

function asBody(value: NftJson): Body {
  return isBody(value) ? value : {};
}

function isBody(value: NftJson): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Words to build nft tables with, in the form in which `nft -j` lists them. */
import { canonicalRows } from './nft-rows.ts';
import type { NftJson, NftTable } from './rows.ts';

export const DROP: NftJson = { drop: null };
export const IIFNAME: NftJson = meta('iifname');

/** `meta <key>`. */
export function meta(key: string): NftJson {
  return { meta: { key } };
}

/** A header field: `udp dport`. */
export function payload(protocol: string, field: string): NftJson {
  return { payload: { protocol, field } };
}

/** `a . b`, to be looked up in a set of pairs. */
export function pair(a: NftJson, b: NftJson): NftJson {
  return { concat: [a, b] };
}

/** `left right`; `@name` on the right is a set. */
export function equals(left: NftJson, right: NftJson): NftJson {
  return { match: { op: '==', left, right } };
}

/** `left != right`. */
export function differs(left: NftJson, right: NftJson): NftJson {
  return { match: { op: '!=', left, right } };
}

/** `goto <chain>`. */
export function goto(target: string): NftJson {
  return { goto: { target } };
}

/** What a table under construction takes. */
export interface TableBuilder {
  set(name: string, type: string | readonly string[], elements: readonly NftJson[], flags?: readonly string[]): void;
  /** A base chain; policy accept. */
  hook(name: string, hook: string, priority: number): void;
  chain(name: string): void;
  rule(chain: string, expr: readonly NftJson[], comment?: string): void;
  table(): NftTable;
}

/** An empty table; what is put in comes out as canonical rows. */
export function buildTable(family: NftTable['family'], table: string): TableBuilder {
  const rows: NftJson[] = [];
  const at = { family, table };
  return {
    set: (name, type, elem, flags = []) => {
      rows.push({ set: { family, name, table, type, flags, elem: distinct(elem) } });
    },
    hook: (name, hook, prio) => {
      rows.push({ chain: { ...at, name, type: 'filter', hook, prio, policy: 'accept' } });
    },
    chain: name => {
      rows.push({ chain: { ...at, name } });
    },
    rule: (chain, expr, comment) => {
      rows.push({ rule: { ...at, chain, ...(comment === undefined ? {} : { comment }), expr } });
    },
    table: () => ({ family, name: table, rows: canonicalRows(rows) }),
  };
}

function distinct(elements: readonly NftJson[]): readonly NftJson[] {
  return [...new Map(elements.map(element => [JSON.stringify(element), element])).values()];
}

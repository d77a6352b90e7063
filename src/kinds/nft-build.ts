/** Words to build nft tables with, in the form in which `nft -j` lists them. */
import { canonicalRows } from './nft-rows.ts';
import type { NftJson, NftTable } from './rows.ts';

export const DROP: NftJson = { drop: null };
export const ACCEPT: NftJson = { accept: null };
export const RETURN: NftJson = { return: null };
export const IIFNAME: NftJson = meta('iifname');
export const OIFNAME: NftJson = meta('oifname');

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

/** `ct <key>`; `original` asks the packet that began the flow. */
export function ct(key: string, dir?: 'original'): NftJson {
  return { ct: { key, ...(dir === undefined ? {} : { dir }) } };
}

/** `ct state new`, `ct status dnat`: one flag, or any of several. */
export function has(left: NftJson, flags: NftJson): NftJson {
  return { match: { op: 'in', left, right: flags } };
}

/** `<key> map @<name>`: what the map says for a key; a packet whose key is not in it ends the rule. */
export function mapped(key: NftJson, map: string): NftJson {
  return { map: { key, data: `@${map}` } };
}

/** `<key> set <value>`. */
export function mangle(key: NftJson, value: NftJson): NftJson {
  return { mangle: { key, value } };
}

/** An address or a prefix as a rule compares it: `192.0.2.10`, `10.0.0.0/24`. */
export function addressValue(text: string): NftJson {
  const [addr = '', len] = text.split('/');
  return len === undefined || len === '32' ? addr : { prefix: { addr, len: Number(len) } };
}

/** `goto <chain>`. */
export function goto(target: string): NftJson {
  return { goto: { target } };
}

/** What a table under construction takes. */
export interface TableBuilder {
  set(name: string, type: string | readonly string[], elements: readonly NftJson[], flags?: readonly string[]): void;
  /** `map <name>`: pairs of a key and what it stands for. */
  map(name: string, types: { readonly key: string; readonly value: string }, elements: readonly (readonly [NftJson, NftJson])[]): void;
  /** A base chain; policy accept. */
  hook(name: string, hook: string, priority: number, type?: 'filter' | 'nat'): void;
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
    map: (name, { key, value }, elem) => {
      rows.push({ map: { family, name, table, type: key, map: value, elem } });
    },
    hook: (name, hook, prio, type = 'filter') => {
      rows.push({ chain: { ...at, name, type, hook, prio, policy: 'accept' } });
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

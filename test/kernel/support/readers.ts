/** Both ways to read the kernel, and what differs between what they say of the same moment. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { chooseReader } from '../../../src/host/choose-reader.ts';
import { commandReader } from '../../../src/host/command-reader.ts';
import { type ReadArgs, read } from '../../../src/host/read.ts';
import type { Reader } from '../../../src/host/reader.ts';
import { KINDS } from '../../../src/kinds/index.ts';
import type { Rows } from '../../../src/kinds/rows.ts';

export const byCommands: Reader = commandReader;

/** The other one. Throws where koffi is not installed. */
export async function byNetlink(): Promise<Reader> {
  const reader = await chooseReader(undefined);
  if (reader === commandReader) throw new Error('koffi is not installed');
  return reader;
}

/**
 * Fails with what differs: each field that netlink gives is the same in the command reader's rows, the fields of the contract are
 * in both or in neither, and what all kinds make of the rows is equal. What moves by itself meanwhile is looked at again.
 */
export async function expectSameRows(asks: Pick<ReadArgs, 'netnses' | 'keys'>, where = ''): Promise<void> {
  const netlink = await byNetlink();
  let found: readonly string[] = ['not read'];
  for (let tries = 0; tries < 6 && found.length > 0; tries++) {
    if (tries > 0) await sleep(40 * tries);
    const [theirs, ours] = [await read({ ...asks, reader: byCommands }), await read({ ...asks, reader: netlink })];
    found = [...differences(theirs, ours), ...parsedApart(theirs, ours)];
  }
  expect(found, where).toEqual([]);
}

/** What the command reader's rows say otherwise than those of netlink: places and values. */
export function differences(theirs: readonly Rows[], ours: readonly Rows[]): readonly string[] {
  return partsApart('rows', theirs, ours, '');
}

/** Fields of rows by what they are in; all that a kind may count on. Of other lists every field counts, of objects below a row none does. */
const CONTRACT: Readonly<Record<string, readonly string[]>> = {
  links: 'ifindex ifname flags mtu address ifalias group master inet6_addr_gen_mode operstate linkinfo peer owner addr_info link link_index'.split(' '),
  linkinfo: ['info_kind', 'info_slave_kind'],
  addr_info: 'family local prefixlen scope dynamic secondary mngtmpaddr'.split(' '),
  routes: 'family dst gateway dev protocol table metric scope type'.split(' '),
  neighs: 'dst dev lladdr protocol state'.split(' '),
  fdb: 'mac ifname flags master dst port vni viaIf state'.split(' '),
  info_data: [],
  info_slave_data: [],
};

function partsApart(at: string, theirs: unknown, ours: unknown, key: string): readonly string[] {
  if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length === ours.length) {
    return theirs.flatMap((value, nth) => partsApart(`${at}[${nth}]`, value, ours[nth], key));
  }
  if (!isObject(theirs) || !isObject(ours))
    return isDeepStrictEqual(theirs, ours) ? [] : [`${at}: ${JSON.stringify(theirs)}, by netlink ${JSON.stringify(ours)}`];
  const contract = CONTRACT[key];
  const needed = contract === undefined ? Object.keys(theirs) : contract.filter(field => theirs[field] !== undefined);
  const fields = [...new Set([...needed, ...Object.keys(ours)])].filter(field => !isDeepStrictEqual(theirs[field], ours[field]));
  return fields.flatMap(field => partsApart(`${at}.${field}`, theirs[field], ours[field], field));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsedApart(theirs: readonly Rows[], ours: readonly Rows[]): readonly string[] {
  const parsed = (all: readonly Rows[]) => all.flatMap(rows => [...KINDS.values()].flatMap(kind => kind.parse(rows)));
  const [one, other] = [parsed(theirs), parsed(ours)];
  if (isDeepStrictEqual(one, other)) return [];
  const told = new Set(other.map(found => JSON.stringify(found)));
  return ['the kinds see otherwise', ...one.map(found => JSON.stringify(found)).filter(text => !told.has(text))];
}

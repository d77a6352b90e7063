/**
 * The ledger on the status branch: one small file per network and per pool, one line per interface and per address, and a check of
 * them all, by which a hand is told. The same ledger gives the same text, byte for byte.
 */
import { createHash } from 'node:crypto';
import type { Ledger, NetworkEntry, PoolEntry } from '../model/ledger.ts';
import { isMap, type Json, type PlainDocument, parsePlainYaml, printPlainYaml } from '../model/plain-yaml.ts';
import { hex } from '../model/vxid.ts';
import { isLabel, type Shaped, shapeNetwork, shapePool } from './shape.ts';

export { mergeLedger } from './merge.ts';

/** What outlives the files of networks and pools. */
const MEMORY_FILE = 'allocations/memory.yaml';
const API = 'netloom.dev/v1';
const HEADING = 'Written by netloom: change the definitions, not this file.';

/** A file of the ledger that cannot be read, or that somebody edited; what it allocates is unknown, not free. */
export interface LedgerProblem {
  readonly path: string;
  /** 1-based; 0 when the whole file is meant. */
  readonly line: number;
  readonly message: string;
  /** Key of the network, or name of the pool, that it is about; '' when it is about none. */
  readonly about: string;
  /** It is whole, and says what this version does not know: a newer one wrote it. It is left as it is. */
  readonly isNewer?: true;
}

export interface ParsedLedger {
  /** Without the files that have problems. */
  readonly ledger: Ledger;
  readonly problems: readonly LedgerProblem[];
}

/** Path and text of every file of a ledger, by path: `allocations/networks/<namespace>/<network>.yaml`, `allocations/pools/<pool>.yaml`. */
export function ledgerFiles(ledger: Ledger): ReadonlyMap<string, string> {
  const networks = Object.entries(ledger.networks).map(([key, entry]) => [`allocations/networks/${key}.yaml`, networkText(entry)] as const);
  const pools = Object.entries(ledger.pools ?? {}).map(([name, entry]) => [`allocations/pools/${name}.yaml`, poolText(entry)] as const);
  const memory = ledger.incarnations === undefined ? [] : [[MEMORY_FILE, memoryText(ledger.incarnations)] as const];
  return new Map([...memory, ...networks, ...pools].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * What to write so that a branch with `files` says `ledger`: new text by path, null = delete. Files that are no part of a
 * ledger, those of a newer version, and those that cannot be read and are not in `ledger` either, are left alone.
 */
export function ledgerEdits(files: ReadonlyMap<string, string>, ledger: Ledger, problems: readonly LedgerProblem[] = []): ReadonlyMap<string, string | null> {
  const wanted = ledgerFiles(ledger);
  const broken = new Set(problems.map(problem => problem.path));
  const newer = new Set(problems.filter(({ isNewer }) => isNewer).map(problem => problem.path));
  const edits = new Map<string, string | null>([...wanted].filter(([path, text]) => files.get(path) !== text && !newer.has(path)));
  for (const path of files.keys()) if (subjectOf(path) !== null && !wanted.has(path) && !broken.has(path)) edits.set(path, null);
  return edits;
}

/** Reads the files of a ledger strictly; paths that are no part of one are ignored. Throws nothing. */
export function parseLedger(files: ReadonlyMap<string, string>): ParsedLedger {
  const networks: Record<string, NetworkEntry> = {};
  const pools: Record<string, PoolEntry> = {};
  const problems: LedgerProblem[] = [];
  const isChecked = [...files].some(([path, text]) => subjectOf(path) !== null && CHECK.test(text));
  for (const path of [...files.keys()].sort()) {
    const subject = subjectOf(path);
    if (subject === null) continue;
    const { key, isPool } = subject;
    const text = files.get(path) ?? '';
    const wrong = handIn(text, isChecked);
    const shaped = isPool ? parsePool(text, key) : parseNetwork(text, key);
    // What cannot be read at all says more about what happened.
    const read = wrong === null || 'problem' in shaped ? shaped : { problem: wrong };
    if ('problem' in read) problems.push({ path, about: key, ...read.problem, ...byNewer(text, wrong) });
    else if ('vxid' in read.entry) networks[key] = read.entry;
    else pools[key] = read.entry;
  }
  const memory = parseMemory(files.get(MEMORY_FILE));
  if (memory === null) problems.push({ path: MEMORY_FILE, about: '', line: 0, message: 'incarnations is no whole number' });
  const isRemembering = memory !== null && memory !== undefined;
  return {
    ledger: { networks, ...(Object.keys(pools).length === 0 ? {} : { pools }), ...(isRemembering ? { incarnations: memory } : {}) },
    problems,
  };
}

interface Subject {
  /** `namespace/name` of a network, `name` of a pool. */
  readonly key: string;
  readonly isPool: boolean;
}

/** What a file of the ledger is about; null for other paths. */
function subjectOf(path: string): Subject | null {
  const match = /^allocations\/(?:networks\/([^/]+)|pools)\/([^/]+)\.yaml$/.exec(path);
  if (match === null) return null;
  const [, namespace, name = ''] = match;
  if (!isLabel(name) || (namespace !== undefined && !isLabel(namespace))) return null;
  return namespace === undefined ? { key: name, isPool: true } : { key: `${namespace}/${name}`, isPool: false };
}

function networkText({ namespace, name, uuid, vxid, ...rest }: NetworkEntry): string {
  const document = { apiVersion: API, kind: 'NetworkAllocation', namespace, name, uuid, vxid, vxidHex: `0x${hex(vxid)}`, ...rest };
  return withCheck(printPlainYaml(document as unknown as PlainDocument, HEADING));
}

function poolText(entry: PoolEntry): string {
  return withCheck(printPlainYaml({ apiVersion: API, kind: 'PoolAllocation', ...entry } as unknown as PlainDocument, HEADING));
}

function memoryText(incarnations: number): string {
  return printPlainYaml({ apiVersion: API, kind: 'AllocationMemory', incarnations }, HEADING);
}

/** The last line of a file. */
const CHECK = /^check:(.*)$/m;

// No secret: it tells a hand, or a merge, from netloom, and keeps nobody out who can write the branch.
function withCheck(text: string): string {
  return `${text}check: sha256-${createHash('sha256').update(text).digest('hex').slice(0, 32)}\n`;
}

/** Why a file is not as netloom wrote it; null when it is. Files of the time before checks have none, none of them. */
function handIn(text: string, isChecked: boolean): { readonly line: number; readonly message: string } | null {
  const at = CHECK.exec(text)?.index;
  if (at === undefined) return isChecked ? { line: 0, message: 'its check is missing: it was edited by hand' } : null;
  return text === withCheck(text.slice(0, at)) ? null : { line: 0, message: 'its check does not fit: it was edited by hand' };
}

// A hand makes no check that fits.
function byNewer(text: string, wrong: unknown): { readonly isNewer?: true } {
  return wrong === null && CHECK.test(text) ? { isNewer: true } : {};
}

type Read<T> = { readonly entry: T } | { readonly problem: { readonly line: number; readonly message: string } };

function parseNetwork(text: string, key: string): Read<NetworkEntry> {
  return parseEntry(text, 'NetworkAllocation', ({ vxidHex, ...fields }) => {
    const shaped = shapeNetwork(fields, key);
    if (vxidHex === undefined || vxidHex === `0x${hex(shaped.entry.vxid)}`) return shaped;
    return { ...shaped, problems: ['vxid and vxidHex are not the same number'] };
  });
}

function parsePool(text: string, key: string): Read<PoolEntry> {
  return parseEntry(text, 'PoolAllocation', fields => shapePool(fields, key));
}

function parseEntry<T>(text: string, wanted: string, shape: (fields: Record<string, Json>) => Shaped<T>): Read<T> {
  const read = parsePlainYaml(text);
  if ('error' in read) return { problem: read.error };
  const { apiVersion, kind, check: _, ...fields } = read.value as Record<string, Json>;
  if (apiVersion !== API || kind !== wanted) return { problem: { line: 0, message: `this is no ${API} ${wanted}` } };
  const { entry, problems } = shape(fields);
  const [first] = problems;
  if (first === undefined) return { entry };
  return { problem: { line: 0, message: problems.length === 1 ? first : `${first} (and ${problems.length - 1} more)` } };
}

function parseMemory(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  const read = parsePlainYaml(text);
  const found = 'value' in read && isMap(read.value) ? read.value.incarnations : undefined;
  return typeof found === 'number' && Number.isSafeInteger(found) && found >= 0 ? found : null;
}

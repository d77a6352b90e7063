/**
 * The ledger on the status branch: one small file per network, one line per interface and per address. The same ledger
 * gives the same text, byte for byte.
 */
import type { Ledger, NetworkEntry } from '../model/ledger.ts';
import { isMap, type Json, type PlainDocument, parsePlainYaml, printPlainYaml } from '../model/plain-yaml.ts';
import { hex } from '../model/vxid.ts';
import { isLabel, shapeNetwork } from './shape.ts';

export { mergeLedger } from './merge.ts';

const FOLDER = 'allocations/networks';
/** What outlives the networks' own files. */
const MEMORY_FILE = 'allocations/memory.yaml';
const API = 'netloom.dev/v1';
const HEADING = 'Written by netloom: change the definitions, not this file.';

/** A file of the ledger that cannot be read; what it allocates is unknown, not free. */
export interface LedgerProblem {
  readonly path: string;
  /** 1-based; 0 when the whole file is meant. */
  readonly line: number;
  readonly message: string;
  /** The network that it is about; '' when it is about none. */
  readonly network: string;
}

export interface ParsedLedger {
  /** Without the files that have problems. */
  readonly ledger: Ledger;
  readonly problems: readonly LedgerProblem[];
}

/** Path and text of every file of a ledger, by path: `allocations/networks/<namespace>/<network>.yaml`. */
export function ledgerFiles(ledger: Ledger): ReadonlyMap<string, string> {
  const files = Object.keys(ledger.networks).map(key => [pathOf(key), networkText(ledger.networks[key] as NetworkEntry)] as const);
  const memory = ledger.incarnations === undefined ? [] : [[MEMORY_FILE, memoryText(ledger.incarnations)] as const];
  return new Map([...memory, ...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * What to write so that a branch with `files` says `ledger`: new text by path, null = delete. Files that are no part of a
 * ledger, and those that cannot be read and are not in `ledger` either, are left alone.
 */
export function ledgerEdits(files: ReadonlyMap<string, string>, ledger: Ledger, problems: readonly LedgerProblem[] = []): ReadonlyMap<string, string | null> {
  const wanted = ledgerFiles(ledger);
  const broken = new Set(problems.map(problem => problem.path));
  const edits = new Map<string, string | null>([...wanted].filter(([path, text]) => files.get(path) !== text));
  for (const path of files.keys()) if (keyOf(path) !== null && !wanted.has(path) && !broken.has(path)) edits.set(path, null);
  return edits;
}

/** Reads the files of a ledger strictly; paths that are no part of one are ignored. Throws nothing. */
export function parseLedger(files: ReadonlyMap<string, string>): ParsedLedger {
  const networks: Record<string, NetworkEntry> = {};
  const problems: LedgerProblem[] = [];
  const paths = [...files.keys()].filter(path => keyOf(path) !== null).sort();
  for (const path of paths) {
    const key = keyOf(path) ?? '';
    const read = parseNetwork(files.get(path) ?? '', key);
    if ('problem' in read) problems.push({ path, network: key, ...read.problem });
    else networks[key] = read.entry;
  }
  const memory = parseMemory(files.get(MEMORY_FILE));
  if (memory === null) problems.push({ path: MEMORY_FILE, network: '', line: 0, message: 'incarnations is no whole number' });
  return { ledger: memory === null || memory === undefined ? { networks } : { networks, incarnations: memory }, problems };
}

function pathOf(key: string): string {
  return `${FOLDER}/${key}.yaml`;
}

/** `namespace/name` of a network's file; null for other paths. */
function keyOf(path: string): string | null {
  const match = /^allocations\/networks\/([^/]+)\/([^/]+)\.yaml$/.exec(path);
  return match !== null && isLabel(match[1] ?? '') && isLabel(match[2] ?? '') ? `${match[1]}/${match[2]}` : null;
}

function networkText({ namespace, name, uuid, vxid, ...rest }: NetworkEntry): string {
  const document = { apiVersion: API, kind: 'NetworkAllocation', namespace, name, uuid, vxid, vxidHex: `0x${hex(vxid)}`, ...rest };
  return printPlainYaml(document as unknown as PlainDocument, HEADING);
}

function memoryText(incarnations: number): string {
  return printPlainYaml({ apiVersion: API, kind: 'AllocationMemory', incarnations }, HEADING);
}

function parseNetwork(text: string, key: string): { entry: NetworkEntry } | { problem: { line: number; message: string } } {
  const read = parsePlainYaml(text);
  if ('error' in read) return { problem: read.error };
  const { apiVersion, kind, vxidHex, ...fields } = read.value as Record<string, Json>;
  if (apiVersion !== API || kind !== 'NetworkAllocation') return { problem: { line: 0, message: `this is no ${API} NetworkAllocation` } };
  const { entry, problems } = shapeNetwork(fields, key);
  if (vxidHex !== undefined && vxidHex !== `0x${hex(entry.vxid)}`) return { problem: { line: 0, message: 'vxid and vxidHex are not the same number' } };
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

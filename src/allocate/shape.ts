/**
 * What a ledger entry must look like, for both who reads: the status branch (every problem is told, the file is refused)
 * and allocation (what is wrong is dropped, the rest is kept). Field order here is the order in the files.
 */
import { canonicalIp, parseCidr } from '../model/ip.ts';
import type { AddressEntry, AddressType, InterfaceEntry, NetworkEntry } from '../model/ledger.ts';
import { isVxid } from '../model/vxid.ts';

/** A value that passed, and everything that did not: `interfaces default/web: mac "x" is none`. */
export interface Shaped<T> {
  readonly entry: T;
  readonly problems: readonly string[];
}

/**
 * Reads one network's entry from anything. Where a field is wrong its place is taken by nothing: uuid '', vxid 0, since
 * '', interfaces and addresses left out. Never throws.
 */
export function shapeNetwork(raw: unknown, key: string): Shaped<NetworkEntry> {
  const read = reader(raw, '');
  const [namespace = '', name = ''] = key.split('/');
  if (read.text('namespace', isLabel, '') !== namespace || read.text('name', isLabel, '') !== name) read.problem(`this is not the entry of ${key}`);
  const cidr = read.optional('cidr', text => parseCidr(text)?.text === text);
  const removed = read.optional('removed', isInstant);
  const entry: NetworkEntry = {
    namespace,
    name,
    uuid: read.text('uuid', isUuid, ''),
    vxid: read.number('vxid', isVxid, 0),
    incarnation: read.number('incarnation', isCount, 0),
    since: read.text('since', isInstant, ''),
    ...(removed === undefined ? {} : { removed }),
    from: read.text('from', isText, ''),
    ...(cidr === undefined ? {} : { cidr }),
    ...shapeRouter(read),
    interfaces: Object.fromEntries(read.map('interfaces').flatMap(([id, item]) => shapeInterface(read, id, item))),
    addresses: onceEach(
      read.list('addresses').flatMap((item, at) => shapeAddress(read, item, at)),
      read,
    ),
  };
  read.known([...Object.keys(entry), 'cidr', 'router', 'removed']);
  return { entry, problems: read.problems };
}

/** An instant as ledgers carry it: `2026-11-21T10:00:00Z`. */
export function isInstant(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** A DNS-1123 label. */
export function isLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

/** `namespace/name`. */
export function isKey(text: string): boolean {
  const parts = text.split('/');
  return parts.length === 2 && parts.every(isLabel);
}

const TYPES: ReadonlySet<string> = new Set<AddressType>([
  'network',
  'broadcast',
  'gateway',
  'instance',
  'floating',
  'routed',
  'reserved',
  'quarantine',
  'remembered',
]);

function shapeRouter(above: Reader): { router?: { address: string; mac: string } } {
  const raw = above.value('router');
  if (raw === undefined) return {};
  const read = reader(raw, 'router: ', above.problems);
  const router = { address: read.text('address', isIp, ''), mac: read.text('mac', isMac, '') };
  read.known(Object.keys(router));
  return router.address === '' || router.mac === '' ? {} : { router };
}

function shapeInterface(above: Reader, id: string, raw: unknown): readonly (readonly [string, InterfaceEntry])[] {
  const read = reader(raw, `interfaces ${id}: `, above.problems);
  if (!isKey(id)) return read.problem('this is no namespace/name');
  const node = read.optional('node', isLabel);
  const address = read.optional('address', isIp);
  const removed = read.optional('removed', isInstant);
  const entry: InterfaceEntry = {
    uuid: read.text('uuid', isUuid, ''),
    mac: read.text('mac', isMac, ''),
    ...(node === undefined ? {} : { node }),
    ...(address === undefined ? {} : { address }),
    incarnation: read.number('incarnation', isCount, 0),
    since: read.text('since', isInstant, ''),
    ...(removed === undefined ? {} : { removed }),
    from: read.text('from', isText, ''),
  };
  read.known([...Object.keys(entry), 'node', 'address', 'removed']);
  return [[id, entry]];
}

function shapeAddress(above: Reader, raw: unknown, at: number): readonly AddressEntry[] {
  const read = reader(raw, `addresses ${at + 1}: `, above.problems);
  const entry: AddressEntry = {
    address: read.text('address', isIp, ''),
    type: read.text('type', text => TYPES.has(text), 'reserved') as AddressType,
    user: read.text('user', isText, ''),
    comment: read.text('comment', isText, ''),
    since: read.text('since', isInstant, ''),
  };
  read.known(Object.keys(entry));
  return entry.address === '' ? [] : [entry];
}

function onceEach(addresses: readonly AddressEntry[], read: Reader): readonly AddressEntry[] {
  const seen = new Set<string>();
  return addresses.filter(({ address }) => {
    if (seen.has(address)) read.problem(`addresses: ${address} is there twice`);
    const isFirst = !seen.has(address);
    seen.add(address);
    return isFirst;
  });
}

function isText(): boolean {
  return true;
}

function isIp(text: string): boolean {
  return canonicalIp(text) === text;
}

/** A MAC in its one spelling. */
export function isMac(text: string): boolean {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** A uuid that netloom made: version 8, with its tag. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-6e6c6d[0-9a-f]{6}$/.test(text);
}

interface Reader {
  readonly problems: string[];
  problem(message: string): [];
  value(field: string): unknown;
  text(field: string, isRight: (text: string) => boolean, otherwise: string): string;
  optional(field: string, isRight: (text: string) => boolean): string | undefined;
  number(field: string, isRight: (value: number) => boolean, otherwise: number): number;
  map(field: string): readonly (readonly [string, unknown])[];
  list(field: string): readonly unknown[];
  known(fields: readonly string[]): void;
}

function reader(raw: unknown, where: string, problems: string[] = []): Reader {
  const isObject = typeof raw === 'object' && raw !== null && !Array.isArray(raw);
  const map: Readonly<Record<string, unknown>> = isObject ? (raw as Record<string, unknown>) : {};
  const problem = (message: string): [] => {
    problems.push(`${where}${message}`);
    return [];
  };
  const value = (field: string): unknown => (Object.hasOwn(map, field) ? map[field] : undefined);
  const wrong = (field: string): void => {
    const found = value(field);
    problem(found === undefined ? `${field} is missing` : `${field} is wrong${typeof found === 'object' ? '' : `: ${JSON.stringify(found).slice(0, 60)}`}`);
  };
  const checked = <T>(field: string, isRight: (found: unknown) => boolean, otherwise: T): T => {
    if (isRight(value(field))) return value(field) as T;
    wrong(field);
    return otherwise;
  };
  if (!isObject) problem('this is no map');
  return {
    problems,
    problem,
    value,
    text: (field, isRight, otherwise) => checked(field, found => typeof found === 'string' && isRight(found), otherwise),
    optional: (field, isRight) =>
      value(field) === undefined ? undefined : checked<string | undefined>(field, found => typeof found === 'string' && isRight(found), undefined),
    number: (field, isRight, otherwise) => checked(field, found => typeof found === 'number' && isRight(found), otherwise),
    map: field => Object.entries(checked<object>(field, found => typeof found === 'object' && found !== null && !Array.isArray(found), {})),
    list: field => checked<readonly unknown[]>(field, Array.isArray, []),
    known: fields => {
      for (const field of Object.keys(map)) if (!fields.includes(field)) problem(`${field} is no field that this version knows`);
    },
  };
}

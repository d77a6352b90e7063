/**
 * What a ledger entry must look like, for both who reads: the status branch (every problem is told, the file is refused)
 * and allocation (what is wrong is dropped, the rest is kept). Field order here is the order in the files.
 */
import { canonicalIp, parseCidr, parseIpRange } from '../model/ip.ts';
import type { AddressEntry, AddressType, GatewayEntry, InterfaceEntry, NetworkEntry, PoolEntry, PoolHolder } from '../model/ledger.ts';
import { isVxid } from '../model/vxid.ts';
import { type Reader, reader } from './reader.ts';
import { rangeText } from './space.ts';

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
    ...shapeGateway(read),
    ...shapeFloatingGateway(read),
    interfaces: Object.fromEntries(read.map('interfaces').flatMap(([id, item]) => shapeInterface(read, id, item))),
    addresses: shapeAddresses(read),
  };
  read.known([...Object.keys(entry), 'cidr', 'router', 'gateway', 'floatingGateway', 'removed']);
  return { entry, problems: read.problems };
}

/** Reads one pool's entry from anything, as `shapeNetwork` does; a cidr that is none becomes ''. */
export function shapePool(raw: unknown, key: string): Shaped<PoolEntry> {
  const read = reader(raw, '');
  if (read.text('name', isLabel, '') !== key) read.problem(`this is not the entry of ${key}`);
  const removed = read.optional('removed', isInstant);
  const entry: PoolEntry = {
    name: key,
    cidr: read.text('cidr', text => parseCidr(text)?.text === text, ''),
    since: read.text('since', isInstant, ''),
    ...(removed === undefined ? {} : { removed }),
    from: read.text('from', isText, ''),
    floating: Object.fromEntries(read.map('floating').flatMap(([id, item]) => shapeHolder(read, `floating ${id}`, id, item))),
    routed: Object.fromEntries(read.map('routed').flatMap(([id, item]) => shapeHolder(read, `routed ${id}`, id, item))),
    addresses: shapeAddresses(read),
  };
  read.known([...Object.keys(entry), 'removed']);
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

function shapeGateway(above: Reader): { gateway?: GatewayEntry } {
  const raw = above.value('gateway');
  if (raw === undefined) return {};
  const read = reader(raw, 'gateway: ', above.problems);
  const former = read.optional('former', isLabel);
  const gateway = { node: read.text('node', isLabel, ''), since: read.text('since', isInstant, ''), ...(former === undefined ? {} : { former }) };
  read.known([...Object.keys(gateway), 'former']);
  return gateway.node === '' || gateway.since === '' ? {} : { gateway };
}

function shapeFloatingGateway(above: Reader): { floatingGateway?: { pool: string; address: string } } {
  const raw = above.value('floatingGateway');
  if (raw === undefined) return {};
  const read = reader(raw, 'floatingGateway: ', above.problems);
  const floatingGateway = { pool: read.text('pool', isLabel, ''), address: read.text('address', isIp, '') };
  read.known(Object.keys(floatingGateway));
  return floatingGateway.pool === '' || floatingGateway.address === '' ? {} : { floatingGateway };
}

function shapeHolder(above: Reader, where: string, id: string, raw: unknown): readonly (readonly [string, PoolHolder])[] {
  const read = reader(raw, `${where}: `, above.problems);
  if (!isKey(id)) return read.problem('this is no namespace/name');
  const removed = read.optional('removed', isInstant);
  const incarnation = read.value('incarnation') === undefined ? undefined : read.number('incarnation', isCount, 0);
  const entry: PoolHolder = {
    address: read.text('address', isIp, ''),
    ...(incarnation === undefined ? {} : { incarnation }),
    since: read.text('since', isInstant, ''),
    ...(removed === undefined ? {} : { removed }),
    from: read.text('from', isText, ''),
  };
  read.known([...Object.keys(entry), 'incarnation', 'removed']);
  return entry.address === '' ? [] : [[id, entry]];
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
    ...shapeMigrating(read),
    ...(address === undefined ? {} : { address }),
    incarnation: read.number('incarnation', isCount, 0),
    since: read.text('since', isInstant, ''),
    ...(removed === undefined ? {} : { removed }),
    from: read.text('from', isText, ''),
  };
  read.known([...Object.keys(entry), 'node', 'migrating', 'address', 'removed']);
  return [[id, entry]];
}

function shapeMigrating(above: Reader): Pick<InterfaceEntry, 'migrating'> {
  const raw = above.value('migrating');
  if (raw === undefined) return {};
  const read = reader(raw, 'migrating: ', above.problems);
  const migrating = { to: read.text('to', isLabel, ''), since: read.text('since', isInstant, '') };
  read.known(Object.keys(migrating));
  return migrating.to === '' || migrating.since === '' ? {} : { migrating };
}

function shapeAddresses(read: Reader): readonly AddressEntry[] {
  return onceEach(
    read.list('addresses').flatMap((item, at) => shapeAddress(read, item, at)),
    read,
  );
}

function shapeAddress(above: Reader, raw: unknown, at: number): readonly AddressEntry[] {
  const read = reader(raw, `addresses ${at + 1}: `, above.problems);
  const entry: AddressEntry = {
    address: read.text('address', read.value('type') === 'reserved' ? isIpOrRange : isIp, ''),
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

/** An address, or a range as lists show it. */
function isIpOrRange(text: string): boolean {
  const range = parseIpRange(text);
  return isIp(text) || (range !== null && rangeText(range) === text);
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

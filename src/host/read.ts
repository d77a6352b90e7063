/**
 * Reads what the kernel holds, whole or not at all: what a change cut short is read again. A namespace other than the node's own
 * that cannot be read is told of, and the others are read all the same.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Key } from '../kinds/kind.ts';
import { isOurGroup, isOurNamespace } from '../kinds/marks.ts';
import type { Rows } from '../kinds/rows.ts';
import { usualReader } from './choose-reader.ts';
import { HostError, type HostErrorCode } from './errors.ts';
import { inTurns } from './in-turns.ts';
import { joinPeers } from './join-peers.ts';
import { namespacesNow } from './namespace.ts';
import { readFiles, readServices } from './read-services.ts';
import { type RawReading, type Reader, TRIES } from './reader.ts';
import { readSettings } from './sysctls.ts';

export interface ReadArgs {
  /** The node's own namespace, where it was read already. */
  readonly own?: OwnReading;
  /** Namespaces that are wanted, besides the node's own and those that are found (tagged names, ends of our veths). Absent ones are left out. */
  readonly netnses: readonly string[];
  /** Sysctls that are wanted back by name. */
  readonly keys: readonly Key[];
  /** False: every nft table of the families inet, ip, ip6 and bridge. True by default: those named like ours. */
  readonly ownTablesOnly?: boolean;
  /** Where files and notes of networks' services lie; without it none are read. */
  readonly runtimeFolder?: string;
  /** The way to read; without it the usual one. */
  readonly reader?: Reader;
}

/**
 * The node's own namespace first, then those in scope, by name; those that could not be read are named in the first. Throws
 * HostError when the reading of the node's own stays invalid, or is not allowed.
 */
export async function read(args: ReadArgs): Promise<readonly Rows[]> {
  const ownTablesOnly = args.ownTablesOnly ?? true;
  const reader = args.reader ?? (await usualReader());
  const own = args.own ?? (await readOwn(ownTablesOnly, reader));
  const names = inScope(own, args.netnses);
  const keys = keysByNamespace(args.keys);
  const others = await inTurns(names, 4, name => readOther(reader, name, ownTablesOnly, keys.get(name) ?? []));
  const unread = Object.fromEntries(others.flatMap(one => (one !== null && 'why' in one ? [[one.netns, one.why] as const] : [])));
  const whole = others.flatMap(one => (one === null || 'why' in one ? [] : [one]));
  const served = await readServed(args.runtimeFolder, own.namespaces, reader);
  const first = { ...own, ...served, ...(Object.keys(unread).length === 0 ? {} : { unread }), sysctls: readSettings(keys.get('') ?? []) };
  return finishLinks([first, ...whole], new Set(Object.keys(unread)));
}

async function readServed(runtimeFolder: string | undefined, names: readonly string[], reader: Reader): Promise<Partial<Pick<Rows, 'files' | 'services'>>> {
  return runtimeFolder === undefined ? {} : { files: readFiles(runtimeFolder), services: await readServices(runtimeFolder, names, reader) };
}

// What keeps one namespace from being read is a guest's doing, or its fault: nobody else waits for it.
async function readOther(
  reader: Reader,
  netns: string,
  ownTablesOnly: boolean,
  keys: readonly string[],
): Promise<WholeReading | { readonly netns: string; readonly why: string } | null> {
  try {
    const reading = await readOne(reader, netns, ownTablesOnly);
    return reading === null ? null : { ...reading, sysctls: await reader.readSysctls(netns, keys) };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return { netns, why: whyUnread(error) };
  }
}

function whyUnread(error: HostError): string {
  const last = error.cause instanceof HostError ? error.cause : error;
  return last.code === 'interrupted' ? 'keeps changing while it is read' : `cannot be read: ${last.message}`;
}

/** The node's own namespace as it was read, before what is known of others is joined to it. */
export type OwnReading = RawReading;

/** Reads the node's own namespace: what `look` takes its facts from, and `read` the rest of the rows. Throws HostError. */
export async function readOwn(ownTablesOnly = true, reader?: Reader): Promise<OwnReading> {
  const own = await readOne(reader ?? (await usualReader()), '', ownTablesOnly);
  if (own === null) throw new Error('bug: the own namespace is gone');
  return own;
}

/** Namespaces that resources are wanted in, sorted; the node's own ('') is not among them, it is always read. */
export function scope(resources: readonly { readonly spec: object }[]): readonly string[] {
  const names = resources.flatMap(({ spec }) => ('netns' in spec && typeof spec.netns === 'string' && spec.netns !== '' ? [spec.netns] : []));
  return [...new Set(names)].sort();
}

// Without memory: those that carry our tag, those that are wanted, and those in which our veths end. Only what is there.
function inScope(own: RawReading, wanted: readonly string[]): readonly string[] {
  const ends = own.links.flatMap(link => {
    const name = isOurGroup(link.group) && link.link_netnsid !== undefined ? own.names.get(link.link_netnsid) : undefined;
    return name === undefined ? [] : [name];
  });
  const asked = new Set([...wanted, ...ends]);
  return own.namespaces.filter(name => isOurNamespace(name) || asked.has(name));
}

type WholeReading = RawReading & Pick<Rows, 'sysctls' | 'unread'> & Partial<Pick<Rows, 'files' | 'services'>>;

/** Trying again does not help. */
const FINAL: ReadonlySet<HostErrorCode> = new Set(['not-permitted', 'unsupported', 'missing-program', 'too-much-output', 'timeout']);

// null: the namespace is gone, which is no error of a pass.
async function readOne(reader: Reader, netns: string, ownTablesOnly: boolean): Promise<RawReading | null> {
  try {
    return await untilWhole(netns, () => reader.readNetns(netns, ownTablesOnly));
  } catch (error) {
    if (netns !== '' && !namespacesNow().includes(netns)) return null;
    throw error;
  }
}

async function untilWhole<T>(netns: string, reading: () => Promise<T>): Promise<T> {
  let last: unknown;
  for (let tries = 1; tries <= TRIES; tries++) {
    try {
      return await reading();
    } catch (error) {
      const gone = netns !== '' && !namespacesNow().includes(netns);
      if (gone || !mayPass(error)) throw error;
      last = error;
      await sleep(20 * tries);
    }
  }
  const words = last instanceof Error ? last.message : String(last);
  const where = netns === '' ? "the node's own namespace" : `the namespace ${netns}`;
  throw new HostError('interrupted', `${where} could not be read whole in ${TRIES} tries, something keeps changing it: ${words}`, { netns, cause: last });
}

// A reading that was cut short may be whole the next time; half of a JSON text too.
function mayPass(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof HostError && !FINAL.has(error.code));
}

function finishLinks(all: readonly WholeReading[], unread: ReadonlySet<string>): readonly Rows[] {
  const links = joinPeers(all, unread);
  return all.map(({ names: _, ...rest }) => ({ files: [], services: [], ...rest, links: links.get(rest.netns) ?? [] }));
}

function keysByNamespace(keys: readonly Key[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const { netns, sysctl } of keys) {
    const some = found.get(netns);
    if (some === undefined) found.set(netns, new Set([sysctl]));
    else some.add(sysctl);
  }
  return new Map([...found].map(([netns, some]) => [netns, [...some]]));
}

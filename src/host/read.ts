/**
 * Reads what the kernel holds, whole or not at all: whatever a tool says on stderr makes a reading invalid (a dump that was
 * interrupted by a change ends with exit code 0), and it is read again.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Key } from '../kinds/kind.ts';
import { isOurNamespace, OURS } from '../kinds/marks.ts';
import type { LinkRow, NftTable, Rows } from '../kinds/rows.ts';
import { arraysOf, fdbOf, neighsOf, nftObjects, routesOf, tableRows, tapUsers, withAddresses, withOwner } from './corrections.ts';
import { codeOfText, errnoOf, HostError, type HostErrorCode } from './errors.ts';
import { run } from './exec.ts';
import { joinPeers, type RawLinks } from './join-peers.ts';
import { entering, isStaleNamespace, sysctlPath } from './namespace.ts';
import { uidsOf } from './users.ts';

export interface ReadArgs {
  /** The node's own namespace, where it was read already. */
  readonly own?: OwnReading;
  /** Namespaces that are wanted, besides the node's own and those that are found (tagged names, ends of our veths). Absent ones are left out. */
  readonly netnses: readonly string[];
  /** Sysctls that are wanted back by name. */
  readonly keys: readonly Key[];
  /** False: every nft table of the families inet, ip, ip6 and bridge. True by default: those named like ours. */
  readonly ownTablesOnly?: boolean;
}

/** The node's own namespace first, then those in scope, by name. Throws HostError when a reading stays invalid, or is not allowed. */
export async function read(args: ReadArgs): Promise<readonly Rows[]> {
  const ownTablesOnly = args.ownTablesOnly ?? true;
  const own = args.own ?? (await readOwn(ownTablesOnly));
  const names = inScope(own, args.netnses);
  const others = await inTurns(names, 4, name => readOne(name, ownTablesOnly));
  const all = [own, ...others.filter(one => one !== null)];
  return Promise.all(finishLinks(all).map(async rows => ({ ...rows, sysctls: await readSysctls(rows.netns, args.keys) })));
}

/** The node's own namespace as it was read, before what is known of others is joined to it. */
export type OwnReading = RawReading;

/** Reads the node's own namespace: what `look` takes its facts from, and `read` the rest of the rows. Throws HostError. */
export async function readOwn(ownTablesOnly = true): Promise<OwnReading> {
  const own = await readOne('', ownTablesOnly);
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
    const name = isOurs(link) && link.link_netnsid !== undefined ? own.names.get(link.link_netnsid) : undefined;
    return name === undefined ? [] : [name];
  });
  const asked = new Set([...wanted, ...ends]);
  return own.namespaces.filter(name => isOurNamespace(name) || asked.has(name));
}

/** True for links in our group, doomed ones too. */
export function isOurs(link: Pick<LinkRow, 'group'>): boolean {
  return link.group === String(OURS.group) || link.group === String(OURS.doomed);
}

// One namespace as it was read, before ends of veths are joined and sysctls are asked for.
interface RawReading extends RawLinks, Omit<Rows, 'links' | 'sysctls'> {}

const TRIES = 5;
/** Trying again does not help. */
const FINAL: ReadonlySet<HostErrorCode> = new Set(['not-permitted', 'unsupported', 'missing-program', 'too-much-output', 'timeout']);

// null: the namespace is gone, which is no error of a pass.
async function readOne(netns: string, ownTablesOnly: boolean): Promise<RawReading | null> {
  try {
    return await untilWhole(netns, () => readOnce(netns, ownTablesOnly));
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

async function readOnce(netns: string, ownTablesOnly: boolean): Promise<RawReading> {
  const [ip, fdb, tables] = await Promise.all([readIp(netns), netns === '' ? readFdb(netns) : null, readTables(netns, ownTablesOnly)]);
  const forwards = ip.links.some(link => ['bridge', 'vxlan'].includes(link.linkinfo?.info_kind ?? ''));
  return { netns, ...ip, fdb: fdb ?? (forwards ? await readFdb(netns) : []), tables, namespaces: netns === '' ? namespacesNow() : [] };
}

async function readIp(netns: string) {
  // Ids of other namespaces lead from a veth to the name of its other end; ends in other namespaces are found from ours.
  // `addr show` leaves out how a link makes its IPv6 addresses, so links and addresses are two questions.
  const asks = ['link show', 'route show table all', 'neigh show nud permanent', ...(netns === '' ? ['netns list-id'] : [])];
  const [stdout, addresses] = await Promise.all([
    ask('ip', [...inside(netns), '-N', '-j', '-d', '-batch', '-'], `${asks.join('\n')}\n`),
    ask('ip', [...inside(netns), '-N', '-j', 'addr', 'show']),
  ]);
  const [bare, routes, neighs, ids = []] = arraysOf(stdout);
  if (bare === undefined || routes === undefined || neighs === undefined) throw new HostError('interrupted', 'ip printed less than it was asked for');
  const links = withAddresses(bare, arraysOf(addresses).flat());
  const uids = await uidsOf(tapUsers(links));
  const names = new Map(ids.flatMap(({ nsid, name }) => (typeof nsid === 'number' && typeof name === 'string' ? [[nsid, name] as const] : [])));
  return { links: links.map(link => withOwner(link, uids)), routes: routesOf(routes), neighs: neighsOf(neighs), names };
}

async function readFdb(netns: string) {
  return fdbOf(arraysOf(await ask('bridge', [...inside(netns), '-j', 'fdb', 'show'])).flat());
}

const FAMILIES: readonly string[] = ['inet', 'ip', 'ip6', 'bridge'];

// nft 1.0.6 finds only the last one of several tables that are listed in one call.
async function readTables(netns: string, ownTablesOnly: boolean): Promise<readonly NftTable[]> {
  const listed = nftObjects(await ask(...entering(netns, 'nft', ['-j', 'list', 'tables'])));
  const heads = listed.map(row => row.table as { readonly family: NftTable['family']; readonly name: string });
  const wanted = heads.filter(head => FAMILIES.includes(head.family) && (!ownTablesOnly || head.name === OURS.table));
  return Promise.all(
    wanted.map(async ({ family, name }) => {
      const stdout = await ask(...entering(netns, 'nft', ['-j', 'list', 'table', family, name]));
      return { family, name, rows: tableRows(nftObjects(stdout)) };
    }),
  );
}

function inside(netns: string): readonly string[] {
  return netns === '' ? [] : ['-n', netns];
}

// What it prints, if it is whole. A dump that a change interrupted is asked for again alone: on a busy node some dump always is.
async function ask(tool: string, args: readonly string[], stdin?: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    const { stdout, stderr, exitCode, signal } = await run(tool, args, stdin === undefined ? {} : { stdin });
    const words = stderr.split('\n').filter(line => line.trim() !== '' && line !== STALE);
    if (exitCode === 0 && words.length === 0) return stdout;
    const code = signal === null ? codeOfText(stderr) : 'killed';
    if (code === 'interrupted' && tries < TRIES) continue;
    const how = signal === null ? `ended with ${exitCode}` : `was killed by ${signal}`;
    throw new HostError(code, `${tool} ${args.join(' ')} ${how}: ${words.slice(0, 3).join('; ')}`, { command: tool });
  }
}

/** What `ip netns list-id` says for each name below /run/netns that is no namespace; the list is whole all the same. */
const STALE = 'Error: Peer netns reference is invalid.';

/** Names below /run/netns that are namespaces, sorted. */
export function namespacesNow(): readonly string[] {
  try {
    return readdirSync('/run/netns')
      .filter(name => !isStaleNamespace(name))
      .sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function finishLinks(all: readonly RawReading[]): readonly Omit<Rows, 'sysctls'>[] {
  const links = joinPeers(all);
  return all.map(({ names: _, ...rest }) => ({ ...rest, links: links.get(rest.netns) ?? [] }));
}

async function readSysctls(netns: string, keys: readonly Key[]): Promise<Readonly<Record<string, string>>> {
  const wanted = [...new Set(keys.filter(key => key.netns === netns).map(key => key.sysctl))];
  return netns === '' ? Object.fromEntries(wanted.flatMap(readHere)) : Object.fromEntries(await readThere(netns, wanted));
}

function readHere(key: string): readonly (readonly [string, string])[] {
  try {
    return [[key, readFileSync(sysctlPath(key), 'utf8').trimEnd()]];
  } catch (error) {
    if (ABSENT.has(errnoOf(error))) return [];
    throw error;
  }
}

// EINVAL and EIO: keys that exist and cannot be read (stable_secret before it was set).
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EINVAL', 'EIO']);

// grep says which file a value is from, and is silent about files that are not there.
async function readThere(netns: string, keys: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  const found: (readonly [string, string])[] = [];
  for (let at = 0; at < keys.length; at += 500) {
    const paths = keys.slice(at, at + 500).map(sysctlPath);
    const { stdout } = await run(...entering(netns, 'grep', ['-s', '-H', '', ...paths]));
    for (const line of stdout.split('\n')) {
      const [, key, value] = /^\/proc\/sys\/(.+?):(.*)$/.exec(line) ?? [];
      if (key !== undefined && value !== undefined) found.push([key, value]);
    }
  }
  return found;
}

// Results in the order of the items.
async function inTurns<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

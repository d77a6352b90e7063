/**
 * Reads the kernel by what `ip`, `bridge` and `nft` print as JSON: works wherever they do. Whatever a tool says on stderr makes
 * a reading invalid, since a dump that was interrupted by a change ends with exit code 0.
 */
import { isOurNamespace, OURS } from '../kinds/marks.ts';
import type { NftTable, Rows } from '../kinds/rows.ts';
import { arraysOf, fdbOf, neighsOf, nftObjects, proxiesOf, routesOf, rulesOf, tableRows, tapUsers, withAddresses, withOwner } from './corrections.ts';
import { codeOfText, HostError } from './errors.ts';
import { run } from './exec.ts';
import { entering, namespacesNow, sysctlPath } from './namespace.ts';
import { type ForwardChain, type RawReading, type Reader, TRIES } from './reader.ts';
import { usersOf } from './users.ts';

// A process in each namespace costs 40 ms: the guests' questions must do.
export const commandReader: Reader = { readNetns, readSysctls, forwardChains, ask: () => undefined };

async function readNetns(netns: string, ownTablesOnly: boolean): Promise<RawReading> {
  const [ip, fdb, tables] = await Promise.all([readIp(netns), netns === '' ? readFdb(netns) : null, readTables(netns, ownTablesOnly)]);
  const forwards = ip.links.some(link => ['bridge', 'vxlan'].includes(link.linkinfo?.info_kind ?? ''));
  return { netns, ...ip, fdb: fdb ?? (forwards ? await readFdb(netns) : []), tables, namespaces: netns === '' ? namespacesNow() : [] };
}

async function readIp(netns: string) {
  // Ids of other namespaces lead from a veth to the name of its other end; ends in other namespaces are found from ours.
  // `addr show` leaves out how a link makes its IPv6 addresses, so links and addresses are two questions.
  // In the node's own namespace at the same time, and without the details that are thousands of lines; elsewhere a process costs more.
  const asks = [...ASKS, netns === '' ? 'netns list-id' : 'addr show'];
  const [stdout, apart] = await Promise.all([
    ask('ip', [...inside(netns), '-N', '-j', '-d', '-batch', '-'], `${asks.join('\n')}\n`),
    netns === '' ? ask('ip', ['-N', '-j', 'addr', 'show']) : '',
  ]);
  const [bare, routes, neighs, proxies, rules, last] = arraysOf(stdout);
  const ids = netns === '' ? (last ?? []) : [];
  const addresses = netns === '' ? arraysOf(apart).flat() : last;
  if (bare === undefined || addresses === undefined || routes === undefined || neighs === undefined || proxies === undefined || rules === undefined)
    throw new HostError('interrupted', 'ip printed less than it was asked for');
  const links = withAddresses(bare, addresses);
  const { uids, unanswered } = await usersOf(tapUsers(links));
  const names = new Map(ids.flatMap(({ nsid, name }) => (typeof nsid === 'number' && typeof name === 'string' ? [[nsid, name] as const] : [])));
  return {
    links: links.map(link => withOwner(link, uids, unanswered)),
    routes: routesOf(routes),
    neighs: neighsOf(neighs),
    proxies: proxiesOf(proxies),
    rules: rulesOf(rules),
    names,
  };
}

const ASKS = ['link show', 'route show table all', 'neigh show nud permanent', 'neigh show proxy', 'rule show'];

async function readFdb(netns: string) {
  return fdbOf(arraysOf(await ask('bridge', [...inside(netns), '-j', 'fdb', 'show'])).flat());
}

const FAMILIES: readonly string[] = ['inet', 'ip', 'ip6', 'bridge'];

// nft 1.0.6 finds only the last one of several tables that are listed in one call.
async function readTables(netns: string, ownTablesOnly: boolean): Promise<readonly NftTable[]> {
  if (isOurNamespace(netns)) return tablesOf(nftObjects(await ask(...entering(netns, 'nft', ['-j', 'list', 'ruleset']))), ownTablesOnly);
  const listed = nftObjects(await ask(...entering(netns, 'nft', ['-j', 'list', 'tables'])));
  const heads = listed.map(row => row.table as { readonly family: NftTable['family']; readonly name: string });
  const wanted = heads.filter(head => isAsked(head, ownTablesOnly));
  return Promise.all(wanted.map(head => listTable(netns, head)));
}

/** One table of a namespace. Throws HostError. */
export async function listTable(netns: string, { family, name }: Pick<NftTable, 'family' | 'name'>): Promise<NftTable> {
  const stdout = await ask(...entering(netns, 'nft', ['-j', 'list', 'table', family, name]));
  return { family, name, rows: tableRows(nftObjects(stdout)) };
}

type Head = Pick<NftTable, 'family' | 'name'>;

function isAsked({ family, name }: Head, ownTablesOnly: boolean): boolean {
  return FAMILIES.includes(family) && (!ownTablesOnly || name === OURS.table);
}

// In a namespace of ours nobody else has much: one question for all tables is one process less.
function tablesOf(objects: ReturnType<typeof nftObjects>, ownTablesOnly: boolean): readonly NftTable[] {
  const heads = objects.flatMap(row => (row['table'] === undefined ? [] : [row['table'] as Head]));
  return heads
    .filter(head => isAsked(head, ownTablesOnly))
    .map(({ family, name }) => ({ family, name, rows: tableRows(objects.filter(row => isOf(row, { family, name }))) }));
}

function isOf(row: Readonly<Record<string, unknown>>, { family, name }: Head): boolean {
  const [object] = Object.values(row) as readonly { readonly family?: string; readonly table?: string }[];
  return object?.family === family && object.table === name;
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

// grep says which file a value is from, and is silent about files that are not there.
async function readSysctls(netns: string, wanted: readonly string[]): Promise<Rows['sysctls']> {
  const found: (readonly [string, string])[] = [];
  for (let at = 0; at < wanted.length; at += 500) {
    const paths = wanted.slice(at, at + 500).map(key => sysctlPath(key));
    const { stdout } = await run(...entering(netns, 'grep', ['-s', '-H', '', ...paths]));
    for (const line of stdout.split('\n')) {
      const [, key, value] = /^\/proc\/sys\/(.+?):(.*)$/.exec(line) ?? [];
      if (key !== undefined && value !== undefined) found.push([key, value]);
    }
  }
  return Object.fromEntries(found);
}

interface ChainRow {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
}

async function forwardChains(): Promise<readonly ForwardChain[]> {
  const chains = (await listChains('chains')).flatMap(row => (row['chain'] === undefined ? [] : [row['chain'] as ChainRow]));
  return chains.flatMap(({ family, table, name, hook, policy }) =>
    hook === 'forward' && (family === 'ip' || family === 'inet') ? [{ family, table, name, drops: policy === 'drop' }] : [],
  );
}

/** What `nft -j list` prints of these words in the node's own namespace. Throws HostError. */
export async function listChains(...words: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { stdout } = await run('nft', ['-j', 'list', ...words], { okCodes: [0], timeoutMs: 20_000 });
  return nftObjects(stdout);
}

/** What carries netloom's marks on this machine, asked of the tools word by word: none of the reading that plans are made of, so that it can prove them. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isOurGroup, isOurNamespace, OURS } from '../kinds/marks.ts';
import { arraysOf, nftObjects } from './corrections.ts';
import { run } from './exec.ts';
import { environmentOf } from './marked.ts';
import { isRunBy, ourselves } from './process-owner.ts';

/** One question, and the names of what was found. */
export interface MarksFound {
  readonly what: string;
  readonly found: readonly string[];
}

/** Everything that is marked in the node's own namespace and among the names of others. Throws HostError: what cannot be asked is not proven. */
export async function marksInKernel(): Promise<readonly MarksFound[]> {
  const [links, tables, routes, rules, neighbours, proxies] = await Promise.all([
    rows(['link', 'show']),
    run('nft', ['-j', 'list', 'tables'], { okCodes: [0] }).then(({ stdout }) => nftObjects(stdout)),
    bothFamilies(['route', 'show', 'table', 'all', 'proto', String(OURS.proto)]),
    bothFamilies(['rule', 'show']),
    rows(['neigh', 'show']),
    rows(['neigh', 'show', 'proxy']),
  ]);
  const isMarked = ({ group, ifname = '' }: Row): boolean => isOurGroup(group) || (ifname.startsWith(OURS.staging) && /^nl-[0-9a-f]{8}$/.test(ifname));
  const isOurs = ({ protocol }: Row): boolean => String(protocol) === String(OURS.proto);
  return [
    { what: `links of group ${OURS.group} or ${OURS.doomed}, or born as ${OURS.staging}*`, found: links.filter(isMarked).map(row => row.ifname ?? '') },
    { what: 'network namespaces of ours', found: namesBelow('/run/netns').filter(isOurNamespace) },
    { what: `nft tables named ${OURS.table}`, found: tables.flatMap(tableOf) },
    { what: `routes of protocol ${OURS.proto}`, found: routes.map(row => `${row.dst} table ${row.table ?? 'main'}`) },
    { what: `rules of protocol ${OURS.proto}`, found: rules.filter(isOurs).map(row => `pref ${row.priority}`) },
    { what: `neighbours of protocol ${OURS.proto}`, found: [...neighbours, ...proxies].filter(isOurs).map(row => `${row.dst} on ${row.dev}`) },
  ];
}

/** Processes of passes and of what outlives them in this network namespace, but for us and those that started us: `812 netloom watch`. */
export function passersNow(): readonly string[] {
  const us = ourselves();
  const here = namespaceOf('self');
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name) && Number(name) !== process.pid && Number(name) !== process.ppid);
  return pids.flatMap(pid => {
    const command = passOf(readQuietly(`/proc/${pid}/cmdline`).split('\0'), environmentOf(Number(pid)));
    return command === null || !isRunBy(pid, us) || namespaceOf(pid) !== here ? [] : [`${pid} ${command}`];
  });
}

const PASSES: ReadonlySet<string> = new Set(['watch', 'reconcile', 'apply', 'join', 'ensure', 'rollback']);

// `node /usr/bin/netloom watch`, or the program itself; what takes back an armed change carries a mark.
function passOf(argv: readonly string[], environment: readonly string[]): string | null {
  if (environment.some(word => word.startsWith('NETLOOM_UNDO='))) return 'netloom: takes back what nobody confirmed';
  const at = argv.slice(0, 6).findIndex(word => /(^|\/)netloom(\.js)?$/.test(word));
  const [command] = argv.slice(at + 1).filter(word => !word.startsWith('-'));
  return at >= 0 && command !== undefined && PASSES.has(command) ? `netloom ${command}` : null;
}

/** Settings of the node's own that netloom sets where it must and never takes back, as they are now; those that the machine does not have are left out. */
export function settingsNow(): readonly { readonly key: string; readonly value: string }[] {
  const keys = ['net/ipv4/ip_forward', ...['iptables', 'ip6tables', 'arptables'].map(name => `net/bridge/bridge-nf-call-${name}`)];
  return keys.flatMap(key => {
    const path = `/proc/sys/${key}`;
    return existsSync(path) ? [{ key: key.replaceAll('/', '.'), value: readFileSync(path, 'utf8').trim() }] : [];
  });
}

interface Row {
  readonly ifname?: string;
  readonly group?: string;
  readonly dst?: string;
  readonly dev?: string;
  readonly table?: string;
  readonly priority?: number;
  readonly protocol?: string | number;
}

async function rows(words: readonly string[]): Promise<readonly Row[]> {
  const { stdout } = await run('ip', ['-N', '-j', ...words], { okCodes: [0] });
  return arraysOf(stdout).flat() as readonly Row[];
}

async function bothFamilies(words: readonly string[]): Promise<readonly Row[]> {
  const both = await Promise.all(['-4', '-6'].map(family => run('ip', ['-N', '-j', family, ...words])));
  // Where nothing was ever put into a table, ip says that there is none.
  return both.flatMap(({ stdout }) => arraysOf(stdout).flat() as readonly Row[]);
}

function tableOf(object: object): readonly string[] {
  const { table } = object as { readonly table?: { readonly family?: string; readonly name?: string } };
  return table?.name === OURS.table ? [`${table.family} ${table.name}`] : [];
}

function namesBelow(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function namespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return '';
  }
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The kernel's state as `ip -j -d`, `bridge -j` and `nft -j` print it: what tests compare, however it came about. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { usualReader } from '../../../src/host/choose-reader.ts';
import { run } from '../../../src/host/exec.ts';
import { readFiles, readServices } from '../../../src/host/read-services.ts';
import { isOurNamespace } from '../../../src/kinds/marks.ts';
import { RUNTIME_DIR } from './definitions.ts';

/** Runs a command in a node and gives what it prints; throws when it ends badly. */
export type Tool = (argv: readonly string[], stdin?: string) => Promise<string>;

export interface Row {
  /** Namespace, '' is the node's own; and what was asked: `link`, `fdb`, `nft`. */
  readonly of: string;
  /** The link that the row is about; '' for none. */
  readonly link: string;
  /** The row itself, normalised JSON or text. */
  readonly text: string;
}

/** Runs in the lab's own namespaces. */
const here: Tool = async ([program = '', ...args], stdin) => {
  const { stdout } = await run(program, args, { okCodes: [0], ...(stdin === undefined ? {} : { stdin }) });
  return stdout;
};

/** What counts down, and what nobody sets. */
const CLOCKS = /_timer$|^(operstate|linkmode|root_path_cost|qdisc)$/;
/** What differs from node to node, or by the order in which things were made, and means nothing. */
const NUMBERS = /^(ifindex|link_index|link_netnsid|link|handle|index|no|port_id|id_port|designated_port)$/;

export interface DumpOptions {
  readonly tool?: Tool;
  /** What a failure says it is about. */
  readonly where?: string;
  /** Compares some rows only. */
  readonly only?: (rows: readonly Row[]) => readonly Row[];
  /** True: with the indexes and handles too, for what nobody may have touched. */
  readonly exact?: boolean;
}

const ASKS = ['link', 'addr', 'route', 'neigh', 'proxy', 'rule'] as const;
const LINES = 'link show\naddr show\nroute show table all\nneigh show nud permanent\nneigh show proxy\nrule show\n';

/** All rows of all namespaces, sorted. Learned entries, which come and go with traffic, are left out. */
export async function dump({ tool = here, exact = false, only = rows => rows }: DumpOptions = {}): Promise<readonly Row[]> {
  // What an `ip netns add` that was killed left behind is a file and no namespace.
  const names = (await tool(['find', '/run/netns', '-mindepth', '1', '-fstype', 'nsfs', '-printf', '%f\\n'])).split('\n').filter(Boolean).sort();
  const parts = await Promise.all(['', ...names].map(name => dumpOne(tool, name)));
  const rows = [
    ...parts.flat(),
    ...(await sysctls(tool)),
    ...(tool === here ? await served(names) : []),
    ...names.map(name => ({ of: 'namespaces', link: '', value: name })),
  ];
  const texts = rows.map(({ of, link, value }) => ({ of, link, text: typeof value === 'string' ? value : JSON.stringify(normal(value, exact)) }));
  return only(texts.sort((a, b) => compare(`${a.of} ${a.text}`, `${b.of} ${b.text}`)));
}

/** The rows that are not about links, tables and services of ours, and not about namespaces of ours. */
export function foreignRows(rows: readonly Row[]): readonly Row[] {
  const ours = new Set(
    rows.filter(({ of, text }) => of.endsWith(' link') && /"group":"9[78]"/.test(text)).map(({ of, link }) => `${of.split(' ')[0]} ${link}`),
  );
  const isOurTable = ({ of, text }: Row): boolean => of.endsWith(' nft') && /"(table|name)":"netloom"/.test(text);
  const isInOurs = ({ of, text }: Row): boolean => isOurNamespace(of === 'namespaces' ? text : (of.split(' ')[0] ?? ''));
  const isServed = ({ of }: Row): boolean => of === ' file' || of === ' service';
  return rows.filter(row => !ours.has(`${row.of.split(' ')[0]} ${row.link}`) && !isOurTable(row) && !isInOurs(row) && !isServed(row));
}

/** The kernel tells of carriers when it comes to that: all namespaces of the machine share one queue. */
const SETTLE_MS = 5_000;

/** Waits until the kernel has settled to what is expected (link states follow a moment later); then compares. */
export async function expectDump(expected: readonly Row[], options: DumpOptions = {}): Promise<void> {
  const wanted = textsOf(options.only?.(expected) ?? expected);
  let found = textsOf(await dump(options));
  for (const end = Date.now() + SETTLE_MS; JSON.stringify(found) !== JSON.stringify(wanted) && Date.now() < end; ) {
    await sleep(50);
    found = textsOf(await dump(options));
  }
  const known = new Set(found);
  const all = new Set(wanted);
  expect({ missing: wanted.filter(text => !known.has(text)), unexpected: found.filter(text => !all.has(text)) }, options.where).toEqual({
    missing: [],
    unexpected: [],
  });
  expect(found.length).toBe(wanted.length);
}

/** The dump as soon as two in a row are equal. */
export async function settledDump(options: DumpOptions = {}): Promise<readonly Row[]> {
  let last = await dump(options);
  for (let tries = 0; tries < 100; tries++) {
    await sleep(60);
    const next = await dump(options);
    if (JSON.stringify(next) === JSON.stringify(last)) return next;
    last = next;
  }
  throw new Error('the node does not come to rest');
}

function textsOf(rows: readonly Row[]): readonly string[] {
  return rows.map(({ of, text }) => `${of} ${text}`);
}

interface Raw {
  readonly of: string;
  readonly link: string;
  readonly value: object | string;
}

async function dumpOne(tool: Tool, netns: string): Promise<readonly Raw[]> {
  const into = netns === '' ? [] : ['-n', netns];
  const enter = netns === '' ? [] : ['ip', 'netns', 'exec', netns];
  const [ip, fdb, ports, rules] = await Promise.all([
    tool(['ip', ...into, '-N', '-j', '-d', '-batch', '-'], LINES),
    netns === '' ? tool(['bridge', '-j', 'fdb', 'show']) : '[]',
    netns === '' ? tool(['bridge', '-j', '-d', 'link', 'show']) : '[]',
    tool([...enter, 'nft', '-j', 'list', 'ruleset']),
  ]);
  const answers = ip.split('\n').filter(line => line.trim() !== '');
  return [
    ...ASKS.flatMap((ask, nth) => rowsOf(`${netns} ${ask}`, answers[nth])).flatMap(addressesOf),
    ...rowsOf(`${netns} fdb`, fdb).filter(({ value }) => (value as { state?: string }).state !== ''),
    ...rowsOf(`${netns} port`, ports),
    ...tablesOf(`${netns} nft`, rules),
  ];
}

// The rest of the row is said by `link` already.
function addressesOf(row: Raw): readonly Raw[] {
  if (!row.of.endsWith(' addr')) return [row];
  const { addr_info } = row.value as { readonly addr_info: readonly object[] };
  return addr_info.map(value => ({ ...row, value: { dev: row.link, ...value } }));
}

type Named = { readonly ifname?: string; readonly dev?: string };

function rowsOf(of: string, text = '[]'): readonly Raw[] {
  const rows: readonly Named[] = JSON.parse(text.trim() === '' ? '[]' : text);
  return rows.filter(row => Object.keys(row).length > 0).map(row => ({ of, link: row.ifname ?? row.dev ?? '', value: row }));
}

// The rules of a chain keep their order: each row carries its place.
function tablesOf(of: string, text: string): readonly Raw[] {
  const rows: readonly Readonly<Record<string, object>>[] = JSON.parse(text).nftables;
  const kept = rows.filter(row => row['metainfo'] === undefined);
  const places = new Map<string, number>();
  return kept.map(row => {
    const rule = row['rule'] as { family: string; table: string; chain: string } | undefined;
    if (rule === undefined) return { of, link: '', value: row };
    const chain = `${rule.family} ${rule.table} ${rule.chain}`;
    const place = (places.get(chain) ?? 0) + 1;
    places.set(chain, place);
    return { of, link: '', value: { place, ...row } };
  });
}

const KEYS = ['ipv6/conf/*/disable_ipv6', 'ipv6/conf/*/addr_gen_mode', 'ipv4/conf/*/forwarding', 'ipv4/conf/*/rp_filter', 'bridge/bridge-nf-call-*'];

async function sysctls(tool: Tool): Promise<readonly Raw[]> {
  const text = await tool(['sh', '-c', `cd /proc/sys/net && grep -H "" ${KEYS.join(' ')} || true`]);
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => ({ of: ' sysctl', link: /^ipv[46]\/conf\/([^/]+)/.exec(line)?.[1] ?? '', value: line }));
}

/** Files by what is in them, and services that run, wherever they do. */
async function served(names: readonly string[]): Promise<readonly Raw[]> {
  const files = readFiles(RUNTIME_DIR).filter(({ path }) => !path.endsWith('/leases'));
  const services = await readServices(RUNTIME_DIR, names, await usualReader());
  return [...files.map(value => ({ of: ' file', link: '', value })), ...services.map(value => ({ of: ' service', link: '', value }))];
}

function normal(value: unknown, exact: boolean): unknown {
  // A route says `linkdown`, and a link `NO-CARRIER`, by the state that the kernel gives it in its own time; LOWER_UP is there at once.
  if (Array.isArray(value)) return value.filter(inner => inner !== 'linkdown' && inner !== 'NO-CARRIER').map(inner => normal(inner, exact));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, inner]) => !CLOCKS.test(key) && (exact || !(NUMBERS.test(key) || isPortId(key, inner))));
  return Object.fromEntries(kept.map(([key, inner]) => [key, normal(inner, exact)]));
}

// The `id` of a VXLAN device is its vni; that of a bridge's port counts ports.
function isPortId(key: string, value: unknown): boolean {
  return key === 'id' && typeof value === 'string' && value.startsWith('0x');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Everything on this machine that tells of networks that somebody else made there: read, never changed. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { isOurNamespace } from '../kinds/marks.ts';
import type { Rows } from '../kinds/rows.ts';
import { arraysOf } from './corrections.ts';
import { HostError } from './errors.ts';
import { hasProgram, run } from './exec.ts';
import { namespacesNow } from './namespace.ts';
import { netnsInode } from './processes.ts';
import { read } from './read.ts';

/** What is found on a machine. */
export interface Inventory {
  /** The node's own namespace ('') first; all tables of nftables, also of others. */
  readonly rooms: readonly Room[];
  readonly dnsmasqs: readonly Dnsmasq[];
  /** Where VXLAN devices of the node's own namespace send from, by ifname: the card that they name, the address that a route gives them. */
  readonly wires: ReadonlyMap<string, Wire>;
  /** uid -> name, of the machine's own users. */
  readonly users: ReadonlyMap<number, string>;
  /** What could not be read, a sentence each. */
  readonly remarks: readonly string[];
}

export interface Wire {
  /** ifname. */
  readonly device?: string;
  readonly address?: string;
}

/** One network namespace. */
export interface Room extends Rows {
  /** Neighbours in any state: address -> MAC, by link (ifname). */
  readonly known: readonly { readonly link: string; readonly ip: string; readonly mac: string }[];
  /** Rules of `iptables -t nat`, as it lists them; none where it is not installed. */
  readonly iptablesNat: readonly string[];
}

/** A DHCP and DNS server that runs. */
export interface Dnsmasq {
  readonly pid: number;
  /** '' for the node's own; null for one without a name. */
  readonly netns: string | null;
  /** Options of the command line and of its file, without dashes: `dhcp-hostsfile=/srv/hosts`. */
  readonly options: readonly string[];
  /** Lines of its hosts files: `02:00:00:01:02:03,web,10.0.0.5`. */
  readonly hosts: readonly string[];
  /** Lines of its leases: `<expires> <mac> <ip> <name> <id>`. */
  readonly leases: readonly string[];
}

/** Reads it all. Throws HostError when the node's own namespace cannot be read. */
export async function takeInventory(): Promise<Inventory> {
  const names = namespacesNow().filter(name => !isOurNamespace(name));
  const rows = await read({ netnses: names, keys: [], ownTablesOnly: false });
  const remarks = Object.entries(rows[0]?.unread ?? {}).map(([name, why]) => `the namespace ${name} ${why}: what is in it is not known`);
  const rooms = await Promise.all(rows.map(async room => ({ ...room, known: await neighboursIn(room.netns), iptablesNat: await natIn(room.netns, remarks) })));
  return { rooms, dnsmasqs: dnsmasqsNow(names), wires: await wiresNow(), users: localUsers(), remarks };
}

interface VxlanRow {
  readonly ifname?: string;
  readonly linkinfo?: { readonly info_data?: { readonly link?: string; readonly remote?: string } };
}

async function wiresNow(): Promise<ReadonlyMap<string, Wire>> {
  const { stdout } = await run('ip', ['-N', '-j', '-d', 'link', 'show', 'type', 'vxlan'], { okCodes: [0] });
  const rows = arraysOf(stdout).flat() as readonly VxlanRow[];
  const wires = await Promise.all(rows.map(async ({ ifname = '', linkinfo }) => [ifname, await wireOf(ifname, linkinfo?.info_data ?? {})] as const));
  return new Map(wires);
}

async function wireOf(ifname: string, { link: device, remote }: { readonly link?: string; readonly remote?: string }): Promise<Wire> {
  if (device !== undefined) return { device };
  const { stdout } = await run('bridge', ['-j', 'fdb', 'show', 'dev', ifname], { okCodes: [0] });
  const peers = (arraysOf(stdout).flat() as readonly { readonly dst?: string }[]).flatMap(({ dst }) => dst ?? []);
  const peer = remote ?? peers[0];
  const way = peer === undefined ? null : await run('ip', ['-N', '-j', 'route', 'get', peer]);
  const [found] = (way === null ? [] : arraysOf(way.stdout).flat()) as readonly { readonly dev?: string; readonly prefsrc?: string }[];
  return { ...(found?.dev === undefined ? {} : { device: found.dev }), ...(found?.prefsrc === undefined ? {} : { address: found.prefsrc }) };
}

interface NeighbourRow {
  readonly dst?: string;
  readonly dev?: string;
  readonly lladdr?: string;
}

async function neighboursIn(netns: string): Promise<Room['known']> {
  const { stdout } = await run('ip', [...(netns === '' ? [] : ['-n', netns]), '-N', '-j', 'neigh', 'show'], { okCodes: [0] });
  const rows = arraysOf(stdout).flat() as readonly NeighbourRow[];
  return rows.flatMap(({ dst, dev, lladdr }) => (dst === undefined || dev === undefined || lladdr === undefined ? [] : [{ link: dev, ip: dst, mac: lladdr }]));
}

async function natIn(netns: string, remarks: string[]): Promise<readonly string[]> {
  if (!hasProgram('iptables') || netns === '') return [];
  try {
    const { stdout } = await run('ip', ['netns', 'exec', netns, 'iptables', '-w', '5', '-t', 'nat', '-S'], { okCodes: [0], timeoutMs: 15_000 });
    return stdout.split('\n').filter(line => line !== '');
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    remarks.push(`iptables in the namespace ${netns} says nothing: ${error.message}`);
    return [];
  }
}

function dnsmasqsNow(names: readonly string[]): readonly Dnsmasq[] {
  const rooms = new Map([['', netnsInode('/proc/self/ns/net')] as const, ...names.map(name => [name, netnsInode(join('/run/netns', name))] as const)]);
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      const argv = quietly(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);
      if (basename(argv[0] ?? '') !== 'dnsmasq') return [];
      const inode = netnsInode(`/proc/${pid}/ns/net`);
      const netns = [...rooms].find(([, found]) => found !== 0 && found === inode)?.[0] ?? null;
      return [dnsmasq(Number(pid), netns, argv.slice(1))];
    });
}

function dnsmasq(pid: number, netns: string | null, argv: readonly string[]): Dnsmasq {
  const said = argv.map(word => word.replace(/^--/, ''));
  const files = said.flatMap(word => /^conf-file=(.+)$/.exec(word)?.[1] ?? (word.startsWith('-C') && word.length > 2 ? word.slice(2) : []));
  const lines = files.flatMap(path => linesOf(pid, path)).map(line => line.trim());
  const options = [...said, ...lines.filter(line => line !== '' && !line.startsWith('#'))];
  const named = (option: string): readonly string[] => options.flatMap(each => (each.startsWith(`${option}=`) ? [each.slice(option.length + 1)] : []));
  return {
    pid,
    netns,
    options,
    hosts: [...named('dhcp-host'), ...named('dhcp-hostsfile').flatMap(path => linesOf(pid, path))].filter(line => line.trim() !== ''),
    leases: named('dhcp-leasefile').flatMap(path => linesOf(pid, path)),
  };
}

// As the process sees the path: it may have a root and a folder of its own.
function linesOf(pid: number, path: string): readonly string[] {
  const whole = isAbsolute(path) ? path : join(link(`/proc/${pid}/cwd`), path);
  const inside = `/proc/${pid}/root${whole}`;
  return quietly(existsSync(dirname(inside)) ? inside : whole).split('\n');
}

function localUsers(): ReadonlyMap<number, string> {
  const lines = quietly('/etc/passwd')
    .split('\n')
    .map(line => line.split(':'));
  return new Map(lines.flatMap(([name, , uid]) => (name === undefined || uid === undefined || uid === '' ? [] : [[Number(uid), name] as const])));
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '/';
  }
}

function quietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

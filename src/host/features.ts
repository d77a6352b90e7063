/** What netloom needs of the node before it changes anything: parts of the kernel, and the right to use them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isOfThisBoot, noteThisBoot } from './boot.ts';
import { adviceFor, codeOfText, HostError, type HostErrorCode } from './errors.ts';
import { run } from './exec.ts';

/** A part of the kernel, the acts that need it, and the module that has it. */
interface Feature {
  readonly name: string;
  readonly module: string;
  /** Lines for `ip -batch`, all of which must work in a namespace of their own. */
  readonly lines: readonly string[];
}

const LINK_FEATURES: readonly Feature[] = [
  { name: 'bridge', module: 'bridge', lines: ['link add name nlb type bridge'] },
  { name: 'vxlan', module: 'vxlan', lines: ['link add name nlv type vxlan id 1 dstport 4789 local 192.0.2.1 nolearning'] },
  // Both are there since Linux 5.18, which is what the mesh needs of a bridge port.
  {
    name: 'bridge',
    module: 'bridge',
    lines: ['link set dev nlv master nlb', 'link set dev nlv type bridge_slave learning off flood off neigh_suppress on locked on'],
  },
  { name: 'veth', module: 'veth', lines: ['link add name nle type veth peer name nlf'] },
  { name: 'tun', module: 'tun', lines: ['tuntap add dev nlt mode tap'] },
];

const TABLES = `table inet nlprobe {
  chain c { type filter hook input priority 0; }
}
table bridge nlprobe {
  set s { type ifname . ether_addr; }
  chain c { type filter hook forward priority 0; }
}
`;

/**
 * Names of needed features that this kernel lacks: `bridge`, `vxlan`, `veth`, `tun`, `nftables`, sorted. Tries them in a network
 * namespace of its own, which is gone afterwards (the kernel loads modules by itself if it may).
 *
 * @param runtimeFolder  keeps a good answer until the next boot; a bad one is asked again, since a module may be loaded meanwhile
 */
export async function missingFeatures(runtimeFolder?: string): Promise<readonly string[]> {
  const kept = runtimeFolder === undefined ? undefined : join(runtimeFolder, 'features');
  if (kept !== undefined && (await isOfThisBoot(kept))) return [];
  const missing = await probe();
  if (kept !== undefined && missing.length === 0) await noteThisBoot(kept);
  return missing;
}

/** What to do about a missing feature, imperative. */
export function featureAdvice(name: string): string {
  const module = name === 'nftables' ? 'nf_tables (and nft_meta, nf_tables_bridge)' : (LINK_FEATURES.find(feature => feature.name === name)?.module ?? name);
  return `load the kernel module ${module}, or use a kernel that has it`;
}

async function probe(): Promise<readonly string[]> {
  const lines = LINK_FEATURES.flatMap(feature => feature.lines.map(line => ({ line, name: feature.name })));
  const text = lines.map(({ line }) => `${line}\n`).join('');
  const [links, tables] = await Promise.all([
    run('unshare', ['--net', 'ip', '-force', '-batch', '-'], { stdin: text, timeoutMs: 20_000 }),
    run('unshare', ['--net', 'nft', '-f', '-'], { stdin: TABLES, timeoutMs: 20_000 }),
  ]);
  for (const { stderr } of [links, tables]) refuseToTell(stderr);
  // ip ends at the first word it does not know, also with -force.
  if (links.exitCode !== 0 && !/Command failed -:\d+\s*$/.test(links.stderr)) {
    throw new HostError('unsupported', `the ip program is too old, iproute2 5.18 or newer is needed: ${links.stderr.trim().split('\n')[0]}`, { command: 'ip' });
  }
  const failed = [...links.stderr.matchAll(/Command failed -:(\d+)/g)].flatMap(match => lines[Number(match[1]) - 1]?.name ?? []);
  const tun = existsSync('/dev/net/tun') ? [] : ['tun'];
  return [...new Set([...failed, ...tun, ...(tables.exitCode === 0 ? [] : ['nftables'])])].sort();
}

/** What a node is short of says nothing about what its kernel can. */
const SHORT: ReadonlySet<HostErrorCode> = new Set(['no-space', 'no-memory', 'too-many-files', 'interrupted', 'io-error']);

function refuseToTell(stderr: string): void {
  const code = codeOfText(stderr);
  const isShut = /unshare failed/.test(stderr);
  if (isShut && code === 'not-permitted') throw new HostError(code, 'cannot make a network namespace to try the kernel: CAP_SYS_ADMIN is needed; run as root');
  if (!isShut && !SHORT.has(code)) return;
  const limit = isShut && code === 'no-space' ? 'raise the sysctl user.max_net_namespaces' : adviceFor(code);
  throw new HostError(code, `cannot try what this kernel can: ${stderr.trim().split('\n')[0]}; nothing was changed: ${limit}`);
}

/** Bits of capability sets (linux/capability.h). */
const NEEDED = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n } as const;

const CAP_NET_BROADCAST = 11n;

/** True where this process may hear what changes in other network namespaces (netlink(7), NETLINK_LISTEN_ALL_NSID). */
export function mayHearNamespaces(): boolean {
  return hasCapability(CAP_NET_BROADCAST);
}

function hasCapability(bit: bigint): boolean {
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return ((effective >> bit) & 1n) === 1n;
}

/** Throws HostError `not-permitted`, naming the missing capabilities, unless this process may change the node's network. */
export function checkPrivileges(): void {
  const missing = Object.entries(NEEDED).flatMap(([name, bit]) => (hasCapability(bit) ? [] : [name]));
  if (missing.length === 0) return;
  throw new HostError('not-permitted', `changing this node's network needs ${missing.join(' and ')}, which this process has not: run as root`, {
    canRetry: false,
  });
}

/** Links and their addresses, as `ip -N -j -d link show` and `ip -N -j addr show` print them (iproute2 6.1). */
import type { AddrRow, LinkRow } from '../../kinds/rows.ts';
import type { RawLink } from '../corrections.ts';
import { hardware, ip } from './addresses.ts';
import type { Channel } from './channel.ts';
import { infoOf } from './link-info.ts';
import { type Attributes, attributesOf, has, nested, readU32, text, u8, u32 } from './message.ts';

export const AF_INET = 2;
const AF_INET6 = 10;

const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const RTEXT_FILTER_SKIP_STATS = 8;

const IFLA = {
  address: 1,
  ifname: 3,
  mtu: 4,
  link: 5,
  master: 10,
  operstate: 16,
  linkinfo: 18,
  ifalias: 20,
  afSpec: 26,
  group: 27,
  extMask: 29,
  linkNetnsid: 37,
} as const;
const IFLA_INET6_ADDR_GEN_MODE = 8;

/** A link without its addresses. */
export type BareLink = Omit<RawLink, 'addr_info'>;

// A link by itself; of others it knows the index.
interface Found {
  readonly flags: number;
  readonly row: Omit<BareLink, 'flags'>;
  readonly masterIndex: number | undefined;
  readonly linkIndex: number | undefined;
}

/** All links, in the kernel's order. */
export function readLinks(channel: Channel): readonly BareLink[] {
  const request = { type: RTM_GETLINK, fixed: Buffer.alloc(16), values: [[IFLA.extMask, RTEXT_FILTER_SKIP_STATS]] as const };
  const all = channel.dump('links', request, foundLink);
  const byIndex = new Map(all.map(found => [found.row.ifindex, found]));
  return all.map(found => withNames(found, byIndex));
}

// struct ifinfomsg: family, padding, type, index, flags, change.
function foundLink(bytes: Buffer, from: number, to: number): Found {
  const attributes = attributesOf(bytes, from + 16, to);
  return {
    flags: readU32(bytes, from + 8),
    row: {
      ifindex: readU32(bytes, from + 4),
      ifname: text(attributes, IFLA.ifname) ?? '',
      mtu: u32(attributes, IFLA.mtu) ?? 0,
      group: String(u32(attributes, IFLA.group) ?? 0),
      ...given('address', hardware(attributes, IFLA.address)),
      ...given('ifalias', text(attributes, IFLA.ifalias)),
      ...given('link_netnsid', netnsid(attributes)),
      ...given('operstate', OPERSTATES[u8(attributes, IFLA.operstate) ?? -1]),
      ...given('inet6_addr_gen_mode', addrGenMode(attributes)),
      ...infoOf(nested(attributes, IFLA.linkinfo)),
    },
    masterIndex: u32(attributes, IFLA.master),
    linkIndex: u32(attributes, IFLA.link),
  };
}

/** A field; none where there is no value. */
export function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}

// Negative: this namespace has no id for it.
function netnsid(attributes: Attributes): number | undefined {
  const id = u32(attributes, IFLA.linkNetnsid);
  return id === undefined || (id | 0) < 0 ? undefined : id;
}

const OPERSTATES = ['UNKNOWN', 'NOTPRESENT', 'DOWN', 'LOWERLAYERDOWN', 'TESTING', 'DORMANT', 'UP'];
const GEN_MODES = ['eui64', 'none', 'stable_secret', 'random'];

function addrGenMode(attributes: Attributes): string | undefined {
  const families = nested(attributes, IFLA.afSpec);
  const six = families === undefined ? undefined : nested(families, AF_INET6);
  const mode = six === undefined ? undefined : u8(six, IFLA_INET6_ADDR_GEN_MODE);
  return mode === undefined ? undefined : (GEN_MODES[mode] ?? `0x${mode.toString(16).padStart(2, '0')}`);
}

function withNames({ flags, row, masterIndex, linkIndex }: Found, byIndex: ReadonlyMap<number, Found>): BareLink {
  const lower = linkIndex === 0 || linkIndex === undefined ? undefined : linkIndex;
  const isElsewhere = row.link_netnsid !== undefined;
  const found = lower === undefined || isElsewhere ? undefined : byIndex.get(lower);
  const nameOf = (index: number): string => byIndex.get(index)?.row.ifname ?? `if${index}`;
  return {
    ...row,
    flags: flagsOf(flags, found !== undefined && (found.flags & UP) === 0),
    ...(masterIndex === undefined ? {} : { master: nameOf(masterIndex) }),
    ...(lower === undefined ? {} : isElsewhere ? { link_index: lower } : { link: nameOf(lower) }),
  };
}

const UP = 0x1;
const RUNNING = 0x40;

/** In the order of iproute2. `NO-CARRIER` and `M-DOWN` (what it is on is down) are words of its own. */
const FLAGS: readonly (readonly [number, string])[] = [
  [0x8, 'LOOPBACK'],
  [0x2, 'BROADCAST'],
  [0x10, 'POINTOPOINT'],
  [0x1000, 'MULTICAST'],
  [0x80, 'NOARP'],
  [0x200, 'ALLMULTI'],
  [0x100, 'PROMISC'],
  [0x400, 'MASTER'],
  [0x800, 'SLAVE'],
  [0x4, 'DEBUG'],
  [0x8000, 'DYNAMIC'],
  [0x4000, 'AUTOMEDIA'],
  [0x2000, 'PORTSEL'],
  [0x20, 'NOTRAILERS'],
  [UP, 'UP'],
  [0x10000, 'LOWER_UP'],
  [0x20000, 'DORMANT'],
  [0x40000, 'ECHO'],
];

function flagsOf(flags: number, isLowerDown: boolean): LinkRow['flags'] {
  const words = (flags & UP) !== 0 && (flags & RUNNING) === 0 ? ['NO-CARRIER'] : [];
  for (const [bit, word] of FLAGS) if ((flags & bit) !== 0) words.push(word);
  return isLowerDown ? [...words, 'M-DOWN'] : words;
}

const IFA = { address: 1, local: 2, flags: 8 } as const;
const IFA_F = { secondary: 0x1, permanent: 0x80, manageTempAddr: 0x100 } as const;

/** Addresses by index of their link, IPv4 first. */
export function readAddresses(channel: Channel): ReadonlyMap<number, readonly AddrRow[]> {
  const found = new Map<number, AddrRow[]>();
  for (const { index, row } of channel.dump('addresses', { type: RTM_GETADDR, fixed: Buffer.alloc(8) }, addressOf)) {
    const some = found.get(index);
    if (some === undefined) found.set(index, [row]);
    else some.push(row);
  }
  return found;
}

/** IPv4 or IPv6; undefined for the many other families that a kernel answers with when it is asked for all. */
export function familyOf(bytes: Buffer, from: number): 'inet' | 'inet6' | undefined {
  return bytes[from] === AF_INET ? 'inet' : bytes[from] === AF_INET6 ? 'inet6' : undefined;
}

// struct ifaddrmsg: family, prefixlen, flags, scope, index.
function addressOf(bytes: Buffer, from: number, to: number): { readonly index: number; readonly row: AddrRow } | null {
  const family = familyOf(bytes, from);
  if (family === undefined) return null;
  const attributes = attributesOf(bytes, from + 8, to);
  const flags = u32(attributes, IFA.flags) ?? (bytes[from + 2] as number);
  const row: AddrRow = {
    family,
    local: ip(attributes, has(attributes, IFA.local) ? IFA.local : IFA.address) ?? '',
    prefixlen: bytes[from + 1] as number,
    scope: String(bytes[from + 3]),
    ...((flags & IFA_F.permanent) === 0 ? { dynamic: true } : {}),
    // Of an address of IPv6 the same bit says that it is a temporary one.
    ...((flags & IFA_F.secondary) !== 0 && family === 'inet' ? { secondary: true } : {}),
    ...((flags & IFA_F.manageTempAddr) !== 0 ? { mngtmpaddr: true } : {}),
  };
  return { index: readU32(bytes, from + 4), row };
}

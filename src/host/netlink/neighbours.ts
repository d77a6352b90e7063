/** Neighbours, proxies and forwarding entries, as `ip -N -j neigh show` and `bridge -j fdb show` print them (iproute2 6.1). */
import type { FdbRow, NeighRow, ProxyRow } from '../../kinds/rows.ts';
import { hardware, ip } from './addresses.ts';
import type { Channel } from './channel.ts';
import { familyOf, given } from './links.ts';
import { type Attributes, attributesOf, be16, readU16, readU32, u8, u32 } from './message.ts';
import type { NameOf } from './routes.ts';

const RTM_GETNEIGH = 30;
const AF_UNSPEC = 0;
const AF_BRIDGE = 7;
const NDA = { dst: 1, lladdr: 2, port: 6, vni: 7, ifindex: 8, master: 9, protocol: 12, flagsExt: 15 } as const;
const NTF = { self: 0x2, master: 0x4, proxy: 0x8, extLearned: 0x10, offloaded: 0x20, sticky: 0x40, router: 0x80 } as const;
const NTF_EXT_LOCKED = 0x2;
const NUD = { reachable: 0x2, stale: 0x4, noarp: 0x40, permanent: 0x80 } as const;

// struct ndmsg: family, three bytes of padding, ifindex, state (16 bits), flags, type.
function request(family: number, flags = 0) {
  return { type: RTM_GETNEIGH, fixed: Buffer.from([family, 0, 0, 0, 0, 0, 0, 0, 0, 0, flags, 0]) };
}

/** Permanent ones of both families, and those that a routing daemon put there. */
export function readNeighs(channel: Channel, nameOf: NameOf): readonly NeighRow[] {
  return channel.dump('neighbours', request(AF_UNSPEC), (bytes, from, to): NeighRow | null => {
    const state = readU16(bytes, from + 8);
    const isKept = (state & NUD.permanent) !== 0 || ((bytes[from + 10] as number) & NTF.extLearned) !== 0;
    if (familyOf(bytes, from) === undefined || !isKept) return null;
    const attributes = attributesOf(bytes, from + 12, to);
    return {
      dst: ip(attributes, NDA.dst) ?? '',
      dev: nameOf(readU32(bytes, from + 4)),
      ...given('lladdr', hardware(attributes, NDA.lladdr)),
      ...protocolOf(attributes),
      state: STATE_WORDS[state & 0xff] as readonly string[],
    };
  });
}

/** Addresses that this namespace answers for (ARP, NDP) on behalf of others. */
export function readProxies(channel: Channel, nameOf: NameOf): readonly ProxyRow[] {
  return channel.dump('proxy neighbours', request(AF_UNSPEC, NTF.proxy), (bytes, from, to): ProxyRow | null => {
    if (familyOf(bytes, from) === undefined || ((bytes[from + 10] as number) & NTF.proxy) === 0) return null;
    const attributes = attributesOf(bytes, from + 12, to);
    return { dst: ip(attributes, NDA.dst) ?? '', dev: nameOf(readU32(bytes, from + 4)), ...protocolOf(attributes) };
  });
}

function protocolOf(attributes: Attributes): { readonly protocol?: string } {
  const protocol = u8(attributes, NDA.protocol) ?? 0;
  return protocol === 0 ? {} : { protocol: String(protocol) };
}

const NEIGH_STATES: readonly (readonly [number, string])[] = [
  [0x1, 'INCOMPLETE'],
  [NUD.reachable, 'REACHABLE'],
  [NUD.stale, 'STALE'],
  [0x8, 'DELAY'],
  [0x10, 'PROBE'],
  [0x20, 'FAILED'],
  [NUD.noarp, 'NOARP'],
  [NUD.permanent, 'PERMANENT'],
];
const STATE_WORDS = Array.from({ length: 256 }, (_, state) => wordsOf(NEIGH_STATES, state));

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Forwarding entries of bridges, of their ports, and of VXLAN devices. There are many: no more is made for each than its row. */
export function readFdb(channel: Channel, nameOf: NameOf): readonly FdbRow[] {
  return channel.dump('forwarding entries', request(AF_BRIDGE), (bytes, from, to): FdbRow | null => {
    if (bytes[from] !== AF_BRIDGE) return null;
    const attributes = attributesOf(bytes, from + 12, to);
    const row: Writable<FdbRow> = {
      mac: hardware(attributes, NDA.lladdr) ?? '',
      ifname: nameOf(readU32(bytes, from + 4)),
      flags: flagsOf(bytes[from + 10] as number, u32(attributes, NDA.flagsExt) ?? 0),
      state: stateOf(readU16(bytes, from + 8)),
    };
    const [dst, port, vni] = [ip(attributes, NDA.dst), be16(attributes, NDA.port), u32(attributes, NDA.vni)];
    const [master, via] = [u32(attributes, NDA.master), u32(attributes, NDA.ifindex)];
    if (dst !== undefined) row.dst = dst;
    if (port !== undefined) row.port = port;
    if (vni !== undefined) row.vni = vni;
    if (via !== undefined) row.viaIf = nameOf(via);
    if (master !== undefined) row.master = nameOf(master);
    return row;
  });
}

const FDB_FLAGS: readonly (readonly [number, string])[] = [
  [NTF.self, 'self'],
  [NTF.router, 'router'],
  [NTF.extLearned, 'extern_learn'],
  [NTF.offloaded, 'offload'],
  [NTF.master, 'master'],
  [NTF.sticky, 'sticky'],
];

/** Words of all combinations of flags. */
const FLAG_WORDS = Array.from({ length: 256 }, (_, flags) => wordsOf(FDB_FLAGS, flags));

function flagsOf(flags: number, more: number): readonly string[] {
  const words = FLAG_WORDS[flags] as readonly string[];
  return (more & NTF_EXT_LOCKED) === 0 ? words : [...words, 'locked'];
}

function wordsOf(words: readonly (readonly [number, string])[], bits: number): readonly string[] {
  return words.flatMap(([bit, word]) => ((bits & bit) === 0 ? [] : [word]));
}

// The first word that fits; a learned entry has none.
function stateOf(state: number): string {
  if ((state & NUD.permanent) !== 0) return 'permanent';
  if ((state & NUD.noarp) !== 0) return 'static';
  if ((state & NUD.stale) !== 0) return 'stale';
  return (state & NUD.reachable) !== 0 ? '' : `state=0x${state.toString(16)}`;
}

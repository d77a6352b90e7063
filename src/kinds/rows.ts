/**
 * What a driver reads from one network namespace: rows shaped like `ip -N -j -d` prints them, with the driver's
 * corrections, addresses in their canonical form. Kinds parse these; no kind knows how they were read.
 */
export interface Rows {
  /** '' is the node's own namespace. */
  readonly netns: string;
  /** Names below /run/netns; only with the node's own namespace, else empty. */
  readonly namespaces: readonly string[];
  /**
   * Those of them that should have been read and could not be, each with why, as what follows its name in a sentence: `keeps
   * changing`. They have no rows. Only with the node's own namespace, and only when there are any.
   */
  readonly unread?: Readonly<Record<string, string>>;
  /** `ip -N -j -d link show` (only this one prints `inet6_addr_gen_mode`), with `addr_info` of `ip -N -j addr show`. */
  readonly links: readonly LinkRow[];
  /** `ip -N -j -d route show table all`, without what the kernel made (protocol 2 and 9); both families. */
  readonly routes: readonly RouteRow[];
  /** `ip -N -j neigh show nud permanent`, both families. */
  readonly neighs: readonly NeighRow[];
  /** `ip -N -j neigh show proxy`, both families. */
  readonly proxies: readonly ProxyRow[];
  /** `ip -N -j -d rule show`, IPv4. */
  readonly rules: readonly RuleRow[];
  /** `bridge -j fdb show` (6.1 knows no `-N`). */
  readonly fdb: readonly FdbRow[];
  /** Our own nft tables, as `nft -j list table` prints them: without handles, indexes and counter values. */
  readonly tables: readonly NftTable[];
  /** Files below the node's runtime folder that belong to networks; only with the node's own namespace. */
  readonly files: readonly FileRow[];
  /** Processes that serve networks, wherever they run; only with the node's own namespace. */
  readonly services: readonly ServiceRow[];
  /** Values of those keys that were asked for and exist; `net/ipv6/conf/br0/disable_ipv6` -> `1`. */
  readonly sysctls: Readonly<Record<string, string>>;
}

/** One link. Fields as iproute2 6.1 prints them with `-N -j -d`; a driver may leave out what it does not know. */
export interface LinkRow {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  /** `UP`, `DOWN`, `UNKNOWN` (it has no carrier to tell of), `LOWERLAYERDOWN`. */
  readonly operstate?: string;
  readonly address?: string;
  readonly ifalias?: string;
  /** Digits: `97`. `0` when in no group. */
  readonly group: string;
  /** Name of the bridge it is in. */
  readonly master?: string;
  /** Name of the link that it stands on (VLAN devices, macvlans), or, of a veth, of its other end; when that is in the same namespace. */
  readonly link?: string;
  readonly inet6_addr_gen_mode?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: Readonly<Record<string, unknown>>;
    readonly info_slave_kind?: string;
    readonly info_slave_data?: Readonly<Record<string, unknown>>;
  };
  /** Joined by the driver from `link_netnsid` and `link_index`: the other end of a veth, where it can be seen; `group` as in the row. Without `name`: in a namespace that could not be read. */
  readonly peer?: { readonly netns: string; readonly name?: string; readonly ifindex: number; readonly group?: string };
  /** uid of a tap's owner, a number as the kernel has it; absent without owner. */
  readonly owner?: number;
  /** True: it has an owner, and nobody answered which uid that is. */
  readonly ownerUnanswered?: true;
  readonly addr_info: readonly AddrRow[];
  /** Taken over (`adopt.ts`): under which name and in which group the kernel has it now. Not read, but decided. */
  readonly adopted?: { readonly name: string; readonly group: string };
  /** A definition would take it over; why it is left alone. */
  readonly kept?: string;
}

export interface AddrRow {
  readonly family: 'inet' | 'inet6';
  readonly local: string;
  readonly prefixlen: number;
  readonly scope?: string;
  readonly dynamic?: boolean;
  readonly secondary?: boolean;
  /** Kernel-made by SLAAC. */
  readonly mngtmpaddr?: boolean;
}

export interface RouteRow {
  readonly family: 'inet' | 'inet6';
  /** `default`, an address, or a prefix. */
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly protocol: string;
  readonly table: string;
  readonly metric?: number;
  readonly scope?: string;
  readonly type?: string;
}

export interface NeighRow {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
  readonly protocol?: string;
  readonly state: readonly string[];
}

/** A proxied neighbour: an address that the namespace answers ARP for on a link. */
export interface ProxyRow {
  readonly dst: string;
  readonly dev: string;
  readonly protocol?: string;
}

/** One rule; whatever else it asks for is in further fields. */
export interface RuleRow {
  readonly priority: number;
  /** `all`, or an address. */
  readonly src: string;
  /** Hexadecimal, with a mask after a slash where it has one: `0xc000020a`. */
  readonly fwmark?: string;
  /** ifname. */
  readonly iif?: string;
  readonly table?: string;
  readonly suppress_prefixlen?: number;
  readonly protocol?: string;
}

/** A regular file below `<runtime folder>/networks/<uuid>/`. */
export interface FileRow {
  /** Absolute. */
  readonly path: string;
  /** SHA-256 of its content, in hex. */
  readonly hash: string;
}

/** A process that serves a network, or the notes of one that is gone. */
export interface ServiceRow {
  /** `<uuid>/dnsmasq`. */
  readonly id: string;
  /** Name of the namespace that it is in; '' the node's own, '?' one without a name. */
  readonly netns: string;
  /** Hash of what it read when it started; '' where that cannot be told. */
  readonly conf: string;
  /** Hash of what it read last; '' where that cannot be told, or its leases are no longer in their file. */
  readonly loaded: string;
  /** False for one that is gone, stopped, hung, or without the ports that it should hold. */
  readonly answers: boolean;
  /** Where what is noted about it lies. */
  readonly folder: string;
}

export interface FdbRow {
  readonly mac: string;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly master?: string;
  readonly dst?: string;
  /** Of a peer, where somebody set others than the VXLAN device's own. */
  readonly port?: number;
  readonly vni?: number;
  readonly viaIf?: string;
  readonly state?: string;
}

/** JSON of nft, as `nft -j` prints an object: opaque here, built and compared as a value. */
export type NftJson = null | boolean | number | string | readonly NftJson[] | { readonly [key: string]: NftJson };

export interface NftTable {
  readonly family: 'inet' | 'ip' | 'ip6' | 'bridge';
  readonly name: string;
  /** The objects of the table (`{set: …}`, `{map: …}`, `{chain: …}`, `{rule: …}`) in the order nft prints them, without the `table` object itself. */
  readonly rows: readonly NftJson[];
}

/** What `look` finds out about a node before compiling: small, pure, part of the node's report so that CI can compile without a kernel. */
export interface Facts {
  /** The device that carries the declared underlay address, and its mtu; null when no device has that address. */
  readonly underlay: { readonly device: string; readonly mtu: number; readonly up: boolean } | null;
  /** True when this kernel hands bridged frames to the IP filters (br_netfilter is loaded). */
  readonly bridgeNetfilter: boolean;
  /** Links in bridges named `br-vxlan-*`: how libvirt's ports are recognised. `ours` by link group. */
  readonly ports: readonly { readonly bridge: string; readonly ifname: string; readonly mac: string; readonly ours: boolean }[];
  /** uid of each user name that definitions name as a tap's owner; null when the node has no such user. */
  readonly users: Readonly<Record<string, number | null>>;
  /** Those of the users that nobody answered for when the node was asked. Not part of a report. */
  readonly unanswered?: readonly string[];
  /** Interface names of the node that are not ours: what definitions must not name. */
  readonly devices: readonly string[];
  /** The network cards and bridges by which pools leave this node, by name; those that the node does not have are left out. */
  readonly egress?: Readonly<Record<string, EgressFacts>>;
  /** The link of the node's own IPv4 default route; absent where it has none. */
  readonly defaultDevice?: string;
  /** Absolute path of the node's runtime folder. */
  readonly runtimeFolder?: string;
  /** Programs that only services and floating addresses need: false where the node has none. */
  readonly programs?: Readonly<Record<ServiceProgram, boolean>>;
  /** Chains of others that drop forwarded packets which they do not know, `<family> <table> <chain>`; only looked for where pools leave the node. */
  readonly forwardDrops?: readonly string[];
  /** Names of needed kernel features that are missing: `vxlan`, `bridge`, `veth`, `tun`, `nftables`. */
  readonly missing: readonly string[];
}

export interface EgressFacts {
  readonly mtu: number;
  readonly up: boolean;
  /** ifname of the bridge that it is in. */
  readonly master?: string;
  /** Without prefix length. */
  readonly addresses: readonly string[];
  /** The next hop of its own best IPv4 default route, '' where that has none (everything is on the link); absent without such a route. */
  readonly gateway?: string;
}

/** Each in the Debian package of its name, but dnsmasq: that is in dnsmasq-base. */
export type ServiceProgram = 'dnsmasq' | 'conntrack';

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
  /** Interface names of the node that are not ours: what definitions must not name. */
  readonly devices: readonly string[];
  /** Names of needed kernel features that are missing: `vxlan`, `bridge`, `veth`, `tun`, `nftables`. */
  readonly missing: readonly string[];
}

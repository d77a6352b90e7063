/** The way by which a node is managed: what a pass that could cut it is measured by. */

/** As far as it is known before a change. */
export interface Way {
  /** Links of the node's own namespace that its packets pass, by name. */
  readonly links: readonly string[];
  /** True when one of them is a bridge. */
  readonly isBridged: boolean;
  /** Who is at the other end, without prefix length: git's servers, default gateways, the other nodes on the underlay. */
  readonly ends: readonly string[];
  /** Addresses of the node by which it speaks to them. */
  readonly own: readonly string[];
}

/** A link as far as it leads to others. */
export interface WayLink {
  readonly ifname: string;
  /** The bridge or bond that it is in. */
  readonly master?: string;
  /** What it stands on (a VLAN), or its other end (veth), where that is in the same namespace. */
  readonly below?: string;
  readonly isBridge: boolean;
}

/** How packets leave for one address: as the kernel routes them. */
export interface WayRoute {
  readonly to: string;
  readonly link: string;
  readonly via?: string;
  readonly from?: string;
}

/** Everything that the way is made of, as it was read. */
export interface WayReading {
  readonly links: readonly WayLink[];
  /** To the git servers and to the other nodes. */
  readonly routes: readonly WayRoute[];
  /** Default routes; `to` is the gateway, or `default` where there is none. */
  readonly defaults: readonly WayRoute[];
  /** The device that carries the underlay, and the node's address there. */
  readonly underlay: { readonly link: string; readonly address: string } | null;
  /** Who must be reached, also where there is no route to it now. */
  readonly ends: readonly string[];
}

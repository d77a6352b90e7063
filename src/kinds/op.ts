/**
 * One act on the kernel, as data with typed fields: no words of any tool. One op is one line is one act, and each state
 * between two ops of a create is recognisable as ours. `netns` '' is the node's own namespace. Interface and namespace
 * names, addresses and MACs are canonical and checked before they get here.
 */
export type Op =
  | { readonly op: 'netns-add'; readonly name: string }
  | { readonly op: 'netns-del'; readonly name: string }
  | {
      readonly op: 'bridge-add';
      readonly netns: string;
      readonly name: string;
      readonly mac: string;
      readonly mtu: number;
      readonly group: number;
      readonly set?: BridgeSet;
    }
  | {
      readonly op: 'vxlan-add';
      readonly netns: string;
      readonly name: string;
      readonly mac: string;
      readonly mtu: number;
      readonly group: number;
      readonly vni: number;
      readonly port: number;
      readonly local: string;
      readonly learning: boolean;
    }
  | {
      readonly op: 'veth-add';
      readonly netns: string;
      readonly name: string;
      readonly mac: string;
      readonly mtu: number;
      readonly group: number;
      readonly peer: { readonly netns: string; readonly name: string; readonly mac: string };
    }
  | { readonly op: 'tap-add'; readonly netns: string; readonly name: string; readonly owner?: number; readonly multiQueue: boolean }
  | { readonly op: 'link-set'; readonly netns: string; readonly name: string; readonly set: LinkSet }
  /** Bridge-port flags of a link that is in a bridge. */
  | { readonly op: 'port-set'; readonly netns: string; readonly name: string; readonly set: PortSet }
  /** Live attributes of a vxlan device. */
  | { readonly op: 'vxlan-set'; readonly netns: string; readonly name: string; readonly set: { readonly local?: string; readonly learning?: boolean } }
  /** Live attributes of a bridge. */
  | { readonly op: 'bridge-set'; readonly netns: string; readonly name: string; readonly set: BridgeSet }
  | { readonly op: 'link-del'; readonly netns: string; readonly name: string }
  | { readonly op: 'addr-add' | 'addr-del'; readonly netns: string; readonly link: string; readonly ip: string; readonly prefix: number }
  | {
      readonly op: 'route-add' | 'route-del';
      readonly netns: string;
      readonly dst: string;
      readonly via?: string;
      readonly link?: string;
      readonly table: string;
      readonly metric?: number;
      readonly proto: number;
    }
  | { readonly op: 'neigh-replace'; readonly netns: string; readonly link: string; readonly ip: string; readonly mac: string; readonly proto: number }
  | { readonly op: 'neigh-del'; readonly netns: string; readonly link: string; readonly ip: string }
  /** A deletion's `dst` may be followed by the words of an entry that somebody else set: `10.9.0.2,port,9999`. */
  | { readonly op: 'flood-append' | 'flood-del'; readonly netns: string; readonly link: string; readonly dst: string }
  | { readonly op: 'vtep-replace'; readonly netns: string; readonly link: string; readonly mac: string; readonly dst: string }
  | { readonly op: 'vtep-del'; readonly netns: string; readonly link: string; readonly mac: string }
  | { readonly op: 'fdb-replace' | 'fdb-del'; readonly netns: string; readonly link: string; readonly mac: string }
  /** Replaces the whole table in one transaction; `text` is the body that `nft -f` reads. */
  | { readonly op: 'nft-replace'; readonly netns: string; readonly family: string; readonly name: string; readonly text: string }
  | { readonly op: 'nft-del'; readonly netns: string; readonly family: string; readonly name: string }
  | { readonly op: 'sysctl-set'; readonly netns: string; readonly key: string; readonly value: string }
  | {
      readonly op: 'rule-add' | 'rule-del';
      readonly netns: string;
      readonly priority: number;
      readonly mark?: number;
      /** ifname that packets come in by. */
      readonly link?: string;
      readonly suppress?: number;
      readonly table: string;
      readonly proto: number;
    }
  | { readonly op: 'proxy-replace'; readonly netns: string; readonly link: string; readonly ip: string; readonly proto: number }
  | { readonly op: 'proxy-del'; readonly netns: string; readonly link: string; readonly ip: string }
  /** Ends all flows that somebody began with this destination, and those that left with it as their source. */
  | { readonly op: 'flows-end'; readonly netns: string; readonly ip: string }
  /** Whole and in one act, readable for everybody; its folders are made. */
  | { readonly op: 'file-write'; readonly path: string; readonly text: string }
  /** The folder goes with its last file. */
  | { readonly op: 'file-del'; readonly path: string }
  | ({ readonly op: 'service-start' | 'service-reload' } & ServiceRun)
  /** Done when the process is gone, and what was noted about it. */
  | { readonly op: 'service-stop'; readonly id: string; readonly folder: string };

/** All that a service is started with; fields as in `ServiceSpec`. */
export interface ServiceRun {
  readonly netns: string;
  readonly id: string;
  readonly program: string;
  readonly argv: readonly string[];
  readonly conf: string;
  readonly loaded: string;
  readonly ports: readonly number[];
  readonly links: readonly string[];
  readonly folder: string;
  readonly leases?: { readonly path: string; readonly known: readonly string[] };
}

/** What one `link set` line can change at once. `master: ''` takes the link out of its bridge. */
export interface LinkSet {
  readonly name?: string;
  readonly group?: number;
  readonly alias?: string;
  readonly mac?: string;
  readonly mtu?: number;
  readonly master?: string;
  readonly addrgenmode?: AddrGenMode;
  readonly up?: boolean;
}

/** How IPv6 link-local addresses come about, in iproute2's words. */
export type AddrGenMode = 'none' | 'eui64' | 'stable_secret' | 'random';

export interface PortSet {
  readonly learning?: boolean;
  readonly flood?: boolean;
  readonly suppress?: boolean;
  readonly locked?: boolean;
  readonly isolated?: boolean;
  readonly hairpin?: boolean;
  readonly mcastFlood?: boolean;
  readonly bcastFlood?: boolean;
  readonly proxyArp?: boolean;
  readonly forwarding?: boolean;
}

export interface BridgeSet {
  readonly stp?: boolean;
  /** Hundredths of a second, as the kernel shows it. */
  readonly forwardDelay?: number;
  readonly snooping?: boolean;
  readonly vlanFiltering?: boolean;
  /** Hundredths of a second. */
  readonly ageing?: number;
  readonly netfilter?: boolean;
}

/** Ops of one lane can share a process: the tool that will carry them and the namespace they act in. */
export function lane(op: Op): string {
  switch (op.op) {
    case 'flood-append':
    case 'flood-del':
    case 'vtep-replace':
    case 'vtep-del':
    case 'fdb-replace':
    case 'fdb-del':
      return `bridge:${op.netns}`;
    case 'nft-replace':
    case 'nft-del':
      return `nft:${op.netns}`;
    case 'sysctl-set':
      return `sysctl:${op.netns}`;
    case 'netns-add':
    case 'netns-del':
      return 'ip:';
    case 'flows-end':
      return `conntrack:${op.netns}`;
    case 'file-write':
    case 'file-del':
      return 'file:';
    case 'service-start':
    case 'service-reload':
    case 'service-stop':
      return 'service:';
    default:
      return `ip:${op.netns}`;
  }
}

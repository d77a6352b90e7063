/** What one look at a node found, before anything is made of it: answers to probes, the plan, and what the branches say. */
import type { Step } from '../kinds/step.ts';
import type { VxlanWord } from '../model/vxlan-word.ts';

export interface Evidence {
  readonly node: string;
  /** ISO 8601 in UTC, with milliseconds: when it was asked. */
  readonly at: string;
  /** Where the Node is defined: `nodes/n1.yaml:3`. */
  readonly place: string;
  /** Keys of the networks in question that this node carries. */
  readonly networks: readonly string[];
  readonly machine: Machine;
  readonly word: Word;
  readonly underlay: OwnUnderlay;
  readonly peers: readonly Peer[];
  readonly kernel: Kernel | { readonly why: string };
  readonly branches: Branches;
  readonly segments: readonly Segment[];
  readonly outside: Outside;
  /** Why no frames could be sent; null where they could. */
  readonly frames: string | null;
}

export interface Machine {
  /** Programs that netloom needs and does not find, with the Debian packages that have them. */
  readonly programs: readonly { readonly program: string; readonly of: string }[];
  /** Parts of the kernel that are missing, with what to do. */
  readonly features: readonly { readonly name: string; readonly todo: string }[];
  /** Whether bridged frames meet the node's IP filters now (br_netfilter): true where a switch is on. */
  readonly filtersBridged: boolean;
  /** `<family> <table> <chain>` of each chain of others that drops what is forwarded. */
  readonly forwardDrops: readonly string[];
}

/** What people told this node. */
export interface Word {
  readonly mode: 'enforce' | 'observe';
  /** `by ada: the card is replaced`; null where it is not suspended. */
  readonly suspended: string | null;
}

export interface OwnUnderlay {
  readonly address: string;
  /** As the Node says; absent: any. */
  readonly device?: string;
  /** Where the address is; null: nowhere. */
  readonly found: { readonly device: string; readonly mtu: number; readonly isUp: boolean } | null;
  /** Addresses that the machine has instead, with their devices. */
  readonly instead: readonly { readonly device: string; readonly address: string }[];
  /** Name of another Node whose address is here. */
  readonly other: string | null;
  /** What the largest of the networks needs; 0 without any. */
  readonly neededMtu: number;
  readonly port: number;
  /** MACs that answer for the own address; null: not asked. */
  readonly rivals: readonly string[] | null;
  /** MACs of the machine's own links: two cards on one wire answer for each other. */
  readonly ownMacs: readonly string[];
}

/** Another node with which this one shares networks. */
export interface Peer {
  readonly node: string;
  readonly address: string;
  readonly place: string;
  /** Keys of the networks that both carry. */
  readonly networks: readonly string[];
  /** Why an echo did not come back; null: it did. */
  readonly small: string | null;
  /** The same for one of so many bytes that nobody may cut. */
  readonly whole: { readonly bytes: number; readonly why: string | null };
  readonly vxlan: VxlanWord;
  /** netloom's version there, as it last said; '' where it never did, null where nobody could be asked. */
  readonly version: string | null;
  /** netloom's version here. */
  readonly ours: string;
  /** Who answers ARP for the address, where it is on the wire; null: not asked. */
  readonly macs: readonly string[] | null;
}

/** The kernel against what is wanted. */
export interface Kernel {
  /** Of the whole plan. */
  readonly steps: readonly Step[];
  /** What is looked into: `Network red/lan`, `Node n1`. */
  readonly definitions: readonly string[];
  readonly obstacles: readonly Obstacle[];
  readonly names: Names;
}

/** Something that keeps a definition from being as wanted, as a pass would tell it. */
export interface Obstacle {
  readonly definition: string;
  readonly state: 'waiting' | 'degraded' | 'error';
  readonly reason: string;
  readonly message: string;
}

/** Words for what the kernel knows by numbers. */
export interface Names {
  /** Underlay address to Node. */
  readonly nodes: Readonly<Record<string, string>>;
  /** MAC to `Interface red/web`, or `the router of red/lan`. */
  readonly macs: Readonly<Record<string, string>>;
  /** Address within a network to the same: by `<network> <address>`. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Namespace to `Network red/lan`. */
  readonly namespaces: Readonly<Record<string, string>>;
}

/** What git says. */
export interface Branches {
  readonly url: string;
  /** Why it did not answer; null: it did. */
  readonly why: string | null;
  /** How much later it is here than at the git server; null where it does not say. */
  readonly aheadMs: number | null;
  /** This node and its peers, as they last said themselves; null where git did not answer. */
  readonly nodes: readonly Standing[] | null;
}

export interface Standing {
  readonly node: string;
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  /** Something of its networks is not what the definitions say now. */
  readonly behind: boolean;
  /** ISO 8601: when it last published; '' for never. */
  readonly heard: string;
}

/** One network, asked by frames out of its bridge. */
export interface Segment {
  readonly network: string;
  readonly bridge: string;
  /** Name of the node that carries its router; '' for none. */
  readonly router: string;
  readonly routerMac: string;
  /** MACs that offered an address to a guest of ours; null: not asked. */
  readonly dhcp: { readonly guest: string; readonly macs: readonly string[]; readonly error?: string } | null;
  /** Whether the router answered an echo that looked as if it came from a guest of ours; null: not asked. */
  readonly echo: { readonly isAnswered: boolean; readonly error?: string } | null;
  /** Addresses for which anybody answered. */
  readonly addresses: readonly SegmentAddress[];
  /** How many addresses were not asked for, because there are too many. */
  readonly skipped: number;
}

export interface SegmentAddress {
  readonly ip: string;
  /** Whose it is: `Interface red/web`. */
  readonly owner: string;
  readonly mac: string;
  readonly macs: readonly string[];
  /** Others may use it too, by their definitions. */
  readonly isShared: boolean;
}

/** The ways out of this node. */
export interface Outside {
  readonly gateways: readonly { readonly pool: string; readonly device: string; readonly address: string; readonly why: string | null }[];
  readonly floating: readonly Floating[];
}

export interface Floating {
  /** `red/web`. */
  readonly key: string;
  readonly address: string;
  readonly network: string;
  readonly pool: string;
  /** Where it was asked for. */
  readonly link: string;
  readonly mac: string;
  /** Who answers ARP; null: not asked. */
  readonly macs: readonly string[] | null;
  readonly error?: string;
  /** Why its guest did not answer an echo; null: it did; undefined: not asked, or not allowed to answer. */
  readonly echo?: string | null;
}

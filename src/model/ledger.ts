/**
 * The ledger: what has been allocated, as a plain value. It is published on the status branch (a file per network below
 * `allocations/networks/`), read back by every node, and kept by each node beside its last good definitions.
 * Keys are `<namespace>/<name>`. Instants are ISO 8601 in UTC with seconds (`2026-11-21T10:00:00Z`).
 */
export interface Ledger {
  readonly networks: Readonly<Record<string, NetworkEntry>>;
  /** By name; a file each below `allocations/pools/`. Absent = none. */
  readonly pools?: Readonly<Record<string, PoolEntry>>;
  /**
   * Where an object that the ledger does not know starts to count its `incarnation`: one above the highest that was ever
   * forgotten, so that a new object is never taken for an old one of its name, without a record of each. Absent = 0.
   */
  readonly incarnations?: number;
}

/** What is allocated to one network; a removed network stays as a tombstone until the ledger's memory ends. */
export interface NetworkEntry {
  readonly namespace: string;
  readonly name: string;
  /** Version 8 uuid whose last six bytes begin with `6e6c6d`: its namespace is recognisable as ours. */
  readonly uuid: string;
  /** 1..16777215. */
  readonly vxid: number;
  /** Higher after the memory of one of this name has ended, so that a new network is not taken for the old. From 0. */
  readonly incarnation: number;
  readonly since: string;
  /** The cidr that the addresses below belong to, canonical; absent for pure layer 2. */
  readonly cidr?: string;
  /** The router's address (index 1 of the cidr; no prefix length) and MAC `02:02:<vxid>:01`; absent for pure layer 2. */
  readonly router?: { readonly address: string; readonly mac: string };
  /** The node that carries the router and its services; absent while none is found, and for networks without one. */
  readonly gateway?: GatewayEntry;
  /** The address of a pool by which the network reaches the outside, with NAT or without; absent with egress none. */
  readonly floatingGateway?: { readonly pool: string; readonly address: string };
  /** When the definition went away; absent while it is there. */
  readonly removed?: string;
  /** Where the definition stands or stood: `networks/blue.yaml:3`. */
  readonly from: string;
  /** Keyed by `<namespace>/<name>` of the Interface; tombstones included. */
  readonly interfaces: Readonly<Record<string, InterfaceEntry>>;
  /** Every address of the cidr that is not free, sorted numerically; empty for pure layer 2. */
  readonly addresses: readonly AddressEntry[];
}

export interface GatewayEntry {
  readonly node: string;
  readonly since: string;
  /** The node that carried it before and carries it on, until `node` says that it has taken over; then this field goes. */
  readonly former?: string;
}

/** What is given out of one AddressPool; a removed pool stays until nothing of it is in use and the ledger's memory ends. */
export interface PoolEntry {
  readonly name: string;
  /** Canonical. */
  readonly cidr: string;
  readonly since: string;
  readonly removed?: string;
  readonly from: string;
  /** FloatingIPs by `<namespace>/<name>`; tombstones included. */
  readonly floating: Readonly<Record<string, PoolHolder>>;
  /** RoutedIPs by `<namespace>/<name>`; tombstones included. */
  readonly routed: Readonly<Record<string, PoolHolder>>;
  /** Every address of the pool that is not free, sorted numerically; networks' floating gateways too (type `gateway`, user `Network <uuid> <key>`). */
  readonly addresses: readonly AddressEntry[];
}

/** One FloatingIP or RoutedIP that has an address. */
export interface PoolHolder {
  readonly address: string;
  /** As of networks. Absent = 0. */
  readonly incarnation?: number;
  readonly since: string;
  readonly removed?: string;
  readonly from: string;
}

export interface InterfaceEntry {
  readonly uuid: string;
  readonly mac: string;
  /** The node that carries it; absent = unplaced. */
  readonly node?: string;
  /** Where its guest is being moved to, and since when; absent while it stays. */
  readonly migrating?: { readonly to: string; readonly since: string };
  /** Without prefix length; absent when it has none (`address: none`, or a network without cidr). */
  readonly address?: string;
  readonly incarnation: number;
  readonly since: string;
  readonly removed?: string;
  readonly from: string;
}

/** `quarantine`: released a short while ago, nobody gets it; `remembered`: given to others last, oldest first. */
export type AddressType = 'network' | 'broadcast' | 'gateway' | 'instance' | 'floating' | 'routed' | 'reserved' | 'quarantine' | 'remembered';

export interface AddressEntry {
  /** Of type `reserved` also a range: `10.0.0.50-10.0.0.99`. */
  readonly address: string;
  readonly type: AddressType;
  /** `<kind> <uuid> <namespace>/<name>`, of kinds without uuid `<kind> <namespace>/<name>`, or '' for the space's own. */
  readonly user: string;
  /** Definition file:line, or ''; of type `reserved` what the definition says about it. */
  readonly comment: string;
  readonly since: string;
}

export const EMPTY_LEDGER: Ledger = { networks: {} };

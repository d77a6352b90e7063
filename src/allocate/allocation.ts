/** What goes into allocation and what comes out of it. */
import type { Ledger } from '../model/ledger.ts';
import type { Ask } from '../objects/object.ts';

export type { InterfaceAsk, NetworkAsk } from '../objects/object.ts';

export interface AllocateArgs {
  /** One per Network, Interface, AddressPool, FloatingIP and RoutedIP that is defined now, in any order. */
  readonly asks: readonly Ask[];
  /** Last published ledger; may be stale, edited by hand, or name one value twice. */
  readonly ledger: Ledger;
  /** ISO 8601 in UTC with seconds. */
  readonly now: string;
  readonly cluster: {
    readonly id: string;
    /** Inclusive, within 1..16777215. Holds for new ones only: who has a vxid outside keeps it. */
    readonly vxids: { readonly first: number; readonly last: number };
    /** First bytes of derived MACs: `02:00:00`. */
    readonly macPrefix: string;
    readonly quarantineMs: number;
    readonly memoryMs: number;
  };
  /** Values that somebody outside the ledger has: nobody gets them. */
  readonly taken?: { readonly vxids?: readonly number[]; readonly macs?: readonly string[] };
  /** Names of the nodes that are defined: nobody waits for another one to hand over a router. Absent = any may be. */
  readonly nodes?: readonly string[];
  /**
   * Keys of networks and names of pools whose published entry cannot be read and of which there is no copy either. While there is one, nothing
   * new is allocated (what they hold is unknown); what is allocated goes on.
   */
  readonly unreadable?: readonly string[];
}

export type PendingReason =
  | 'PoolExhausted'
  | 'VxidsExhausted'
  | 'MacsExhausted'
  | 'AddressTaken'
  | 'VxidTaken'
  | 'MacTaken'
  | 'AddressInvalid'
  | 'CidrInvalid'
  | 'NetworkPending'
  | 'PoolPending'
  | 'NoGateway'
  | 'LedgerUnreadable';

/** A definition that does not have all it asks for, and why. What it lives with it keeps. */
export interface PendingAsk {
  /** `Interface default/web`. */
  readonly definition: string;
  readonly reason: PendingReason;
  readonly message: string;
}

/** Something that changed hands; one per definition that the new ledger treats otherwise than the old one. */
export interface AllocationChange {
  readonly definition: string;
  readonly change: 'allocate' | 'restore' | 'change' | 'release' | 'forget' | 'repair';
  /** Key of the network that it is about; '' for pools and what they give out. */
  readonly network: string;
  /** `vxid 14823439 (0xe2300f), uuid 1e0e…`. */
  readonly message: string;
}

/** Something that could not be given back as it was. */
export interface AllocationNote {
  readonly code: 'address-lost' | 'vxid-lost' | 'mac-lost' | 'uuid-lost';
  readonly definition: string;
  readonly old: string;
  /** '' when there is none instead. */
  readonly new: string;
  readonly message: string;
}

export interface Allocation {
  /** The very value that came in when nothing is to be allocated, released or repaired. */
  readonly ledger: Ledger;
  readonly changes: readonly AllocationChange[];
  readonly pending: readonly PendingAsk[];
  readonly notes: readonly AllocationNote[];
}

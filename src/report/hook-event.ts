/**
 * What hooks are told, as JSON on their stdin (schemas/output/hook-event.json), and what a node remembers of it, so that each event is
 * told once: it is the difference between what the node knew when it told hooks last and what it knows now.
 */

/** In the order in which those of one pass are told: what goes makes room for what comes. */
export const HOOK_EVENTS = ['deleted', 'allocated', 'created', 'changed', 'ready', 'failed'] as const;

export type HookEventName = (typeof HOOK_EVENTS)[number];

/** What is worth knowing of an object; what it has not is absent. */
export interface HookFacts {
  /** Without prefix length; for networks the router's and the one by which it reaches the outside. */
  readonly addresses: readonly string[];
  readonly cidr?: string;
  readonly mac?: string;
  readonly vxid?: number;
  /** `namespace/name` of the network that it is in. */
  readonly network?: string;
  /** Name of the pool that its address is from. */
  readonly pool?: string;
  /** Name of the Interface that it leads to. */
  readonly interface?: string;
  readonly instance?: string;
  readonly hostname?: string;
  /** Where it belongs: the node of an interface, the members of a network, the nodes that carry its router. By name. */
  readonly nodes: readonly string[];
  /** Its links on the node that tells; [] for none there. */
  readonly devices: readonly string[];
}

export interface HookEvent extends HookFacts {
  readonly apiVersion: 'netloom.dev/v1';
  readonly event: HookEventName;
  readonly kind: string;
  /** '' for kinds of the cluster. */
  readonly namespace: string;
  readonly name: string;
  /** '' where nothing is allocated, and for kinds without one. */
  readonly uuid: string;
  /** The node that tells. */
  readonly node: string;
  /** The commit that it enforces. */
  readonly revision: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string;
  /** Of `failed`: CamelCase, stable. Of `changed`: `Moved` where it left this node for another one. */
  readonly reason?: string;
  readonly message?: string;
  /** Of `changed`: the facts that were other before. */
  readonly before?: Partial<HookFacts>;
}

/** What hooks were told of one object; left out is no, none and ''. */
export interface HookKnown {
  /** Told as allocated: the uuid, or `held` for kinds without one. */
  readonly id?: string;
  /** Told as created here, with the digest that it had then. */
  readonly digest?: string;
  readonly isReady?: true;
  /** Told as failed, for this reason. */
  readonly wrong?: string;
  /** This node tells what is told once for all nodes. */
  readonly isOurs?: true;
  /** Kept where this node tells of it. */
  readonly facts?: HookFacts;
}

/** By definition (`Network default/demo`). */
export type HookMemory = Readonly<Record<string, HookKnown>>;

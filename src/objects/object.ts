/**
 * The contract of the table `objects/`: what each kind of definition answers. Pure. Adding a kind of definition is a schema,
 * a file here and a line in `objects/index.ts`.
 */
import type { Resource } from '../kinds/kind.ts';
import type { DiagnosticCode } from '../model/diagnostic.ts';
import type { Facts } from '../model/facts.ts';
import type { Ledger } from '../model/ledger.ts';
import type { Place } from '../model/place.ts';
import type { AddressPool, Cluster, FloatingIP, Interface, Namespace, Network, Node, RoutedIP } from './types.ts';

/** One definition, checked against its schema, with every default filled in. */
export interface Definition<S = object> {
  readonly kind: KindName;
  readonly name: string;
  /** '' for kinds of the cluster. */
  readonly namespace: string;
  /** `namespace/name`, or `name` for kinds of the cluster. */
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: S;
  /** Where its document starts. */
  readonly at: Place;
  /** 0-based index of its document in the file. */
  readonly doc: number;
  /** Nobody wrote a document of it: the templates that its spec is made of, the one that counts first. `at` and `doc` are those of the first's definition. */
  readonly made?: readonly [Template, ...Template[]];
}

/** A field of a definition that is a whole spec: `spec.mainNetwork` of a Namespace. */
export interface Template {
  readonly on: Definition;
  readonly path: readonly string[];
}

export type KindName = 'Cluster' | 'Node' | 'AddressPool' | 'Namespace' | 'Network' | 'Interface' | 'FloatingIP' | 'RoutedIP';

export type ClusterDef = Definition<Cluster['spec']>;
export type NodeDef = Definition<Node['spec']>;
export type AddressPoolDef = Definition<AddressPool['spec']>;
export type NamespaceDef = Definition<Namespace['spec']>;
export type NetworkDef = Definition<Network['spec']>;
export type InterfaceDef = Definition<Interface['spec']>;
export type FloatingIPDef = Definition<FloatingIP['spec']>;
export type RoutedIPDef = Definition<RoutedIP['spec']>;

/** All definitions of a revision, looked up by key. A catalog exists only when no file has an error of shape. */
export interface Catalog {
  readonly cluster: ClusterDef;
  readonly nodes: ReadonlyMap<string, NodeDef>;
  readonly pools: ReadonlyMap<string, AddressPoolDef>;
  readonly namespaces: ReadonlyMap<string, NamespaceDef>;
  readonly networks: ReadonlyMap<string, NetworkDef>;
  readonly interfaces: ReadonlyMap<string, InterfaceDef>;
  readonly floatingIPs: ReadonlyMap<string, FloatingIPDef>;
  readonly routedIPs: ReadonlyMap<string, RoutedIPDef>;
  /** Interfaces of each network, by the network's key; networks without interfaces have an empty list. Sorted by key. */
  readonly interfacesOf: ReadonlyMap<string, readonly InterfaceDef[]>;
}

/** Something wrong that a schema cannot say; `load` turns it into a Diagnostic by finding the place of `path`. */
export interface Finding {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint?: string;
  readonly on: Definition;
  /** From the root of the document: `['spec', 'cidr']`; [] = the document. */
  readonly path: readonly (string | number)[];
  readonly related?: readonly { readonly on: Definition; readonly path: readonly (string | number)[] }[];
  /** What an unknown reference refers to, or a bound is said by (name '': any of the kind): `load` keeps quiet about it when that is defined, but wrong in itself. */
  readonly missing?: { readonly kind: KindName; readonly namespace: string; readonly name: string };
}

/** Addresses that nobody gets by itself. */
export interface ReservedRange {
  readonly first: string;
  readonly last: string;
  readonly comment: string;
}

/** What a network asks of the gateway nodes. */
export interface GatewayAsk {
  /** Nodes that may carry the router: they serve every pool that the network uses, and are not cordoned. Sorted; may be empty. */
  readonly candidates: readonly string[];
  /** The definition names the node itself. */
  readonly pin?: string;
  /** The pool that its floating gateway address comes from; absent without a way out. */
  readonly pool?: string;
}

export interface NetworkAsk {
  readonly for: 'network';
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly cidr?: string;
  /** Pinned. */
  readonly vxid?: number;
  readonly reserved?: readonly ReservedRange[];
  /** Where its router may be: only for a network with an IPv4 cidr, in a cluster with gateway nodes. */
  readonly gateway?: GatewayAsk;
  readonly from: string;
}

export interface InterfaceAsk {
  readonly for: 'interface';
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Key of its network. */
  readonly network: string;
  readonly node?: string;
  /** Where its guest is moved to. */
  readonly migrateTo?: string;
  /** An address without prefix length. */
  readonly address: 'auto' | 'none' | (string & {});
  /** Pinned, lower case. */
  readonly mac?: string;
  readonly from: string;
}

export interface PoolAsk {
  readonly for: 'pool';
  /** Its name. */
  readonly key: string;
  readonly cidr: string;
  /** The pool's router. */
  readonly gateway: string;
  readonly reserved: readonly ReservedRange[];
  readonly from: string;
}

/** A FloatingIP (`floating`) or RoutedIP (`routed`). */
export interface HolderAsk {
  readonly for: 'floating' | 'routed';
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Name of its pool. */
  readonly pool: string;
  /** Pinned. */
  readonly address?: string;
  readonly from: string;
}

/** What a definition wants allocated. */
export type Ask = NetworkAsk | InterfaceAsk | PoolAsk | HolderAsk;

/** What compiling may look at: the definitions, what was allocated, which node this is, and the facts that `look` found there. */
export interface NodeView {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly node: NodeDef;
  readonly facts: Facts;
  /** Networks, by key, whose router this pass has just taken over from its former node: what is sent to their addresses is for here. */
  readonly taken?: ReadonlySet<string>;
}

/** Why an object, or a part of it, cannot be compiled on this node now; becomes a condition of that object. */
export interface Trouble {
  /** `Network default/demo`. */
  readonly definition: string;
  /** CamelCase, stable: `UnderlayMtuTooSmall`, `UnknownUser`, `AllocationPending`, `Unplaced`. */
  readonly reason: string;
  readonly message: string;
  /** False: it works, but not as it should (Degraded). True: it cannot work (not Ready). */
  readonly fatal: boolean;
}

export interface Compiled {
  readonly resources: readonly Resource[];
  readonly troubles: readonly Trouble[];
}

/** One kind of definition: its checks beyond the schema, what it wants allocated, and what it is on a node's kernel. */
export interface ObjectKind<S> {
  readonly kind: KindName;
  /** Lower case, for commands: `networks`. */
  readonly plural: string;
  readonly scope: 'cluster' | 'namespace';
  check(self: Definition<S>, catalog: Catalog): readonly Finding[];
  asks(self: Definition<S>, catalog: Catalog): readonly Ask[];
  compile(self: Definition<S>, view: NodeView): Compiled;
}

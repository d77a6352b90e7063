// Generated from schemas/ by .ci/gen.mjs. Do not edit: change the schema and run `npm run gen`.

/**
 * What all nodes and networks have in common. There is exactly one; its name is part of everything that is derived from names, so keep it.
 */
export interface Cluster {
  /**
   * Version of the definition format: netloom.dev/v1. Documents without a netloom.dev apiVersion are ignored.
   */
  apiVersion: 'netloom.dev/v1';
  /**
   * Kind of definition: Cluster.
   */
  kind: 'Cluster';
  /**
   * What identifies the Cluster, and notes of your own.
   */
  metadata: {
    /**
     * Name of the Cluster: a DNS label, unique among the definitions of this kind.
     */
    name: string;
    /**
     * Short key and value pairs of your own, to select and group definitions by.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Notes of your own. netloom keeps them and gives them no meaning.
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * Settings of the whole cluster; every one has a default.
   */
  spec: {
    /**
     * The network between the nodes, over which VXLAN packets travel.
     */
    underlay: {
      /**
       * UDP port of VXLAN, the same on every node. 4789 is the assigned one (RFC 7348).
       */
      port: number;
      /**
       * What every node's underlay device carries, unless its Node says otherwise. Networks get the smallest one less 50 bytes (IPv4 underlay) or 70 (IPv6). Guests expect 1500, so an underlay of 1550 (1570) or more is best.
       */
      mtu: number;
    };
    /**
     * How nodes learn which MAC is where.
     */
    mesh: {
      /**
       * false: the mesh is programmed from the definitions, nothing is flooded that is known. true: bridges learn from traffic, as ordinary switches do. A Network may choose for itself.
       */
      learning: boolean;
    };
    /**
     * Where vxids are allocated. Networks that pin their own vxid may lie outside.
     */
    vxids: {
      /**
       * Smallest vxid that is allocated.
       */
      first: number;
      /**
       * Largest vxid that is allocated.
       */
      last: number;
    };
    /**
     * First three bytes of the MACs that are allocated to interfaces. Not 02:01 to 02:04 and not fe: netloom derives its own from these.
     */
    macPrefix: string;
    /**
     * How long an address that was released is given to nobody.
     */
    quarantine: string;
    /**
     * How long the ledger remembers what was removed, so that `git revert` brings back the same uuid, vxid, MACs and addresses.
     */
    memory: string;
  };
}

/**
 * One guest's attachment to a network, on the node where the guest runs.
 */
export interface Interface {
  /**
   * Version of the definition format: netloom.dev/v1. Documents without a netloom.dev apiVersion are ignored.
   */
  apiVersion: 'netloom.dev/v1';
  /**
   * Kind of definition: Interface.
   */
  kind: 'Interface';
  /**
   * What identifies the Interface, and notes of your own.
   */
  metadata: {
    /**
     * Name of the Interface: a DNS label, unique among the definitions of this kind in its namespace.
     */
    name: string;
    /**
     * The tenant that it belongs to. Tenants never share networks; their names, addresses and prefixes may be equal.
     */
    namespace: string;
    /**
     * Short key and value pairs of your own, to select and group definitions by.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Notes of your own. netloom keeps them and gives them no meaning.
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * Which network, where, and how.
   */
  spec: {
    /**
     * Name of a Network of the same namespace.
     */
    network: string;
    /**
     * Name of the Node that carries it. Left out: everything is allocated, nothing is made (state `initial`, reason `Unplaced`).
     */
    node?: string;
    /**
     * The guest that it belongs to, as you name it: a virtual machine or container. Two networks of one instance should not overlap.
     */
    instance?: string;
    /**
     * Which interface of the guest it is: `eth<order>` inside a network namespace.
     */
    order: number;
    /**
     * auto: allocated from the network's cidr and kept. none: the interface has none. Or an address of the cidr.
     */
    address: ('auto' | 'none') | string;
    /**
     * MAC of the guest's end. Left out: allocated and kept.
     */
    mac?: string;
    /**
     * How the guest is attached: exactly one of tap, netns, bridge and host.
     */
    attach: {
      /**
       * A persistent tap device that a hypervisor (QEMU, Firecracker) opens.
       */
      tap?: {
        /**
         * Name of the tap. Left out: `tap-` and eight digits of the interface's uuid.
         */
        ifname?: string;
        /**
         * User of the node that may open the tap. Left out: root alone.
         */
        owner?: string;
        /**
         * true: the hypervisor opens the tap once per queue.
         */
        multiQueue: boolean;
      };
      /**
       * A veth into a network namespace that a container runtime makes; netloom waits until it is there.
       */
      netns?: {
        /**
         * Name of the namespace, as `ip netns` lists it.
         */
        name: string;
        /**
         * Name of the guest's end. Left out: `eth` and the order.
         */
        ifname?: string;
      };
      /**
       * Something else (libvirt) puts a port into the network's bridge; netloom guards it.
       */
      bridge?: {
        /**
         * Name of that port. Left out: recognised by its MAC, `fe:` and the last five bytes of the guest's.
         */
        port?: string;
      };
      /**
       * The node itself gets the interface and its address.
       */
      host?: {
        /**
         * Name of the node's end. Left out: `host-` and eight digits of the interface's uuid.
         */
        ifname?: string;
      };
    };
    /**
     * true: the guest can send with its own MAC and addresses only, and cannot act as DHCP server or router.
     */
    spoofProtection: boolean;
    /**
     * More addresses that the guest may use: virtual IPs, routed prefixes, container networks.
     *
     * @maxItems 64
     *
     * Items: An address, or a whole prefix.
     */
    allowedAddresses: string[];
  };
}

/**
 * A tenant. Names of networks and interfaces are unique within it. The namespace `default` is always there.
 */
export interface Namespace {
  /**
   * Version of the definition format: netloom.dev/v1. Documents without a netloom.dev apiVersion are ignored.
   */
  apiVersion: 'netloom.dev/v1';
  /**
   * Kind of definition: Namespace.
   */
  kind: 'Namespace';
  /**
   * What identifies the Namespace, and notes of your own.
   */
  metadata: {
    /**
     * Name of the Namespace: a DNS label, unique among the definitions of this kind.
     */
    name: string;
    /**
     * Short key and value pairs of your own, to select and group definitions by.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Notes of your own. netloom keeps them and gives them no meaning.
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * Nothing can be set for a namespace yet.
   */
  spec: {};
}

/**
 * A layer-2 segment across nodes. It exists on the nodes that have one of its interfaces, and nowhere else.
 */
export interface Network {
  /**
   * Version of the definition format: netloom.dev/v1. Documents without a netloom.dev apiVersion are ignored.
   */
  apiVersion: 'netloom.dev/v1';
  /**
   * Kind of definition: Network.
   */
  kind: 'Network';
  /**
   * What identifies the Network, and notes of your own.
   */
  metadata: {
    /**
     * Name of the Network: a DNS label, unique among the definitions of this kind in its namespace.
     */
    name: string;
    /**
     * The tenant that it belongs to. Tenants never share networks; their names, addresses and prefixes may be equal.
     */
    namespace: string;
    /**
     * Short key and value pairs of your own, to select and group definitions by.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Notes of your own. netloom keeps them and gives them no meaning.
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * What the network is; empty gives a pure layer-2 network with everything allocated.
   */
  spec: {
    /**
     * Addresses of the network, /29 or larger. The first is the router's. Left out: pure layer 2, guests bring their own addresses.
     */
    cidr?: string;
    /**
     * MTU of the network on every node. Left out: the smallest declared underlay MTU less 50 bytes (IPv4 underlay) or 70 (IPv6).
     */
    mtu?: number;
    /**
     * Pins the vxid, decimal or hexadecimal. Left out: allocated once and kept.
     */
    vxid?: number | string;
    /**
     * How nodes learn which MAC is where, for this network.
     */
    mesh?: {
      /**
       * true: bridges learn from traffic. Left out: as the Cluster says.
       */
      learning?: boolean;
    };
  };
}

/**
 * A Linux machine that carries networks. The machine knows by its own configuration which Node it is.
 */
export interface Node {
  /**
   * Version of the definition format: netloom.dev/v1. Documents without a netloom.dev apiVersion are ignored.
   */
  apiVersion: 'netloom.dev/v1';
  /**
   * Kind of definition: Node.
   */
  kind: 'Node';
  /**
   * What identifies the Node, and notes of your own.
   */
  metadata: {
    /**
     * Name of the Node: a DNS label, unique among the definitions of this kind.
     */
    name: string;
    /**
     * Short key and value pairs of your own, to select and group definitions by.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Notes of your own. netloom keeps them and gives them no meaning.
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * Where the node stands and what it serves.
   */
  spec: {
    /**
     * How the other nodes reach this one.
     */
    underlay: {
      /**
       * Address of this node that VXLAN packets are sent from and to. It must be on the machine already; all nodes use one address family.
       */
      address: string;
      /**
       * Device that has the address; found by the address when left out. netloom never changes it.
       */
      device?: string;
      /**
       * What this node's device carries, where it is not what the Cluster says.
       */
      mtu?: number;
    };
    /**
     * true: this node serves networks with a cidr (a network node) and is a member of each of them.
     */
    gateway: boolean;
    /**
     * off: frames between guests do not pass the node's own IP filters (Docker's drop policy would cut them). keep: leave the node's setting alone.
     */
    bridgeNetfilter: 'off' | 'keep';
  };
}

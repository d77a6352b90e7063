// Generated from schemas/ by .ci/gen.mjs. Do not edit: change the schema and run `npm run gen`.

/**
 * Addresses that the outside knows: gateways of networks with NAT, floating and routed addresses are taken from it.
 */
export interface AddressPool {
  /**
   * Version of the definition format: netloom.dev/v1. Documents without a netloom.dev apiVersion are ignored.
   */
  apiVersion: 'netloom.dev/v1';
  /**
   * Kind of definition: AddressPool.
   */
  kind: 'AddressPool';
  /**
   * What identifies the AddressPool, and notes of your own.
   */
  metadata: {
    /**
     * Name of the AddressPool: a DNS label, unique among the definitions of this kind.
     */
    name: string;
    /**
     * Short key and value pairs of your own, to select and group definitions by.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Notes of your own. netloom gives a meaning only to those below netloom.dev/: protect ("true": no revision may delete it).
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * The addresses, and the way out.
   */
  spec: {
    /**
     * The IPv4 addresses of the pool. The network upstream must route them to the gateway nodes, unless the mode is bridged.
     */
    cidr: string;
    /**
     * The router of the pool. Left out: its first address. In the modes masquerade and routed the gateway node itself is the router and holds this address; bridged: a router upstream has it.
     */
    gateway?: string;
    /**
     * masquerade: what leaves has the address of the network card, nothing upstream need know the pool. routed: the pool is routed to the gateway node. Both leave by the default route that the card has, whatever the node's own is. bridged: the network card is a port of the egress bridge, and the pool is the network that it is in.
     */
    mode: 'masquerade' | 'routed' | 'bridged';
    /**
     * Network card of the gateway nodes through which the pool reaches the outside. A Node may name another one.
     */
    device?: string;
    /**
     * Mode bridged only: a bridge that is on the gateway nodes already and takes the place of ours. netloom adds ports to it and changes nothing else.
     */
    bridge?: string;
    /**
     * Nodes that serve the pool. Left out: every node with gateway: true.
     *
     * @maxItems 64
     *
     * Items: Name of a Node with gateway: true.
     */
    gateways?: string[];
    /**
     * Addresses of the pool that netloom gives to nobody.
     *
     * @maxItems 256
     *
     * Items: Addresses that are given to nobody.
     */
    reserved?: {
      /**
       * One address, or a range.
       */
      addresses: string;
      /**
       * Why: shown in the list of addresses.
       */
      comment?: string;
    }[];
  };
}

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
     * Notes of your own. netloom gives a meaning only to those below netloom.dev/: protect ("true": no revision may delete it), and approve (hashes of deletions that may go ahead).
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
    /**
     * AddressPool of networks and addresses that name none, in namespaces that have no list of pools. Left out: the only one.
     */
    defaultPool?: string;
    /**
     * What every namespace has that says nothing else.
     */
    namespaceDefaults?: {
      /**
       * The most definitions that a namespace may have, also one without a Namespace of its own. A Namespace overrides each by itself.
       */
      quotas?: {
        /**
         * The most Networks, the main network among them.
         */
        networks?: number;
        /**
         * The most Interfaces, those without a node too.
         */
        interfaces?: number;
        /**
         * The most FloatingIPs.
         */
        floatingIPs?: number;
        /**
         * The most RoutedIPs.
         */
        routedIPs?: number;
      };
      /**
       * AddressPools that a namespace may use that has no list of its own; the first is used where none is named. Left out: all.
       *
       * @maxItems 64
       *
       * Items: Name of an AddressPool.
       */
      pools?: string[];
      /**
       * The spec of a Network `main` that every Namespace gets by itself; a Namespace may override fields of it, or say false. Namespaces without a document get none. No vxid: each network has its own.
       */
      mainNetwork?: Network['spec'];
    };
    /**
     * Names of guests end with `<namespace>.<zone>`.
     */
    zone: string;
    /**
     * Resolvers for networks that name none.
     *
     * @maxItems 8
     *
     * Items: Address of a resolver.
     */
    dnsUpstreams?: string[];
    /**
     * Fields of the kernel that are left to others: set when a thing is made, and neither compared nor repaired after, nor changed by a commit. `netloom plan --show-ignored` lists what differs there.
     *
     * @maxItems 64
     *
     * Items: One field of the things of one kind.
     */
    ignoreDrift?: {
      /**
       * Kind of the thing: bridge, vxlan, veth, far (the inner end of a veth), tap, port (a link as port of a bridge) or sysctl.
       */
      kind: string;
      /**
       * Name of the field as `netloom plan` shows it: mac, mtu, up and others; value of a sysctl.
       */
      field: string;
      /**
       * Only things whose name, as `netloom plan -o json` shows it in `ref`, is like this; an asterisk is any text. Left out: all of the kind.
       */
      ref?: string;
      /**
       * Only on these. Left out: on every node.
       *
       * @maxItems 64
       *
       * Items: Name of a Node.
       */
      nodes?: string[];
      /**
       * Why.
       */
      comment?: string;
    }[];
    /**
     * From how many deletions on somebody has to approve them. The guards of the revision that is enforced count: a commit cannot widen its own.
     */
    guards: {
      /**
       * A revision that deletes more definitions than this, dependants included, is not enforced before somebody approves it. 0: every deletion.
       */
      maxDeletions: number;
      /**
       * So does one that deletes more than this part of all definitions, in percent. 100: no part is too large.
       */
      maxDeletedPercent: number;
      /**
       * The part counts only where more definitions than this are deleted: in a small cluster every definition is a large part.
       */
      percentAbove: number;
    };
  };
}

/**
 * An address of a pool that is rewritten to an interface: what comes for it goes to the interface.
 */
export interface FloatingIP {
  /**
   * Version of the definition format: netloom.dev/v1. Documents without a netloom.dev apiVersion are ignored.
   */
  apiVersion: 'netloom.dev/v1';
  /**
   * Kind of definition: FloatingIP.
   */
  kind: 'FloatingIP';
  /**
   * What identifies the FloatingIP, and notes of your own.
   */
  metadata: {
    /**
     * Name of the FloatingIP: a DNS label, unique among the definitions of this kind in its namespace.
     */
    name: string;
    /**
     * The tenant that it belongs to.
     */
    namespace: string;
    /**
     * Short key and value pairs of your own, to select and group definitions by.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Notes of your own. netloom gives a meaning only to those below netloom.dev/: protect ("true": no revision may delete it).
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * Which address, and where it leads.
   */
  spec: {
    /**
     * Name of the AddressPool. Left out: the Cluster's default pool, else the only one.
     */
    pool?: string;
    /**
     * An address of the pool. Left out: allocated once and kept.
     */
    address?: string;
    /**
     * Name of an Interface of the same namespace that has an address, in a network with NAT. Left out: the address is held for later.
     */
    interface?: string;
    /**
     * gateway: what the guest itself begins leaves with the gateway address of its network. floating: with this address, 1:1 both ways.
     */
    egress: 'gateway' | 'floating';
    /**
     * Traffic that is let in to the address. Left out: everything. An empty list: nothing.
     *
     * @maxItems 256
     *
     * Items: Traffic that is let in. All that is said must hold.
     */
    allow?: {
      /**
       * Where it comes from; left out: anywhere.
       */
      cidr?: string;
      /**
       * Left out: any protocol.
       */
      protocol?: 'tcp' | 'udp' | 'icmp';
      /**
       * Destination ports, with protocol tcp or udp: single ones, or first-last.
       *
       * @maxItems 64
       *
       * Items: A port, or a range of them.
       */
      ports?: (number | string)[];
    }[];
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
     * Notes of your own. netloom gives a meaning only to those below netloom.dev/: protect ("true": no revision may delete it), adopt ("true": its tap may be taken over from whoever made it).
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
     * Name of the Node to which the guest is moved while it runs. Both nodes have its port until this field goes, and what is sent to the guest goes to both: once the guest is there, name that Node in node and leave this out; to stay, leave this out. Not with attach.host.
     */
    migrateTo?: string;
    /**
     * The guest that it belongs to, as you name it: a virtual machine or container. Two networks of one instance should not overlap.
     */
    instance?: string;
    /**
     * Which interface of the instance it is, each its own: `eth<order>` inside a network namespace.
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
    /**
     * Name by which DHCP and DNS know the guest. Left out: the instance, else the name of the Interface.
     */
    hostname?: string;
    /**
     * Network card that the hypervisor shows to the guest; netloom passes it on to `instance-data`. Left out: virtio.
     */
    model?: 'virtio' | 'e1000' | 'i82551' | 'i82557b' | 'i82559er' | 'ne2k_pci' | 'pcnet' | 'rtl8139';
    /**
     * Names of RoutedIPs of the same namespace that this guest may carry: spoof protection allows them.
     *
     * @maxItems 64
     *
     * Items: Name of a RoutedIP.
     */
    routedIPs?: string[];
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
     * Notes of your own. netloom gives a meaning only to those below netloom.dev/: protect ("true": no revision may delete it).
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * What the tenant may have. It belongs to the operators, not to the tenant: give this file an owner of its own in CODEOWNERS.
   */
  spec: {
    /**
     * The most definitions that the tenant may have. A field that is left out has the bound of the Cluster's namespaceDefaults.
     */
    quotas?: {
      /**
       * The most Networks, the main network among them.
       */
      networks?: number;
      /**
       * The most Interfaces, those without a node too.
       */
      interfaces?: number;
      /**
       * The most FloatingIPs.
       */
      floatingIPs?: number;
      /**
       * The most RoutedIPs.
       */
      routedIPs?: number;
    };
    /**
     * AddressPools that the tenant may use; the first is used where none is named. Left out: those of the Cluster's namespaceDefaults, else all. An empty list: none.
     *
     * @maxItems 64
     *
     * Items: Name of an AddressPool.
     */
    pools?: string[];
    /**
     * The spec of a Network: the tenant has a network `main` by it, as if its document stood there. What is left out comes from the Cluster's namespaceDefaults. false: no main network; true, or nothing: the Cluster's, where it has one.
     */
    mainNetwork?: Network['spec'] | boolean;
    /**
     * Where the tenant's definitions stand: nothing of another namespace and nothing of the cluster may stand below it, and nothing of this one elsewhere (but the Namespace itself). With CODEOWNERS, the owners of the folder can change this tenant and no other.
     */
    folder?: string;
    /**
     * The annotation netloom.dev/adopt of the tenant's definitions may take over what runs on nodes already. Without it that is an error in a namespace with a folder, whose owners would else decide whose networks they take over.
     */
    adopt?: boolean;
  };
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
     * Notes of your own. netloom gives a meaning only to those below netloom.dev/: protect ("true": no revision may delete it), adopt ("true": its VXLAN device and bridge may be taken over from whoever made them).
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
    /**
     * true: guests get their address, mtu and resolver by DHCP; only interfaces that are defined do. Left out: true where the network has a cidr and the cluster a gateway node.
     */
    dhcp?: boolean;
    /**
     * true: guests reach the outside through an address of the pool. Left out: true where the network has an IPv4 cidr, the cluster a gateway node and an AddressPool.
     */
    nat?: boolean;
    /**
     * true: the network's router answers for the names of its interfaces and for dnsRecords, and asks dnsUpstreams for the rest.
     */
    dns?: boolean;
    /**
     * How the network reaches the outside. nat: as nat: true. routed: without NAT, its cidr is routed to the gateway node. none: not at all. Left out: what nat says.
     */
    egress?: 'nat' | 'routed' | 'none';
    /**
     * Name of the AddressPool that the gateway address is taken from. Left out: the Cluster's default pool, else the only one.
     */
    pool?: string;
    /**
     * Node that carries the router. Left out: allocated once among the nodes that serve the pools that the network uses, and kept.
     */
    gateway?: string;
    /**
     * Whether DHCP and configuration data tell guests to use the router. auto, or left out: where the network has a way out.
     */
    defaultRoute?: 'auto' | true | false;
    /**
     * Addresses of the cidr that netloom gives to nobody by itself. An Interface that asks for one of them is an error.
     *
     * @maxItems 256
     *
     * Items: Addresses that are given to nobody.
     */
    reservations?: {
      /**
       * One address, or a range.
       */
      addresses: string;
      /**
       * Why: shown in the list of addresses.
       */
      comment?: string;
    }[];
    /**
     * Names beside those of the interfaces. Needs dns: true.
     *
     * @maxItems 1024
     *
     * Items: A name and what it stands for.
     */
    dnsRecords?: {
      /**
       * Below the network's domain (`<namespace>.<zone>`), or a whole name that ends with it.
       */
      name: string;
      /**
       * A: an IPv4 address. AAAA: an IPv6 address. CNAME: another name of this network.
       */
      type: 'A' | 'AAAA' | 'CNAME';
      /**
       * An address, or for CNAME a name.
       */
      value: string;
    }[];
    /**
     * Resolvers that are asked for all other names; without dns: true guests get them as their own. Left out: as the Cluster says.
     *
     * @maxItems 8
     *
     * Items: Address of a resolver.
     */
    dnsUpstreams?: string[];
    /**
     * How long a DHCP lease holds; guests ask again after half of it. Left out: 1h.
     */
    leaseTime?: string;
    /**
     * Time servers that DHCP tells guests.
     *
     * @maxItems 8
     *
     * Items: IPv4 address of a time server.
     */
    ntp?: string[];
    /**
     * Static routes that DHCP and configuration data tell guests.
     *
     * @maxItems 64
     *
     * Items: A prefix and the router to it.
     */
    routes?: {
      /**
       * Prefix that is reached.
       */
      to: string;
      /**
       * Router: an address of the network.
       */
      via: string;
    }[];
    /**
     * Further options for every guest, sent whether asked for or not.
     *
     * @maxItems 64
     *
     * Items: A DHCP option by its number (RFC 2132).
     */
    dhcpOptions?: {
      /**
       * Number of the option. Those that netloom sets itself (1, 3, 6, 15, 26, 28, 42, 50-61, 121) are errors.
       */
      code: number;
      /**
       * An address, several with commas, a number, or text.
       */
      value: string;
    }[];
    /**
     * true: nothing of this network is made, changed or deleted on any node, and no drift in it is repaired, until this is taken back; what differs is reported. Its interfaces and addresses are suspended with it; addresses are allocated all the same.
     */
    suspend?: boolean;
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
     * Notes of your own. netloom gives a meaning only to those below netloom.dev/: protect ("true": no revision may delete it).
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
    /**
     * true: no network is given to this gateway node, and those that it carries without naming it move to others.
     */
    cordon: boolean;
    /**
     * Network cards of this node for pools, where they are not what the AddressPool says.
     *
     * @maxItems 64
     *
     * Items: A pool and its network card here.
     */
    egress?: {
      /**
       * Name of an AddressPool.
       */
      pool: string;
      /**
       * Network card.
       */
      device?: string;
      /**
       * A bridge of the machine, for a pool of mode bridged.
       */
      bridge?: string;
    }[];
  };
}

/**
 * An address of a pool that is routed into a network as it is: a guest there holds it and answers for it (a load balancer's service address).
 */
export interface RoutedIP {
  /**
   * Version of the definition format: netloom.dev/v1. Documents without a netloom.dev apiVersion are ignored.
   */
  apiVersion: 'netloom.dev/v1';
  /**
   * Kind of definition: RoutedIP.
   */
  kind: 'RoutedIP';
  /**
   * What identifies the RoutedIP, and notes of your own.
   */
  metadata: {
    /**
     * Name of the RoutedIP: a DNS label, unique among the definitions of this kind in its namespace.
     */
    name: string;
    /**
     * The tenant that it belongs to.
     */
    namespace: string;
    /**
     * Short key and value pairs of your own, to select and group definitions by.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Notes of your own. netloom gives a meaning only to those below netloom.dev/: protect ("true": no revision may delete it).
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * Which address, and into which network.
   */
  spec: {
    /**
     * Name of the AddressPool. Left out: the Cluster's default pool, else the only one.
     */
    pool?: string;
    /**
     * Name of a Network of the same namespace with egress nat or routed.
     */
    network: string;
    /**
     * An address of the pool. Left out: allocated once and kept. The interfaces that may carry it list it in allowedAddresses or routedIPs.
     */
    address?: string;
  };
}

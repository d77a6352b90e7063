/** What can break on the path of a network, each injected by hand into the kernel of a lab, and what doctor must say of it. */
import type { Code } from '../../src/doctor/finding.ts';
import { macOf } from './lab-cluster.ts';

export interface Fault {
  /** A node, or `switch`. */
  readonly on: string;
  /** Commands; UUID is the namespace of red/lan, LAB the lab's folder. */
  readonly make: readonly string[];
  readonly undo: readonly string[];
  /** What a run there finds, by node: nothing but this. */
  readonly seen: Readonly<Record<string, Seen>>;
  /** The node's own wire is cut or shared, so git may be out of its reach too. */
  readonly cutsGit?: true;
}

/** The finding: its code, the node that it names, and what its sentence and its cure hold. */
export type Seen = readonly [code: Code, node: string, message: RegExp, cure: RegExp];

function filter(rule: string, family = 'ip', hook = 'input'): Pick<Fault, 'make' | 'undo'> {
  return {
    make: [`nft add table ${family} fw`, `nft add chain ${family} fw c { type filter hook ${hook} priority 0 ; }`, `nft add rule ${family} fw c ${rule}`],
    undo: [`nft delete table ${family} fw`],
  };
}

/** By name. red/lan (vxid 71) and red/pair (72) have their router on n1; n2 is in both, n3 in red/pair. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  'UDP 4789 dropped one way': {
    on: 'n2',
    ...filter('ip saddr 198.51.100.1 udp dport 4789 drop'),
    seen: {
      n1: [
        'vxlan-blocked',
        'n2',
        /^UDP 4789 from n1 \(198\.51\.100\.1\) to n2 .*does not arrive.*2 networks with it \(red\/lan, red\/pair\)/,
        /on n2: iptables .*4789 -s 198\.51\.100\.1/,
      ],
      n2: [
        'vxlan-back',
        'n2',
        /^UDP 4789 from n1 .* to n2 .*does not arrive: the other direction does.* red\/lan, red\/pair$/,
        /on n2: iptables .*4789 -s 198\.51\.100\.1/,
      ],
    },
  },
  'UDP 4789 dropped one way, on the wire': {
    on: 'switch',
    ...filter('ip saddr 198.51.100.1 ip daddr 198.51.100.3 udp dport 4789 drop', 'bridge', 'forward'),
    seen: { n1: ['vxlan-blocked', 'n3', /from n1 .* to n3 .*does not arrive.*and Network red\/pair with it/, /else a filter of the wire does/] },
  },
  'UDP 4789 rejected, as firewalld rejects': {
    on: 'n2',
    ...filter('udp dport 4789 reject with icmpx type admin-prohibited', 'inet'),
    seen: { n1: ['vxlan-blocked', 'n2', /is rejected by a filter/, /on n2: iptables/] },
  },
  'underlay mtu short': {
    on: 'n2',
    make: ['ip link set dev eth0 mtu 1400'],
    undo: ['ip link set dev eth0 mtu 1600'],
    seen: {
      n1: ['underlay-mtu', 'n2', /from n1 to 198\.51\.100\.2 carries no packets of 1600 bytes.*2 networks with it/, /raise the mtu.* at all\.yaml:15/],
      n2: ['underlay-mtu', 'n2', /^eth0 carries 1400 bytes and 1600 are needed/, /^ip link set eth0 mtu 1600, or write underlay\.mtu: 1400 at all\.yaml:15$/],
    },
  },
  'wrong underlay address': {
    on: 'n2',
    make: ['ip addr flush dev eth0', 'ip addr add 198.51.100.9/24 dev eth0'],
    undo: ['ip addr flush dev eth0', 'ip addr add 198.51.100.2/24 dev eth0'],
    cutsGit: true,
    seen: {
      n1: ['peer-unreachable', 'n2', /^198\.51\.100\.2 is not reached from n1 by anything.*2 networks with it/, /ip -br addr there.* at all\.yaml:15/],
      n2: [
        'underlay-address',
        'n2',
        /^no device has the underlay address 198\.51\.100\.2 that Node n2 says \(all\.yaml:15\); it has 198\.51\.100\.9 on eth0, and 2 networks/,
        /^ip addr add 198\.51\.100\.2\/PREFIX dev eth0.*or write underlay\.address: 198\.51\.100\.9 at all\.yaml:15$/,
      ],
    },
  },
  'FDB entry missing': {
    on: 'n1',
    make: [`bridge fdb del ${macOf('b')} dev vxlan-71 dst 198.51.100.2 self`],
    undo: [`bridge fdb add ${macOf('b')} dev vxlan-71 dst 198.51.100.2 self static`],
    seen: {
      n1: [
        'mesh-entry',
        'n1',
        /^Network red\/lan: the forwarding entry of Interface red\/b \(02:aa:62:00:00:00\) on vxlan-71 is missing: what is sent/,
        /^netloom reconcile/,
      ],
    },
  },
  'bridge port down': {
    on: 'n2',
    make: ['ip link set dev vxlan-71 down'],
    undo: ['ip link set dev vxlan-71 up'],
    seen: { n2: ['link-down', 'n2', /^Network red\/lan: vxlan-71 is down: nothing passes it$/, /^netloom reconcile/] },
  },
  'bridge port stopped': {
    on: 'n2',
    make: ['bridge link set dev vxlan-71 state 0'],
    undo: ['bridge link set dev vxlan-71 state 3'],
    seen: { n2: ['port-stopped', 'n2', /^Network red\/lan: the bridge port vxlan-71 is stopped/, /^netloom reconcile/] },
  },
  'dnsmasq stopped': {
    on: 'n1',
    make: ['pkill -STOP -f LAB.*dnsmasq.conf'],
    undo: ['pkill -CONT -f LAB.*dnsmasq.conf'],
    seen: {
      n1: ['dnsmasq', 'n1', /^Network red\/lan: dnsmasq of Network red\/lan does not answer/, /^netloom reconcile/],
      n2: ['dhcp-silent', 'n1', /^dnsmasq offers no addresses in red\/lan, asked from n2; the router itself answers$/, /^netloom reconcile there/],
    },
  },
  'ip_forward off': {
    on: 'n1',
    make: ['sysctl -qw net.ipv4.ip_forward=0'],
    undo: ['sysctl -qw net.ipv4.ip_forward=1'],
    seen: { n1: ['ip-forward', 'n1', /net\.ipv4\.ip_forward is 0 and must be 1: nothing is routed/, /^netloom reconcile/] },
  },
  'forward policy drop with br_netfilter': {
    on: 'n2',
    make: [
      'sysctl -qw net.bridge.bridge-nf-call-iptables=1',
      'nft add table ip filter',
      'nft add chain ip filter FORWARD { type filter hook forward priority 0 ; policy drop ; }',
    ],
    undo: ['nft delete table ip filter', 'sysctl -qw net.bridge.bridge-nf-call-iptables=0'],
    seen: {
      n2: ['forward-dropped', 'n2', /^br_netfilter hands frames between guests to ip filter FORWARD/, /^netloom reconcile .*bridge-nf-call-iptables/],
    },
  },
  'floating address unanswered': {
    on: 'n1',
    make: ['ip netns exec UUID nft add table arp fw', 'ip netns exec UUID nft add chain arp fw c { type filter hook input priority 0 ; policy drop ; }'],
    undo: ['ip netns exec UUID nft delete table arp fw'],
    seen: {
      n1: [
        'floating-unanswered',
        'n1',
        /^nobody answers ARP for 192\.0\.2\.10 of FloatingIP red\/web on egr-br-eth1/,
        /tcpdump -ni egr-br-eth1 arp and host 192\.0\.2\.10/,
      ],
    },
  },
  'egress NIC down': {
    on: 'n1',
    make: ['ip link set dev eth1 down'],
    undo: ['ip link set dev eth1 up', 'ip route add default via 198.18.0.0 dev eth1 metric 100'],
    seen: { n1: ['egress-device', 'n1', /^AddressPool edge: eth1 of n1 is down: nothing of the pool reaches the outside$/, /^ip link set eth1 up/] },
  },
  'duplicate address': {
    on: 'n2',
    make: ['ip -n c addr add 10.7.1.12/32 dev eth0'],
    undo: ['ip -n c addr del 10.7.1.12/32 dev eth0'],
    seen: {
      n2: [
        'duplicate-address',
        'n2',
        /^10\.7\.1\.12 of Interface red\/b \(02:aa:62:00:00:00\) is answered for by Interface red\/c \(02:aa:63:00:00:00\) too/,
        /^netloom reconcile takes 10\.7\.1\.12 off it/,
      ],
    },
  },
  'duplicate address of the underlay': {
    on: 'n3',
    make: ['ip addr add 198.51.100.2/32 dev eth0'],
    undo: ['ip addr del 198.51.100.2/32 dev eth0'],
    cutsGit: true,
    seen: { n2: ['underlay-duplicate', 'n2', /^another machine \([0-9a-f:]{17}\) has the underlay address 198\.51\.100\.2 too$/, /by its MAC/] },
  },
};

/** A veth pair from a bridge of the node into a gateway namespace, with what both ends need. */
import { type FarSpec, far } from '../kinds/far.ts';
import type { Origin, Resource } from '../kinds/kind.ts';
import { OURS } from '../kinds/marks.ts';
import { PLAIN_PORT, port } from '../kinds/port.ts';
import { sysctl } from '../kinds/sysctl.ts';
import { veth } from '../kinds/veth.ts';
import { isOurName, linkMac, nearMac } from '../model/names.ts';
import { want } from './want.ts';

export interface Pair {
  /** ifnames. */
  readonly names: { readonly outer: string; readonly inner: string };
  /** ifname of the bridge that the outer end is in. */
  readonly bridge: string;
  /** Namespace of the inner end. */
  readonly netns: string;
  /** MAC of the inner end. */
  readonly mac: string;
  readonly mtu: number;
  /** Whether the bridge learns what is behind it. */
  readonly learning: boolean;
  /** Name of this node. */
  readonly node: string;
  /** True: the inner end's alias belongs to an announcement. */
  readonly announced: boolean;
}

/** Both ends, the port and the inner end's own settings. */
export function pairOf(p: Pair, from: Origin): readonly Resource[] {
  const { outer, inner } = p.names;
  const alias = `netloom:${from.definition}`;
  const common = { mtu: p.mtu, group: OURS.group, up: true, addrgenmode: 'none' } as const;
  const inside: FarSpec = {
    ...common,
    netns: p.netns,
    name: inner,
    mac: p.mac,
    near: `/${outer}`,
    guestAddresses: [],
    ...(p.announced ? {} : { alias }),
  };
  const own = linkMac(p.node, outer);
  // A bridge of the machine that was given no MAC takes the lowest of its ports: never ours, or the node would change its own.
  const mac = isOurName(p.bridge) ? own : nearMac(own);
  const flags = { ...PLAIN_PORT, learning: p.learning, flood: true, suppress: false, locked: false, guarded: true };
  return [
    want(veth, { ...common, netns: '', name: outer, alias, mac, peer: `${p.netns}/${inner}`, peerMac: p.mac }, from),
    want(port, { ...flags, netns: '', link: outer, bridge: p.bridge }, from),
    want(far, inside, from),
    ...Object.entries(INSIDE).map(([key, value]) => want(sysctl, { netns: p.netns, key: `net/ipv4/conf/${inner}/${key}`, value }, from)),
  ];
}

// A link takes these from `default`, which a namespace takes from the node; the kernel adds those of `all` to them.
const INSIDE = { rp_filter: '0', send_redirects: '0', arp_notify: '1' } as const;

/** Settings of a gateway namespace as a whole. */
export function namespaceSettings(netns: string, from: Origin): readonly Resource[] {
  const settings = { ...EVERYWHERE, 'net/ipv4/ip_forward': '1', 'net/ipv4/conf/default/arp_notify': '1' };
  return Object.entries(settings).map(([key, value]) => want(sysctl, { netns, key, value }, from));
}

// Where the kernel takes the greater of `all` and the link's own (arp_ignore, arp_announce), or lets `all` forbid what a link allows
// (accept_redirects), `default` has nothing to add.
const EVERYWHERE: Readonly<Record<string, string>> = {
  'net/ipv4/conf/all/arp_ignore': '1',
  'net/ipv4/conf/all/arp_announce': '2',
  'net/ipv4/conf/all/accept_redirects': '0',
  ...Object.fromEntries(
    ['all', 'default'].flatMap(scope => [
      [`net/ipv6/conf/${scope}/disable_ipv6`, '1'],
      [`net/ipv4/conf/${scope}/rp_filter`, '0'],
      [`net/ipv4/conf/${scope}/send_redirects`, '0'],
    ]),
  ),
};

/** Steps that a cluster takes: definitions before, definitions after. Each must be one round on the kernel, from wherever it is cut. */
import { type Definitions, GATEWAY } from './definitions.ts';
import type { Row } from './dump.ts';

/** A network with addresses that has every attachment, and one without. */
export const BASE = {
  networks: { lan: '{ cidr: 10.0.0.0/24 }', wire: '{}' },
  interfaces: {
    vm: '{ network: lan, node: n1, attach: { tap: { owner: root } } }',
    web: '{ network: lan, node: n1, attach: { netns: { name: g1 } } }',
    host: '{ network: lan, node: n1, attach: { host: {} } }',
    two: '{ network: lan, node: n2 }',
    three: '{ network: lan, node: n3 }',
    cam: '{ network: wire, node: n1, attach: { netns: { name: g2 } } }',
    hub: '{ network: wire, node: n2 }',
  },
} as const satisfies Definitions;

export interface Transition {
  readonly title: string;
  readonly before: Definitions;
  readonly after: Definitions;
  /** Rows of a dump in which the kernel itself keeps the past. */
  readonly except?: RegExp;
}

type Names = keyof (typeof BASE)['interfaces'];

/** BASE with some interfaces otherwise; null takes one away. */
function guests(changed: Partial<Record<Names, string | null>> & Readonly<Record<string, string | null>>, from: Definitions = BASE): Definitions {
  const all = { ...from.interfaces, ...changed };
  return { ...from, interfaces: Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null)) };
}

function nets(networks: Readonly<Record<string, string>>, from: Definitions = BASE): Definitions {
  return { ...from, networks: { ...from.networks, ...networks } };
}

/** The network `lan` under another name, with all its interfaces. */
function renamed(from: Definitions, name: string): Definitions {
  const { lan = '{}', ...networks } = from.networks ?? {};
  const interfaces = Object.entries(from.interfaces ?? {}).map(([key, spec]) => [key, spec.replace('network: lan', `network: ${name}`)] as const);
  return { ...from, networks: { ...networks, [name]: lan }, interfaces: Object.fromEntries(interfaces) };
}

const PINNED = nets({ lan: '{ cidr: 10.0.0.0/24, vxid: 0xa }', wire: '{ vxid: 0xb }' });
const WITHOUT_LAN = { networks: { wire: BASE.networks.wire }, interfaces: { cam: BASE.interfaces.cam, hub: BASE.interfaces.hub } };

/** BASE with a router and services for `lan`, a floating and a routed address. */
const SERVED = {
  ...BASE,
  ...GATEWAY,
  networks: { lan: '{ cidr: 10.0.0.0/24, dns: true }', wire: '{}' },
  floatingIPs: { front: '{ interface: web }' },
  routedIPs: { whole: '{ network: lan }' },
} as const satisfies Definitions;

const CLOSED = { ...SERVED, networks: { lan: '{ cidr: 10.0.0.0/24, dns: true, nat: false }', wire: '{}' }, floatingIPs: {}, routedIPs: {} };

const ROUTED = { ...SERVED, pools: { edge: '{ cidr: 198.51.100.0/24, mode: routed, device: eth1 }' } };

/** The node itself forwards from then on: nobody knows whether it did before. */
const FORWARDING = /^ sysctl .*(forwarding|rp_filter|redirects)/;

const SERVING: readonly Transition[] = [
  { title: 'a network gets a router, services and addresses outside', before: BASE, after: SERVED, except: FORWARDING },
  { title: 'a floating address moves to another guest', before: SERVED, after: { ...SERVED, floatingIPs: { front: '{ interface: vm }' } } },
  { title: 'a floating address is taken back', before: SERVED, after: { ...SERVED, floatingIPs: {} } },
  { title: 'a floating address is used both ways', before: ROUTED, after: { ...ROUTED, floatingIPs: { front: '{ interface: web, egress: floating }' } } },
  { title: 'a routed address is taken back', before: SERVED, after: { ...SERVED, routedIPs: {} } },
  { title: 'a served network is no longer served names', before: SERVED, after: nets({ lan: '{ cidr: 10.0.0.0/24 }' }, SERVED) },
  { title: 'a served network gets another cidr', before: SERVED, after: nets({ lan: '{ cidr: 10.7.0.0/24, dns: true }' }, SERVED) },
  {
    title: 'a served network is renamed and gets another vxid',
    before: SERVED,
    after: { ...renamed(SERVED, 'office'), routedIPs: { whole: '{ network: office }' } },
  },
  { title: 'a guest of a served network leaves', before: SERVED, after: guests({ host: null }, SERVED) },
  // A bridge remembers what its ports could offload.
  { title: 'a served network loses its way out', before: SERVED, after: CLOSED, except: /^ link .*"egr-br-eth1"/ },
];

export const TRANSITIONS: readonly Transition[] = [
  ...SERVING,
  { title: 'everything is new', before: {}, after: BASE },
  { title: 'everything is deleted', before: BASE, after: {} },
  { title: 'one of two networks is deleted', before: BASE, after: WITHOUT_LAN },
  { title: 'a network is renamed and gets another vxid', before: BASE, after: renamed(BASE, 'office') },
  { title: 'a network with a pinned vxid is renamed', before: PINNED, after: renamed(PINNED, 'office') },
  { title: 'a vxid is pinned anew', before: PINNED, after: nets({ lan: '{ cidr: 10.0.0.0/24, vxid: 0xc }' }, PINNED) },
  { title: 'two networks swap their vxids', before: PINNED, after: nets({ lan: '{ cidr: 10.0.0.0/24, vxid: 0xb }', wire: '{ vxid: 0xa }' }) },
  { title: 'a network gets a smaller mtu', before: BASE, after: nets({ lan: '{ cidr: 10.0.0.0/24, mtu: 1400 }' }) },
  { title: 'a network gets a larger mtu again', before: nets({ lan: '{ cidr: 10.0.0.0/24, mtu: 1300 }' }), after: BASE },
  { title: 'a network gets another cidr', before: BASE, after: nets({ lan: '{ cidr: 10.7.0.0/24 }' }) },
  { title: 'a network starts to learn', before: BASE, after: nets({ lan: '{ cidr: 10.0.0.0/24, mesh: { learning: true } }' }) },
  { title: 'a network stops learning', before: nets({ lan: '{ cidr: 10.0.0.0/24, mesh: { learning: true } }' }), after: BASE },
  { title: 'the port of VXLAN changes', before: BASE, after: { ...BASE, cluster: '{ underlay: { mtu: 1600, port: 8472 } }' } },
  {
    title: 'a tap becomes a namespace attachment',
    before: BASE,
    after: guests({ vm: '{ network: lan, node: n1, attach: { netns: { name: g2, ifname: eth7 } } }' }),
  },
  { title: 'a namespace attachment becomes one of the host', before: guests({ host: null }), after: guests({ host: null, web: BASE.interfaces.host }) },
  { title: 'an attachment of the host becomes a tap', before: BASE, after: guests({ host: '{ network: lan, node: n1, attach: { tap: {} } }' }) },
  {
    title: 'a guest has another device name',
    before: BASE,
    after: guests({ web: '{ network: lan, node: n1, attach: { netns: { name: g1, ifname: lan0 } } }' }),
  },
  { title: 'a guest is in another namespace', before: BASE, after: guests({ web: '{ network: lan, node: n1, order: 3, attach: { netns: { name: g2 } } }' }) },
  {
    title: 'two guests swap their namespaces',
    before: BASE,
    after: guests({ web: '{ network: lan, node: n1, attach: { netns: { name: g2 } } }', cam: '{ network: wire, node: n1, attach: { netns: { name: g1 } } }' }),
  },
  {
    title: 'a tap has another name and another owner',
    before: BASE,
    after: guests({ vm: '{ network: lan, node: n1, attach: { tap: { ifname: vm0, owner: daemon } } }' }),
  },
  {
    title: 'two taps swap their names',
    before: guests({
      vm: '{ network: lan, node: n1, attach: { tap: { ifname: vm0 } } }',
      vm2: '{ network: wire, node: n1, attach: { tap: { ifname: vm1 } } }',
    }),
    after: guests({ vm: '{ network: lan, node: n1, attach: { tap: { ifname: vm1 } } }', vm2: '{ network: wire, node: n1, attach: { tap: { ifname: vm0 } } }' }),
  },
  {
    title: 'an interface joins another network',
    before: nets({ other: '{ cidr: 10.3.0.0/24 }' }),
    after: guests({ web: '{ network: other, node: n1, attach: { netns: { name: g1 } } }' }, nets({ other: '{ cidr: 10.3.0.0/24 }' })),
  },
  {
    title: 'an interface joins a network without addresses',
    before: BASE,
    after: guests({ web: '{ network: wire, node: n1, attach: { netns: { name: g1 } } }' }),
    // Its guest may use any address there, so the one that it had is left to it.
    except: /^g1 .*10\.0\.0\./,
  },
  { title: 'an interface leaves for another node', before: BASE, after: guests({ web: '{ network: lan, node: n2 }' }) },
  {
    title: 'an interface comes from another node',
    before: BASE,
    after: guests({ two: '{ network: lan, node: n1, order: 1, attach: { netns: { name: g1 } } }' }),
  },
  { title: 'a peer has another underlay address', before: BASE, after: { ...BASE, nodes: { n2: '{ underlay: { address: 192.0.2.99 } }' } } },
  { title: 'a peer joins', before: guests({ three: null }), after: BASE },
  { title: 'a peer leaves', before: BASE, after: guests({ three: null }) },
  {
    title: 'a guest may use further addresses',
    before: BASE,
    after: guests({ web: '{ network: lan, node: n1, attach: { netns: { name: g1 } }, allowedAddresses: [10.0.0.200, 10.0.9.0/24] }' }),
  },
  {
    title: 'spoof protection ends',
    before: BASE,
    after: guests({ vm: '{ network: lan, node: n1, spoofProtection: false, attach: { tap: { owner: root } } }' }),
  },
  {
    title: 'a guest gets another address and another MAC',
    before: BASE,
    after: guests({ web: "{ network: lan, node: n1, address: 10.0.0.77, mac: '02:00:00:00:77:77', attach: { netns: { name: g1 } } }" }),
    // A link that is up keeps the link-local address that was made of its old MAC.
    except: /^g1 .*(fe80:|33:33:ff:)/,
  },
];

/** For dumps after a transition: without the rows in which the kernel itself keeps the past. */
export function comparable({ except }: Transition): (rows: readonly Row[]) => readonly Row[] {
  return rows => (except === undefined ? rows : rows.filter(({ of, text }) => !except.test(`${of} ${text}`)));
}

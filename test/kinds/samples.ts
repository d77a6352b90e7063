/** One wanted thing of every kind that is made, with what it stands on, and a different value for each field that can drift. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { address } from '../../src/kinds/address.ts';
import { announce } from '../../src/kinds/announce.ts';
import { bridge } from '../../src/kinds/bridge.ts';
import { far } from '../../src/kinds/far.ts';
import { fdb } from '../../src/kinds/fdb.ts';
import { file, fileOf } from '../../src/kinds/file.ts';
import { flood } from '../../src/kinds/flood.ts';
import type { AnyKind, Kind } from '../../src/kinds/kind.ts';
import { neigh } from '../../src/kinds/neigh.ts';
import { netns } from '../../src/kinds/netns.ts';
import { nft } from '../../src/kinds/nft.ts';
import { guardTable, rootTable } from '../../src/kinds/nft-guard.ts';
import { PLAIN_PORT, port } from '../../src/kinds/port.ts';
import { proxy } from '../../src/kinds/proxy.ts';
import { route } from '../../src/kinds/route.ts';
import { rule } from '../../src/kinds/rule.ts';
import { service } from '../../src/kinds/service.ts';
import { sysctl } from '../../src/kinds/sysctl.ts';
import { tap } from '../../src/kinds/tap.ts';
import { veth } from '../../src/kinds/veth.ts';
import { vtep } from '../../src/kinds/vtep.ts';
import { vxlan } from '../../src/kinds/vxlan.ts';

export interface Sample {
  readonly title: string;
  readonly kind: AnyKind;
  readonly spec: Readonly<Record<string, unknown>>;
  /** What must be there before, in order. */
  readonly on: readonly Sample[];
  /** Another value for each live field. */
  readonly drift: Readonly<Record<string, unknown>>;
}

/** A guest's own namespace: not ours, made by the test. */
export const GUEST = 'guest-a';
export const OUR_NETNS = '0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001';

/** Where the samples' files and notes lie. */
export const RUNTIME = join(tmpdir(), 'netloom-kinds-run');

const LINK = { netns: '', mtu: 1450, alias: 'netloom:Network default/demo', group: 97, up: true, addrgenmode: 'none' } as const;
const LINK_DRIFT = { mtu: 1400, alias: 'else', group: 98, up: false, addrgenmode: 'eui64' } as const;
const MAC = '02:00:00:00:00:0a';
const ODD_PORT = { isolated: true, hairpin: true, mcastFlood: false, bcastFlood: false, proxyArp: true };

function sample<S extends object>(title: string, kind: Kind<S>, spec: S, drift: Partial<S> = {}, on: readonly Sample[] = []): Sample {
  return { title, kind, spec: spec as Sample['spec'], on, drift: drift as Sample['drift'] };
}

// Not every kernel can filter VLANs.
const BRIDGE = sample(
  'bridge',
  bridge,
  { ...LINK, name: 'br-vxlan-2', mac: '02:03:00:00:00:02', stp: false, forwardDelay: 0, snooping: false, ageing: 30_000, netfilter: false },
  { ...LINK_DRIFT, mac: '02:03:00:00:00:99', stp: true, forwardDelay: 400, snooping: true, ageing: 1000, netfilter: true },
);
const VXLAN = sample(
  'vxlan',
  vxlan,
  { ...LINK, name: 'vxlan-2', mac: '02:04:00:00:00:02', vni: 2, port: 4789, local: '10.9.0.1', family: 4, learning: false },
  { ...LINK_DRIFT, mac: '02:04:00:00:00:99', local: '10.9.0.9', learning: true },
);
const VXLAN6 = sample(
  'vxlan over IPv6',
  vxlan,
  { ...LINK, name: 'vxlan-e2300f', mac: '02:04:00:00:00:03', vni: 14823439, port: 8472, local: 'fd00:9::1', family: 6, learning: true },
  { local: 'fd00:9::9', learning: false },
);
const VETH = sample(
  'veth',
  veth,
  { ...LINK, name: 'tap-0000000a', mac: 'fe:00:00:00:00:0a', peer: `${GUEST}/eth0`, peerMac: MAC },
  { ...LINK_DRIFT, mac: 'fe:00:00:00:00:99' },
);
const FAR = sample(
  'far',
  far,
  { netns: GUEST, name: 'eth0', mac: MAC, mtu: 1450, group: 97, up: true, near: '/tap-0000000a', guestAddresses: [] },
  { mac: '02:00:00:00:00:99', mtu: 1400, group: 98, up: false },
  [VETH],
);
const HOST_VETH = sample('veth with both ends in the root', veth, {
  ...LINK,
  name: 'tap-0000000b',
  mac: 'fe:00:00:00:00:0b',
  peer: '/host-0000000b',
  peerMac: MAC,
});
const HOST_FAR = sample(
  'far end in the root',
  far,
  { ...LINK, name: 'host-0000000b', mac: MAC, near: '/tap-0000000b', guestAddresses: [] },
  { ...LINK_DRIFT, mac: '02:00:00:00:00:99' },
  [HOST_VETH],
);
const TAP = sample(
  'tap',
  tap,
  { ...LINK, name: 'tap-0000000c', mac: 'fe:00:00:00:00:0c', stage: 'nl-0000000c', owner: 1000, multiQueue: true },
  { ...LINK_DRIFT, mac: 'fe:00:00:00:00:99' },
);
const FREE_TAP = sample('tap without owner', tap, { ...LINK, name: 'fc-tap0', mac: 'fe:00:00:00:00:0d', stage: 'nl-0000000d', owner: null, multiQueue: false });
const MESH_PORT = sample(
  'port of the mesh',
  port,
  { ...PLAIN_PORT, netns: '', link: 'vxlan-2', bridge: 'br-vxlan-2', learning: false, flood: false, suppress: true, locked: false, guarded: true },
  { learning: true, flood: true, suppress: false, locked: true, ...ODD_PORT },
  [BRIDGE, VXLAN],
);
const GUEST_PORT = sample(
  'port of a guest',
  port,
  { ...PLAIN_PORT, netns: '', link: 'tap-0000000c', bridge: 'br-vxlan-2', learning: false, flood: true, suppress: false, locked: true },
  { learning: true, flood: false, suppress: true, locked: false, ...ODD_PORT },
  [BRIDGE, TAP],
);
const ADDRESS = sample('address', address, { netns: GUEST, link: 'eth0', ip: '10.0.0.2', prefix: 24 }, {}, [VETH, FAR]);
const ADDRESS6 = sample('IPv6 address', address, { netns: '', link: 'host-0000000b', ip: 'fd00:1::2', prefix: 64 }, {}, [HOST_VETH, HOST_FAR]);

const GATEWAY = sample('netns', netns, { name: OUR_NETNS });
const WAY_OUT = sample('veth into a gateway', veth, { ...LINK, name: 'egr-2-o', mac: 'fe:00:00:00:00:0e', peer: `${OUR_NETNS}/egr-2-i`, peerMac: MAC }, {}, [
  GATEWAY,
]);
const INNER = { netns: OUR_NETNS, mtu: 1450, group: 97, up: true, addrgenmode: 'none', guestAddresses: [] } as const;
const WAY_IN = sample('far end in a gateway', far, { ...INNER, name: 'egr-2-i', mac: MAC, near: '/egr-2-o' }, {}, [GATEWAY, WAY_OUT]);
const POOL_ADDRESS = sample('address of a pool', address, { netns: OUR_NETNS, link: 'egr-2-i', ip: '192.0.2.2', prefix: 24 }, {}, [...WAY_IN.on, WAY_IN]);
const AT_POOL = { netns: OUR_NETNS, link: 'egr-2-i' } as const;
const ON_POOL = [...POOL_ADDRESS.on, POOL_ADDRESS];
const FOLDER = `${RUNTIME}/networks/${OUR_NETNS}`;
const CONF_TEXT = `# It's "all" of it: $HOME \\\nno-resolv\nno-hosts\nbind-interfaces\nlisten-address=192.0.2.2\naddn-hosts=${FOLDER}/hosts\n`;
const CONF_FILE = sample('file', file, fileOf(`${FOLDER}/dnsmasq.conf`, CONF_TEXT), { text: 'else' });
const HOSTS_FILE = sample('file of hosts', file, fileOf(`${FOLDER}/hosts`, '10.0.0.2 a\n'));
const SERVED = {
  netns: OUR_NETNS,
  id: `${OUR_NETNS}/dnsmasq`,
  program: 'dnsmasq',
  argv: ['--keep-in-foreground', '--pid-file=', `--conf-file=${FOLDER}/dnsmasq.conf`],
  conf: 'c0ffee',
  loaded: 'f00d',
  answers: true,
  ports: [53],
  links: ['egr-2-i'],
  files: [`${FOLDER}/dnsmasq.conf`, `${FOLDER}/hosts`],
  folder: `${RUNTIME}/services`,
} as const;

/** Every kind that netloom makes, some in several shapes. */
export const SAMPLES: readonly Sample[] = [
  GATEWAY,
  BRIDGE,
  VXLAN,
  VXLAN6,
  VETH,
  FAR,
  HOST_VETH,
  HOST_FAR,
  TAP,
  FREE_TAP,
  MESH_PORT,
  GUEST_PORT,
  ADDRESS,
  ADDRESS6,
  sample('route over a next hop', route, { netns: GUEST, dst: 'default', table: '254', via: '10.0.0.1', link: 'eth0' }, {}, [...ADDRESS.on, ADDRESS]),
  sample('IPv6 route over a next hop', route, { netns: '', dst: '::/0', table: '254', via: 'fd00:1::1', link: 'host-0000000b' }, {}, [
    ...ADDRESS6.on,
    ADDRESS6,
  ]),
  sample('route to a link, in a table', route, { netns: '', dst: '192.0.2.20/32', table: '100', metric: 7, link: 'br-vxlan-2' }, {}, [BRIDGE]),
  sample('IPv6 route to a link', route, { netns: '', dst: 'fd00:2::/64', table: '254', link: 'br-vxlan-2' }, {}, [BRIDGE]),
  sample('neigh', neigh, { netns: '', link: 'br-vxlan-2', ip: '10.0.0.3', mac: MAC }, { mac: '02:00:00:00:00:99' }, [BRIDGE]),
  sample('IPv6 neigh', neigh, { netns: '', link: 'br-vxlan-2', ip: 'fd00:1::3', mac: MAC }, { mac: '02:00:00:00:00:99' }, [BRIDGE]),
  sample('flood', flood, { netns: '', link: 'vxlan-2', dst: '10.9.0.2' }, {}, [VXLAN]),
  sample('IPv6 flood', flood, { netns: '', link: 'vxlan-e2300f', dst: 'fd00:9::2' }, {}, [VXLAN6]),
  sample('vtep', vtep, { netns: '', link: 'vxlan-2', mac: MAC, dst: '10.9.0.2' }, { dst: '10.9.0.3' }, [VXLAN]),
  sample('fdb', fdb, { netns: '', bridge: 'br-vxlan-2', mac: MAC, link: 'vxlan-2', sticky: true }, { link: 'tap-0000000c' }, [
    ...MESH_PORT.on,
    MESH_PORT,
    TAP,
    GUEST_PORT,
  ]),
  sample('nft guard', nft, { netns: '', ...guardTable(guarded()) }, { rows: guardTable({ ...guarded(), macs: [] }).rows }),
  sample(
    'nft of the root',
    nft,
    { netns: '', ...rootTable({ vteps: ['10.9.0.1', '10.9.0.2'], port: 4789 }) },
    { rows: rootTable({ vteps: [], port: 4789 }).rows },
  ),
  sample('nft of the root, with the node in networks itself', nft, { netns: '', ...rootTable(rooted(true)) }, { rows: rootTable(rooted(false)).rows }),
  sample('sysctl of a link', sysctl, { netns: '', key: 'net/ipv6/conf/br-vxlan-2/disable_ipv6', value: '1' }, { value: '0' }, [BRIDGE]),
  sample('sysctl elsewhere', sysctl, { netns: GUEST, key: 'net/ipv4/conf/eth0/arp_notify', value: '1' }, { value: '0' }, [VETH, FAR]),
  WAY_OUT,
  WAY_IN,
  POOL_ADDRESS,
  sample('rule', rule, { netns: OUR_NETNS, priority: 1000, mark: 0xc000020a, table: '3221225994' }, {}, [GATEWAY]),
  sample('rule of a link', rule, { netns: '', priority: 1000, link: 'egr-br-eth1', suppress: 0, table: '254' }, {}, []),
  sample('proxy neighbour', proxy, { ...AT_POOL, ip: '192.0.2.20' }, {}, ON_POOL),
  sample(
    'announcement',
    announce,
    { ...AT_POOL, ip: '192.0.2.2', mac: MAC, target: '10.0.0.3', alias: 'netloom:FloatingIP default/web' },
    { target: '10.0.0.4', alias: 'netloom:FloatingIP default/other' },
    ON_POOL,
  ),
  sample(
    'announcement of an address that leads nowhere',
    announce,
    { ...AT_POOL, ip: '192.0.2.2', mac: MAC, target: '', alias: 'netloom:Network default/demo' },
    {},
    ON_POOL,
  ),
  CONF_FILE,
  HOSTS_FILE,
  sample('service', service, SERVED, { loaded: 'beef' }, [...ON_POOL, CONF_FILE, HOSTS_FILE]),
];

/** A node that is in two tenants' networks itself, and may route for one of them. */
function rooted(routes: boolean) {
  const hosts = [
    { ifname: 'host-0000000a', addresses: ['10.0.0.7', '10.0.0.255', '192.0.2.0/25'], routes: false },
    { ifname: 'lan0', addresses: ['10.0.0.7', '10.0.0.7', '0.0.0.0/0'], routes },
  ];
  return { vteps: ['10.9.0.1', '10.9.0.2'], port: 4789, hosts };
}

/** A node's guests, with every shape of an element: addresses, prefixes, everything, and ranges inside others. */
export function guarded() {
  return {
    guests: ['tap-0000000c', 'tap-0000000a', 'tap.dot'],
    ours: ['tap-0000000a', 'tap-0000000c', 'tap.dot', 'tap-open', 'vxlan-2'],
    macs: [
      { ifname: 'tap-0000000a', mac: MAC },
      { ifname: 'tap-0000000c', mac: '02:00:00:00:00:0c' },
    ],
    addresses: [
      { ifname: 'tap-0000000a', address: '10.0.0.2' },
      { ifname: 'tap-0000000a', address: '192.0.2.128/25' },
      { ifname: 'tap-0000000c', address: '0.0.0.0/0' },
      { ifname: 'tap-0000000c', address: '10.0.0.2' },
      { ifname: 'tap-0000000c', address: '::/0' },
      { ifname: 'tap.dot', address: '10.0.0.2/32' },
      { ifname: 'tap.dot', address: 'fd00::5' },
      { ifname: 'tap.dot', address: 'fd00:1::/32' },
      { ifname: 'tap.dot', address: '::7' },
    ],
    moving: [{ mac: '02:00:00:00:00:0c', ports: ['tap-0000000c', 'vxlan-2'] }],
  };
}

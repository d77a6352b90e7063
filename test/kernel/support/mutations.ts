/** How somebody could alter each field of each kind behind netloom's back, in the tools' own words. */
import type { AnnounceSpec } from '../../../src/kinds/announce.ts';
import type { BridgeSpec } from '../../../src/kinds/bridge.ts';
import type { FarSpec } from '../../../src/kinds/far.ts';
import type { FdbSpec } from '../../../src/kinds/fdb.ts';
import { type FileSpec, textHash } from '../../../src/kinds/file.ts';
import type { LinkFields } from '../../../src/kinds/link-fields.ts';
import type { NeighSpec } from '../../../src/kinds/neigh.ts';
import type { NftSpec } from '../../../src/kinds/nft.ts';
import { type PortSpec, port as portKind } from '../../../src/kinds/port.ts';
import { noteOf, processesOf } from '../../../src/kinds/render-service.ts';
import type { RouteSpec } from '../../../src/kinds/route.ts';
import type { RuleSpec } from '../../../src/kinds/rule.ts';
import type { ServiceSpec } from '../../../src/kinds/service.ts';
import type { SysctlSpec } from '../../../src/kinds/sysctl.ts';
import type { TapSpec } from '../../../src/kinds/tap.ts';
import type { VethSpec } from '../../../src/kinds/veth.ts';
import type { VtepSpec } from '../../../src/kinds/vtep.ts';
import type { VxlanSpec } from '../../../src/kinds/vxlan.ts';
import { imitation } from './imitation.ts';
import { WANTED } from './rich.ts';

export interface Mutation {
  /** For a shell. */
  readonly lines: string;
  /** What the field is afterwards; absent: only another value than the wanted one. */
  readonly have?: unknown;
  /** With these words a kernel says that it cannot do that at all: then nobody can alter it there. */
  readonly refusal?: string;
}

/** What a command begins with that is run in the namespace of a spec. */
export function inside({ netns }: { readonly netns: string }): string {
  return netns === '' ? '' : `ip netns exec ${netns} `;
}

type Makers<S> = { readonly [F in keyof S]?: (spec: S) => Mutation };

const STRANGE_MAC = '02:00:00:00:99:99';
const STRANGE_IP = '192.0.2.77';

/** `ip`, in the namespace of a spec. */
export function ip({ netns }: { readonly netns: string }): string {
  return netns === '' ? 'ip' : `ip -n ${netns}`;
}

function set(s: LinkFields, words: string, have: unknown): Mutation {
  return { lines: `${ip(s)} link set dev ${s.name} ${words}`, have };
}

const LINK: Makers<LinkFields> = {
  mac: s => set(s, `address ${STRANGE_MAC}`, STRANGE_MAC),
  mtu: s => set(s, 'mtu 1300', 1300),
  alias: s => set(s, 'alias else', 'else'),
  group: s => set(s, 'group 98', 98),
  up: s => set(s, 'down', false),
  addrgenmode: s => (s.addrgenmode === 'none' ? set(s, 'addrgenmode eui64', 'eui64') : set(s, 'addrgenmode none', 'none')),
};

const bridge: Makers<BridgeSpec> = {
  ...LINK,
  stp: s => set(s, 'type bridge stp_state 1', true),
  forwardDelay: s => set(s, 'type bridge forward_delay 300', 300),
  snooping: s => set(s, 'type bridge mcast_snooping 1', true),
  vlanFiltering: s => ({ ...set(s, 'type bridge vlan_filtering 1', true), refusal: 'Operation not supported' }),
  ageing: s => set(s, 'type bridge ageing_time 0', 0),
  netfilter: s => set(s, 'type bridge nf_call_ip6tables 1', true),
};

// The kernel changes neither number of a device, but somebody can make another one in its place.
function otherVxlan(s: VxlanSpec, vni: number, port: number, local = s.local): string {
  return `ip link del dev ${s.name}
ip link add name ${s.name} address ${s.mac} mtu ${s.mtu} group 97 type vxlan id ${vni} dstport ${port} local ${local} nolearning`;
}

const vxlan: Makers<VxlanSpec> = {
  ...LINK,
  vni: s => ({ lines: otherVxlan(s, 4711, s.port), have: 4711 }),
  port: s => ({ lines: otherVxlan(s, s.vni, 4790), have: 4790 }),
  local: s => set(s, `type vxlan local ${STRANGE_IP}`, STRANGE_IP),
  family: s => ({ lines: otherVxlan(s, s.vni, s.port, '2001:db8::77'), have: 6 }),
  learning: s => set(s, `type vxlan ${s.learning ? 'nolearning' : 'learning'}`, !s.learning),
};

// Down first: older kernels rename nothing that is up.
function renamed(netns: string, name: string, other: string): string {
  return `${ip({ netns })} link set dev ${name} down\n${ip({ netns })} link set dev ${name} name ${other}`;
}

const veth: Makers<VethSpec> = {
  ...LINK,
  peer: s => {
    const [netns = '', name = ''] = s.peer.split('/');
    return { lines: renamed(netns, name, 'moved9'), have: `${netns}/moved9` };
  },
};

const far: Makers<FarSpec> = { ...LINK, near: s => ({ lines: renamed('', s.near.slice(1), 'moved9'), have: '/moved9' }) };

// Neither can be changed on a device that is there, but by making another one.
function otherTap(s: TapSpec, owner: string, multiQueue: boolean): string {
  return `ip link del dev ${s.name}
ip tuntap add dev ${s.name} mode tap ${owner}${multiQueue ? ' multi_queue' : ''}
ip link set dev ${s.name} group 97`;
}

const tap: Makers<TapSpec> = {
  ...LINK,
  owner: s => ({ lines: otherTap(s, 'user 2', s.multiQueue), have: 2 }),
  multiQueue: s => ({ lines: otherTap(s, s.owner === null ? '' : `user ${s.owner}`, !s.multiQueue), have: !s.multiQueue }),
};

function flag(s: PortSpec, word: string, want: boolean): Mutation {
  return { lines: `bridge link set dev ${s.link} ${word} ${want ? 'off' : 'on'}`, have: !want };
}

const port: Makers<PortSpec> = {
  bridge: s => ({ lines: `ip link add name other0 type bridge\nip link set dev ${s.link} master other0`, have: 'other0' }),
  learning: s => flag(s, 'learning', s.learning),
  flood: s => flag(s, 'flood', s.flood),
  suppress: s => flag(s, 'neigh_suppress', s.suppress),
  locked: s => flag(s, 'locked', s.locked),
  isolated: s => flag(s, 'isolated', s.isolated === true),
  hairpin: s => flag(s, 'hairpin', s.hairpin === true),
  mcastFlood: s => flag(s, 'mcast_flood', s.mcastFlood !== false),
  bcastFlood: s => ({
    lines: `ip link set dev ${s.link} type bridge_slave bcast_flood ${s.bcastFlood === false ? 'on' : 'off'}`,
    have: s.bcastFlood === false,
  }),
  // One of the two ways is enough.
  proxyArp: s => ({ lines: `ip link set dev ${s.link} type bridge_slave proxy_arp_wifi ${s.proxyArp ? 'off' : 'on'}`, have: !s.proxyArp }),
  forwarding: s => ({ lines: `bridge link set dev ${s.link} state 0`, have: false }),
};

const neigh: Makers<NeighSpec> = {
  mac: s => ({ lines: `${ip(s)} neigh replace ${s.ip} lladdr ${STRANGE_MAC} dev ${s.link} nud permanent`, have: STRANGE_MAC }),
};

const vtep: Makers<VtepSpec> = {
  dst: s => ({ lines: `bridge fdb replace ${s.mac} dev ${s.link} dst ${STRANGE_IP} self static`, have: STRANGE_IP }),
};

/** Another port of the same bridge. */
function neighbourOf(s: FdbSpec): string {
  const found = WANTED.find(({ kind, spec }) => kind === portKind.name && (spec as PortSpec).bridge === s.bridge && (spec as PortSpec).link !== s.link);
  if (found === undefined) throw new Error(`${s.bridge} has no other port than ${s.link}`);
  return (found.spec as PortSpec).link;
}

const fdb: Makers<FdbSpec> = {
  link: s => ({ lines: `bridge fdb replace ${s.mac} dev ${neighbourOf(s)} master static sticky`, have: neighbourOf(s) }),
  sticky: s => ({ lines: `bridge fdb replace ${s.mac} dev ${s.link} master static`, have: false }),
};

const nft: Makers<NftSpec> = { rows: s => ({ lines: `${inside(s)}nft add chain ${s.family} ${s.name} stranger` }) };

const sysctl: Makers<SysctlSpec> = {
  value: s => ({ lines: `echo ${s.value === '0' ? 1 : 0} | ${inside(s)}tee /proc/sys/${s.key} >/dev/null`, have: s.value === '0' ? '1' : '0' }),
};

// The kernel changes neither of a route, but somebody can put another one in its place.
const route: Makers<RouteSpec> = {
  via: s => ({ lines: `${ip(s)} route replace ${s.dst} via 198.51.100.77 dev ${s.link} table ${s.table} proto 97`, have: '198.51.100.77' }),
  link: s => {
    const link = WANTED.map(({ kind, spec }) => (kind === 'far' ? (spec as FarSpec) : undefined)).find(end => end?.netns === s.netns && end.name !== s.link);
    return { lines: `${ip(s)} route replace ${s.dst} dev ${link?.name} table ${s.table} proto 97`, have: link?.name };
  },
};

const rule: Makers<RuleSpec> = {
  table: s => {
    const which = `pref ${s.priority}${s.mark === undefined ? ` iif ${s.link}` : ` fwmark ${s.mark}`}`;
    return {
      lines: `${ip(s)} rule del ${which}\n${ip(s)} rule add ${which} table 77${s.suppress === undefined ? '' : ` suppress_prefixlength ${s.suppress}`} proto 97`,
      have: '77',
    };
  },
};

function aliased(s: AnnounceSpec, alias: string): string {
  return `${ip(s)} link set dev ${s.link} alias '${alias}'`;
}

const announce: Makers<AnnounceSpec> = {
  ip: s => ({ lines: aliased(s, `${s.alias} 198.51.100.99 -> ${s.target}`), have: '198.51.100.99' }),
  target: s => ({ lines: aliased(s, `${s.alias} ${s.ip} -> 10.0.0.99`), have: '10.0.0.99' }),
  alias: s => ({ lines: aliased(s, `netloom:FloatingIP default/else ${s.ip} -> ${s.target}`), have: 'netloom:FloatingIP default/else' }),
};

const file: Makers<FileSpec> = { hash: s => ({ lines: `echo else >> ${s.path}`, have: textHash(`${s.text}else\n`) }) };

/** Something else in its place, in a namespace, by its user and under its program's name. */
function impostor(s: ServiceSpec, netns: string): string {
  const folder = s.folder.slice(0, s.folder.lastIndexOf('/'));
  const conf = s.argv.find(word => word.startsWith('--conf-file='))?.slice('--conf-file='.length) ?? '';
  const { first, command } = imitation({ folder, conf, user: 'dnsmasq', isNamed: true });
  return `for p in ${processesOf(s)}; do kill -9 $p; while grep -qs . /proc/$p/cmdline; do sleep 0.02; done; done
${first}
setsid --fork ip netns exec ${netns} ${command} >/dev/null 2>&1
until [ -n "${processesOf(s)}" ]; do sleep 0.02; done`;
}

const service: Makers<ServiceSpec> = {
  netns: s => ({ lines: impostor(s, 'g1'), have: 'g1' }),
  conf: s => ({ lines: `sed -i s/^conf=.*/conf=else/ ${noteOf(s)}.marks`, have: 'else' }),
  loaded: s => ({ lines: `for p in ${processesOf(s)}; do echo "$p else" > ${noteOf(s)}; done`, have: 'else' }),
  answers: s => ({ lines: `kill -STOP ${processesOf(s)}`, have: false }),
};

/** By kind and field: one for each live and each fixed field; a field of another fate is not the kernel's to drift. */
export const MUTATIONS: Readonly<Record<string, Readonly<Record<string, (spec: never) => Mutation>>>> = {
  bridge,
  vxlan,
  veth,
  far,
  tap,
  port,
  neigh,
  vtep,
  fdb,
  nft,
  sysctl,
  route,
  rule,
  announce,
  file,
  service,
  // These are what they are called: they are there or not.
  address: {},
  flood: {},
};

/** A small network as its definitions compile to it, and a kernel that has just that. */
import { address } from '../../src/kinds/address.ts';
import { bridge } from '../../src/kinds/bridge.ts';
import { far } from '../../src/kinds/far.ts';
import { flood } from '../../src/kinds/flood.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { Kind, Observed, Origin, Owner, Ref, Resource } from '../../src/kinds/kind.ts';
import { neigh } from '../../src/kinds/neigh.ts';
import { port } from '../../src/kinds/port.ts';
import { route } from '../../src/kinds/route.ts';
import { sysctl } from '../../src/kinds/sysctl.ts';
import { tap } from '../../src/kinds/tap.ts';
import { veth } from '../../src/kinds/veth.ts';
import { vxlan } from '../../src/kinds/vxlan.ts';
import { diff } from '../../src/plan/diff.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { labelOf } from '../../src/plan/summary.ts';

const LINK = { netns: '', mtu: 1450, group: 97, up: true, addrgenmode: 'none' } as const;

export const DEMO: Origin = { definition: 'Network default/demo', at: { file: 'networks/demo.yaml', line: 1, col: 1 } };
export const WEB: Origin = { definition: 'Interface default/web', at: { file: 'networks/demo.yaml', line: 9, col: 1 } };

export function wanted<S extends object>(kind: Kind<S>, spec: S, from: Origin = DEMO): Resource<S> {
  return { kind: kind.name, ref: kind.ref(spec), spec, from: [from] };
}

/** Bridge and VXLAN device of a network, in the order in which a compiler might say them: any. */
export function segment(hex = '2', { vni = 2, mac = '02:03:00:00:00:02', mtu = 1450, peers = ['10.2.1.11'] } = {}): readonly Resource[] {
  const [br, vx] = [`br-vxlan-${hex}`, `vxlan-${hex}`];
  return [
    wanted(port, { netns: '', link: vx, bridge: br, learning: false, flood: false, suppress: true, locked: false, guarded: true }),
    ...peers.map(dst => wanted(flood, { netns: '', link: vx, dst })),
    wanted(neigh, { netns: '', link: br, ip: '192.168.0.2', mac: '02:00:00:00:00:0a' }),
    wanted(sysctl, { netns: '', key: `net/ipv6/conf/${br}/disable_ipv6`, value: '1' }),
    wanted(vxlan, { ...LINK, mtu, name: vx, mac: '02:04:00:00:00:02', vni, port: 4789, local: '10.2.1.12', family: 4, learning: false }),
    wanted(bridge, { ...LINK, mtu, name: br, mac, stp: false, forwardDelay: 0, snooping: false }),
  ];
}

/** A guest's tap in the bridge of `segment`. */
export function guestTap(name = 'tap-0000000a'): readonly Resource[] {
  return [
    wanted(tap, { ...LINK, name, mac: 'fe:00:00:00:00:0a', stage: 'nl-0000000a', owner: null, multiQueue: false }, WEB),
    wanted(port, { netns: '', link: name, bridge: 'br-vxlan-2', learning: false, flood: true, suppress: false, locked: true }, WEB),
  ];
}

/** A pair into a named namespace, with an address and a default route there. */
export function guestPair(netns: string, { ip = '192.168.0.2', prefix = 24 } = {}): readonly Resource[] {
  const near = { ...LINK, name: 'tap-0000000b', mac: 'fe:00:00:00:00:0b', peer: `${netns}/eth0`, peerMac: '02:00:00:00:00:0b' };
  const inner = { ...LINK, netns, name: 'eth0', mac: '02:00:00:00:00:0b', near: '/tap-0000000b', guestAddresses: ['10.77.0.0/16'] };
  return [
    wanted(route, { netns, dst: 'default', via: '192.168.0.1', link: 'eth0', table: '254' } as Parameters<typeof route.ref>[0], WEB),
    wanted(address, { netns, link: 'eth0', ip, prefix }, WEB),
    wanted(far, inner, WEB),
    wanted(veth, near, WEB),
  ];
}

/** What a reader finds where `want` is applied; settings are common. */
export function applied(want: readonly Resource[], owner: Owner = 'ours'): Observed[] {
  return want.map(({ kind, ref, spec }) => ({ kind, ref, spec, owner: kind === 'sysctl' ? 'common' : owner }));
}

/** The same state with one spec changed. */
export function changed(have: readonly Observed[], ref: Ref, fields: object, owner?: Owner): Observed[] {
  return have.map(seen => (seen.ref === ref ? { ...seen, owner: owner ?? seen.owner, spec: { ...seen.spec, ...fields } } : seen));
}

/** A guest's namespace, which is not ours. */
export const GUEST: Observed = { kind: 'netns', ref: 'netns:guest', spec: { name: 'guest' }, owner: 'foreign' };

export const planOf = (want: readonly Resource[], have: readonly Observed[]): Plan => diff(want, have, KINDS);

/** The steps of a plan as a transcript: `make vxlan vxlan-2`. */
export const told = (plan: Plan): readonly string[] => plan.steps.map(step => `${step.verb} ${step.kind} ${labelOf(step.ref)}`);

/** What is held: `conflict bridge br-vxlan-2 on br-vxlan-2`. */
export const heldOf = (plan: Plan): readonly string[] => plan.held.map(held => `${held.why} ${held.kind} ${labelOf(held.ref)} on ${labelOf(held.on)}`);

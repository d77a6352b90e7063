/** A gateway node with real neighbours: a guest on another node, and an outside; changes of it are planned and made by the product. */
import { expect } from 'vitest';
import { compile } from '../../../src/compile/compile.ts';
import { apply } from '../../../src/host/apply.ts';
import { read, scope } from '../../../src/host/read.ts';
import { type LongChild, spawnLong } from '../../../src/host/spawn-long.ts';
import { KINDS } from '../../../src/kinds/index.ts';
import type { Observed, Resource } from '../../../src/kinds/kind.ts';
import { diff } from '../../../src/plan/diff.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { type Definitions, FACTS, GATEWAY, given, RUNTIME_DIR } from './definitions.ts';
import type { Way } from './flows.ts';
import { converge, freshNode, paste } from './node.ts';

const DEFINITIONS: Definitions = {
  ...GATEWAY,
  pools: { edge: '{ cidr: 198.51.100.0/24, mode: routed, device: eth1 }' },
  networks: { lan: '{ cidr: 10.0.0.0/24, dns: true }' },
  interfaces: {
    web: '{ network: lan, node: n1, address: 10.0.0.10, attach: { netns: { name: g1 } }, allowedAddresses: [198.51.100.0/24] }',
    db: '{ network: lan, node: n1, address: 10.0.0.11, attach: { netns: { name: g2 } } }',
    vm: '{ network: lan, node: n1, address: 10.0.0.12, attach: { tap: { owner: daemon } } }',
    far: '{ network: lan, node: n2, address: 10.0.0.20 }',
  },
  floatingIPs: { front: '{ interface: web, address: 198.51.100.40 }' },
  routedIPs: { whole: '{ network: lan, address: 198.51.100.50 }' },
};

const LAB = given(DEFINITIONS);

/** What could be in force instead. */
export type LabDefinitions = typeof LAB;
export const RETARGETED: LabDefinitions = given({ ...DEFINITIONS, floatingIPs: { front: '{ interface: db, address: 198.51.100.40 }' } }, LAB);
export const WITHOUT_FLOATING: LabDefinitions = given({ ...DEFINITIONS, floatingIPs: {} }, LAB);

/** What is wanted on n1. */
export const BASE: readonly Resource[] = compile({ ...LAB, facts: FACTS }).resources;

const NETWORK = LAB.ledger.networks['default/lan'];
const macOf = (name: string): string => NETWORK?.interfaces[`default/${name}`]?.mac ?? '';

/** One through each part of the node. */
export const WAYS: readonly Way[] = [
  { name: 'mesh', from: 'g2', to: '10.0.0.20' },
  // Its own checksums would be left to a card that is none.
  { name: 'tap', from: 'vm', to: '10.0.0.10', talks: false },
  { name: 'nat', from: 'g2', to: '203.0.113.9' },
  { name: 'floating', from: 'out', to: '198.51.100.40' },
  { name: 'routed', from: 'out', to: '198.51.100.50' },
];

/** Namespaces in which a server listens. */
export const SERVERS = ['far', 'g1', 'out'] as const;

let hypervisor: LongChild | undefined;

/** Makes the node and all around it. */
export async function makeLab(): Promise<void> {
  await freshNode();
  // The wires' other ends become another node with a guest, and the outside.
  await paste(`
ip netns add far
ip netns add out
ip netns add vm
ip link set dev wire0 netns far
ip link set dev wire1 netns out
ip -n far addr add 192.0.2.12/24 dev wire0
ip -n far link set dev wire0 up
ip -n far link set dev lo up
ip addr add 203.0.113.1/24 dev eth1
ip -n out addr add 203.0.113.9/24 dev wire1
ip -n out link set dev wire1 up
ip -n out route add 198.51.100.0/24 via 203.0.113.1`);
  await converge(LAB);
  const { vxid = 0, gateway } = NETWORK ?? {};
  await paste(`
ip -n far link add name eth0 address ${macOf('far')} mtu 1550 type vxlan id ${vxid} dstport 4789 local 192.0.2.12 remote 192.0.2.11 learning
ip -n far link set dev eth0 up
ip -n far addr add 10.0.0.20/24 dev eth0
ip -n g1 addr add 198.51.100.50/32 dev lo
ip link add name vmport mtu 1550 type veth peer name eth0 netns vm mtu 1550 address ${macOf('vm')}
ip link set dev vmport up
ip -n vm addr add 10.0.0.12/24 dev eth0
ip -n vm link set dev eth0 up`);
  expect(gateway?.node).toBe('n1');
  await plugIn();
}

/** The guest behind the tap: opens it as a hypervisor does; ends and opens it anew where it was made anew. */
export async function plugIn(): Promise<void> {
  await hypervisor?.stop();
  const tap = BASE.find(({ kind }) => kind === 'tap')?.spec as { readonly name: string };
  hypervisor = spawnLong('socat', ['-b', '65536', `TUN,tun-name=${tap.name},tun-type=tap,iff-no-pi`, 'INTERFACE:vmport']);
}

export async function endLab(): Promise<void> {
  await hypervisor?.stop();
  await freshNode();
}

const KEYS = BASE.flatMap(({ kind, spec }) => KINDS.get(kind)?.keys?.(spec) ?? []);

/** Everything that the kinds see on the node. */
async function seen(): Promise<readonly Observed[]> {
  const rows = await read({ netnses: scope(BASE), keys: KEYS, runtimeFolder: RUNTIME_DIR });
  return rows.flatMap(part => [...KINDS.values()].flatMap(kind => kind.parse(part)));
}

/** Plans the way there and goes it; the plan. */
export async function make(want: readonly Resource[]): Promise<Plan> {
  const plan = diff(want, await seen(), KINDS);
  expect(plan.held).toEqual([]);
  const failed = (await apply(plan.steps)).filter(one => one.status !== 'done');
  expect(failed.map(one => `${one.step.ref}: ${one.error}`)).toEqual([]);
  return plan;
}

/** What other definitions want on n1. */
export function compiledOn(definitions: LabDefinitions): readonly Resource[] {
  return compile({ ...definitions, facts: FACTS }).resources;
}

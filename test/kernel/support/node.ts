/** The node under test: the private lab's own namespaces, which real passes run on. */
import { expect } from 'vitest';
import { type ReadArgs, scope } from '../../../src/host/read.ts';
import { KINDS } from '../../../src/kinds/index.ts';
import { lane, type Op } from '../../../src/kinds/op.ts';
import { type Enforced, enforce, type Prepared, prepare } from '../../../src/pass/enforce.ts';
import { batch, endServices, paste } from '../../kinds/kernel-room.ts';
import { insistOnLab } from '../../support/namespaces.ts';
import { type Given, RUNTIME_DIR, UNDERLAY } from './definitions.ts';

export { paste } from '../../kinds/kernel-room.ts';

/** Namespaces of guests that every node under test has. */
export const GUESTS = ['g1', 'g2'] as const;

/** Lines for a shell that make a node of an empty namespace: an underlay device and the guests' namespaces. */
export const WIRES = [
  'ip link add name eth0 mtu 1600 address 02:00:5e:00:00:01 type veth peer name wire0 mtu 1600 address 02:00:5e:00:00:02',
  'ip link add name eth1 address 02:00:5e:00:00:03 type veth peer name wire1 address 02:00:5e:00:00:04',
  // No duplicate address detection: link-local addresses would come alive seconds later.
  'sysctl -qw net.ipv6.conf.default.accept_dad=0',
  'ip link set dev wire0 addrgenmode none',
  'ip link set dev eth0 addrgenmode none',
  'ip link set dev wire1 addrgenmode none',
  'ip link set dev eth1 addrgenmode none',
  'ip link set dev wire1 up',
  'ip link set dev eth1 up',
  'ip link set dev wire0 up',
  'ip link set dev eth0 up',
  `ip addr add ${UNDERLAY}/24 dev eth0`,
  // Nobody answers for the peers: what guests multicast would make the node ask for them again and again.
  ...['192.0.2.12', '192.0.2.13'].map(peer => `ip neigh add ${peer} lladdr 02:00:5e:00:00:02 dev eth0 nud permanent`),
  ...GUESTS.flatMap(name => [
    `ip netns add ${name}`,
    `ip netns exec ${name} sysctl -qw net.ipv6.conf.default.accept_dad=0`,
    `ip -n ${name} link set dev lo up`,
  ]),
].join('\n');

/** Takes everything away (what bridges hand to the IP filters stays off: netloom never turns that on again), links before the namespaces that they end in, and wires the node anew. */
export async function freshNode(): Promise<void> {
  insistOnLab();
  await endServices(RUNTIME_DIR);
  await paste(`
ip -o link show | sed -n 's/^[0-9]*: \\([^:@]*\\).*/\\1/p' | grep -vx lo | sed 's/.*/link set dev & group 4242/' | ip -batch -
ip -o link show group 4242 | grep -q . && ip link del group 4242
find /run/netns -mindepth 1 ! -fstype nsfs -delete
for name in $(ls /run/netns); do ip netns del "$name"; done
nft flush ruleset
for key in /proc/sys/net/bridge/bridge-nf-call-*; do [ -e "$key" ] && echo 0 > "$key"; done
ip route flush proto 97
ip rule flush protocol 97
ip -6 rule flush protocol 97
${WIRES}`);
}

/** Looks, compiles, reads and plans; nothing changes. */
export function planned(given: Given): Promise<Prepared> {
  return prepare(given, RUNTIME_DIR);
}

/** What a pass reads beside the node's own namespace. */
export type Asks = Pick<ReadArgs, 'netnses' | 'keys' | 'runtimeFolder'>;

export function asksOf({ compiled }: Prepared): Asks {
  return {
    runtimeFolder: RUNTIME_DIR,
    netnses: scope(compiled.resources),
    keys: compiled.resources.flatMap(resource => KINDS.get(resource.kind)?.keys?.(resource.spec) ?? []),
  };
}

/** One whole pass, however it ends. */
export async function pass(given: Given): Promise<Enforced> {
  return enforce(await planned(given), { before: async () => undefined });
}

/** One pass that must leave the kernel as wanted, with nothing refused and nothing held back, in one round (or none). */
export async function converge(given: Given): Promise<Enforced> {
  const enforced = await pass(given);
  expect(shortcomings(enforced)).toEqual([]);
  expect(enforced.rounds).toBeLessThanOrEqual(1);
  return enforced;
}

/** All that is not as it should be after a pass, as sentences. */
export function shortcomings({ outcomes, remaining, compiled }: Enforced): readonly string[] {
  return [
    ...compiled.troubles.map(trouble => `${trouble.definition}: ${trouble.reason}: ${trouble.message}`),
    ...outcomes.filter(one => one.status !== 'done').map(one => `${one.step.ref} ${one.status}: ${one.error}`),
    ...remaining.steps.map(step => `still to do: ${step.verb} ${step.ref} ${JSON.stringify(step.changes)}`),
    ...remaining.held.map(held => `held: ${held.why} ${held.ref} on ${held.on}`),
  ];
}

/** Says acts one after another, as many of one tool and namespace in one process as there are in a row. */
export async function sayAll(ops: readonly Op[]): Promise<void> {
  for (let at = 0; at < ops.length; ) {
    let end = at + 1;
    while (end < ops.length && lane(ops[end] as Op) === lane(ops[at] as Op)) end++;
    await batch(ops.slice(at, end));
    at = end;
  }
}

/** Rows for `describe.each('%s')`, which prints titles whole. */
export function named<T extends { readonly title: string }>(all: readonly T[]): readonly (readonly [string, T])[] {
  return all.map(each => [each.title, each]);
}

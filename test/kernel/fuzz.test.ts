/**
 * Random definitions on the kernel: every revision is brought into force and read back, and after all of it was taken away
 * the node is what it was. The same histories as on paper (test/fuzz), with few services, which take their time to start.
 */
import { beforeEach, expect, test } from 'vitest';
import { type Enforced, enforce, prepareNothing } from '../../src/pass/enforce.ts';
import { holds } from '../fuzz/fuzz.ts';
import { stages } from '../fuzz/life.ts';
import type { Revision } from '../fuzz/revision.ts';
import { BRIDGE, GUEST_NAMES, type Tie, UNDERLAY } from '../fuzz/ties.ts';
import { RUNTIME_DIR } from './support/definitions.ts';
import { dump, expectDump, type Row, settledDump } from './support/dump.ts';
import { freshNode, pass, paste } from './support/node.ts';

/** What the node on paper has beside what every node under test has; its bridge has a port of its own, so that it has a carrier. Systems with systemd set `promote_secondaries`. */
const MORE = `
ip link add name eth2 address 02:00:5e:00:00:05 type veth peer name wire2 address 02:00:5e:00:00:06
for link in eth2 wire2; do ip link set dev $link addrgenmode none; ip link set dev $link up; done
ip link add name ${BRIDGE} address 02:00:5e:00:00:07 type bridge
ip link set dev ${BRIDGE} addrgenmode none
ip link set dev ${BRIDGE} up
ip link add name port0 type veth peer name wire3
for link in port0 wire3; do ip link set dev $link addrgenmode none; ip link set dev $link up; done
ip link set dev port0 master ${BRIDGE}
ip addr add ${UNDERLAY[1]}/64 dev eth0 nodad
for peer in 12 13; do ip neigh add 2001:db8::$peer lladdr 02:00:5e:00:00:02 dev eth0 nud permanent; done
sysctl -qw net.ipv4.conf.all.promote_secondaries=1
for name in ${GUEST_NAMES.join(' ')}; do ip netns exec $name sysctl -qw net.ipv4.conf.all.promote_secondaries=1; done`;

/** What the kernel or netloom never takes back: the node forwards from then on, and a link's settings stay while it is there. */
const KEPT = /^ sysctl .*(forwarding|rp_filter|bridge-nf-call)/;

let before: readonly Row[] | undefined;
const kept = (rows: readonly Row[]): readonly Row[] => rows.filter(({ of, text }) => !KEPT.test(`${of} ${text}`));

async function freshLab(): Promise<readonly Row[]> {
  await freshNode();
  await paste(MORE);
  return settledDump();
}

let passes = 0;

/** What is broken when the node lives through a history. */
async function lifeOnKernel(history: readonly Revision[]): Promise<readonly string[]> {
  before ??= await freshLab();
  const found: string[] = [];
  for (const [at, { target }] of stages(history).entries()) {
    if (target === null) continue;
    const enforced = await pass(target);
    passes += 1;
    found.push(...shortfalls(enforced).map(words => `revision ${at + 1}: ${words}`));
  }
  const gone = await enforce(await prepareNothing([], RUNTIME_DIR), { before: async () => undefined });
  found.push(...shortfalls(gone).map(words => `when all was taken away: ${words}`), ...(await left(before)));
  // Whoever comes next begins with a node as it should be.
  if (found.length > 0) before = undefined;
  return found;
}

function shortfalls({ outcomes, remaining, plan, rounds }: Enforced): readonly string[] {
  const held = new Set(plan.held.map(({ ref }) => ref));
  return [
    ...outcomes.filter(one => one.status !== 'done').map(one => `${one.step.verb} ${one.step.ref} ${one.status}: ${one.error}`),
    ...remaining.steps.map(step => `still to do: ${step.verb} ${step.ref} ${JSON.stringify(step.changes).slice(0, 400)}`),
    ...remaining.held.filter(({ ref }) => !held.has(ref)).map(({ why, ref, on }) => `held only now: ${why} ${ref} on ${on}`),
    ...(rounds > 1 ? [`it took ${rounds} rounds`] : []),
  ];
}

async function left(was: readonly Row[]): Promise<readonly string[]> {
  try {
    await expectDump(was, { only: kept });
    return [];
  } catch {
    const [old, now] = [kept(was), kept(await dump())].map(rows => rows.map(({ of, text }) => `${of} ${text}`)) as [string[], string[]];
    return [...old.filter(text => !now.includes(text)).map(text => `gone: ${text}`), ...now.filter(text => !old.includes(text)).map(text => `left: ${text}`)];
  }
}

/** Services of one network in fifteen. */
const seldom: Tie = n => n % 15 === 0;

beforeEach(() => {
  before = undefined;
});

test('the kernel does every act of every plan, reads back as wanted, and holds in the end what it held before', { timeout: 1_800_000 }, async () => {
  const most = { Node: 2, Network: 3, Interface: 6, FloatingIP: 2, RoutedIP: 1 } as const;
  await holds({
    name: 'kernel',
    by: 'node .ci/private-lab.mjs test/kernel/fuzz.test.ts',
    runs: 60,
    revisions: 5,
    most,
    ties: { 'Network spec.dhcp': seldom, 'Network spec.dns': seldom },
    broken: lifeOnKernel,
    shrinkMs: 20_000,
  });
  expect(passes).toBeGreaterThan(0);
});

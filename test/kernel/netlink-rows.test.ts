/** The two ways to read the kernel say the same, whatever is in it; crash-walk.test.ts asks after each cut. */
import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseReader } from '../../src/host/choose-reader.ts';
import { errnoError, openLibrary } from '../../src/host/netlink/library.ts';
import { inNamespace } from '../../src/host/netlink/namespaces.ts';
import { netlinkReader } from '../../src/host/netlink/netlink-reader.ts';
import { read } from '../../src/host/read.ts';
import type { Rows } from '../../src/kinds/rows.ts';
import { batch, emptyNode, paste, say } from '../kinds/kernel-room.ts';
import { GUEST, OUR_NETNS, SAMPLES } from '../kinds/samples.ts';
import { insistOnLab } from '../support/namespaces.ts';
import { byCommands, byNetlink, differences, expectSameRows } from './support/readers.ts';

beforeAll(insistOnLab);
beforeEach(async () => {
  await emptyNode();
  await paste('ip rule flush; ip rule add pref 32766 lookup main; ip rule add pref 32767 lookup default');
});

const ASKS = { netnses: [GUEST, OUR_NETNS], keys: SAMPLES.flatMap(({ kind, spec }) => kind.keys?.(spec) ?? []) };

/** Lines for a shell that somebody else might have typed; those that need what a kernel may lack come with `|| true`. */
const WORLDS: Readonly<Record<string, string>> = {
  'links of all types': `
ip link add name b0 group 97 address 02:00:00:00:00:01 type bridge stp_state 1 nf_call_iptables 1
ip link set dev b0 type bridge vlan_filtering 1 2>/dev/null || true
ip link add name vx0 type vxlan id 5 dstport 4789 local 192.0.2.1 nolearning
ip link add name vx6 type vxlan id 6 dstport 4790 local 2001:db8::1
ip link add name vx9 type vxlan id 9 dstport 4791
ip link add name v0 alias 'netloom:Interface default/web' group 97 type veth peer name e0 group 97 netns ${GUEST}
ip link add name v1 type veth peer name v2
ip tuntap add dev t0 mode tap user daemon multi_queue
ip tuntap add dev t1 mode tun
ip tuntap add dev t2 mode tap user 4242
ip tuntap add dev nl-00000001 mode tap
ip link add name m0 link v2 type macvlan mode bridge
for each in 'd0 type dummy' 'i0 type ifb' 'n0 type nlmon' 'bo0 type bond' 'vrf0 type vrf table 9' 'l0 link v2 type vlan id 7' 'ipv0 link v2 type ipvlan' 'g0 type gre remote 192.0.2.9 local 192.0.2.1' 's0 type sit remote 192.0.2.9' 'g6 type ip6gre remote 2001:db8::9 local 2001:db8::1' 'w0 type wireguard'; do
  ip link add name $each 2>/dev/null || true
done
for each in vx0 t0 v1; do ip link set dev $each master b0; done
bridge link set dev v1 isolated on hairpin on learning off flood off mcast_flood off bcast_flood off neigh_suppress on locked on
bridge link set dev t0 state 0 2>/dev/null || true
for each in b0 vx0 v0 v2 t1; do ip link set dev $each up; done
ip link set dev v1 addrgenmode none
ip link set dev v2 promisc on allmulticast on arp off
ip -n ${GUEST} link set dev e0 up
ip -n ${GUEST} link add name b1 type bridge`,
  'addresses of both families': `
ip link add name b0 group 97 address 02:00:00:00:00:01 type bridge
ip link add name v1 type veth peer name v2
ip link set dev b0 up
ip addr add 10.1.0.1/24 dev b0
ip addr add 10.1.0.2/24 dev b0
ip addr add 10.9.9.1 peer 10.9.9.2/32 dev v1
ip addr add 10.2.0.1/24 dev b0 valid_lft 300 preferred_lft 100 scope link
for each in fd00::1/64 ::ffff:192.0.2.9/128 ::192.0.2.9/128 fd00:0:0:1::/64 fd00:1:0:0:2:0:0:3/64 ::2/128 fd00::a:0:b/64; do ip addr add $each dev b0 nodad; done
ip addr add fd00:2::1/64 dev b0 mngtmpaddr nodad valid_lft 300 preferred_lft 100`,
  'routes and rules': `
ip link add name b0 group 97 address 02:00:00:00:00:01 type bridge
ip link set dev b0 up
ip addr add 10.1.0.1/24 dev b0
ip addr add fd00::1/64 dev b0 nodad
ip route add 10.9.0.0/16 via 10.1.0.2 proto 97 table 77
ip route add 10.9.0.1 via 10.1.0.2 proto 97 table 100000
ip route add 10.8.0.0/16 dev b0 proto 97 scope link metric 5
ip route add 10.7.0.0/16 nexthop via 10.1.0.2 dev b0 nexthop via 10.1.0.3 dev b0
ip route add blackhole 10.6.0.0/16
ip route add unreachable default metric 4278198272
ip route add default via 10.1.0.9 src 10.1.0.1 mtu 1400
ip route add 10.66.0.0/16 via inet6 fd00::9 dev b0
ip -6 route add default dev b0 proto 97 metric 5
ip -6 route add default via fd00::2 dev b0 metric 6
ip -6 route add prohibit fd00:7::/64
ip -6 route add fd00:8::1 nexthop via fd00::2 nexthop via fd00::3
ip rule add fwmark 0xc000020a table 77 pref 100 protocol 97
ip rule add fwmark 0x10/0xff table 100000 pref 101 protocol 97
ip rule add from 10.0.0.0/8 table 77
ip rule add not from 10.0.0.1 to 10.3.0.0/16 iif b0 lookup 77 suppress_prefixlength 0
ip rule add to 10.3.0.1 oif nothing0 tos 0x10 lookup main`,
  'neighbours and forwarding entries': `
ip link add name b0 group 97 address 02:00:00:00:00:01 type bridge
ip link add name vx0 type vxlan id 5 dstport 4789 local 192.0.2.1 nolearning
ip link add name vx6 type vxlan id 6 dstport 4790 local 2001:db8::1
ip link set dev vx0 master b0
ip link set dev b0 up
ip link set dev vx0 up
ip neigh replace 10.1.0.9 lladdr 02:00:00:00:00:09 dev b0 nud permanent proto 97
ip neigh replace fd00::9 lladdr 02:00:00:00:00:09 dev b0 nud permanent proto 97
ip neigh replace 10.1.0.8 lladdr 02:00:00:00:00:08 dev b0 nud reachable
ip neigh replace 10.1.0.7 lladdr 02:00:00:00:00:07 dev b0 nud noarp extern_learn
ip neigh replace proxy 10.1.0.77 dev b0
ip neigh replace proxy 10.1.0.78 dev b0 protocol 97
ip neigh replace proxy fd00::77 dev b0
bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.2
bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.3
bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.2 port 99 vni 77 via b0
bridge fdb append 00:00:00:00:00:00 dev vx6 dst 2001:db8::2
bridge fdb replace 02:00:00:00:00:0a dev vx0 dst 192.0.2.2
bridge fdb replace 02:00:00:00:00:09 dev vx0 master static sticky
bridge fdb replace 02:00:00:00:00:0b dev vx0 master dynamic extern_learn
bridge fdb replace 02:00:00:00:00:0c dev vx0 master dynamic
bridge fdb replace 02:00:00:00:00:0d dev vx0 master static`,
  'tables in three namespaces': `
ip netns add ${OUR_NETNS}
ip link add name veth-1 group 97 type veth peer name inner group 97 netns ${OUR_NETNS}
nft add table inet netloom
nft add chain inet netloom c_in '{ type filter hook input priority 0; }'
nft add rule inet netloom c_in iifname lo counter accept comment x
nft add set inet netloom s '{ type ifname . ether_addr; elements = { eth0 . 02:00:00:00:00:01, eth1 . 02:00:00:00:00:02 }; }'
nft add table bridge netloom
nft add table ip other
nft add table arp netloom
for each in ${GUEST} ${OUR_NETNS}; do
  ip netns exec $each nft add table ip netloom
  ip netns exec $each nft add table ip6 other
  ip netns exec $each nft add chain ip netloom c_nat '{ type nat hook postrouting priority 100; }'
  ip netns exec $each nft add rule ip netloom c_nat ip saddr 10.0.0.0/24 masquerade
done`,
};

describe.each(Object.entries(WORLDS))('%s', (_, lines) => {
  it('are the same by both', async () => {
    await paste(lines);
    await expectSameRows(ASKS);
  });
});

describe.each(SAMPLES.filter(({ kind }) => kind.name !== 'file' && kind.name !== 'service'))('$title', sample => {
  it('is the same by both, as it is made and as it drifts', async () => {
    for (const below of sample.on) await say(below.kind.create(below.spec));
    await batch(sample.kind.create(sample.spec));
    await expectSameRows(ASKS, 'as it is made');
    for (const [field, value] of Object.entries(sample.drift)) {
      await say(sample.kind.update({ ...sample.spec, [field]: value }, [field]));
      await expectSameRows(ASKS, `another ${field}`);
    }
  });
});

it('the comparison sees a value that differs, a field that is missing, a row that is missing', async () => {
  const [rows] = await read({ netnses: [], keys: [], reader: await byNetlink() });
  const [lo] = rows?.links ?? [];
  if (rows === undefined || lo === undefined) throw new Error('no lo');
  const { operstate: _, ...less } = lo;
  const others: readonly Rows[] = [
    { ...rows, links: [{ ...lo, mtu: 7 }] },
    { ...rows, links: [less] },
    { ...rows, links: [] },
    { ...rows, sysctls: { a: '1' } },
  ];
  expect(others.map(other => differences([rows], [other]).length)).toEqual([1, 1, 1, 1]);
});

const namespaceNow = () => readlinkSync('/proc/thread-self/ns/net');

it('after each reading, also one that failed, the thread is where it was', async () => {
  const reader = await byNetlink();
  const home = namespaceNow();
  await reader.readNetns(GUEST, true);
  expect(namespaceNow()).toBe(home);
  await paste(`touch /run/netns/other; mount --bind /proc/self/ns/uts /run/netns/other`);
  await expect(reader.readNetns('other', true)).rejects.toMatchObject({ code: 'no-namespace' });
  await expect(reader.readNetns('gone', true)).rejects.toMatchObject({ code: 'no-namespace' });
  await expect(reader.readSysctls(GUEST, ['no key'])).rejects.toThrow('bug');
  expect(namespaceNow()).toBe(home);
  await paste('umount /run/netns/other; rm /run/netns/other');
});

it('a setting is read as it is, whichever /proc shows it, and also where there is only one', async () => {
  const lib = await openLibrary();
  if (lib === null) throw new Error('koffi is not there');
  const key = 'net/ipv4/conf/all/arp_ignore';
  const [many, one] = [netlinkReader(lib), netlinkReader({ ...lib, mountProc: () => -1 })];
  const opened = () => readdirSync('/proc/self/fd').length;
  await many.readSysctls(GUEST, [key]);
  const before = opened();
  for (let turn = 0; turn < 120; turn++) {
    const value = String(turn % 3);
    await paste(`nsenter --net=/run/netns/${GUEST} sh -c 'echo ${value} >/proc/sys/${key}'`);
    for (const reader of [many, one]) expect(await reader.readSysctls(GUEST, [key, 'net/ipv4/conf/none/arp_ignore'])).toEqual({ [key]: value });
  }
  expect(opened()).toBe(before);
});

it('a process that cannot leave a namespace again is stopped at once', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  let calls = 0;
  const setns = () => {
    if (++calls === 2) throw errnoError('setns', 1);
  };
  try {
    expect(() => inNamespace({ setns }, GUEST, () => 'read')).toThrow('setns: EPERM');
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGKILL']]);
  } finally {
    kill.mockRestore();
  }
});

it('what has a name below /run/netns and is no network namespace is told of by both alike', async () => {
  await paste('touch /run/netns/other; mount --bind /proc/self/ns/uts /run/netns/other');
  for (const reader of [byCommands, await byNetlink()]) {
    const rows = await read({ netnses: ['other', GUEST], keys: [], reader });
    expect(rows.map(({ netns }) => netns)).toEqual(['', GUEST]);
    expect(rows[0]?.unread?.['other']).toMatch(/^cannot be read: .*other/);
  }
  await paste('umount /run/netns/other; rm /run/netns/other');
});

it('namespaces that come and go are left out, and nothing else is', async () => {
  const reader = await byNetlink();
  const churn = 'while :; do ip netns add coming; ip netns del coming; ip link add name churn0 type veth peer name churn1; ip link del dev churn0; done';
  const writer = spawn('bash', ['-c', churn], { stdio: 'ignore', detached: true });
  try {
    for (let round = 0; round < 200; round++) {
      const rows = await read({ netnses: [GUEST, 'coming'], keys: [], reader });
      expect(rows.map(({ netns }) => netns).filter(name => name !== 'coming')).toEqual(['', GUEST]);
      expect(rows[0]?.unread).toBeUndefined();
    }
  } finally {
    if (writer.pid !== undefined) process.kill(-writer.pid, 'SIGKILL');
    await new Promise(resolve => writer.on('exit', resolve));
    await paste('ip netns del coming 2>/dev/null || true');
  }
});

it('chains that forwarded packets pass are the same ones, whoever made them', async () => {
  await paste(`nft -f - <<'END'
table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; chain INPUT { type filter hook input priority 0; policy drop; }; chain plain { drop; }; }
table inet wall { chain f { type filter hook forward priority 10; policy accept; }; chain in { type filter hook ingress device lo priority 0; policy drop; }; }
table ip6 six { chain f { type filter hook forward priority 0; policy drop; }; }
table bridge other { chain f { type filter hook forward priority 0; policy drop; }; }
END`);
  const netlink = await byNetlink();
  const [ours, theirs] = [await netlink.forwardChains(), await byCommands.forwardChains()];
  await paste('nft delete table ip filter; nft delete table inet wall; nft delete table ip6 six; nft delete table bridge other');
  const sorted = (all: typeof ours) => [...all].sort((a, b) => a.table.localeCompare(b.table));
  expect(sorted(ours)).toEqual(sorted(theirs));
  expect(sorted(ours)).toEqual([
    { family: 'ip', table: 'filter', name: 'FORWARD', drops: true },
    { family: 'inet', table: 'wall', name: 'f', drops: false },
  ]);
});

it('many links and many entries come whole', async () => {
  const pairs = Array.from({ length: 300 }, (_, nth) => nth);
  const lines = pairs.map(
    nth => `link add name s${nth} group 4242 type veth peer name p${nth}\nneigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev s${nth} nud permanent\n`,
  );
  await paste(`ip -batch - <<'END'\n${lines.join('')}END`);
  await expectSameRows(ASKS);
  const [rows] = await read({ netnses: [], keys: [], reader: await byNetlink() });
  await paste('ip link del group 4242');
  expect([rows?.links.length, rows?.neighs.length]).toEqual([601, 300]);
});

describe('a node without', () => {
  it('koffi, or with one for another machine, is read by commands', async () => {
    expect(await chooseReader(undefined, () => Promise.reject(new Error('Cannot find package')))).toBe(byCommands);
    expect(await chooseReader(undefined, async () => ({ default: {} }))).toBe(byCommands);
    expect(await chooseReader('commands')).toBe(byCommands);
  });

  it('libnftables has its tables listed by nft', async () => {
    await paste(`ip netns add ${OUR_NETNS}; ip netns exec ${OUR_NETNS} nft add table ip netloom`);
    const lib = await openLibrary();
    if (lib === null) throw new Error('koffi is not installed');
    const found = await netlinkReader({ ...lib, nft: null }).readNetns(OUR_NETNS, true);
    expect(found.tables).toEqual([{ family: 'ip', name: 'netloom', rows: [] }]);
  });
});

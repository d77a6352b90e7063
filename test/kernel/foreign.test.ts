/** What is not netloom's stays as it is, byte for byte, whatever netloom makes, changes and deletes beside it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { bridgeName, tapName, vxlanName } from '../../src/model/names.ts';
import { type Definitions, type Given, given } from './support/definitions.ts';
import { dump, expectDump, foreignRows, type Row, settledDump } from './support/dump.ts';
import { converge, freshNode, named, pass, paste, planned, shortcomings } from './support/node.ts';
import { BASE, TRANSITIONS } from './support/transitions.ts';

beforeEach(freshNode);

/** Somebody else's node: containers, virtual machines, another overlay, routes, filters, and things in a guest's own namespace. */
const THEIRS = `
ip link add name docker0 type bridge
ip link set dev docker0 addrgenmode none
ip link set dev docker0 up
ip addr add 172.17.0.1/16 dev docker0
ip neigh add 172.17.0.9 lladdr 02:42:00:00:00:09 dev docker0 nud permanent
ip link add name vx9 mtu 1400 type vxlan id 9 dstport 4789 local 192.0.2.11 nolearning
ip link set dev vx9 addrgenmode none
ip link set dev vx9 up
bridge fdb append 00:00:00:00:00:00 dev vx9 dst 192.0.2.200 self permanent
bridge fdb add 02:42:00:00:00:55 dev vx9 dst 192.0.2.201 self static
ip link add name vethc1 type veth peer name vethc2
ip link set dev vethc1 addrgenmode none master docker0
ip link set dev vethc2 addrgenmode none
ip link set dev vethc1 up
ip link set dev vethc2 up
bridge fdb add 02:42:00:00:00:56 dev vethc1 master static
ip tuntap add dev vnet3 mode tap user 5
ip link set dev vnet3 master docker0
ip link add name br-vxlan-other type bridge
ip route add 10.99.0.0/16 dev docker0
ip route add 10.98.0.0/16 via 172.17.0.2 table 100 metric 7
ip route add blackhole 10.97.0.0/16
ip rule add from 10.96.0.0/16 table 100 pref 1000
sysctl -qw net.ipv4.ip_forward=1
sysctl -qw net.ipv4.conf.docker0.rp_filter=2 net.ipv4.conf.docker0.forwarding=1 net.ipv6.conf.docker0.disable_ipv6=1
nft -f - <<'EOF'
table inet firewall {
  set blocked { type ipv4_addr; elements = { 203.0.113.1, 203.0.113.2 } }
  chain input { type filter hook input priority 0; policy accept; ip saddr @blocked drop; tcp dport 22 accept; }
}
table bridge firewall {
  chain between { type filter hook forward priority 0; policy accept; iifname "vnet3" accept; }
}
table inet netloom-not {
}
EOF
ip -n g1 link add name own0 type bridge
ip -n g1 link set dev own0 addrgenmode none
ip -n g1 addr add 172.30.0.1/24 dev own0
ip -n g1 link set dev own0 up
ip -n g1 route add 10.95.0.0/16 dev own0
ip -n g1 neigh add 172.30.0.9 lladdr 02:42:00:00:00:19 dev own0 nud permanent
ip netns exec g1 nft add table inet firewall
ip netns add stranger
ip -n stranger link add name eth0 type bridge`;

async function theirs(): Promise<readonly Row[]> {
  return foreignRows(await dump({ exact: true }));
}

it('nothing of others changes while everything of ours is made, changed and deleted', async () => {
  await paste(THEIRS);
  const alone = await settledDump({ exact: true });
  let last: Given | undefined;
  for (const { title, before, after } of TRANSITIONS) {
    for (const definitions of [before, after]) {
      last = given(definitions, last);
      const { remaining } = await pass(last);
      expect(remaining.steps, title).toEqual([]);
      expect(await theirs(), title).toEqual(alone);
    }
  }
  await converge(given({}, last));
  expect(await settledDump({ exact: true })).toEqual(alone);
});

const LAN = given(BASE);
const VXID = LAN.ledger.networks['default/lan']?.vxid ?? 0;
const BRIDGE = bridgeName(VXID);

const PLUGGED = `
ip link add name vnet7 type veth peer name vnet7-far
ip link set dev vnet7-far addrgenmode none
ip link set dev vnet7-far up
ip link set dev vnet7 addrgenmode none master ${BRIDGE}
bridge link set dev vnet7 learning off
ip link set dev vnet7 up`;

describe('a port that others put into a bridge of ours', () => {
  const changed = given({ ...BASE, networks: { lan: '{ cidr: 10.0.0.0/24, mtu: 1400, mesh: { learning: true } }' }, interfaces: lanOnly() }, LAN);

  it('stays as it is while everything around it changes', async () => {
    await converge(LAN);
    await paste(PLUGGED);
    const before = foreignRows(await settledDump({ exact: true }));
    expect(before.some(row => row.link === 'vnet7' && row.text.includes(`"master":"${BRIDGE}"`))).toBe(true);
    expect((await planned(LAN)).plan.steps).toEqual([]);
    await converge(changed);
    await expectDump(before, { exact: true, only: foreignRows });
  });

  it('keeps the bridge from being deleted, and the bridge goes when it has left', async () => {
    const alone = await settledDump();
    await converge(LAN);
    await paste(PLUGGED);
    const before = foreignRows(await settledDump({ exact: true }));
    const { remaining, outcomes } = await pass(given({}, LAN));
    expect(outcomes.filter(one => one.status !== 'done')).toEqual([]);
    expect(remaining.steps).toEqual([]);
    const held = remaining.held.find(one => one.ref === `link:/${BRIDGE}`);
    expect([held?.why, held?.on]).toEqual(['in-use', 'port:/vnet7']);
    await expectDump(before, { exact: true, only: foreignRows });
    const links = (await dump()).filter(row => row.of === ' link' && row.text.includes('"group":"97"')).map(row => row.link);
    expect(links).toContain(BRIDGE);
    expect(links.filter(name => name.includes(vxlanName(LAN.ledger.networks['default/wire']?.vxid ?? 0)))).toEqual([]);
    await paste('ip link del dev vnet7');
    await converge(given({}, LAN));
    await expectDump(alone);
  });
});

/** Definitions without the network `wire`. */
function lanOnly(): NonNullable<Definitions['interfaces']> {
  return Object.fromEntries(Object.entries(BASE.interfaces).filter(([, spec]) => spec.includes('network: lan')));
}

function tapOf(iface: string, of: Given = LAN): string {
  return tapName(of.ledger.networks['default/lan']?.interfaces[`default/${iface}`]?.uuid ?? '');
}

const IN_THE_WAY = [
  { title: 'a bridge with the name of ours', lines: `ip link add name ${BRIDGE} type bridge`, away: `ip link del dev ${BRIDGE}`, ref: `link:/${BRIDGE}` },
  {
    title: 'a device of another type with the name of our bridge',
    lines: `ip tuntap add dev ${BRIDGE} mode tap`,
    away: `ip link del dev ${BRIDGE}`,
    ref: `link:/${BRIDGE}`,
  },
  {
    title: 'a vxlan device with our vni',
    lines: `ip link add name vx9 type vxlan id ${VXID} dstport 4789 local 192.0.2.11`,
    away: 'ip link del dev vx9',
    ref: `link:/${vxlanName(VXID)}`,
  },
  {
    title: 'a tap with the name of ours',
    lines: `ip tuntap add dev ${tapOf('vm')} mode tap`,
    away: `ip link del dev ${tapOf('vm')}`,
    ref: `link:/${tapOf('vm')}`,
  },
  {
    title: 'a veth with the name of our near end',
    lines: `ip link add name ${tapOf('web')} type veth peer name x0`,
    away: 'ip link del dev x0',
    ref: `link:/${tapOf('web')}`,
  },
  {
    title: "a device with our name in a guest's namespace",
    lines: 'ip -n g1 link add name eth0 type bridge',
    away: 'ip -n g1 link del dev eth0',
    ref: 'link:g1/eth0',
  },
];

describe.each(named(IN_THE_WAY))('%s', (_, { lines, away, ref }) => {
  it('is a conflict that is reported and left alone, and all else is done', async () => {
    await paste(lines);
    const before = await theirs();
    const { remaining, outcomes } = await pass(LAN);
    expect(outcomes.filter(one => one.status !== 'done').map(one => `${one.step.ref}: ${one.error}`)).toEqual([]);
    expect(remaining.steps).toEqual([]);
    expect(remaining.held.filter(held => held.why === 'conflict').map(held => held.ref)).toContain(ref);
    expect(await theirs()).toEqual(before);
    // The other network is whole: nothing of it is held.
    expect(remaining.held.flatMap(held => held.from.map(origin => origin.definition)).filter(name => /wire|cam|hub/.test(name))).toEqual([]);
    expect((await dump()).some(row => row.link === bridgeName(LAN.ledger.networks['default/wire']?.vxid ?? 0))).toBe(true);
    await paste(away);
    await converge(LAN);
  });
});

describe("addresses in a guest's namespace", () => {
  const allowing = given({ ...BASE, interfaces: { ...BASE.interfaces, web: allowed('[10.0.0.128/25, 10.5.5.5, "fd00:5::/64"]') } });

  function allowed(list: string): string {
    return `{ network: lan, node: n1, attach: { netns: { name: g1 } }, allowedAddresses: ${list} }`;
  }

  it('that it may use are left to it, others are taken away', async () => {
    await converge(allowing);
    await paste(`
ip -n g1 addr add 10.0.0.200/32 dev eth0
ip -n g1 addr add 10.5.5.5/24 dev eth0
ip -n g1 addr add fd00:5::1/64 dev eth0
ip -n g1 addr add 10.0.0.99/32 dev eth0
ip -n g1 addr add fd00:6::1/64 dev eth0`);
    const { plan } = await planned(allowing);
    expect(plan.steps.map(step => `${step.verb} ${step.ref}`)).toEqual(['delete address:g1/eth0/10.0.0.99/32', 'delete address:g1/eth0/fd00:6::1/64']);
    expect(shortcomings(await pass(allowing))).toEqual([]);
    const own = allowing.ledger.networks['default/lan']?.interfaces['default/web']?.address;
    expect((await guestAddresses()).sort()).toEqual([own, '10.5.5.5', '10.0.0.200', 'fd00:5::1'].sort());
  });

  it('go when they are not allowed any more', async () => {
    await converge(allowing);
    await paste('ip -n g1 addr add 10.5.5.5/24 dev eth0');
    expect((await planned(allowing)).plan.steps).toEqual([]);
    const { plan } = await converge(given({ ...BASE, interfaces: { ...BASE.interfaces, web: allowed('[10.0.0.128/25]') } }, allowing));
    expect(plan.steps.map(step => `${step.verb} ${step.ref}`)).toContain('delete address:g1/eth0/10.5.5.5/24');
  });
});

/** Those of eth0 in g1, without the link-local one. */
async function guestAddresses(): Promise<(string | undefined)[]> {
  const rows = (await dump()).filter(row => row.of === 'g1 addr' && row.link === 'eth0');
  return rows.map(row => JSON.parse(row.text).local).filter(ip => !ip.startsWith('fe80'));
}

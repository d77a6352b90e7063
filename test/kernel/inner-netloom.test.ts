/**
 * A second netloom inside a guest's namespace (a guest that is a hypervisor itself) marks its things as the node's own does.
 * Where the node is a guest's host only the far ends of its veths are its own: nothing else there is touched, whatever its mark.
 */
import { beforeEach, expect, it } from 'vitest';
import { given } from './support/definitions.ts';
import { expectDump, type Row, settledDump } from './support/dump.ts';
import { converge, freshNode, pass, paste, planned, shortcomings } from './support/node.ts';
import { BASE } from './support/transitions.ts';

beforeEach(freshNode);

/** Every mark that netloom knows, in the namespace of the guest `web`. */
const INNER = `
ip -n g1 link add name br-vxlan-77 group 97 address 02:03:00:00:00:77 type bridge
ip -n g1 link set dev br-vxlan-77 addrgenmode none alias "netloom:Network default/inner"
ip -n g1 link set dev br-vxlan-77 up
ip -n g1 link add name vxlan-77 group 97 address 02:04:00:00:00:77 type vxlan id 119 dstport 4789 local 10.0.0.1 nolearning
ip -n g1 link set dev vxlan-77 addrgenmode none master br-vxlan-77
ip -n g1 link set dev vxlan-77 up
ip -n g1 link add name tap-00000077 group 97 type veth peer name inner0 group 97
ip -n g1 link set dev inner0 addrgenmode none
ip -n g1 link set dev tap-00000077 addrgenmode none master br-vxlan-77
ip -n g1 link set dev tap-00000077 up
ip -n g1 link set dev inner0 up
ip -n g1 link add name doomed0 group 98 type bridge
ip -n g1 tuntap add dev nl-00000077 mode tap
ip -n g1 addr add 10.77.0.1/24 dev br-vxlan-77
ip -n g1 route add 10.78.0.0/16 dev br-vxlan-77 proto 97
ip -n g1 neigh add 10.77.0.9 lladdr 02:00:00:00:00:79 dev br-vxlan-77 nud permanent protocol 97
ip -n g1 neigh add proxy 10.77.0.20 dev br-vxlan-77 protocol 97
ip -n g1 rule add fwmark 0x77 table 119 pref 1000 protocol 97
bridge -n g1 fdb append 00:00:00:00:00:00 dev vxlan-77 dst 10.0.0.9 self permanent
bridge -n g1 fdb add 02:00:00:00:00:79 dev tap-00000077 master static
ip netns exec g1 nft -f - <<'EOF'
table inet netloom {
  set vteps { type ipv4_addr; elements = { 10.0.0.9 } }
  chain input { type filter hook input priority 0; policy accept; ip saddr @vteps accept; }
}
table bridge netloom {
  chain guest { type filter hook forward priority 0; policy accept; iifname "tap-00000077" accept; }
}
EOF`;

/** All of the guest's namespace but our end of its cable. */
function inner(rows: readonly Row[]): readonly Row[] {
  return rows.filter(({ of, link }) => of.startsWith('g1 ') && link !== 'eth0');
}

const LAN = given(BASE);

it('is left as it is, byte for byte, while the node makes, repairs and removes what is its own', async () => {
  await paste(INNER);
  const alone = inner(await settledDump({ exact: true }));
  for (const mark of ['"group":"97"', '"group":"98"', '"protocol":"97"', '"name":"netloom"'])
    expect(alone.filter(row => row.text.includes(mark))).not.toEqual([]);
  const untouched = (where: string): Promise<void> => expectDump(alone, { exact: true, only: inner, where });

  await converge(LAN);
  await untouched('after the pair was made');
  expect((await planned(LAN)).plan).toMatchObject({ steps: [], swept: [], bystanders: [], held: [] });

  await paste('ip -n g1 link set dev eth0 mtu 1300 address 02:00:00:00:99:99\nip -n g1 -4 addr flush dev eth0\nip -n g1 addr add 10.9.9.9/24 dev eth0');
  const { plan } = await converge(LAN);
  expect(plan.steps.map(step => `${step.verb} ${step.ref}`)).toEqual(expect.arrayContaining(['update link:g1/eth0', 'delete address:g1/eth0/10.9.9.9/24']));
  await untouched('after our end was repaired');

  await paste('ip -n g1 link del dev eth0');
  expect(shortcomings(await pass(LAN))).toEqual([]);
  await untouched('after the pair was made anew');

  await converge(given({}, LAN));
  await untouched('after all of ours is gone');
});

it('is no owner of the end that is ours: without its mark, or with any other, it is repaired and removed', async () => {
  await converge(LAN);
  await paste(INNER);
  const alone = inner(await settledDump({ exact: true }));
  await paste('ip -n g1 link set dev eth0 group 0 alias "netloom:Network default/inner"');
  expect((await converge(LAN)).plan.steps.map(step => step.ref)).toEqual(['link:g1/eth0']);
  await converge(given({}, LAN));
  const left = await settledDump({ exact: true });
  expect(left.filter(row => row.of === 'g1 link').map(row => row.link)).not.toContain('eth0');
  await expectDump(alone, { exact: true, only: inner });
});

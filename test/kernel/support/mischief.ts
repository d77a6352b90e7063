/** What somebody could add, take away or move behind netloom's back, beyond the fields of a thing. */
import { address } from '../../../src/kinds/address.ts';
import { bridge } from '../../../src/kinds/bridge.ts';
import { far } from '../../../src/kinds/far.ts';
import { fdb } from '../../../src/kinds/fdb.ts';
import { flood } from '../../../src/kinds/flood.ts';
import type { Ref } from '../../../src/kinds/kind.ts';
import { neigh } from '../../../src/kinds/neigh.ts';
import { port } from '../../../src/kinds/port.ts';
import { tap } from '../../../src/kinds/tap.ts';
import { veth } from '../../../src/kinds/veth.ts';
import { vtep } from '../../../src/kinds/vtep.ts';
import { vxlan } from '../../../src/kinds/vxlan.ts';
import { ip } from './mutations.ts';
import { wanted } from './rich.ts';

export interface Mischief {
  readonly title: string;
  readonly lines: string;
  /** What the plan must say about it: `make link:/vxlan-2`. */
  readonly told: readonly string[];
}

const BRIDGE = wanted(bridge, { alias: 'netloom:Network default/lan' });
const OTHER_BRIDGE = wanted(bridge, { alias: 'netloom:Network default/wire' });
const VXLAN = wanted(vxlan, { alias: BRIDGE.alias ?? '' });
const TAP = wanted(tap);
const NEAR = wanted(veth);
const GUEST_END = wanted(far, { netns: 'g1' });
const HOST_END = wanted(far, { netns: '' });
const PORT = wanted(port, { link: TAP.name });
const FLOOD = wanted(flood, { link: VXLAN.name });
const VTEP = wanted(vtep, { link: VXLAN.name });
const FDB = wanted(fdb, { bridge: BRIDGE.name, link: VXLAN.name });
const OWN_FDB = wanted(fdb, { link: TAP.name });
const NEIGH = wanted(neigh, { link: BRIDGE.name });
const HOST_ADDRESS = wanted(address, { netns: '', link: HOST_END.name });
const GUEST_ADDRESS = wanted(address, { netns: 'g1' });
const STRANGER = '02:00:00:00:66:66';
const OUR_NETNS = '0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001';

const TABLE: Ref = 'nft:/bridge/netloom';
const rule = (chain: string, pattern: string): string =>
  `nft delete rule bridge netloom ${chain} handle $(nft -a list chain bridge netloom ${chain} | sed -n 's/.*${pattern}.*# handle \\([0-9]*\\)$/\\1/p' | head -n 1)`;

const LINKS: readonly Mischief[] = [
  { title: 'a vxlan device is deleted', lines: `ip link del dev ${VXLAN.name}`, told: [`make ${vxlan.ref(VXLAN)}`, `make ${vtep.ref(VTEP)}`] },
  { title: 'a bridge is deleted', lines: `ip link del dev ${BRIDGE.name}`, told: [`make ${bridge.ref(BRIDGE)}`, `make ${port.ref(PORT)}`] },
  { title: 'a tap is deleted', lines: `ip link del dev ${TAP.name}`, told: [`make ${tap.ref(TAP)}`, `make ${fdb.ref(OWN_FDB)}`] },
  { title: 'the near end of a veth is deleted', lines: `ip link del dev ${NEAR.name}`, told: [`make ${veth.ref(NEAR)}`] },
  { title: 'a guest deletes its end', lines: `ip -n g1 link del dev ${GUEST_END.name}`, told: [`make ${far.ref(GUEST_END)}`] },
  { title: 'a guest renames its end', lines: `ip -n g1 link set dev ${GUEST_END.name} down name mine0`, told: [`make ${far.ref(GUEST_END)}`, 'delete link:/'] },
  {
    title: 'a guest moves its end to another namespace',
    lines: `ip -n g1 link set dev ${GUEST_END.name} name mv0 netns g2`,
    told: [`make ${far.ref(GUEST_END)}`],
  },
  { title: 'a link with our mark appears', lines: 'ip link add name stray0 group 97 type bridge', told: ['delete link:/stray0'] },
  { title: 'a doomed link was left behind', lines: 'ip link add name stray0 group 98 type bridge', told: ['delete link:/stray0'] },
  { title: 'a tap under its staging name was left behind', lines: 'ip tuntap add dev nl-0badcafe mode tap', told: ['delete link:/nl-0badcafe'] },
  { title: 'a namespace with our tag appears', lines: `ip netns add ${OUR_NETNS}`, told: [`delete netns:${OUR_NETNS}`] },
  { title: 'a route with our protocol appears', lines: 'ip route add 203.0.113.0/24 dev eth0 proto 97', told: ['delete route:/254/203.0.113.0/24'] },
];

const PORTS: readonly Mischief[] = [
  { title: 'a port is taken out of its bridge', lines: `ip link set dev ${TAP.name} nomaster`, told: [`make ${port.ref(PORT)}`, `make ${fdb.ref(OWN_FDB)}`] },
  { title: 'a port is moved to another bridge of ours', lines: `ip link set dev ${TAP.name} master ${OTHER_BRIDGE.name}`, told: [`make ${port.ref(PORT)}`] },
  { title: 'the mesh is taken out of its bridge', lines: `ip link set dev ${VXLAN.name} nomaster`, told: [`make port:/${VXLAN.name}`, `make ${fdb.ref(FDB)}`] },
];

const ENTRIES: readonly Mischief[] = [
  { title: 'a flood entry is missing', lines: `bridge fdb del 00:00:00:00:00:00 dev ${VXLAN.name} dst ${FLOOD.dst} self`, told: [`make ${flood.ref(FLOOD)}`] },
  {
    title: 'there is a flood entry too many',
    lines: `bridge fdb append 00:00:00:00:00:00 dev ${VXLAN.name} dst 192.0.2.66 self permanent`,
    told: [`delete flood:/${VXLAN.name}/192.0.2.66`],
  },
  {
    title: 'a peer gets copies at another port too',
    lines: `bridge fdb append 00:00:00:00:00:00 dev ${VXLAN.name} dst ${FLOOD.dst} port 9999 self permanent`,
    told: [`delete flood:/${VXLAN.name}/${FLOOD.dst},port,9999`],
  },
  {
    title: 'frames to a remote MAC go to the vni of others',
    lines: `bridge fdb replace ${VTEP.mac} dev ${VXLAN.name} dst ${VTEP.dst} vni 77 self static`,
    told: [`update ${vtep.ref(VTEP)}`],
  },
  { title: 'a remote MAC is missing on the device', lines: `bridge fdb del ${VTEP.mac} dev ${VXLAN.name} self`, told: [`make ${vtep.ref(VTEP)}`] },
  {
    title: 'there is a remote MAC too many on the device',
    lines: `bridge fdb add ${STRANGER} dev ${VXLAN.name} dst 192.0.2.66 self static`,
    told: [`delete vtep:/${VXLAN.name}/${STRANGER}`],
  },
  { title: 'a remote MAC is missing in the bridge', lines: `bridge fdb del ${FDB.mac} dev ${VXLAN.name} master`, told: [`make ${fdb.ref(FDB)}`] },
  { title: "a guest's MAC is missing in the bridge", lines: `bridge fdb del ${OWN_FDB.mac} dev ${TAP.name} master`, told: [`make ${fdb.ref(OWN_FDB)}`] },
  {
    title: 'there is a MAC too many in the bridge',
    lines: `bridge fdb add ${STRANGER} dev ${TAP.name} master static`,
    told: [`delete fdb:/${BRIDGE.name}/${STRANGER}`],
  },
  { title: 'a neighbour is missing', lines: `ip neigh del ${NEIGH.ip} dev ${NEIGH.link}`, told: [`make ${neigh.ref(NEIGH)}`] },
  {
    title: 'there is a neighbour too many',
    lines: `ip neigh add 10.0.0.66 lladdr ${STRANGER} dev ${BRIDGE.name} nud permanent`,
    told: [`delete neigh:/${BRIDGE.name}/10.0.0.66`],
  },
  { title: 'all neighbours are flushed', lines: `ip neigh flush dev ${BRIDGE.name} nud all`, told: [`make ${neigh.ref(NEIGH)}`] },
];

const ADDRESSES: readonly Mischief[] = [
  { title: 'an address is added to a bridge', lines: `ip addr add 10.0.0.66/24 dev ${BRIDGE.name}`, told: [`delete address:/${BRIDGE.name}/10.0.0.66/24`] },
  { title: 'an address is added to a tap', lines: `ip addr add 10.0.0.66/24 dev ${TAP.name}`, told: [`delete address:/${TAP.name}/10.0.0.66/24`] },
  {
    title: 'an address is added to the host end',
    lines: `ip addr add 10.9.9.9/24 dev ${HOST_END.name}`,
    told: [`delete address:/${HOST_END.name}/10.9.9.9/24`],
  },
  {
    title: 'an address in our subnet is added to the host end',
    lines: `ip addr add 10.0.0.66/24 dev ${HOST_END.name}`,
    told: [`delete address:/${HOST_END.name}/10.0.0.66/24`],
  },
  {
    title: 'a guest takes an address that it may not use',
    lines: `ip -n g1 addr add 10.9.9.9/24 dev ${GUEST_END.name}`,
    told: [`delete address:g1/${GUEST_END.name}/10.9.9.9/24`],
  },
  { title: 'the address of the host end is deleted', lines: `ip -4 addr flush dev ${HOST_END.name}`, told: [`make ${address.ref(HOST_ADDRESS)}`] },
  { title: "a guest's address is deleted", lines: `${ip(GUEST_ADDRESS)} -4 addr flush dev ${GUEST_END.name}`, told: [`make ${address.ref(GUEST_ADDRESS)}`] },
  {
    title: "a guest's address gets another prefix length",
    lines: `${ip(GUEST_ADDRESS)} -4 addr flush dev ${GUEST_END.name}\n${ip(GUEST_ADDRESS)} addr add ${GUEST_ADDRESS.ip}/16 dev ${GUEST_END.name}`,
    told: [`make ${address.ref(GUEST_ADDRESS)}`, `delete address:g1/${GUEST_END.name}/${GUEST_ADDRESS.ip}/16`],
  },
];

const FILTERS: readonly Mischief[] = [
  { title: 'one rule is deleted', lines: rule('guest_ip', 'udp sport 67'), told: [`update ${TABLE}`] },
  { title: 'one rule is added in front', lines: 'nft insert rule bridge netloom guest accept', told: [`update ${TABLE}`] },
  {
    title: 'the comment of a rule is another',
    lines: `${rule('host', 'drop')}\nnft add rule bridge netloom host iifname @ours drop`,
    told: [`update ${TABLE}`],
  },
  { title: 'one element of a set is deleted', lines: `nft delete element bridge netloom guests '{ "${TAP.name}" }'`, told: [`update ${TABLE}`] },
  { title: 'one element of a set is added', lines: `nft add element bridge netloom mac '{ "${TAP.name}" . ${STRANGER} }'`, told: [`update ${TABLE}`] },
  {
    title: 'one member of the mesh is taken out of the filter',
    lines: "nft delete element inet netloom vteps '{ 192.0.2.12 }'",
    told: ['update nft:/inet/netloom'],
  },
  { title: 'a set is flushed', lines: 'nft flush set bridge netloom v4', told: [`update ${TABLE}`] },
  { title: 'a chain gets another policy', lines: "nft add chain bridge netloom host '{ policy drop; }'", told: [`update ${TABLE}`] },
  { title: 'a table is flushed', lines: 'nft flush table bridge netloom', told: [`update ${TABLE}`] },
  { title: 'a table is deleted', lines: 'nft delete table bridge netloom', told: [`make ${TABLE}`] },
  { title: 'all tables are deleted', lines: 'nft flush ruleset', told: [`make ${TABLE}`, 'make nft:/inet/netloom'] },
  { title: 'a table with our name in another family appears', lines: 'nft add table ip netloom', told: ['delete nft:/ip/netloom'] },
];

/** Each must be seen, named and put right in one round. */
export const MISCHIEF: readonly Mischief[] = [...LINKS, ...PORTS, ...ENTRIES, ...ADDRESSES, ...FILTERS];

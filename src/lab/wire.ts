/** The switch of a lab and the nodes' ends of its cables. */
import { ipFamily, parseCidr } from '../model/ip.ts';
import { inside, startHolder } from './holder.ts';
import type { LabNode, Topology } from './topology.ts';

const BRIDGE = 'underlay';
const BRIDGE_MTU = 9000;

/** A topology that has a folder, which is the mark of its processes. */
type Wired = Topology & { readonly dir: string };

/** A namespace with a bridge of 9000 bytes that has the git server's address; the pid of its holder. Throws HostError. */
export async function makeSwitch(lab: Wired): Promise<number> {
  const pid = await startHolder(lab.dir, 'switch');
  const lines = [
    `link add name ${BRIDGE} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    // Said after birth: only then it stays when a port with less joins.
    `link set dev ${BRIDGE} mtu ${BRIDGE_MTU} up`,
    `addr add ${onLink(lab, lab.server)} dev ${BRIDGE}`,
  ];
  await inside(pid, ['ip', '-batch', '-'], batch(lines));
  return pid;
}

/**
 * A node on the switch whose holder is `hub`: its cable, named as the definitions want it at the node and `port` at the switch,
 * its address, its guests' namespaces; the pid of its holder. Throws HostError.
 */
export async function makeNode(lab: Wired, node: LabNode, hub: number, port: string): Promise<number> {
  const pid = await startHolder(lab.dir, `node/${node.name}`);
  const wire = [
    `link add name ${port} mtu ${BRIDGE_MTU} master ${BRIDGE} type veth peer name ${node.device} mtu ${node.mtu} netns ${pid}`,
    `link set dev ${port} up`,
  ];
  await inside(hub, ['ip', '-batch', '-'], batch(wire));
  await inside(pid, ['ip', '-batch', '-'], batch([`addr add ${onLink(lab, node.address)} dev ${node.device}`, `link set dev ${node.device} up`]));
  for (const guest of node.guests) {
    await inside(pid, ['ip', 'netns', 'add', guest]);
    await inside(pid, ['ip', '-n', guest, 'link', 'set', 'dev', 'lo', 'up']);
  }
  return pid;
}

function onLink(lab: Topology, address: string): string {
  const prefix = parseCidr(lab.underlay)?.prefix ?? 0;
  // Nobody else can have it here, and an address under test for duplicates cannot be used for a second.
  return `${address}/${prefix}${ipFamily(address) === 6 ? ' nodad' : ''}`;
}

function batch(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

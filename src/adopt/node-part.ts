/** What the devices say about the node itself: where the others reach it, what its wire carries, which UDP port they use. */
import type { Inventory } from '../host/inventory.ts';
import { nodeText } from '../join/definition-text.ts';
import type { Catalog, NodeDef } from '../objects/object.ts';
import type { AdoptAsk, Documents } from './ask.ts';
import type { FoundNetwork } from './find.ts';

/** The Node, where it is not defined yet, and its name: that of the definition with its address where there is one. */
export function nodePart(
  networks: readonly FoundNetwork[],
  inventory: Inventory,
  { node, routers }: Pick<AdoptAsk, 'node' | 'routers'>,
  catalog: Catalog | null,
  remarks: string[],
): { readonly node: string; readonly documents: Documents } {
  const wires = new Map(networks.flatMap(({ local, device }) => (local === undefined ? [] : [[local, device ?? ''] as const])));
  const [[address, device] = ['', '']] = wires;
  if (wires.size > 1) remarks.push(`VXLAN devices send from several addresses (${[...wires.keys()].join(', ')}): a Node has one, ${address} was taken`);
  const known = [...(catalog?.nodes.values() ?? [])].find(each => each.name === node || each.spec.underlay.address === address);
  if (known !== undefined) {
    sayNode(known, node, address, remarks);
    return { node: known.name, documents: [] };
  }
  const isMadeUp = address === '';
  if (isMadeUp) remarks.push(`no VXLAN device says by which address the other nodes reach ${node}: write spec.underlay.address and device of the Node`);
  const gateway = routers === 'replace' && networks.some(({ router }) => router !== undefined);
  const mtu = wireMtu(networks, inventory, device, remarks);
  const text = nodeText({ name: node, address: isMadeUp ? MADE_UP : address, device: device === '' ? 'eth0' : device, mtu, gateway, egress: [] }, null);
  return { node, documents: [[...text.trimEnd().split('\n'), ...(isMadeUp ? ['# check: address and device are made up'] : [])]] };
}

// For documentation alone (RFC 5737): nobody has it.
const MADE_UP = '192.0.2.1';

/** The UDP port that most of them have. */
export function portOf(networks: readonly FoundNetwork[]): number {
  const counts = new Map<number, number>();
  for (const { port } of networks) counts.set(port, (counts.get(port) ?? 0) + 1);
  return [...counts].sort(([a, x], [b, y]) => y - x || a - b)[0]?.[0] ?? 4789;
}

/** Says which devices have another port than the cluster. */
export function checkPort(networks: readonly FoundNetwork[], catalog: Catalog | null, remarks: string[]): void {
  const port = catalog?.cluster.spec.underlay.port ?? portOf(networks);
  for (const { vxlan, port: own } of networks) {
    if (own !== port)
      remarks.push(
        `${vxlan} uses the UDP port ${own}, and the Cluster says ${port}: it cannot be taken over so; a cluster has one port (Cluster.spec.underlay.port)`,
      );
  }
}

// What is declared too small is refused; what is too large is a condition of the network, and as it is now.
function wireMtu(networks: readonly FoundNetwork[], { rooms }: Inventory, device: string, remarks: string[]): number | undefined {
  const real = rooms[0]?.links.find(({ ifname }) => ifname === device)?.mtu;
  const needed = Math.max(...networks.map(({ mtu }) => mtu + VXLAN_BYTES));
  if (real === undefined) return needed > USUAL_MTU ? needed : undefined;
  if (real >= needed) return real;
  remarks.push(
    `${device} carries ${real} bytes, and networks here need ${needed}: their larger packets are cut in pieces on the way. The Node says ${needed}, so that nothing changes`,
  );
  return needed;
}

/** What a Cluster says where nobody says more. */
const USUAL_MTU = 1500;

/** What VXLAN adds over IPv4. */
const VXLAN_BYTES = 50;

function sayNode({ name, spec }: NodeDef, node: string, address: string, remarks: string[]): void {
  if (name !== node) remarks.push(`the address ${address} is that of Node ${name}: taken for this node`);
  else if (address !== '' && spec.underlay.address !== address)
    remarks.push(`Node ${name} has the underlay address ${spec.underlay.address}, and the devices here send from ${address}: say which is right`);
}

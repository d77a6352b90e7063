/**
 * What stands for the internet in a lab: a namespace beyond the egress devices of the gateway nodes, with a server's address.
 * Each egress device has a segment of its own there; the prefix of a pool is routed to the first node that serves it.
 */
import type { Catalog } from '../objects/object.ts';
import { egressDevice, nodesOfPool, poolGateway } from '../objects/services.ts';
import { inside, startHolder } from './holder.ts';

/** The address of the server outside, and its role among the holders. */
export const OUTSIDE = { name: 'outside', address: '198.18.255.9' } as const;

/** An egress device of a gateway node, or a bridge that the machine is to have. */
export interface Uplink {
  readonly node: string;
  readonly device: string;
  /** True: `device` is a bridge, whose port the cable is. */
  readonly bridge: boolean;
  readonly pools: readonly { readonly cidr: string; readonly gateway: string; readonly bridged: boolean; readonly first: boolean }[];
}

/** The uplinks that definitions speak of; those by the underlay's own device are left out: the lab has nothing beyond it. */
export function uplinksOf(catalog: Catalog): readonly Uplink[] {
  const found = new Map<string, Uplink>();
  for (const pool of catalog.pools.values()) {
    for (const [index, name] of nodesOfPool(pool, catalog).entries()) {
      const node = catalog.nodes.get(name);
      if (node === undefined) continue;
      const { device, bridge } = egressDevice(pool, node);
      const by = bridge ?? device;
      if (by === undefined || by === (node.spec.underlay.device ?? 'eth0')) continue;
      const known = found.get(`${name} ${by}`) ?? { node: name, device: by, bridge: bridge !== undefined, pools: [] };
      const route = { cidr: pool.spec.cidr, gateway: poolGateway(pool), bridged: pool.spec.mode === 'bridged', first: index === 0 };
      found.set(`${name} ${by}`, { ...known, pools: [...known.pools, route] });
    }
  }
  return [...found.values()];
}

/** Makes the namespace and the cables; `holders` are the nodes' pids by name. Throws HostError. */
export async function makeOutside(dir: string, uplinks: readonly Uplink[], holders: ReadonlyMap<string, number>): Promise<void> {
  const pid = await startHolder(dir, OUTSIDE.name);
  await batch(pid, [`addr add ${OUTSIDE.address}/32 dev lo`]);
  await inside(pid, ['sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  for (const [index, uplink] of uplinks.entries()) {
    const holder = holders.get(uplink.node);
    if (holder !== undefined) await cable(pid, holder, uplink, index);
  }
}

async function cable(outside: number, node: number, uplink: Uplink, index: number): Promise<void> {
  const far = `to${index}`;
  const near = uplink.bridge ? `up${index}` : uplink.device;
  const [there, here] = [`198.18.0.${2 * index}`, `198.18.0.${2 * index + 1}`];
  const bridged = uplink.pools.filter(pool => pool.bridged);
  const routed = uplink.pools.filter(pool => pool.first && !pool.bridged);
  const onLink = bridged.map(pool => `addr add ${pool.gateway}/${pool.cidr.split('/')[1]} dev ${far}`);
  const behind = [`addr add ${there}/31 dev ${far}`, ...routed.map(pool => `route add ${pool.cidr} via ${here}`)];
  await batch(outside, [`link add name ${far} type veth peer name ${near} netns ${node}`, `link set dev ${far} up`, ...(bridged.length > 0 ? onLink : behind)]);
  const own = uplink.bridge
    ? [`link add name ${uplink.device} type bridge`, `link set dev ${near} master ${uplink.device}`, `link set dev ${uplink.device} up`]
    : [];
  // Of several ways out the first one is the way to everywhere.
  const way = bridged.length > 0 ? [] : [`addr add ${here}/31 dev ${near}`, `route add default via ${there} metric ${100 + index}`];
  await batch(node, [...own, `link set dev ${near} up`, ...way]);
}

async function batch(pid: number, lines: readonly string[]): Promise<void> {
  await inside(pid, ['ip', '-batch', '-'], `${lines.join('\n')}\n`);
}

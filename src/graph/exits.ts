/** The ways out of a node: pools, the cards by which they leave, the bridges that their addresses are on. */

import { egressBridgeName } from '../model/names.ts';
import type { AddressPoolDef, NodeDef } from '../objects/object.ts';
import { egressDevice, nodesOfPool, poolGateway } from '../objects/services.ts';
import { poolState } from '../report/state.ts';
import type { Box, Exit } from './drawing.ts';
import { few, markOf, type Scene } from './scene.ts';

const MOST = 6;

/** One for each bridge. `isDrawn` chooses pools; `leads` are lines about addresses of a pool. */
export function exitsOf(node: NodeDef, scene: Scene, isDrawn: (pool: AddressPoolDef) => boolean, leads: (pool: string) => readonly string[]): readonly Exit[] {
  const ways = new Map<string, { device?: string; pools: AddressPoolDef[] }>();
  for (const pool of scene.view.catalog.pools.values()) {
    const { device, bridge } = egressDevice(pool, node);
    const name = bridge ?? (device === undefined ? undefined : egressBridgeName(device));
    if (name === undefined || !isDrawn(pool) || !nodesOfPool(pool, scene.view.catalog).includes(node.name)) continue;
    const way = ways.get(name) ?? { ...(bridge !== undefined || device === undefined ? {} : { device }), pools: [] };
    way.pools.push(pool);
    ways.set(name, way);
  }
  return [...ways].sort(([a], [b]) => (a < b ? -1 : 1)).map(([bridge, way]) => exitOf(node.name, bridge, way, scene, leads));
}

function exitOf(
  node: string,
  bridge: string,
  { device, pools }: { readonly device?: string; readonly pools: readonly AddressPoolDef[] },
  scene: Scene,
  leads: (pool: string) => readonly string[],
): Exit {
  const told = pools.flatMap(pool => [`pool ${pool.name} ${pool.spec.cidr}`, `${pool.spec.mode}, router ${poolGateway(pool)}`, ...few(leads(pool.name), MOST)]);
  const marks = pools.flatMap(({ name }) => markOf(poolState(name, scene.view), scene).mark ?? []);
  const box = (id: string, role: Box['role'], lines: readonly string[]): Box => ({ id: `${node}/${id}`, role, title: id, lines });
  return {
    outside: { id: `${node}/outside ${bridge}`, role: 'outside', title: 'outside', lines: told, ...(marks[0] === undefined ? {} : { mark: marks[0] }) },
    ...(device === undefined ? {} : { card: box(device, 'card', []) }),
    bridge: box(bridge, 'bridge', scene.devices(node).addressesOf('', bridge)),
  };
}

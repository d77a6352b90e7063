/** The pictures: of a network, a node, an interface, a floating address, and of the whole cluster. */
import { membersOf, networksOf, nodesOf, routerNodes } from '../objects/mesh.ts';
import type { InterfaceDef, NetworkDef, NodeDef } from '../objects/object.ts';
import { poolsOfNetwork, targetOf } from '../objects/services.ts';
import { floatingTo, heldBy } from '../report/holders.ts';
import { floatingState } from '../report/state.ts';
import type { Box, Column, Drawing, Lane } from './drawing.ts';
import { exitsOf } from './exits.ts';
import { type Focus, laneOf, summaryBox, unplacedBox } from './lane.ts';
import { markOf, nodeBox, type Scene, underlayBox, wireBox } from './scene.ts';

/** Peers of a node that are drawn one by one. */
const MOST_PEERS = 12;

/** All nodes that carry a network, with everything of it there. */
export function drawNetwork(network: NetworkDef, scene: Scene): Drawing {
  const lone = (scene.view.catalog.interfacesOf.get(network.key) ?? []).filter(iface => iface.spec.node === undefined);
  const columns = membersOf(network, scene.view).map(node => columnOf(node, network, scene));
  return drawing(
    `Network ${network.key}`,
    scene,
    columns,
    lone.map(iface => unplacedBox(iface, scene)),
  );
}

/** A node with all networks that it carries, and the nodes that share one of them. */
export function drawNode(node: NodeDef, scene: Scene): Drawing {
  const { view } = scene;
  const networks = networksOf(node, view);
  const here: Column = {
    ...bare(node, scene),
    exits: exitsOf(
      node,
      scene,
      () => true,
      () => [],
    ),
    lanes: networks.map(network => laneOf(network, node.name, scene)),
  };
  const names = new Set(networks.flatMap(network => membersOf(network, view).map(({ name }) => name)));
  const peers = [...names].filter(name => name !== node.name).sort();
  const drawn = peers.slice(0, MOST_PEERS).flatMap(name => view.catalog.nodes.get(name) ?? []);
  const more = peers.length - drawn.length;
  const aside: readonly Box[] = more === 0 ? [] : [{ id: 'peers', role: 'underlay', title: `and ${more} more peers`, lines: [] }];
  return drawing(`Node ${node.name}`, scene, [here, ...drawn.map(peer => bare(peer, scene))], aside);
}

/** An interface with its way to the router of its network. */
export function drawInterface(iface: InterfaceDef, network: NetworkDef, scene: Scene): Drawing {
  const floating = floatingTo(iface, scene.view.catalog, scene.view.ledger)?.key;
  const columns = pathColumns(iface, network, scene, { guests: new Set([iface.key]), floating: new Set(floating === undefined ? [] : [floating]) });
  return drawing(`Interface ${iface.key}`, scene, columns, iface.spec.node === undefined ? [unplacedBox(iface, scene)] : []);
}

/** The way of a floating address from the outside to its interface; the address alone where it leads to none. */
export function drawFloating(key: string, scene: Scene): Drawing {
  const { catalog, ledger } = scene.view;
  const floating = catalog.floatingIPs.get(key);
  const aim = floating === undefined ? undefined : targetOf(floating, catalog);
  const title = `FloatingIP ${key}`;
  const address = heldBy('floating', key, ledger)?.holder.address ?? 'no address yet';
  if (aim === undefined) {
    const alone: Box = { id: title, role: 'outside', title: key, lines: [address, 'leads to no interface'], ...markOf(floatingState(key, scene.view), scene) };
    return drawing(title, scene, [], [alone]);
  }
  const columns = pathColumns(aim.iface, aim.network, scene, { guests: new Set([aim.iface.key]), floating: new Set([key]) });
  return drawing(title, scene, columns, aim.iface.spec.node === undefined ? [unplacedBox(aim.iface, scene)] : []);
}

/** Who is where: every node with its networks and their guests, and what leads in from the outside. */
export function drawCluster(scene: Scene): Drawing {
  const { catalog } = scene.view;
  const columns = [...catalog.nodes.values()].map(node => ({
    ...bare(node, scene),
    exits: exitsOf(
      node,
      scene,
      () => true,
      pool => leadsIn(pool, node, scene),
    ),
    stack: networksOf(node, scene.view).map(network => summaryBox(network, node, scene)),
  }));
  const lone = [...catalog.interfaces.values()].filter(iface => iface.spec.node === undefined);
  return drawing(
    `Cluster ${catalog.cluster.name}`,
    scene,
    columns,
    lone.map(iface => unplacedBox(iface, scene)),
  );
}

function drawing(title: string, scene: Scene, columns: readonly Column[], aside: readonly Box[]): Drawing {
  const { view } = scene;
  const at = view.revision === '' ? 'Definitions of a folder' : `Definitions of ${view.revision.slice(0, 10)}`;
  const heard = columns.flatMap(({ name }) => view.reports.get(name)?.heard ?? []).sort();
  const states = heard.length === 0 ? 'no node of it has reported yet' : `states as the nodes reported them, the oldest at ${heard[0]}`;
  return { title, about: [`${at}; ${states}.`], wire: wireBox(scene), columns, aside };
}

function bare(node: NodeDef, scene: Scene): Column {
  return { name: node.name, node: nodeBox(node, scene), exits: [], lanes: [], stack: [], underlay: underlayBox(node, scene) };
}

function columnOf(node: NodeDef, network: NetworkDef, scene: Scene, focus?: Focus): Column {
  const carries = routerNodes(network, scene.view).includes(node.name);
  const pools = new Set(poolsOfNetwork(network, scene.view.catalog).map(({ name }) => name));
  const lane: Lane = laneOf(network, node.name, scene, focus);
  return {
    ...bare(node, scene),
    exits: carries
      ? exitsOf(
          node,
          scene,
          ({ name }) => pools.has(name),
          () => [],
        )
      : [],
    lanes: [lane],
  };
}

// The guest's node, and where the router is.
function pathColumns(iface: InterfaceDef, network: NetworkDef, scene: Scene, focus: Focus): readonly Column[] {
  const names = [...new Set([...routerNodes(network, scene.view), ...nodesOf(iface)])].sort();
  return names.flatMap(name => scene.view.catalog.nodes.get(name) ?? []).map(node => columnOf(node, network, scene, focus));
}

/** Floating addresses of a pool whose router is on this node. */
function leadsIn(pool: string, node: NodeDef, scene: Scene): readonly string[] {
  const { catalog, ledger } = scene.view;
  return [...catalog.floatingIPs.values()].flatMap(floating => {
    const held = heldBy('floating', floating.key, ledger);
    const aim = targetOf(floating, catalog);
    if (held === undefined || held.holder.removed !== undefined || held.pool !== pool || aim === undefined) return [];
    return routerNodes(aim.network, scene.view).includes(node.name) ? [`${held.holder.address} to ${aim.iface.key}`] : [];
  });
}

/** What drawings are made from, and how they tell states. */
import type { Resource } from '../kinds/kind.ts';
import type { NodeDef } from '../objects/object.ts';
import { nodeState, type View } from '../report/state.ts';
import { type Devices, devicesOf } from './devices.ts';
import type { Box } from './drawing.ts';

export interface Scene {
  readonly view: View;
  /** Devices of a node, found once. */
  readonly devices: (node: string) => Devices;
}

/** @param compiled  what a node's kernel should have, by the node's name */
export function sceneOf(view: View, compiled: (node: NodeDef) => readonly Resource[]): Scene {
  const known = new Map<string, Devices>();
  return {
    view,
    devices: name => {
      const node = view.catalog.nodes.get(name);
      const found = known.get(name) ?? devicesOf(node === undefined ? [] : compiled(node));
      known.set(name, found);
      return found;
    },
  };
}

/** `degraded: Outdated` of what is not as it should be; nothing of what is, and of definitions that no node can know yet. */
export function markOf(stand: { readonly state: string; readonly reason: string } | null | undefined, { view }: Scene): { readonly mark?: string } {
  if (stand === null || stand === undefined || stand.state === 'created' || stand.state === 'ready') return {};
  if (view.revision === '' && stand.reason === 'NeverHeard') return {};
  return { mark: stand.reason === '' ? stand.state : `${stand.state}: ${stand.reason}` };
}

/** The head of a node's column. */
export function nodeBox(node: NodeDef, scene: Scene): Box {
  const part = node.spec.gateway ? 'gateway node' : 'node';
  return {
    id: `Node ${node.name}`,
    role: 'router',
    title: `${part} ${node.name}`,
    lines: node.spec.cordon ? ['cordoned'] : [],
    ...markOf(nodeState(node.name, scene.view), scene),
  };
}

/** The node's end of the wire. */
export function underlayBox(node: NodeDef, { view }: Scene): Box {
  const device = node.spec.underlay.device ?? view.reports.get(node.name)?.facts?.underlay?.device;
  return { id: `underlay ${node.name}`, role: 'underlay', title: device ?? 'underlay', lines: [node.spec.underlay.address] };
}

/** What all nodes are connected by. */
export function wireBox({ view }: Scene): Box {
  const { port } = view.catalog.cluster.spec.underlay;
  return { id: 'the wire', role: 'underlay', title: 'underlay', lines: [`VXLAN, udp ${port}`] };
}

/** The first few of many, and how many more there are. */
export function few(all: readonly string[], most: number): readonly string[] {
  return all.length <= most ? all : [...all.slice(0, most - 1), `and ${all.length - most + 1} more`];
}

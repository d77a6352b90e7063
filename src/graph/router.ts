/** A network's router on a node: its namespace, and the veth pairs by which it reaches the network and the outside. */
import type { VethSpec } from '../kinds/veth.ts';
import { floatingNames } from '../model/names.ts';
import type { NetworkDef } from '../objects/object.ts';
import { domainOf, egressOf, floatingIPsOf, routedIPsOf, servesDhcp, servesDns } from '../objects/services.ts';
import { heldBy } from '../report/holders.ts';
import { floatingState, routedState } from '../report/state.ts';
import type { Box, Pair, Router } from './drawing.ts';
import { markOf, type Scene } from './scene.ts';

/** The router of a network on a node; null where the node carries none. `only`: keys of the FloatingIPs that are drawn. */
export function routerOf(network: NetworkDef, node: string, scene: Scene, only?: ReadonlySet<string>): Router | null {
  const uuid = scene.view.ledger.networks[network.key]?.uuid;
  const ends = scene.devices(node).veth.filter(({ peer }) => uuid !== undefined && peer.startsWith(`${uuid}/`));
  if (uuid === undefined || ends.length === 0) return null;
  const floating = floatingByDevice(network, scene);
  const bridge = bridgeNameOf(network, node, scene);
  const pairs = ends
    .filter(end => only === undefined || !floating.has(end.name) || only.has(floating.get(end.name) ?? ''))
    .map(end => pairOf(end, node, scene, floating.get(end.name)));
  return {
    frame: { id: `${node}/${uuid}`, role: 'router', title: `netns ${uuid}`, lines: servicesOf(network, scene) },
    inside: pairs.filter(pair => pair.bridge === `${node}/${bridge}`),
    outside: pairs.filter(pair => pair.bridge !== `${node}/${bridge}`),
  };
}

/** The bridge of a network on a node; '' where there is none. */
export function bridgeNameOf(network: NetworkDef, node: string, scene: Scene): string {
  const devices = scene.devices(node);
  const vxid = scene.view.ledger.networks[network.key]?.vxid;
  const vxlan = devices.vxlan.find(({ vni }) => vni === vxid);
  return (vxlan === undefined ? undefined : devices.bridgeOf(vxlan.name)) ?? '';
}

function pairOf({ name, peer }: VethSpec, node: string, scene: Scene, floating: string | undefined): Pair {
  const devices = scene.devices(node);
  const [netns = '', inner = ''] = peer.split('/');
  const mac = devices.far.find(far => far.netns === netns && far.name === inner)?.mac;
  const target = floating === undefined ? [] : [`to ${targetOf(floating, scene)}`];
  const state = floating === undefined ? {} : markOf(floatingState(floating, scene.view), scene);
  const box = (id: string, lines: readonly string[]): Box => ({ id: `${node}/${id}`, role: 'port', title: id.split('/').at(-1) ?? id, lines });
  return {
    bridge: `${node}/${devices.bridgeOf(name) ?? ''}`,
    outer: box(name, []),
    inner: { ...box(peer, [...(mac === undefined ? [] : [mac]), ...devices.addressesOf(netns, inner), ...target]), ...state },
  };
}

function targetOf(key: string, { view }: Scene): string {
  const floating = view.catalog.floatingIPs.get(key);
  return floating?.spec.interface === undefined ? 'nobody' : `${floating.namespace}/${floating.spec.interface}`;
}

/** Outer ends of floating pairs, to the FloatingIP. */
function floatingByDevice(network: NetworkDef, { view }: Scene): ReadonlyMap<string, string> {
  return new Map(
    floatingIPsOf(network, view.catalog).flatMap(({ key }) => {
      const held = heldBy('floating', key, view.ledger);
      return held === undefined || held.holder.removed !== undefined ? [] : [[floatingNames(held.holder.address).outer, key] as const];
    }),
  );
}

const WAYS = { nat: 'NAT', routed: 'routed, no NAT', none: 'no way out' } as const;

function servicesOf(network: NetworkDef, scene: Scene): readonly string[] {
  const { view } = scene;
  const { catalog, ledger } = view;
  const served = [...(servesDhcp(network, catalog) ? ['DHCP'] : []), ...(servesDns(network, catalog) ? [`DNS (${domainOf(network.namespace, catalog)})`] : [])];
  const routed = routedIPsOf(network, catalog).flatMap(({ key }) => {
    const held = heldBy('routed', key, ledger);
    const { mark } = markOf(routedState(key, view), scene);
    return held === undefined || held.holder.removed !== undefined ? [] : [`routed ${held.holder.address} (${key}${mark === undefined ? '' : `, ${mark}`})`];
  });
  return [[...served, WAYS[egressOf(network, catalog)]].join(', '), ...routed];
}

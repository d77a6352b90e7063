/** One network on one node: its guests, its router where the node carries it, its bridge and its tunnel to the other members. */
import type { InterfaceEntry } from '../model/ledger.ts';
import { bridgeName, hostLinkName } from '../model/names.ts';
import { isMigrating, isOn, routerNodes } from '../objects/mesh.ts';
import type { InterfaceDef, NetworkDef, NodeDef } from '../objects/object.ts';
import { floatingTo } from '../report/holders.ts';
import type { NodeReport } from '../report/node-report.ts';
import { deviceOf } from '../report/records.ts';
import { berthOf, interfaceState, networkState } from '../report/state.ts';
import type { Box, Guest, Lane } from './drawing.ts';
import { bridgeNameOf, routerOf } from './router.ts';
import { few, markOf, type Scene } from './scene.ts';

/** What of a network is drawn; all of it where nothing is said. */
export interface Focus {
  /** Keys of the interfaces. */
  readonly guests?: ReadonlySet<string>;
  /** Keys of the FloatingIPs. */
  readonly floating?: ReadonlySet<string>;
}

const MOST_PEERS = 6;

/** Draws it also where it is not made yet: then the mark says why. */
export function laneOf(network: NetworkDef, node: string, scene: Scene, focus: Focus = {}): Lane {
  const here = (scene.view.catalog.interfacesOf.get(network.key) ?? []).filter(iface => isOn(iface, node));
  const drawn = here.filter(({ key }) => focus.guests === undefined || focus.guests.has(key));
  const bridge = bridgeNameOf(network, node, scene);
  const rest = here.length - drawn.length;
  return {
    guests: drawn.map(iface => guestOf(iface, node, scene)),
    router: routerOf(network, node, scene, focus.floating),
    bridge: bridgeBox(network, node, bridge, rest, scene),
    tunnel: bridge === '' ? null : tunnelBox(bridge, node, scene),
  };
}

/** What is not as defined of a network on a node. */
function markOn(network: NetworkDef, node: string, scene: Scene): { readonly mark?: string } {
  const state = networkState(network.key, scene.view);
  return markOf(state?.nodes.find(stand => stand.node === node) ?? (state?.nodes.length === 0 ? state : null), scene);
}

const MOST_GUESTS = 8;

/** A network on a node in one box: by definitions and ledger alone, since a whole cluster compiled would take its time. */
export function summaryBox(network: NetworkDef, { name }: NodeDef, scene: Scene): Box {
  const { catalog, ledger } = scene.view;
  const entry = ledger.networks[network.key];
  const guests = (catalog.interfacesOf.get(network.key) ?? [])
    .filter(iface => isOn(iface, name))
    .map(({ key }) => {
      const { mark } = markOf(interfaceState(key, scene.view), scene);
      return mark === undefined ? key : `${key} (${mark})`;
    });
  const isRouter = routerNodes(network, scene.view).includes(name);
  return {
    id: `${name}/Network ${network.key}`,
    role: 'network',
    title: network.key,
    lines: [entry === undefined ? 'no bridge yet' : bridgeName(entry.vxid), ...(isRouter ? ['router'] : []), ...few(guests, MOST_GUESTS)],
    ...markOn(network, name, scene),
  };
}

function bridgeBox(network: NetworkDef, node: string, name: string, rest: number, scene: Scene): Box {
  const found = scene.devices(node).bridge.find(each => each.name === name);
  return {
    id: `${node}/${name || network.key}`,
    role: 'bridge',
    title: found === undefined ? 'no bridge yet' : found.name,
    lines: [
      `Network ${network.key}`,
      [...(network.spec.cidr === undefined ? ['layer 2'] : [network.spec.cidr]), ...(found === undefined ? [] : [`mtu ${found.mtu}`])].join(', '),
      ...(rest === 0 ? [] : [`and ${rest} other guest${rest === 1 ? '' : 's'}`]),
    ],
    ...markOn(network, node, scene),
  };
}

function tunnelBox(bridge: string, node: string, scene: Scene): Box | null {
  const devices = scene.devices(node);
  const vxlan = devices.vxlan.find(({ name }) => devices.bridgeOf(name) === bridge);
  if (vxlan === undefined) return null;
  const names = new Map([...scene.view.catalog.nodes.values()].map(each => [each.spec.underlay.address, each.name]));
  const peers = devices.peersOf(vxlan.name).map(address => `to ${names.get(address) ?? '?'} ${address}`);
  return {
    id: `${node}/${vxlan.name}`,
    role: 'tunnel',
    title: vxlan.name,
    lines: [`vni ${vxlan.vni}`, `local ${vxlan.local}`, ...(peers.length === 0 ? ['no peers'] : few(peers, MOST_PEERS))],
  };
}

function guestOf(iface: InterfaceDef, node: string, scene: Scene): Guest {
  const { catalog, ledger } = scene.view;
  const entry = berthOf(iface.key, ledger, `${iface.namespace}/${iface.spec.network}`)?.entry;
  const floating = floatingTo(iface, catalog, ledger);
  const name = scene.devices(node).portOf(`Interface ${iface.key}`) ?? portOfHypervisor(iface, entry, scene.view.reports.get(node));
  return {
    guest: {
      id: `${node}/Interface ${iface.key}`,
      role: 'guest',
      title: iface.key,
      lines: [
        ...placeOf(iface, entry),
        ...(isMigrating(iface) ? [`moves from ${iface.spec.node} to ${iface.spec.migrateTo}`] : []),
        ...(entry === undefined ? ['nothing allocated yet'] : [entry.mac, entry.address ?? 'no address']),
        ...(floating === undefined ? [] : [`floating ${floating.address}`]),
      ],
      ...markOf(interfaceState(iface.key, scene.view), scene),
    },
    device: name === undefined ? null : { id: `${node}/${name}`, role: 'port', title: name, lines: [] },
  };
}

// libvirt names its own ports: the node's last report tells which one has the guest's MAC, but for the first byte.
function portOfHypervisor(iface: InterfaceDef, entry: InterfaceEntry | undefined, report: NodeReport | undefined): string | undefined {
  if (iface.spec.attach.bridge === undefined) return undefined;
  const ports = report?.facts?.ports ?? [];
  return deviceOf(iface, entry) ?? ports.find(port => !port.ours && port.mac.slice(2) === entry?.mac.slice(2))?.ifname;
}

function placeOf({ spec }: InterfaceDef, entry: InterfaceEntry | undefined): readonly string[] {
  const { netns, host, bridge } = spec.attach;
  const said = spec.instance === undefined ? [] : [`instance ${spec.instance}`];
  if (netns !== undefined) return [...said, `netns ${netns.name}, ${netns.ifname ?? `eth${spec.order}`}`];
  if (host !== undefined) return [...said, `the node itself${entry === undefined ? '' : `, ${host.ifname ?? hostLinkName(entry.uuid)}`}`];
  return bridge === undefined ? said : [...said, 'port of the hypervisor'];
}

/** An interface that is on no node. */
export function unplacedBox(iface: InterfaceDef, scene: Scene): Box {
  return { id: `Interface ${iface.key}`, role: 'guest', title: iface.key, lines: [], ...markOf(interfaceState(iface.key, scene.view), scene) };
}

/** What the definitions permit this node to take over of what somebody else made there: by the annotation `netloom.dev/adopt`, and by that alone. */
import type { Adoptions, NetworkAdoption, TapAdoption } from '../kinds/adopt.ts';
import { ADOPT } from '../model/annotations.ts';
import type { NetworkEntry } from '../model/ledger.ts';
import { bridgeName, nearMac, tapName, vxlanName } from '../model/names.ts';
import { isOn, membersOf, networksOf } from './mesh.ts';
import type { Definition, InterfaceDef, NetworkDef, NodeView } from './object.ts';

/** Networks and taps of this node. A suspended network is left as it is, also in this. */
export function adoptionsOn(view: Omit<NodeView, 'facts'>): Adoptions {
  const meant = new Set([...view.catalog.networks.values()].filter(isPermitted).map(({ key }) => key));
  for (const iface of view.catalog.interfaces.values()) if (isPermitted(iface)) meant.add(`${iface.namespace}/${iface.spec.network}`);
  if (meant.size === 0) return NOTHING;
  const here = networksOf(view.node, view).flatMap(network => {
    const entry = view.ledger.networks[network.key];
    return !meant.has(network.key) || entry === undefined || network.spec.suspend === true ? [] : [{ network, entry, guests: guestsOf(network, entry, view) }];
  });
  return {
    networks: here.filter(({ network }) => isPermitted(network)).map(({ network, entry, guests }) => ofNetwork(network, entry, guests, view)),
    taps: here.flatMap(({ entry, guests }) => guests.flatMap(({ iface }) => tapOf(iface, entry))),
  };
}

const NOTHING: Adoptions = { networks: [], taps: [] };

interface Guest {
  readonly iface: InterfaceDef;
  readonly uuid: string;
  readonly mac: string;
}

function guestsOf(network: NetworkDef, entry: NetworkEntry, { catalog, node }: Omit<NodeView, 'facts'>): readonly Guest[] {
  return (catalog.interfacesOf.get(network.key) ?? []).flatMap(iface => {
    const given = entry.interfaces[iface.key];
    return !isOn(iface, node.name) || given === undefined || given.removed !== undefined ? [] : [{ iface, uuid: given.uuid, mac: given.mac }];
  });
}

function ofNetwork(network: NetworkDef, { vxid }: NetworkEntry, guests: readonly Guest[], view: Omit<NodeView, 'facts'>): NetworkAdoption {
  const others = membersOf(network, view).filter(({ name }) => name !== view.node.name);
  return {
    vni: vxid,
    port: view.catalog.cluster.spec.underlay.port,
    vxlan: vxlanName(vxid),
    bridge: bridgeName(vxid),
    peers: others.map(({ spec }) => spec.underlay.address),
    ports: guests.flatMap(({ iface, uuid }) => portName(iface, uuid)),
    portMacs: guests.flatMap(({ iface, mac }) => (iface.spec.attach.bridge !== undefined && iface.spec.attach.bridge.port === undefined ? [nearMac(mac)] : [])),
  };
}

function portName({ spec: { attach } }: InterfaceDef, uuid: string): readonly string[] {
  if (attach.bridge !== undefined) return attach.bridge.port === undefined ? [] : [attach.bridge.port];
  return [attach.tap?.ifname ?? tapName(uuid)];
}

function tapOf(iface: InterfaceDef, { vxid }: NetworkEntry): readonly TapAdoption[] {
  const { tap } = iface.spec.attach;
  return tap?.ifname === undefined || !isPermitted(iface) ? [] : [{ tap: tap.ifname, bridge: bridgeName(vxid) }];
}

function isPermitted({ annotations }: Definition): boolean {
  return annotations[ADOPT] === 'true';
}

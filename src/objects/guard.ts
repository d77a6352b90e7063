/** Which ports of a node are guests', and which addresses each may use: the content of the node's filter sets. */
import type { Guarded, HostEnd } from '../kinds/nft-guard.ts';
import { parseCidr } from '../model/ip.ts';
import type { InterfaceEntry } from '../model/ledger.ts';
import { bridgeName, hostLinkName, nearMac, tapName, vethNames, vxlanName } from '../model/names.ts';
import { carriedAddresses } from './inbound.ts';
import { carriesRouter, isMigrating, learns, localInterfaces, networksOf, type Placed } from './mesh.ts';
import type { InterfaceDef, NetworkDef, NodeView } from './object.ts';

/** One guest's port on this node. */
export interface GuardedPort {
  readonly ifname: string;
  readonly mac: string;
  /** Addresses and prefixes it may send from, IPv4 and IPv6. */
  readonly addresses: readonly string[];
  /** False: declared, but not filtered. */
  readonly protect: boolean;
}

/**
 * Source addresses that an interface may use: its own and its exceptions; any, in a network without cidr (there is nothing
 * to hold it to) or without spoof protection. Link-local IPv6 is always allowed and not in the list unless any is.
 */
export function addressesOf(self: InterfaceDef, network: NetworkDef, given: InterfaceEntry, placed: Placed): readonly string[] {
  if (!self.spec.spoofProtection) return ['0.0.0.0/0', '::/0'];
  if (network.spec.cidr === undefined && self.spec.address !== 'none') return ['0.0.0.0/0', '::/0'];
  const own = given.address === undefined ? [] : [given.address];
  return [...new Set([...own, ...self.spec.allowedAddresses, ...carriedAddresses(self, placed)])];
}

/** The guests' ports of this node: where each is attached, and what may come out of it. */
export function guardedPorts(view: NodeView): readonly GuardedPort[] {
  return localInterfaces(view).flatMap(({ iface, network }) => {
    const entry = view.ledger.networks[network.key];
    const given = entry?.interfaces[iface.key];
    if (entry === undefined || given === undefined || given.removed !== undefined) return [];
    const ifname = portName(iface, given, bridgeName(entry.vxid), view);
    if (ifname === undefined || isElsewhere(ifname, bridgeName(entry.vxid), view) || isOthersBridge(bridgeName(entry.vxid), view)) return [];
    return [{ ifname, mac: given.mac, addresses: addressesOf(iface, network, given, view), protect: iface.spec.spoofProtection }];
  });
}

/** Guests with a port here that move, and by which ports of their bridge they may be reached: their own, and that of the mesh. */
export function movingGuests(view: NodeView): Guarded['moving'] {
  return localInterfaces(view).flatMap(({ iface, network }) => {
    const entry = view.ledger.networks[network.key];
    const given = entry?.interfaces[iface.key];
    if (!isMigrating(iface) || learns(network, view.catalog) || entry === undefined || given === undefined || given.removed !== undefined) return [];
    if (isOthersBridge(bridgeName(entry.vxid), view)) return [];
    const own = portName(iface, given, bridgeName(entry.vxid), view);
    return [{ mac: given.mac, ports: [...(own === undefined ? [] : [own]), vxlanName(entry.vxid)] }];
  });
}

/** libvirt names its own port: the definition says which, or it is recognised by `fe:` and the guest's last five bytes. */
function portName(iface: InterfaceDef, given: InterfaceEntry, bridge: string, view: NodeView): string | undefined {
  const how = iface.spec.attach;
  if (how.tap !== undefined) return how.tap.ifname ?? tapName(given.uuid);
  if (how.bridge === undefined) return tapName(given.uuid);
  const { port } = how.bridge;
  // A device of ours is not what a definition calls its port: what may come out of it is said by whose it is.
  if (port !== undefined) return view.facts.ports.some(({ ifname, ours }) => ours && ifname === port) ? undefined : port;
  const mac = nearMac(given.mac);
  return view.facts.ports.find(found => found.bridge === bridge && found.mac === mac && !found.ours)?.ifname;
}

// Somebody else's bridge that has our name: a conflict, which no filter of ours may cut off. One that only lost its mark has ours in it, and guests to be held.
function isOthersBridge(bridge: string, { facts }: NodeView): boolean {
  return facts.devices.includes(bridge) && !facts.ports.some(port => port.ours && port.bridge === bridge);
}

// A device of the node that has the name by mistake (its own NIC, in a bridge of its own) must never come under our filters.
function isElsewhere(ifname: string, bridge: string, { facts }: NodeView): boolean {
  return facts.devices.includes(ifname) && !facts.ports.some(port => port.ifname === ifname && port.bridge === bridge);
}

/** The links by which this node is in networks itself. One without spoof protection may route for its network. */
export function hostEnds(view: NodeView): readonly HostEnd[] {
  return localInterfaces(view).flatMap(({ iface, network }) => {
    const given = view.ledger.networks[network.key]?.interfaces[iface.key];
    const { host } = iface.spec.attach;
    if (host === undefined || given === undefined || given.removed !== undefined || given.address === undefined) return [];
    const broadcast = network.spec.cidr === undefined ? null : parseCidr(network.spec.cidr)?.broadcast;
    const addresses = [given.address, ...iface.spec.allowedAddresses, ...(broadcast ? [broadcast] : [])];
    const ifname = host.ifname ?? hostLinkName(given.uuid);
    return isElsewhere(ifname, '', view) ? [] : [{ ifname, addresses, routes: !iface.spec.spoofProtection }];
  });
}

/** The VXLAN devices of this node, and the ends of its routers. */
export function meshPorts(view: NodeView): readonly string[] {
  return networksOf(view.node, view).flatMap(network => {
    const entry = view.ledger.networks[network.key];
    if (entry === undefined || isOthersBridge(bridgeName(entry.vxid), view) || isElsewhere(vxlanName(entry.vxid), bridgeName(entry.vxid), view)) return [];
    return [vxlanName(entry.vxid), ...(carriesRouter(network, view) ? [vethNames(entry.vxid).outer] : [])];
  });
}

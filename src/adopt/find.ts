/** The networks that somebody made on this machine, as far as its kernel and its DHCP servers tell of them. */
import type { Inventory, Room } from '../host/inventory.ts';
import { othersUse } from '../kinds/adopt-judge.ts';
import { isOurLink, ownAddress as ownOn } from '../kinds/link-fields.ts';
import { indexOf, type LinkIndex } from '../kinds/link-index.ts';
import type { LinkRow } from '../kinds/rows.ts';
import { contains, parseCidr } from '../model/ip.ts';
import { canonicalMac } from '../model/mac.ts';
import { type Clues, cluesOf, endingLike, serversOf, serves } from './clues.ts';
import { type FoundRouter, routerOf } from './router.ts';

export interface FoundNetwork {
  readonly vxid: number;
  /** UDP port. */
  readonly port: number;
  /** ifnames; without a bridge there are no guests. */
  readonly vxlan: string;
  readonly bridge?: string;
  readonly mtu: number;
  /** Where its packets come from: the device's own word, else the address of the card that it names. */
  readonly local?: string;
  readonly device?: string;
  readonly peers: readonly string[];
  readonly cidr?: string;
  /** An address of the node itself, with prefix length, and the ifname of the bridge or VXLAN device that has it. */
  readonly own?: { readonly address: string; readonly on: string };
  /** ifnames of what stands on the bridge or the VXLAN device. */
  readonly above: readonly string[];
  readonly router?: FoundRouter;
  readonly dhcp: boolean;
  readonly dns: boolean;
  readonly guests: readonly FoundGuest[];
  /** Ports that are no guest: cards of the machine, other networks. */
  readonly others: readonly string[];
}

export interface FoundGuest {
  /** ifname of the port. */
  readonly port: string;
  /** A tap that stays when its guest ends can be netloom's; everything else is somebody's port. */
  readonly tap?: { readonly owner?: string; readonly multiQueue: boolean };
  /** Absent where nothing tells it for sure. */
  readonly mac?: string;
  readonly address?: string;
  /** What it has beside that. */
  readonly moreAddresses: readonly string[];
  /** Why its addresses are not sure. */
  readonly doubt?: string;
  /** Why its tap would not be taken over. */
  readonly kept?: string;
  readonly name?: string;
  /** Where the port has another mtu than the network. */
  readonly mtu?: number;
}

/** VXLAN devices that are not ours, with all that is in their bridges; by vxid. */
export function findNetworks(
  inventory: Inventory,
  only: (vxid: number, names: readonly string[]) => boolean,
  cidrs: ReadonlyMap<string, string>,
): readonly FoundNetwork[] {
  const [own] = inventory.rooms;
  if (own === undefined) return [];
  const scene: Scene = { inventory, own, index: indexOf(own), cidrs };
  return own.links
    .filter(link => link.linkinfo?.info_kind === 'vxlan' && !isOurLink('', link))
    .flatMap(link => {
      const vxid = Number(link.linkinfo?.info_data?.['id'] ?? 0);
      return vxid > 0 && only(vxid, [link.ifname, link.master ?? '']) ? [networkOf(scene, link, vxid)] : [];
    })
    .sort((a, b) => a.vxid - b.vxid);
}

interface Scene {
  readonly inventory: Inventory;
  readonly own: Room;
  readonly index: LinkIndex;
  readonly cidrs: ReadonlyMap<string, string>;
}

function networkOf({ inventory, own, index, cidrs }: Scene, link: LinkRow, vxid: number): FoundNetwork {
  const data = link.linkinfo?.info_data ?? {};
  const master = index.named(link.master ?? '');
  const bridge = master?.linkinfo?.info_kind === 'bridge' ? master : undefined;
  const ports = bridge === undefined ? [] : index.ports(bridge.ifname).filter(({ ifname }) => ifname !== link.ifname);
  const router = ports.map(port => routerOf(inventory, port)).find(found => found !== undefined);
  const servers = serversOf(inventory, router?.netns, bridge?.ifname);
  const clues = cluesOf(servers, neighboursOf(inventory, bridge?.ifname, router));
  const plugged = ports.filter(({ ifname }) => ifname !== router?.port);
  const guests = plugged.filter(isGuest).map(port => ({ ...guestOf(inventory, port, clues, link.mtu), ...keptTap(inventory, index, port) }));
  const devices = [...(bridge === undefined ? [] : [bridge]), link];
  const carrier = devices.find(each => ownOn(each) !== undefined);
  const ownAddress = carrier === undefined ? undefined : ownOn(carrier);
  const named = [String(vxid), link.ifname, bridge?.ifname ?? ''].flatMap(name => cidrs.get(name) ?? [])[0];
  const cidr =
    named ??
    prefixOf([
      ...(router === undefined ? [] : [router.address]),
      ...(ownAddress === undefined ? [] : [textOf(ownAddress)]),
      ...plugged.flatMap(port => farAddresses(inventory, port)),
    ]);
  const { local, device } = wireOf(inventory, own, link);
  return {
    vxid,
    port: Number(data['port'] ?? 0),
    vxlan: link.ifname,
    mtu: link.mtu,
    peers: [
      ...new Set(own.fdb.flatMap(({ ifname, dst, mac }) => (ifname === link.ifname && dst !== undefined && mac === '00:00:00:00:00:00' ? [dst] : []))),
    ].sort(),
    dhcp: servers.some(server => serves(server).dhcp),
    dns: servers.some(server => serves(server).dns),
    guests: guests.map(guest => within(guest, cidr)),
    others: plugged.filter(port => !isGuest(port)).map(({ ifname }) => ifname),
    ...(bridge === undefined ? {} : { bridge: bridge.ifname }),
    ...(cidr === undefined ? {} : { cidr }),
    ...(router === undefined ? {} : { router }),
    above: devices.flatMap(({ ifname }) => index.uppers(ifname).map(upper => upper.ifname)),
    ...(ownAddress === undefined || carrier === undefined ? {} : { own: { address: textOf(ownAddress), on: carrier.ifname } }),
    ...(local === undefined ? {} : { local }),
    ...(device === undefined ? {} : { device }),
  };
}

function wireOf({ wires }: Inventory, own: Room, { ifname, linkinfo }: LinkRow): { readonly local?: string; readonly device?: string } {
  const data = linkinfo?.info_data ?? {};
  const wire = wires.get(ifname);
  const said = data['local'] ?? data['local6'] ?? wire?.address;
  const card = own.links.find(each => (said === undefined ? each.ifname === wire?.device : each.addr_info.some(({ local }) => local === said)));
  const local = said === undefined ? card?.addr_info.find(({ family }) => family === 'inet')?.local : String(said);
  return { ...(local === undefined ? {} : { local }), ...(card === undefined ? {} : { device: card.ifname }) };
}

function neighboursOf({ rooms }: Inventory, bridge: string | undefined, router: FoundRouter | undefined): Room['known'] {
  return rooms.flatMap(({ netns, known }) => known.filter(({ link }) => (netns === '' ? link === bridge : netns === router?.netns && link === router.inner)));
}

function isGuest({ linkinfo }: LinkRow): boolean {
  return ['tun', 'veth', 'macvtap'].includes(linkinfo?.info_kind ?? '');
}

function guestOf(inventory: Inventory, port: LinkRow, clues: Clues, networkMtu: number): FoundGuest {
  const far = farEnd(inventory, port);
  const mac = far?.address ?? macBehind(inventory, port, clues);
  const known = mac === undefined ? undefined : clues.byMac.get(mac);
  const farAddresses = (far?.addr_info ?? []).map(({ local }) => local).filter(local => !local.startsWith('fe80:'));
  const tap = tapOf(inventory, port);
  return {
    port: port.ifname,
    ...(tap === undefined ? {} : { tap }),
    ...(mac === undefined ? {} : { mac }),
    moreAddresses: [...new Set([...farAddresses, ...(known?.addresses ?? [])])],
    // What it has inside is sure, whatever others say.
    ...(known?.doubt === undefined || farAddresses.length > 0 ? {} : { doubt: known.doubt }),
    ...(known?.name === undefined ? {} : { name: known.name }),
    ...(port.mtu === networkMtu ? {} : { mtu: port.mtu }),
  };
}

/** What the bridge heard from there; where it hears nothing (it never learns), libvirt's rule: `fe:` and the guest's last five bytes. */
function macBehind({ rooms }: Inventory, port: LinkRow, clues: Clues): string | undefined {
  const heard = (rooms[0]?.fdb ?? []).filter(
    ({ ifname, master, state, mac }) => ifname === port.ifname && master !== undefined && state !== 'permanent' && isPlain(mac),
  );
  const macs = [...new Set(heard.map(({ mac }) => mac))];
  const near = port.address ?? '';
  const twins = near.startsWith('fe:') ? [...new Set([...macs.filter(mac => mac.slice(2) === near.slice(2)), ...endingLike(clues, near)])] : [];
  if (twins.length === 1) return twins[0];
  return macs.length === 1 ? macs[0] : undefined;
}

function isPlain(mac: string): boolean {
  return canonicalMac(mac) !== null && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 && mac !== '00:00:00:00:00:00';
}

function tapOf({ users }: Inventory, { linkinfo, owner }: LinkRow): FoundGuest['tap'] {
  const data = linkinfo?.info_data ?? {};
  if (linkinfo?.info_kind !== 'tun' || data['type'] !== 'tap' || data['persist'] !== true) return undefined;
  const user = owner === undefined ? undefined : users.get(owner);
  // A user without a name cannot be written down, and a tap with another owner would be made anew.
  if (owner !== undefined && user === undefined) return undefined;
  return { ...(user === undefined ? {} : { owner: user }), multiQueue: data['multi_queue'] === true };
}

function keptTap(inventory: Inventory, index: LinkIndex, port: LinkRow): { readonly kept?: string } {
  const kept = tapOf(inventory, port) === undefined ? undefined : othersUse(index, port);
  return kept === undefined ? {} : { kept };
}

function farEnd({ rooms }: Inventory, { peer }: LinkRow): LinkRow | undefined {
  return peer?.name === undefined ? undefined : rooms.find(({ netns }) => netns === peer.netns)?.links.find(({ ifname }) => ifname === peer.name);
}

function farAddresses(inventory: Inventory, port: LinkRow): readonly string[] {
  return (farEnd(inventory, port)?.addr_info ?? []).filter(({ family }) => family === 'inet').map(textOf);
}

function textOf({ local, prefixlen }: LinkRow['addr_info'][number]): string {
  return `${local}/${prefixlen}`;
}

/** The one prefix that all of these addresses are in; undefined where they do not agree. */
function prefixOf(addresses: readonly string[]): string | undefined {
  const found = new Set(addresses.filter(each => !each.includes(':') && !each.endsWith('/32')).map(each => parseCidr(each)?.text));
  return found.size === 1 ? [...found][0] : undefined;
}

// An address of another network is none here, but the guest may go on using it.
function within(guest: FoundGuest, cidr: string | undefined): FoundGuest {
  const address = cidr === undefined ? undefined : guest.moreAddresses.find(each => contains(cidr, each));
  return address === undefined ? guest : { ...guest, address, moreAddresses: guest.moreAddresses.filter(each => each !== address) };
}

/** Frames that a guest must not send, and their honest relatives: what a hostile one with root in its machine would try. */

import { arpReply, frame, ipv4, reverse, routerAdvertisement, tagged } from './lab-node-frames.ts';
import { type Ear, listen, type Place, sendFrames, token } from './lab-node-probe.ts';
import { icmpv6, linkLocalOf, neighborAdvertisement, redirect, udp4, udp6 } from './lab-packets.ts';

/** Who sends to whom, and who else is there. */
export interface Scene {
  /** MAC and address of the sender. */
  readonly mac: string;
  readonly address: string;
  /** Of the one who is lied to. */
  readonly victimMac: string;
  readonly victim: string;
  /** Of a third guest, in whose name the sender speaks. */
  readonly otherMac: string;
  readonly other: string;
}

/** Makes a frame that carries the bytes of `mark`. */
export type Lie = (mark: Buffer) => Buffer;

const ALL = 'ff:ff:ff:ff:ff:ff';
const ALL_NODES = '33:33:00:00:00:01';

/** What it may send, each by name: were these not heard, the silence of the others would prove nothing. */
export function truths(s: Scene): ReadonlyMap<string, Lie> {
  return new Map<string, Lie>([
    ['its own address', mark => frame(s.victimMac, s.mac, 0x0800, Buffer.concat([ipv4(s.address, s.victim), mark]))],
    ['its own address in ARP', mark => frame(ALL, s.mac, 0x0806, Buffer.concat([arpReply(s.mac, s.address, s.victim), mark]))],
    ['an ARP probe', mark => frame(ALL, s.mac, 0x0806, Buffer.concat([arpReply(s.mac, '0.0.0.0', s.other), mark]))],
    ['a question to DHCP', mark => frame(ALL, s.mac, 0x0800, udp4('0.0.0.0', '255.255.255.255', 68, 67, mark))],
    ['its own link-local address', mark => frame(s.victimMac, s.mac, 0x86dd, udp6(linkLocalOf(s.mac), linkLocalOf(s.victimMac), 4000, 4000, mark))],
    ['where it is, as QEMU says after a move', mark => frame(ALL, s.mac, 0x8035, Buffer.concat([reverse(3, s.mac), mark]))],
    ['an advertisement for itself', mark => frame(ALL_NODES, s.mac, 0x86dd, neighborAdvertisement(linkLocalOf(s.mac), linkLocalOf(s.mac), mark))],
  ]);
}

/** Lies under its own MAC, which the filters alone stop. */
export function lies(s: Scene): ReadonlyMap<string, Lie> {
  const bare: [string, Lie][] = [
    ["another's address", mark => frame(s.victimMac, s.mac, 0x0800, Buffer.concat([ipv4(s.other, s.victim), mark]))],
    ['no address', mark => frame(s.victimMac, s.mac, 0x0800, udp4('0.0.0.0', s.victim, 68, 67, mark))],
    ["another's address in ARP", mark => frame(ALL, s.mac, 0x0806, Buffer.concat([arpReply(s.mac, s.other, s.victim), mark]))],
    ["another's MAC in ARP", mark => frame(ALL, s.mac, 0x0806, Buffer.concat([arpReply(s.otherMac, s.address, s.victim), mark]))],
    ["another's MAC in an ARP probe", mark => frame(ALL, s.mac, 0x0806, Buffer.concat([arpReply(s.otherMac, '0.0.0.0', s.victim), mark]))],
    ['an answer to RARP', mark => frame(ALL, s.mac, 0x8035, Buffer.concat([reverse(4, s.mac), mark]))],
    ['a DHCP server', mark => frame(s.victimMac, s.mac, 0x0800, udp4(s.address, s.victim, 67, 68, mark))],
    ['a DHCPv6 server', mark => frame(s.victimMac, s.mac, 0x86dd, udp6(linkLocalOf(s.mac), linkLocalOf(s.victimMac), 547, 546, mark))],
    ['a router', mark => frame(ALL_NODES, s.mac, 0x86dd, routerAdvertisement(s.mac, mark))],
    ['a router behind an option header', mark => frame(ALL_NODES, s.mac, 0x86dd, icmpv6(linkLocalOf(s.mac), 134, mark, 'options'))],
    ['a router in a fragment', mark => frame(ALL_NODES, s.mac, 0x86dd, icmpv6(linkLocalOf(s.mac), 134, mark, 'fragment'))],
    ['a redirect', mark => frame(s.victimMac, s.mac, 0x86dd, redirect(linkLocalOf(s.mac), linkLocalOf(s.victimMac), mark))],
    ['a global IPv6 address', mark => frame(s.victimMac, s.mac, 0x86dd, udp6('2001:db8::7', linkLocalOf(s.victimMac), 4000, 4000, mark))],
    ["an advertisement for another's address", mark => frame(ALL_NODES, s.mac, 0x86dd, neighborAdvertisement(linkLocalOf(s.mac), '2001:db8::7', mark))],
    ['another protocol', mark => frame(s.victimMac, s.mac, 0x88b5, mark)],
  ];
  // A tag of VLAN 0 is none: whoever receives it takes it off.
  const hidden = bare.map(([what, make]): [string, Lie] => [`${what}, tagged with VLAN 0`, mark => tagged(make(mark), 0)]);
  const honest = truths(s).get('its own address') as Lie;
  const twice: [string, Lie] = ["another's address, tagged twice", mark => tagged(tagged((bare[0] as [string, Lie])[1](mark), 0), 0)];
  return new Map([...bare, ...hidden, twice, ['its own address in a VLAN', mark => tagged(honest(mark), 7)]]);
}

/** A frame with a foreign source MAC, which the port itself stops, with filters or without. */
export function foreignMac(s: Scene): ReadonlyMap<string, Lie> {
  const bare: Lie = mark => frame(s.victimMac, s.otherMac, 0x0800, Buffer.concat([ipv4(s.address, s.victim), mark]));
  return new Map([
    ["another's MAC", bare],
    ["another's MAC, tagged with VLAN 0", mark => tagged(bare(mark), 0)],
    ["nobody's MAC", mark => frame(s.victimMac, '02:aa:00:00:00:66', 0x0800, Buffer.concat([ipv4(s.address, s.victim), mark]))],
  ]);
}

/**
 * Names of the tales that a place hears when `from` sends all of them. `last` is one that it must hear: once that is there, all
 * are that ever will be. Throws when it is not, and when a tale did not even leave. `send` is for those who have other ways to speak.
 */
export async function heard(
  from: Place,
  place: Place,
  tales: ReadonlyMap<string, Lie>,
  last: Lie,
  send = (frames: readonly Buffer[]): Promise<void> => sendFrames(from, frames),
): Promise<string[]> {
  const [own, ear] = await Promise.all([listen(from), listen(place)]);
  try {
    const sent = [...tales].map(([what, make]) => ({ what, mark: token(), make }));
    const end = token();
    await send([...sent.map(({ make, mark }) => make(mark)), last(end)]);
    if (!(await ear.hears(end))) throw new Error(`${place.netns ?? place.node.name} does not even hear the truth`);
    const has = (at: Ear, mark: Buffer): boolean => at.frames().some(each => each.includes(mark));
    const unsent = (await own.hears(end)) ? sent.filter(({ mark }) => !has(own, mark)).map(({ what }) => what) : [...tales.keys()];
    if (unsent.length > 0) throw new Error(`not sent: ${unsent.join(', ')}`);
    return sent.filter(({ mark }) => has(ear, mark)).map(({ what }) => what);
  } finally {
    await Promise.all([own.stop(), ear.stop()]);
  }
}

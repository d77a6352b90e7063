/**
 * Proof by packets. `some`: what a sends arrives in b. `none`: what a sends does not arrive in c, while a control shows that
 * the very same probe is heard where it should be: silence alone proves nothing.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnLong } from '../../src/host/spawn-long.ts';
import type { TestNode } from './lab-node.ts';

/** Where packets are sent from and heard. */
export interface Place {
  readonly node: TestNode;
  /** Of a guest; absent = the node's own. */
  readonly netns?: string;
  readonly ifname: string;
  /** Without prefix length; needed where packets are sent to. Link-local ones are fine. */
  readonly address?: string;
}

// Programs start late on a machine that is busy with other things.
const START_MS = 30_000;
const HEAR_MS = 5000;
const QUIET_MS = 700;

/** A listener on a link. */
export interface Ear {
  /** True as soon as a frame with these bytes came by (in either direction), false after the time. */
  hears(bytes: Buffer, withinMs?: number): Promise<boolean>;
  /** All frames so far, from the Ethernet header on. */
  frames(): Buffer[];
  stop(): Promise<void>;
}

/** Listens at a place, from when this resolves on; `filter` is one of pcap (`arp`, `udp port 4789`). */
export async function listen(place: Place, filter = ''): Promise<Ear> {
  const argv = ['tcpdump', '-i', place.ifname, '-n', '-s', '0', '-U', '--immediate-mode', '-Z', 'root', '-w', '-', ...filter.split(' ').filter(Boolean)];
  const child = spawnLong('nsenter', [...place.node.into(place.netns), ...argv]);
  let heard = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Uint8Array) => {
    heard = Buffer.concat([heard, chunk]);
  });
  const ready = await until(() => child.stderr().includes('listening on') && heard.length >= 24, START_MS);
  if (!ready) {
    await child.stop();
    throw new Error(`cannot listen on ${nameOf(place)}: ${child.stderr()}`);
  }
  return {
    hears: (bytes, withinMs = HEAR_MS) => until(() => framesOf(heard).some(frame => frame.includes(bytes)), withinMs),
    frames: () => framesOf(heard),
    stop: () => child.stop(),
  };
}

/** Bytes that no other probe sends. */
export function token(): Buffer {
  return randomBytes(8);
}

export interface EchoOptions {
  /** Of the whole IP packet; it is sent with DF, so it arrives whole or not at all. */
  readonly size?: number;
  /** Instead of the target's address. */
  readonly to?: string;
  readonly count?: number;
  /** How long `some` tries, and how long `none` waits for the control; 5 s by default. */
  readonly withinMs?: number;
}

/** Sends echo requests that carry the token; true when one was answered. */
export async function echo(from: Place, to: string, mark: Buffer, options: EchoOptions = {}): Promise<boolean> {
  const size = (options.size ?? 84) - (to.includes(':') ? 48 : 28);
  const scoped = to.startsWith('fe80:') ? `${to}%${from.ifname}` : to;
  const argv = ['ping', '-n', '-c', String(options.count ?? 2), '-i', '0.2', '-w', '1', '-M', 'do', '-s', String(size), '-p', mark.toString('hex'), scoped];
  return (await from.node.run(inNetns(from, argv))).exitCode === 0;
}

/** a reaches b and is answered. Throws when not, after a few tries: a fresh network may need a moment. */
export async function some(a: Place, b: Place, options: EchoOptions = {}): Promise<void> {
  const ear = await listen(b);
  try {
    const mark = token();
    const deadline = Date.now() + (options.withinMs ?? HEAR_MS);
    while (!(await echo(a, target(b, options), mark, options))) {
      if (Date.now() < deadline) continue;
      const there = await ear.hears(mark, 0);
      throw new Error(`${nameOf(a)} does not reach ${nameOf(b)}: ${there ? 'its packets arrive, the answers do not' : 'its packets do not arrive'}`);
    }
    if (!(await ear.hears(mark, options.withinMs))) throw new Error(`${nameOf(a)} was answered, but not by ${nameOf(b)}`);
  } finally {
    await ear.stop();
  }
}

/**
 * Nothing of what a sends to c's address arrives in c, while `control` hears a: it is sent to the control's address in the same
 * breath. Throws when c hears it, and when the control does not.
 */
export async function none(a: Place, c: Place, control: Place, options: EchoOptions = {}): Promise<void> {
  const mark = token();
  const act = async (): Promise<void> => {
    await echo(a, target(c, options), mark, options);
    await echo(a, target(control, {}), mark, options);
  };
  await refuses([c], control, mark, act, options.withinMs);
}

/**
 * Does something that sends `bytes`: none of the deaf hears them, the control does. Throws otherwise. For frames that no ping
 * makes: the control is where they would arrive were they honest, or the sender's own link.
 */
export async function refuses(deaf: readonly Place[], control: Place, bytes: Buffer, act: () => Promise<unknown>, withinMs = HEAR_MS): Promise<void> {
  const ears = await Promise.all([control, ...deaf].map(place => listen(place)));
  const [sound, ...silent] = ears;
  try {
    await act();
    if (!(await sound?.hears(bytes, withinMs))) throw new Error(`the probe proves nothing: ${nameOf(control)} did not hear it either`);
    const heard = await Promise.all(silent.map(ear => ear.hears(bytes, QUIET_MS)));
    for (const [index, place] of deaf.entries()) if (heard[index]) throw new Error(`${nameOf(place)} hears what it must not`);
  } finally {
    await Promise.all(ears.map(ear => ear.stop()));
  }
}

/** Sends whole Ethernet frames from a link, as any guest with root could. Shorter ones than 60 bytes are filled up. */
export async function sendFrames(from: Place, frames: readonly Buffer[]): Promise<void> {
  for (const frame of frames) {
    const stdin = Buffer.concat([frame, Buffer.alloc(Math.max(0, 60 - frame.length))]);
    const { exitCode, stderr } = await from.node.run(inNetns(from, ['socat', '-u', '-', `INTERFACE:${from.ifname}`]), { stdin });
    if (exitCode !== 0) throw new Error(`cannot send from ${nameOf(from)}: ${stderr}`);
  }
}

/**
 * A guest behind a tap that is there already: opens it, as a hypervisor does, and joins it with eth0 of a namespace of its own
 * for as long as it lives. `end` unplugs it.
 */
export async function guestBehindTap(
  node: TestNode,
  tap: string,
  guest: { netns: string; mac: string; address?: string; mtu?: number },
): Promise<Place & { end(): Promise<void> }> {
  const near = `x-${tap}`.slice(0, 15);
  const mtu = guest.mtu ?? 1450;
  await node.netns(guest.netns);
  await node.ip([`link add name ${near} mtu ${mtu} type veth peer name eth0 mtu ${mtu} address ${guest.mac} netns ${guest.netns}`, `link set dev ${near} up`]);
  await node.ip(['link set dev eth0 up', ...(guest.address ? [`addr add ${guest.address} dev eth0`] : [])], guest.netns);
  const child = spawnLong('nsenter', [...node.into(), 'socat', '-b', '65536', `TUN,tun-name=${tap},tun-type=tap,iff-no-pi`, `INTERFACE:${near}`]);
  const running = async (): Promise<boolean> => (await node.json(`link show dev ${tap}`))[0]?.flags.includes('LOWER_UP');
  if (!(await until(running, START_MS))) throw new Error(`cannot open ${tap}: ${child.stderr()}`);
  const end = async (): Promise<void> => {
    await child.stop();
    await node.ok(`ip link del dev ${near}`);
    await node.ok(`ip netns del ${guest.netns}`);
  };
  return { node, netns: guest.netns, ifname: 'eth0', ...(guest.address ? { address: guest.address.split('/')[0] ?? '' } : {}), end };
}

function inNetns(place: Place, argv: readonly string[]): readonly string[] {
  return place.netns ? ['ip', 'netns', 'exec', place.netns, ...argv] : argv;
}

function target(place: Place, options: EchoOptions): string {
  const to = options.to ?? place.address;
  if (to === undefined) throw new Error(`${nameOf(place)} has no address to send to`);
  return to;
}

function nameOf(place: Place): string {
  return `${place.ifname} of ${place.netns ? `${place.netns} on ` : ''}${place.node.name}`;
}

/** Frames of a capture file (little-endian, as tcpdump writes it here); a cut last one is left out. */
function framesOf(pcap: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 24; at + 16 <= pcap.length; ) {
    const length = pcap.readUInt32LE(at + 8);
    if (at + 16 + length > pcap.length) break;
    found.push(pcap.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return found;
}

/** Asks again until it is so; false when it never was in that time. */
export async function until(met: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (!(await met())) {
    if (Date.now() > deadline) return false;
    await sleep(10);
  }
  return true;
}

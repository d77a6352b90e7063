/**
 * Asks who is on the segments of a node, by frames out of its own links: whose MAC answers for an address, whether DHCP offers, and
 * whether a router answers. Nothing is set anywhere for it, and nobody who is asked notes anything down.
 */
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from './errors.ts';
import { ANSWERS_ONLY, type Answer, answerOf, arpProbe, dhcpDiscover, echoAs } from './frames.ts';
import { type Library, usualLibrary } from './netlink/library.ts';

/** A question. `mac` is the asking link's own, to which the answers come. */
export interface SegmentAsk {
  /** ifname in the node's own namespace. */
  readonly link: string;
  readonly mac: string;
  readonly what:
    | { readonly ask: 'arp'; readonly ip: string }
    /** `guest` is a MAC. */
    | { readonly ask: 'dhcp'; readonly guest: string }
    /** `guest` is an address on this node, to which the answer comes. */
    | { readonly ask: 'echo'; readonly guest: string; readonly router: { readonly mac: string; readonly ip: string } };
  /** True: silence is looked into for as long as there is time. False: whoever wants to answer does so soon. */
  readonly isAwaited: boolean;
}

/** The MACs that answered, sorted; `error` where the question could not be put. */
export interface SegmentAnswer {
  readonly macs: readonly string[];
  readonly error?: string;
}

/** A second answer comes as soon as a first one does. */
const SOON_MS = 700;
const AGAIN_MS = 300;
const LOOK_MS = 15;
const AT_ONCE = 32;

/** An answer for each question; null where this program cannot send frames (koffi is not there, or it may not). */
export async function askSegments(asks: readonly SegmentAsk[], mostMs: number): Promise<readonly SegmentAnswer[] | null> {
  const lib = await usualLibrary();
  if (lib === null) return null;
  const fd = openEar(lib);
  if (fd === null) return null;
  try {
    return await converse(lib, fd, asks, mostMs);
  } finally {
    closeSync(fd);
  }
}

const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETH_P_ALL = 0x0003;

// All links at once: a bridge keeps from its own device what a filter drops, but its ports have heard it.
function openEar(lib: Library): number | null {
  try {
    const fd = lib.socket(AF_PACKET, SOCK_RAW, 0);
    lib.attachFilter(fd, ANSWERS_ONLY);
    lib.bind(fd, linkAddress(0));
    return fd;
  } catch (error) {
    if (errnoOf(error) === '') throw error;
    return null;
  }
}

async function converse(lib: Library, fd: number, asks: readonly SegmentAsk[], mostMs: number): Promise<readonly SegmentAnswer[]> {
  const questions = asks.map((ask, index) => questionOf(lib, ask, index));
  const startedAt = performance.now();
  for (let askedAt = Number.NEGATIVE_INFINITY; ; await sleep(LOOK_MS)) {
    listen(lib, fd, questions);
    const passedMs = performance.now() - startedAt;
    if (passedMs >= mostMs || (passedMs >= SOON_MS && questions.every(isDone))) break;
    if (performance.now() - askedAt < AGAIN_MS) continue;
    askedAt = performance.now();
    for (const [index, question] of questions.entries()) {
      if (question.macs.size === 0) put(lib, fd, question);
      // What is not taken out in time is lost: a socket holds a few hundred answers.
      if (index % AT_ONCE === AT_ONCE - 1) listen(lib, fd, questions);
    }
  }
  listen(lib, fd, questions);
  return questions.map(({ macs, error }) => ({ macs: [...macs].sort(), ...(error === undefined ? {} : { error }) }));
}

interface Question {
  readonly ask: SegmentAsk;
  readonly frame: Buffer;
  readonly to: Buffer;
  readonly matches: (answer: Answer) => boolean;
  readonly macs: Set<string>;
  error?: string;
}

function questionOf(lib: Library, ask: SegmentAsk, index: number): Question {
  const { what, mac, link } = ask;
  const at = lib.linkIndex(link);
  const own = { ask, to: linkAddress(at), macs: new Set<string>(), ...(at === 0 ? { error: `there is no link ${link}` } : {}) };
  if (what.ask === 'arp') return { ...own, frame: arpProbe(mac, what.ip), matches: got => got.to === 'arp' && got.ip === what.ip && got.asker === mac };
  const xid = (process.pid & 0xffff) * 0x10000 + (index & 0xffff);
  if (what.ask === 'echo') return { ...own, frame: echoAs(mac, what.guest, what.router, xid), matches: got => got.to === 'echo' && got.id === xid };
  return { ...own, frame: dhcpDiscover(mac, what.guest, xid), matches: got => got.to === 'dhcp' && got.xid === xid };
}

function isDone({ ask, macs, error }: Question): boolean {
  return !ask.isAwaited || macs.size > 0 || error !== undefined;
}

function put(lib: Library, fd: number, question: Question): void {
  if (question.error !== undefined) return;
  try {
    lib.sendTo(fd, question.frame, question.to);
  } catch (error) {
    const code = errnoOf(error);
    if (code === '') throw error;
    // A full queue is asked again.
    if (code !== 'ENOBUFS' && code !== 'EAGAIN') question.error = `${question.ask.link} sends nothing (${code})`;
  }
}

const PACKET_OUTGOING = 4;

function listen(lib: Library, fd: number, questions: readonly Question[]): void {
  const into = Buffer.alloc(2048);
  const from = Buffer.alloc(20);
  for (;;) {
    let length = 0;
    try {
      length = lib.receiveFrom(fd, into, from);
    } catch (error) {
      if (['EAGAIN', 'ENETDOWN', 'EINTR'].includes(errnoOf(error))) return;
      throw error;
    }
    // What leaves a link was heard where it came in.
    const answer = from[10] === PACKET_OUTGOING ? null : answerOf(into.subarray(0, Math.min(length, into.length)));
    if (answer === null) continue;
    const mac = answer.to === 'arp' ? answer.mac : answer.from;
    for (const question of questions) if (question.matches(answer)) question.macs.add(mac);
  }
}

// A sockaddr_ll (packet(7)).
function linkAddress(index: number): Buffer {
  const address = Buffer.alloc(20);
  const host = new DataView(address.buffer, address.byteOffset);
  const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  host.setUint16(0, AF_PACKET, isLittle);
  host.setUint16(2, ETH_P_ALL);
  host.setInt32(4, index, isLittle);
  address[11] = 6;
  address.fill(0xff, 12, 18);
  return address;
}

import { expect, test } from 'vitest';
import { ANSWERS_ONLY, answerOf, arpProbe, dhcpDiscover, echoAs } from '../../src/host/frames.ts';

const ASKER = '02:03:00:00:00:01';
const GUEST = '02:aa:00:00:00:0b';
const hex = (...words: readonly string[]): Buffer => Buffer.from(words.join('').replaceAll(/[ :]/g, ''), 'hex');

/** An answer of ARP: `mac` has 10.7.1.12, told to the asker. */
const REPLY = hex(ASKER, GUEST, '0806 0001 0800 06 04 0002', GUEST, '0a07010c', ASKER, '00000000', '00'.repeat(18));

test('a probe of ARP names no address of its own, so nobody notes a neighbour', () => {
  expect(arpProbe(ASKER, '10.7.1.12')).toEqual(
    hex('ffffffffffff', ASKER, '0806 0001 0800 06 04 0001', ASKER, '00000000', '000000000000', '0a07010c', '00'.repeat(18)),
  );
});

test('what is asked has the sums that a receiver checks', () => {
  const folded = (bytes: Buffer): number => {
    let sum = 0;
    for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    return sum;
  };
  const echo = echoAs(ASKER, '10.7.1.11', { mac: GUEST, ip: '10.7.1.1' }, 0xfffe0001);
  for (const frame of [dhcpDiscover(ASKER, GUEST, 7), echo]) expect(folded(frame.subarray(14, 34))).toBe(0xffff);
  expect(folded(echo.subarray(34))).toBe(0xffff);
  expect(echo.subarray(0, 6)).toEqual(hex(GUEST));
});

/** The question with its ends exchanged, as a server answers it. */
function offer(xid: number): Buffer {
  const frame = Buffer.from(dhcpDiscover(ASKER, GUEST, xid));
  frame.set(hex(GUEST), 6);
  frame.writeUInt16BE(67, 34);
  frame.writeUInt16BE(68, 36);
  frame[42] = 2;
  return frame;
}

function pong(id: number): Buffer {
  const frame = Buffer.from(echoAs(ASKER, '10.7.1.1', { mac: GUEST, ip: '10.7.1.11' }, id));
  frame[34] = 0;
  return frame;
}

test('answers are read, and nothing else is one', () => {
  expect(answerOf(REPLY)).toEqual({ to: 'arp', ip: '10.7.1.12', mac: GUEST, asker: ASKER });
  expect(answerOf(offer(0x80000001))).toEqual({ to: 'dhcp', xid: 0x80000001, from: GUEST });
  expect(answerOf(pong(0xfffe0001))).toEqual({ to: 'echo', id: 0xfffe0001, ip: '10.7.1.1', from: ASKER });
  const questions = [arpProbe(ASKER, '10.7.1.12'), dhcpDiscover(ASKER, GUEST, 1), echoAs(ASKER, '10.7.1.11', { mac: GUEST, ip: '10.7.1.1' }, 1)];
  expect([...questions, Buffer.alloc(0), REPLY.subarray(0, 30), Buffer.alloc(60)].map(answerOf)).toEqual(Array(6).fill(null));
  for (const frame of [REPLY, offer(1), pong(1)])
    for (let length = 0; length < 60; length += 1) expect(() => answerOf(frame.subarray(0, length))).not.toThrow();
});

/** What the kernel's machine does (linux/filter.h), for the instructions that there are. */
function letsThrough(packet: Buffer): boolean {
  let [a, x] = [0, 0];
  const loaded: Readonly<Record<number, (k: number) => number>> = {
    40: k => packet.readUInt16BE(k),
    48: k => packet.readUInt8(k),
    72: k => packet.readUInt16BE(x + k),
    80: k => packet.readUInt8(x + k),
  };
  for (let pc = 0; ; pc += 1) {
    const [code, yes = 0, no = 0, k] = [
      ANSWERS_ONLY.readUInt16LE(pc * 8),
      ANSWERS_ONLY[pc * 8 + 2],
      ANSWERS_ONLY[pc * 8 + 3],
      ANSWERS_ONLY.readUInt32LE(pc * 8 + 4),
    ];
    if (code === 0x06) return k > 0;
    if (code === 0xb1) x = 4 * (packet.readUInt8(k) & 0xf);
    else if (code === 0x15) pc += a === k ? yes : no;
    else if (code === 0x45) pc += (a & k) === 0 ? no : yes;
    else a = loaded[code]?.(k) ?? Number.NaN;
  }
}

test('only answers wake who listens to all links', () => {
  expect([REPLY, offer(1), pong(1)].map(letsThrough)).toEqual([true, true, true]);
  const fragment = Buffer.from(offer(1));
  fragment.writeUInt16BE(0x0010, 20);
  const tcp = Buffer.from(offer(1));
  tcp[23] = 6;
  const ip6 = Buffer.from(offer(1));
  ip6.writeUInt16BE(0x86dd, 12);
  const others = [
    fragment,
    tcp,
    ip6,
    arpProbe(ASKER, '10.7.1.12'),
    dhcpDiscover(ASKER, GUEST, 1),
    echoAs(ASKER, '10.7.1.11', { mac: GUEST, ip: '10.7.1.1' }, 1),
  ];
  expect(others.map(letsThrough)).toEqual(others.map(() => false));
});

/** Packets as bytes, for what no ordinary program sends: UDP of both families, neighbour discovery, VXLAN. */
import { parseIp } from '../../src/model/ip.ts';

const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');

/** The link-local address that a kernel makes of a MAC (RFC 4291, appendix A). */
export function linkLocalOf(mac: string): string {
  const bytes = macBytes(mac);
  bytes.writeUInt8(bytes.readUInt8(0) ^ 2, 0);
  const words = Buffer.concat([bytes.subarray(0, 3), Buffer.from([0xff, 0xfe]), bytes.subarray(3)]);
  return `fe80::${[0, 2, 4, 6].map(at => words.readUInt16BE(at).toString(16)).join(':')}`;
}

/** An IPv4 packet with UDP, checksum left out (RFC 768 allows it). */
export function udp4(from: string, to: string, sourcePort: number, port: number, payload: Buffer): Buffer {
  const udp = udpHeader(sourcePort, port, payload);
  const header = Buffer.from('450000000000400040110000', 'hex');
  header.writeUInt16BE(20 + udp.length, 2);
  const whole = Buffer.concat([header, ipBytes(from), ipBytes(to)]);
  whole.writeUInt16BE(checksum(whole), 10);
  return Buffer.concat([whole, udp]);
}

/** An IPv6 packet with UDP. */
export function udp6(from: string, to: string, sourcePort: number, port: number, payload: Buffer): Buffer {
  const udp = udpHeader(sourcePort, port, payload);
  udp.writeUInt16BE(checksumOf6(from, to, 17, udp) || 0xffff, 6);
  return packet6(from, to, 17, udp);
}

function udpHeader(sourcePort: number, port: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  for (const [index, value] of [sourcePort, port, 8 + payload.length].entries()) header.writeUInt16BE(value, 2 * index);
  return Buffer.concat([header, payload]);
}

/** An ICMPv6 message of some type to all nodes, behind another header if that is asked for. */
export function icmpv6(from: string, type: number, payload: Buffer, behind?: 'options' | 'fragment'): Buffer {
  const all = 'ff02::1';
  const message = signed6(from, all, Buffer.concat([Buffer.from([type, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0]), payload]));
  if (behind === undefined) return packet6(from, all, 58, message);
  // Destination options with padding, or the first (and only) of all fragments.
  const [header, next] = behind === 'options' ? ['3a00010400000000', 60] : ['3a00000000000001', 44];
  return packet6(from, all, next as number, Buffer.concat([Buffer.from(header as string, 'hex'), message]));
}

/** "I have `target`", to all nodes. */
export function neighborAdvertisement(from: string, target: string, payload: Buffer): Buffer {
  const head = Buffer.concat([Buffer.from([136, 0, 0, 0, 0x20, 0, 0, 0]), ipBytes(target)]);
  return packet6(from, 'ff02::1', 58, signed6(from, 'ff02::1', Buffer.concat([head, payload])));
}

/** "Send what is for 2001:db8::1 to me." */
export function redirect(from: string, to: string, payload: Buffer): Buffer {
  const head = Buffer.concat([Buffer.from([137, 0, 0, 0, 0, 0, 0, 0]), ipBytes(from), ipBytes('2001:db8::1')]);
  return packet6(from, to, 58, signed6(from, to, Buffer.concat([head, payload])));
}

/** What stands in a UDP packet of VXLAN (RFC 7348, section 5). */
export function vxlan(vxid: number, inner: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(8, 0);
  header.writeUInt32BE(vxid * 256, 4);
  return Buffer.concat([header, inner]);
}

function packet6(from: string, to: string, next: number, payload: Buffer): Buffer {
  const header = Buffer.from([0x60, 0, 0, 0, payload.length >> 8, payload.length & 255, next, 255]);
  return Buffer.concat([header, ipBytes(from), ipBytes(to), payload]);
}

function signed6(from: string, to: string, message: Buffer): Buffer {
  message.writeUInt16BE(checksumOf6(from, to, 58, message), 2);
  return message;
}

function checksumOf6(from: string, to: string, next: number, payload: Buffer): number {
  const length = Buffer.from([0, 0, payload.length >> 8, payload.length & 255, 0, 0, 0, next]);
  return checksum(Buffer.concat([ipBytes(from), ipBytes(to), length, payload]));
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
  let sum = 0;
  for (let at = 0; at < even.length; at += 2) sum += even.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

function ipBytes(text: string): Buffer {
  const ip = parseIp(text);
  if (ip === null) throw new Error(`${text} is no address`);
  return Buffer.from(ip.value.toString(16).padStart(ip.family === 4 ? 8 : 32, '0'), 'hex');
}

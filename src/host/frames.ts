/** Frames of Ethernet by which a segment is asked who is there: probes of ARP (RFC 5227) and of DHCP (RFC 2131), as bytes. No I/O. */

/** A probe of ARP asks for no address of its own, so nobody notes a neighbour because of it. */
export function arpProbe(source: string, ip: string): Buffer {
  const body = Buffer.concat([Buffer.from('0001080006040001', 'hex'), macBytes(source), Buffer.alloc(4), Buffer.alloc(6), ipBytes(ip)]);
  return frame(BROADCAST, source, ARP, body);
}

/** What a guest without an address asks; who serves it offers one, and gives nothing away. `xid` tells its answer from others. */
export function dhcpDiscover(source: string, guest: string, xid: number): Buffer {
  const fixed = Buffer.alloc(236);
  fixed.set([1, 1, 6, 0]);
  fixed.writeUInt32BE(xid, 4);
  fixed.writeUInt16BE(0x8000, 10);
  fixed.set(macBytes(guest), 28);
  // The cookie, message type 1, client id, the end.
  const options = Buffer.concat([Buffer.from('63825363350101', 'hex'), Buffer.from([61, 7, 1]), macBytes(guest), Buffer.from([255]), Buffer.alloc(50)]);
  const payload = Buffer.concat([fixed, options]);
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(68, 0);
  udp.writeUInt16BE(67, 2);
  udp.writeUInt16BE(8 + payload.length, 4);
  const ip = ipHeader('0.0.0.0', '255.255.255.255', 17, udp.length + payload.length);
  return frame(BROADCAST, source, IPV4, Buffer.concat([ip, udp, payload]));
}

/** An echo from a guest's address to a router's: the answer comes to the guest by the way that all of its traffic takes, and means nothing to it. */
export function echoAs(source: string, guest: string, router: { readonly mac: string; readonly ip: string }, id: number): Buffer {
  const icmp = Buffer.alloc(64);
  icmp[0] = 8;
  icmp.writeUInt32BE(id, 4);
  icmp.write('netloom doctor', 8);
  icmp.writeUInt16BE(checksum(icmp), 2);
  return frame(router.mac, source, IPV4, Buffer.concat([ipHeader(guest, router.ip, 1, icmp.length), icmp]));
}

/** What a frame answers; null for all that is no answer to one of ours. */
export type Answer =
  | { readonly to: 'arp'; readonly ip: string; readonly mac: string; readonly asker: string }
  | { readonly to: 'dhcp'; readonly xid: number; readonly from: string }
  | { readonly to: 'echo'; readonly id: number; readonly ip: string; readonly from: string };

export function answerOf(bytes: Buffer): Answer | null {
  const type = bytes.length < 42 ? 0 : bytes.readUInt16BE(12);
  if (type === ARP) return arpAnswer(bytes);
  if (type !== IPV4) return null;
  return bytes[23] === 1 ? echoAnswer(bytes) : dhcpAnswer(bytes);
}

function arpAnswer(bytes: Buffer): Answer | null {
  if (bytes.readUInt16BE(20) !== 2) return null;
  return { to: 'arp', ip: ipText(bytes, 28), mac: macText(bytes, 22), asker: macText(bytes, 32) };
}

function echoAnswer(bytes: Buffer): Answer | null {
  const icmp = 14 + 4 * ((bytes[14] as number) & 0xf);
  if (bytes[icmp] !== 0 || bytes.length < icmp + 8) return null;
  return { to: 'echo', id: bytes.readUInt32BE(icmp + 4), ip: ipText(bytes, 26), from: macText(bytes, 6) };
}

function dhcpAnswer(bytes: Buffer): Answer | null {
  const udp = 14 + 4 * ((bytes[14] as number) & 0xf);
  const dhcp = udp + 8;
  if (bytes[23] !== 17 || bytes.length < dhcp + 240 || bytes.readUInt16BE(udp) !== 67 || bytes[dhcp] !== 2) return null;
  return { to: 'dhcp', xid: bytes.readUInt32BE(dhcp + 4), from: macText(bytes, 6) };
}

/**
 * A classic BPF program that lets through answers of ARP and echoes, and UDP from port 67: whoever listens to all links of a busy
 * node is woken by nothing else.
 */
export const ANSWERS_ONLY: Buffer = program([
  [0x28, 0, 0, 12], // A = ethertype
  [0x15, 0, 2, 0x0806],
  [0x28, 0, 0, 20], // A = opcode of ARP
  [0x15, 11, 12, 2],
  [0x15, 0, 11, 0x0800],
  [0x28, 0, 0, 20], // A = place of the fragment
  [0x45, 9, 0, 0x1fff],
  [0xb1, 0, 0, 14], // X = length of the header
  [0x30, 0, 0, 23], // A = protocol of IPv4
  [0x15, 0, 2, 1],
  [0x50, 0, 0, 14], // A = type of ICMP
  [0x15, 3, 4, 0],
  [0x15, 0, 3, 17],
  [0x48, 0, 0, 14], // A = source port
  [0x15, 0, 1, 67],
  [0x06, 0, 0, 0xffff],
  [0x06, 0, 0, 0],
]);

function program(instructions: readonly (readonly [code: number, yes: number, no: number, k: number])[]): Buffer {
  return Buffer.concat(
    instructions.map(([code, yes, no, k]) => {
      const bytes = new ArrayBuffer(8);
      new Uint16Array(bytes, 0, 1)[0] = code;
      new Uint8Array(bytes).set([yes, no], 2);
      new Uint32Array(bytes, 4, 1)[0] = k;
      return Buffer.from(bytes);
    }),
  );
}

const ARP = 0x0806;
const IPV4 = 0x0800;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

function frame(to: string, from: string, type: number, body: Buffer): Buffer {
  const head = Buffer.concat([macBytes(to), macBytes(from), Buffer.from([type >> 8, type & 255])]);
  return Buffer.concat([head, body, Buffer.alloc(Math.max(0, 46 - body.length))]);
}

function ipHeader(from: string, to: string, protocol: number, length: number): Buffer {
  const header = Buffer.from('4500000000000000400000000000000000000000', 'hex');
  header.writeUInt16BE(header.length + length, 2);
  header[9] = protocol;
  header.set(ipBytes(from), 12);
  header.set(ipBytes(to), 16);
  header.writeUInt16BE(checksum(header), 10);
  return header;
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

function macText(bytes: Buffer, at: number): string {
  return (bytes.toString('hex', at, at + 6).match(/../g) ?? []).join(':');
}

function ipBytes(ip: string): Buffer {
  return Buffer.from(ip.split('.').map(Number));
}

function ipText(bytes: Buffer, at: number): string {
  return [...bytes.subarray(at, at + 4)].join('.');
}

function checksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Frames as bytes, honest and forged. */

/** An Ethernet frame. `type` is the EtherType; VLAN tags go into the payload of type 0x8100. */
export function frame(to: string, from: string, type: number, payload: Buffer): Buffer {
  const mac = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');
  return Buffer.concat([mac(to), mac(from), Buffer.from([type >> 8, type & 255]), payload]);
}

/** A frame with a VLAN tag put behind its addresses; id 0 is a priority tag, which is no VLAN at all. */
export function tagged(inner: Buffer, vlan: number): Buffer {
  return Buffer.concat([inner.subarray(0, 12), Buffer.from([0x81, 0x00, vlan >> 8, vlan & 255]), inner.subarray(12)]);
}

/** An IPv4 header for a payload of 16 bytes, shorter ones are padded by Ethernet; protocol 253, for experiments (RFC 3692). */
export function ipv4(from: string, to: string): Buffer {
  const header = Buffer.from('450000240000400040fd0000', 'hex');
  const whole = Buffer.concat([header, ip(from), ip(to)]);
  whole.writeUInt16BE(checksum(whole), 10);
  return whole;
}

/** An IPv6 packet: ICMPv6 type 134 from the guest's link-local address, with a prefix to make an address of. */
export function routerAdvertisement(mac: string, mark: Buffer): Buffer {
  const [a = 0, ...rest] = Buffer.from(mac.replaceAll(':', ''), 'hex');
  const source = Buffer.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)]);
  const all = Buffer.from('ff020000000000000000000000000001', 'hex');
  const prefix = Buffer.concat([Buffer.from('030440c0ffffffffffffffff00000000', 'hex'), Buffer.from('fd77', 'hex'), mark, Buffer.alloc(6)]);
  const icmp = Buffer.concat([Buffer.from('86000000400007080000000000000000', 'hex'), prefix]);
  const pseudo = Buffer.concat([source, all, Buffer.from([0, 0, 0, icmp.length, 0, 0, 0, 58]), icmp]);
  icmp.writeUInt16BE(checksum(pseudo), 2);
  return Buffer.concat([Buffer.from([0x60, 0, 0, 0, 0, icmp.length, 58, 255]), source, all, icmp]);
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/** An ARP reply that says that `address` is at `mac`. */
export function arpReply(mac: string, address: string, asker: string): Buffer {
  const hardware = Buffer.from(mac.replaceAll(':', ''), 'hex');
  return Buffer.concat([Buffer.from('0001080006040002', 'hex'), hardware, ip(address), Buffer.alloc(6, 255), ip(asker)]);
}

/** RARP (RFC 903) about a MAC, without addresses: 3 asks, 4 answers. */
export function reverse(operation: 3 | 4, mac: string): Buffer {
  const hardware = Buffer.from(mac.replaceAll(':', ''), 'hex');
  return Buffer.concat([Buffer.from([0, 1, 8, 0, 6, 4, 0, operation]), hardware, Buffer.alloc(4), hardware, Buffer.alloc(4)]);
}

function ip(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number));
}

/** Ethernet addresses: lower case with colons everywhere inside netloom. */

/** Lower case with colons; accepts upper case and dashes. Null when it is no MAC of six bytes. */
export function canonicalMac(text: string): string | null {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) && !/^[0-9a-f]{2}(-[0-9a-f]{2}){5}$/i.test(text)) return null;
  return text.toLowerCase().replaceAll('-', ':');
}

/** True when the first byte's lowest bit is clear: the address of one device, not of a group. */
export function isUnicast(mac: string): boolean {
  return (firstByte(mac) & 1) === 0;
}

/** True when the address was not given by a vendor: the second lowest bit of the first byte is set. */
export function isLocal(mac: string): boolean {
  return (firstByte(mac) & 2) === 2;
}

/** Colon form of bytes: `[2, 3]` gives `02:03`. */
export function macText(bytes: Iterable<number>): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(':');
}

/**
 * True for MACs that netloom derives for its own ends and that no guest may have: `02:01` pool addresses, `02:02` routers,
 * `02:03` bridges, `02:04` links, and `fe:` near ends of attachments (libvirt uses the same byte for its own).
 */
export function isReservedMac(mac: string): boolean {
  return /^(02:0[1-4]:|fe:)/.test(mac);
}

function firstByte(mac: string): number {
  return Number.parseInt(mac.slice(0, 2), 16);
}

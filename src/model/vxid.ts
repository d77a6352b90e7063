/** VXLAN network identifiers: 24 bits, 0 is not given out (RFC 7348, section 5). Written decimal or `0x` hexadecimal. */

export const VXID_MIN = 1;
export const VXID_MAX = 0xffffff;

/** The number of `14823439`, `'14823439'` or `'0xe2300f'`, in range or not; null when it is no whole number. */
export function parseVxid(text: number | string): number | null {
  if (typeof text === 'number') return Number.isInteger(text) ? text : null;
  return /^(0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(text) ? Number(text) : null;
}

/** True for 1..16777215. */
export function isVxid(vxid: number): boolean {
  return Number.isInteger(vxid) && vxid >= VXID_MIN && vxid <= VXID_MAX;
}

/** Lower-case hexadecimal without prefix and padding, as kernel names carry it: 2 gives `2`, 14823439 gives `e2300f`. */
export function hex(vxid: number): string {
  return vxid.toString(16);
}

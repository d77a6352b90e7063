/** Names for what has none in the kernel, the same on every node for the same network. */
import { hex } from '../model/vxid.ts';

/** `net-64`: by the vxid, since a device's name may be another on each node. */
export function networkName(vxid: number): string {
  return `net-${hex(vxid)}`;
}

/** A DNS label out of any text; '' where nothing is left. */
export function label(text: string): string {
  const words = text
    .toLowerCase()
    .split(/[^a-z0-9]/)
    .filter(word => word !== '');
  const clean = words.join('-').slice(0, 63);
  return clean.endsWith('-') ? clean.slice(0, -1) : clean;
}

/** Gives each name once: the second `web` is `web-2`. */
export function namer(taken: Iterable<string>): (wanted: string) => string {
  const used = new Set(taken);
  return wanted => {
    let name = wanted;
    for (let n = 2; used.has(name); n++) name = `${wanted.slice(0, 58)}-${n}`;
    used.add(name);
    return name;
  };
}

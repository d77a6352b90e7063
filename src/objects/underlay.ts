/** The nodes by their underlay addresses: which of them lie in a prefix. */
import { type Cidr, ipFamily, ipToBigInt } from '../model/ip.ts';
import type { Catalog, NodeDef } from './object.ts';
import { firstAtLeast } from './ranges.ts';

/** Sorted by value; addresses of two families are told apart by `family`. */
export type Underlay = readonly { readonly node: NodeDef; readonly family: number | null; readonly value: bigint }[];

export function underlayAddresses(nodes: Catalog['nodes']): Underlay {
  return [...nodes.values()]
    .map(node => ({ node, family: ipFamily(node.spec.underlay.address), value: ipToBigInt(node.spec.underlay.address) }))
    .sort((a, b) => (a.value < b.value ? -1 : Number(a.value > b.value)));
}

/** The first node whose underlay address lies in the prefix and is not excused; null when none does. */
export function firstInside(cidr: Cidr, underlay: Underlay, excused: (node: NodeDef) => boolean = () => false): NodeDef | null {
  for (let i = firstAtLeast(underlay, cidr.first); i < underlay.length; i += 1) {
    const found = underlay[i];
    if (found === undefined || found.value > cidr.last || found.family !== cidr.family) return null;
    if (!excused(found.node)) return found.node;
  }
  return null;
}

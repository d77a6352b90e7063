/** A drawing as nested groups of boxes: what the two text formats print. */
import type { Box, Column, Drawing } from './drawing.ts';

/** A box with boxes in it (a node, a namespace), or without. */
export interface Group {
  readonly box: Box;
  readonly inside: readonly Group[];
}

/** Nodes with what is in them, what is on no node, and the wire. */
export function outlineOf({ columns, aside, wire }: Drawing): readonly Group[] {
  return [...columns.map(columnGroup), ...[...aside, ...(columns.length === 0 ? [] : [wire])].map(leaf)];
}

/** All boxes, the groups' own included, in the order of the outline. */
export function boxesOf(groups: readonly Group[]): readonly Box[] {
  return groups.flatMap(({ box, inside }) => [box, ...boxesOf(inside)]);
}

/** The lines of a box, its mark last. */
export function linesOf({ title, lines, mark }: Box): readonly string[] {
  return [title, ...lines, ...(mark === undefined ? [] : [`! ${mark}`])];
}

const leaf = (box: Box): Group => ({ box, inside: [] });

function columnGroup({ node, exits, lanes, stack, underlay }: Column): Group {
  const ways = exits.flatMap(({ outside, card, bridge }) => [outside, ...(card === undefined ? [] : [card]), bridge]).map(leaf);
  const networks = lanes.flatMap(({ guests, router, bridge, tunnel }) => {
    const pairs = router === null ? [] : [...router.outside, ...router.inside];
    const frame = router === null ? [] : [{ box: router.frame, inside: pairs.map(({ inner }) => leaf(inner)) }];
    const plugged = guests.flatMap(({ guest, device }) => [guest, ...(device === null ? [] : [device])]);
    return [...frame, ...[...pairs.map(({ outer }) => outer), ...plugged, bridge, ...(tunnel === null ? [] : [tunnel])].map(leaf)];
  });
  return { box: node, inside: [...ways, ...networks, ...stack.map(leaf), leaf(underlay)] };
}

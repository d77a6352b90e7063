/**
 * What a picture shows, before any format: nodes as columns between the outside (above) and the underlay (below), and the boxes in
 * them. Texts are as they were found: each printer makes them harmless for its own format.
 */

/** What a box stands for; printers give each its looks. */
export type Role = 'outside' | 'card' | 'bridge' | 'port' | 'router' | 'guest' | 'network' | 'tunnel' | 'underlay';

export interface Box {
  /** Unique in a drawing, the same for the same thing in each drawing: `n1/br-vxlan-2`. */
  readonly id: string;
  readonly role: Role;
  readonly title: string;
  readonly lines: readonly string[];
  /** What is not as defined, and why; absent when all is well. */
  readonly mark?: string;
}

/** A veth pair of a router: the outer end is a port of a bridge of the node, the inner end is in the namespace. */
export interface Pair {
  readonly outer: Box;
  readonly inner: Box;
  /** Id of the bridge that the outer end is in. */
  readonly bridge: string;
}

export interface Router {
  readonly frame: Box;
  /** To the network's own bridge. */
  readonly inside: readonly Pair[];
  /** To the outside. */
  readonly outside: readonly Pair[];
}

export interface Guest {
  readonly guest: Box;
  /** Its port in the bridge; null where there is none yet. */
  readonly device: Box | null;
}

/** One network on one node. */
export interface Lane {
  readonly guests: readonly Guest[];
  readonly router: Router | null;
  readonly bridge: Box;
  /** Null where nothing has been made or asked for yet. */
  readonly tunnel: Box | null;
}

/** One way out of a node: addresses of the outside, the card, the bridge that they are on. */
export interface Exit {
  readonly outside: Box;
  /** Absent where the machine's own bridge is the way out. */
  readonly card?: Box;
  readonly bridge: Box;
}

export interface Column {
  /** The node's. */
  readonly name: string;
  readonly node: Box;
  readonly exits: readonly Exit[];
  readonly lanes: readonly Lane[];
  /** Networks, where each is one box only. */
  readonly stack: readonly Box[];
  readonly underlay: Box;
}

export interface Drawing {
  readonly title: string;
  /** Sentences for who cannot see the picture, and for who wonders how old it is. */
  readonly about: readonly string[];
  readonly wire: Box;
  readonly columns: readonly Column[];
  /** What belongs to the picture and is on no node of it. */
  readonly aside: readonly Box[];
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
}

/** What is plugged into what, from the outside down to the wire. */
export function edgesOf({ columns, wire }: Drawing): readonly Edge[] {
  return columns.flatMap(column => [
    ...column.exits.flatMap(exitEdges),
    ...column.lanes.flatMap(lane => laneEdges(lane, column.underlay)),
    { from: column.underlay.id, to: wire.id },
  ]);
}

function exitEdges({ outside, card, bridge }: Exit): readonly Edge[] {
  if (card === undefined) return [{ from: outside.id, to: bridge.id }];
  return [
    { from: outside.id, to: card.id },
    { from: card.id, to: bridge.id },
  ];
}

function laneEdges({ guests, router, bridge, tunnel }: Lane, underlay: Box): readonly Edge[] {
  const out = (router?.outside ?? []).flatMap(pair => [
    { from: pair.bridge, to: pair.outer.id },
    { from: pair.outer.id, to: pair.inner.id },
  ]);
  const inside = (router?.inside ?? []).flatMap(pair => [
    { from: pair.inner.id, to: pair.outer.id },
    { from: pair.outer.id, to: bridge.id },
  ]);
  const plugged = guests.flatMap(({ guest, device }) =>
    device === null
      ? []
      : [
          { from: guest.id, to: device.id },
          { from: device.id, to: bridge.id },
        ],
  );
  const down =
    tunnel === null
      ? []
      : [
          { from: bridge.id, to: tunnel.id },
          { from: tunnel.id, to: underlay.id },
        ];
  return [...out, ...inside, ...plugged, ...down];
}

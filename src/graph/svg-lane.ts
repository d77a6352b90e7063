/** Places of one network on one node: router and guests above the bridge, the tunnel below it. */
import type { Guest, Lane, Pair, Router } from './drawing.ts';
import { across, DROP, GAP, joined, most, PAD, type Path, type Picture, type Placed, sizeOf } from './svg-picture.ts';

/** Heights that all lanes of a band have in common. */
export interface LaneHeights {
  readonly body: number;
  readonly bridge: number;
  readonly tunnel: number;
}

/** What a lane needs. */
export function laneSize(lane: Lane): LaneHeights & { readonly w: number } {
  const grid = gridOf(lane.guests);
  const router = lane.router === null ? null : routerSize(lane.router);
  const parts = [...(router === null ? [] : [router.w]), ...(grid.w === 0 ? [] : [grid.w])];
  const bridge = sizeOf(lane.bridge);
  const tunnel = lane.tunnel === null ? { w: 0, h: 0 } : sizeOf(lane.tunnel);
  return { w: most(across(parts), bridge.w, tunnel.w), body: most(grid.h, router?.h ?? 0), bridge: bridge.h, tunnel: tunnel.h };
}

/**
 * Places a lane.
 *
 * @param at  x and width; y is the top of the body
 * @param to  by the id of an egress bridge, where a line to it ends: given the x that it comes from
 */
export function placeLane(lane: Lane, at: { x: number; y: number; w: number }, heights: LaneHeights, to: (bridge: string, x: number) => Path): Picture {
  const bottom = at.y + heights.body;
  const bridge: Placed = { box: lane.bridge, x: at.x, y: bottom + DROP, w: at.w, h: heights.bridge };
  const router = lane.router === null ? { w: 0, h: 0 } : routerSize(lane.router);
  const left = lane.router === null ? at.x : at.x + router.w + GAP;
  return joined(
    { frames: [], boxes: [bridge], paths: [] },
    ...(lane.router === null ? [] : [placeRouter(lane.router, at.x, bottom, to)]),
    placeGuests(lane.guests, left, bottom),
    placeTunnel(lane, bridge, heights),
  );
}

function placeTunnel({ tunnel }: Lane, bridge: Placed, heights: LaneHeights): Picture {
  if (tunnel === null) return { frames: [], boxes: [], paths: [] };
  const { w, h } = sizeOf(tunnel);
  const y = bridge.y + bridge.h + DROP;
  const x = bridge.x + (bridge.w - w) / 2;
  const centre = x + w / 2;
  const down: Path = [
    [centre, y + h],
    [centre, y + heights.tunnel + DROP],
  ];
  return {
    frames: [],
    boxes: [{ box: tunnel, x, y, w, h }],
    paths: [
      [
        [centre, y - DROP],
        [centre, y],
      ],
      down,
    ],
  };
}

const pairWidth = ({ outer, inner }: Pair): number => most(sizeOf(outer).w, sizeOf(inner).w);
const tallest = (pairs: readonly Pair[], end: 'outer' | 'inner'): number => most(...pairs.map(pair => sizeOf(pair[end]).h));

function routerSize({ frame, inside, outside }: Router): { readonly w: number; readonly h: number; readonly frameH: number } {
  const text = sizeOf(frame);
  const inner = [tallest(outside, 'inner'), text.h, tallest(inside, 'inner')].filter(height => height > 0);
  const frameH = inner.reduce((sum, height) => sum + height, 0) + PAD * (inner.length + 1);
  const ends = [tallest(outside, 'outer'), tallest(inside, 'outer')].filter(height => height > 0);
  const w = most(across(outside.map(pairWidth)), across(inside.map(pairWidth)), text.w) + 2 * PAD;
  return { w, h: frameH + ends.reduce((sum, height) => sum + height + DROP, 0), frameH };
}

function placeRouter(router: Router, x: number, bottom: number, to: (bridge: string, x: number) => Path): Picture {
  const { w, frameH } = routerSize(router);
  const feet = tallest(router.inside, 'outer');
  const top = bottom - (feet === 0 ? 0 : feet + DROP) - frameH;
  const heads = tallest(router.outside, 'inner');
  const text = sizeOf(router.frame);
  const textY = top + PAD + (heads === 0 ? 0 : heads + PAD);
  // The frame's own text is a box without looks, so that it can stand between the ends.
  const frame: Placed = { box: { ...router.frame, title: '', lines: [] }, x, y: top, w, h: frameH };
  const words: Placed = { box: { ...router.frame, id: `${router.frame.id} words` }, x: x + (w - text.w) / 2, y: textY, w: text.w, h: text.h };
  const upper = placePairs(router.outside, x + PAD, (pair, centre) => {
    const [inner, outer] = [sizeOf(pair.inner), sizeOf(pair.outer)];
    const y = top - DROP - outer.h;
    return {
      boxes: [placed(pair.inner, centre, top + PAD, inner), placed(pair.outer, centre, y, outer)],
      paths: [
        [
          [centre, y + outer.h],
          [centre, top + PAD],
        ],
        [[centre, y], ...to(pair.bridge, centre)],
      ],
    };
  });
  const lower = placePairs(router.inside, x + PAD, (pair, centre) => {
    const [inner, outer] = [sizeOf(pair.inner), sizeOf(pair.outer)];
    const innerY = top + frameH - PAD - inner.h;
    return {
      boxes: [placed(pair.inner, centre, innerY, inner), placed(pair.outer, centre, bottom - outer.h, outer)],
      paths: [
        [
          [centre, innerY + inner.h],
          [centre, bottom - outer.h],
        ],
        [
          [centre, bottom],
          [centre, bottom + DROP],
        ],
      ],
    };
  });
  return joined({ frames: [frame], boxes: [words], paths: [] }, upper, lower);
}

function placed(box: Placed['box'], centre: number, y: number, { w, h }: { readonly w: number; readonly h: number }): Placed {
  return { box, x: centre - w / 2, y, w, h };
}

function placePairs(pairs: readonly Pair[], left: number, place: (pair: Pair, centre: number) => Omit<Picture, 'frames'>): Picture {
  let x = left;
  const found = pairs.map(pair => {
    const centre = x + pairWidth(pair) / 2;
    x += pairWidth(pair) + GAP;
    return { frames: [], ...place(pair, centre) };
  });
  return joined(...found);
}

/** Guests beside one another, and in rows below one another where they are many. */
function gridOf(guests: readonly Guest[]): {
  readonly columns: number;
  readonly rows: number;
  readonly cell: { w: number; h: number };
  readonly w: number;
  readonly h: number;
} {
  const columns = Math.min(guests.length, Math.max(4, Math.ceil(Math.sqrt(guests.length))));
  const rows = columns === 0 ? 0 : Math.ceil(guests.length / columns);
  const cell = { w: most(...guests.flatMap(guestWidths)), h: most(...guests.map(guestHeight)) };
  return {
    columns,
    rows,
    cell,
    w: columns === 0 ? 0 : columns * (cell.w + GAP) - GAP + (rows > 1 ? GAP : 0),
    h: rows * (cell.h + DROP) - (rows === 0 ? 0 : DROP),
  };
}

const guestWidths = ({ guest, device }: Guest): readonly number[] => [sizeOf(guest).w, ...(device === null ? [] : [sizeOf(device).w])];
const guestHeight = ({ guest, device }: Guest): number => sizeOf(guest).h + (device === null ? 0 : PAD + sizeOf(device).h);

function placeGuests(guests: readonly Guest[], left: number, bottom: number): Picture {
  const { columns, rows, cell, h } = gridOf(guests);
  const isGrid = rows > 1;
  return joined(
    ...guests.map((each, nth): Picture => {
      const x = left + (isGrid ? GAP : 0) + (nth % columns) * (cell.w + GAP);
      const y = isGrid ? bottom - h + Math.floor(nth / columns) * (cell.h + DROP) : bottom - guestHeight(each);
      return placeGuest(each, { x, y, w: cell.w }, centre => (isGrid ? [x - GAP / 2, bottom + DROP] : [centre, bottom + DROP]));
    }),
  );
}

// In a grid the way down is a trunk at the left of the column; else it is straight.
function placeGuest({ guest, device }: Guest, { x, y, w }: { x: number; y: number; w: number }, end: (centre: number) => readonly [number, number]): Picture {
  const size = sizeOf(guest);
  const boxes: Placed[] = [{ box: guest, x, y, w, h: size.h }];
  if (device === null) return { frames: [], boxes, paths: [] };
  const port = sizeOf(device);
  const centre = x + w / 2;
  const top = y + size.h + PAD;
  const [toX, toY] = end(centre);
  const way: Path =
    toX === centre
      ? [
          [centre, top + port.h],
          [toX, toY],
        ]
      : [
          [centre - port.w / 2, top + port.h / 2],
          [toX, top + port.h / 2],
          [toX, toY],
        ];
  return {
    frames: [],
    boxes: [...boxes, placed(device, centre, top, port)],
    paths: [
      [
        [centre, top - PAD],
        [centre, top],
      ],
      way,
    ],
  };
}

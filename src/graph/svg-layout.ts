/** Places of a whole drawing: nodes as columns in bands, each band on its own stretch of the wire. */
import type { Box, Column, Drawing, Exit } from './drawing.ts';
import { type LaneHeights, laneSize, placeLane } from './svg-lane.ts';
import { across, DROP, GAP, joined, LINE, most, PAD, type Path, type Picture, type Placed, sizeOf } from './svg-picture.ts';

/** A band may be that wide whatever is in it. */
const WIDEST = 1600;
const MARGIN = 24;

export interface Layout extends Picture {
  readonly w: number;
  readonly h: number;
  /** Stretches of the wire, and what connects them. */
  readonly wires: readonly Path[];
}

interface Heights extends LaneHeights {
  readonly head: number;
  readonly exits: number;
  readonly stack: number;
  readonly underlay: number;
}

export function layOut(drawing: Drawing): Layout {
  const { columns, wire, aside } = drawing;
  let y = MARGIN + LINE * (drawing.about.length + 2);
  const pictures: Picture[] = [];
  const wires: { readonly y: number; readonly w: number }[] = [];
  for (const band of bandsOf(columns)) {
    const placed = placeBand(band, y);
    pictures.push(placed.picture);
    wires.push({ y: placed.y + DROP, w: placed.w });
    y = placed.y + 2 * DROP + GAP;
  }
  const words = sizeOf(wire);
  if (columns.length > 0) {
    pictures.push({ frames: [], boxes: [{ box: wire, x: MARGIN, y: y - GAP - DROP / 2, ...words }], paths: [] });
    y += words.h;
  }
  const beside = placeAside(aside, y);
  pictures.push(beside.picture);
  const picture = joined(...pictures);
  const right = Math.max(...[...picture.frames, ...picture.boxes].map(({ x, w }) => x + w), MARGIN);
  return { ...picture, w: Math.ceil(Math.max(right, ...wires.map(({ w }) => w)) + MARGIN), h: Math.ceil(beside.y + MARGIN), wires: wirePaths(wires) };
}

function wirePaths(wires: readonly { readonly y: number; readonly w: number }[]): readonly Path[] {
  const x = MARGIN / 2;
  const stretches = wires.map(
    ({ y, w }): Path => [
      [wires.length > 1 ? x : MARGIN, y],
      [w, y],
    ],
  );
  const [first, last] = [wires[0], wires.at(-1)];
  return first === undefined || last === undefined || first === last
    ? stretches
    : [
        ...stretches,
        [
          [x, first.y],
          [x, last.y],
        ],
      ];
}

/** Columns from the left, as many in a band as fit; many large nodes make a page, neither a ribbon nor a tower. */
function bandsOf(columns: readonly Column[]): readonly (readonly Column[])[] {
  const bands: Column[][] = [];
  const sizes = columns.map(columnSize);
  const tallest = most(...sizes.map(size => size.head + size.exits + size.body + size.bridge + size.tunnel + size.stack + size.underlay));
  const widest = Math.max(WIDEST, Math.sqrt(across(sizes.map(({ w }) => w)) * tallest * 1.5));
  let used = widest;
  for (const [nth, column] of columns.entries()) {
    const w = sizes[nth]?.w ?? 0;
    if (used + GAP + w > widest) {
      bands.push([]);
      used = 0;
    }
    bands.at(-1)?.push(column);
    used += w + GAP;
  }
  return bands;
}

const exitSize = ({ outside, card, bridge }: Exit): { readonly w: number; readonly h: number } => {
  const parts = [outside, ...(card === undefined ? [] : [card]), bridge].map(sizeOf);
  return { w: most(...parts.map(({ w }) => w)), h: parts.reduce((sum, { h }) => sum + h + DROP, 0) };
};

function columnSize(column: Column): Heights & { readonly w: number } {
  const lanes = column.lanes.map(laneSize);
  const exits = column.exits.map(exitSize);
  const stack = column.stack.map(sizeOf);
  const [head, underlay] = [sizeOf(column.node), sizeOf(column.underlay)];
  return {
    w: most(head.w, underlay.w, across(exits.map(({ w }) => w)), across(lanes.map(({ w }) => w)), ...stack.map(({ w }) => w)) + 2 * PAD,
    head: head.h,
    exits: most(...exits.map(({ h }) => h)),
    body: most(...lanes.map(({ body }) => body)),
    bridge: most(...lanes.map(({ bridge }) => bridge)),
    tunnel: most(...lanes.map(({ tunnel }) => tunnel)),
    stack: stack.reduce((sum, { h }) => sum + h + PAD, 0),
    underlay: underlay.h,
  };
}

function placeBand(columns: readonly Column[], top: number): { readonly picture: Picture; readonly y: number; readonly w: number } {
  const sizes = columns.map(columnSize);
  const tall = (key: keyof Heights): number => most(...sizes.map(size => size[key]));
  const heights: Heights = {
    head: tall('head'),
    exits: tall('exits'),
    body: tall('body'),
    bridge: tall('bridge'),
    tunnel: tall('tunnel'),
    stack: tall('stack'),
    underlay: tall('underlay'),
  };
  let x = MARGIN;
  const pictures = columns.map((column, nth) => {
    const w = sizes[nth]?.w ?? 0;
    const placed = placeColumn(column, { x, y: top, w }, heights);
    x += w + GAP;
    return placed;
  });
  return { picture: joined(...pictures.map(({ picture }) => picture)), y: Math.max(...pictures.map(({ y }) => y)), w: x - GAP };
}

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly w: number;
}

function placeColumn(column: Column, at: Rectangle, heights: Heights): { readonly picture: Picture; readonly y: number } {
  const inner = { x: at.x + PAD, w: at.w - 2 * PAD };
  const exitsY = at.y + heights.head + PAD;
  const exits = placeExits(column.exits, { ...inner, y: exitsY });
  const bodyY = exitsY + heights.exits;
  const ends = new Map(exits.boxes.map(placed => [placed.box.id, placed]));
  const lanes = placeLanes(column, { ...inner, y: bodyY }, heights, (bridge, x) => wayUp(ends.get(bridge), x));
  const hasLanes = heights.bridge > 0;
  const stackY = bodyY + (hasLanes ? heights.body + heights.bridge + heights.tunnel + 3 * DROP : 0);
  const stack = placeStack(column.stack, { ...inner, y: stackY });
  const underlay: Placed = { box: column.underlay, ...inner, y: stackY + heights.stack, h: heights.underlay };
  const bottom = underlay.y + underlay.h + PAD;
  const frame: Placed = { box: column.node, x: at.x, y: at.y, w: at.w, h: bottom - at.y };
  const centre = at.x + at.w / 2;
  const down: Path = [
    [centre, bottom - PAD],
    [centre, bottom + DROP],
  ];
  return { picture: joined({ frames: [frame], boxes: [underlay], paths: [down] }, exits, lanes, { frames: [], boxes: stack, paths: [] }), y: bottom };
}

// Straight up where the bridge is above, else across in the gap below it.
function wayUp(bridge: Placed | undefined, x: number): Path {
  if (bridge === undefined) return [];
  const bottom = bridge.y + bridge.h;
  if (x >= bridge.x && x <= bridge.x + bridge.w) return [[x, bottom]];
  const to = x < bridge.x ? bridge.x + GAP : bridge.x + bridge.w - GAP;
  return [
    [x, bottom + DROP / 2],
    [to, bottom + DROP / 2],
    [to, bottom],
  ];
}

function placeExits(exits: readonly Exit[], at: Rectangle): Picture {
  const w = (at.w - GAP * (exits.length - 1)) / Math.max(1, exits.length);
  return joined(
    ...exits.map(({ outside, card, bridge }, nth): Picture => {
      const x = at.x + nth * (w + GAP);
      const boxes: Placed[] = [];
      const paths: Path[] = [];
      let y = at.y;
      for (const box of [outside, ...(card === undefined ? [] : [card]), bridge]) {
        const { h } = sizeOf(box);
        if (boxes.length > 0)
          paths.push([
            [x + w / 2, y - DROP],
            [x + w / 2, y],
          ]);
        boxes.push({ box, x, y, w, h });
        y += h + DROP;
      }
      return { frames: [], boxes, paths };
    }),
  );
}

function placeLanes({ lanes }: Column, at: Rectangle, heights: Heights, to: (bridge: string, x: number) => Path): Picture {
  const own = lanes.map(lane => laneSize(lane).w);
  const spare = lanes.length === 0 ? 0 : (at.w - across(own)) / lanes.length;
  let x = at.x;
  return joined(
    ...lanes.map((lane, nth) => {
      const w = (own[nth] ?? 0) + spare;
      const placed = placeLane(lane, { x, y: at.y, w }, heights, to);
      x += w + GAP;
      return placed;
    }),
  );
}

function placeStack(boxes: readonly Box[], at: Rectangle): readonly Placed[] {
  let { y } = at;
  return boxes.map(box => {
    const placed = { box, x: at.x, y, w: at.w, h: sizeOf(box).h };
    y += placed.h + PAD;
    return placed;
  });
}

function placeAside(boxes: readonly Box[], top: number): { readonly picture: Picture; readonly y: number } {
  let [x, y, row] = [MARGIN, top, 0];
  const placed = boxes.map((box): Placed => {
    const { w, h } = sizeOf(box);
    if (x > MARGIN && x + w > WIDEST) [x, y, row] = [MARGIN, y + row + GAP, 0];
    const found = { box, x, y, w, h };
    [x, row] = [x + w + GAP, Math.max(row, h)];
    return found;
  });
  return { picture: { frames: [], boxes: placed, paths: [] }, y: y + row };
}

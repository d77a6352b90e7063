/** A picture is legible whatever is in it: boxes do not lie over one another, and lines cross no box that they do not end at. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Box, Column, Drawing, Guest, Lane } from '../../src/graph/drawing.ts';
import { layOut } from '../../src/graph/svg-layout.ts';
import { type Placed, shownLines } from '../../src/graph/svg-picture.ts';
import { catalogOf, viewOf } from '../report/world.ts';
import { drawings } from './scenes.ts';

const inside = (a: Placed, b: Placed): boolean => a.x >= b.x && a.y >= b.y && a.x + a.w <= b.x + b.w && a.y + a.h <= b.y + b.h;
const meet = (a: Placed, b: Placed): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** What is wrong with a picture: one sentence each. */
function faults(drawing: Drawing): readonly string[] {
  const { frames, boxes, w, h, paths } = layOut(drawing);
  const all = [...frames, ...boxes];
  const outside = all.filter(each => each.x < 0 || each.y < 0 || each.x + each.w > w || each.y + each.h > h).map(({ box }) => `${box.id} is outside`);
  const narrow = boxes.filter(each => Math.max(...shownLines(each.box).map(line => line.length)) * 7.2 > each.w).map(({ box }) => `${box.id} is too narrow`);
  const over = boxes.flatMap((a, nth) => boxes.slice(nth + 1).flatMap(b => (meet(a, b) ? [`${a.box.id} over ${b.box.id}`] : [])));
  const cut = frames.flatMap(frame => boxes.flatMap(each => (meet(frame, each) && !inside(each, frame) ? [`${each.box.id} is half in ${frame.box.id}`] : [])));
  const through = paths.flatMap(path =>
    path.slice(1).flatMap(([x, y], nth) => {
      const [fromX, fromY] = path[nth] ?? [x, y];
      const line = { box: null, x: Math.min(x, fromX), y: Math.min(y, fromY), w: Math.abs(x - fromX), h: Math.abs(y - fromY) } as unknown as Placed;
      return boxes.flatMap(each =>
        meet({ ...each, x: each.x + 1, y: each.y + 1, w: each.w - 2, h: each.h - 2 }, line) ? [`a line through ${each.box.id}`] : [],
      );
    }),
  );
  return [...outside, ...narrow, ...over, ...cut, ...through];
}

let count = 0;
const box = (role: Box['role']) =>
  fc.array(fc.string({ maxLength: 60 }), { minLength: 1, maxLength: 5 }).map(([title = '', ...lines]): Box => {
    count += 1;
    return { id: `box ${count}`, role, title, lines };
  });
const guest = fc.record({ guest: box('guest'), device: fc.option(box('port')) }) satisfies fc.Arbitrary<Guest>;
const pair = (bridge: string) => fc.record({ outer: box('port'), inner: box('port'), bridge: fc.constant(bridge) });

const lane = (bridge: string): fc.Arbitrary<Lane> =>
  fc.record({
    guests: fc.array(guest, { maxLength: 12 }),
    router: fc.option(fc.record({ frame: box('router'), inside: fc.array(pair('own'), { maxLength: 1 }), outside: fc.array(pair(bridge), { maxLength: 3 }) })),
    bridge: box('bridge'),
    tunnel: fc.option(box('tunnel')),
  });

const column: fc.Arbitrary<Column> = fc.tuple(box('outside'), fc.option(box('card'), { nil: undefined }), box('bridge')).chain(([outside, card, bridge]) =>
  fc.record({
    name: fc.constant('n'),
    node: box('router'),
    exits: fc.constantFrom([], [{ outside, bridge, ...(card === undefined ? {} : { card }) }]),
    lanes: fc.array(lane(bridge.id), { maxLength: 3 }),
    stack: fc.array(box('network'), { maxLength: 3 }),
    underlay: box('underlay'),
  }),
);

const drawing: fc.Arbitrary<Drawing> = fc.record({
  title: fc.string(),
  about: fc.constant(['One sentence.']),
  wire: box('underlay'),
  columns: fc.array(column, { maxLength: 5 }),
  aside: fc.array(box('guest'), { maxLength: 20 }),
});

test('of random drawings', () => {
  fc.assert(
    fc.property(drawing, picture => {
      expect(faults(picture)).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('of fifty guests on a node', () => {
  const guests = Object.fromEntries(Array.from({ length: 50 }, (_, nth) => [`a/web-${nth}`, { network: 'net', node: nth % 9 === 0 ? 'n2' : 'n1' }]));
  const view = viewOf(catalogOf({ 'a/net': { cidr: '10.0.0.0/24' } }, guests), []);
  const picture = drawings(view).network('a/net');
  expect(faults(picture)).toEqual([]);
  const { w, h } = layOut(picture);
  // Neither a ribbon nor a tower.
  expect(w / h).toBeGreaterThan(0.5);
  expect(w / h).toBeLessThan(3);
});

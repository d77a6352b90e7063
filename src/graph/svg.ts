/** A drawing as an SVG of its own: no script, nothing loaded, legible on light and on dark, told in words to who cannot see it. */
import type { Drawing } from './drawing.ts';
import { boxesOf, linesOf, outlineOf } from './outline.ts';
import { layOut } from './svg-layout.ts';
import { LINE, PAD, type Path, type Placed, shownLines } from './svg-picture.ts';

/** Fill and text of each role, on light and on dark. */
const COLOURS: readonly (readonly [string, string, string])[] = [
  ['guest', '#ddf4ff', '#0c2d4a'],
  ['router', '#f6f8fa', '#161b22'],
  ['bridge', '#dafbe1', '#12351f'],
  ['network', '#dafbe1', '#12351f'],
  ['tunnel', '#fff8c5', '#3a2d00'],
  ['port', '#ffffff', '#0d1117'],
  ['card', '#ffe9d6', '#3d2200'],
  ['outside', '#ffe9d6', '#3d2200'],
  ['underlay', '#eaeef2', '#21262d'],
];

const STYLE = [
  'text{font:12px ui-monospace,monospace;fill:#1b1f24;white-space:pre}.t{font-weight:bold}.h{font-size:15px}.m{fill:#b3131f;font-weight:bold}',
  'path{fill:none;stroke:#57606a;stroke-width:1.2}.w{stroke-width:4;stroke-linecap:round}rect{stroke:#8c959f;rx:4px}.bg{fill:#ffffff;stroke:none}.x{stroke:#b3131f;stroke-width:2.5;stroke-dasharray:6 3}.n{fill:none;stroke:none}',
  ...COLOURS.map(([role, light]) => `.${role}{fill:${light}}`),
  '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.m{fill:#ff8f88}path{stroke:#9198a1}rect{stroke:#656c76}.bg{fill:#0d1117}.x{stroke:#ff8f88}',
  ...COLOURS.map(([role, , dark]) => `.${role}{fill:${dark}}`),
  '}',
].join('');

export function svg(drawing: Drawing): string {
  const { w, h, frames, boxes, paths, wires } = layOut(drawing);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-labelledby="netloom-title netloom-desc">`,
    `<title id="netloom-title">${escaped(drawing.title)}</title>`,
    `<desc id="netloom-desc">${escaped(wordsOf(drawing))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="bg" width="${w}" height="${h}"/>`,
    `<text class="t h" x="24" y="36">${escaped(drawing.title)}</text>`,
    ...drawing.about.map((sentence, nth) => `<text x="24" y="${36 + LINE * (nth + 1) + 4}">${escaped(sentence)}</text>`),
    ...wires.map(path => pathText(path, ' class="w"')),
    ...frames.map(placed => boxText(placed)),
    ...paths.map(path => pathText(path)),
    ...boxes.map(placed => boxText(placed)),
    '</svg>',
    '',
  ].join('\n');
}

// Every box, in the order of the picture.
function wordsOf(drawing: Drawing): string {
  return [...drawing.about, ...boxesOf(outlineOf(drawing)).map(box => `${linesOf(box).join(', ')}.`)].join(' ');
}

function boxText({ box, x, y, w, h }: Placed): string {
  const looks = box.id.endsWith(' words') ? 'n' : `${box.role}${box.mark === undefined ? '' : ' x'}`;
  const texts = shownLines(box).map((line, nth, all) => {
    const look = nth === 0 ? ' class="t"' : box.mark !== undefined && nth === all.length - 1 ? ' class="m"' : '';
    return line === '' ? '' : `<text${look} x="${round(x + PAD)}" y="${round(y + PAD + LINE * (nth + 1) - 6)}">${escaped(line)}</text>`;
  });
  return `<rect class="${looks}" x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}"/>${texts.join('')}`;
}

function pathText(path: Path, look = ''): string {
  return `<path${look} d="${path.map(([x, y], nth) => `${nth === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('')}"/>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

// What XML 1.0 has no way to say is shown as a question mark.
function escaped(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?').replace(/[&<>"']/g, char => NAMED[char] ?? char);
}
